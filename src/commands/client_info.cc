#include "commands/client_info.h"

#include <algorithm>

#include "base/numbers.h"
#include "exec/args.h"
#include "exec/command_table.h"
#include "exec/session_memory.h"

namespace gotthard {
namespace {

// " name=value" after one another.
class Line {
 public:
  explicit Line(std::string* out) : out_(*out) {}
  void Field(std::string_view name, std::string_view value) { out_.append(name).append(value); }
  void Field(std::string_view name, int64_t value) {
    char digits[kMaxInt64Chars];
    out_.append(name).append(digits, FormatInt64(digits, value));
  }
  void Bytes(std::string_view name, size_t value) { Field(name, static_cast<int64_t>(value)); }

 private:
  std::string& out_;
};

std::string Flags(const Session& session) {
  struct Letter {
    Session::Flag flag;
    char letter;
  };
  static constexpr Letter kBeforeBlocked[] = {{Session::kMonitor, 'O'}, {Session::kMulti, 'x'}};
  static constexpr Letter kAfterBlocked[] = {
      {Session::kDirtyCas, 'd'},   {Session::kCloseAfterReply, 'c'}, {Session::kCloseAsap, 'A'},
      {Session::kUnixSocket, 'U'}, {Session::kReadOnlyReplica, 'r'}, {Session::kNoEvict, 'e'},
      {Session::kNoTouch, 'T'},
  };
  std::string text;
  for (const Letter& letter : kBeforeBlocked) {
    if (session.has(letter.flag)) text.push_back(letter.letter);
  }
  if (session.blocked()) text.push_back('b');
  for (const Letter& letter : kAfterBlocked) {
    if (session.has(letter.flag)) text.push_back(letter.letter);
  }
  return text.empty() ? "N" : text;
}

// Replies that wait to be sent: in the first chunk of their buffer, and behind it.
struct Output {
  size_t first_bytes;
  size_t more_chunks;
  size_t more_bytes;
};

Output OutputOf(const Session& session) {
  const size_t pending = session.output_pending_bytes();
  const size_t first = std::min(pending, ReplyBuffer::kFirstChunkBytes);
  const size_t more = pending - first;
  const size_t chunk = ReplyBuffer::kFirstChunkBytes;
  return {first, (more + chunk - 1) / chunk, more};
}

// A Unix socket's path gets a port, so that the field reads like an address.
std::string AddressText(const Session& session, const std::string& address) {
  return session.has(Session::kUnixSocket) ? address + ":0" : address;
}

}  // namespace

std::string ClientAddress(const Session& session) {
  return AddressText(session, session.address);
}

std::string ClientLocalAddress(const Session& session) {
  return AddressText(session, session.local_address);
}

void AppendClientLine(const ServerState& server, const Session& session,
                      const RunningRequest& running, std::string* out) {
  Line line(out);
  const int64_t now_s = server.now_ms / 1000;
  const Transaction* transaction = session.transaction.get();
  const Output output = OutputOf(session);
  line.Field("id=", static_cast<int64_t>(session.client_id));
  line.Field(" addr=", ClientAddress(session));
  line.Field(" laddr=", ClientLocalAddress(session));
  line.Field(" fd=", session.fd);
  line.Field(" name=", session.name);
  line.Field(" age=", now_s - session.created_ms / 1000);
  line.Field(" idle=", now_s - session.last_interaction_ms / 1000);
  line.Field(" flags=", Flags(session));
  line.Field(" db=", session.db);
  line.Field(" sub=0 psub=0 ssub=0", "");  // there are no channels to be subscribed to
  line.Field(" multi=", transaction == nullptr ? -1 : int64_t{transaction->count});
  line.Bytes(" qbuf=", session.query_buffer_bytes + running.protocol_bytes);
  line.Bytes(" qbuf-free=", QueryBufferFree(session, server.now_ms));
  line.Bytes(" argv-mem=", running.argument_bytes);
  line.Bytes(" multi-mem=", transaction == nullptr ? 0 : transaction->bytes.size());
  line.Field(" rbs=0 rbp=0", "");  // reply buffers are the I/O threads', no client has its own
  line.Bytes(" obl=", output.first_bytes);
  line.Bytes(" oll=", output.more_chunks);
  line.Bytes(" omem=", output.more_bytes);
  line.Bytes(" tot-mem=", SessionMemoryBytes(session, server.now_ms) + running.protocol_bytes);
  line.Field(" events=", session.output_pending_bytes() == 0 ? "r" : "rw");
  line.Field(" cmd=", session.last_row == UINT16_MAX
                          ? std::string_view("NULL")
                          : std::string_view(server.commands.row(session.last_row).full_name));
  line.Field(" user=", session.user);
  line.Field(" redir=", -1);
  line.Field(" resp=", static_cast<int64_t>(session.protocol));
  line.Field(" lib-name=", session.lib_name);
  line.Field(" lib-ver=", session.lib_version);
}

bool FitsClientLine(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '!' && c <= '~'; });
}

Status CheckClientName(std::string_view name) {
  static constexpr ErrorText kBadName{
      "ERR Client names cannot contain spaces, newlines or special characters."};
  if (!FitsClientLine(name)) return kBadName;
  return Status::Ok();
}

std::optional<ClientType> ParseClientType(std::string_view name) {
  if (IsOption(name, "normal")) return ClientType::kNormal;
  if (IsOption(name, "master")) return ClientType::kMaster;
  if (IsOption(name, "replica") || IsOption(name, "slave")) return ClientType::kReplica;
  if (IsOption(name, "pubsub")) return ClientType::kPubsub;
  return std::nullopt;
}

// Clients that monitor count as normal ones. The other types come with what they are named after.
ClientType ClientTypeOf(const Session& /*session*/) {
  return ClientType::kNormal;
}

Status UnknownClientType(std::string_view name) {
  return Status::Error("ERR Unknown client type '" + std::string(name) + "'");
}

std::vector<Session*> LiveSessions(SessionTable& sessions) {
  std::vector<Session*> live;
  live.reserve(sessions.size());
  sessions.ForEach([&](Session& session) {
    if (!session.has(Session::kCloseAsap)) live.push_back(&session);
  });
  // Slots are reused, client ids are not.
  std::sort(live.begin(), live.end(),
            [](const Session* a, const Session* b) { return a->client_id < b->client_id; });
  return live;
}

Session* FindClient(SessionTable& sessions, int64_t client_id) {
  Session* found = nullptr;
  sessions.ForEach([&](Session& session) {
    if (static_cast<int64_t>(session.client_id) == client_id) found = &session;
  });
  return found != nullptr && found->has(Session::kCloseAsap) ? nullptr : found;
}

}  // namespace gotthard
