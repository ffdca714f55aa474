// CLIENT KILL: by address, or by everything that is known of a client.
#include "commands/client_info.h"
#include "commands/client_rows.h"
#include "exec/context.h"

namespace gotthard {
namespace {

// Which clients are meant: those for which all that is set holds.
struct KillFilter {
  std::optional<std::string_view> address;
  std::optional<std::string_view> local_address;
  std::optional<std::string_view> user;
  std::optional<ClientType> type;
  std::optional<uint64_t> id;
  bool skip_me = true;

  bool Matches(const Session& session) const {
    if (address && ClientAddress(session) != *address) return false;
    if (local_address && ClientLocalAddress(session) != *local_address) return false;
    if (type && ClientTypeOf(session) != *type) return false;
    if (id && session.client_id != *id) return false;
    return !user || session.user == *user;
  }
};

Status ParseFilterOption(std::string_view name, std::string_view value, KillFilter* filter) {
  static constexpr ErrorText kBadId{"ERR client-id should be greater than 0"};
  if (IsOption(name, "id")) {
    auto id = ParseInt64(value);
    if (!id || *id < 1) return kBadId;
    filter->id = static_cast<uint64_t>(*id);
  } else if (IsOption(name, "type")) {
    filter->type = ParseClientType(value);
    if (!filter->type) return UnknownClientType(value);
  } else if (IsOption(name, "addr")) {
    filter->address = value;
  } else if (IsOption(name, "laddr")) {
    filter->local_address = value;
  } else if (IsOption(name, "user")) {
    // The only user there is.
    if (value != "default") return Status::Error("ERR No such user '" + std::string(value) + "'");
    filter->user = value;
  } else if (IsOption(name, "skipme")) {
    filter->skip_me = IsOption(value, "yes");
    if (!filter->skip_me && !IsOption(value, "no")) return kErrSyntax;
  } else {
    return kErrSyntax;
  }
  return Status::Ok();
}

// CLIENT KILL ip:port | option value [option value ...]
Status Kill(Context& ctx, const Args& args) {
  static constexpr ErrorText kNoSuchClient{"ERR No such client"};
  const bool by_address_alone = args.size() == 3;
  KillFilter filter;
  if (by_address_alone) {
    filter.address = args[2];
    filter.skip_me = false;
  }
  for (size_t i = 2; i < args.size() && !by_address_alone; i += 2) {
    if (i + 1 == args.size()) return kErrSyntax;
    GOTTHARD_RETURN_IF_ERROR(ParseFilterOption(args[i], args[i + 1], &filter));
  }
  int64_t killed = 0;
  for (Session* session : LiveSessions(ctx.server().sessions)) {
    if (!filter.Matches(*session)) continue;
    if (session == &ctx.session()) {
      if (filter.skip_me) continue;
      session->set(Session::kCloseAfterReply);  // who asks is told how it went
    } else {
      ctx.server().host->CloseConnection(*session);
    }
    ++killed;
  }
  if (!by_address_alone) return ctx.reply().Integer(killed);
  if (killed == 0) return kNoSuchClient;
  return ctx.reply().Ok();
}

constexpr CommandSpec kRows[] = {
    Command({.name = "kill",
             .parent = "client",
             .arity = -3,
             .flags = kClientAdminFlags,
             .acl = kAclConnection,
             .group = CommandGroup::kConnection,
             .run = Kill,
             .since = "2.4.0",
             .complexity = "O(N) where N is the number of client connections",
             .summary = "Ends connections.",
             .syntax = "filter=<old-format~ip:port | new-format=<[ID client-id]@2.8.12 | "
                       "[TYPE client-type=<NORMAL | MASTER@3.2.0 | SLAVE | REPLICA@5.0.0 | "
                       "PUBSUB>]@2.8.12 | [USER username] | [ADDR addr~ip:port] | "
                       "[LADDR laddr~ip:port]@6.2.0 | [SKIPME <YES | NO>]>...>",
             .history = "2.8.12: Added new filter format.\n"
                        "2.8.12: `ID` option.\n"
                        "3.2.0: Added `master` type in for `TYPE` option.\n"
                        "5.0.0: Replaced `slave` `TYPE` with `replica`. `slave` still supported "
                        "for backward compatibility.\n"
                        "6.2.0: `LADDR` option."}),
};

}  // namespace

std::span<const CommandSpec> ClientKillRows() {
  return kRows;
}

}  // namespace gotthard
