// StreamId: the name of an entry of a stream, a time and a number within it. Written "ms-seq";
// ordered by time, then by number.
//
// Any thread; a value.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/numbers.h"

namespace gotthard {

inline constexpr size_t kStreamIdTextBytes = 48;

struct StreamId {
  uint64_t ms = 0;
  uint64_t seq = 0;

  static constexpr StreamId Min() { return {0, 0}; }
  static constexpr StreamId Max() { return {UINT64_MAX, UINT64_MAX}; }
  // NOLINTNEXTLINE(modernize-use-nullptr): it takes the comparison with 0 for one of pointers
  friend constexpr auto operator<=>(const StreamId&, const StreamId&) = default;

  constexpr bool IsZero() const { return ms == 0 && seq == 0; }
  // To the next or the previous one; false, and nothing changed, if there is none.
  constexpr bool Increment() {
    if (*this == Max()) return false;
    if (++seq == 0) ++ms;
    return true;
  }
  constexpr bool Decrement() {
    if (IsZero()) return false;
    if (seq-- == 0) --ms;
    return true;
  }
  // "ms-seq", written into `buffer`.
  std::string_view Text(char (&buffer)[kStreamIdTextBytes], char separator = '-') const {
    size_t length = FormatUint64(buffer, ms);
    buffer[length++] = separator;
    length += FormatUint64(buffer + length, seq);
    return {buffer, length};
  }
};

}  // namespace gotthard
