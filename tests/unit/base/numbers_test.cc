#include "base/numbers.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>

#include "base/random.h"

namespace gotthard {
namespace {

TEST_CASE("ParseInt64 accepts only the canonical spelling") {
  CHECK(ParseInt64("0") == 0);
  CHECK(ParseInt64("7") == 7);
  CHECK(ParseInt64("-1") == -1);
  CHECK(ParseInt64("1000000000000000000") == 1000000000000000000);
  CHECK(ParseInt64("9223372036854775807") == INT64_MAX);
  CHECK(ParseInt64("-9223372036854775808") == INT64_MIN);
  for (const char* bad : {"",
                          "-",
                          "+1",
                          " 1",
                          "1 ",
                          "01",
                          "-0",
                          "-01",
                          "00",
                          "1a",
                          "a",
                          "0x1",
                          "1.0",
                          "--1",
                          "1-",
                          "9223372036854775808",
                          "-9223372036854775809",
                          "18446744073709551616",
                          "99999999999999999999",
                          "-99999999999999999999",
                          "999999999999999999999"}) {
    INFO(bad);
    CHECK_FALSE(ParseInt64(bad).has_value());
  }
  CHECK_FALSE(ParseInt64(std::string_view("1\0", 2)).has_value());
}

TEST_CASE("ParseUint64 covers 64 bits with the same strictness") {
  CHECK(ParseUint64("0") == 0u);
  CHECK(ParseUint64("18446744073709551615") == UINT64_MAX);
  CHECK(ParseUint64("9999999999999999999") == 9999999999999999999u);
  for (const char* bad : {"", "-1", "+1", "01", "18446744073709551616", "99999999999999999999",
                          "1844674407370955161x", "184467440737095516150"}) {
    INFO(bad);
    CHECK_FALSE(ParseUint64(bad).has_value());
  }
}

TEST_CASE("integers print as printf prints them and parse back") {
  const auto check = [](int64_t value) {
    char expected[32];
    std::snprintf(expected, sizeof(expected), "%lld", static_cast<long long>(value));
    char text[kMaxInt64Chars];
    const std::string_view got(text, FormatInt64(text, value));
    REQUIRE(got == expected);
    REQUIRE(ParseInt64(got) == value);
    const auto magnitude = static_cast<uint64_t>(value);
    char unsigned_text[32];
    const int length = std::snprintf(unsigned_text, sizeof(unsigned_text), "%llu",
                                     static_cast<unsigned long long>(magnitude));
    REQUIRE(DigitCount(magnitude) == static_cast<unsigned>(length));
    REQUIRE(ParseUint64(unsigned_text) == magnitude);
  };
  for (int64_t edge : {int64_t{0}, INT64_MAX, INT64_MIN, INT64_MIN + 1}) check(edge);
  int64_t power = 1;
  for (int i = 0; i < 19; ++i, power = i < 19 ? power * 10 : power) {
    for (int64_t near : {power - 1, power, power + 1}) {
      check(near);
      check(-near);
    }
  }
  Random random(42);
  for (int i = 0; i < 100'000; ++i) check(static_cast<int64_t>(random.Next() >> random.Below(64)));
}

TEST_CASE("ParseDouble reads what Redis reads and refuses the rest") {
  CHECK(ParseDouble("1") == 1.0);
  CHECK(ParseDouble("-1.5e3") == -1500.0);
  CHECK(ParseDouble("+3") == 3.0);
  CHECK(ParseDouble(".5") == 0.5);
  CHECK(ParseDouble("5.") == 5.0);
  CHECK(ParseDouble("0x10") == 16.0);
  CHECK(ParseDouble("inf") == std::numeric_limits<double>::infinity());
  CHECK(ParseDouble("+inf") == std::numeric_limits<double>::infinity());
  CHECK(ParseDouble("-Infinity") == -std::numeric_limits<double>::infinity());
  CHECK(ParseDouble("5e-324") == 5e-324);
  CHECK(ParseDouble(std::string(1000, '0') + "1") == 1.0);
  for (const char* bad : {"", " 1", "1 ", "\t1", "nan", "-nan", "NaN(1)", "1e400", "-1e400",
                          "1e-400", "1x", "e5", ".", "-", "0x", "1,5", "infx", "1e"}) {
    INFO(bad);
    CHECK_FALSE(ParseDouble(bad).has_value());
    CHECK_FALSE((std::strlen(bad) < 5 && ParseLongDouble(bad).has_value()));
  }
  CHECK_FALSE(ParseDouble(std::string_view("1\0", 2)).has_value());
}

TEST_CASE("ParseLongDouble has the wider range and a length limit") {
  CHECK(ParseLongDouble("1e400") == 1e400L);
  CHECK(ParseLongDouble("0.1") == 0.1L);
  CHECK_FALSE(ParseLongDouble("1e5000").has_value());
  CHECK_FALSE(ParseLongDouble("1e-5000").has_value());
  CHECK(ParseLongDouble(std::string(kMaxLongDoubleChars - 2, '0') + "1") == 1.0L);
  CHECK_FALSE(ParseLongDouble(std::string(kMaxLongDoubleChars - 1, '0') + "1").has_value());
}

TEST_CASE("FormatDouble lays numbers out as Redis replies with them") {
  const std::pair<double, const char*> table[] = {
      {0, "0"},
      {-0.0, "-0"},
      {1, "1"},
      {-3, "-3"},
      {3.14, "3.14"},
      {0.1, "0.1"},
      {-0.25, "-0.25"},
      {1e15, "1000000000000000"},
      {4611686018427387904.0, "4611686018427387904"},
      {1e19, "1e+19"},
      {1e20, "1e+20"},
      {1.5e300, "1.5e+300"},
      {123456789012345680000.0, "123456789012345680000"},
      {0.001, "0.001"},
      {0.000001, "0.000001"},
      {0.0000001, "1e-7"},
      {1.5e-7, "1.5e-7"},
      {0.00012345678901234567, "1.2345678901234567e-4"},
      {0.0012345678901234567, "0.0012345678901234567"},
      {5e-324, "5e-324"},
      {1.7976931348623157e308, "1.7976931348623157e+308"},
      {std::numeric_limits<double>::infinity(), "inf"},
      {-std::numeric_limits<double>::infinity(), "-inf"},
      {std::numeric_limits<double>::quiet_NaN(), "nan"},
  };
  for (const auto& [value, text] : table) CHECK(FormatDouble(value) == text);
}

TEST_CASE("every double survives its text") {
  Random random(7);
  for (int i = 0; i < 200'000; ++i) {
    uint64_t bits = random.Next();
    double value = 0;
    std::memcpy(&value, &bits, sizeof(value));
    if (i % 2 == 0) value = static_cast<double>(random.Below(1'000'000'000)) / 1000;
    if (std::isnan(value)) continue;
    char text[kMaxDoubleChars];
    const size_t length = FormatDouble(text, value);
    REQUIRE(length <= kMaxDoubleChars);
    const std::string terminated(text, length);
    REQUIRE(std::strtod(terminated.c_str(), nullptr) == value);
    REQUIRE(ParseDouble(terminated) == value);
  }
}

TEST_CASE("FormatLongDouble shows what INCRBYFLOAT shows") {
  CHECK(FormatLongDouble(10.6L) == "10.6");
  CHECK(FormatLongDouble(5000) == "5000");
  CHECK(FormatLongDouble(100) == "100");
  CHECK(FormatLongDouble(0) == "0");
  CHECK(FormatLongDouble(-0.0L) == "0");
  CHECK(FormatLongDouble(-1.5L) == "-1.5");
  CHECK(FormatLongDouble(1e-20L) == "0");
  CHECK(FormatLongDouble(5.2L + 0.1L) == "5.3");
  CHECK(FormatLongDouble(std::numeric_limits<long double>::max()).size() == 4933);
  CHECK(FormatLongDouble(-std::numeric_limits<long double>::infinity()) == "-inf");
  CHECK(FormatLongDouble(1e20L, LongDoubleStyle::kCompact) == "1e+20");
  CHECK(FormatLongDouble(0.5L, LongDoubleStyle::kCompact) == "0.5");
}

TEST_CASE("ParseMemory knows the units of the configuration file") {
  CHECK(ParseMemory("0") == 0u);
  CHECK(ParseMemory("1b") == 1u);
  CHECK(ParseMemory("1k") == 1000u);
  CHECK(ParseMemory("1KB") == 1024u);
  CHECK(ParseMemory("100mb") == 100u * 1024 * 1024);
  CHECK(ParseMemory("2M") == 2'000'000u);
  CHECK(ParseMemory("3g") == 3'000'000'000u);
  CHECK(ParseMemory("1gB") == 1u << 30);
  for (const char* bad : {"", "mb", "-1", "+1", "1 mb", "1tb", "1mbx", "1.5gb", " 1",
                          "18446744073709551616", "18446744073709551615kb"}) {
    INFO(bad);
    CHECK_FALSE(ParseMemory(bad).has_value());
  }
}

}  // namespace
}  // namespace gotthard
