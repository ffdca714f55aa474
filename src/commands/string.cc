// Strings: the commands that read one, and the family's list.
#include <algorithm>
#include <optional>

#include "base/numbers.h"
#include "commands/families.h"
#include "commands/family_rows.h"
#include "commands/join_rows.h"
#include "commands/key_helpers.h"
#include "exec/args.h"
#include "exec/context.h"

namespace gotthard {
namespace {

Status Get(Context& ctx, const Args& args) {
  EntryHandle entry = ctx.FindRead(args.key(1));
  if (!entry) return ctx.reply().Null();
  if (entry->type() != Type::kString) [[unlikely]]
    return kErrWrongType;
  return ReplyString(ctx.reply(), *entry);
}

Status Strlen(Context& ctx, const Args& args) {
  Result<EntryHandle> entry = ctx.FindReadOf(Type::kString, args.key(1));
  if (!entry) return entry.error();
  return ctx.reply().Integer(*entry ? static_cast<int64_t>((*entry)->ValueLength()) : 0);
}

Status Getrange(Context& ctx, const Args& args) {
  const std::optional<int64_t> from = ParseInt64(args[2]);
  const std::optional<int64_t> to = ParseInt64(args[3]);
  if (!from || !to) return kErrNotInteger;
  Result<EntryHandle> entry = ctx.FindReadOf(Type::kString, args.key(1));
  if (!entry) return entry.error();
  if (!*entry) return ctx.reply().Bulk("");
  const int64_t length = static_cast<int64_t>((*entry)->ValueLength());
  if (length == 0 || (*from < 0 && *to < 0 && *from > *to)) return ctx.reply().Bulk("");
  // Negative offsets count from the end; what lies outside of the string is cut off. An end before
  // the string's begin means its first byte, as clients of Redis know it.
  const int64_t first = std::max<int64_t>(*from < 0 ? length + *from : *from, 0);
  const int64_t last = std::min(std::max<int64_t>(*to < 0 ? length + *to : *to, 0), length - 1);
  if (first > last) return ctx.reply().Bulk("");
  return ReplyPart(ctx.reply(), **entry, static_cast<size_t>(first),
                   static_cast<size_t>(last - first + 1));
}

constexpr CommandSpec kRows[] = {
    Command({.name = "get",
             .arity = 2,
             .flags = kReadonly | kFast,
             .acl = kAclString,
             .group = CommandGroup::kString,
             .keys = {KeyAt(1, kKeyRead)},
             .run = Get,
             .since = "1.0.0",
             .complexity = "O(1)",
             .summary = "Returns the string that a key holds.",
             .syntax = "key"}),
    Command({.name = "strlen",
             .arity = 2,
             .flags = kReadonly | kFast,
             .acl = kAclString,
             .group = CommandGroup::kString,
             .keys = {KeyAt(1, kKeyLooked)},
             .run = Strlen,
             .since = "2.2.0",
             .complexity = "O(1)",
             .summary = "Returns how many bytes long a key's string is.",
             .syntax = "key"}),
    Command({.name = "getrange",
             .arity = 4,
             .flags = kReadonly,
             .acl = kAclString,
             .group = CommandGroup::kString,
             .keys = {KeyAt(1, kKeyRead)},
             .run = Getrange,
             .since = "2.4.0",
             .complexity = "O(N) where N is the number of bytes returned.",
             .summary = "Returns a part of a key's string, between two offsets.",
             .syntax = "key start(integer) end(integer)"}),
    Command({.name = "substr",
             .arity = 4,
             .flags = kReadonly,
             .acl = kAclString,
             .group = CommandGroup::kString,
             .keys = {KeyAt(1, kKeyRead)},
             .run = Getrange,
             .since = "1.0.0",
             .complexity = "O(N) where N is the number of bytes returned.",
             .summary = "Returns a part of a key's string, under its former name.",
             .syntax = "key start(integer) end(integer)",
             .deprecated_since = "2.0.0",
             .replaced_by = "`GETRANGE`"}),
};

}  // namespace

std::span<const CommandSpec> StringReadRows() {
  return kRows;
}

std::span<const CommandSpec> StringCommands() {
  static const std::vector<CommandSpec> kAll = JoinRows(
      {StringReadRows(), StringSetRows(), StringMultiRows(), StringChangeRows(), LcsRows()});
  return kAll;
}

}  // namespace gotthard
