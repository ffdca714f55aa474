// Sorted sets: the commands that take the lowest or highest members out, and those that wait for
// some.
#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include "base/numbers.h"
#include "commands/changed_parts.h"
#include "commands/deadline.h"
#include "commands/family_rows.h"
#include "commands/zset.h"
#include "commands/zset_rows.h"
#include "exec/args.h"
#include "exec/context.h"

namespace gotthard {
namespace {

constexpr ErrorText kErrNumkeys{"ERR numkeys should be greater than 0"};
constexpr ErrorText kErrCount{"ERR count should be greater than 0"};

enum class End : uint8_t { kMin, kMax };
enum class PopReply : uint8_t {
  kFlat,      // member, score, ...
  kPairs,     // [member, score], ...
  kKeyFlat,   // key, member, score
  kKeyPairs,  // key, [[member, score], ...]
};

void ReplyPopHeader(ReplyWriter& reply, PopReply form, const Key& key, size_t count) {
  switch (form) {
    case PopReply::kFlat:
      reply.ArrayHeader(count * 2);
      break;
    case PopReply::kPairs:
      reply.ArrayHeader(count);
      break;
    case PopReply::kKeyFlat:
      reply.ArrayHeader(count * 2 + 1);
      reply.Bulk(key.name);
      break;
    case PopReply::kKeyPairs:
      reply.ArrayHeader(2);
      reply.Bulk(key.name);
      reply.ArrayHeader(count);
      break;
  }
}

// Pops up to `count` members of a set that is there.
Status Pop(Context& ctx, const Key& key, EntryHandle entry, End end, size_t count, PopReply form) {
  ReplyWriter& reply = ctx.reply();
  ZsetEditor set(ctx, key, entry);
  const size_t size = set.view().size();
  count = std::min(count, size);
  const bool max = end == End::kMax;
  const bool nested = form == PopReply::kPairs || form == PopReply::kKeyPairs;
  ReplyPopHeader(reply, form, key, count);
  set.view().ForRange(max ? size - 1 : 0, count, max, [&](std::string_view member, double score) {
    if (nested) reply.ArrayHeader(2);
    reply.Bulk(member);
    reply.Double(score);
  });
  set.RemoveRange(max ? size - count : 0, count);
  ChangedParts(ctx, key, kEventZset, max ? "zpopmax" : "zpopmin", count);
  set.DeleteIfEmpty();
  return Status::Ok();
}

Status PopFromOne(Context& ctx, const Args& args, End end) {
  if (args.size() > 3) return kErrSyntax;
  std::optional<int64_t> count;
  if (args.size() == 3) {
    count = ParseInt64(args[2]);
    if (!count || *count < 0) return kErrNegativeCount;
  }
  const Key key = args.key(1);
  Result<EntryHandle> entry = ctx.FindWriteOf(Type::kZset, key);
  if (!entry) return entry.error();
  if (!*entry || count == 0) return ctx.reply().EmptyArray();
  const bool nested = count && ctx.reply().protocol() == Protocol::kResp3;
  return Pop(ctx, key, *entry, end, static_cast<size_t>(count.value_or(1)),
             nested ? PopReply::kPairs : PopReply::kFlat);
}

Status Zpopmin(Context& ctx, const Args& args) {
  return PopFromOne(ctx, args, End::kMin);
}

Status Zpopmax(Context& ctx, const Args& args) {
  return PopFromOne(ctx, args, End::kMax);
}

// Several keys, of which the first that is there serves.
struct PopRequest {
  size_t first_key;
  size_t keys;
  End end;
  size_t count = 1;
  PopReply form = PopReply::kKeyPairs;
  std::optional<int64_t> deadline_ms;  // set: waits
};

Status PopFromFirst(Context& ctx, const Args& args, const PopRequest& request) {
  for (size_t i = 0; i < request.keys; ++i) {
    const Key key = args.key(request.first_key + i);
    Result<EntryHandle> entry = ctx.FindWriteOf(Type::kZset, key);
    if (!entry) return entry.error();
    if (*entry) return Pop(ctx, key, *entry, request.end, request.count, request.form);
  }
  if (!request.deadline_ms || ctx.deny_blocking()) return ctx.reply().NullArray();
  std::vector<std::string_view> keys;
  keys.reserve(request.keys);
  for (size_t i = 0; i < request.keys; ++i) keys.push_back(args[request.first_key + i]);
  return ctx.BlockForKeys(args,
                          {.type = Type::kZset, .keys = keys, .deadline_ms = *request.deadline_ms});
}

// numkeys key [key ...] MIN|MAX [COUNT count]
Result<PopRequest> ParseMpop(const Args& args, size_t numkeys_at) {
  const std::optional<int64_t> keys = ParseInt64(args[numkeys_at]);
  if (!keys || *keys < 1) return kErrNumkeys;
  const size_t room = args.size() - numkeys_at - 1;
  if (static_cast<size_t>(*keys) >= room) return kErrSyntax;
  PopRequest request{.first_key = numkeys_at + 1, .keys = static_cast<size_t>(*keys), .end = {}};
  size_t at = request.first_key + request.keys;
  if (IsOption(args[at], "min")) {
    request.end = End::kMin;
  } else if (IsOption(args[at], "max")) {
    request.end = End::kMax;
  } else {
    return kErrSyntax;
  }
  if (++at == args.size()) return request;
  if (!IsOption(args[at], "count") || at + 1 == args.size()) return kErrSyntax;
  const std::optional<int64_t> count = ParseInt64(args[at + 1]);
  if (!count || *count < 1) return kErrCount;
  if (at + 2 != args.size()) return kErrSyntax;
  request.count = static_cast<size_t>(*count);
  return request;
}

Status Zmpop(Context& ctx, const Args& args) {
  Result<PopRequest> request = ParseMpop(args, 1);
  if (!request) return request.error();
  return PopFromFirst(ctx, args, *request);
}

Status Bzmpop(Context& ctx, const Args& args) {
  Result<PopRequest> request = ParseMpop(args, 2);
  if (!request) return request.error();
  Result<int64_t> deadline = ParseDeadlineSeconds(ctx, args[1]);
  if (!deadline) return deadline.error();
  request->deadline_ms = *deadline;
  return PopFromFirst(ctx, args, *request);
}

Status PopOrWait(Context& ctx, const Args& args, End end) {
  Result<int64_t> deadline = ParseDeadlineSeconds(ctx, args[args.size() - 1]);
  if (!deadline) return deadline.error();
  return PopFromFirst(ctx, args,
                      {.first_key = 1,
                       .keys = args.size() - 2,
                       .end = end,
                       .form = PopReply::kKeyFlat,
                       .deadline_ms = *deadline});
}

Status Bzpopmin(Context& ctx, const Args& args) {
  return PopOrWait(ctx, args, End::kMin);
}

Status Bzpopmax(Context& ctx, const Args& args) {
  return PopOrWait(ctx, args, End::kMax);
}

constexpr CommandSpec kRows[] = {
    Command({.name = "zpopmin",
             .arity = -2,
             .flags = kWrite | kFast,
             .acl = kAclSortedSet,
             .group = CommandGroup::kSortedSet,
             .keys = {KeyAt(1, kKeyReadWrite | kKeyAccess | kKeyDelete)},
             .run = Zpopmin,
             .since = "5.0.0",
             .complexity = "O(M*log(N)) where N is the number of members and M how many are "
                           "popped.",
             .summary = "Removes and returns the members of a sorted set with the lowest "
                        "scores.",
             .syntax = "key [count]"}),
    Command({.name = "zpopmax",
             .arity = -2,
             .flags = kWrite | kFast,
             .acl = kAclSortedSet,
             .group = CommandGroup::kSortedSet,
             .keys = {KeyAt(1, kKeyReadWrite | kKeyAccess | kKeyDelete)},
             .run = Zpopmax,
             .since = "5.0.0",
             .complexity = "O(M*log(N)) where N is the number of members and M how many are "
                           "popped.",
             .summary = "Removes and returns the members of a sorted set with the highest "
                        "scores.",
             .syntax = "key [count]"}),
    Command({.name = "zmpop",
             .arity = -4,
             .flags = kWrite | kMovableKeys,
             .acl = kAclSortedSet,
             .group = CommandGroup::kSortedSet,
             .keys = {KeysCounted(1, kKeyReadWrite | kKeyAccess | kKeyDelete)},
             .run = Zmpop,
             .since = "7.0.0",
             .complexity = "O(K)+O(M*log(N)) where K is the number of keys, N the number of "
                           "members and M how many are popped.",
             .summary = "Pops members with the lowest or highest scores from the first of "
                        "several sorted sets.",
             .syntax = "numkeys key... where=<MIN | MAX> [COUNT count]"}),
    Command({.name = "bzpopmin",
             .arity = -3,
             .flags = kWrite | kBlocking | kFast,
             .acl = kAclSortedSet,
             .group = CommandGroup::kSortedSet,
             .keys = {KeyRange(1, -2, 1, kKeyReadWrite | kKeyAccess | kKeyDelete)},
             .run = Bzpopmin,
             .since = "5.0.0",
             .complexity = "O(log(N)) where N is the number of members.",
             .summary = "Pops the member with the lowest score from one of several sorted "
                        "sets, or waits for one.",
             .syntax = "key... timeout(double)",
             .history = "6.0.0: `timeout` is interpreted as a double instead of an integer."}),
    Command({.name = "bzpopmax",
             .arity = -3,
             .flags = kWrite | kBlocking | kFast,
             .acl = kAclSortedSet,
             .group = CommandGroup::kSortedSet,
             .keys = {KeyRange(1, -2, 1, kKeyReadWrite | kKeyAccess | kKeyDelete)},
             .run = Bzpopmax,
             .since = "5.0.0",
             .complexity = "O(log(N)) where N is the number of members.",
             .summary = "Pops the member with the highest score from one of several sorted "
                        "sets, or waits for one.",
             .syntax = "key... timeout(double)",
             .history = "6.0.0: `timeout` is interpreted as a double instead of an integer."}),
    Command({.name = "bzmpop",
             .arity = -5,
             .flags = kWrite | kBlocking | kMovableKeys,
             .acl = kAclSortedSet,
             .group = CommandGroup::kSortedSet,
             .keys = {KeysCounted(2, kKeyReadWrite | kKeyAccess | kKeyDelete)},
             .run = Bzmpop,
             .since = "7.0.0",
             .complexity = "O(K)+O(M*log(N)) where K is the number of keys, N the number of "
                           "members and M how many are popped.",
             .summary = "Pops members from one end of the first of several sorted sets, or "
                        "waits for some.",
             .syntax = "timeout(double) numkeys key... where=<MIN | MAX> [COUNT count]"}),
};

}  // namespace

std::span<const CommandSpec> ZsetPopRows() {
  return kRows;
}

}  // namespace gotthard
