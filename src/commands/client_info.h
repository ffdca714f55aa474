// What a client looks like to others: the line of CLIENT LIST, and the rules for the texts in it.
// Execution thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "exec/server_state.h"
#include "exec/session.h"

namespace gotthard {

// The request that a client is running, as far as its line tells of it.
struct RunningRequest {
  size_t argument_bytes = 0;  // all arguments
  size_t protocol_bytes = 0;  // with what RESP adds
};

// Appends a client's fields, "id=7 addr=127.0.0.1:52000 ...", with the names and in the order that
// Redis 7.2 documents for CLIENT LIST; no newline.
void AppendClientLine(const ServerState& server, const Session& session,
                      const RunningRequest& running, std::string* out);

// Where a client comes from and where it came to: "ip:port", or "path:0" of a Unix socket.
std::string ClientAddress(const Session& session);
std::string ClientLocalAddress(const Session& session);

// Whether a text can stand in a client's line: only visible ASCII characters. Empty is fine.
bool FitsClientLine(std::string_view text);
// The same for a name, as CLIENT SETNAME and HELLO SETNAME refuse it.
Status CheckClientName(std::string_view name);

// The kinds of clients that CLIENT LIST and CLIENT KILL tell apart.
enum class ClientType : uint8_t { kNormal, kMaster, kReplica, kPubsub };
std::optional<ClientType> ParseClientType(std::string_view name);
ClientType ClientTypeOf(const Session& session);
// "ERR Unknown client type ..."
Status UnknownClientType(std::string_view name);

// All clients but those that were killed and whose connections are about to end; oldest first.
std::vector<Session*> LiveSessions(SessionTable& sessions);
// The client with that id, or null; a killed one counts as gone. Cost: linear in the clients.
Session* FindClient(SessionTable& sessions, int64_t client_id);

}  // namespace gotthard
