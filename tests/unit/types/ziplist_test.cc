#include "types/ziplist.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

namespace gotthard {
namespace {

std::vector<std::string> Items(std::string_view bytes) {
  std::vector<std::string> items;
  char buffer[24];
  const bool ok =
      ReadZiplist(bytes, [&](const PackedItem& item) { items.emplace_back(item.Text(buffer)); });
  if (!ok) items = {"refused"};
  return items;
}

// "a", 5, -2, 1000 as Redis 6 laid them out.
const std::string kZiplist(
    "\x1a\0\0\0\x15\0\0\0\4\0"
    "\0\1a"
    "\3\xf6"
    "\2\xfe\xfe"
    "\3\xc0\xe8\3\xff",
    23);

TEST_CASE("a ziplist's entries are read") {
  std::string bytes = kZiplist;
  bytes[0] = static_cast<char>(bytes.size());
  bytes[4] = static_cast<char>(bytes.size() - 5);
  CHECK(Items(bytes) == std::vector<std::string>{"a", "5", "-2", "1000"});
  CHECK(Items(std::string_view("\x0b\0\0\0\x0a\0\0\0\0\0\xff", 11)).empty());
  for (size_t length = 0; length < bytes.size(); ++length) {
    CHECK(Items(bytes.substr(0, length)) == std::vector<std::string>{"refused"});
  }
  // All of it counts but the payload of the entries and their exact kind.
  for (const size_t position : {0, 4, 8, 10, 13, 15, 18}) {
    std::string changed = bytes;
    changed[position] = static_cast<char>(changed[position] + 1);
    CAPTURE(position);
    CHECK(Items(changed) == std::vector<std::string>{"refused"});
  }
}

TEST_CASE("a zipmap's fields and values are read") {
  const std::string bytes("\2\1f\2\1vv\0\3key\0\0\xff", 15);
  std::string shown;
  CHECK(ReadZipmap(bytes, [&](std::string_view field, std::string_view value) {
    shown.append(field).append("=").append(value).append(";");
  }));
  CHECK(shown == "f=vv;key=;");
  for (size_t length = 0; length < bytes.size(); ++length) {
    CHECK_FALSE(ReadZipmap(bytes.substr(0, length), [](std::string_view, std::string_view) {}));
  }
  // A long length that is not there.
  CHECK_FALSE(ReadZipmap("\1\xfe", [](std::string_view, std::string_view) {}));
}

}  // namespace
}  // namespace gotthard
