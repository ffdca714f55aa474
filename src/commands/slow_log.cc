// SLOWLOG: the commands that took long.
#include <algorithm>
#include <string>

#include "commands/families.h"
#include "commands/help.h"
#include "exec/context.h"

namespace gotthard {
namespace {

Status SlowLogGet(Context& ctx, const Args& args) {
  // The configuration may have been lowered since the last entry came.
  SlowLog& log = ctx.server().slow_log;
  log.Trim(static_cast<size_t>(ctx.config().slowlog_max_len));
  int64_t count = 10;
  if (args.size() > 3) {
    return Status::Error("ERR unknown subcommand or wrong number of arguments for '" +
                         std::string(args[1]) + "'. Try SLOWLOG HELP.");
  }
  if (args.size() == 3) {
    auto wanted = ParseInt64(args[2]);
    if (!wanted || *wanted < -1) {
      return Status::Error("ERR count should be greater than or equal to -1");
    }
    count = *wanted;
  }
  size_t shown = log.entries().size();
  if (count >= 0) shown = std::min(shown, static_cast<size_t>(count));
  ctx.reply().ArrayHeader(shown);
  for (size_t i = 0; i < shown; ++i) {
    const SlowLogEntry& entry = log.entries()[i];
    ctx.reply().ArrayHeader(6);
    ctx.reply().Integer(static_cast<int64_t>(entry.id));
    ctx.reply().Integer(entry.time_s);
    ctx.reply().Integer(entry.duration_us);
    ctx.reply().ArrayHeader(entry.arguments.size());
    for (const std::string& argument : entry.arguments) ctx.reply().Bulk(argument);
    ctx.reply().Bulk(entry.client_address);
    ctx.reply().Bulk(entry.client_name);
  }
  return Status::Ok();
}

Status SlowLogLen(Context& ctx, const Args& /*args*/) {
  return ctx.reply().Integer(static_cast<int64_t>(ctx.server().slow_log.entries().size()));
}

Status SlowLogReset(Context& ctx, const Args& /*args*/) {
  ctx.server().slow_log.Reset();
  return ctx.reply().Ok();
}

Status SlowLogHelp(Context& ctx, const Args& args) {
  return ReplyHelp(
      ctx.reply(), args,
      {"GET [<count>]",
       "    Show the newest <count> entries (10 if not said, -1 for all). An entry is:",
       "    id, time, duration in microseconds, arguments, client's address and name.", "LEN",
       "    Show how many entries there are.", "RESET", "    Forget all entries."});
}

constexpr CommandSpec kRows[] = {
    Command({.name = "slowlog",
             .arity = -2,
             .flags = kContainer,
             .group = CommandGroup::kServer,
             .since = "2.2.12",
             .complexity = "Depends on subcommand.",
             .summary = "A container for commands about the slow log."}),
    Command({.name = "get",
             .parent = "slowlog",
             .arity = -2,
             .flags = kAdmin | kLoading | kStale,
             .group = CommandGroup::kServer,
             .run = SlowLogGet,
             .since = "2.2.12",
             .complexity = "O(N) where N is the number of entries returned",
             .summary = "Returns the newest entries of the slow log.",
             .syntax = "[count]",
             .history = "4.0.0: Entries have the client's address and name.",
             .tips = "request_policy:all_nodes\nnondeterministic_output"}),
    Command({.name = "help",
             .parent = "slowlog",
             .arity = 2,
             .flags = kLoading | kStale,
             .group = CommandGroup::kServer,
             .run = SlowLogHelp,
             .since = "6.2.0",
             .complexity = "O(1)",
             .summary = "Says what the subcommands do."}),
    Command({.name = "len",
             .parent = "slowlog",
             .arity = 2,
             .flags = kAdmin | kLoading | kStale,
             .group = CommandGroup::kServer,
             .run = SlowLogLen,
             .since = "2.2.12",
             .complexity = "O(1)",
             .summary = "Returns how many entries the slow log has.",
             .tips = "request_policy:all_nodes\nresponse_policy:agg_sum\nnondeterministic_output"}),
    Command({.name = "reset",
             .parent = "slowlog",
             .arity = 2,
             .flags = kAdmin | kLoading | kStale,
             .group = CommandGroup::kServer,
             .run = SlowLogReset,
             .since = "2.2.12",
             .complexity = "O(N) where N is the number of entries in the slowlog",
             .summary = "Empties the slow log.",
             .tips = "request_policy:all_nodes\nresponse_policy:all_succeeded"}),
};

}  // namespace

std::span<const CommandSpec> SlowLogCommands() {
  return kRows;
}

}  // namespace gotthard
