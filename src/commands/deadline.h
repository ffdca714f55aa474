// The timeout argument of commands that wait: milliseconds or seconds from now, 0 for ever.
#pragma once

#include <cmath>
#include <string_view>

#include "base/numbers.h"
#include "exec/context.h"

namespace gotthard {

// The wall clock time in ms at which a wait of `timeout_ms` ends; 0 when it has no end.
inline Result<int64_t> ParseDeadlineMs(const Context& ctx, std::string_view timeout_ms) {
  static constexpr ErrorText kNotInteger{"ERR timeout is not an integer or out of range"};
  static constexpr ErrorText kNegative{"ERR timeout is negative"};
  static constexpr ErrorText kOutOfRange{"ERR timeout is out of range"};
  auto timeout = ParseInt64(timeout_ms);
  if (!timeout) return kNotInteger;
  if (*timeout < 0) return kNegative;
  if (*timeout == 0) return int64_t{0};
  if (*timeout > INT64_MAX - ctx.now_ms()) return kOutOfRange;
  return ctx.now_ms() + *timeout;
}

// The same from a number of seconds, which may have decimals: BLPOP and its like.
inline Result<int64_t> ParseDeadlineSeconds(const Context& ctx, std::string_view timeout_s) {
  static constexpr ErrorText kNotFloat{"ERR timeout is not a float or out of range"};
  static constexpr ErrorText kNegative{"ERR timeout is negative"};
  static constexpr ErrorText kOutOfRange{"ERR timeout is out of range"};
  const std::optional<long double> seconds = ParseLongDouble(timeout_s);
  if (!seconds) return kNotFloat;
  const long double timeout_ms = std::ceil(*seconds * 1000);
  if (timeout_ms < 0) return kNegative;
  if (timeout_ms == 0) return int64_t{0};
  if (timeout_ms > static_cast<long double>(INT64_MAX - ctx.now_ms())) return kOutOfRange;
  return ctx.now_ms() + static_cast<int64_t>(timeout_ms);
}

}  // namespace gotthard
