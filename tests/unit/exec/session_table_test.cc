// Slots and generations: an id of a client that is gone finds nobody.
#include "exec/session_table.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <vector>

namespace gotthard {
namespace {

TEST_CASE("A session is found by its id until it is removed, and never by an old one") {
  SessionTable table;
  const SessionId first = table.Add().id;
  REQUIRE(table.Find(first) != nullptr);
  table.Remove(first);
  CHECK(table.Find(first) == nullptr);
  const SessionId second = table.Add().id;
  CHECK(second.index == first.index);  // the slot is used again
  CHECK(second.generation != first.generation);
  CHECK(table.Find(first) == nullptr);
  CHECK(table.Find(second) != nullptr);
  CHECK(table.Find(SessionId{}) == nullptr);
  CHECK(table.Find({1000, 0}) == nullptr);
}

TEST_CASE("Client ids are never used twice") {
  SessionTable table;
  uint64_t last = 0;
  for (int i = 0; i < 100; ++i) {
    Session& session = table.Add();
    CHECK(session.client_id > last);
    last = session.client_id;
    if (i % 3 != 0) table.Remove(session.id);
  }
}

TEST_CASE("The lowest free slot is taken first") {
  SessionTable table;
  std::vector<SessionId> ids;
  for (int i = 0; i < 10; ++i) ids.push_back(table.Add().id);
  for (const size_t i : {7u, 2u, 5u}) table.Remove(ids[i]);
  CHECK(table.size() == 7);
  CHECK(table.Add().id.index == 2);
  CHECK(table.Add().id.index == 5);
  CHECK(table.Add().id.index == 7);
  CHECK(table.Add().id.index == 10);
  CHECK(table.size() == 11);
}

TEST_CASE("Pointers stay valid while others come and go") {
  SessionTable table;
  Session& kept = table.Add();
  kept.name = "kept";
  for (int i = 0; i < 1000; ++i) table.Add();
  CHECK(table.Find(kept.id) == &kept);
  CHECK(kept.name == "kept");
}

TEST_CASE("A walk in steps visits every session once a round") {
  SessionTable table;
  std::vector<SessionId> ids;
  for (int i = 0; i < 25; ++i) ids.push_back(table.Add().id);
  for (size_t i = 0; i < ids.size(); i += 4) table.Remove(ids[i]);
  std::vector<uint32_t> seen;
  size_t at = 0;
  int steps = 0;
  do {
    table.ForEachFrom(at, 4, [&](Session& session) { seen.push_back(session.id.index); });
    ++steps;
  } while (at != 0);
  CHECK(steps == 7);
  CHECK(seen.size() == table.size());
  CHECK(std::is_sorted(seen.begin(), seen.end()));
  CHECK(std::adjacent_find(seen.begin(), seen.end()) == seen.end());
}

}  // namespace
}  // namespace gotthard
