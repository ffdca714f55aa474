// Keys of any type: deleting, renaming, copying, moving, looking at them.
#include <catch2/catch.hpp>

#include "store/lazy_free.h"
#include "tests/commands/harness.h"

using namespace gotthard;
using namespace gotthard::reply;

namespace {
const ReplyValue kSyntax = Error("ERR syntax error");
const ReplyValue kNotInteger = Error("ERR value is not an integer or out of range");
const ReplyValue kNoKey = Error("ERR no such key");
const ReplyValue kSameObject = Error("ERR source and destination objects are the same");
const ReplyValue kDbIndex = Error("ERR DB index is out of range");
}  // namespace

TEST_CASE("DEL, UNLINK, EXISTS and TOUCH count the keys they found") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  run("MSET a 1 b 2 c 3");
  CHECK(run("EXISTS a b missing a") == Int(3));
  CHECK(run("TOUCH a b missing") == Int(2));
  CHECK(run("DEL a missing a") == Int(1));
  CHECK(run("UNLINK b c b") == Int(2));
  CHECK(run("EXISTS a b c") == Int(0));
  CHECK(run("DEL a") == Int(0));
  CHECK(run("DEL") == Error("ERR wrong number of arguments for 'del' command"));
  run("SET gone v PX 10");
  h.AdvanceMs(11);
  CHECK(run("DEL gone") == Int(0));
}

TEST_CASE("Large values are deleted at once or by a background thread") {
  std::string lazy = GENERATE("no", "yes");
  Harness h("lazyfree-lazy-user-del " + lazy + "\nlazyfree-lazy-server-del " + lazy +
            "\nlazyfree-lazy-expire " + lazy);
  std::string big(1 << 20, 'x');
  for (const char* command : {"DEL", "UNLINK"}) {
    h.Run({"SET", "k", big});
    CHECK(h.Run({command, "k"}) == Int(1));
    CHECK(h.Run("GET k") == Nil());
    h.Run({"SET", "k", big});
    CHECK(h.Run("SET k small") == Ok());
    h.Run({"SET", "k", big, "PX", "5"});
    h.AdvanceMs(6);
    CHECK(h.Run("GET k") == Nil());
    CHECK(h.Run("DBSIZE") == Int(0));
  }
}

TEST_CASE("TYPE") {
  Harness h;
  CHECK(h.Run("TYPE k") == Simple("none"));
  h.Run("SET k 1");
  CHECK(h.Run("TYPE k") == Simple("string"));
  h.Run("APPEND k x");
  CHECK(h.Run("TYPE k") == Simple("string"));
}

TEST_CASE("RENAME takes value and expiry along and overwrites the target") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  CHECK(run("RENAME a b") == kNoKey);
  CHECK(run("RENAME a a") == kNoKey);
  run("SET a v EX 100");
  CHECK(run("RENAME a b") == Ok());
  CHECK(run("EXISTS a") == Int(0));
  CHECK(run("GET b") == Bulk("v"));
  CHECK(run("TTL b") == Int(100));
  run("SET c w");
  CHECK(run("RENAME c b") == Ok());
  CHECK(run("GET b") == Bulk("w"));
  CHECK(run("TTL b") == Int(-1));
  CHECK(run("RENAME b b") == Ok());
  CHECK(run("GET b") == Bulk("w"));
  CHECK(run("DBSIZE") == Int(1));
  run("SET x old PX 5");
  h.AdvanceMs(6);
  CHECK(run("RENAME x y") == kNoKey);
  CHECK(run("EXISTS y") == Int(0));
  std::string big(70000, 'b');
  h.Run({"SET", "big", big});
  CHECK(run("RENAME big bigger-name-than-before") == Ok());
  CHECK(run("GET bigger-name-than-before") == Bulk(big));
  run("SET n 77");
  CHECK(run("RENAME n m") == Ok());
  CHECK(run("INCR m") == Int(78));
}

TEST_CASE("RENAMENX leaves an existing target alone") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  CHECK(run("RENAMENX a b") == kNoKey);
  run("SET a 1 EX 10");
  CHECK(run("RENAMENX a b") == Int(1));
  CHECK(run("TTL b") == Int(10));
  run("SET a 2");
  CHECK(run("RENAMENX a b") == Int(0));
  CHECK(run("MGET a b") == Bulks({"2", "1"}));
  CHECK(run("RENAMENX a a") == Int(0));
  h.AdvanceMs(10001);
  CHECK(run("RENAMENX a b") == Int(1));
  CHECK(run("GET b") == Bulk("2"));
  CHECK(run("TTL b") == Int(-1));
}

TEST_CASE("COPY within a database and into another") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  CHECK(run("COPY a b") == Int(0));
  run("SET a v EX 100");
  CHECK(run("COPY a b") == Int(1));
  CHECK(run("MGET a b") == Bulks({"v", "v"}));
  CHECK(run("TTL b") == Int(100));
  run("SET a w");
  CHECK(run("GET b") == Bulk("v"));
  CHECK(run("COPY a b") == Int(0));
  CHECK(run("COPY a b REPLACE") == Int(1));
  CHECK(run("GET b") == Bulk("w"));
  CHECK(run("TTL b") == Int(-1));
  CHECK(run("COPY a a") == kSameObject);
  CHECK(run("COPY a a REPLACE") == kSameObject);
  CHECK(run("COPY a a DB 0") == kSameObject);
  CHECK(run("COPY a a DB 3") == Int(1));
  CHECK(run("COPY a a DB 3") == Int(0));
  CHECK(run("COPY a c DB 3 REPLACE") == Int(1));
  CHECK(run("COPY a b DB 16") == kDbIndex);
  CHECK(run("COPY a b DB -1") == kDbIndex);
  CHECK(run("COPY a b DB x") == kNotInteger);
  CHECK(run("COPY a b DB") == kSyntax);
  CHECK(run("COPY a b NOPE") == kSyntax);
  run("SELECT 3");
  CHECK(run("MGET a c") == Bulks({"w", "w"}));
  CHECK(run("DBSIZE") == Int(2));
  run("APPEND a -changed");
  run("SELECT 0");
  CHECK(run("GET a") == Bulk("w"));
}

TEST_CASE("A copy of a large value is a value of its own") {
  Harness h;
  std::string big(100000, 'x');
  h.Run({"SET", "a", big});
  CHECK(h.Run("COPY a b") == Int(1));
  CHECK(h.Run("SETRANGE b 0 y") == Int(100000));
  CHECK(h.Run("GET a") == Bulk(big));
  CHECK(h.Run("GETRANGE b 0 2") == Bulk("yxx"));
  CHECK(h.Run("APPEND a z") == Int(100001));
  CHECK(h.Run("STRLEN b") == Int(100000));
  CHECK(h.Run("DEL a") == Int(1));
  CHECK(h.Run("GETRANGE b -2 -1") == Bulk("xx"));
}

TEST_CASE("MOVE") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  CHECK(run("MOVE k 1") == Int(0));
  run("SET k v EX 100");
  CHECK(run("MOVE k 0") == kSameObject);
  CHECK(run("MOVE k 16") == kDbIndex);
  CHECK(run("MOVE k -1") == kDbIndex);
  CHECK(run("MOVE k one") == kNotInteger);
  CHECK(run("MOVE k 99999999999") ==
        Error("ERR value is out of range, value must between -2147483648 and 2147483647"));
  CHECK(run("MOVE k 1") == Int(1));
  CHECK(run("EXISTS k") == Int(0));
  run("SET k w");
  CHECK(run("MOVE k 1") == Int(0));
  run("SELECT 1");
  CHECK(run("GET k") == Bulk("v"));
  CHECK(run("TTL k") == Int(100));
  h.AdvanceMs(100001);
  run("SELECT 0");
  CHECK(run("MOVE k 1") == Int(1));
  run("SELECT 1");
  CHECK(run("GET k") == Bulk("w"));
  CHECK(run("TTL k") == Int(-1));
}

TEST_CASE("SWAPDB exchanges what two databases hold") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  run("SET a zero");
  run("SELECT 1");
  run("SET a one EX 100");
  run("SET b one");
  CHECK(run("SWAPDB 0 1") == Ok());
  CHECK(run("GET a") == Bulk("zero"));
  CHECK(run("DBSIZE") == Int(1));
  run("SELECT 0");
  CHECK(run("GET a") == Bulk("one"));
  CHECK(run("TTL a") == Int(100));
  CHECK(run("DBSIZE") == Int(2));
  CHECK(run("SWAPDB 0 0") == Ok());
  CHECK(run("SWAPDB 0 16") == kDbIndex);
  CHECK(run("SWAPDB -1 0") == kDbIndex);
  CHECK(run("SWAPDB x 0") == Error("ERR invalid first DB index"));
  CHECK(run("SWAPDB 0 x") == Error("ERR invalid second DB index"));
}

TEST_CASE("A swap and a flush touch the keys that a transaction watches") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  run("SET k 0");
  run("WATCH k");
  run("SWAPDB 0 1");
  run("MULTI");
  run("PING");
  CHECK(run("EXEC").is_null());
  run("SET k 0");
  run("WATCH k");
  run("FLUSHALL");
  run("MULTI");
  run("PING");
  CHECK(run("EXEC").is_null());
}

TEST_CASE("FLUSHDB and FLUSHALL, at once and in the background") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  for (const char* how : {"", " SYNC", " ASYNC", " async"}) {
    run("MSET a 1 b 2");
    run("SELECT 1");
    run("MSET c 3");
    run("SELECT 0");
    CHECK(run(std::string("FLUSHDB") + how) == Ok());
    CHECK(run("DBSIZE") == Int(0));
    CHECK(run("EXISTS a") == Int(0));
    run("SET a again");
    run("SELECT 1");
    CHECK(run("GET c") == Bulk("3"));
    CHECK(run(std::string("FLUSHALL") + how) == Ok());
    CHECK(run("DBSIZE") == Int(0));
    run("SELECT 0");
    CHECK(run("DBSIZE") == Int(0));
  }
  CHECK(run("FLUSHDB SYNC ASYNC") == kSyntax);
  CHECK(run("FLUSHALL BAD") == kSyntax);
  CHECK(run("SET a 1") == Ok());
  CHECK(run("INCR a") == Int(2));
}

TEST_CASE("lazyfree-lazy-user-flush decides where a plain flush frees") {
  std::string lazy = GENERATE("no", "yes");
  Harness h("lazyfree-lazy-user-flush " + lazy);
  h.Run("MSET a 1 b 2");
  CHECK(h.Run("FLUSHDB") == Ok());
  CHECK(h.Run("DBSIZE") == Int(0));
  CHECK(h.server().lazy_free.freed_objects() == (lazy == "yes" ? 1 : 0));
  h.Run("MSET a 1 b 2");
  CHECK(h.Run("FLUSHALL SYNC") == Ok());
  CHECK(h.server().lazy_free.freed_objects() == (lazy == "yes" ? 1 : 0));
  h.Run("MSET a 1 b 2");
  CHECK(h.Run("FLUSHALL ASYNC") == Ok());
  CHECK(h.server().lazy_free.freed_objects() == (lazy == "yes" ? 2 : 1));
}

TEST_CASE("RANDOMKEY answers keys that are there") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  CHECK(run("RANDOMKEY") == Nil());
  run("SET only 1");
  CHECK(run("RANDOMKEY") == Bulk("only"));
  run("SET other 1");
  bool only = false;
  bool other = false;
  for (int i = 0; i < 200; ++i) {
    std::string key = run("RANDOMKEY").text;
    only |= key == "only";
    other |= key == "other";
    REQUIRE((key == "only" || key == "other"));
  }
  CHECK(only);
  CHECK(other);
  run("DEL only other");
  run("SET soon 1 PX 10");
  h.AdvanceMs(11);
  CHECK(run("RANDOMKEY") == Nil());
}

TEST_CASE("DBSIZE") {
  Harness h;
  CHECK(h.Run("DBSIZE") == Int(0));
  h.Run("MSET a 1 b 2 a 3");
  CHECK(h.Run("DBSIZE") == Int(2));
  CHECK(h.Run("DBSIZE now") == Error("ERR wrong number of arguments for 'dbsize' command"));
}

TEST_CASE("OBJECT tells of a key's inside without touching it") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  CHECK(run("OBJECT ENCODING k") == Nil());
  CHECK(run("OBJECT REFCOUNT k") == Nil());
  CHECK(run("OBJECT IDLETIME k") == Nil());
  CHECK(run("OBJECT FREQ k") == Nil());
  run("SET k hello");
  CHECK(run("OBJECT ENCODING k") == Bulk("embstr"));
  CHECK(run("OBJECT REFCOUNT k") == Int(1));
  CHECK(run("OBJECT IDLETIME k") == Int(0));
  h.AdvanceMs(5000);
  CHECK(run("OBJECT IDLETIME k") == Int(5));
  run("TTL k");
  run("TYPE k");
  run("EXISTS k");
  CHECK(run("OBJECT IDLETIME k") == Int(5));
  run("GET k");
  CHECK(run("OBJECT IDLETIME k") == Int(0));
  h.AdvanceMs(3000);
  CHECK(run("OBJECT IDLETIME k") == Int(3));
  run("TOUCH k");
  CHECK(run("OBJECT IDLETIME k") == Int(0));
  CHECK(run("OBJECT FREQ k") ==
        Error("ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please "
              "note that when switching between policies at runtime LRU and LFU data will take "
              "some time to adjust."));
  CHECK(run("OBJECT HELP").kind == ReplyValue::Kind::kArray);
  CHECK(run("OBJECT HELP").elements.front() ==
        Simple("OBJECT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"));
  CHECK(run("OBJECT HELP").elements.size() == 11);
  CHECK(run("OBJECT") == Error("ERR wrong number of arguments for 'object' command"));
  CHECK(run("OBJECT ENCODING") ==
        Error("ERR wrong number of arguments for 'object|encoding' command"));
  CHECK(run("OBJECT BAD k") == Error("ERR unknown subcommand 'BAD'. Try OBJECT HELP."));
}

TEST_CASE("OBJECT FREQ counts accesses under an LFU policy") {
  Harness h("maxmemory-policy allkeys-lfu");
  auto run = [&](std::string_view line) { return h.Run(line); };
  run("SET k v");
  CHECK(run("OBJECT FREQ k").kind == ReplyValue::Kind::kInteger);
  int64_t before = run("OBJECT FREQ k").integer;
  for (int i = 0; i < 300; ++i) run("GET k");
  CHECK(run("OBJECT FREQ k").integer > before);
  CHECK(run("OBJECT IDLETIME k") ==
        Error("ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that "
              "when switching between policies at runtime LRU and LFU data will take some time to "
              "adjust."));
}

TEST_CASE("Commands on keys do not see a key whose time is over") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  for (const char* line : {"GET k", "TYPE k", "EXISTS k", "TTL k", "STRLEN k", "COPY k other",
                           "MOVE k 1", "PERSIST k", "OBJECT ENCODING k", "DEL k", "GETDEL k"}) {
    ReplyValue missing = run(line);
    run("SET k v PX 10");
    h.AdvanceMs(11);
    CHECK(run(line) == missing);
    CHECK(run("DBSIZE") == Int(0));
  }
}
