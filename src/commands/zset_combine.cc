// Sorted sets: union, intersection and difference of several, where sets may stand for sorted sets
// whose scores are all 1.
#include <algorithm>
#include <cmath>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/numbers.h"
#include "commands/family_rows.h"
#include "commands/member_source.h"
#include "commands/member_union.h"
#include "commands/zset.h"
#include "commands/zset_rows.h"
#include "exec/args.h"
#include "exec/context.h"

namespace gotthard {
namespace {

constexpr ErrorText kErrWeight{"ERR weight value is not a float"};
constexpr ErrorText kErrLimitNegative{"ERR LIMIT can't be negative"};

enum class Operation : uint8_t { kUnion, kInter, kDiff };

// A command of the family.
struct Form {
  Operation operation;
  std::string_view name;  // in the error about the number of keys, and as the event
  bool store = false;
  bool count_only = false;  // ZINTERCARD
};

struct Input {
  MemberSource source;
  double weight = 1;
};

struct Request {
  std::vector<Input> inputs;
  Aggregate aggregate = Aggregate::kSum;
  bool with_scores = false;
  size_t limit = 0;  // 0: none
};

// Finds all keys, each counted as a read, then takes the sources: a key that is found expired is
// removed, which moves the others.
Status FindInputs(Context& ctx, const Args& args, size_t first, size_t count, Request& request) {
  for (size_t i = 0; i < count; ++i) {
    const EntryHandle entry = ctx.FindRead(args.key(first + i));
    if (entry && entry->type() != Type::kZset && entry->type() != Type::kSet) {
      return kErrWrongType;
    }
  }
  request.inputs.resize(count);
  for (size_t i = 0; i < count; ++i) {
    const EntryHandle entry = ctx.Peek(args.key(first + i));
    if (entry) request.inputs[i].source = MemberSource(*entry);
  }
  return Status::Ok();
}

// One option at `at`, which moves on behind it.
Status ParseOption(const Args& args, const Form& form, size_t& at, Request& request) {
  const size_t rest = args.size() - at;
  const size_t count = request.inputs.size();
  const bool weighs = form.operation != Operation::kDiff && !form.count_only;
  if (weighs && rest >= count + 1 && IsOption(args[at], "weights")) {
    for (Input& input : request.inputs) {
      const std::optional<double> weight = ParseDouble(args[++at]);
      if (!weight) return kErrWeight;
      input.weight = *weight;
    }
  } else if (weighs && rest >= 2 && IsOption(args[at], "aggregate")) {
    ++at;
    if (IsOption(args[at], "sum")) {
      request.aggregate = Aggregate::kSum;
    } else if (IsOption(args[at], "min")) {
      request.aggregate = Aggregate::kMin;
    } else if (IsOption(args[at], "max")) {
      request.aggregate = Aggregate::kMax;
    } else {
      return kErrSyntax;
    }
  } else if (!form.store && !form.count_only && IsOption(args[at], "withscores")) {
    request.with_scores = true;
  } else if (form.count_only && rest >= 2 && IsOption(args[at], "limit")) {
    const std::optional<int64_t> limit = ParseInt64(args[++at]);
    if (!limit || *limit < 0) return kErrLimitNegative;
    request.limit = static_cast<size_t>(*limit);
  } else {
    return kErrSyntax;
  }
  ++at;
  return Status::Ok();
}

Status ParseRequest(Context& ctx, const Args& args, const Form& form, Request& request) {
  const size_t numkeys_at = form.store ? 2 : 1;
  const std::optional<int64_t> count = ParseInt64(args[numkeys_at]);
  if (!count) return kErrNotInteger;
  if (*count < 1) {
    return Status::Error("ERR at least 1 input key is needed for '" + std::string(form.name) +
                         "' command");
  }
  const size_t first = numkeys_at + 1;
  if (static_cast<uint64_t>(*count) > args.size() - first) return kErrSyntax;
  GOTTHARD_RETURN_IF_ERROR(FindInputs(ctx, args, first, static_cast<size_t>(*count), request));
  for (size_t at = first + static_cast<size_t>(*count); at < args.size();) {
    GOTTHARD_RETURN_IF_ERROR(ParseOption(args, form, at, request));
  }
  return Status::Ok();
}

// infinity * 0 is no number and counts as 0.
double Weighted(double score, double weight) {
  const double weighted = score * weight;
  return std::isnan(weighted) ? 0 : weighted;
}

// The smallest first: an intersection is walked along the first, sums are added in this order.
void OrderBySize(std::vector<Input>& inputs) {
  std::stable_sort(inputs.begin(), inputs.end(), [](const Input& a, const Input& b) {
    return a.source.size() < b.source.size();
  });
}

// visit(member, score) for the members that are in every input, until it returns false.
template <typename Visit>
void Intersect(Request& request, Visit&& visit) {
  OrderBySize(request.inputs);
  const Input& smallest = request.inputs.front();
  smallest.source.ForEach([&](std::string_view member, double first) {
    double score = Weighted(first, smallest.weight);
    for (size_t i = 1; i < request.inputs.size(); ++i) {
      const Input& input = request.inputs[i];
      const std::optional<double> other = input.source.IsSameAs(smallest.source)
                                              ? std::optional(first)
                                              : input.source.Score(member);
      if (!other) return true;
      AddScore(score, *other * input.weight, request.aggregate);
    }
    return visit(member, score);
  });
}

// Whether it is less work to gather the members of all other inputs once than to ask each of them
// for every member of the first. An insertion costs about two lookups.
bool GathersOthers(const Request& request) {
  const size_t first = request.inputs.front().source.size();
  size_t by_asking = 0;
  size_t gathered = 0;
  for (const Input& input : std::span(request.inputs).subspan(1)) {
    if (input.source.size() == 0) continue;
    by_asking += first;
    gathered += input.source.size();
  }
  return by_asking / 2 > gathered + first;
}

struct MemberHash {
  const KeyHasher& hasher;
  size_t operator()(std::string_view member) const { return hasher(member); }
};

// visit(member, score) for the members of the first input that are in no other.
template <typename Visit>
void Subtract(Context& ctx, const Request& request, MemberTexts& texts, Visit&& visit) {
  const MemberSource& first = request.inputs.front().source;
  const std::span<const Input> others = std::span(request.inputs).subspan(1);
  const bool gathers = GathersOthers(request);
  std::unordered_set<std::string_view, MemberHash> gathered(0, MemberHash{ctx.server().hasher});
  for (const Input& input : gathers ? others : std::span<const Input>()) {
    input.source.ForEach([&](std::string_view member, double) {
      gathered.insert(texts.Keep(input.source, member));
      return true;
    });
  }
  first.ForEach([&](std::string_view member, double score) {
    const bool elsewhere =
        gathers ? gathered.contains(member)
                : std::any_of(others.begin(), others.end(), [&](const Input& input) {
                    return input.source.IsSameAs(first) || input.source.Score(member).has_value();
                  });
    if (!elsewhere) visit(member, score);
    return true;
  });
}

// The result in order. `texts` keeps the members that are no views into their sources.
std::vector<ScoredMember> Combine(Context& ctx, const Form& form, Request& request,
                                  MemberTexts& texts) {
  std::vector<ScoredMember> result;
  if (form.operation == Operation::kInter) {
    Intersect(request, [&](std::string_view member, double score) {
      result.push_back({score, texts.Keep(request.inputs.front().source, member)});
      return true;
    });
  } else if (form.operation == Operation::kUnion) {
    OrderBySize(request.inputs);
    size_t total = 0;
    for (const Input& input : request.inputs) total += input.source.size();
    // A key may be named many times, and many keys hold the same members.
    const size_t room = std::min(total, 2 * request.inputs.back().source.size());
    MemberUnion united(ctx.server().hasher, room, request.aggregate);
    for (const Input& input : request.inputs) {
      input.source.ForEach([&](std::string_view member, double score) {
        united.Add(texts.Keep(input.source, member), Weighted(score, input.weight));
        return true;
      });
    }
    result = united.Take();
  } else {
    Subtract(ctx, request, texts, [&](std::string_view member, double score) {
      result.push_back({score, texts.Keep(request.inputs.front().source, member)});
    });
  }
  SortMembers(result);
  return result;
}

Status Run(Context& ctx, const Args& args, const Form& form) {
  Request request;
  GOTTHARD_RETURN_IF_ERROR(ParseRequest(ctx, args, form, request));
  if (form.count_only) {
    size_t count = 0;
    Intersect(request, [&](std::string_view, double) { return ++count != request.limit; });
    return ctx.reply().Integer(static_cast<int64_t>(count));
  }
  MemberTexts texts;
  const std::vector<ScoredMember> result = Combine(ctx, form, request, texts);
  if (form.store) {
    StoreZset(ctx, args.key(1), result, form.name);
    return ctx.reply().Integer(static_cast<int64_t>(result.size()));
  }
  ReplyMembersHeader(ctx.reply(), result.size(), request.with_scores);
  for (const ScoredMember& each : result) {
    ReplyMember(ctx.reply(), each.member, each.score, request.with_scores);
  }
  return Status::Ok();
}

Status Zunion(Context& ctx, const Args& args) {
  return Run(ctx, args, {.operation = Operation::kUnion, .name = "zunion"});
}

Status Zinter(Context& ctx, const Args& args) {
  return Run(ctx, args, {.operation = Operation::kInter, .name = "zinter"});
}

Status Zdiff(Context& ctx, const Args& args) {
  return Run(ctx, args, {.operation = Operation::kDiff, .name = "zdiff"});
}

Status Zintercard(Context& ctx, const Args& args) {
  return Run(ctx, args, {.operation = Operation::kInter, .name = "zintercard", .count_only = true});
}

Status Zunionstore(Context& ctx, const Args& args) {
  return Run(ctx, args, {.operation = Operation::kUnion, .name = "zunionstore", .store = true});
}

Status Zinterstore(Context& ctx, const Args& args) {
  return Run(ctx, args, {.operation = Operation::kInter, .name = "zinterstore", .store = true});
}

Status Zdiffstore(Context& ctx, const Args& args) {
  return Run(ctx, args, {.operation = Operation::kDiff, .name = "zdiffstore", .store = true});
}

constexpr CommandSpec kRows[] = {
    Command({.name = "zunion",
             .arity = -3,
             .flags = kReadonly | kMovableKeys,
             .acl = kAclSortedSet,
             .group = CommandGroup::kSortedSet,
             .keys = {KeysCounted(1, kKeyRead)},
             .run = Zunion,
             .since = "6.2.0",
             .complexity = "O(N)+O(M*log(M)) where N is the number of members of all inputs "
                           "and M that of the result.",
             .summary = "Returns the union of several sorted sets.",
             .syntax = "numkeys key... [WEIGHTS weight]... [AGGREGATE <SUM | MIN | MAX>] "
                       "[WITHSCORES]"}),
    Command({.name = "zunionstore",
             .arity = -4,
             .flags = kWrite | kDenyOom | kMovableKeys,
             .acl = kAclSortedSet,
             .group = CommandGroup::kSortedSet,
             .keys = {KeyAt(1, kKeyReplaced), KeysCounted(2, kKeyRead)},
             .run = Zunionstore,
             .since = "2.0.0",
             .complexity = "O(N)+O(M*log(M)) where N is the number of members of all inputs "
                           "and M that of the result.",
             .summary = "Stores the union of several sorted sets.",
             .syntax = "destination numkeys key... [WEIGHTS weight]... [AGGREGATE <SUM | "
                       "MIN | MAX>]"}),
    Command({.name = "zinter",
             .arity = -3,
             .flags = kReadonly | kMovableKeys,
             .acl = kAclSortedSet,
             .group = CommandGroup::kSortedSet,
             .keys = {KeysCounted(1, kKeyRead)},
             .run = Zinter,
             .since = "6.2.0",
             .complexity = "O(N*K)+O(M*log(M)) where N is the size of the smallest input, K "
                           "the number of inputs and M the size of the result.",
             .summary = "Returns the intersection of several sorted sets.",
             .syntax = "numkeys key... [WEIGHTS weight]... [AGGREGATE <SUM | MIN | MAX>] "
                       "[WITHSCORES]"}),
    Command({.name = "zinterstore",
             .arity = -4,
             .flags = kWrite | kDenyOom | kMovableKeys,
             .acl = kAclSortedSet,
             .group = CommandGroup::kSortedSet,
             .keys = {KeyAt(1, kKeyReplaced), KeysCounted(2, kKeyRead)},
             .run = Zinterstore,
             .since = "2.0.0",
             .complexity = "O(N*K)+O(M*log(M)) where N is the size of the smallest input, K "
                           "the number of inputs and M the size of the result.",
             .summary = "Stores the intersection of several sorted sets.",
             .syntax = "destination numkeys key... [WEIGHTS weight]... [AGGREGATE <SUM | "
                       "MIN | MAX>]"}),
    Command({.name = "zintercard",
             .arity = -3,
             .flags = kReadonly | kMovableKeys,
             .acl = kAclSortedSet,
             .group = CommandGroup::kSortedSet,
             .keys = {KeysCounted(1, kKeyRead)},
             .run = Zintercard,
             .since = "7.0.0",
             .complexity = "O(N*K) where N is the size of the smallest input and K the number "
                           "of inputs.",
             .summary = "Counts the members that several sorted sets have in common.",
             .syntax = "numkeys key... [LIMIT limit(integer)]"}),
    Command({.name = "zdiff",
             .arity = -3,
             .flags = kReadonly | kMovableKeys,
             .acl = kAclSortedSet,
             .group = CommandGroup::kSortedSet,
             .keys = {KeysCounted(1, kKeyRead)},
             .run = Zdiff,
             .since = "6.2.0",
             .complexity = "O(N*K)+O(M*log(M)) where N is the size of the first input, K the "
                           "number of inputs and M the size of the result.",
             .summary = "Returns the members of a sorted set that are in none of the "
                        "others.",
             .syntax = "numkeys key... [WITHSCORES]"}),
    Command({.name = "zdiffstore",
             .arity = -4,
             .flags = kWrite | kDenyOom | kMovableKeys,
             .acl = kAclSortedSet,
             .group = CommandGroup::kSortedSet,
             .keys = {KeyAt(1, kKeyReplaced), KeysCounted(2, kKeyRead)},
             .run = Zdiffstore,
             .since = "6.2.0",
             .complexity = "O(N*K)+O(M*log(M)) where N is the size of the first input, K the "
                           "number of inputs and M the size of the result.",
             .summary = "Stores the members of a sorted set that are in none of the others.",
             .syntax = "destination numkeys key..."}),
};

}  // namespace

std::span<const CommandSpec> ZsetCombineRows() {
  return kRows;
}

}  // namespace gotthard
