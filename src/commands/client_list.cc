// CLIENT ID, INFO and LIST.
#include <algorithm>

#include "commands/client_info.h"
#include "commands/client_rows.h"
#include "exec/context.h"

namespace gotthard {
namespace {

Status Id(Context& ctx, const Args& /*args*/) {
  return ctx.reply().Integer(static_cast<int64_t>(ctx.session().client_id));
}

// Only the client that asks is running a request; its bytes are still in a buffer.
RunningRequest Running(const Args& args) {
  RunningRequest running;
  running.protocol_bytes = 3 + DigitCount(args.size());  // *N\r\n
  for (size_t i = 0; i < args.size(); ++i) {
    running.argument_bytes += args[i].size();
    running.protocol_bytes += 5 + DigitCount(args[i].size()) + args[i].size();  // $N\r\n...\r\n
  }
  return running;
}

void AppendLine(Context& ctx, const Args& args, const Session& session, std::string* text) {
  const bool asks = &session == &ctx.session();
  AppendClientLine(ctx.server(), session, asks ? Running(args) : RunningRequest{}, text);
  text->push_back('\n');
}

Status Info(Context& ctx, const Args& args) {
  std::string text;
  AppendLine(ctx, args, ctx.session(), &text);
  return ctx.reply().Verbatim("txt", text);
}

// CLIENT LIST ID: in the order asked for, as often as asked for; unknown ids are left out.
Status ListIds(Context& ctx, const Args& args) {
  static constexpr ErrorText kInvalidId{"ERR Invalid client ID"};
  const std::vector<Session*> live = LiveSessions(ctx.server().sessions);
  auto is_older = [](const Session* session, int64_t id) {
    return static_cast<int64_t>(session->client_id) < id;
  };
  std::string text;
  for (size_t i = 3; i < args.size(); ++i) {
    auto id = ParseInt64(args[i]);
    if (!id) return kInvalidId;
    auto found = std::lower_bound(live.begin(), live.end(), *id, is_older);
    if (found != live.end() && static_cast<int64_t>((*found)->client_id) == *id) {
      AppendLine(ctx, args, **found, &text);
    }
  }
  return ctx.reply().Verbatim("txt", text);
}

// CLIENT LIST [TYPE type | ID id [id ...]]
Status List(Context& ctx, const Args& args) {
  std::optional<ClientType> type;
  if (args.size() == 4 && IsOption(args[2], "type")) {
    type = ParseClientType(args[3]);
    if (!type) return UnknownClientType(args[3]);
  } else if (args.size() > 3 && IsOption(args[2], "id")) {
    return ListIds(ctx, args);
  } else if (args.size() != 2) {
    return kErrSyntax;
  }
  std::string text;
  for (const Session* session : LiveSessions(ctx.server().sessions)) {
    if (!type || ClientTypeOf(*session) == *type) AppendLine(ctx, args, *session, &text);
  }
  return ctx.reply().Verbatim("txt", text);
}

constexpr CommandSpec kRows[] = {
    Command({.name = "id",
             .parent = "client",
             .arity = 2,
             .flags = kClientFlags,
             .acl = kAclConnection,
             .group = CommandGroup::kConnection,
             .run = Id,
             .since = "5.0.0",
             .complexity = "O(1)",
             .summary = "Tells the connection's id."}),
    Command({.name = "info",
             .parent = "client",
             .arity = 2,
             .flags = kClientFlags,
             .acl = kAclConnection,
             .group = CommandGroup::kConnection,
             .run = Info,
             .since = "6.2.0",
             .complexity = "O(1)",
             .summary = "Tells what is known of the connection.",
             .tips = "nondeterministic_output"}),
    Command({.name = "list",
             .parent = "client",
             .arity = -2,
             .flags = kClientAdminFlags,
             .acl = kAclConnection,
             .group = CommandGroup::kConnection,
             .run = List,
             .since = "2.4.0",
             .complexity = "O(N) where N is the number of client connections",
             .summary = "Tells what is known of all connections, or of some.",
             .syntax = "[TYPE client-type=<NORMAL | MASTER | REPLICA | PUBSUB>]@5.0.0 "
                       "[ID client-id]...@6.2.0",
             .history = "2.8.12: Added unique client `id` field.\n"
                        "5.0.0: Added optional `TYPE` filter.\n"
                        "6.0.0: Added `user` field.\n"
                        "6.2.0: Added `argv-mem`, `tot-mem`, `laddr` and `redir` fields and the "
                        "optional `ID` filter.\n"
                        "7.0.0: Added `resp`, `multi-mem`, `rbs` and `rbp` fields.\n"
                        "7.0.3: Added `ssub` field.",
             .tips = "nondeterministic_output"}),
};

}  // namespace

std::span<const CommandSpec> ClientListRows() {
  return kRows;
}

}  // namespace gotthard
