// Sorted sets: the commands that look members up.
#include <algorithm>
#include <optional>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/numbers.h"
#include "commands/family_rows.h"
#include "commands/random_count.h"
#include "commands/scan_args.h"
#include "commands/zset.h"
#include "commands/zset_rows.h"
#include "exec/args.h"
#include "exec/context.h"
#include "exec/reply_limit.h"

namespace gotthard {
namespace {

Status Zcard(Context& ctx, const Args& args) {
  Result<ZsetView> set = ReadZset(ctx, args.key(1));
  if (!set) return set.error();
  return ctx.reply().Integer(static_cast<int64_t>(set->size()));
}

Status Count(Context& ctx, const Args& args, ZsetRange::Kind kind) {
  Result<ZsetRange> range = ZsetRange::Parse(kind, args[2], args[3]);
  if (!range) return range.error();
  Result<ZsetView> set = ReadZset(ctx, args.key(1));
  if (!set) return set.error();
  return ctx.reply().Integer(static_cast<int64_t>(range->Resolve(*set).count));
}

Status Zcount(Context& ctx, const Args& args) {
  return Count(ctx, args, ZsetRange::Kind::kScore);
}

Status Zlexcount(Context& ctx, const Args& args) {
  return Count(ctx, args, ZsetRange::Kind::kLex);
}

Replied ReplyScore(ReplyWriter& reply, std::optional<double> score) {
  return score ? reply.Double(*score) : reply.Null();
}

Status Zscore(Context& ctx, const Args& args) {
  Result<ZsetView> set = ReadZset(ctx, args.key(1));
  if (!set) return set.error();
  return ReplyScore(ctx.reply(), set->Score(args[2]));
}

Status Zmscore(Context& ctx, const Args& args) {
  Result<ZsetView> set = ReadZset(ctx, args.key(1));
  if (!set) return set.error();
  ctx.reply().ArrayHeader(args.size() - 2);
  for (size_t i = 2; i < args.size(); ++i) ReplyScore(ctx.reply(), set->Score(args[i]));
  return Status::Ok();
}

Status Rank(Context& ctx, const Args& args, bool reverse, const ErrorText& arity) {
  if (args.size() > 4) return arity;
  const bool with_score = args.size() == 4;
  if (with_score && !IsOption(args[3], "withscore")) return kErrSyntax;
  Result<ZsetView> set = ReadZset(ctx, args.key(1));
  if (!set) return set.error();
  ReplyWriter& reply = ctx.reply();
  const auto ranked = set->Rank(args[2]);
  if (!ranked) return with_score ? reply.NullArray() : reply.Null();
  const size_t rank = reverse ? set->size() - 1 - ranked->rank : ranked->rank;
  if (with_score) reply.ArrayHeader(2);
  reply.Integer(static_cast<int64_t>(rank));
  if (with_score) reply.Double(ranked->score);
  return Status::Ok();
}

Status Zrank(Context& ctx, const Args& args) {
  static constexpr ErrorText kArity{"ERR wrong number of arguments for 'zrank' command"};
  return Rank(ctx, args, /*reverse=*/false, kArity);
}

Status Zrevrank(Context& ctx, const Args& args) {
  static constexpr ErrorText kArity{"ERR wrong number of arguments for 'zrevrank' command"};
  return Rank(ctx, args, /*reverse=*/true, kArity);
}

// --- ZRANDMEMBER

// visit(rank) for `count` different ranks below `size`, in no special order when they are few.
template <typename Visit>
void DifferentRanks(Random& random, size_t size, size_t count, Visit&& visit) {
  constexpr size_t kFew = 4;  // less than a quarter: draw again what was drawn already
  if (count * kFew <= size) {
    std::unordered_set<size_t> drawn;
    drawn.reserve(count);
    while (drawn.size() < count) {
      const size_t rank = random.Below(size);
      if (drawn.insert(rank).second) visit(rank);
    }
    return;
  }
  // Selection sampling (Knuth, TAOCP 2, 3.4.2, algorithm S): each rank with the chance that makes
  // the number come out.
  for (size_t rank = 0; count > 0; ++rank) {
    if (random.Below(size - rank) >= count) continue;
    visit(rank);
    --count;
  }
}

void ReplyAt(ReplyWriter& reply, const ZsetView& set, size_t rank, bool with_scores) {
  set.ForRange(rank, 1, false, [&](std::string_view member, double score) {
    ReplyMember(reply, member, score, with_scores);
  });
}

Status RandomMembers(Context& ctx, const ZsetView& set, int64_t count, bool with_scores) {
  ReplyWriter& reply = ctx.reply();
  Random& random = ctx.server().random;
  const size_t size = set.size();
  if (count == 0 || size == 0) return reply.EmptyArray();
  if (count < -kMaxRepeated) return kErrRandomRange;
  if (count < 0) {  // each drawn for itself
    const auto draws = static_cast<size_t>(-count);
    ReplyMembersHeader(reply, draws, with_scores);
    for (size_t i = 0; i < draws && !ReplyOverLimit(ctx); ++i) {
      ReplyAt(reply, set, random.Below(size), with_scores);
    }
    return Status::Ok();
  }
  const size_t wanted = std::min(static_cast<size_t>(count), size);
  ReplyMembersHeader(reply, wanted, with_scores);
  if (wanted == size) {
    set.ForEach([&](std::string_view member, double score) {
      ReplyMember(reply, member, score, with_scores);
    });
  } else {
    DifferentRanks(random, size, wanted,
                   [&](size_t rank) { ReplyAt(reply, set, rank, with_scores); });
  }
  return Status::Ok();
}

Status Zrandmember(Context& ctx, const Args& args) {
  if (args.size() == 2) {
    Result<ZsetView> set = ReadZset(ctx, args.key(1));
    if (!set) return set.error();
    if (set->size() == 0) return ctx.reply().Null();
    ReplyAt(ctx.reply(), *set, ctx.server().random.Below(set->size()), false);
    return Status::Ok();
  }
  const std::optional<int64_t> count = ParseInt64(args[2]);
  if (!count) return kErrNotInteger;
  if (*count == INT64_MIN) return kErrRandomCount;
  const bool with_scores = args.size() == 4 && IsOption(args[3], "withscores");
  if (args.size() > 3 && !with_scores) return kErrSyntax;
  if (with_scores && (*count < -INT64_MAX / 2 || *count > INT64_MAX / 2)) return kErrRandomRange;
  Result<ZsetView> set = ReadZset(ctx, args.key(1));
  if (!set) return set.error();
  return RandomMembers(ctx, *set, *count, with_scores);
}

// --- ZSCAN

// A small set comes whole, in one call.
Status ScanPacked(ReplyWriter& reply, const ZsetView& set, const ScanArgs& scan) {
  ReplyCursor(reply, 0);
  const size_t mark = reply.Defer();
  size_t replied = 0;
  set.ForEach([&](std::string_view member, double score) {
    if (!scan.Matches(member)) return;
    char text[kMaxDoubleChars];
    reply.Bulk(member);
    reply.Bulk({text, FormatDouble(text, score)});
    replied += 2;
  });
  return reply.SetArrayLength(mark, replied);
}

Status ScanBig(ReplyWriter& reply, const SortedSet& set, uint64_t cursor, const ScanArgs& scan) {
  std::vector<const ZsetElement*> found;
  uint64_t next = 0;
  // A cursor that no ZSCAN returned begins behind the last member.
  if (cursor >> Table::kCursorBits == 0) {
    next = set.Scan(cursor, scan.count, [&](const ZsetElement& element) {
      if (scan.Matches(element.member())) found.push_back(&element);
    });
  }
  ReplyCursor(reply, next);
  reply.ArrayHeader(found.size() * 2);
  for (const ZsetElement* element : found) {
    reply.Bulk(element->member());
    // With 17 digits: what clients of Redis see for a big set.
    reply.Bulk(FormatLongDouble(element->score(), LongDoubleStyle::kCompact));
  }
  return Status::Ok();
}

Status Zscan(Context& ctx, const Args& args) {
  const std::optional<uint64_t> cursor = ParseCursor(args[2]);
  if (!cursor) return kErrCursor;
  Result<EntryHandle> entry = ctx.FindReadOf(Type::kZset, args.key(1));
  if (!entry) return entry.error();
  ReplyWriter& reply = ctx.reply();
  if (!*entry) {  // the other arguments are not looked at
    ReplyCursor(reply, 0);
    return reply.EmptyArray();
  }
  ScanArgs scan;
  GOTTHARD_RETURN_IF_ERROR(ParseScanArgs(args, 3, scan));
  const ZsetView set = ZsetOf(**entry);
  if (set.big() != nullptr) return ScanBig(reply, *set.big(), *cursor, scan);
  return ScanPacked(reply, set, scan);
}

constexpr CommandSpec kRows[] = {
    Command({.name = "zcard",
             .arity = 2,
             .flags = kReadonly | kFast,
             .acl = kAclSortedSet,
             .group = CommandGroup::kSortedSet,
             .keys = {KeyAt(1, kKeyLooked)},
             .run = Zcard,
             .since = "1.2.0",
             .complexity = "O(1)",
             .summary = "Tells how many members a sorted set has.",
             .syntax = "key"}),
    Command({.name = "zcount",
             .arity = 4,
             .flags = kReadonly | kFast,
             .acl = kAclSortedSet,
             .group = CommandGroup::kSortedSet,
             .keys = {KeyAt(1, kKeyRead)},
             .run = Zcount,
             .since = "2.0.0",
             .complexity = "O(log(N)) where N is the number of members.",
             .summary = "Counts the members of a sorted set whose scores are in a range.",
             .syntax = "key min(double) max(double)"}),
    Command({.name = "zlexcount",
             .arity = 4,
             .flags = kReadonly | kFast,
             .acl = kAclSortedSet,
             .group = CommandGroup::kSortedSet,
             .keys = {KeyAt(1, kKeyRead)},
             .run = Zlexcount,
             .since = "2.8.9",
             .complexity = "O(log(N)) where N is the number of members.",
             .summary = "Counts the members of a sorted set that are in a lexicographical "
                        "range.",
             .syntax = "key min max"}),
    Command({.name = "zscore",
             .arity = 3,
             .flags = kReadonly | kFast,
             .acl = kAclSortedSet,
             .group = CommandGroup::kSortedSet,
             .keys = {KeyAt(1, kKeyRead)},
             .element = 2,
             .run = Zscore,
             .since = "1.2.0",
             .complexity = "O(1)",
             .summary = "Returns the score of a member of a sorted set.",
             .syntax = "key member"}),
    Command({.name = "zmscore",
             .arity = -3,
             .flags = kReadonly | kFast,
             .acl = kAclSortedSet,
             .group = CommandGroup::kSortedSet,
             .keys = {KeyAt(1, kKeyRead)},
             .element = 2,
             .run = Zmscore,
             .since = "6.2.0",
             .complexity = "O(N) where N is the number of members asked for.",
             .summary = "Returns the scores of several members of a sorted set.",
             .syntax = "key member..."}),
    Command({.name = "zrank",
             .arity = -3,
             .flags = kReadonly | kFast,
             .acl = kAclSortedSet,
             .group = CommandGroup::kSortedSet,
             .keys = {KeyAt(1, kKeyRead)},
             .element = 2,
             .run = Zrank,
             .since = "2.0.0",
             .complexity = "O(log(N)) where N is the number of members.",
             .summary = "Returns how many members of a sorted set come before one, by "
                        "ascending score.",
             .syntax = "key member [WITHSCORE]",
             .history = "7.2.0: Added the optional `WITHSCORE` argument."}),
    Command({.name = "zrevrank",
             .arity = -3,
             .flags = kReadonly | kFast,
             .acl = kAclSortedSet,
             .group = CommandGroup::kSortedSet,
             .keys = {KeyAt(1, kKeyRead)},
             .element = 2,
             .run = Zrevrank,
             .since = "2.0.0",
             .complexity = "O(log(N)) where N is the number of members.",
             .summary = "Returns how many members of a sorted set come before one, by "
                        "descending score.",
             .syntax = "key member [WITHSCORE]",
             .history = "7.2.0: Added the optional `WITHSCORE` argument."}),
    Command({.name = "zrandmember",
             .arity = -2,
             .flags = kReadonly,
             .acl = kAclSortedSet,
             .group = CommandGroup::kSortedSet,
             .keys = {KeyAt(1, kKeyRead)},
             .run = Zrandmember,
             .since = "6.2.0",
             .complexity = "O(M*log(N)) where N is the number of members and M how many are "
                           "returned.",
             .summary = "Returns members of a sorted set drawn at random.",
             .syntax = "key options=[count [WITHSCORES]]",
             .tips = "nondeterministic_output"}),
    Command({.name = "zscan",
             .arity = -3,
             .flags = kReadonly,
             .acl = kAclSortedSet,
             .group = CommandGroup::kSortedSet,
             .keys = {KeyAt(1, kKeyRead)},
             .run = Zscan,
             .since = "2.8.0",
             .complexity = "O(1) for each call, O(N) for all calls until the cursor is 0 "
                           "again, where N is the number of members.",
             .summary = "Returns some of the members of a sorted set with their scores, "
                        "and a cursor to go on with.",
             .syntax = "key cursor [MATCH pattern] [COUNT count]",
             .tips = "nondeterministic_output"}),
};

}  // namespace

std::span<const CommandSpec> ZsetReadRows() {
  return kRows;
}

}  // namespace gotthard
