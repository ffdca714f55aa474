// Changes: the one door that every change of the data goes through (execution thread).
//
// A handler says what it changed once, through the Context. Whoever wants to know of changes
// listens here and nowhere else: the dirty counter and WATCH now; keyspace events, client tracking,
// blocked clients, the append-only log and the replicas as they come.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/function_ref.h"
#include "pipe/session_id.h"

namespace gotthard {

class Session;
class SessionTable;

// Classes of keyspace events (the letters of notify-keyspace-events).
inline constexpr char kEventGeneric = 'g';
inline constexpr char kEventString = '$';
inline constexpr char kEventList = 'l';
inline constexpr char kEventSet = 's';
inline constexpr char kEventHash = 'h';
inline constexpr char kEventZset = 'z';
inline constexpr char kEventExpired = 'x';
inline constexpr char kEventEvicted = 'e';
inline constexpr char kEventStream = 't';
inline constexpr char kEventKeyMiss = 'm';
inline constexpr char kEventNew = 'n';

// What a key looks like to WATCH.
enum class Presence : uint8_t { kAbsent, kLive, kExpired };

class Changes {
 public:
  using FindPresence = FunctionRef<Presence(uint32_t db, std::string_view key)>;
  static constexpr uint32_t kNoDatabase = UINT32_MAX;

  // Called by the Context; `sessions` finds the watchers.
  void OnChange(SessionTable& sessions, uint32_t db, std::string_view key);
  // An expired entry was removed: no change for those who saw it expired when they began to watch.
  void OnExpired(SessionTable& sessions, uint32_t db, std::string_view key);
  // Before `db` is emptied (FLUSHDB), or gets the contents of `replaced_by` (SWAPDB): every key
  // that is there, before or after, counts as changed.
  void OnDatabaseReplaced(SessionTable& sessions, uint32_t db, uint32_t replaced_by,
                          FindPresence presence);

  void Watch(Session& session, uint32_t db, std::string_view key, bool expired);
  void UnwatchAll(Session& session);

  // Number of changes since the last save (INFO rdb_changes_since_last_save).
  uint64_t dirty = 0;
  bool has_watchers() const { return !watchers_.empty(); }
  size_t watched_keys() const { return watchers_.size(); }

 private:
  static std::string WatchKey(uint32_t db, std::string_view key);
  std::unordered_map<std::string, std::vector<SessionId>> watchers_;  // by database and key
};

}  // namespace gotthard
