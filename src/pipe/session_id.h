// SessionId: how the I/O side and the execution side name one client to each other.
//
// A connection (socket, buffers) belongs to one I/O thread, its session (database, user,
// transaction) to the execution thread. Neither holds a pointer to the other, because either may go
// away while a message is under way: they agree on a slot number and the slot's generation, and
// whoever receives a message for a generation that is over drops it.
#pragma once

#include <cstdint>

namespace gotthard {

struct SessionId {
  uint32_t index = UINT32_MAX;  // slot in the session table; also the slot in the I/O thread's map
  uint32_t generation = 0;      // counts the slot's uses

  friend bool operator==(const SessionId&, const SessionId&) = default;
  bool valid() const { return index != UINT32_MAX; }
};

}  // namespace gotthard
