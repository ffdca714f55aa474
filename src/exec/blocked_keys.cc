#include "exec/blocked_keys.h"

#include <cassert>
#include <utility>

#include "exec/session.h"

namespace gotthard {

void BlockedKeys::Add(Session& session) {
  KeyWait& wait = *session.key_wait;
  if (wait.ticket == 0) wait.ticket = ++last_ticket_;
  for (const std::string& key : wait.keys) {
    Waiting& waiting = keys_[Name{wait.db, key}];
    waiting.clients.emplace(wait.ticket, session.id);
    if (wait.on_deletion && waiting.on_deletion++ == 0) ++keys_on_deletion_;
  }
}

void BlockedKeys::Remove(Session& session) {
  const KeyWait& wait = *session.key_wait;
  for (const std::string& key : wait.keys) {
    const auto found = keys_.find(NameView{wait.db, key});
    assert(found != keys_.end());
    Waiting& waiting = found->second;
    waiting.clients.erase(wait.ticket);
    if (wait.on_deletion && --waiting.on_deletion == 0) --keys_on_deletion_;
    if (waiting.clients.empty()) keys_.erase(found);
  }
}

void BlockedKeys::MarkReady(uint32_t db, std::string_view key) {
  const auto found = keys_.find(NameView{db, key});
  if (found == keys_.end() || found->second.ready) return;
  found->second.ready = true;
  ready_.push_back(found->first);
}

void BlockedKeys::OnDatabaseReplaced(uint32_t db) {
  for (auto& [name, waiting] : keys_) {
    if (name.db != db || waiting.ready) continue;
    waiting.ready = true;
    ready_.push_back(name);
  }
}

std::vector<BlockedKeys::Name> BlockedKeys::TakeReady() {
  std::vector<Name> taken = std::exchange(ready_, {});
  for (const Name& name : taken) {
    if (const auto found = keys_.find(name); found != keys_.end()) found->second.ready = false;
  }
  return taken;
}

std::optional<BlockedKeys::Waiter> BlockedKeys::NextWaiter(const Name& key, uint64_t ticket) const {
  const auto found = keys_.find(key);
  if (found == keys_.end()) return std::nullopt;
  const auto next = found->second.clients.upper_bound(ticket);
  if (next == found->second.clients.end()) return std::nullopt;
  return Waiter{.ticket = next->first, .session = next->second};
}

bool BlockedKeys::WaitsForDeletion(const NameView& key) const {
  const auto found = keys_.find(key);
  return found != keys_.end() && found->second.on_deletion != 0;
}

}  // namespace gotthard
