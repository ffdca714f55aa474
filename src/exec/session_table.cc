#include "exec/session_table.h"

#include <algorithm>
#include <cassert>
#include <functional>

namespace gotthard {

Session& SessionTable::Add() {
  uint32_t index = 0;
  if (free_.empty()) {
    index = static_cast<uint32_t>(slots_.size());
    slots_.emplace_back();
  } else {
    std::pop_heap(free_.begin(), free_.end(), std::greater<>());
    index = free_.back();
    free_.pop_back();
  }
  Slot& slot = slots_[index];
  slot.session = std::make_unique<Session>();
  slot.session->id = {index, slot.generation};
  slot.session->client_id = next_client_id_++;
  ++count_;
  return *slot.session;
}

void SessionTable::Remove(SessionId id) {
  assert(Find(id) != nullptr);
  Slot& slot = slots_[id.index];
  slot.session.reset();
  ++slot.generation;
  free_.push_back(id.index);
  std::push_heap(free_.begin(), free_.end(), std::greater<>());
  --count_;
}

}  // namespace gotthard
