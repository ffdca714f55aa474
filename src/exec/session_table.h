// SessionTable: every client's session, by slot. Execution thread.
//
// Slots are reused, the lowest free one first, and each use has a new generation, so an id of a
// client that is gone finds nothing. Session pointers stay valid until Remove.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "exec/session.h"

namespace gotthard {

class SessionTable {
 public:
  // Makes a session with a new client id. Never fails; maxclients is checked by who accepts.
  Session& Add();
  // The session, or nullptr when it is gone.
  Session* Find(SessionId id) {
    if (id.index >= slots_.size()) return nullptr;
    Slot& slot = slots_[id.index];
    return slot.generation == id.generation ? slot.session.get() : nullptr;
  }
  void Remove(SessionId id);
  size_t size() const { return count_; }
  // Runs fn(Session&) for every session, in order of slot. fn may remove the session it is given.
  template <typename Fn>
  void ForEach(Fn&& fn) {
    for (size_t i = 0; i < slots_.size(); ++i) {
      if (slots_[i].session != nullptr) fn(*slots_[i].session);
    }
  }

  // The same for at most `max` slots from `*at` on, which is left at where to go on (0: at the
  // end).
  template <typename Fn>
  void ForEachFrom(size_t& at, size_t max, Fn&& fn) {
    for (size_t i = 0; i < max; ++i, ++at) {
      if (at >= slots_.size()) {
        at = 0;
        return;
      }
      if (slots_[at].session != nullptr) fn(*slots_[at].session);
    }
  }

 private:
  struct Slot {
    std::unique_ptr<Session> session;
    uint32_t generation = 0;
  };
  std::vector<Slot> slots_;
  std::vector<uint32_t> free_;  // a heap, lowest first
  size_t count_ = 0;
  uint64_t next_client_id_ = 1;
};

}  // namespace gotthard
