// WAIT and WAITAOF: a client waits until others hold what it wrote. There are no replicas and there
// is no append-only log, so nobody ever acknowledges: who asks for nobody is answered at once, who
// asks for somebody when the time is over.
#include "commands/wait.h"

#include "commands/deadline.h"
#include "exec/context.h"

namespace gotthard {
namespace {

constexpr int64_t kAcknowledgedReplicas = 0;

void ReplyWait(ServerState& /*server*/, Session& /*session*/, ReplyWriter& reply) {
  reply.Integer(kAcknowledgedReplicas);
}

void ReplyWaitAof(ServerState& /*server*/, Session& /*session*/, ReplyWriter& reply) {
  reply.ArrayHeader(2);
  reply.Integer(0);  // the local log
  reply.Integer(kAcknowledgedReplicas);
}

// WAIT numreplicas timeout
Status Wait(Context& ctx, const Args& args) {
  auto replicas = ParseInt64(args[1]);
  if (!replicas) return kErrNotInteger;
  Result<int64_t> deadline_ms = ParseDeadlineMs(ctx, args[2]);
  if (!deadline_ms) return deadline_ms.error();
  if (*replicas <= kAcknowledgedReplicas || ctx.deny_blocking()) {
    return ctx.reply().Integer(kAcknowledgedReplicas);
  }
  ctx.Block({.kind = BlockKind::kWait, .deadline_ms = *deadline_ms, .on_timeout = ReplyWait});
  return Status::Ok();
}

// WAITAOF numlocal numreplicas timeout
Status WaitAof(Context& ctx, const Args& args) {
  static constexpr ErrorText kLocalRange{"ERR value is out of range, value must between 0 and 1"};
  static constexpr ErrorText kNoLog{
      "ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled."};
  auto local = ParseInt64(args[1]);
  if (!local) return kErrNotInteger;
  if (*local < 0 || *local > 1) return kLocalRange;
  auto replicas = ParseInt64(args[2]);
  if (!replicas) return kErrNotInteger;
  if (*replicas < 0) return kErrNegativeCount;
  Result<int64_t> deadline_ms = ParseDeadlineMs(ctx, args[3]);
  if (!deadline_ms) return deadline_ms.error();
  if (*local > 0) return kNoLog;
  if (*replicas <= kAcknowledgedReplicas || ctx.deny_blocking()) {
    ReplyWaitAof(ctx.server(), ctx.session(), ctx.reply());
    return Status::Ok();
  }
  ctx.Block({.kind = BlockKind::kWaitAof, .deadline_ms = *deadline_ms, .on_timeout = ReplyWaitAof});
  return Status::Ok();
}

constexpr CommandSpec kRows[] = {
    Command({.name = "wait",
             .arity = 3,
             .acl = kAclConnection,
             .group = CommandGroup::kGeneric,
             .run = Wait,
             .since = "3.0.0",
             .complexity = "O(1)",
             .summary = "Waits until replicas hold all that this connection wrote.",
             .syntax = "numreplicas timeout",
             .tips = "request_policy:all_shards\nresponse_policy:agg_min"}),
    Command({.name = "waitaof",
             .arity = 4,
             .flags = kNoscript,
             .acl = kAclConnection,
             .group = CommandGroup::kGeneric,
             .run = WaitAof,
             .since = "7.2.0",
             .complexity = "O(1)",
             .summary = "Waits until append-only logs, here or on replicas, hold all that this "
                        "connection wrote.",
             .syntax = "numlocal numreplicas timeout",
             .tips = "request_policy:all_shards\nresponse_policy:agg_min"}),
};

}  // namespace

std::span<const CommandSpec> WaitRows() {
  return kRows;
}

}  // namespace gotthard
