// Expiry as the arguments of string commands say it (EX, PX, EXAT, PXAT), and the expiry that a
// value gets which was written without one.
//
// Owning thread: the execution thread; pure functions of their arguments and the configuration.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/numbers.h"
#include "base/status.h"
#include "exec/args.h"
#include "exec/context.h"

namespace gotthard {

enum class ExpiryUnit : uint8_t { kSeconds, kMilliseconds, kUnixSeconds, kUnixMilliseconds };

inline bool IsRelative(ExpiryUnit unit) {
  return unit == ExpiryUnit::kSeconds || unit == ExpiryUnit::kMilliseconds;
}

// The unit that `option` names, in any case; nullopt if it is no expiry option.
inline std::optional<ExpiryUnit> ParseExpiryOption(std::string_view option) {
  if (IsOption(option, "ex")) return ExpiryUnit::kSeconds;
  if (IsOption(option, "px")) return ExpiryUnit::kMilliseconds;
  if (IsOption(option, "exat")) return ExpiryUnit::kUnixSeconds;
  if (IsOption(option, "pxat")) return ExpiryUnit::kUnixMilliseconds;
  return std::nullopt;
}

// `text` in `unit` as milliseconds since 1970. What is no integer is kErrNotInteger; zero, negative
// times and those that overflow are `invalid`, the command's own "invalid expire time".
inline Result<int64_t> ParseExpiryTime(std::string_view text, ExpiryUnit unit, int64_t now_ms,
                                       const ErrorText& invalid) {
  const std::optional<int64_t> number = ParseInt64(text);
  if (!number) return kErrNotInteger;
  int64_t when_ms = *number;
  if (when_ms <= 0) return invalid;
  const bool seconds = unit == ExpiryUnit::kSeconds || unit == ExpiryUnit::kUnixSeconds;
  if (seconds && __builtin_mul_overflow(when_ms, int64_t{1000}, &when_ms)) return invalid;
  if (IsRelative(unit) && __builtin_add_overflow(when_ms, now_ms, &when_ms)) return invalid;
  return when_ms;
}

// The expiry to store a value with: `asked` (a moment, kNoExpiry or kKeepExpiry), except that a
// value which is made anew without a time of its own gets default-ttl. A value is new when nothing
// is kept of what was there: a key that did not exist, or one whose value and expiry SET replaces.
// Every command that may create a key asks here.
inline int64_t ExpiryToStore(const Context& ctx, bool exists, int64_t asked) {
  const bool keeps = asked == kKeepExpiry && exists;
  const bool own = asked != kKeepExpiry && asked != kNoExpiry;
  const int64_t default_ttl_s = ctx.config().default_ttl;
  if (default_ttl_s == 0 || keeps || own) [[likely]]
    return asked;
  return ctx.now_ms() + default_ttl_s * 1000;
}

}  // namespace gotthard
