// BlockedKeys: which clients wait for which keys, in what order, and which of these keys were
// changed (execution thread).
//
// A client waits for some keys of one database (KeyWait, exec/session.h) and holds a ticket:
// whoever began to wait earlier has the lower one and is served first. Each change of the data
// passes by OnChange; a key that somebody waits for becomes ready there, once. The executor serves
// the ready keys after the command (or EXEC) that changed them, in the order in which they became
// ready, by running the waiting requests again (exec/executor_blocking.cc).
//
// While nobody waits a change costs one comparison; a client that waits costs nothing but memory.
// Limits: one node per client and key; clients are bounded by maxclients, their keys by a request.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "pipe/session_id.h"

namespace gotthard {

class Session;

class BlockedKeys {
 public:
  // A key by the number of its database: those who wait stay with the number (SWAPDB).
  struct Name {
    uint32_t db;
    std::string key;
  };
  struct Waiter {
    uint64_t ticket;
    SessionId session;
  };

  // Number of keys that somebody waits for, and of those whose deletion somebody waits for.
  size_t keys() const { return keys_.size(); }
  size_t keys_on_deletion() const { return keys_on_deletion_; }

  // Enters the session's key_wait; gives it the next ticket unless it has one.
  // REQUIRES: session.key_wait is set and not entered.
  void Add(Session& session);
  // Takes it out again. O(keys of the wait).
  void Remove(Session& session);

  // A key was changed, removed or replaced.
  void OnChange(uint32_t db, std::string_view key) {
    if (!keys_.empty()) [[unlikely]]
      MarkReady(db, key);
  }
  // A key's value is gone, whatever has come in its place: ready for those who want to know of
  // that.
  void OnDeletion(uint32_t db, std::string_view key) {
    if (keys_on_deletion_ != 0 && WaitsForDeletion(NameView{db, key})) [[unlikely]]
      MarkReady(db, key);
  }
  // All of a database's keys may have changed.
  void OnDatabaseReplaced(uint32_t db);

  bool has_ready() const { return !ready_.empty(); }
  // The ready keys, in order; none is ready afterwards.
  std::vector<Name> TakeReady();
  // The last ticket given out: later ones wait for the next turn.
  uint64_t last_ticket() const { return last_ticket_; }
  // Who waits for the key with the lowest ticket above `ticket`.
  std::optional<Waiter> NextWaiter(const Name& key, uint64_t ticket) const;
  // Whether one of those who wait for the key wants to know of its deletion.
  bool WaitsForDeletion(const Name& key) const {
    return WaitsForDeletion(NameView{key.db, key.key});
  }

 private:
  struct NameView {
    uint32_t db;
    std::string_view key;
  };
  struct Hash {
    using is_transparent = void;
    size_t operator()(const NameView& name) const {
      return std::hash<std::string_view>()(name.key) + name.db;
    }
    size_t operator()(const Name& name) const { return (*this)(NameView{name.db, name.key}); }
  };
  struct Equal {
    using is_transparent = void;
    template <typename A, typename B>
    bool operator()(const A& a, const B& b) const {
      return a.db == b.db && a.key == b.key;
    }
  };
  struct Waiting {
    std::map<uint64_t, SessionId> clients;  // by ticket
    uint32_t on_deletion = 0;               // how many of them want to know of a deletion
    bool ready = false;
  };
  using Keys = std::unordered_map<Name, Waiting, Hash, Equal>;

  void MarkReady(uint32_t db, std::string_view key);
  bool WaitsForDeletion(const NameView& key) const;

  Keys keys_;
  std::vector<Name> ready_;
  size_t keys_on_deletion_ = 0;
  uint64_t last_ticket_ = 0;
};

}  // namespace gotthard
