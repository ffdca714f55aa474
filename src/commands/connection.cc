// AUTH, HELLO, PING, ECHO, SELECT, QUIT, EXIT, RESET.
#include "base/version.h"
#include "commands/auth.h"
#include "commands/client_info.h"
#include "commands/families.h"
#include "commands/join_rows.h"
#include "commands/wait.h"
#include "exec/context.h"
#include "exec/executor.h"

namespace gotthard {
namespace {

// AUTH [username] password
Status Auth(Context& ctx, const Args& args) {
  static constexpr ErrorText kNoPassword{
      "ERR AUTH <password> called without any password configured for the default user. Are you "
      "sure your configuration is correct?"};
  for (size_t i = 1; i < args.size(); ++i) ctx.executor().Redact(i);
  if (args.size() > 3) return kErrSyntax;
  const bool named = args.size() == 3;
  // Only the short form tells that it is of no use; the long one succeeds with any password.
  if (!named && ctx.config().requirepass.empty()) return kNoPassword;
  GOTTHARD_RETURN_IF_ERROR(
      Authenticate(ctx, named ? args[1] : std::string_view("default"), args[args.size() - 1]));
  return ctx.reply().Ok();
}

// What HELLO was asked, before any of it is done.
struct HelloRequest {
  int64_t protocol = 0;  // 0: stay
  bool authenticate = false;
  std::string_view user;
  std::string_view password;
  bool set_name = false;
  std::string_view name;
};

Result<HelloRequest> ParseHello(Context& ctx, const Args& args) {
  static constexpr ErrorText kNotInteger{"ERR Protocol version is not an integer or out of range"};
  static constexpr ErrorText kNoProto{"NOPROTO unsupported protocol version"};
  HelloRequest request;
  if (args.size() > 1) {
    auto protocol = ParseInt64(args[1]);
    if (!protocol) return kNotInteger;
    if (*protocol < 2 || *protocol > 3) return kNoProto;
    request.protocol = *protocol;
  }
  for (size_t i = 2; i < args.size(); ++i) {
    const size_t more = args.size() - 1 - i;
    if (IsOption(args[i], "auth") && more >= 2) {
      ctx.executor().Redact(i + 1);
      ctx.executor().Redact(i + 2);
      request.authenticate = true;
      request.user = args[i + 1];
      request.password = args[i + 2];
      i += 2;
    } else if (IsOption(args[i], "setname") && more >= 1) {
      request.set_name = true;
      request.name = args[i + 1];
      if (Status bad = CheckClientName(request.name); !bad.ok()) return bad;
      i += 1;
    } else {
      return Status::Error("ERR Syntax error in HELLO option '" + std::string(args[i]) + "'");
    }
  }
  return request;
}

// HELLO [protover [AUTH username password] [SETNAME clientname]]
Status Hello(Context& ctx, const Args& args) {
  static constexpr ErrorText kNoAuthYet{
      "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO "
      "<proto> AUTH <user> <pass> option can be used to authenticate the client and select the "
      "RESP protocol version at the same time"};
  Result<HelloRequest> request = ParseHello(ctx, args);
  if (!request) return request.error();
  Session& session = ctx.session();
  if (request->authenticate) {
    GOTTHARD_RETURN_IF_ERROR(Authenticate(ctx, request->user, request->password));
  }
  if (!session.has(Session::kAuthenticated)) return kNoAuthYet;
  if (request->set_name) session.name = request->name;
  ReplyWriter& reply = ctx.reply();
  if (request->protocol != 0) {
    session.protocol = static_cast<Protocol>(request->protocol);
    reply.set_protocol(session.protocol);
  }
  reply.MapHeader(7);
  reply.Bulk("server");
  reply.Bulk("redis");  // clients look for this word
  reply.Bulk("version");
  reply.Bulk(kRedisVersion);
  reply.Bulk("proto");
  reply.Integer(static_cast<int64_t>(session.protocol));
  reply.Bulk("id");
  reply.Integer(static_cast<int64_t>(session.client_id));
  reply.Bulk("mode");
  reply.Bulk("standalone");
  reply.Bulk("role");
  reply.Bulk("master");
  reply.Bulk("modules");
  return reply.EmptyArray();
}

// PING [message]
Status Ping(Context& ctx, const Args& args) {
  static constexpr ErrorText kArity{"ERR wrong number of arguments for 'ping' command"};
  if (args.size() > 2) return kArity;
  return args.size() == 1 ? ctx.reply().Pong() : ctx.reply().Bulk(args[1]);
}

Status Echo(Context& ctx, const Args& args) {
  return ctx.reply().Bulk(args[1]);
}

// SELECT index
Status Select(Context& ctx, const Args& args) {
  static constexpr ErrorText kIntRange{
      "ERR value is out of range, value must between -2147483648 and 2147483647"};
  auto index = ParseInt64(args[1]);
  if (!index) return kErrNotInteger;
  if (*index < INT32_MIN || *index > INT32_MAX) return kIntRange;
  if (*index < 0 || *index >= ctx.config().databases) return kErrDbIndex;
  ctx.session().db = static_cast<uint32_t>(*index);
  return ctx.reply().Ok();
}

// QUIT takes and ignores any arguments, as Redis does.
Status Quit(Context& ctx, const Args& /*args*/) {
  ctx.session().set(Session::kCloseAfterReply);
  return ctx.reply().Ok();
}

// RESET: as a new connection stands, but for its id and the name of its library.
Status Reset(Context& ctx, const Args& /*args*/) {
  Session& session = ctx.session();
  if (session.has(Session::kMonitor)) {
    session.set(Session::kMonitor, false);
    --ctx.server().monitors;
  }
  session.transaction.reset();
  session.set(Session::kMulti, false);
  ctx.server().changes.UnwatchAll(session);
  session.db = 0;
  session.protocol = Protocol::kResp2;
  ctx.reply().set_protocol(session.protocol);
  ResetAuthentication(ctx);
  session.name.clear();
  for (Session::Flag flag : {Session::kReadOnlyReplica, Session::kReplyOff, Session::kReplySkip,
                             Session::kReplySkipNext, Session::kNoTouch, Session::kNoEvict}) {
    session.set(flag, false);
  }
  return ctx.reply().Simple("RESET");
}

constexpr uint64_t kAlways = kNoscript | kLoading | kStale | kFast | kNoAuth | kAllowBusy;

constexpr CommandSpec kRows[] = {
    Command({.name = "auth",
             .arity = -2,
             .flags = kAlways | kChangesAuth,
             .acl = kAclConnection,
             .group = CommandGroup::kConnection,
             .run = Auth,
             .since = "1.0.0",
             .complexity = "O(N) where N is the number of passwords defined for the user",
             .summary = "Logs the connection in.",
             .syntax = "[username]@6.0.0 password",
             .history = "6.0.0: Added ACL style (username and password)."}),
    Command({.name = "hello",
             .arity = -1,
             .flags = kAlways | kChangesAuth,
             .acl = kAclConnection,
             .group = CommandGroup::kConnection,
             .run = Hello,
             .since = "6.0.0",
             .complexity = "O(1)",
             .summary = "Chooses the protocol, and tells what server this is.",
             .syntax = "arguments=[protover [AUTH <username password>] [SETNAME clientname]]",
             .history = "6.2.0: `protover` made optional; when called without arguments the "
                        "command reports the current connection's context."}),
    Command({.name = "ping",
             .arity = -1,
             .flags = kFast,
             .acl = kAclConnection,
             .group = CommandGroup::kConnection,
             .run = Ping,
             .since = "1.0.0",
             .complexity = "O(1)",
             .summary = "Answers PONG, or what it was given.",
             .syntax = "[message]",
             .tips = "request_policy:all_shards\nresponse_policy:all_succeeded"}),
    Command({.name = "echo",
             .arity = 2,
             .flags = kLoading | kStale | kFast,
             .acl = kAclConnection,
             .group = CommandGroup::kConnection,
             .run = Echo,
             .since = "1.0.0",
             .complexity = "O(1)",
             .summary = "Answers what it was given.",
             .syntax = "message"}),
    Command({.name = "select",
             .arity = 2,
             .flags = kLoading | kStale | kFast,
             .acl = kAclConnection,
             .group = CommandGroup::kConnection,
             .run = Select,
             .since = "1.0.0",
             .complexity = "O(1)",
             .summary = "Chooses the database that the connection's commands work on.",
             .syntax = "index"}),
    Command({.name = "quit",
             .arity = -1,
             .flags = kAlways | kInTransaction,
             .acl = kAclConnection,
             .group = CommandGroup::kConnection,
             .run = Quit,
             .since = "1.0.0",
             .complexity = "O(1)",
             .summary = "Ends the connection.",
             .deprecated_since = "7.2.0",
             .replaced_by = "just closing the connection"}),
    // Gotthard's own: what people type to leave a terminal.
    Command({.name = "exit",
             .arity = -1,
             .flags = kAlways | kInTransaction,
             .acl = kAclConnection,
             .group = CommandGroup::kConnection,
             .run = Quit,
             .since = kGotthardVersion,
             .complexity = "O(1)",
             .summary = "Ends the connection, as QUIT does."}),
    Command({.name = "reset",
             .arity = 1,
             .flags = kAlways | kInTransaction,
             .acl = kAclConnection,
             .group = CommandGroup::kConnection,
             .run = Reset,
             .since = "6.2.0",
             .complexity = "O(1)",
             .summary = "Puts the connection back to how a new one starts."}),
};

}  // namespace

std::span<const CommandSpec> ConnectionCommands() {
  static const std::vector<CommandSpec> kAll = JoinRows({kRows, WaitRows()});
  return kAll;
}

}  // namespace gotthard
