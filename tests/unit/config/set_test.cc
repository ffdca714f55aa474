#include <algorithm>
#include <catch2/catch.hpp>

#include "memory_files.h"

using namespace gotthard;

TEST_CASE("CONFIG SET changes several options at once", "[config]") {
  TestStore t;
  CHECK(t.Set({{"maxmemory", "10000001"}, {"PORT", "1"}, {"save", "3000 5"}}) == "");
  CHECK(t.Get("maxmemory") == "10000001");
  CHECK(t.Get("port") == "1");
  CHECK(t.Get("save") == "3000 5");
  CHECK(t.Set({{"save", ""}, {"bind", ""}, {"latency-tracking-info-percentiles", ""}}) == "");
  CHECK(t.Get("save") == "");
  CHECK(t.store.values().bind.empty());
}

TEST_CASE("CONFIG SET refuses in the words of Redis, and then nothing has changed", "[config]") {
  TestStore t;
  const auto before = t.store.Get("*");
  CHECK(t.Set({{"timeout", "3"}, {"x", "1"}}) ==
        "ERR Unknown option or number of arguments for CONFIG SET - 'x'");
  CHECK(t.Set({{"timeout", "3"}, {"port", "99999"}}) ==
        "ERR CONFIG SET failed (possibly related to argument 'port') - argument must be between 0 "
        "and 65535 inclusive");
  CHECK(t.Set({{"maxmemory", "1"}, {"maxmemory-clients", "200%"}, {"hz", "x"}}) ==
        "ERR CONFIG SET failed (possibly related to argument 'maxmemory-clients') - percentage "
        "argument must be less or equal to 100");
  CHECK(t.Set({{"Daemonize", "yes"}}) ==
        "ERR CONFIG SET failed (possibly related to argument 'Daemonize') - can't set immutable "
        "config");
  CHECK(t.Set({{"timeout", "1"}, {"timeout", "2"}}) ==
        "ERR CONFIG SET failed (possibly related to argument 'timeout') - duplicate parameter");
  CHECK(t.Set({{"dir", "/tmp"}}) ==
        "ERR CONFIG SET failed (possibly related to argument 'dir') - can't set protected config");
  CHECK(t.Set({{"locale-collate", "nowhere"}}) ==
        "ERR CONFIG SET failed (possibly related to argument 'locale-collate') - Invalid locale "
        "name");
  CHECK(t.Set({{"activedefrag", "yes"}}).substr(0, 17) == "ERR CONFIG SET fa");
  CHECK(t.Set({{"notify-keyspace-events", "?"}}) ==
        "ERR CONFIG SET failed (possibly related to argument 'notify-keyspace-events') - Invalid "
        "event class character. Use 'Ag$lshzxeKEtmdn'.");
  CHECK(t.Set({{"proc-title-template", "{nope}"}}) ==
        "ERR CONFIG SET failed (possibly related to argument 'proc-title-template') - template "
        "format is invalid or contains unknown variables");
  CHECK(t.Set({{"appendonly", "yes"}}, {.client_is_local = true, .loading = true}) ==
        "LOADING Redis is loading the dataset in memory");
  CHECK(t.store.Get("*") == before);
}

TEST_CASE("Protected options open to everyone or to this machine", "[config]") {
  TestStore local;
  REQUIRE(local.Load("enable-protected-configs local") == "");
  CHECK(local.Set({{"dbfilename", "x"}}) != "");
  CHECK(local.Set({{"dbfilename", "x"}}, {.client_is_local = true, .loading = false}) == "");
  TestStore open;
  REQUIRE(open.Load("enable-protected-configs yes") == "");
  CHECK(open.Set({{"dir", "/data"}}) == "");
  CHECK(open.disk.dir == "/data");
  CHECK(open.Set({{"dir", "/missing"}}) ==
        "ERR CONFIG SET failed (possibly related to argument 'dir') - No such file or directory");
  CHECK(open.Get("dir") == "/data");
}

TEST_CASE("A hook that fails undoes the change, for those that ran before it, too", "[config]") {
  TestStore t;
  REQUIRE(t.Load("enable-protected-configs yes") == "");
  std::vector<std::string> calls;
  t.store.OnChange({"timeout", "tcp-keepalive"}, [&](const Config& config) {
    calls.push_back("timeout " + std::to_string(config.timeout));
    return Status::Ok();
  });
  t.store.OnChange("port", [&](const Config& config) {
    calls.push_back("port " + std::to_string(config.port));
    return config.port == 1 ? Status::Error("ERR Unable to listen on this port") : Status::Ok();
  });
  CHECK(t.Set({{"timeout", "5"}, {"tcp-keepalive", "5"}, {"maxclients", "7"}}) == "");
  CHECK(calls == std::vector<std::string>{"timeout 5"});
  calls.clear();
  CHECK(t.Set({{"timeout", "5"}}) == "");
  CHECK(calls.empty());  // it had the value

  CHECK(t.Set({{"dir", "/data"}, {"timeout", "6"}, {"port", "1"}, {"maxclients", "8"}}) ==
        "ERR CONFIG SET failed (possibly related to argument 'port') - Unable to listen on this "
        "port");
  CHECK(calls == std::vector<std::string>{"timeout 6", "port 1", "timeout 5", "port 6379"});
  CHECK(t.Get("timeout") == "5");
  CHECK(t.Get("maxclients") == "7");
  CHECK(t.disk.dir == "/start");
}

TEST_CASE("CONFIG GET takes names, patterns and aliases", "[config]") {
  TestStore t;
  using Pairs = std::vector<ConfigStore::NameValue>;
  CHECK(t.store.Get("MAXmemory") == Pairs{{"MAXmemory", "0"}});
  CHECK(t.store.Get("nothing").empty());
  CHECK(t.store.Get("*-ziplist-value") ==
        Pairs{{"hash-max-ziplist-value", "64"}, {"zset-max-ziplist-value", "64"}});
  CHECK(t.store.Get("*of") == Pairs{{"replicaof", ""}, {"slaveof", ""}});
  CHECK(t.Get("key-load-delay") == "0");
  CHECK(t.store.Get("key-load-delay*").empty());
  const std::string_view patterns[] = {"maxmemory", "maxmemory*", "bind"};
  const auto found = t.store.Get(patterns);
  CHECK(found.size() == 6);
  CHECK(std::count_if(found.begin(), found.end(),
                      [](const auto& pair) { return pair.first == "maxmemory"; }) == 1);
}

TEST_CASE("Whatever CONFIG GET * shows, CONFIG SET takes back, but for what is immutable",
          "[config]") {
  TestStore t;
  REQUIRE(t.Load("enable-protected-configs yes") == "");
  const auto all = t.store.Get("*");
  for (const auto& [name, value] : all) {
    INFO(name);
    if (FindOption(name)->Has(kOptImmutable)) continue;
    CHECK(t.Set({{name, value}}) == "");
  }
  CHECK(t.store.Get("*") == all);
}

TEST_CASE("Passwords are sensitive under any spelling", "[config]") {
  CHECK(ConfigStore::IsSensitive("RequirePass"));
  CHECK(ConfigStore::IsSensitive("masterauth"));
  CHECK_FALSE(ConfigStore::IsSensitive("port"));
  CHECK_FALSE(ConfigStore::IsSensitive("nothing"));
}
