// Keys of any type: does one exist, of what type is it, and away with it. And the family's list.
#include "commands/families.h"
#include "commands/family_rows.h"
#include "commands/join_rows.h"
#include "commands/key_helpers.h"
#include "exec/args.h"
#include "exec/context.h"

namespace gotthard {
namespace {

Status DeleteAll(Context& ctx, const Args& args, bool lazy) {
  int64_t deleted = 0;
  ForEachKey(ctx, args, 1, 1, [&](const Key& key, size_t) {
    if (EntryHandle entry = ctx.Peek(key)) {
      ctx.Delete(entry, key, lazy);
      ++deleted;
    }
    return true;
  });
  return ctx.reply().Integer(deleted);
}

Status Del(Context& ctx, const Args& args) {
  return DeleteAll(ctx, args, ctx.config().lazyfree_lazy_user_del);
}

Status Unlink(Context& ctx, const Args& args) {
  return DeleteAll(ctx, args, /*lazy=*/true);
}

Status Exists(Context& ctx, const Args& args) {
  int64_t found = 0;
  ForEachKey(ctx, args, 1, 1, [&](const Key& key, size_t) {
    if (FindUntouched(ctx, key)) ++found;
    return true;
  });
  return ctx.reply().Integer(found);
}

Status Touch(Context& ctx, const Args& args) {
  ctx.TouchAnyway(true);  // a client in CLIENT NO-TOUCH mode means this one
  int64_t found = 0;
  ForEachKey(ctx, args, 1, 1, [&](const Key& key, size_t) {
    if (ctx.FindRead(key)) ++found;
    return true;
  });
  ctx.TouchAnyway(false);
  return ctx.reply().Integer(found);
}

Status TypeOf(Context& ctx, const Args& args) {
  EntryHandle entry = FindUntouched(ctx, args.key(1));
  return ctx.reply().Simple(entry ? TypeName(entry->type()) : "none");
}

constexpr CommandSpec kRows[] = {
    Command({.name = "del",
             .arity = -2,
             .flags = kWrite,
             .acl = kAclKeyspace,
             .keys = {KeyRange(1, -1, 1, kKeyDeleted)},
             .run = Del,
             .since = "1.0.0",
             .complexity = "O(N) where N is the number of keys, plus O(M) for each collection that "
                           "is freed, where M is the number of its elements.",
             .summary = "Deletes keys and tells how many there were.",
             .syntax = "key [key ...]",
             .tips = "request_policy:multi_shard\nresponse_policy:agg_sum"}),
    Command({.name = "unlink",
             .arity = -2,
             .flags = kWrite | kFast,
             .acl = kAclKeyspace,
             .keys = {KeyRange(1, -1, 1, kKeyDeleted)},
             .run = Unlink,
             .since = "4.0.0",
             .complexity = "O(1) for each key; the memory of large values is freed by another "
                           "thread.",
             .summary = "Deletes keys and frees their values in the background.",
             .syntax = "key [key ...]",
             .tips = "request_policy:multi_shard\nresponse_policy:agg_sum"}),
    Command({.name = "exists",
             .arity = -2,
             .flags = kReadonly | kFast,
             .acl = kAclKeyspace,
             .keys = {KeyRange(1, -1, 1, kKeyLooked)},
             .run = Exists,
             .since = "1.0.0",
             .complexity = "O(N) where N is the number of keys.",
             .summary = "Tells how many of the keys exist, each counted as often as it is named.",
             .syntax = "key [key ...]",
             .history = "3.0.3: Accepts multiple `key` arguments.",
             .tips = "request_policy:multi_shard\nresponse_policy:agg_sum"}),
    Command({.name = "touch",
             .arity = -2,
             .flags = kReadonly | kFast,
             .acl = kAclKeyspace,
             .keys = {KeyRange(1, -1, 1, kKeyLooked)},
             .run = Touch,
             .since = "3.2.1",
             .complexity = "O(N) where N is the number of keys.",
             .summary = "Marks keys as used just now and tells how many of them exist.",
             .syntax = "key [key ...]",
             .tips = "request_policy:multi_shard\nresponse_policy:agg_sum"}),
    Command({.name = "type",
             .arity = 2,
             .flags = kReadonly | kFast,
             .acl = kAclKeyspace,
             .keys = {KeyAt(1, kKeyLooked)},
             .run = TypeOf,
             .since = "1.0.0",
             .complexity = "O(1)",
             .summary = "Tells the type of the value that a key holds.",
             .syntax = "key"}),
};

}  // namespace

std::span<const CommandSpec> KeyBasicRows() {
  return kRows;
}

std::span<const CommandSpec> KeyCommands() {
  static const std::vector<CommandSpec> kAll =
      JoinRows({KeyBasicRows(), KeyMoveRows(), KeyExpireRows(), KeyScanRows(), KeyObjectRows(),
                KeyDumpRows(), KeyDatabaseRows()});
  return kAll;
}

}  // namespace gotthard
