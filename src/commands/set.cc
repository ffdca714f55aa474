// Sets: adding, removing, asking for members, walking over them. And the family's list.
#include <string>
#include <vector>

#include "commands/families.h"
#include "commands/family_rows.h"
#include "commands/join_rows.h"
#include "commands/key_helpers.h"
#include "commands/scan_args.h"
#include "commands/set_replies.h"
#include "commands/set_store.h"
#include "exec/args.h"
#include "exec/context.h"

namespace gotthard {
namespace {

// Tells of a change of several members, each of which counts.
void ChangedMembers(Context& ctx, const Key& key, std::string_view event, int64_t members) {
  ctx.Changed(key, kEventSet, event);
  ctx.server().changes.dirty += static_cast<uint64_t>(members - 1);
}

int64_t AddAll(SetEditor& set, const Args& args) {
  int64_t added = 0;
  for (size_t i = 2; i < args.size(); ++i) added += set.Add(args[i]) ? 1 : 0;
  return added;
}

Status Sadd(Context& ctx, const Args& args) {
  const Key key = args.key(1);
  Result<EntryHandle> found = ctx.FindWriteOf(Type::kSet, key);
  if (!found) return found.error();
  const SetLimits limits = LimitsOf(ctx.config());
  const size_t count = args.size() - 2;
  int64_t added = 0;
  if (*found) {
    StoredSet set(ctx, limits, key, *found);
    set.ExpectMembers(count);
    added = AddAll(set, args);
  } else {
    OwnedSet set(SetEditor::FormFor(args[2], count, limits), limits, ctx.server().hasher);
    added = AddAll(set, args);
    PutNewSet(ctx, key, set);
  }
  if (added != 0) ChangedMembers(ctx, key, "sadd", added);
  return ctx.reply().Integer(added);
}

Status Srem(Context& ctx, const Args& args) {
  const Key key = args.key(1);
  Result<EntryHandle> found = ctx.FindWriteOf(Type::kSet, key);
  if (!found) return found.error();
  if (!*found) return ctx.reply().Integer(0);
  const SetLimits limits = LimitsOf(ctx.config());
  int64_t removed = 0;
  bool emptied = false;
  {
    StoredSet set(ctx, limits, key, *found);
    for (size_t i = 2; i < args.size() && !emptied; ++i) {
      if (!set.Remove(args[i])) continue;
      ++removed;
      emptied = set.Count() == 0;
    }
    *found = set.entry();
  }
  if (removed != 0) ChangedMembers(ctx, key, "srem", removed);
  if (emptied) ctx.RemoveEmptied(*found, key);
  return ctx.reply().Integer(removed);
}

Status Smembers(Context& ctx, const Args& args) {
  Result<EntryHandle> found = ctx.FindReadOf(Type::kSet, args.key(1));
  if (!found) return found.error();
  return ReplyMembers(ctx.reply(), ViewOf(*found));
}

Status Sismember(Context& ctx, const Args& args) {
  Result<EntryHandle> found = ctx.FindReadOf(Type::kSet, args.key(1));
  if (!found) return found.error();
  return ctx.reply().Integer(ViewOf(*found).Has(args[2]) ? 1 : 0);
}

Status Smismember(Context& ctx, const Args& args) {
  Result<EntryHandle> found = ctx.FindReadOf(Type::kSet, args.key(1));
  if (!found) return found.error();
  const SetView set = ViewOf(*found);
  ctx.reply().ArrayHeader(args.size() - 2);
  for (size_t i = 2; i < args.size(); ++i) ctx.reply().Integer(set.Has(args[i]) ? 1 : 0);
  return Status::Ok();
}

Status Scard(Context& ctx, const Args& args) {
  Result<EntryHandle> found = ctx.FindReadOf(Type::kSet, args.key(1));
  if (!found) return found.error();
  return ctx.reply().Integer(static_cast<int64_t>(ViewOf(*found).Count()));
}

// Takes the member out of the set at `key`, and the key away with the last one. False if it was not
// there.
bool TakeMember(Context& ctx, const SetLimits& limits, const Key& key, EntryHandle entry,
                std::string_view member) {
  bool emptied = false;
  {
    StoredSet set(ctx, limits, key, entry);
    if (!set.Remove(member)) return false;
    emptied = set.Count() == 0;
    entry = set.entry();
  }
  ctx.Changed(key, kEventSet, "srem");
  if (emptied) ctx.RemoveEmptied(entry, key);
  return true;
}

Status Smove(Context& ctx, const Args& args) {
  const Key from = args.key(1);
  const Key to = args.key(2);
  const std::string_view member = args[3];
  const bool has_target = static_cast<bool>(ctx.FindWrite(to));
  EntryHandle source = ctx.FindWrite(from);
  if (!source) return ctx.reply().Integer(0);
  if (source->type() != Type::kSet) return kErrWrongType;
  // Found again: looking the source up may have moved it.
  EntryHandle target = has_target ? ctx.db().Find(to) : EntryHandle();
  if (target && target->type() != Type::kSet) return kErrWrongType;
  if (from.name == to.name) return ctx.reply().Integer(ViewOf(source).Has(member) ? 1 : 0);
  const SetLimits limits = LimitsOf(ctx.config());
  if (!TakeMember(ctx, limits, from, source, member)) return ctx.reply().Integer(0);
  bool added = true;
  if (has_target) {
    StoredSet set(ctx, limits, to, ctx.db().Find(to));
    added = set.Add(member);
  } else {
    OwnedSet set(SetEditor::FormFor(member, 1, limits), limits, ctx.server().hasher);
    set.Add(member);
    PutNewSet(ctx, to, set);
  }
  if (added) ctx.Changed(to, kEventSet, "sadd");
  return ctx.reply().Integer(1);
}

Status Sscan(Context& ctx, const Args& args) {
  const std::optional<uint64_t> cursor = ParseCursor(args[2]);
  if (!cursor) return kErrCursor;
  ScanArgs scan;
  Result<EntryHandle> found = ctx.FindReadOf(Type::kSet, args.key(1));
  if (!found) return found.error();
  if (*found) GOTTHARD_RETURN_IF_ERROR(ParseScanArgs(args, 3, scan));
  const SetView set = ViewOf(*found);
  ReplyWriter& reply = ctx.reply();
  if (set.table() == nullptr) {  // small: all at once, whatever the cursor
    ReplyCursor(reply, 0);
    return ReplySelected(reply, set, [&](std::string_view text) { return scan.Matches(text); });
  }
  std::vector<std::string_view> members;
  uint64_t next = 0;
  if (*cursor >> Table::kCursorBits == 0) {  // else no SSCAN returned it
    next = set.table()->table().Scan(*cursor, scan.count, [&](void* element) {
      const std::string_view member = ReadElementText(element);
      if (scan.Matches(member)) members.push_back(member);
    });
  }
  ReplyCursor(reply, next);
  reply.ArrayHeader(members.size());
  for (std::string_view member : members) reply.Bulk(member);
  return Status::Ok();
}

constexpr CommandSpec kRows[] = {
    Command({.name = "sadd",
             .arity = -3,
             .flags = kWrite | kDenyOom | kFast,
             .acl = kAclSet,
             .group = CommandGroup::kSet,
             .keys = {KeyAt(1, kKeyReadWrite | kKeyInsert)},
             .element = 2,
             .run = Sadd,
             .since = "1.0.0",
             .complexity = "O(N) where N is the number of members given.",
             .summary = "Adds members to a set and tells how many were new.",
             .syntax = "key member...",
             .history = "2.4.0: Accepts multiple `member` arguments."}),
    Command({.name = "srem",
             .arity = -3,
             .flags = kWrite | kFast,
             .acl = kAclSet,
             .group = CommandGroup::kSet,
             .keys = {KeyAt(1, kKeyReadWrite | kKeyDelete)},
             .element = 2,
             .run = Srem,
             .since = "1.0.0",
             .complexity = "O(N) where N is the number of members given.",
             .summary = "Removes members from a set and tells how many there were.",
             .syntax = "key member...",
             .history = "2.4.0: Accepts multiple `member` arguments."}),
    Command({.name = "smembers",
             .arity = 2,
             .flags = kReadonly,
             .acl = kAclSet,
             .group = CommandGroup::kSet,
             .keys = {KeyAt(1, kKeyRead)},
             .run = Smembers,
             .since = "1.0.0",
             .complexity = "O(N) where N is the number of members.",
             .summary = "Returns all members of a set.",
             .syntax = "key",
             .tips = "nondeterministic_output_order"}),
    Command({.name = "sismember",
             .arity = 3,
             .flags = kReadonly | kFast,
             .acl = kAclSet,
             .group = CommandGroup::kSet,
             .keys = {KeyAt(1, kKeyLooked)},
             .element = 2,
             .run = Sismember,
             .since = "1.0.0",
             .complexity = "O(1)",
             .summary = "Tells whether a set has a member.",
             .syntax = "key member"}),
    Command({.name = "smismember",
             .arity = -3,
             .flags = kReadonly | kFast,
             .acl = kAclSet,
             .group = CommandGroup::kSet,
             .keys = {KeyAt(1, kKeyRead)},
             .element = 2,
             .run = Smismember,
             .since = "6.2.0",
             .complexity = "O(N) where N is the number of members asked for.",
             .summary = "Tells for each of some members whether a set has it.",
             .syntax = "key member..."}),
    Command({.name = "scard",
             .arity = 2,
             .flags = kReadonly | kFast,
             .acl = kAclSet,
             .group = CommandGroup::kSet,
             .keys = {KeyAt(1, kKeyLooked)},
             .run = Scard,
             .since = "1.0.0",
             .complexity = "O(1)",
             .summary = "Tells how many members a set has.",
             .syntax = "key"}),
    Command({.name = "smove",
             .arity = 4,
             .flags = kWrite | kFast,
             .acl = kAclSet,
             .group = CommandGroup::kSet,
             .keys = {KeyAt(1, kKeyReadWrite | kKeyAccess | kKeyDelete),
                      KeyAt(2, kKeyReadWrite | kKeyInsert)},
             .run = Smove,
             .since = "1.0.0",
             .complexity = "O(1)",
             .summary = "Moves a member from one set to another.",
             .syntax = "source destination member"}),
    Command({.name = "sscan",
             .arity = -3,
             .flags = kReadonly,
             .acl = kAclSet,
             .group = CommandGroup::kSet,
             .keys = {KeyAt(1, kKeyRead)},
             .run = Sscan,
             .since = "2.8.0",
             .complexity =
                 "O(1) for every call, O(N) for a complete walk, where N is the number of members.",
             .summary = "Walks over the members of a set, some at a time.",
             .syntax = "key cursor [MATCH pattern] [COUNT count]",
             .tips = "nondeterministic_output"}),
};

}  // namespace

std::span<const CommandSpec> SetBasicRows() {
  return kRows;
}

std::span<const CommandSpec> SetCommands() {
  static const std::vector<CommandSpec> kAll =
      JoinRows({SetBasicRows(), SetRandomRows(), SetCombineRows()});
  return kAll;
}

}  // namespace gotthard
