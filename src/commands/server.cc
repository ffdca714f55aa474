// The server itself: INFO TIME LASTSAVE ROLE LOLWUT MONITOR SHUTDOWN.
#include <algorithm>
#include <string>
#include <vector>

#include "base/version.h"
#include "commands/families.h"
#include "commands/info.h"
#include "commands/lolwut.h"
#include "exec/context.h"

namespace gotthard {
namespace {

Status Info(Context& ctx, const Args& args) {
  std::vector<std::string_view> sections;
  for (size_t i = 1; i < args.size(); ++i) sections.push_back(args[i]);
  return ctx.reply().Verbatim("txt", InfoText(ctx.server(), sections));
}

Status Time(Context& ctx, const Args& /*args*/) {
  const int64_t now_us = ctx.server().clock.NowUs();
  ctx.reply().ArrayHeader(2);
  ctx.reply().BulkInteger(now_us / 1'000'000);
  return ctx.reply().BulkInteger(now_us % 1'000'000);
}

Status LastSave(Context& ctx, const Args& /*args*/) {
  return ctx.reply().Integer(ctx.server().last_save_s);
}

// There is no replication yet: every server is a primary without replicas.
Status Role(Context& ctx, const Args& /*args*/) {
  ctx.reply().ArrayHeader(3);
  ctx.reply().Bulk("master");
  ctx.reply().Integer(0);
  return ctx.reply().EmptyArray();
}

// LOLWUT [VERSION version] [columns]: the version chooses among the pictures, of which there is
// one.
Status Lolwut(Context& ctx, const Args& args) {
  size_t next = 1;
  if (args.size() >= 3 && IsOption(args[1], "version")) {
    if (!ParseInt64(args[2])) return kErrNotInteger;
    next = 3;
  }
  int64_t columns = kLolwutDefaultColumns;
  // Without a number behind it "version" asks for nothing.
  if (next < args.size() && !(args.size() == 2 && IsOption(args[1], "version"))) {
    auto wanted = ParseInt64(args[next]);
    if (!wanted) return kErrNotInteger;
    columns = std::clamp<int64_t>(*wanted, kLolwutMinColumns, kLolwutMaxColumns);
  }
  std::string text = LolwutPicture(ctx.server().random, static_cast<int>(columns));
  text.append("\nGotthard ver. ").append(kGotthardVersion);
  text.append(", as Redis ver. ").append(kRedisVersion).append("\n");
  return ctx.reply().Verbatim("txt", text);
}

Status Monitor(Context& ctx, const Args& /*args*/) {
  Session& session = ctx.session();
  if (ctx.deny_blocking()) {
    return Status::Error("ERR MONITOR isn't allowed for DENY BLOCKING client");
  }
  if (session.has(Session::kMonitor)) return Status::Ok();  // as Redis: no second reply
  session.set(Session::kMonitor);
  ++ctx.server().monitors;
  return ctx.reply().Ok();
}

// What a client gets that waits for the end, when the end was called off.
void ShutdownFailed(ServerState& /*server*/, Session& /*session*/, ReplyWriter& reply) {
  reply.Error("ERR Errors trying to SHUTDOWN. Check logs.");
}

Status Shutdown(Context& ctx, const Args& args) {
  ShutdownRequest request;
  bool abort = false;
  for (size_t i = 1; i < args.size(); ++i) {
    if (IsOption(args[i], "nosave")) {
      request.no_save = true;
    } else if (IsOption(args[i], "save")) {
      request.save = true;
    } else if (IsOption(args[i], "now")) {
      request.now = true;
    } else if (IsOption(args[i], "force")) {
      request.force = true;
    } else if (IsOption(args[i], "abort")) {
      abort = true;
    } else {
      return kErrSyntax;
    }
  }
  if (request.save && request.no_save) return kErrSyntax;
  Host* host = ctx.server().host;
  if (abort) {
    if (args.size() != 2) return kErrSyntax;
    GOTTHARD_RETURN_IF_ERROR(host->AbortShutdown());
    return ctx.reply().Ok();
  }
  if (!request.now && ctx.deny_blocking()) {
    return Status::Error(
        "ERR SHUTDOWN without NOW or ABORT isn't allowed for DENY BLOCKING client");
  }
  GOTTHARD_RETURN_IF_ERROR(host->Shutdown(request));
  // No reply: the connection's end is the answer.
  ctx.Block({.kind = BlockKind::kShutdown, .on_timeout = ShutdownFailed});
  return Status::Ok();
}

constexpr CommandSpec kRows[] = {
    Command(
        {.name = "info",
         .arity = -1,
         .flags = kLoading | kStale | kSentinel,
         .acl = kAclDangerous,
         .group = CommandGroup::kServer,
         .run = Info,
         .since = "1.0.0",
         .complexity = "O(1)",
         .summary = "Returns figures and facts about the server.",
         .syntax = "[section ...]",
         .history = "7.0.0: Takes several sections.",
         .tips = "nondeterministic_output\nrequest_policy:all_shards\nresponse_policy:special"}),
    Command({.name = "time",
             .arity = 1,
             .flags = kLoading | kStale | kFast,
             .group = CommandGroup::kServer,
             .run = Time,
             .since = "2.6.0",
             .complexity = "O(1)",
             .summary = "Returns the server's time.",
             .tips = "nondeterministic_output"}),
    Command({.name = "lastsave",
             .arity = 1,
             .flags = kLoading | kStale | kFast,
             .acl = kAclAdmin | kAclDangerous,
             .group = CommandGroup::kServer,
             .run = LastSave,
             .since = "1.0.0",
             .complexity = "O(1)",
             .summary = "Returns when the data was last saved to disk, as a Unix time.",
             .tips = "nondeterministic_output"}),
    Command({.name = "role",
             .arity = 1,
             .flags = kNoscript | kLoading | kStale | kFast | kSentinel,
             .acl = kAclAdmin | kAclDangerous,
             .group = CommandGroup::kServer,
             .run = Role,
             .since = "2.8.12",
             .complexity = "O(1)",
             .summary = "Returns the part that the server plays in replication."}),
    Command({.name = "lolwut",
             .arity = -1,
             .flags = kReadonly | kFast,
             .group = CommandGroup::kServer,
             .run = Lolwut,
             .since = "5.0.0",
             .summary = "Draws the Gotthard, and tells the version.",
             .syntax = "[VERSION version]"}),
    Command({.name = "monitor",
             .arity = 1,
             .flags = kAdmin | kNoscript | kLoading | kStale,
             .group = CommandGroup::kServer,
             .run = Monitor,
             .since = "1.0.0",
             .summary = "Shows every request that the server gets, as it gets it."}),
    Command({.name = "shutdown",
             .arity = -1,
             .flags = kAdmin | kNoscript | kLoading | kStale | kNoMulti | kSentinel | kAllowBusy,
             .group = CommandGroup::kServer,
             .run = Shutdown,
             .since = "1.0.0",
             .complexity = "O(N) when saving, where N is the number of keys in all databases, "
                           "otherwise O(1)",
             .summary = "Saves the data if so configured, and ends the server.",
             .syntax = "save-selector=[NOSAVE | SAVE] [NOW]@7.0.0 [FORCE]@7.0.0 [ABORT]@7.0.0",
             .history = "7.0.0: Added the `NOW`, `FORCE` and `ABORT` modifiers."}),
};

}  // namespace

std::span<const CommandSpec> ServerCommands() {
  return kRows;
}

}  // namespace gotthard
