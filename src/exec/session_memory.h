// How much memory a client takes: CLIENT LIST's tot-mem, INFO's and MEMORY STATS' clients.
// Execution thread. Cost: a few additions, so all clients may be summed for INFO.
#pragma once

#include "exec/session.h"

namespace gotthard {

inline size_t SessionMemoryBytes(const Session& session) {
  size_t bytes = sizeof(Session) + session.name.capacity() + session.lib_name.capacity() +
                 session.lib_version.capacity() + session.address.capacity() +
                 session.local_address.capacity() + session.user.capacity();
  bytes += session.query_buffer_bytes + session.query_buffer_free;
  bytes += session.output_pending_bytes();
  bytes += session.watched.capacity() * sizeof(WatchedKey);
  if (session.transaction != nullptr) {
    bytes += sizeof(Transaction) + session.transaction->bytes.capacity() +
             session.transaction->words.capacity() * sizeof(uint64_t);
  }
  return bytes;
}

}  // namespace gotthard
