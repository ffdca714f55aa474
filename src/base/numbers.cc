#include "base/numbers.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>

namespace gotthard {
namespace {

constexpr std::array<char, 200> kDigitPairs = [] {
  std::array<char, 200> pairs{};
  for (int i = 0; i < 100; ++i) {
    pairs[2 * i] = static_cast<char>('0' + i / 10);
    pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}();

constexpr std::array<uint64_t, 20> kPowersOfTen = [] {
  std::array<uint64_t, 20> powers{};
  uint64_t power = 1;
  for (auto& entry : powers) {
    entry = power;
    power *= 10;
  }
  return powers;
}();

bool IsDigit(char c) {
  return static_cast<unsigned char>(c - '0') < 10;
}
bool IsSpace(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

// Digits without sign, no leading zero unless it is the only digit; at most 20 of them.
std::optional<uint64_t> ParseMagnitude(const char* p, const char* end) {
  const auto length = static_cast<size_t>(end - p);
  if (length == 0 || length > 20 || !IsDigit(*p)) return std::nullopt;
  if (*p == '0') return length == 1 ? std::optional<uint64_t>(0) : std::nullopt;
  uint64_t value = 0;
  // Nineteen digits always fit; only a twentieth can overflow.
  const char* safe_end = length > 19 ? p + 19 : end;
  for (; p != safe_end; ++p) {
    if (!IsDigit(*p)) return std::nullopt;
    value = value * 10 + static_cast<uint64_t>(*p - '0');
  }
  if (p != end) {
    if (!IsDigit(*p)) return std::nullopt;
    if (__builtin_mul_overflow(value, uint64_t{10}, &value)) return std::nullopt;
    if (__builtin_add_overflow(value, static_cast<uint64_t>(*p - '0'), &value)) {
      return std::nullopt;
    }
  }
  return value;
}

// strtod and strtold want a terminating zero, which a view has not.
template <typename Float, typename Convert>
std::optional<Float> ParseWithLibrary(std::string_view text, Convert convert) {
  if (text.empty() || IsSpace(text.front())) return std::nullopt;
  char small[256];
  std::string large;
  const char* begin = small;
  if (text.size() < sizeof(small)) {
    std::memcpy(small, text.data(), text.size());
    small[text.size()] = '\0';
  } else {
    large = text;
    begin = large.c_str();
  }
  char* stop = nullptr;
  errno = 0;
  const Float value = convert(begin, &stop);
  if (stop != begin + text.size() || std::isnan(value)) return std::nullopt;
  if (errno == ERANGE && (std::isinf(value) || value == 0)) return std::nullopt;
  return value;
}

// Lays out `digits` (no leading or trailing zeros) times ten to the `exponent`. `exponent` counts
// from the last digit: 125 and -2 are 1.25.
char* LayOutDigits(char* out, std::string_view digits, int exponent) {
  const auto count = static_cast<int>(digits.size());
  const int leading = exponent + count - 1;  // the exponent of the first digit
  if (exponent >= 0 && leading < count + 7) {
    out = std::copy(digits.begin(), digits.end(), out);
    return std::fill_n(out, exponent, '0');
  }
  if (exponent < 0 && (exponent > -7 || std::abs(leading) < 4)) {
    const int whole = count + exponent;  // digits before the point
    if (whole <= 0) {
      *out++ = '0';
      *out++ = '.';
      out = std::fill_n(out, -whole, '0');
      return std::copy(digits.begin(), digits.end(), out);
    }
    out = std::copy_n(digits.begin(), whole, out);
    *out++ = '.';
    return std::copy(digits.begin() + whole, digits.end(), out);
  }
  *out++ = digits[0];
  if (count > 1) {
    *out++ = '.';
    out = std::copy(digits.begin() + 1, digits.end(), out);
  }
  *out++ = 'e';
  *out++ = leading < 0 ? '-' : '+';
  return out + FormatUint64(out, static_cast<uint64_t>(std::abs(leading)));
}

}  // namespace

std::optional<int64_t> ParseInt64(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const bool negative = text.front() == '-';
  const auto magnitude =
      ParseMagnitude(text.data() + (negative ? 1 : 0), text.data() + text.size());
  if (!magnitude) return std::nullopt;
  constexpr auto kMax = static_cast<uint64_t>(std::numeric_limits<int64_t>::max());
  if (!negative) {
    if (*magnitude > kMax) return std::nullopt;
    return static_cast<int64_t>(*magnitude);
  }
  if (*magnitude == 0 || *magnitude > kMax + 1) return std::nullopt;
  return static_cast<int64_t>(0 - *magnitude);
}

std::optional<uint64_t> ParseUint64(std::string_view text) {
  return ParseMagnitude(text.data(), text.data() + text.size());
}

std::optional<double> ParseDouble(std::string_view text) {
  // from_chars is several times faster and reads the usual spellings; what it leaves over (a '+',
  // hexadecimal digits, numbers at the edge of the range, nonsense) is strtod's to judge.
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error == std::errc() && stop == end && !std::isnan(value)) return value;
  return ParseWithLibrary<double>(text, [](const char* p, char** e) { return strtod(p, e); });
}

std::optional<long double> ParseLongDouble(std::string_view text) {
  if (text.size() >= kMaxLongDoubleChars) return std::nullopt;
  return ParseWithLibrary<long double>(text, [](const char* p, char** e) { return strtold(p, e); });
}

unsigned DigitCount(uint64_t value) {
  // 1233/4096 approximates log10(2); the table corrects the guess where it is one too low.
  const unsigned guess = (static_cast<unsigned>(std::bit_width(value | 1)) * 1233) >> 12;
  return guess + (value >= kPowersOfTen[guess] ? 1 : 0) + (value == 0 ? 1 : 0);
}

size_t FormatUint64(char* out, uint64_t value) {
  const unsigned length = DigitCount(value);
  char* p = out + length;
  // Four digits a step: the divisions of one step do not wait for those of the next.
  while (value >= 10'000) {
    const auto four = static_cast<uint32_t>(value % 10'000);
    value /= 10'000;
    p -= 4;
    std::memcpy(p, &kDigitPairs[2 * (four / 100)], 2);
    std::memcpy(p + 2, &kDigitPairs[2 * (four % 100)], 2);
  }
  if (value >= 100) {
    std::memcpy(p - 2, &kDigitPairs[2 * (value % 100)], 2);
    value /= 100;
  }
  if (value >= 10) {
    std::memcpy(out, &kDigitPairs[2 * value], 2);
  } else {
    *out = static_cast<char>('0' + value);
  }
  return length;
}

size_t FormatInt64(char* out, int64_t value) {
  auto magnitude = static_cast<uint64_t>(value);
  if (value >= 0) return FormatUint64(out, magnitude);
  *out = '-';
  return 1 + FormatUint64(out + 1, 0 - magnitude);
}

std::string FormatInt64(int64_t value) {
  char text[kMaxInt64Chars];
  return {text, FormatInt64(text, value)};
}

size_t FormatDouble(char* out, double value) {
  const auto constant = [out](std::string_view text) {
    std::memcpy(out, text.data(), text.size());
    return text.size();
  };
  if (std::isnan(value)) return constant("nan");
  if (std::isinf(value)) return constant(value < 0 ? "-inf" : "inf");
  if (value == 0) return constant(std::signbit(value) ? "-0" : "0");
  constexpr double kExactLimit = 4611686018427387904.0;  // 2^62: the cast below cannot overflow
  if (std::abs(value) <= kExactLimit) {
    const auto whole = static_cast<int64_t>(value);
    if (static_cast<double>(whole) == value) return FormatInt64(out, whole);
  }
  char* p = out;
  if (value < 0) *p++ = '-';
  // Shortest round-trip digits as d.ddde[+-]xx; the point is squeezed out.
  char text[kMaxDoubleChars];
  const auto [end, error] =
      std::to_chars(text, text + sizeof(text), std::abs(value), std::chars_format::scientific);
  char* mark = std::find(text, end, 'e');
  int exponent = 0;
  std::from_chars(mark[1] == '+' ? mark + 2 : mark + 1, end, exponent);
  auto count = static_cast<size_t>(mark - text);
  if (count > 1) {
    std::memmove(text + 1, text + 2, count - 2);
    --count;
  }
  p = LayOutDigits(p, {text, count}, exponent - static_cast<int>(count) + 1);
  return static_cast<size_t>(p - out);
}

std::string FormatDouble(double value) {
  char text[kMaxDoubleChars];
  return {text, FormatDouble(text, value)};
}

std::string FormatLongDouble(long double value, LongDoubleStyle style) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  char text[kMaxLongDoubleChars];
  if (style == LongDoubleStyle::kCompact) {
    const int length = std::snprintf(text, sizeof(text), "%.17Lg", value);
    return {text, static_cast<size_t>(length)};
  }
  // The largest long double has 4933 digits before the point, so this always fits.
  auto length = static_cast<size_t>(std::snprintf(text, sizeof(text), "%.17Lf", value));
  while (text[length - 1] == '0') --length;
  if (text[length - 1] == '.') --length;
  const std::string_view digits(text, length);
  return digits == "-0" ? "0" : std::string(digits);
}

std::optional<uint64_t> ParseMemory(std::string_view text) {
  struct Unit {
    std::string_view name;
    uint64_t bytes;
  };
  static constexpr Unit kUnits[] = {
      {"", 1},
      {"b", 1},
      {"k", 1000},
      {"kb", 1024},
      {"m", 1000'000},
      {"mb", 1024 * 1024},
      {"g", 1000'000'000},
      {"gb", 1024 * 1024 * 1024},
  };
  uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc()) return std::nullopt;
  char name[2];
  const auto length = static_cast<size_t>(end - stop);
  if (length > sizeof(name)) return std::nullopt;
  for (size_t i = 0; i < length; ++i) name[i] = static_cast<char>(stop[i] | 0x20);
  for (const Unit& unit : kUnits) {
    if (unit.name != std::string_view(name, length)) continue;
    if (__builtin_mul_overflow(value, unit.bytes, &value)) return std::nullopt;
    return value;
  }
  return std::nullopt;
}

}  // namespace gotthard
