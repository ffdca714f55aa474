#include "base/crc64.h"

#include <catch2/catch.hpp>
#include <string>

namespace gotthard {
namespace {

TEST_CASE("CRC-64 gives the published check value, in one piece or several") {
  CHECK(Crc64(0, "123456789") == 0xe9c6d914c4b8d9ca);
  CHECK(Crc64(0, "") == 0);
  std::string text;
  for (int i = 0; i < 300; ++i) text.push_back(static_cast<char>(i * 7));
  for (size_t cut = 0; cut <= text.size(); cut += 13) {
    const std::string_view view(text);
    CHECK(Crc64(Crc64(0, view.substr(0, cut)), view.substr(cut)) == Crc64(0, text));
  }
}

}  // namespace
}  // namespace gotthard
