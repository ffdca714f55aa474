// Numbers as the protocol writes them: text to integer and float, and back.
//
// Parsing is exactly as strict as Redis documents it for its clients, because "is this text an
// integer?" decides encodings and errors that a client can see. Nothing here depends on the locale
// that the process runs in, as long as nobody calls setlocale(LC_NUMERIC).
//
// Owning thread: any; pure functions. Formatting writes no terminating zero unless it says so.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gotthard {

// The room that the formatting functions may need, at most.
inline constexpr size_t kMaxInt64Chars = 20;  // -9223372036854775808
inline constexpr size_t kMaxDoubleChars =
    32;  // -0.00012345678901234567 and -1.2345678901234567e-308
// Texts longer than this are no long double for Redis, so not for us either.
inline constexpr size_t kMaxLongDoubleChars = 5 * 1024;

// A decimal integer in its only canonical spelling: no '+', no leading zeros, no spaces, no "-0".
// Whatever this accepts, FormatInt64 prints back byte for byte.
std::optional<int64_t> ParseInt64(std::string_view text);
// The same strictness for the range 0..2^64-1.
std::optional<uint64_t> ParseUint64(std::string_view text);

// A float as strtod reads it (decimal, exponent, hexadecimal, "inf", "infinity" in any case, a
// leading '+'), if it is the whole text. Refused: the empty text, leading or trailing spaces, NaN,
// and what overflows to infinity or underflows to zero.
std::optional<double> ParseDouble(std::string_view text);
// The same with an x87 long double, which INCRBYFLOAT and its like compute with.
std::optional<long double> ParseLongDouble(std::string_view text);

// How many decimal digits `value` has (1 for 0).
unsigned DigitCount(uint64_t value);

// Writes `value` in decimal to `out`, which has room for kMaxInt64Chars; returns the length.
size_t FormatUint64(char* out, uint64_t value);
size_t FormatInt64(char* out, int64_t value);
std::string FormatInt64(int64_t value);

// The shortest text that reads back as `value`, laid out as Redis 7.2 replies with doubles:
// integers up to 2^62 without an exponent, "1e+20" and "1.5e-7" with one, "inf", "-inf", "nan",
// "-0". `out` has room for kMaxDoubleChars; returns the length.
size_t FormatDouble(char* out, double value);
std::string FormatDouble(double value);

enum class LongDoubleStyle {
  kHuman,    // 17 decimals, trailing zeros cut: what INCRBYFLOAT stores and replies
  kCompact,  // 17 significant digits, with an exponent where that is shorter
};
std::string FormatLongDouble(long double value, LongDoubleStyle style = LongDoubleStyle::kHuman);

// A size of the configuration file: digits and a unit out of b, k (1000), kb (1024), m, mb, g, gb,
// in any case. Refused: a sign, no digits, an unknown unit, and more than 2^64-1 bytes.
std::optional<uint64_t> ParseMemory(std::string_view text);

}  // namespace gotthard
