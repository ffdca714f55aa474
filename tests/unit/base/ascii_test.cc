#include "base/ascii.h"

#include <catch2/catch.hpp>

namespace gotthard {
namespace {

TEST_CASE("names are equal whatever the case of their letters, and only of these") {
  CHECK(EqualNoCase("MaxMemory", "maxmemory"));
  CHECK_FALSE(EqualNoCase("maxmemory", "maxmemor"));
  CHECK_FALSE(EqualNoCase("a[", "a{"));  // 32 apart, but no letters
  CHECK_FALSE(EqualNoCase("\xc0", "\xe0"));
  CHECK(AsciiLower("SET-x[Z") == "set-x[z");
}

TEST_CASE("hexadecimal digits have values, their neighbours none") {
  CHECK(HexDigit('0') == 0);
  CHECK(HexDigit('9') == 9);
  CHECK(HexDigit('a') == 10);
  CHECK(HexDigit('F') == 15);
  for (const char c : {'/', ':', '@', 'G', '`', 'g', '\0'}) CHECK(HexDigit(c) == -1);
}

std::string Unescaped(std::string_view text, size_t* read) {
  *read = 0;
  return std::string(1, Unescape(text, read));
}

TEST_CASE("escapes are read with what belongs to them, and no byte more") {
  size_t read = 0;
  CHECK(Unescaped("nx", &read) == "\n");
  CHECK(read == 1);
  CHECK(Unescaped("\"", &read) == "\"");
  CHECK(Unescaped("x4142", &read) == "A");
  CHECK(read == 3);
  // Half an escape is none.
  for (const char* text : {"x", "x4", "x4g", "xg4"}) {
    CHECK(Unescaped(text, &read) == "x");
    CHECK(read == 1);
  }
}

}  // namespace
}  // namespace gotthard
