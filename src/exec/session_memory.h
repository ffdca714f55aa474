// How much memory a client takes: CLIENT LIST's tot-mem, INFO's and MEMORY STATS' clients.
// Execution thread. Cost: a few additions, so all clients may be summed for INFO.
#pragma once

#include "exec/session.h"

namespace gotthard {

// The part of a client's read buffer that holds nothing. Not counted for a client that has been
// silent for a while: it shares no buffer then, and what it has of its own for a large request was
// never written to.
inline size_t QueryBufferFree(const Session& session, int64_t now_ms) {
  constexpr int64_t kSilentMs = 2000;
  return now_ms - session.last_interaction_ms >= kSilentMs ? 0 : session.query_buffer_free;
}

inline size_t SessionMemoryBytes(const Session& session, int64_t now_ms) {
  size_t bytes = sizeof(Session) + session.name.capacity() + session.lib_name.capacity() +
                 session.lib_version.capacity() + session.address.capacity() +
                 session.local_address.capacity() + session.user.capacity();
  bytes += session.query_buffer_bytes + QueryBufferFree(session, now_ms);
  bytes += session.output_pending_bytes();
  bytes += session.watched.capacity() * sizeof(WatchedKey);
  if (session.key_wait != nullptr) {
    bytes += sizeof(KeyWait) + session.key_wait->bytes.capacity() +
             session.key_wait->words.capacity() * sizeof(uint64_t) +
             session.key_wait->keys.capacity() * sizeof(std::string);
  }
  if (session.transaction != nullptr) {
    bytes += sizeof(Transaction) + session.transaction->bytes.capacity() +
             session.transaction->words.capacity() * sizeof(uint64_t);
  }
  return bytes;
}

}  // namespace gotthard
