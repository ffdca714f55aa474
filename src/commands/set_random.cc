// Sets: members chosen at random, to be taken out (SPOP) or not (SRANDMEMBER).
#include <optional>
#include <unordered_set>

#include "commands/family_rows.h"
#include "commands/random_count.h"
#include "commands/set_replies.h"
#include "commands/set_store.h"
#include "exec/args.h"
#include "exec/context.h"
#include "exec/reply_limit.h"

namespace gotthard {
namespace {

// Past this share of a table's members, choosing by walking over all of them beats drawing until
// enough different ones have come up.
constexpr size_t kWalkShare = 3;

// Walks over the set and calls fn(member, chosen), where `count` different members are chosen, each
// subset with the same probability (selection sampling, Knuth 3.4.2). REQUIRES: count <= Count().
template <typename Fn>
void ForEachChosen(const SetView& set, size_t count, Random& random, Fn&& fn) {
  size_t left = set.Count();
  set.ForEach([&](const PackedItem& member) {
    const bool chosen = random.Below(left--) < count;
    if (chosen) --count;
    fn(member, chosen);
    return true;
  });
}

// --- SPOP

// A small set is made anew of what stays, in one pass.
EntryHandle PopPacked(Context& ctx, const Key& key, EntryHandle entry, size_t count) {
  const SetView set = ViewOf(entry);
  const SetLimits limits = LimitsOf(ctx.config());
  OwnedSet rest(set.form(), limits, ctx.server().hasher);
  ForEachChosen(set, count, ctx.server().random, [&](const PackedItem& member, bool chosen) {
    char digits[24];
    const std::string_view text = member.Text(digits);
    if (chosen) {
      ctx.reply().Bulk(text);
    } else {
      rest.Append(text);
    }
  });
  return PutSet(ctx, key, entry, rest, kKeepExpiry);
}

void PopFromTable(Context& ctx, HashSet& table, size_t count) {
  for (; count != 0; --count) {
    const Table::Position position = table.RandomPosition(ctx.server().random);
    ctx.reply().Bulk(HashSet::MemberAt(position));
    table.RemoveAt(position);
  }
}

// Almost all are wanted: those few that stay become a set of their own, as small as it can be.
void PopMost(Context& ctx, const Key& key, EntryHandle entry, HashSet& table, size_t rest) {
  const SetLimits limits = LimitsOf(ctx.config());
  OwnedSet kept(SetForm::kListpack, limits, ctx.server().hasher);
  for (; rest != 0; --rest) {
    const Table::Position position = table.RandomPosition(ctx.server().random);
    kept.Add(HashSet::MemberAt(position));
    table.RemoveAt(position);
  }
  table.ForEach([&](std::string_view member) {
    ctx.reply().Bulk(member);
    return true;
  });
  const int64_t expiry_ms = entry->expiry_ms();
  const uint32_t access = entry->access();
  ctx.server().FreeEntry(ctx.db(), entry, ctx.config().lazyfree_lazy_server_del);
  PutSet(ctx, key, {}, kept, expiry_ms)->set_access(access);
}

Status PopMany(Context& ctx, const Args& args) {
  const std::optional<int64_t> number = ParseInt64(args[2]);
  if (!number || *number < 0) return kErrNegativeCount;
  const Key key = args.key(1);
  Result<EntryHandle> found = ctx.FindWriteOf(Type::kSet, key);
  if (!found) return found.error();
  const SetView set = ViewOf(*found);
  const size_t size = set.Count();
  const size_t count = std::min(size, static_cast<size_t>(*number));
  if (count == 0) {
    ctx.reply().SetHeader(0);
    return Status::Ok();
  }
  if (count == size) {
    ReplyMembers(ctx.reply(), set);
    ctx.server().FreeEntry(ctx.db(), *found, ctx.config().lazyfree_lazy_server_del);
  } else {
    // Where so few stay, drawing members to be taken would mostly draw taken ones.
    constexpr size_t kMoveShare = 5;
    ctx.reply().SetHeader(count);
    if (set.table() == nullptr) {
      PopPacked(ctx, key, *found, count);
    } else if ((size - count) * kMoveShare > count) {
      PopFromTable(ctx, *static_cast<HashSet*>((*found)->object()), count);
    } else {
      PopMost(ctx, key, *found, *static_cast<HashSet*>((*found)->object()), size - count);
    }
  }
  ctx.Changed(key, kEventSet, "spop");
  if (count == size) ctx.Notify(kEventGeneric, "del", key);
  ctx.server().changes.dirty += count - 1;
  return Status::Ok();
}

Status Spop(Context& ctx, const Args& args) {
  if (args.size() == 3) return PopMany(ctx, args);
  if (args.size() > 3) return kErrSyntax;
  const Key key = args.key(1);
  Result<EntryHandle> found = ctx.FindWriteOf(Type::kSet, key);
  if (!found) return found.error();
  EntryHandle entry = *found;
  if (!entry) return ctx.reply().Null();
  const size_t size = ViewOf(entry).Count();
  if (entry->is_object()) {
    PopFromTable(ctx, *static_cast<HashSet*>(entry->object()), 1);
  } else {
    EntryPacked bytes(ctx.db(), entry);
    const size_t index = ctx.server().random.Below(size);
    ReplyMember(ctx.reply(), ViewOf(entry).PackedMember(index));
    if (entry->encoding() == Encoding::kIntset) {
      IntsetRemoveAt(bytes, index);
    } else {
      ListpackDelete(bytes, Listpack(bytes.view()).Seek(static_cast<int64_t>(index)));
    }
  }
  ctx.Changed(key, kEventSet, "spop");
  if (size == 1) ctx.RemoveEmptied(entry, key);
  return Status::Ok();
}

// --- SRANDMEMBER

Status ReplyRepeated(Context& ctx, const SetView& set, int64_t count) {
  ctx.reply().ArrayHeader(static_cast<uint64_t>(count));
  for (; count != 0 && !ReplyOverLimit(ctx); --count) {
    ReplyMember(ctx.reply(), set.RandomMember(ctx.server().random));
  }
  return Status::Ok();
}

Status ReplyDistinct(Context& ctx, const SetView& set, size_t count) {
  ReplyWriter& reply = ctx.reply();
  Random& random = ctx.server().random;
  reply.ArrayHeader(count);
  if (set.table() == nullptr || count * kWalkShare > set.Count()) {
    ForEachChosen(set, count, random, [&](const PackedItem& member, bool chosen) {
      if (chosen) ReplyMember(reply, member);
    });
    return Status::Ok();
  }
  std::unordered_set<const uint64_t*> drawn;
  drawn.reserve(count);
  while (drawn.size() < count) {
    const Table::Position position = set.table()->RandomPosition(random);
    if (drawn.insert(position.slot).second) reply.Bulk(HashSet::MemberAt(position));
  }
  return Status::Ok();
}

Status Srandmember(Context& ctx, const Args& args) {
  if (args.size() > 3) return kErrSyntax;
  std::optional<int64_t> count;
  if (args.size() == 3) {
    count = ParseInt64(args[2]);
    if (!count) return kErrNotInteger;
    if (*count == INT64_MIN) return kErrRandomCount;
  }
  Result<EntryHandle> found = ctx.FindReadOf(Type::kSet, args.key(1));
  if (!found) return found.error();
  if (!*found) return count ? ctx.reply().EmptyArray() : ctx.reply().Null();
  const SetView set = ViewOf(*found);
  if (!count) return ReplyMember(ctx.reply(), set.RandomMember(ctx.server().random));
  if (*count < -kMaxRepeated) return kErrRandomRange;
  if (*count < 0) return ReplyRepeated(ctx, set, -*count);
  return ReplyDistinct(ctx, set, std::min(set.Count(), static_cast<size_t>(*count)));
}

constexpr CommandSpec kRows[] = {
    Command({.name = "spop",
             .arity = -2,
             .flags = kWrite | kFast,
             .acl = kAclSet,
             .group = CommandGroup::kSet,
             .keys = {KeyAt(1, kKeyReadWrite | kKeyAccess | kKeyDelete)},
             .run = Spop,
             .since = "1.0.0",
             .complexity = "O(N) where N is the number of members returned.",
             .summary = "Removes members chosen at random and returns them.",
             .syntax = "key [count]@3.2.0",
             .history = "3.2.0: Added the `count` argument.",
             .tips = "nondeterministic_output"}),
    Command({.name = "srandmember",
             .arity = -2,
             .flags = kReadonly,
             .acl = kAclSet,
             .group = CommandGroup::kSet,
             .keys = {KeyAt(1, kKeyRead)},
             .run = Srandmember,
             .since = "1.0.0",
             .complexity = "O(N) where N is the number of members returned.",
             .summary = "Returns members chosen at random, which stay.",
             .syntax = "key [count]@2.6.0",
             .history = "2.6.0: Added the optional `count` argument.",
             .tips = "nondeterministic_output"}),
};

}  // namespace

std::span<const CommandSpec> SetRandomRows() {
  return kRows;
}

}  // namespace gotthard
