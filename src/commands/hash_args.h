// The arguments that the commands on expiring fields share: FIELDS and the moment.
//
// Owning thread: the execution thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/numbers.h"
#include "base/status.h"
#include "commands/expiry_args.h"
#include "commands/hash_value.h"
#include "exec/args.h"
#include "exec/errors.h"
#include "types/hash_field.h"

namespace gotthard {

inline constexpr ErrorText kErrFieldsMissing{
    "ERR Mandatory argument FIELDS is missing or not at the right position"};
inline constexpr ErrorText kErrFieldCount{"ERR Number of fields must be a positive integer"};
inline constexpr ErrorText kErrFieldCountMatch{
    "ERR The `numfields` parameter must match the number of arguments"};
inline constexpr ErrorText kErrNegativeExpiry{"ERR invalid expire time, must be >= 0"};

// The arguments behind FIELDS and their number: they begin at `first`.
struct FieldList {
  size_t first = 0;
  size_t count = 0;  // fields
};

// Reads `FIELDS count field...` at `at`; each field takes `step` arguments. They must be the last
// ones. `bad_count` is the error for a count that is no positive integer, `bad_number` the one for
// another number of fields than that.
inline Result<FieldList> ParseFieldList(const Args& args, size_t at, const ErrorText& bad_count,
                                        const ErrorText& bad_number = kErrFieldCountMatch,
                                        size_t step = 1) {
  if (at >= args.size() || !IsOption(args[at], "fields")) return kErrFieldsMissing;
  if (at + 1 >= args.size()) return bad_count;
  const std::optional<int64_t> count = ParseInt64(args[at + 1]);
  if (!count || *count < 1) return bad_count;
  const size_t given = args.size() - at - 2;
  if (given % step != 0 || static_cast<uint64_t>(*count) != given / step) {
    return bad_number;
  }
  return FieldList{at + 2, given / step};
}

// A hash and where the fields begin that a request names.
struct NamedFields {
  HashValue hash;
  size_t first;
};

// Of a request `key FIELDS count field...`, whose lookup is `found`; begins the reply, an array of
// as many.
inline Result<NamedFields> FindNamedFields(Context& ctx, const Args& args,
                                           Result<EntryHandle> found) {
  if (!found) return found.error();
  Result<FieldList> fields = ParseFieldList(args, 2, kErrFieldCount);
  if (!fields) return fields.error();
  ctx.reply().ArrayHeader(fields->count);
  return NamedFields{HashValue(ctx, args.key(1), *found), fields->first};
}

// `text` in `unit` as ms since 1970. Unlike a key's, a field's time may be 0 and in the past.
inline Result<int64_t> ParseFieldExpiry(std::string_view text, ExpiryUnit unit, int64_t now_ms,
                                        std::string_view command) {
  const std::optional<int64_t> number = ParseInt64(text);
  if (!number) return kErrNotInteger;
  if (*number < 0) return kErrNegativeExpiry;
  int64_t when_ms = *number;
  const bool seconds = unit == ExpiryUnit::kSeconds || unit == ExpiryUnit::kUnixSeconds;
  const bool overflow = (seconds && __builtin_mul_overflow(when_ms, int64_t{1000}, &when_ms)) ||
                        (IsRelative(unit) && __builtin_add_overflow(when_ms, now_ms, &when_ms));
  if (overflow || when_ms > kMaxFieldExpiryMs) {
    return Status::Error("ERR invalid expire time in '" + std::string(command) + "' command");
  }
  return when_ms;
}

}  // namespace gotthard
