// CLIENT: what a client says of itself and wants for itself. What concerns other clients is in
// client_list.cc, client_kill.cc and client_pause.cc.
#include "commands/client_info.h"
#include "commands/client_rows.h"
#include "commands/families.h"
#include "commands/help.h"
#include "commands/join_rows.h"
#include "exec/context.h"

namespace gotthard {
namespace {

Status GetName(Context& ctx, const Args& /*args*/) {
  const std::string& name = ctx.session().name;
  return name.empty() ? ctx.reply().Null() : ctx.reply().Bulk(name);
}

// CLIENT SETNAME name; an empty one takes the name away.
Status SetName(Context& ctx, const Args& args) {
  GOTTHARD_RETURN_IF_ERROR(CheckClientName(args[2]));
  ctx.session().name = args[2];
  return ctx.reply().Ok();
}

// CLIENT SETINFO LIB-NAME name | LIB-VER version
Status SetInfo(Context& ctx, const Args& args) {
  std::string* target = nullptr;
  if (IsOption(args[2], "lib-name")) target = &ctx.session().lib_name;
  if (IsOption(args[2], "lib-ver")) target = &ctx.session().lib_version;
  std::string attribute(args[2]);
  if (target == nullptr) return Status::Error("ERR Unrecognized option '" + attribute + "'");
  if (!FitsClientLine(args[3])) {
    return Status::Error("ERR " + attribute +
                         " cannot contain spaces, newlines or special characters.");
  }
  *target = args[3];
  return ctx.reply().Ok();
}

// CLIENT REPLY ON | OFF | SKIP. Only ON answers.
Status Reply(Context& ctx, const Args& args) {
  Session& session = ctx.session();
  if (IsOption(args[2], "on")) {
    session.set(Session::kReplyOff, false);
    session.set(Session::kReplySkip, false);
    return ctx.reply().Ok();
  }
  if (IsOption(args[2], "off")) {
    session.set(Session::kReplyOff);
    return Status::Ok();
  }
  if (IsOption(args[2], "skip")) {
    if (!session.has(Session::kReplyOff)) session.set(Session::kReplySkipNext);
    return Status::Ok();
  }
  return kErrSyntax;
}

Status Switch(Context& ctx, const Args& args, Session::Flag flag) {
  const bool on = IsOption(args[2], "on");
  if (!on && !IsOption(args[2], "off")) return kErrSyntax;
  ctx.session().set(flag, on);
  return ctx.reply().Ok();
}

Status NoEvict(Context& ctx, const Args& args) {
  return Switch(ctx, args, Session::kNoEvict);
}
Status NoTouch(Context& ctx, const Args& args) {
  return Switch(ctx, args, Session::kNoTouch);
}

// Nobody's keys are tracked, so nothing is redirected.
constexpr int64_t kNoRedirect = -1;

Status GetRedir(Context& ctx, const Args& /*args*/) {
  return ctx.reply().Integer(kNoRedirect);
}

Status TrackingInfo(Context& ctx, const Args& /*args*/) {
  ReplyWriter& reply = ctx.reply();
  reply.MapHeader(3);
  reply.Bulk("flags");
  reply.SetHeader(1);
  reply.Bulk("off");
  reply.Bulk("redirect");
  reply.Integer(kNoRedirect);
  reply.Bulk("prefixes");
  return reply.EmptyArray();
}

Status Help(Context& ctx, const Args& args) {
  return ReplyHelp(ctx.reply(), args,
                   {
                       "GETNAME",
                       "    The connection's name.",
                       "GETREDIR",
                       "    The client that gets this one's invalidation messages, -1 if none.",
                       "ID",
                       "    The connection's id.",
                       "INFO",
                       "    What CLIENT LIST tells of this connection.",
                       "KILL <ip:port>",
                       "    End the connection from that address.",
                       "KILL <option> <value> [<option> <value> ...]",
                       "    End all connections for which every option holds:",
                       "    * ADDR <ip:port>|<unixsocket>:0: where the client is",
                       "    * ID <client-id>",
                       "    * LADDR <ip:port>|<unixsocket>:0: where it connected to",
                       "    * SKIPME YES|NO: leave this connection out (default: yes)",
                       "    * TYPE NORMAL|MASTER|REPLICA|PUBSUB",
                       "    * USER <username>",
                       "LIST [TYPE NORMAL|MASTER|REPLICA|PUBSUB | ID <client-id> ...]",
                       "    One line for each connection, or for those that are asked for.",
                       "NO-EVICT ON|OFF",
                       "    Whether this connection stays when clients are evicted for memory.",
                       "NO-TOUCH ON|OFF",
                       "    Whether this connection's reads leave LRU and LFU alone.",
                       "PAUSE <milliseconds> [WRITE|ALL]",
                       "    Let the commands, or the writing ones, of all clients wait.",
                       "REPLY ON|OFF|SKIP",
                       "    Answer everything, nothing, or all but the next command.",
                       "SETINFO LIB-NAME|LIB-VER <value>",
                       "    Say which client library this is.",
                       "SETNAME <name>",
                       "    Name the connection; an empty name takes it away.",
                       "TRACKINGINFO",
                       "    How keys are tracked for this connection.",
                       "UNBLOCK <client-id> [TIMEOUT|ERROR]",
                       "    End another client's wait: as if its time were over, or by an error.",
                       "UNPAUSE",
                       "    End a pause before its time.",
                   });
}

constexpr std::string_view kToAllNodes = "request_policy:all_nodes\nresponse_policy:all_succeeded";

constexpr CommandSpec kRows[] = {
    Command({.name = "client",
             .arity = -2,
             .flags = kContainer,
             .group = CommandGroup::kConnection,
             .since = "2.4.0",
             .complexity = "Depends on subcommand.",
             .summary = "Connections: this one's settings, and what others do."}),
    Command({.name = "getname",
             .parent = "client",
             .arity = 2,
             .flags = kClientFlags,
             .acl = kAclConnection,
             .group = CommandGroup::kConnection,
             .run = GetName,
             .since = "2.6.9",
             .complexity = "O(1)",
             .summary = "Tells the connection's name."}),
    Command({.name = "setname",
             .parent = "client",
             .arity = 3,
             .flags = kClientFlags,
             .acl = kAclConnection,
             .group = CommandGroup::kConnection,
             .run = SetName,
             .since = "2.6.9",
             .complexity = "O(1)",
             .summary = "Names the connection.",
             .syntax = "connection-name",
             .tips = kToAllNodes}),
    Command({.name = "setinfo",
             .parent = "client",
             .arity = 4,
             .flags = kClientFlags,
             .acl = kAclConnection,
             .group = CommandGroup::kConnection,
             .run = SetInfo,
             .since = "7.2.0",
             .complexity = "O(1)",
             .summary = "Says which client library uses the connection.",
             .syntax = "attr=<LIB-NAME libname | LIB-VER libver>",
             .tips = kToAllNodes}),
    Command({.name = "reply",
             .parent = "client",
             .arity = 3,
             .flags = kClientFlags,
             .acl = kAclConnection,
             .group = CommandGroup::kConnection,
             .run = Reply,
             .since = "3.2.0",
             .complexity = "O(1)",
             .summary = "Turns the connection's replies on or off, or skips one.",
             .syntax = "action=<ON | OFF | SKIP>"}),
    Command({.name = "no-evict",
             .parent = "client",
             .arity = 3,
             .flags = kClientAdminFlags,
             .acl = kAclConnection,
             .group = CommandGroup::kConnection,
             .run = NoEvict,
             .since = "7.0.0",
             .complexity = "O(1)",
             .summary = "Keeps the connection when clients are evicted for their memory.",
             .syntax = "enabled=<ON | OFF>"}),
    Command({.name = "no-touch",
             .parent = "client",
             .arity = 3,
             .flags = kClientFlags,
             .acl = kAclConnection,
             .group = CommandGroup::kConnection,
             .run = NoTouch,
             .since = "7.2.0",
             .complexity = "O(1)",
             .summary = "Lets the connection look at keys without it counting as a use.",
             .syntax = "enabled=<ON | OFF>"}),
    Command({.name = "getredir",
             .parent = "client",
             .arity = 2,
             .flags = kClientFlags,
             .acl = kAclConnection,
             .group = CommandGroup::kConnection,
             .run = GetRedir,
             .since = "6.0.0",
             .complexity = "O(1)",
             .summary = "Tells which client gets this one's invalidation messages."}),
    Command({.name = "trackinginfo",
             .parent = "client",
             .arity = 2,
             .flags = kClientFlags,
             .acl = kAclConnection,
             .group = CommandGroup::kConnection,
             .run = TrackingInfo,
             .since = "6.2.0",
             .complexity = "O(1)",
             .summary = "Tells how keys are tracked for the connection."}),
    Command({.name = "help",
             .parent = "client",
             .arity = 2,
             .flags = kLoading | kStale,
             .acl = kAclConnection,
             .group = CommandGroup::kConnection,
             .run = Help,
             .since = "5.0.0",
             .complexity = "O(1)",
             .summary = "Lists the subcommands and what they do."}),
};

}  // namespace

std::span<const CommandSpec> ClientCommands() {
  static const std::vector<CommandSpec> kAll =
      JoinRows({kRows, ClientListRows(), ClientKillRows(), ClientPauseRows()});
  return kAll;
}

}  // namespace gotthard
