// Sets: intersection, union, difference, replied or stored.
#include <algorithm>
#include <optional>
#include <vector>

#include "commands/family_rows.h"
#include "commands/set_replies.h"
#include "commands/set_store.h"
#include "exec/args.h"
#include "exec/context.h"
#include "types/set_algebra.h"

namespace gotthard {
namespace {

// Up to so many sets a union is replied by asking the earlier ones for each member; a result in
// memory pays beyond.
constexpr size_t kMaxUnionBySelection = 3;

// The sets that arguments [first, end) name, missing ones empty. WRONGTYPE comes before anything
// else that could be said.
Status ReadSets(Context& ctx, const Args& args, size_t first, size_t end,
                std::vector<SetView>& sets) {
  std::vector<bool> present;
  for (size_t i = first; i < end; ++i) {
    Result<EntryHandle> found = ctx.FindReadOf(Type::kSet, args.key(i));
    if (!found) return found.error();
    present.push_back(static_cast<bool>(*found));
  }
  // Once more, as each of the lookups may have removed an expired key and moved the others.
  for (size_t i = first; i < end; ++i) {
    sets.push_back(present[i - first] ? ViewOf(ctx.db().Find(args.key(i))) : SetView());
  }
  return Status::Ok();
}

using Take = FunctionRef<bool(std::string_view)>;

// --- the three operations; `take` gets each member of the result once

// Leaves `sets` in order of size.
void Intersect(Context& ctx, std::vector<SetView>& sets, Take take) {
  std::sort(sets.begin(), sets.end(),
            [](const SetView& a, const SetView& b) { return a.Count() < b.Count(); });
  if (sets[0].Count() == 0) return;
  SelectMembers(sets[0], std::span(sets).subspan(1), {}, ctx.server().hasher, take);
}

void Unite(Context& ctx, std::vector<SetView>& sets, Take take) {
  for (size_t i = 0; i < sets.size(); ++i) {
    SelectMembers(sets[i], {}, std::span(sets).first(i), ctx.server().hasher, take);
  }
}

void Subtract(Context& ctx, std::vector<SetView>& sets, Take take) {
  // The largest first: it is the likeliest to have a member that is not wanted.
  std::sort(sets.begin() + 1, sets.end(),
            [](const SetView& a, const SetView& b) { return a.Count() > b.Count(); });
  SelectMembers(sets[0], {}, std::span(sets).subspan(1), ctx.server().hasher, take);
}

// Whether it is less work to take the other sets' members out of a copy of the first than to ask
// them for each of its members. The factor is what a lookup is cheaper than a change.
bool SubtractsByRemoval(const std::vector<SetView>& sets) {
  size_t by_lookup = 0;
  size_t by_removal = 0;
  for (const SetView& set : sets) {
    if (set.Count() == 0) continue;
    by_lookup += sets[0].Count();
    by_removal += set.Count();
  }
  return by_lookup / 2 > by_removal;
}

void AddAll(OwnedSet& to, const SetView& from) {
  from.ForEach([&](const PackedItem& member) {
    char digits[24];
    to.Add(member.Text(digits));
    return true;
  });
}

void UniteInto(OwnedSet& result, const std::vector<SetView>& sets) {
  for (const SetView& set : sets) AddAll(result, set);
}

void SubtractInto(Context& ctx, OwnedSet& result, std::vector<SetView>& sets) {
  if (!SubtractsByRemoval(sets)) {
    return Subtract(ctx, sets, [&](std::string_view member) {
      result.Add(member);
      return true;
    });
  }
  AddAll(result, sets[0]);
  for (const SetView& set : std::span(sets).subspan(1)) {
    if (result.Count() == 0) return;
    set.ForEach([&](const PackedItem& member) {
      char digits[24];
      result.Remove(member.Text(digits));
      return true;
    });
  }
}

// --- commands

using Operation = void (*)(Context& ctx, std::vector<SetView>& sets, Take take);

Status ReplyOf(Context& ctx, std::vector<SetView>& sets, Operation operation) {
  ReplyWriter& reply = ctx.reply();
  const size_t mark = reply.Defer();
  uint64_t count = 0;
  operation(ctx, sets, [&](std::string_view member) {
    reply.Bulk(member);
    ++count;
    return true;
  });
  return reply.SetSetLength(mark, count);
}

Status Sinter(Context& ctx, const Args& args) {
  std::vector<SetView> sets;
  GOTTHARD_RETURN_IF_ERROR(ReadSets(ctx, args, 1, args.size(), sets));
  return ReplyOf(ctx, sets, Intersect);
}

Status Sunion(Context& ctx, const Args& args) {
  std::vector<SetView> sets;
  GOTTHARD_RETURN_IF_ERROR(ReadSets(ctx, args, 1, args.size(), sets));
  if (sets.size() <= kMaxUnionBySelection) return ReplyOf(ctx, sets, Unite);
  const SetLimits limits = LimitsOf(ctx.config());
  OwnedSet result(SetForm::kIntset, limits, ctx.server().hasher);
  UniteInto(result, sets);
  return ReplyMembers(ctx.reply(), result.view());
}

Status Sdiff(Context& ctx, const Args& args) {
  std::vector<SetView> sets;
  GOTTHARD_RETURN_IF_ERROR(ReadSets(ctx, args, 1, args.size(), sets));
  if (!SubtractsByRemoval(sets)) return ReplyOf(ctx, sets, Subtract);
  const SetLimits limits = LimitsOf(ctx.config());
  OwnedSet result(SetForm::kIntset, limits, ctx.server().hasher);
  SubtractInto(ctx, result, sets);
  return ReplyMembers(ctx.reply(), result.view());
}

Status Sinterstore(Context& ctx, const Args& args) {
  std::vector<SetView> sets;
  GOTTHARD_RETURN_IF_ERROR(ReadSets(ctx, args, 2, args.size(), sets));
  const SetLimits limits = LimitsOf(ctx.config());
  const auto smallest =
      std::min_element(sets.begin(), sets.end(),
                       [](const SetView& a, const SetView& b) { return a.Count() < b.Count(); });
  const SetForm form = smallest->form() == SetForm::kIntset ? SetForm::kIntset : SetForm::kListpack;
  OwnedSet result(form, limits, ctx.server().hasher);
  bool integers = true;
  Intersect(ctx, sets, [&](std::string_view member) {
    integers = integers && ParseInt64(member);
    result.Add(member);
    return true;
  });
  if (integers && result.Count() != 0) result.ConvertToIntset(limits.max_intset_entries);
  return StoreSet(ctx, args.key(1), result, "sinterstore");
}

Status Sunionstore(Context& ctx, const Args& args) {
  std::vector<SetView> sets;
  GOTTHARD_RETURN_IF_ERROR(ReadSets(ctx, args, 2, args.size(), sets));
  const SetLimits limits = LimitsOf(ctx.config());
  OwnedSet result(SetForm::kIntset, limits, ctx.server().hasher);
  UniteInto(result, sets);
  return StoreSet(ctx, args.key(1), result, "sunionstore");
}

Status Sdiffstore(Context& ctx, const Args& args) {
  std::vector<SetView> sets;
  GOTTHARD_RETURN_IF_ERROR(ReadSets(ctx, args, 2, args.size(), sets));
  const SetLimits limits = LimitsOf(ctx.config());
  OwnedSet result(SetForm::kIntset, limits, ctx.server().hasher);
  SubtractInto(ctx, result, sets);
  return StoreSet(ctx, args.key(1), result, "sdiffstore");
}

// SINTERCARD numkeys key [key ...] [LIMIT limit]
Status Sintercard(Context& ctx, const Args& args) {
  static constexpr ErrorText kNumkeys{"ERR numkeys should be greater than 0"};
  static constexpr ErrorText kTooMany{"ERR Number of keys can't be greater than number of args"};
  static constexpr ErrorText kLimit{"ERR LIMIT can't be negative"};
  const std::optional<int64_t> keys = ParseInt64(args[1]);
  if (!keys || *keys < 1) return kNumkeys;
  if (static_cast<uint64_t>(*keys) > args.size() - 2) return kTooMany;
  const size_t end = 2 + static_cast<size_t>(*keys);
  int64_t limit = 0;
  for (size_t i = end; i < args.size(); i += 2) {
    if (!IsOption(args[i], "limit") || i + 1 == args.size()) return kErrSyntax;
    const std::optional<int64_t> value = ParseInt64(args[i + 1]);
    if (!value || *value < 0) return kLimit;
    limit = *value;
  }
  std::vector<SetView> sets;
  GOTTHARD_RETURN_IF_ERROR(ReadSets(ctx, args, 2, end, sets));
  int64_t count = 0;
  Intersect(ctx, sets, [&](std::string_view) { return ++count != limit; });
  return ctx.reply().Integer(count);
}

constexpr CommandSpec kRows[] = {
    Command({.name = "sinter",
             .arity = -2,
             .flags = kReadonly,
             .acl = kAclSet,
             .group = CommandGroup::kSet,
             .keys = {KeyRange(1, -1, 1, kKeyRead)},
             .run = Sinter,
             .since = "1.0.0",
             .complexity =
                 "O(N*M) where N is the size of the smallest set and M is the number of sets.",
             .summary = "Returns the members that all of the sets have.",
             .syntax = "key...",
             .tips = "nondeterministic_output_order"}),
    Command({.name = "sinterstore",
             .arity = -3,
             .flags = kWrite | kDenyOom,
             .acl = kAclSet,
             .group = CommandGroup::kSet,
             .keys = {KeyAt(1, kKeyReadWrite | kKeyUpdate), KeyRange(2, -1, 1, kKeyRead)},
             .run = Sinterstore,
             .since = "1.0.0",
             .complexity =
                 "O(N*M) where N is the size of the smallest set and M is the number of sets.",
             .summary = "Stores the members that all of the sets have.",
             .syntax = "destination key..."}),
    Command({.name = "sintercard",
             .arity = -3,
             .flags = kReadonly,
             .acl = kAclSet,
             .group = CommandGroup::kSet,
             .keys = {KeysCounted(1, kKeyRead)},
             .run = Sintercard,
             .since = "7.0.0",
             .complexity =
                 "O(N*M) where N is the size of the smallest set and M is the number of sets.",
             .summary = "Tells how many members all of the sets have in common.",
             .syntax = "numkeys key... [LIMIT limit(integer)]"}),
    Command({.name = "sunion",
             .arity = -2,
             .flags = kReadonly,
             .acl = kAclSet,
             .group = CommandGroup::kSet,
             .keys = {KeyRange(1, -1, 1, kKeyRead)},
             .run = Sunion,
             .since = "1.0.0",
             .complexity = "O(N) where N is the number of members of all sets.",
             .summary = "Returns the members that at least one of the sets has.",
             .syntax = "key...",
             .tips = "nondeterministic_output_order"}),
    Command({.name = "sunionstore",
             .arity = -3,
             .flags = kWrite | kDenyOom,
             .acl = kAclSet,
             .group = CommandGroup::kSet,
             .keys = {KeyAt(1, kKeyOverwrite | kKeyUpdate), KeyRange(2, -1, 1, kKeyRead)},
             .run = Sunionstore,
             .since = "1.0.0",
             .complexity = "O(N) where N is the number of members of all sets.",
             .summary = "Stores the members that at least one of the sets has.",
             .syntax = "destination key..."}),
    Command({.name = "sdiff",
             .arity = -2,
             .flags = kReadonly,
             .acl = kAclSet,
             .group = CommandGroup::kSet,
             .keys = {KeyRange(1, -1, 1, kKeyRead)},
             .run = Sdiff,
             .since = "1.0.0",
             .complexity = "O(N) where N is the number of members of all sets.",
             .summary = "Returns the members of the first set that no other one has.",
             .syntax = "key...",
             .tips = "nondeterministic_output_order"}),
    Command({.name = "sdiffstore",
             .arity = -3,
             .flags = kWrite | kDenyOom,
             .acl = kAclSet,
             .group = CommandGroup::kSet,
             .keys = {KeyAt(1, kKeyOverwrite | kKeyUpdate), KeyRange(2, -1, 1, kKeyRead)},
             .run = Sdiffstore,
             .since = "1.0.0",
             .complexity = "O(N) where N is the number of members of all sets.",
             .summary = "Stores the members of the first set that no other one has.",
             .syntax = "destination key..."}),
};

}  // namespace

std::span<const CommandSpec> SetCombineRows() {
  return kRows;
}

}  // namespace gotthard
