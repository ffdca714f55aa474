#include "exec/changes.h"

#include <algorithm>

#include "exec/session_table.h"

namespace gotthard {
namespace {

WatchedKey* FindWatched(Session& session, uint32_t db, std::string_view key) {
  for (WatchedKey& watched : session.watched) {
    if (watched.db == db && watched.name == key) return &watched;
  }
  return nullptr;
}

}  // namespace

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

void Changes::OnExpired(SessionTable& sessions, uint32_t db, std::string_view key) {
  ++dirty;
  if (watchers_.empty()) [[likely]]
    return;
  auto found = watchers_.find(WatchKey(db, key));
  if (found == watchers_.end()) return;
  for (SessionId id : found->second) {
    Session* session = sessions.Find(id);
    if (session == nullptr) continue;
    WatchedKey* watched = FindWatched(*session, db, key);
    if (watched != nullptr && watched->expired) {
      watched->expired = false;  // from now on it is absent, as it looked before
    } else {
      session->set(Session::kDirtyCas);
    }
  }
}

void Changes::OnDatabaseReplaced(SessionTable& sessions, uint32_t db, uint32_t replaced_by,
                                 FindPresence presence) {
  for (const auto& [joined, watchers] : watchers_) {
    if (joined.compare(0, sizeof(db), reinterpret_cast<const char*>(&db), sizeof(db)) != 0) {
      continue;
    }
    const std::string_view key = std::string_view(joined).substr(sizeof(db));
    const Presence before = presence(db, key);
    const Presence after =
        replaced_by == kNoDatabase ? Presence::kAbsent : presence(replaced_by, key);
    if (before == Presence::kAbsent && after == Presence::kAbsent) continue;
    for (SessionId id : watchers) {
      Session* session = sessions.Find(id);
      WatchedKey* watched = session == nullptr ? nullptr : FindWatched(*session, db, key);
      if (watched == nullptr) continue;
      if (watched->expired && after != Presence::kLive) {
        watched->expired = after == Presence::kExpired;  // expired or absent: not there, as before
      } else if (before == Presence::kAbsent && after == Presence::kExpired) {
        watched->expired = true;
      } else {
        session->set(Session::kDirtyCas);
      }
    }
  }
}

void Changes::Watch(Session& session, uint32_t db, std::string_view key, bool expired) {
  std::vector<SessionId>& watchers = watchers_[WatchKey(db, key)];
  // The shorter list tells whether it is watched already: there may be thousands of either.
  const bool watched =
      watchers.size() < session.watched.size()
          ? std::find(watchers.begin(), watchers.end(), session.id) != watchers.end()
          : FindWatched(session, db, key) != nullptr;
  if (watched) return;
  session.watched.push_back({db, std::string(key), expired});
  watchers.push_back(session.id);
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
