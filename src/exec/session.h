// Session: what the execution thread knows of one client. Owned by the SessionTable, touched by the
// execution thread alone. The socket's side is net/connection.h; both know each other by SessionId.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pipe/batch_queue.h"
#include "pipe/session_id.h"
#include "resp/reply_writer.h"
#include "store/entry.h"

namespace gotthard {

class Session;
struct ServerState;

// What a blocked client waits for, so that CLIENT LIST, CLIENT UNBLOCK and INFO can tell.
// kCopy: for its own COPY; kHeld: for somebody's, whose source it would write to.
enum class BlockKind : uint8_t { kNone, kPause, kWait, kWaitAof, kKeys, kShutdown, kCopy, kHeld };

// A client's wait, created by a handler through ctx.Block().
struct BlockState {
  BlockKind kind = BlockKind::kNone;
  int64_t deadline_ms = 0;  // wall clock; 0 = none
  // Writes the reply of a wait that ran out of time (a handler's own function). Not null except for
  // kPause and kHeld.
  void (*on_timeout)(ServerState& server, Session& session, ReplyWriter& reply) = nullptr;
  int64_t numbers[3] = {};  // the handler's own: what WAIT was asked for, ...
};

// What a client that waits for keys is to do when one of them is ready: its request, to be run
// again. Made by Context::BlockForKeys, found by key through BlockedKeys (exec/blocked_keys.h).
struct KeyWait {
  Type type = Type::kString;  // what a key must hold to be ready
  bool on_deletion = false;   // also woken when a key goes or changes its type
  uint32_t db = 0;
  uint64_t ticket = 0;  // its place in the order of those who wait
  int64_t deadline_ms = 0;
  std::vector<std::string> keys;  // without duplicates
  std::string bytes;              // the request's arguments, copied
  std::vector<uint64_t> words;    // the request as a CommandStream over `bytes`
};

// Commands queued between MULTI and EXEC, their bytes copied.
struct Transaction {
  std::string bytes;
  std::vector<uint64_t> words;  // a CommandStream over `bytes`
  uint32_t count = 0;
  uint64_t flags = 0;   // the union of the queued rows' flags
  bool failed = false;  // an error while queueing: EXEC answers EXECABORT
};

struct WatchedKey {
  uint32_t db;
  std::string name;
  bool expired;  // it was there when WATCH came, but its time was over
};

class Session {
 public:
  enum Flag : uint32_t {
    kMulti = 1 << 0,     // between MULTI and EXEC
    kDirtyCas = 1 << 1,  // a watched key changed
    kMonitor = 1 << 2,
    kReplyOff = 1 << 3,
    kReplySkip = 1 << 4,      // the command being run gets no reply
    kReplySkipNext = 1 << 5,  // the next one gets none
    kNoEvict = 1 << 6,
    kNoTouch = 1 << 7,
    kUnixSocket = 1 << 8,
    kCloseAfterReply = 1 << 9,  // no further command is run
    kCloseAsap = 1 << 10,       // killed; waits for the connection's end
    kAuthenticated = 1 << 11,
    kInExec = 1 << 12,  // EXEC runs its queue
    kAdminPort = 1 << 13,
    kReadOnlyReplica = 1 << 14,
  };

  SessionId id;
  uint64_t client_id = 0;  // CLIENT ID: never reused
  uint32_t flags = 0;
  uint32_t db = 0;
  Protocol protocol = Protocol::kResp2;
  bool moving = false;  // its connection is on the way to another place; output is held
  uint16_t home = 0;    // 0: inline on the execution thread, else the I/O thread's number
  int fd = -1;          // as CLIENT LIST shows it; never used to do I/O
  uint16_t last_row = UINT16_MAX;
  int64_t created_ms = 0;
  int64_t last_interaction_ms = 0;
  uint64_t total_commands = 0;
  // Last known figures of the connection's buffers, reported with its batches.
  uint32_t query_buffer_bytes = 0;
  uint32_t query_buffer_free = 0;
  uint64_t output_sent_bytes = 0;     // handed over to the connection so far
  uint64_t output_flushed_bytes = 0;  // of these, known to have left
  std::string name;
  std::string lib_name;
  std::string lib_version;
  std::string address;  // "ip:port" or the socket's path
  std::string local_address;
  std::string user = "default";
  std::unique_ptr<Transaction> transaction;  // set between MULTI and EXEC
  std::vector<WatchedKey> watched;
  BlockState block;
  uint64_t copy_ticket = 0;           // of CopyJobs, while a request waits for copies; 0: none does
  std::unique_ptr<KeyWait> key_wait;  // set while it waits for keys
  // Set while its request is run again: the wait that this ended, and might go on.
  const KeyWait* retried = nullptr;
  // Work that waits while the client is blocked or paused: whole batches, and where in the first of
  // them to go on; null: at its beginning.
  BatchQueue parked;
  const uint64_t* parked_at = nullptr;
  // Output for a connection that is moving.
  std::vector<std::unique_ptr<CommandBatch>> held;

  bool has(Flag flag) const { return (flags & flag) != 0; }
  void set(Flag flag, bool on = true) { flags = on ? flags | flag : flags & ~uint32_t{flag}; }
  // Forgets what was queued; watched keys are the Changes' to forget.
  void EndTransaction() {
    transaction.reset();
    set(kMulti, false);
  }
  // Whether the command being run gets no reply.
  bool muted() const { return (flags & (kReplyOff | kReplySkip)) != 0; }
  bool blocked() const { return block.kind != BlockKind::kNone; }
  uint64_t output_pending_bytes() const { return output_sent_bytes - output_flushed_bytes; }
};

}  // namespace gotthard
