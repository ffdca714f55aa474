// Sorted sets: the commands that add and remove members.
#include <array>
#include <optional>
#include <span>
#include <vector>

#include "base/numbers.h"
#include "commands/changed_parts.h"
#include "commands/family_rows.h"
#include "commands/zset.h"
#include "commands/zset_rows.h"
#include "exec/args.h"
#include "exec/context.h"

namespace gotthard {
namespace {

constexpr ErrorText kErrNxXx{"ERR XX and NX options at the same time are not compatible"};
constexpr ErrorText kErrGtLtNx{"ERR GT, LT, and/or NX options at the same time are not compatible"};
constexpr ErrorText kErrIncrPairs{"ERR INCR option supports a single increment-element pair"};
constexpr ErrorText kErrNan{"ERR resulting score is not a number (NaN)"};

struct ZaddArgs {
  unsigned flags = 0;
  bool count_changed = false;  // CH
  size_t first = 2;            // position of the first score
  size_t pairs = 0;
};

// Returns false at the first argument that is no option.
bool TakeOption(std::string_view option, ZaddArgs& parsed) {
  if (IsOption(option, "nx")) {
    parsed.flags |= kZaddNx;
  } else if (IsOption(option, "xx")) {
    parsed.flags |= kZaddXx;
  } else if (IsOption(option, "ch")) {
    parsed.count_changed = true;
  } else if (IsOption(option, "incr")) {
    parsed.flags |= kZaddIncr;
  } else if (IsOption(option, "gt")) {
    parsed.flags |= kZaddGt;
  } else if (IsOption(option, "lt")) {
    parsed.flags |= kZaddLt;
  } else {
    return false;
  }
  return true;
}

Status ParseZadd(const Args& args, ZaddArgs& parsed) {
  while (parsed.first < args.size() && TakeOption(args[parsed.first], parsed)) ++parsed.first;
  const size_t rest = args.size() - parsed.first;
  if (rest == 0 || rest % 2 != 0) return kErrSyntax;
  parsed.pairs = rest / 2;
  const auto has = [&](unsigned flag) { return (parsed.flags & flag) != 0; };
  if (has(kZaddNx) && has(kZaddXx)) return kErrNxXx;
  if ((has(kZaddNx) && has(kZaddGt | kZaddLt)) || (has(kZaddGt) && has(kZaddLt))) {
    return kErrGtLtNx;
  }
  if (has(kZaddIncr) && parsed.pairs > 1) return kErrIncrPairs;
  return Status::Ok();
}

// So many scores are parsed without an allocation.
constexpr size_t kFewPairs = 8;

Status AddPairs(Context& ctx, const Args& args, const ZaddArgs& parsed) {
  std::array<ScoredMember, kFewPairs> few;
  std::vector<ScoredMember> many;
  if (parsed.pairs > kFewPairs) many.resize(parsed.pairs);
  const std::span<ScoredMember> members{parsed.pairs > kFewPairs ? many.data() : few.data(),
                                        parsed.pairs};
  for (size_t i = 0; i < parsed.pairs; ++i) {
    const std::optional<double> score = ParseDouble(args[parsed.first + i * 2]);
    if (!score) return kErrNotFloat;
    members[i] = {*score, args[parsed.first + i * 2 + 1]};
  }
  return AddMembers(ctx, args.key(1), members, parsed.flags, parsed.count_changed);
}

Status Zadd(Context& ctx, const Args& args) {
  ZaddArgs parsed;
  GOTTHARD_RETURN_IF_ERROR(ParseZadd(args, parsed));
  return AddPairs(ctx, args, parsed);
}

// A member may be called as one of ZADD's options here, an increment not.
Status Zincrby(Context& ctx, const Args& args) {
  return AddPairs(ctx, args, {.flags = kZaddIncr, .first = 2, .pairs = 1});
}

Status Zrem(Context& ctx, const Args& args) {
  const Key key = args.key(1);
  Result<EntryHandle> entry = ctx.FindWriteOf(Type::kZset, key);
  if (!entry) return entry.error();
  if (!*entry) return ctx.reply().Integer(0);
  ZsetEditor set(ctx, key, *entry);
  int64_t removed = 0;
  for (size_t i = 2; i < args.size() && set.view().size() != 0; ++i) {
    removed += set.Remove(args[i]) ? 1 : 0;
  }
  if (removed > 0) {
    ChangedParts(ctx, key, kEventZset, "zrem", static_cast<uint64_t>(removed));
    set.DeleteIfEmpty();
  }
  return ctx.reply().Integer(removed);
}

Status RemoveRange(Context& ctx, const Args& args, ZsetRange::Kind kind, std::string_view event) {
  Result<ZsetRange> range = ZsetRange::Parse(kind, args[2], args[3]);
  if (!range) return range.error();
  const Key key = args.key(1);
  Result<EntryHandle> entry = ctx.FindWriteOf(Type::kZset, key);
  if (!entry) return entry.error();
  if (!*entry) return ctx.reply().Integer(0);
  ZsetEditor set(ctx, key, *entry);
  const auto [first, count] = range->Resolve(set.view());
  if (count > 0) {
    set.RemoveRange(first, count);
    ChangedParts(ctx, key, kEventZset, event, count);
    set.DeleteIfEmpty();
  }
  return ctx.reply().Integer(static_cast<int64_t>(count));
}

Status Zremrangebyrank(Context& ctx, const Args& args) {
  return RemoveRange(ctx, args, ZsetRange::Kind::kRank, "zremrangebyrank");
}

Status Zremrangebyscore(Context& ctx, const Args& args) {
  return RemoveRange(ctx, args, ZsetRange::Kind::kScore, "zremrangebyscore");
}

Status Zremrangebylex(Context& ctx, const Args& args) {
  return RemoveRange(ctx, args, ZsetRange::Kind::kLex, "zremrangebylex");
}

constexpr CommandSpec kRows[] = {
    Command({.name = "zadd",
             .arity = -4,
             .flags = kWrite | kDenyOom | kFast,
             .acl = kAclSortedSet,
             .group = CommandGroup::kSortedSet,
             .keys = {KeyAt(1, kKeyReadWrite | kKeyUpdate)},
             .element = 3,
             .run = Zadd,
             .since = "1.2.0",
             .complexity = "O(log(N)) for each member added, where N is the number of members.",
             .summary = "Adds members to a sorted set, or gives those that are there "
                        "another score.",
             .syntax = "key [NX | XX]@3.0.2 comparison=[GT | LT]@6.2.0 [change=CH]@3.0.2 "
                       "[increment=INCR]@3.0.2 data=<score member>...",
             .history = "2.4.0: Accepts multiple elements.\n"
                        "3.0.2: Added the `XX`, `NX`, `CH` and `INCR` options.\n"
                        "6.2.0: Added the `GT` and `LT` options."}),
    Command({.name = "zincrby",
             .arity = 4,
             .flags = kWrite | kDenyOom | kFast,
             .acl = kAclSortedSet,
             .group = CommandGroup::kSortedSet,
             .keys = {KeyAt(1, kKeyChanged)},
             .element = 3,
             .run = Zincrby,
             .since = "1.2.0",
             .complexity = "O(log(N)) where N is the number of members.",
             .summary = "Adds to the score of a member of a sorted set, which is made if "
                        "it is missing.",
             .syntax = "key increment member"}),
    Command({.name = "zrem",
             .arity = -3,
             .flags = kWrite | kFast,
             .acl = kAclSortedSet,
             .group = CommandGroup::kSortedSet,
             .keys = {KeyAt(1, kKeyReadWrite | kKeyDelete)},
             .element = 2,
             .run = Zrem,
             .since = "1.2.0",
             .complexity = "O(M*log(N)) where N is the number of members and M how many are "
                           "removed.",
             .summary = "Removes members from a sorted set.",
             .syntax = "key member...",
             .history = "2.4.0: Accepts multiple elements."}),
    Command({.name = "zremrangebyrank",
             .arity = 4,
             .flags = kWrite,
             .acl = kAclSortedSet,
             .group = CommandGroup::kSortedSet,
             .keys = {KeyAt(1, kKeyReadWrite | kKeyDelete)},
             .run = Zremrangebyrank,
             .since = "2.0.0",
             .complexity = "O(log(N)+M*log(N)) where N is the number of members and M how "
                           "many are removed.",
             .summary = "Removes the members of a sorted set whose ranks are in a range.",
             .syntax = "key start(integer) stop(integer)"}),
    Command({.name = "zremrangebyscore",
             .arity = 4,
             .flags = kWrite,
             .acl = kAclSortedSet,
             .group = CommandGroup::kSortedSet,
             .keys = {KeyAt(1, kKeyReadWrite | kKeyDelete)},
             .run = Zremrangebyscore,
             .since = "1.2.0",
             .complexity = "O(log(N)+M*log(N)) where N is the number of members and M how "
                           "many are removed.",
             .summary = "Removes the members of a sorted set whose scores are in a range.",
             .syntax = "key min(double) max(double)"}),
    Command({.name = "zremrangebylex",
             .arity = 4,
             .flags = kWrite,
             .acl = kAclSortedSet,
             .group = CommandGroup::kSortedSet,
             .keys = {KeyAt(1, kKeyReadWrite | kKeyDelete)},
             .run = Zremrangebylex,
             .since = "2.8.9",
             .complexity = "O(log(N)+M*log(N)) where N is the number of members and M how "
                           "many are removed.",
             .summary = "Removes the members of a sorted set that are in a lexicographical "
                        "range.",
             .syntax = "key min max"}),
};

}  // namespace

Status AddMembers(Context& ctx, const Key& key, std::span<const ScoredMember> members,
                  unsigned flags, bool count_changed) {
  Result<EntryHandle> entry = ctx.FindWriteOf(Type::kZset, key);
  if (!entry) return entry.error();
  const bool incr = (flags & kZaddIncr) != 0;
  ZsetEditor set(ctx, key, *entry);
  if (!set.exists() && (flags & kZaddXx) != 0) {
    return incr ? ctx.reply().Null() : ctx.reply().Integer(0);
  }
  set.Reserve(members.size(), members.front().member.size());
  int64_t added = 0;
  int64_t updated = 0;
  bool refused = false;
  double score = 0;
  for (const ScoredMember& each : members) {
    const ZaddOutcome outcome = set.Add(each.score, each.member, flags, &score);
    if (outcome == ZaddOutcome::kNan) return kErrNan;  // with INCR, so it was the only one
    added += outcome == ZaddOutcome::kAdded ? 1 : 0;
    updated += outcome == ZaddOutcome::kUpdated ? 1 : 0;
    refused = outcome == ZaddOutcome::kRefused;
  }
  if (added + updated > 0) {
    ChangedParts(ctx, key, kEventZset, incr ? "zincr" : "zadd",
                 static_cast<uint64_t>(added + updated));
  }
  if (!incr) return ctx.reply().Integer(count_changed ? added + updated : added);
  return refused ? ctx.reply().Null() : ctx.reply().Double(score);
}

std::span<const CommandSpec> ZsetWriteRows() {
  return kRows;
}

}  // namespace gotthard
