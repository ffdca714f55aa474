#include "tests/commands/harness.h"

namespace gotthard {

TEST_CASE("WATCH takes thousands of keys, and each once") {
  Harness h;
  std::vector<std::string> watch{"WATCH"};
  for (int i = 0; i < 20'000; ++i) watch.push_back("k" + std::to_string(i % 19'000));
  TestClient& other = h.NewClient();
  CHECK(h.Run(watch) == Ok());
  CHECK(h.Run(watch) == Ok());
  CHECK(other.Run("WATCH k1 k2 k1") == Ok());
  CHECK(h.server().changes.watched_keys() == 19'000);
  CHECK(other.Run("SET k18999 x") == Ok());
  h.Run("MULTI");
  CHECK(h.Run("EXEC") == NilArray());
  other.Run("MULTI");
  CHECK(other.Run("EXEC") == Array({}));
  CHECK(h.server().changes.watched_keys() == 0);
}

TEST_CASE("EXEC outside of MULTI is an error, and MULTI does not nest") {
  Harness h;
  CHECK(h.Run("EXEC") == Error("ERR EXEC without MULTI"));
  CHECK(h.Run("DISCARD") == Error("ERR DISCARD without MULTI"));
  CHECK(h.Run("MULTI") == Ok());
  CHECK(h.Run("MULTI") == Error("ERR MULTI calls can not be nested"));
  CHECK(h.Run("WATCH k") == Error("ERR WATCH inside MULTI is not allowed"));
  CHECK(h.Run("EXEC") == Array({}));
}

TEST_CASE("an error while queueing makes EXEC abort") {
  Harness h;
  CHECK(h.Run("MULTI") == Ok());
  CHECK(h.Run("nosuchcommand").is_error());
  CHECK(h.Run("UNWATCH") == Simple("QUEUED"));
  CHECK(h.Run("EXEC") == Error("EXECABORT Transaction discarded because of previous errors."));
  CHECK(h.Run("EXEC") == Error("ERR EXEC without MULTI"));
}

TEST_CASE("DISCARD ends a transaction without running it") {
  Harness h;
  CHECK(h.Run("MULTI") == Ok());
  CHECK(h.Run("UNWATCH") == Simple("QUEUED"));
  CHECK(h.Run("DISCARD") == Ok());
  CHECK(h.Run("UNWATCH") == Ok());
}

namespace {

const char kOutOfMemory[] = "OOM command not allowed when used memory > 'maxmemory'.";

// The daemon tells the executor when the limit changes; here the test does.
void SetMaxMemory(Harness& h, const std::string& limit) {
  CHECK(h.NewClient().Run({"CONFIG", "SET", "maxmemory", limit}) == Ok());
  h.server().executor->ReadConfig();
}

}  // namespace

TEST_CASE("above maxmemory nothing is written or queued, but reads and ends go on") {
  Harness h;
  CHECK(h.Run("SET k v") == Ok());
  CHECK(h.Run("MULTI") == Ok());
  CHECK(h.Run("SET k w") == Simple("QUEUED"));
  TestClient& reader = h.NewClient();
  CHECK(reader.Run("MULTI") == Ok());
  CHECK(reader.Run("GET k") == Simple("QUEUED"));
  SetMaxMemory(h, "1");

  TestClient& other = h.NewClient();
  CHECK(other.Run("SET k x") == Error(kOutOfMemory));
  CHECK(other.Run("GET k") == Bulk("v"));
  CHECK(other.Run("DEL nothing") == Int(0));
  // A queue takes memory, whatever is queued.
  CHECK(other.Run("MULTI") == Ok());
  CHECK(other.Run("PING") == Error(kOutOfMemory));
  CHECK(other.Run("DISCARD") == Ok());
  CHECK(reader.Run("EXEC") == Bulks({"v"}));
  CHECK(h.Run("EXEC") ==
        Error(std::string("EXECABORT Transaction discarded because of: ") + kOutOfMemory));
  CHECK(h.Run("EXEC") == Error("ERR EXEC without MULTI"));

  SetMaxMemory(h, "0");
  CHECK(other.Run("SET k x") == Ok());
}

TEST_CASE("an EXEC that is refused ends its transaction") {
  Harness h;
  CHECK(h.Run("WATCH k") == Ok());
  CHECK(h.Run("MULTI") == Ok());
  CHECK(h.Run("EXEC now") ==
        Error("EXECABORT Transaction discarded because of: wrong number of arguments for 'exec' "
              "command"));
  CHECK(h.Run("PING") == Simple("PONG"));
  CHECK_FALSE(h.server().changes.has_watchers());
}

}  // namespace gotthard
