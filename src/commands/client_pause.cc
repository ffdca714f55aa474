// CLIENT PAUSE, UNPAUSE and UNBLOCK: when others wait, and for how long.
#include <algorithm>

#include "commands/client_info.h"
#include "commands/client_rows.h"
#include "commands/deadline.h"
#include "exec/context.h"
#include "exec/executor.h"

namespace gotthard {
namespace {

// What Redis answers to a subcommand that has optional arguments and got more than those.
Status TooManyArguments(const Args& args) {
  return Status::Error("ERR unknown subcommand or wrong number of arguments for '" +
                       std::string(args[1].substr(0, 128)) + "'. Try CLIENT HELP.");
}

// CLIENT PAUSE milliseconds [WRITE | ALL]. A pause within a pause can make it longer and stricter,
// never the opposite. Whoever has to wait is held back by the executor.
Status Pause(Context& ctx, const Args& args) {
  static constexpr ErrorText kBadMode{"ERR CLIENT PAUSE mode must be WRITE or ALL"};
  if (args.size() > 4) return TooManyArguments(args);
  bool writes_only = false;
  if (args.size() == 4) {
    writes_only = IsOption(args[3], "write");
    if (!writes_only && !IsOption(args[3], "all")) return kBadMode;
  }
  Result<int64_t> until_ms = ParseDeadlineMs(ctx, args[2]);
  if (!until_ms) return until_ms.error();
  PauseState& pause = ctx.server().pause;
  const bool paused = pause.until_ms > ctx.now_ms();
  if (paused) {
    pause.until_ms = std::max(pause.until_ms, *until_ms);
    pause.writes_only = pause.writes_only && writes_only;
  } else if (*until_ms != 0) {
    pause = {.until_ms = *until_ms, .writes_only = writes_only};
  }
  return ctx.reply().Ok();
}

Status Unpause(Context& ctx, const Args& /*args*/) {
  ctx.server().pause = PauseState{};
  ctx.executor().ResumePaused();
  return ctx.reply().Ok();
}

// Not those who wait for the end of a pause, of a copy or of the server: nothing runs out there.
bool MayBeUnblocked(const Session& session) {
  const BlockKind kind = session.block.kind;
  return kind == BlockKind::kWait || kind == BlockKind::kWaitAof || kind == BlockKind::kKeys;
}

// CLIENT UNBLOCK client-id [TIMEOUT | ERROR]
Status Unblock(Context& ctx, const Args& args) {
  static constexpr ErrorText kBadReason{"ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR"};
  if (args.size() > 4) return TooManyArguments(args);
  bool by_error = false;
  if (args.size() == 4) {
    by_error = IsOption(args[3], "error");
    if (!by_error && !IsOption(args[3], "timeout")) return kBadReason;
  }
  auto id = ParseInt64(args[2]);
  if (!id) return kErrNotInteger;
  Session* session = FindClient(ctx.server().sessions, *id);
  if (session == nullptr || !MayBeUnblocked(*session)) return ctx.reply().Integer(0);
  if (by_error) {
    ctx.executor().UnblockWithError(*session, "UNBLOCKED client unblocked via CLIENT UNBLOCK");
  } else {
    ctx.executor().UnblockTimedOut(*session);
  }
  return ctx.reply().Integer(1);
}

constexpr CommandSpec kRows[] = {
    Command({.name = "pause",
             .parent = "client",
             .arity = -3,
             .flags = kClientAdminFlags,
             .acl = kAclConnection,
             .group = CommandGroup::kConnection,
             .run = Pause,
             .since = "3.0.0",
             .complexity = "O(1)",
             .summary = "Lets commands, or only those that write, wait for a while.",
             .syntax = "timeout mode=[WRITE | ALL]@6.2.0",
             .history = "6.2.0: `CLIENT PAUSE WRITE` mode added along with the `mode` option."}),
    Command({.name = "unpause",
             .parent = "client",
             .arity = 2,
             .flags = kClientAdminFlags,
             .acl = kAclConnection,
             .group = CommandGroup::kConnection,
             .run = Unpause,
             .since = "6.2.0",
             .complexity = "O(N) Where N is the number of paused clients",
             .summary = "Ends a pause before its time."}),
    Command({.name = "unblock",
             .parent = "client",
             .arity = -3,
             .flags = kClientAdminFlags,
             .acl = kAclConnection,
             .group = CommandGroup::kConnection,
             .run = Unblock,
             .since = "5.0.0",
             .complexity = "O(log N) where N is the number of client connections",
             .summary = "Ends the wait of another connection.",
             .syntax = "client-id unblock-type=[TIMEOUT | ERROR]"}),
};

}  // namespace

std::span<const CommandSpec> ClientPauseRows() {
  return kRows;
}

}  // namespace gotthard
