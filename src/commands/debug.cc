// DEBUG: for tests of this server and of clients; never for an application. It may crash the
// server.
//
// One row with a table of its own rather than rows of subcommands: Redis shows DEBUG as one command
// (COMMAND INFO, commandstats, ACL), and its test suite looks for that.
#include <string>

#include "commands/client_address.h"
#include "commands/debug_commands.h"
#include "commands/families.h"
#include "commands/help.h"

namespace gotthard {
namespace {

Status NeedsPersistence(Context& /*ctx*/, const Args& /*args*/) {
  return Status::Error("ERR This server does not save data to disk yet");
}
Status NeedsReplication(Context& /*ctx*/, const Args& /*args*/) {
  return Status::Error("ERR This server does not replicate data yet");
}
Status NeedsCluster(Context& /*ctx*/, const Args& /*args*/) {
  return Status::Error("ERR This server does not run in a cluster yet");
}
Status NeedsSupervisor(Context& /*ctx*/, const Args& /*args*/) {
  return Status::Error("ERR The server does not restart itself: leave that to its supervisor");
}
Status DebugHelp(Context& ctx, const Args& args);

struct Subcommand {
  std::string_view name;  // lower case
  size_t min_args;        // with DEBUG and the subcommand's name
  size_t max_args;
  Handler run;
};
constexpr size_t kAny = SIZE_MAX;
constexpr Subcommand kSubcommands[] = {
    {"aof-flush-sleep", 3, 3, NeedsPersistence},
    {"assert", 2, 2, DebugAssert},
    {"change-repl-id", 2, 2, NeedsReplication},
    {"client-eviction", 2, 2, DebugClientEviction},
    {"clusterlink", 5, 5, NeedsCluster},
    {"config-rewrite-force-all", 2, 2, DebugConfigRewriteForceAll},
    {"crash-and-recover", 2, 3, NeedsSupervisor},
    {"digest", 2, 2, DebugDigest},
    {"digest-value", 2, kAny, DebugDigestValue},
    {"drop-cluster-packet-filter", 3, 3, NeedsCluster},
    {"error", 3, 3, DebugError},
    {"help", 2, 2, DebugHelp},
    {"htstats", 3, 4, DebugHtStats},
    {"htstats-key", 3, 4, DebugHtStatsKey},
    {"leak", 3, 3, DebugLeak},
    {"listpack", 3, 3, DebugListpack},
    {"loadaof", 2, 2, NeedsPersistence},
    {"log", 3, 3, DebugLog},
    {"mallctl", 3, 4, DebugMallctl},
    {"mallctl-str", 3, 4, DebugMallctlStr},
    {"object", 3, 3, DebugObject},
    {"oom", 2, 2, DebugOom},
    {"panic", 2, 2, DebugPanic},
    {"pause-cron", 3, 3, DebugPauseCron},
    {"populate", 3, 5, DebugPopulate},
    {"protocol", 3, 3, DebugProtocol},
    {"quicklist", 3, 4, DebugQuicklist},
    {"quicklist-packed-threshold", 3, 3, DebugQuicklistThreshold},
    {"reload", 2, kAny, DebugReload},
    {"replicate", 3, kAny, NeedsReplication},
    {"replybuffer", 4, 4, DebugReplyBuffer},
    {"restart", 2, 3, NeedsSupervisor},
    {"sdslen", 3, 3, DebugSdsLen},
    {"segfault", 2, 2, DebugSegfault},
    {"set-active-expire", 3, 3, DebugSetActiveExpire},
    {"set-disable-deny-scripts", 3, 3, DebugSetDisableDenyScripts},
    {"set-skip-checksum-validation", 3, 3, DebugSetSkipChecksum},
    {"sleep", 3, 3, DebugSleep},
    {"stringmatch-len", 4, 4, DebugStringMatchLen},
    {"stringmatch-test", 2, 2, DebugStringMatchTest},
    {"structsize", 2, 2, DebugStructSize},
};

Status DebugHelp(Context& ctx, const Args& args) {
  return ReplyHelp(
      ctx.reply(), args,
      {"ASSERT | PANIC | SEGFAULT | OOM",
       "    End the server as such a failure would.",
       "CLIENT-EVICTION",
       "    Show how many clients take how much memory.",
       "CONFIG-REWRITE-FORCE-ALL",
       "    As CONFIG REWRITE, but write every option.",
       "DIGEST",
       "    Show a signature of all data; the same data has the same one, here and in Redis.",
       "DIGEST-VALUE <key> [<key> ...]",
       "    Show a signature of the value of each key.",
       "ERROR <text>",
       "    Reply with an error of this text.",
       "HTSTATS <dbid> [full]",
       "    Describe the hash table of a database.",
       "HTSTATS-KEY <key> [full]",
       "    Describe the hash table that a key holds.",
       "LEAK <text>",
       "    Lose the memory that the text takes.",
       "LISTPACK <key> | QUICKLIST <key> [<0|1>]",
       "    Describe a value of this encoding.",
       "LOG <text>",
       "    Write a line to the log.",
       "MALLCTL <name> [<number>] | MALLCTL-STR <name> [<text>]",
       "    Show or set a control of the allocator.",
       "OBJECT <key>",
       "    Describe a key's value as it is kept.",
       "PAUSE-CRON <0|1>",
       "    Stop and restart the periodic work.",
       "POPULATE <count> [<prefix>] [<size>]",
       "    Create strings named <prefix>:<number> (`key` if not said), where there are none.",
       "PROTOCOL <type>",
       "    Reply with a value of this type of the protocol.",
       "QUICKLIST-PACKED-THRESHOLD <size>",
       "    Choose from which size list elements stand alone.",
       "RELOAD",
       "    Put every value into the form that RDB files have, and make it anew from there.",
       "REPLYBUFFER <PEAK-RESET-TIME <ms|NEVER|RESET> | RESIZING <0|1>>",
       "    Change how reply buffers are resized.",
       "SDSLEN <key>",
       "    Show the lengths of a key and its string.",
       "SET-ACTIVE-EXPIRE <0|1>",
       "    Choose whether expired keys are removed that nobody asks for.",
       "SET-DISABLE-DENY-SCRIPTS <0|1>",
       "    Let scripts run what they may not.",
       "SET-SKIP-CHECKSUM-VALIDATION <0|1>",
       "    Trust files and payloads without their checksum.",
       "SLEEP <seconds>",
       "    Stop the server for a while. Decimals are allowed.",
       "STRINGMATCH-LEN <pattern> <text> | STRINGMATCH-TEST",
       "    Try the matching of patterns.",
       "STRUCTSIZE",
       "    Show the sizes of some structures."});
}

Status Debug(Context& ctx, const Args& args) {
  const int enabled = ctx.config().enable_debug_command;
  const bool allowed = enabled == Config::kProtectedYes ||
                       (enabled == Config::kProtectedLocal && IsLocalClient(ctx.session()));
  if (!allowed) {
    return Status::Error(
        "ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", "
        "you can run it from a local connection, otherwise you need to set this option in the "
        "configuration file, and then restart the server.");
  }
  for (const Subcommand& subcommand : kSubcommands) {
    if (!IsOption(args[1], subcommand.name)) continue;
    if (args.size() < subcommand.min_args || args.size() > subcommand.max_args) break;
    return subcommand.run(ctx, args);
  }
  return DebugSyntaxError(args);
}

constexpr CommandSpec kRows[] = {
    Command({.name = "debug",
             .arity = -2,
             .flags = kAdmin | kNoscript | kLoading | kStale | kSysCommand,
             .group = CommandGroup::kServer,
             .run = Debug,
             .since = "1.0.0",
             .complexity = "Depends on subcommand.",
             .summary = "A container for commands that tests need."}),
};

}  // namespace

Status DebugSyntaxError(const Args& args) {
  return Status::Error("ERR unknown subcommand or wrong number of arguments for '" +
                       std::string(args[1].substr(0, 128)) + "'. Try DEBUG HELP.");
}

std::span<const CommandSpec> DebugCommands() {
  return kRows;
}

}  // namespace gotthard
