// Hashes: setting, counting and removing fields.
#include <cmath>
#include <optional>
#include <string>

#include "base/numbers.h"
#include "commands/changed_parts.h"
#include "commands/family_rows.h"
#include "commands/hash.h"
#include "commands/hash_value.h"
#include "exec/args.h"
#include "exec/context.h"

namespace gotthard {
namespace {

constexpr ErrorText kErrHsetArity{"ERR wrong number of arguments for 'hset' command"};
constexpr ErrorText kErrHmsetArity{"ERR wrong number of arguments for 'hmset' command"};
constexpr ErrorText kErrFieldNotInteger{"ERR hash value is not an integer"};
constexpr ErrorText kErrFieldNotFloat{"ERR hash value is not a float"};
constexpr ErrorText kErrCounterOverflow{"ERR increment or decrement would overflow"};
constexpr ErrorText kErrNotFinite{"ERR increment would produce NaN or Infinity"};
constexpr ErrorText kErrNanOrInfinity{"ERR value is NaN or Infinity"};

// The pairs from argument 2 on. Returns how many fields were new.
Result<int64_t> SetPairs(Context& ctx, const Args& args, const ErrorText& odd) {
  if (args.size() % 2 != 0) return odd;
  const Key key = args.key(1);
  Result<EntryHandle> found = ctx.FindWriteOf(Type::kHash, key);
  if (!found) return found.error();
  HashValue hash(ctx, key, *found);
  int64_t added = 0;
  for (size_t i = 2; i < args.size(); i += 2) added += hash.Set(args[i], args[i + 1]) ? 1 : 0;
  ChangedParts(ctx, key, kEventHash, "hset", args.size() / 2 - 1);
  return added;
}

Status Hset(Context& ctx, const Args& args) {
  Result<int64_t> added = SetPairs(ctx, args, kErrHsetArity);
  if (!added) return added.error();
  return ctx.reply().Integer(*added);
}

Status Hmset(Context& ctx, const Args& args) {
  Result<int64_t> added = SetPairs(ctx, args, kErrHmsetArity);
  if (!added) return added.error();
  return ctx.reply().Ok();
}

Status Hsetnx(Context& ctx, const Args& args) {
  const Key key = args.key(1);
  Result<EntryHandle> found = ctx.FindWriteOf(Type::kHash, key);
  if (!found) return found.error();
  HashValue hash(ctx, key, *found);
  if (hash.Has(args[2])) return ctx.reply().Integer(0);
  hash.Set(args[2], args[3]);
  ctx.Changed(key, kEventHash, "hset");
  return ctx.reply().Integer(1);
}

Status Hdel(Context& ctx, const Args& args) {
  const Key key = args.key(1);
  Result<EntryHandle> found = ctx.FindWriteOf(Type::kHash, key);
  if (!found) return found.error();
  HashValue hash(ctx, key, *found);
  int64_t removed = 0;
  for (size_t i = 2; i < args.size() && hash.size() != 0; ++i)
    removed += hash.Erase(args[i]) ? 1 : 0;
  // Where only expired fields went, the key may be gone all the same.
  const bool emptied = hash && hash.size() == 0;
  if (removed != 0 || emptied) {
    ChangedParts(ctx, key, kEventHash, "hdel", static_cast<uint64_t>(removed));
  }
  hash.Finish();
  return ctx.reply().Integer(removed);
}

Status Hincrby(Context& ctx, const Args& args) {
  const std::optional<int64_t> increment = ParseInt64(args[3]);
  if (!increment) return kErrNotInteger;
  const Key key = args.key(1);
  Result<EntryHandle> found = ctx.FindWriteOf(Type::kHash, key);
  if (!found) return found.error();
  HashValue hash(ctx, key, *found);
  int64_t value = 0;
  FoundField field;
  if (hash.Find(args[2], field)) {
    const std::optional<int64_t> parsed = ParseInt64(field.value);
    if (!parsed) return kErrFieldNotInteger;
    value = *parsed;
  }
  if (__builtin_add_overflow(value, *increment, &value)) return kErrCounterOverflow;
  char digits[kMaxInt64Chars];
  hash.Set(args[2], {digits, FormatInt64(digits, value)}, kKeepFieldExpiry);
  ctx.Changed(key, kEventHash, "hincrby");
  return ctx.reply().Integer(value);
}

Status Hincrbyfloat(Context& ctx, const Args& args) {
  const std::optional<long double> increment = ParseLongDouble(args[3]);
  if (!increment) return kErrNotFloat;
  if (!std::isfinite(*increment)) return kErrNanOrInfinity;
  const Key key = args.key(1);
  Result<EntryHandle> found = ctx.FindWriteOf(Type::kHash, key);
  if (!found) return found.error();
  HashValue hash(ctx, key, *found);
  long double value = 0;
  FoundField field;
  if (hash.Find(args[2], field)) {
    const std::optional<long double> parsed = ParseLongDouble(field.value);
    if (!parsed) return kErrFieldNotFloat;
    value = *parsed;
  }
  value += *increment;
  if (!std::isfinite(value)) return kErrNotFinite;
  const std::string text = FormatLongDouble(value);
  hash.Set(args[2], text, kKeepFieldExpiry);
  ctx.Changed(key, kEventHash, "hincrbyfloat");
  return ctx.reply().Bulk(text);
}

constexpr CommandSpec kRows[] = {
    Command({.name = "hset",
             .arity = -4,
             .flags = kWrite | kDenyOom | kFast,
             .acl = kAclHash,
             .group = CommandGroup::kHash,
             .keys = {KeyAt(1, kKeyReadWrite | kKeyUpdate)},
             .element = 2,
             .run = Hset,
             .since = "2.0.0",
             .complexity = "O(1) for each field, O(N) for N of them.",
             .summary = "Sets fields of a hash, which is made if it is not there.",
             .syntax = "key data=<field value>...",
             .history = "4.0.0: Accepts multiple `field` and `value` arguments."}),
    Command({.name = "hmset",
             .arity = -4,
             .flags = kWrite | kDenyOom | kFast,
             .acl = kAclHash,
             .group = CommandGroup::kHash,
             .keys = {KeyAt(1, kKeyReadWrite | kKeyUpdate)},
             .element = 2,
             .run = Hmset,
             .since = "2.0.0",
             .complexity = "O(N) where N is the number of fields.",
             .summary = "Sets several fields of a hash.",
             .syntax = "key data=<field value>...",
             .deprecated_since = "4.0.0",
             .replaced_by = "`HSET` with multiple field-value pairs"}),
    Command({.name = "hsetnx",
             .arity = 4,
             .flags = kWrite | kDenyOom | kFast,
             .acl = kAclHash,
             .group = CommandGroup::kHash,
             .keys = {KeyAt(1, kKeyReadWrite | kKeyInsert)},
             .element = 2,
             .run = Hsetnx,
             .since = "2.0.0",
             .complexity = "O(1)",
             .summary = "Sets a field of a hash unless it is there.",
             .syntax = "key field value"}),
    Command({.name = "hdel",
             .arity = -3,
             .flags = kWrite | kFast,
             .acl = kAclHash,
             .group = CommandGroup::kHash,
             .keys = {KeyAt(1, kKeyReadWrite | kKeyDelete)},
             .element = 2,
             .run = Hdel,
             .since = "2.0.0",
             .complexity = "O(N) where N is the number of fields.",
             .summary = "Removes fields of a hash, and the hash with the last of them.",
             .syntax = "key field...",
             .history = "2.4.0: Accepts multiple `field` arguments."}),
    Command({.name = "hincrby",
             .arity = 4,
             .flags = kWrite | kDenyOom | kFast,
             .acl = kAclHash,
             .group = CommandGroup::kHash,
             .keys = {KeyAt(1, kKeyChanged)},
             .element = 2,
             .run = Hincrby,
             .since = "2.0.0",
             .complexity = "O(1)",
             .summary = "Adds an integer to the number in a field; a field that is not there is 0.",
             .syntax = "key field increment"}),
    Command(
        {.name = "hincrbyfloat",
         .arity = 4,
         .flags = kWrite | kDenyOom | kFast,
         .acl = kAclHash,
         .group = CommandGroup::kHash,
         .keys = {KeyAt(1, kKeyChanged)},
         .element = 2,
         .run = Hincrbyfloat,
         .since = "2.6.0",
         .complexity = "O(1)",
         .summary = "Adds a decimal number to the one in a field; a field that is not there is 0.",
         .syntax = "key field increment(double)"}),
};

}  // namespace

std::span<const CommandSpec> HashWriteRows() {
  return kRows;
}

}  // namespace gotthard
