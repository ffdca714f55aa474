// CONFIG: options at run time.
#include <string>
#include <utility>
#include <vector>

#include "commands/client_address.h"
#include "commands/families.h"
#include "commands/help.h"
#include "commands/info.h"
#include "exec/context.h"
#include "observe/log.h"

namespace gotthard {
namespace {

Status ConfigGet(Context& ctx, const Args& args) {
  std::vector<std::string_view> patterns;
  for (size_t i = 2; i < args.size(); ++i) patterns.push_back(args[i]);
  std::vector<ConfigStore::NameValue> found = ctx.server().config.Get(patterns);
  ctx.reply().MapHeader(found.size());
  for (const auto& [name, value] : found) {
    ctx.reply().Bulk(name);
    ctx.reply().Bulk(value);
  }
  return Status::Ok();
}

Status ConfigSet(Context& ctx, const Args& args) {
  if (args.size() % 2 != 0) return kErrSyntax;
  std::vector<ConfigStore::NameValueView> pairs;
  for (size_t i = 2; i < args.size(); i += 2) pairs.emplace_back(args[i], args[i + 1]);
  SetRequest request{.client_is_local = IsLocalClient(ctx.session())};
  GOTTHARD_RETURN_IF_ERROR(ctx.server().config.Set(pairs, request));
  return ctx.reply().Ok();
}

Status ConfigRewrite(Context& ctx, const Args& /*args*/) {
  Status status = ctx.server().config.Rewrite();
  Log* log = ctx.server().log;
  if (log != nullptr && status.ok()) log->Notice("CONFIG REWRITE executed with success.");
  if (log != nullptr && !status.ok()) {
    log->Warning("CONFIG REWRITE failed: " + std::string(status.text()));
  }
  GOTTHARD_RETURN_IF_ERROR(std::move(status));
  return ctx.reply().Ok();
}

Status ConfigResetStat(Context& ctx, const Args& /*args*/) {
  ResetStats(ctx.server());
  return ctx.reply().Ok();
}

Status ConfigHelp(Context& ctx, const Args& args) {
  return ReplyHelp(ctx.reply(), args,
                   {"GET <pattern> [<pattern> ...]",
                    "    Show the options whose names match, with their values.",
                    "SET <option> <value> [<option> <value> ...]",
                    "    Change options while the server runs: all of them, or none.", "RESETSTAT",
                    "    Set the counters that INFO shows back to zero.", "REWRITE",
                    "    Write the options as they are now to the configuration file."});
}

constexpr uint64_t kConfigFlags = kAdmin | kNoscript | kLoading | kStale;
constexpr std::string_view kAllNodes = "request_policy:all_nodes\nresponse_policy:all_succeeded";

constexpr CommandSpec kRows[] = {
    Command({.name = "config",
             .arity = -2,
             .flags = kContainer,
             .group = CommandGroup::kServer,
             .since = "2.0.0",
             .complexity = "Depends on subcommand.",
             .summary = "A container for commands about the configuration."}),
    Command({.name = "get",
             .parent = "config",
             .arity = -3,
             .flags = kConfigFlags,
             .group = CommandGroup::kServer,
             .run = ConfigGet,
             .since = "2.0.0",
             .complexity = "O(N) when N is the number of configuration parameters provided",
             .summary = "Returns the values of configuration options.",
             .syntax = "parameter [parameter ...]",
             .history = "7.0.0: Takes several patterns."}),
    Command({.name = "set",
             .parent = "config",
             .arity = -4,
             .flags = kConfigFlags,
             .group = CommandGroup::kServer,
             .run = ConfigSet,
             .since = "2.0.0",
             .complexity = "O(N) when N is the number of configuration parameters provided",
             .summary = "Changes configuration options while the server runs.",
             .syntax = "parameter value [parameter value ...]",
             .history = "7.0.0: Takes several options at once.",
             .tips = kAllNodes}),
    Command({.name = "rewrite",
             .parent = "config",
             .arity = 2,
             .flags = kConfigFlags,
             .group = CommandGroup::kServer,
             .run = ConfigRewrite,
             .since = "2.8.0",
             .complexity = "O(1)",
             .summary = "Writes the options as they are now to the configuration file.",
             .tips = kAllNodes}),
    Command({.name = "resetstat",
             .parent = "config",
             .arity = 2,
             .flags = kConfigFlags,
             .group = CommandGroup::kServer,
             .run = ConfigResetStat,
             .since = "2.0.0",
             .complexity = "O(1)",
             .summary = "Sets the counters that INFO shows back to zero.",
             .tips = kAllNodes}),
    Command({.name = "help",
             .parent = "config",
             .arity = 2,
             .flags = kLoading | kStale,
             .group = CommandGroup::kServer,
             .run = ConfigHelp,
             .since = "5.0.0",
             .complexity = "O(1)",
             .summary = "Says what the subcommands do."}),
};

}  // namespace

std::span<const CommandSpec> ConfigCommands() {
  return kRows;
}

}  // namespace gotthard
