// WATCH: what counts as a change of a watched key.
#include "exec/changes.h"

#include <catch2/catch.hpp>
#include <map>
#include <string>

#include "exec/session_table.h"

namespace gotthard {
namespace {

struct World {
  SessionTable sessions;
  Changes changes;
  std::map<std::pair<uint32_t, std::string>, Presence> keys;
  Session& session = sessions.Add();

  bool dirty() const { return session.has(Session::kDirtyCas); }
  void Replace(uint32_t db, uint32_t by = Changes::kNoDatabase) {
    changes.OnDatabaseReplaced(sessions, db, by, [&](uint32_t in, std::string_view key) {
      const auto found = keys.find({in, std::string(key)});
      return found == keys.end() ? Presence::kAbsent : found->second;
    });
  }
};

TEST_CASE("A change of a watched key in its database is seen by those who watch it") {
  World w;
  Session& other = w.sessions.Add();
  w.changes.Watch(w.session, 0, "k", false);
  w.changes.Watch(other, 1, "k", false);
  w.changes.OnChange(w.sessions, 0, "kk");
  w.changes.OnChange(w.sessions, 2, "k");
  CHECK_FALSE(w.dirty());
  w.changes.OnChange(w.sessions, 0, "k");
  CHECK(w.dirty());
  CHECK_FALSE(other.has(Session::kDirtyCas));
  CHECK(w.changes.dirty == 3);
}

TEST_CASE("UNWATCH forgets the keys and what happened to them") {
  World w;
  w.changes.Watch(w.session, 0, "k", false);
  w.changes.Watch(w.session, 0, "k", false);  // once is enough
  CHECK(w.changes.watched_keys() == 1);
  w.changes.OnChange(w.sessions, 0, "k");
  w.changes.UnwatchAll(w.session);
  CHECK_FALSE(w.dirty());
  CHECK_FALSE(w.changes.has_watchers());
  w.changes.OnChange(w.sessions, 0, "k");
  CHECK_FALSE(w.dirty());
}

TEST_CASE("The removal of a key that had expired before WATCH is no change, its return is one") {
  World w;
  w.changes.Watch(w.session, 0, "old", true);
  w.changes.OnExpired(w.sessions, 0, "old");
  CHECK_FALSE(w.dirty());
  w.changes.OnChange(w.sessions, 0, "old");
  CHECK(w.dirty());
}

TEST_CASE("A key that expires while it is watched has changed") {
  World w;
  w.changes.Watch(w.session, 0, "k", false);
  w.changes.OnExpired(w.sessions, 0, "k");
  CHECK(w.dirty());
}

TEST_CASE("Emptying a database changes the watched keys that were in it") {
  World w;
  w.changes.Watch(w.session, 0, "absent", false);
  w.Replace(0);
  CHECK_FALSE(w.dirty());
  w.keys[{0, "there"}] = Presence::kLive;
  w.changes.Watch(w.session, 0, "there", false);
  w.Replace(1);
  CHECK_FALSE(w.dirty());
  w.Replace(0);
  CHECK(w.dirty());
}

TEST_CASE("Exchanging databases changes keys that are on one side, and expired ones only live") {
  World w;
  w.keys[{1, "k"}] = Presence::kLive;
  w.changes.Watch(w.session, 0, "k", false);
  w.Replace(0, 1);
  CHECK(w.dirty());

  World expired;
  expired.keys[{1, "k"}] = Presence::kExpired;
  expired.changes.Watch(expired.session, 0, "k", false);
  expired.Replace(0, 1);  // it was not there and is not there
  CHECK_FALSE(expired.dirty());
  expired.changes.OnExpired(expired.sessions, 0, "k");
  CHECK_FALSE(expired.dirty());
}

TEST_CASE("A watcher that is gone is nobody's concern") {
  World w;
  w.changes.Watch(w.session, 0, "k", false);
  const SessionId id = w.session.id;
  w.sessions.Remove(id);
  w.changes.OnChange(w.sessions, 0, "k");
  w.changes.OnExpired(w.sessions, 0, "k");
  Session& next = w.sessions.Add();
  CHECK(next.id.index == id.index);
  CHECK_FALSE(next.has(Session::kDirtyCas));
}

}  // namespace
}  // namespace gotthard
