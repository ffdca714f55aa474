#include "persist/rdb_stream.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <string>

#include "base/random.h"

namespace gotthard {
namespace {

TEST_CASE("lengths and strings come back as they were written") {
  for (const bool compress : {false, true}) {
    RdbWriter out(compress);
    const uint64_t lengths[] = {0, 63, 64, 16383, 16384, UINT32_MAX, uint64_t{UINT32_MAX} + 1};
    for (const uint64_t length : lengths) out.Length(length);
    std::vector<std::string> texts = {"",
                                      "7",
                                      "-128",
                                      "128",
                                      "-32769",
                                      "007",
                                      "65536",
                                      "2147483648",
                                      "-0",
                                      "text",
                                      std::string(21, 'a'),
                                      std::string(100'000, 'b')};
    Random random(1);
    texts.emplace_back(5'000, '\0');
    for (char& c : texts.back()) c = static_cast<char>(random.Next());
    for (const std::string& text : texts) out.String(text);
    out.Integer(INT64_MIN);
    out.Double(-1.5);
    RdbReader in(out.bytes());
    for (const uint64_t length : lengths) CHECK(in.Length() == length);
    for (const std::string& text : texts) CHECK(in.String() == text);
    CHECK(in.String() == "-9223372036854775808");
    CHECK(in.Double() == -1.5);
    CHECK((in.ok() && in.AtEnd()));
    if (compress) CHECK(out.bytes().size() < 8'000);
  }
}

TEST_CASE("strings have the documented bytes") {
  RdbWriter out(true);
  out.String("-2");
  out.String("1000");
  out.String("ab");
  CHECK(out.bytes() == std::string_view("\xc0\xfe\xc1\xe8\x03\x02"
                                        "ab",
                                        8));
}

TEST_CASE("a reader refuses what is cut off or claims too much") {
  RdbWriter out(true);
  out.String(std::string(1'000, 'x'));
  for (size_t length = 0; length < out.bytes().size(); ++length) {
    RdbReader in(std::string_view(out.bytes()).substr(0, length));
    in.String();
    CHECK_FALSE(in.ok());
  }
  for (const std::string_view bytes : {std::string_view("\xc4", 1), std::string_view("\x82", 1),
                                       std::string_view("\x80\xff\xff\xff\xff"
                                                        "a",
                                                        6),
                                       std::string_view("\x81\xff\xff\xff\xff\xff\xff\xff\xff", 9),
                                       std::string_view("\xc3\x01\x80\xff\xff\xff\xff"
                                                        "a",
                                                        8),
                                       std::string_view("\xc3\x00\x00", 3),
                                       std::string_view("\xc3\x02\x05\xe0"
                                                        "a",
                                                        5)}) {
    RdbReader in(bytes);
    CHECK(in.String().empty());
    CHECK_FALSE(in.ok());
    CHECK(in.Byte() == 0);
  }
}

TEST_CASE("old doubles are texts") {
  RdbReader in(
      std::string_view("\x03"
                       "1.5\xff\xfe\xfd\x01x",
                       9));
  CHECK(in.OldDouble() == 1.5);
  CHECK(in.OldDouble() == -HUGE_VAL);
  CHECK(in.OldDouble() == HUGE_VAL);
  CHECK(std::isnan(in.OldDouble()));
  in.OldDouble();
  CHECK_FALSE(in.ok());
}

}  // namespace
}  // namespace gotthard
