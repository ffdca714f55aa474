// Letters, digits and escapes of ASCII. Not <cctype>: the locale must not decide how a protocol or
// a file is read.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace gotthard {

constexpr char AsciiLower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

inline std::string AsciiLower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = AsciiLower(c);
  return lower;
}

// Whether two texts are the same but for the case of ASCII letters.
constexpr bool EqualNoCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return AsciiLower(x) == AsciiLower(y); });
}

// The value of a hexadecimal digit of either case; -1 if it is none.
constexpr int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char folded = AsciiLower(c);
  return folded >= 'a' && folded <= 'f' ? folded - 'a' + 10 : -1;
}

// Reads what follows a backslash between double quotes, as requests and configuration files have
// it: \n \r \t \b \a, \xHH, else the byte itself. `*at` is the byte behind the backslash and moves
// past what was read. REQUIRES: *at < text.size().
constexpr char Unescape(std::string_view text, size_t* at) {
  const char c = text[(*at)++];
  switch (c) {
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'b':
      return '\b';
    case 'a':
      return '\a';
    case 'x': {
      if (text.size() - *at < 2) return c;
      const int high = HexDigit(text[*at]);
      const int low = HexDigit(text[*at + 1]);
      if (high < 0 || low < 0) return c;
      *at += 2;
      return static_cast<char>(high * 16 + low);
    }
    default:
      return c;
  }
}

}  // namespace gotthard
