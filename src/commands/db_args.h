// A database's number as an argument (MOVE, COPY, SWAPDB, SELECT).
//
// Owning thread: the execution thread; pure functions of their arguments.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/numbers.h"
#include "base/status.h"
#include "exec/context.h"
#include "exec/errors.h"

namespace gotthard {

inline constexpr ErrorText kErrNotInt32{
    "ERR value is out of range, value must between -2147483648 and 2147483647"};

// `text` as the number of a database that exists. `not_a_number`, where given, is the error for
// everything that is not a 32-bit integer.
inline Result<uint32_t> ParseDatabase(Context& ctx, std::string_view text,
                                      const ErrorText* not_a_number = nullptr) {
  const std::optional<int64_t> number = ParseInt64(text);
  if (!number) return not_a_number != nullptr ? *not_a_number : kErrNotInteger;
  if (*number < INT32_MIN || *number > INT32_MAX) {
    return not_a_number != nullptr ? *not_a_number : kErrNotInt32;
  }
  if (*number < 0 || *number >= ctx.server().keyspace.count()) return kErrDbIndex;
  return static_cast<uint32_t>(*number);
}

}  // namespace gotthard
