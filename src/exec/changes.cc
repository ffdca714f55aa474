#include "exec/changes.h"

#include <algorithm>

#include "exec/session_table.h"

namespace gotthard {

std::string Changes::WatchKey(uint32_t db, std::string_view key) {
  std::string joined(reinterpret_cast<const char*>(&db), sizeof(db));
  joined.append(key);
  return joined;
}

void Changes::OnChange(SessionTable& sessions, uint32_t db, std::string_view key) {
  ++dirty;
  if (watchers_.empty()) [[likely]]
    return;
  auto found = watchers_.find(WatchKey(db, key));
  if (found == watchers_.end()) return;
  for (SessionId id : found->second) {
    if (Session* session = sessions.Find(id)) session->set(Session::kDirtyCas);
  }
}

void Changes::OnDatabaseReplaced(SessionTable& sessions, uint32_t db) {
  for (const auto& [key, watchers] : watchers_) {
    if (key.compare(0, sizeof(db), reinterpret_cast<const char*>(&db), sizeof(db)) != 0) continue;
    for (SessionId id : watchers) {
      if (Session* session = sessions.Find(id)) session->set(Session::kDirtyCas);
    }
  }
}

void Changes::Watch(Session& session, uint32_t db, std::string_view key) {
  for (const WatchedKey& watched : session.watched) {
    if (watched.db == db && watched.name == key) return;
  }
  session.watched.push_back({db, std::string(key)});
  watchers_[WatchKey(db, key)].push_back(session.id);
}

void Changes::UnwatchAll(Session& session) {
  for (const WatchedKey& watched : session.watched) {
    auto found = watchers_.find(WatchKey(watched.db, watched.name));
    if (found == watchers_.end()) continue;
    std::erase(found->second, session.id);
    if (found->second.empty()) watchers_.erase(found);
  }
  session.watched.clear();
  session.set(Session::kDirtyCas, false);
}

}  // namespace gotthard
