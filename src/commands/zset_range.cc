// Sorted sets: ZRANGE, its older relatives, and ZRANGESTORE.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/numbers.h"
#include "commands/family_rows.h"
#include "commands/zset.h"
#include "commands/zset_rows.h"
#include "exec/args.h"
#include "exec/context.h"

namespace gotthard {
namespace {

constexpr ErrorText kErrLimit{
    "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX"};
constexpr ErrorText kErrLexScores{
    "ERR syntax error, WITHSCORES not supported in combination with BYLEX"};

// What a command of the family takes from its name, and what from its arguments.
struct RangeForm {
  std::optional<ZsetRange::Kind> kind;  // none: BYSCORE and BYLEX are options
  std::optional<bool> reverse;          // none: REV is an option
  bool store = false;                   // the first argument is the destination
};

struct RangeOptions {
  ZsetRange::Kind kind = ZsetRange::Kind::kRank;
  bool reverse = false;
  bool with_scores = false;
  int64_t offset = 0;
  int64_t limit = -1;
};

// The options behind source, begin and end.
Status ParseOptions(const Args& args, size_t first, RangeForm form, RangeOptions& options) {
  for (size_t i = first; i < args.size(); ++i) {
    const std::string_view option = args[i];
    if (!form.store && IsOption(option, "withscores")) {
      options.with_scores = true;
    } else if (IsOption(option, "limit") && i + 2 < args.size()) {
      const std::optional<int64_t> offset = ParseInt64(args[i + 1]);
      const std::optional<int64_t> limit = ParseInt64(args[i + 2]);
      if (!offset || !limit) return kErrNotInteger;
      options.offset = *offset;
      options.limit = *limit;
      i += 2;
    } else if (!form.reverse && IsOption(option, "rev")) {
      form.reverse = true;
    } else if (!form.kind && IsOption(option, "bylex")) {
      form.kind = ZsetRange::Kind::kLex;
    } else if (!form.kind && IsOption(option, "byscore")) {
      form.kind = ZsetRange::Kind::kScore;
    } else {
      return kErrSyntax;
    }
  }
  options.kind = form.kind.value_or(ZsetRange::Kind::kRank);
  options.reverse = form.reverse.value_or(false);
  if (options.limit != -1 && options.kind == ZsetRange::Kind::kRank) return kErrLimit;
  if (options.with_scores && options.kind == ZsetRange::Kind::kLex) return kErrLexScores;
  return Status::Ok();
}

// What LIMIT leaves of a range: the rank to begin with, in the direction of the reply, and how
// many.
ZsetRange::Ranks Limited(ZsetRange::Ranks ranks, const RangeOptions& options) {
  const auto available = static_cast<int64_t>(ranks.count);
  if (options.kind == ZsetRange::Kind::kRank) {
    if (options.reverse) ranks.first += ranks.count - 1;
    return ranks;
  }
  if (options.offset < 0 || options.offset >= available) return {};
  int64_t count = available - options.offset;
  if (options.limit >= 0 && options.limit < count) count = options.limit;
  const auto offset = static_cast<size_t>(options.offset);
  const size_t first =
      options.reverse ? ranks.first + ranks.count - 1 - offset : ranks.first + offset;
  return {first, static_cast<size_t>(count)};
}

Status StoreRange(Context& ctx, const Args& args, const ZsetView& set, ZsetRange::Ranks ranks,
                  bool reverse) {
  // The members of a packed set are copied: its integers have no text to point to.
  std::vector<std::string> texts;
  std::vector<ScoredMember> members;
  members.reserve(ranks.count);
  if (set.big() == nullptr) texts.reserve(ranks.count);
  const size_t lowest = reverse && ranks.count > 0 ? ranks.first + 1 - ranks.count : ranks.first;
  set.ForRange(lowest, ranks.count, false, [&](std::string_view member, double score) {
    if (set.big() == nullptr) member = texts.emplace_back(member);
    members.push_back({score, member});
  });
  StoreZset(ctx, args.key(1), members, "zrangestore");
  return ctx.reply().Integer(static_cast<int64_t>(members.size()));
}

Status Range(Context& ctx, const Args& args, const RangeForm& form) {
  const size_t source = form.store ? 2 : 1;
  RangeOptions options;
  GOTTHARD_RETURN_IF_ERROR(ParseOptions(args, source + 3, form, options));
  // Ranges by score and member are given from their upper end when the reply is reversed.
  const bool swap = options.reverse && options.kind != ZsetRange::Kind::kRank;
  Result<ZsetRange> range =
      ZsetRange::Parse(options.kind, args[source + (swap ? 2 : 1)], args[source + (swap ? 1 : 2)]);
  if (!range) return range.error();
  Result<ZsetView> set = ReadZset(ctx, args.key(source));
  if (!set) return set.error();
  const ZsetRange::Ranks ranks = Limited(range->Resolve(*set, options.reverse), options);
  if (form.store) return StoreRange(ctx, args, *set, ranks, options.reverse);
  ReplyWriter& reply = ctx.reply();
  ReplyMembersHeader(reply, ranks.count, options.with_scores);
  if (options.with_scores) {
    set->ForRange(
        ranks.first, ranks.count, options.reverse,
        [&](std::string_view member, double score) { ReplyMember(reply, member, score, true); });
  } else {
    set->ForMembers(ranks.first, ranks.count, options.reverse,
                    [&](std::string_view member) { reply.Bulk(member); });
  }
  return Status::Ok();
}

Status Zrange(Context& ctx, const Args& args) {
  return Range(ctx, args, {});
}

Status Zrangestore(Context& ctx, const Args& args) {
  return Range(ctx, args, {.store = true});
}

Status Zrevrange(Context& ctx, const Args& args) {
  return Range(ctx, args, {.kind = ZsetRange::Kind::kRank, .reverse = true});
}

Status Zrangebyscore(Context& ctx, const Args& args) {
  return Range(ctx, args, {.kind = ZsetRange::Kind::kScore, .reverse = false});
}

Status Zrevrangebyscore(Context& ctx, const Args& args) {
  return Range(ctx, args, {.kind = ZsetRange::Kind::kScore, .reverse = true});
}

Status Zrangebylex(Context& ctx, const Args& args) {
  return Range(ctx, args, {.kind = ZsetRange::Kind::kLex, .reverse = false});
}

Status Zrevrangebylex(Context& ctx, const Args& args) {
  return Range(ctx, args, {.kind = ZsetRange::Kind::kLex, .reverse = true});
}

constexpr CommandSpec kRows[] = {
    Command({.name = "zrange",
             .arity = -4,
             .flags = kReadonly,
             .acl = kAclSortedSet,
             .group = CommandGroup::kSortedSet,
             .keys = {KeyAt(1, kKeyRead)},
             .run = Zrange,
             .since = "1.2.0",
             .complexity = "O(log(N)+M) where N is the number of members and M how many are "
                           "in the range, after its limit.",
             .summary = "Returns the members of a sorted set that are in a range of ranks, "
                        "scores or members.",
             .syntax = "key start stop sortby=[BYSCORE | BYLEX]@6.2.0 [REV]@6.2.0 [LIMIT "
                       "<offset count>]@6.2.0 [WITHSCORES]",
             .history = "6.2.0: Added the `REV`, `BYSCORE`, `BYLEX` and `LIMIT` options."}),
    Command({.name = "zrangestore",
             .arity = -5,
             .flags = kWrite | kDenyOom,
             .acl = kAclSortedSet,
             .group = CommandGroup::kSortedSet,
             .keys = {KeyAt(1, kKeyReplaced), KeyAt(2, kKeyRead)},
             .run = Zrangestore,
             .since = "6.2.0",
             .complexity = "O(log(N)+M) where N is the number of members and M how many are "
                           "in the range, after its limit.",
             .summary = "Stores the members of a sorted set that are in a range as another "
                        "sorted set.",
             .syntax = "dst(key) src(key) min max sortby=[BYSCORE | BYLEX] [REV] [LIMIT "
                       "<offset count>]"}),
    Command({.name = "zrevrange",
             .arity = -4,
             .flags = kReadonly,
             .acl = kAclSortedSet,
             .group = CommandGroup::kSortedSet,
             .keys = {KeyAt(1, kKeyRead)},
             .run = Zrevrange,
             .since = "1.2.0",
             .complexity = "O(log(N)+M) where N is the number of members and M how many are "
                           "in the range, after its limit.",
             .summary = "Returns a range of members of a sorted set by descending score.",
             .syntax = "key start(integer) stop(integer) [WITHSCORES]",
             .deprecated_since = "6.2.0",
             .replaced_by = "`ZRANGE` with the `REV` argument"}),
    Command({.name = "zrangebyscore",
             .arity = -4,
             .flags = kReadonly,
             .acl = kAclSortedSet,
             .group = CommandGroup::kSortedSet,
             .keys = {KeyAt(1, kKeyRead)},
             .run = Zrangebyscore,
             .since = "1.0.5",
             .complexity = "O(log(N)+M) where N is the number of members and M how many are "
                           "in the range, after its limit.",
             .summary = "Returns the members of a sorted set whose scores are in a range.",
             .syntax = "key min(double) max(double) [WITHSCORES]@2.0.0 [LIMIT <offset "
                       "count>]",
             .history = "2.0.0: Added the `WITHSCORES` modifier.",
             .deprecated_since = "6.2.0",
             .replaced_by = "`ZRANGE` with the `BYSCORE` argument"}),
    Command({.name = "zrevrangebyscore",
             .arity = -4,
             .flags = kReadonly,
             .acl = kAclSortedSet,
             .group = CommandGroup::kSortedSet,
             .keys = {KeyAt(1, kKeyRead)},
             .run = Zrevrangebyscore,
             .since = "2.2.0",
             .complexity = "O(log(N)+M) where N is the number of members and M how many are "
                           "in the range, after its limit.",
             .summary = "Returns the members of a sorted set whose scores are in a range, "
                        "highest first.",
             .syntax = "key max(double) min(double) [WITHSCORES] [LIMIT <offset count>]",
             .history = "2.1.6: `min` and `max` can be exclusive.",
             .deprecated_since = "6.2.0",
             .replaced_by = "`ZRANGE` with the `REV` and `BYSCORE` arguments"}),
    Command({.name = "zrangebylex",
             .arity = -4,
             .flags = kReadonly,
             .acl = kAclSortedSet,
             .group = CommandGroup::kSortedSet,
             .keys = {KeyAt(1, kKeyRead)},
             .run = Zrangebylex,
             .since = "2.8.9",
             .complexity = "O(log(N)+M) where N is the number of members and M how many are "
                           "in the range, after its limit.",
             .summary = "Returns the members of a sorted set that are in a lexicographical "
                        "range.",
             .syntax = "key min max [LIMIT <offset count>]",
             .deprecated_since = "6.2.0",
             .replaced_by = "`ZRANGE` with the `BYLEX` argument"}),
    Command({.name = "zrevrangebylex",
             .arity = -4,
             .flags = kReadonly,
             .acl = kAclSortedSet,
             .group = CommandGroup::kSortedSet,
             .keys = {KeyAt(1, kKeyRead)},
             .run = Zrevrangebylex,
             .since = "2.8.9",
             .complexity = "O(log(N)+M) where N is the number of members and M how many are "
                           "in the range, after its limit.",
             .summary = "Returns the members of a sorted set that are in a lexicographical "
                        "range, last first.",
             .syntax = "key max min [LIMIT <offset count>]",
             .deprecated_since = "6.2.0",
             .replaced_by = "`ZRANGE` with the `REV` and `BYLEX` arguments"}),
};

}  // namespace

std::span<const CommandSpec> ZsetRangeRows() {
  return kRows;
}

}  // namespace gotthard
