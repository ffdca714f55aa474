// Streams: XPENDING, which shows what was delivered to the consumers of a group and is not
// acknowledged.
#include <algorithm>
#include <optional>
#include <string_view>

#include "base/numbers.h"
#include "commands/family_rows.h"
#include "commands/stream.h"
#include "commands/stream_args.h"

namespace gotthard {
namespace {

struct PendingRequest {
  StreamInterval interval;
  uint64_t count = 0;
  int64_t min_idle_ms = 0;
  std::optional<std::string_view> consumer;
};

// [IDLE min-idle-time] start end count [consumer], from argument 3 on.
Status ParsePending(const Args& args, PendingRequest& request) {
  constexpr size_t kFewestWithIdle = 8;
  size_t at = 3;
  if (IsOption(args[at], "idle")) {
    const auto min_idle_ms = ParseInt64(args[at + 1]);
    if (!min_idle_ms) return kErrNotInteger;
    if (args.size() < kFewestWithIdle) return kErrSyntax;
    request.min_idle_ms = *min_idle_ms;
    at += 2;
  }
  const auto count = ParseInt64(args[at + 2]);
  if (!count) return kErrNotInteger;
  request.count = *count < 0 ? 0 : static_cast<uint64_t>(*count);
  GOTTHARD_RETURN_IF_ERROR(ParseIntervalStart(args[at], &request.interval.first));
  GOTTHARD_RETURN_IF_ERROR(ParseIntervalEnd(args[at + 1], &request.interval.last));
  if (at + 3 < args.size()) request.consumer = args[at + 3];
  return Status::Ok();
}

void ReplySummary(ReplyWriter& reply, const StreamGroup& group) {
  reply.ArrayHeader(4);
  reply.Integer(static_cast<int64_t>(group.pending().size()));
  if (group.pending().empty()) {
    reply.Null();
    reply.Null();
    reply.NullArray();
    return;
  }
  ReplyStreamId(reply, group.pending().First()->id);
  ReplyStreamId(reply, group.pending().Last()->id);
  const size_t length = reply.Defer();
  size_t busy = 0;
  for (const auto& [name, consumer] : group.consumers()) {
    if (consumer->pending().empty()) continue;
    reply.ArrayHeader(2);
    reply.Bulk(name);
    reply.BulkInteger(static_cast<int64_t>(consumer->pending().size()));
    ++busy;
  }
  reply.SetArrayLength(length, busy);
}

void ReplyNacks(ReplyWriter& reply, const PendingTree& pending, const PendingRequest& request,
                int64_t now_ms) {
  const size_t length = reply.Defer();
  uint64_t nacks = 0;
  for (auto nack = pending.AtLeast(request.interval.first);
       nacks < request.count && !nack.done() && nack->id <= request.interval.last; nack.Next()) {
    const int64_t idle_ms = now_ms - nack->delivery_time_ms;
    if (request.min_idle_ms != 0 && idle_ms < request.min_idle_ms) continue;
    reply.ArrayHeader(4);
    ReplyStreamId(reply, nack->id);
    reply.Bulk(nack->consumer->name());
    reply.Integer(std::max<int64_t>(idle_ms, 0));
    reply.Integer(static_cast<int64_t>(nack->delivery_count));
    ++nacks;
  }
  reply.SetArrayLength(length, nacks);
}

// XPENDING key group [[IDLE min-idle-time] start end count [consumer]]
Status Xpending(Context& ctx, const Args& args) {
  const bool summary = args.size() == 3;
  if (!summary && (args.size() < 6 || args.size() > 9)) return kErrSyntax;
  PendingRequest request;
  if (!summary) GOTTHARD_RETURN_IF_ERROR(ParsePending(args, request));
  Result<Stream*> stream = ReadStream(ctx, args.key(1));
  if (!stream) return stream.error();
  const StreamGroup* group = *stream != nullptr ? (*stream)->FindGroup(args[2]) : nullptr;
  if (group == nullptr) return NoSuchKeyOrGroup(args[1], args[2]);
  if (summary) {
    ReplySummary(ctx.reply(), *group);
    return Status::Ok();
  }
  const PendingTree* pending = &group->pending();
  if (request.consumer) {
    const StreamConsumer* consumer = group->FindConsumer(*request.consumer);
    if (consumer == nullptr) return ctx.reply().EmptyArray();
    pending = &consumer->pending();
  }
  ReplyNacks(ctx.reply(), *pending, request, ctx.now_ms());
  return Status::Ok();
}

constexpr CommandSpec kRows[] = {
    Command({.name = "xpending",
             .arity = -3,
             .flags = kReadonly,
             .acl = kAclStream,
             .group = CommandGroup::kStream,
             .keys = {KeyAt(1, kKeyRead)},
             .run = Xpending,
             .since = "5.0.0",
             .complexity =
                 "O(N) where N is the number of entries returned, or looked at with IDLE. "
                 "The summary: O(N) where N is the number of consumers.",
             .summary = "Shows what was delivered to a group's consumers and not acknowledged.",
             .syntax = "key group filters=[[IDLE min-idle-time(integer)]@6.2.0 start end count "
                       "[consumer]]",
             .history = "6.2.0: Added the `IDLE` option and exclusive range intervals.",
             .tips = "nondeterministic_output"}),
};

}  // namespace

std::span<const CommandSpec> StreamPendingRows() {
  return kRows;
}

}  // namespace gotthard
