// Streams: XCLAIM and XAUTOCLAIM, which give what is pending for one consumer to another.
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/numbers.h"
#include "commands/family_rows.h"
#include "commands/stream.h"
#include "commands/stream_args.h"

namespace gotthard {
namespace {

// The group of arguments 1 and 2; there has to be one. And its stream.
struct ClaimedGroup {
  Stream* stream;
  StreamGroup* group;
};

Result<ClaimedGroup> FindGroup(Context& ctx, const Args& args) {
  Result<Stream*> stream = ReadStream(ctx, args.key(1));
  if (!stream) return stream.error();
  StreamGroup* group = *stream != nullptr ? (*stream)->FindGroup(args[2]) : nullptr;
  if (group == nullptr) return NoSuchKeyOrGroup(args[1], args[2]);
  return ClaimedGroup{*stream, group};
}

struct ClaimRequest {
  int64_t min_idle_ms = 0;
  size_t ids_end = 0;        // behind the ids, which begin at argument 5
  int64_t delivery_time_ms;  // to be set
  int64_t retry_count = -1;  // -1: one more than it was, but with JUSTID
  StreamId last_id;
  bool force = false;
  bool just_id = false;
};

// An option at `i`, which moves to its last argument.
Status TakeClaimOption(const Args& args, size_t* i, int64_t now_ms, ClaimRequest& request) {
  static constexpr ErrorText kIdle{"ERR Invalid IDLE option argument for XCLAIM"};
  static constexpr ErrorText kTime{"ERR Invalid TIME option argument for XCLAIM"};
  static constexpr ErrorText kRetryCount{"ERR Invalid RETRYCOUNT option argument for XCLAIM"};
  const std::string_view option = args[*i];
  const bool more = *i + 1 < args.size();
  if (IsOption(option, "force")) {
    request.force = true;
  } else if (IsOption(option, "justid")) {
    request.just_id = true;
  } else if (more && (IsOption(option, "idle") || IsOption(option, "time"))) {
    const bool idle = IsOption(option, "idle");
    const auto number = ParseInt64(args[++*i]);
    if (!number) return idle ? kIdle : kTime;
    request.delivery_time_ms = *number;
    // One that cannot be is refused with the others that are not in the past.
    if (idle && __builtin_sub_overflow(now_ms, *number, &request.delivery_time_ms)) {
      request.delivery_time_ms = -1;
    }
  } else if (more && IsOption(option, "retrycount")) {
    const auto number = ParseInt64(args[++*i]);
    if (!number) return kRetryCount;
    request.retry_count = *number;
  } else if (more && IsOption(option, "lastid")) {
    GOTTHARD_RETURN_IF_ERROR(TakeStreamId(args[++*i], &request.last_id));
  } else {
    return Status::Error("ERR Unrecognized XCLAIM option '" + std::string(option) + "'");
  }
  return Status::Ok();
}

Status ParseClaim(const Args& args, int64_t now_ms, ClaimRequest& request) {
  static constexpr ErrorText kMinIdle{"ERR Invalid min-idle-time argument for XCLAIM"};
  const auto min_idle_ms = ParseInt64(args[4]);
  if (!min_idle_ms) return kMinIdle;
  request.min_idle_ms = *min_idle_ms < 0 ? 0 : *min_idle_ms;
  StreamId id;
  size_t i = 5;
  while (i < args.size() && ParseStreamId(args[i], 0, &id)) ++i;
  request.ids_end = i;
  request.delivery_time_ms = now_ms;
  for (; i < args.size(); ++i) {
    GOTTHARD_RETURN_IF_ERROR(TakeClaimOption(args, &i, now_ms, request));
  }
  if (request.delivery_time_ms < 0 || request.delivery_time_ms > now_ms) {
    request.delivery_time_ms = now_ms;
  }
  return Status::Ok();
}

// Claims one entry for the consumer. False if it is not pending, or not long enough.
bool Claim(StreamGroup& group, const StreamId& id, StreamNack* nack, StreamConsumer* consumer,
           const ClaimRequest& request, int64_t now_ms) {
  const bool has_count = request.retry_count >= 0;
  if (nack == nullptr) {
    if (!request.force) return false;
    // As if it had been delivered once before.
    const int64_t count = has_count ? request.retry_count : request.just_id ? 1 : 2;
    group.Deliver(id, consumer, request.delivery_time_ms, static_cast<uint64_t>(count));
    return true;
  }
  if (request.min_idle_ms != 0 && now_ms - nack->delivery_time_ms < request.min_idle_ms) {
    return false;
  }
  nack->delivery_time_ms = request.delivery_time_ms;
  if (has_count) {
    nack->delivery_count = static_cast<uint64_t>(request.retry_count);
  } else if (!request.just_id) {
    ++nack->delivery_count;
  }
  group.Transfer(nack, consumer);
  return true;
}

void ReplyClaimed(ReplyWriter& reply, const StreamCursor& entry, bool just_id) {
  if (just_id) {
    ReplyStreamId(reply, entry.id());
  } else {
    ReplyStreamEntry(reply, entry);
  }
}

// XCLAIM key group consumer min-idle-time id ... [IDLE ms] [TIME unix-time-milliseconds]
//        [RETRYCOUNT count] [FORCE] [JUSTID] [LASTID lastid]
Status Xclaim(Context& ctx, const Args& args) {
  const Key key = args.key(1);
  const int64_t now_ms = ctx.now_ms();
  Result<ClaimedGroup> found = FindGroup(ctx, args);
  if (!found) return found.error();
  StreamGroup& group = *found->group;
  ClaimRequest request;
  GOTTHARD_RETURN_IF_ERROR(ParseClaim(args, now_ms, request));

  const bool moves_on = request.last_id > group.last_id;
  if (moves_on) group.last_id = request.last_id;
  StreamConsumer* consumer = SeeConsumer(ctx, key, group, args[3]);
  ReplyWriter& reply = ctx.reply();
  const size_t length = reply.Defer();
  size_t claimed = 0;
  bool changed = false;
  for (size_t i = 5; i < request.ids_end; ++i) {
    StreamId id;
    if (!ParseStreamId(args[i], 0, &id)) continue;  // not so: all were parsed
    const StreamCursor entry(*found->stream, id, id);
    if (entry.done()) {
      // What was deleted from the stream is nobody's any more.
      if (!group.Acknowledge(id)) continue;
    } else {
      if (!Claim(group, id, group.FindPending(id), consumer, request, now_ms)) continue;
      ReplyClaimed(reply, entry, request.just_id);
      consumer->active_time_ms = now_ms;
      ++claimed;
    }
    changed = true;
    ctx.ChangedBeside(key, kEventStream, "");
  }
  if (moves_on && !changed) ctx.ChangedBeside(key, kEventStream, "");
  return reply.SetArrayLength(length, claimed);
}

struct AutoClaimRequest {
  ClaimRequest claim;
  StreamId first;
  int64_t count = 100;
};

Status ParseAutoClaim(const Args& args, int64_t now_ms, AutoClaimRequest& request) {
  static constexpr ErrorText kMinIdle{"ERR Invalid min-idle-time argument for XAUTOCLAIM"};
  static constexpr ErrorText kCount{"ERR COUNT must be > 0"};
  constexpr int64_t kMaxCount = INT64_MAX / static_cast<int64_t>(sizeof(StreamId));
  const auto min_idle_ms = ParseInt64(args[4]);
  if (!min_idle_ms) return kMinIdle;
  request.claim.min_idle_ms = *min_idle_ms < 0 ? 0 : *min_idle_ms;
  request.claim.delivery_time_ms = now_ms;
  GOTTHARD_RETURN_IF_ERROR(ParseIntervalStart(args[5], &request.first));
  for (size_t i = 6; i < args.size(); ++i) {
    if (IsOption(args[i], "count") && i + 1 < args.size()) {
      const auto count = ParseInt64(args[++i]);
      if (!count || *count < 1 || *count > kMaxCount) return kCount;
      request.count = *count;
    } else if (IsOption(args[i], "justid")) {
      request.claim.just_id = true;
    } else {
      return kErrSyntax;
    }
  }
  return Status::Ok();
}

// Fills the gap at `mark` with an id.
void FillId(ReplyWriter& reply, size_t mark, const StreamId& id) {
  char buffer[kStreamIdTextBytes];
  const std::string_view text = id.Text(buffer);
  std::string bulk = "$" + FormatInt64(static_cast<int64_t>(text.size())) + "\r\n";
  bulk += text;
  reply.buffer().FillGap(mark, bulk += "\r\n");
}

// XAUTOCLAIM key group consumer min-idle-time start [COUNT count] [JUSTID]
Status Xautoclaim(Context& ctx, const Args& args) {
  // How many pending entries are looked at for each that may be claimed.
  constexpr int64_t kAttempts = 10;
  const Key key = args.key(1);
  const int64_t now_ms = ctx.now_ms();
  AutoClaimRequest request;
  GOTTHARD_RETURN_IF_ERROR(ParseAutoClaim(args, now_ms, request));
  Result<ClaimedGroup> found = FindGroup(ctx, args);
  if (!found) return found.error();
  StreamGroup& group = *found->group;

  StreamConsumer* consumer = SeeConsumer(ctx, key, group, args[3]);
  ReplyWriter& reply = ctx.reply();
  reply.ArrayHeader(3);
  const size_t next = reply.Defer();
  const size_t length = reply.Defer();
  size_t claimed = 0;
  std::vector<StreamId> deleted;
  int64_t left = request.count;
  auto nack = group.pending().AtLeast(request.first);
  for (int64_t attempts = left * kAttempts; attempts > 0 && left > 0 && !nack.done(); --attempts) {
    const StreamId id = nack->id;
    const StreamCursor entry(*found->stream, id, id);
    if (entry.done()) {
      group.Acknowledge(id);
      deleted.push_back(id);
      nack = group.pending().AtLeast(id);
    } else {
      const bool claims = Claim(group, id, nack.get(), consumer, request.claim, now_ms);
      nack.Next();
      if (!claims) continue;
      ReplyClaimed(reply, entry, request.claim.just_id);
      consumer->active_time_ms = now_ms;
      ++claimed;
    }
    --left;
    ctx.ChangedBeside(key, kEventStream, "");
  }
  reply.SetArrayLength(length, claimed);
  FillId(reply, next, nack.done() ? StreamId() : nack->id);
  reply.ArrayHeader(deleted.size());
  for (const StreamId& id : deleted) ReplyStreamId(reply, id);
  return Status::Ok();
}

constexpr CommandSpec kRows[] = {
    Command({.name = "xclaim",
             .arity = -6,
             .flags = kWrite | kFast,
             .acl = kAclStream,
             .group = CommandGroup::kStream,
             .keys = {KeyAt(1, kKeyReadWrite | kKeyUpdate)},
             .run = Xclaim,
             .since = "5.0.0",
             .complexity =
                 "O(log N) for each id, where N is the number of entries that are pending "
                 "for the group.",
             .summary = "Gives pending entries of a group to a consumer, as if they had been "
                        "delivered to it.",
             .syntax = "key group consumer min-idle-time id... [IDLE ms(integer)] "
                       "[TIME unix-time-milliseconds] [RETRYCOUNT count] [FORCE] [JUSTID] "
                       "[LASTID lastid]",
             .tips = "nondeterministic_output"}),
    Command({.name = "xautoclaim",
             .arity = -6,
             .flags = kWrite | kFast,
             .acl = kAclStream,
             .group = CommandGroup::kStream,
             .keys = {KeyAt(1, kKeyReadWrite | kKeyDelete)},
             .run = Xautoclaim,
             .since = "6.2.0",
             .complexity = "O(1) if COUNT is small.",
             .summary = "Gives a consumer those pending entries of a group that nobody has touched "
                        "for a time.",
             .syntax = "key group consumer min-idle-time start [COUNT count] [JUSTID]",
             .history = "7.0.0: Added an element to the reply array, containing deleted entries "
                        "the command cleared from the PEL",
             .tips = "nondeterministic_output"}),
};

}  // namespace

std::span<const CommandSpec> StreamClaimRows() {
  return kRows;
}

}  // namespace gotthard
