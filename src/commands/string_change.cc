// Strings: the commands that change one in place: counters, APPEND, SETRANGE.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <optional>
#include <string>

#include "base/numbers.h"
#include "commands/expiry_args.h"
#include "commands/family_rows.h"
#include "commands/key_helpers.h"
#include "exec/args.h"
#include "exec/context.h"

namespace gotthard {
namespace {

constexpr ErrorText kErrCounterOverflow{"ERR increment or decrement would overflow"};
constexpr ErrorText kErrDecrementOverflow{"ERR decrement would overflow"};
constexpr ErrorText kErrNotFinite{"ERR increment would produce NaN or Infinity"};
constexpr ErrorText kErrOffset{"ERR offset is out of range"};

// Stores a counter's new value; its expiry stays.
void StoreCounter(Context& ctx, const Key& key, EntryHandle entry, int64_t value) {
  if (entry && entry->is_integer()) [[likely]] {
    ctx.db().SetIntegerInPlace(entry, value);
  } else {
    ctx.db().PutInteger(key, entry, value,
                        ExpiryToStore(ctx, static_cast<bool>(entry), kKeepExpiry));
  }
}

Status Add(Context& ctx, const Key& key, int64_t increment) {
  EntryHandle entry = ctx.FindWrite(key);
  int64_t value = 0;
  if (entry) {
    if (entry->is_integer()) [[likely]] {
      value = entry->integer();
    } else {
      if (entry->type() != Type::kString) return kErrWrongType;
      const std::optional<int64_t> parsed = ParseInt64(entry->bytes());
      if (!parsed) return kErrNotInteger;
      value = *parsed;
    }
  }
  if (__builtin_add_overflow(value, increment, &value)) return kErrCounterOverflow;
  StoreCounter(ctx, key, entry, value);
  ctx.Changed(key, kEventString, "incrby");
  return ctx.reply().Integer(value);
}

Status Incr(Context& ctx, const Args& args) {
  return Add(ctx, args.key(1), 1);
}

Status Decr(Context& ctx, const Args& args) {
  return Add(ctx, args.key(1), -1);
}

Status Incrby(Context& ctx, const Args& args) {
  const std::optional<int64_t> increment = ParseInt64(args[2]);
  if (!increment) return kErrNotInteger;
  return Add(ctx, args.key(1), *increment);
}

Status Decrby(Context& ctx, const Args& args) {
  const std::optional<int64_t> decrement = ParseInt64(args[2]);
  if (!decrement) return kErrNotInteger;
  if (*decrement == INT64_MIN) return kErrDecrementOverflow;
  return Add(ctx, args.key(1), -*decrement);
}

Status Incrbyfloat(Context& ctx, const Args& args) {
  const Key key = args.key(1);
  Result<EntryHandle> found = ctx.FindWriteOf(Type::kString, key);
  if (!found) return found.error();
  EntryHandle entry = *found;
  long double value = 0;
  if (entry && entry->is_integer()) {
    value = static_cast<long double>(entry->integer());
  } else if (entry) {
    const std::optional<long double> parsed = ParseLongDouble(entry->bytes());
    if (!parsed) return kErrNotFloat;
    value = *parsed;
  }
  const std::optional<long double> increment = ParseLongDouble(args[2]);
  if (!increment) return kErrNotFloat;
  value += *increment;
  if (!std::isfinite(value)) return kErrNotFinite;
  const std::string text = FormatLongDouble(value);
  entry =
      ctx.db().PutRaw(key, entry, text, ExpiryToStore(ctx, static_cast<bool>(entry), kKeepExpiry));
  if (text.size() <= kMaxEmbstrBytes) ctx.db().SetEncoding(entry, Encoding::kEmbstr);
  ctx.Changed(key, kEventString, "incrbyfloat");
  return ctx.reply().Bulk(text);
}

// Whether a string of `size` + `more` bytes is more than proto-max-bulk-len allows.
bool TooLong(const Context& ctx, int64_t size, size_t more) {
  int64_t total = 0;
  return __builtin_add_overflow(size, static_cast<int64_t>(more), &total) ||
         total > ctx.config().proto_max_bulk_len;
}

Status Append(Context& ctx, const Args& args) {
  const Key key = args.key(1);
  const std::string_view tail = args[2];
  Result<EntryHandle> found = ctx.FindWriteOf(Type::kString, key);
  if (!found) return found.error();
  EntryHandle entry = *found;
  size_t length = 0;
  if (!entry) {
    ctx.db().PutString(key, entry, tail, ExpiryToStore(ctx, /*exists=*/false, kNoExpiry));
    length = tail.size();
  } else {
    const size_t old_length = entry->ValueLength();
    if (TooLong(ctx, static_cast<int64_t>(old_length), tail.size())) return kErrStringTooLong;
    length = old_length + tail.size();
    char* bytes = ctx.db().ResizeString(entry, length);
    if (!tail.empty()) std::memcpy(bytes + old_length, tail.data(), tail.size());
  }
  ctx.Changed(key, kEventString, "append");
  return ctx.reply().Integer(static_cast<int64_t>(length));
}

Status Setrange(Context& ctx, const Args& args) {
  const std::optional<int64_t> offset = ParseInt64(args[2]);
  if (!offset) return kErrNotInteger;
  if (*offset < 0) return kErrOffset;
  const Key key = args.key(1);
  const std::string_view part = args[3];
  Result<EntryHandle> found = ctx.FindWriteOf(Type::kString, key);
  if (!found) return found.error();
  EntryHandle entry = *found;
  const size_t old_length = entry ? entry->ValueLength() : 0;
  if (part.empty()) return ctx.reply().Integer(static_cast<int64_t>(old_length));
  if (TooLong(ctx, *offset, part.size())) return kErrStringTooLong;
  const size_t end = static_cast<size_t>(*offset) + part.size();
  if (!entry) {
    entry = ctx.db().PutRaw(key, entry, "", ExpiryToStore(ctx, /*exists=*/false, kNoExpiry));
  }
  const size_t length = std::max(old_length, end);
  char* bytes = ctx.db().ResizeString(entry, length);
  std::memcpy(bytes + *offset, part.data(), part.size());
  ctx.Changed(key, kEventString, "setrange");
  return ctx.reply().Integer(static_cast<int64_t>(length));
}

constexpr CommandSpec kRows[] = {
    Command({.name = "incr",
             .arity = 2,
             .flags = kWrite | kDenyOom | kFast,
             .acl = kAclString,
             .group = CommandGroup::kString,
             .keys = {KeyAt(1, kKeyChanged)},
             .run = Incr,
             .since = "1.0.0",
             .complexity = "O(1)",
             .summary = "Adds one to the integer that a key holds, or to 0 if there is no key.",
             .syntax = "key"}),
    Command({.name = "decr",
             .arity = 2,
             .flags = kWrite | kDenyOom | kFast,
             .acl = kAclString,
             .group = CommandGroup::kString,
             .keys = {KeyAt(1, kKeyChanged)},
             .run = Decr,
             .since = "1.0.0",
             .complexity = "O(1)",
             .summary = "Takes one from the integer that a key holds, or from 0 if there is none.",
             .syntax = "key"}),
    Command({.name = "incrby",
             .arity = 3,
             .flags = kWrite | kDenyOom | kFast,
             .acl = kAclString,
             .group = CommandGroup::kString,
             .keys = {KeyAt(1, kKeyChanged)},
             .run = Incrby,
             .since = "1.0.0",
             .complexity = "O(1)",
             .summary = "Adds a number to the integer that a key holds, or to 0 if there is none.",
             .syntax = "key increment"}),
    Command({.name = "decrby",
             .arity = 3,
             .flags = kWrite | kDenyOom | kFast,
             .acl = kAclString,
             .group = CommandGroup::kString,
             .keys = {KeyAt(1, kKeyChanged)},
             .run = Decrby,
             .since = "1.0.0",
             .complexity = "O(1)",
             .summary = "Takes a number from the integer that a key holds, or from 0.",
             .syntax = "key decrement"}),
    Command({.name = "incrbyfloat",
             .arity = 3,
             .flags = kWrite | kDenyOom | kFast,
             .acl = kAclString,
             .group = CommandGroup::kString,
             .keys = {KeyAt(1, kKeyChanged)},
             .run = Incrbyfloat,
             .since = "2.6.0",
             .complexity = "O(1)",
             .summary = "Adds a floating point number to the one that a key holds, or to 0.",
             .syntax = "key increment(double)"}),
    Command({.name = "append",
             .arity = 3,
             .flags = kWrite | kDenyOom | kFast,
             .acl = kAclString,
             .group = CommandGroup::kString,
             .keys = {KeyAt(1, kKeyReadWrite | kKeyInsert)},
             .run = Append,
             .since = "2.0.0",
             .complexity = "O(N) where N is the number of bytes appended, amortised: a growing "
                           "string doubles its room.",
             .summary = "Appends to a key's string, which begins empty if there is no key.",
             .syntax = "key value"}),
    Command({.name = "setrange",
             .arity = 4,
             .flags = kWrite | kDenyOom,
             .acl = kAclString,
             .group = CommandGroup::kString,
             .keys = {KeyAt(1, kKeyReadWrite | kKeyUpdate)},
             .run = Setrange,
             .since = "2.2.0",
             .complexity = "O(N) where N is the number of bytes written, amortised: a growing "
                           "string doubles its room.",
             .summary = "Overwrites a part of a key's string, padding it with zeros if needed.",
             .syntax = "key offset value"}),
};

}  // namespace

std::span<const CommandSpec> StringChangeRows() {
  return kRows;
}

}  // namespace gotthard
