// Hashes: fields with an expiry of their own.
#include <catch2/catch.hpp>
#include <map>
#include <string>

#include "base/random.h"
#include "commands/hash.h"
#include "tests/commands/harness.h"

using namespace gotthard;
using namespace gotthard::reply;

namespace {

// Settings under which a hash of a few fields is a listpack, or a table.
const char* Form() {
  return GENERATE("hash-max-listpack-entries 128", "hash-max-listpack-entries 0");
}

ReplyValue Ints(std::initializer_list<int64_t> numbers) {
  std::vector<ReplyValue> elements;
  for (int64_t number : numbers) elements.push_back(Int(number));
  return Array(std::move(elements));
}

// What the server does from time to time.
void ExpireFields(Harness& h, const char* key) {
  while (!ExpireHashFields(h.server(), 0, key)) {
  }
}

}  // namespace

TEST_CASE("HEXPIRE and its sisters set one moment, HTTL and its sisters tell it") {
  Harness h(Form());
  auto run = [&](std::string_view line) { return h.Run(line); };
  run("HSET h a 1 b 2 c 3");
  CHECK(run("HTTL h FIELDS 2 a x") == Ints({-1, -2}));
  CHECK(run("HEXPIRE h 10 FIELDS 2 a x") == Ints({1, -2}));
  CHECK(run("HTTL h FIELDS 3 a b x") == Ints({10, -1, -2}));
  CHECK(run("HPEXPIRE h 1500 FIELDS 1 b") == Ints({1}));
  CHECK(run("HPTTL h FIELDS 2 a b") == Ints({10000, 1500}));
  CHECK(run("HEXPIREAT h 33177117420 FIELDS 1 a") == Ints({1}));
  CHECK(run("HEXPIRETIME h FIELDS 1 a") == Ints({33177117420}));
  CHECK(run("HPEXPIREAT h 33177117420999 FIELDS 1 a") == Ints({1}));
  CHECK(run("HPEXPIRETIME h FIELDS 1 a") == Ints({33177117420999}));
  CHECK(run("HPERSIST h FIELDS 3 a c x") == Ints({1, -1, -2}));
  CHECK(run("HTTL h FIELDS 1 a") == Ints({-1}));
  CHECK(run("HGET h a") == Bulk("1"));
  for (const char* command : {"HTTL", "HPTTL", "HEXPIRETIME", "HPEXPIRETIME", "HPERSIST"}) {
    CHECK(h.Run({command, "none", "FIELDS", "2", "a", "b"}) == Ints({-2, -2}));
  }
  CHECK(run("HEXPIRE none 10 FIELDS 1 a") == Ints({-2}));
}

TEST_CASE("a field with an expiry makes the listpack a listpackex") {
  Harness h;
  h.Run("HSET h a 1 b 2");
  h.Run("HEXPIRE h 10 FIELDS 1 x");
  CHECK(h.Run("OBJECT ENCODING h") == Bulk("listpack"));
  h.Run("HEXPIRE h 10 FIELDS 1 b");
  CHECK(h.Run("OBJECT ENCODING h") == Bulk("listpackex"));
  h.Run("HSET h c 3");
  CHECK(h.Run("HTTL h FIELDS 3 a b c") == Ints({-1, 10, -1}));
  h.Run("CONFIG SET hash-max-listpack-entries 3");
  h.Run("HSET h d 4");
  CHECK(h.Run("OBJECT ENCODING h") == Bulk("hashtable"));
  CHECK(h.Run("HTTL h FIELDS 4 a b c d") == Ints({-1, 10, -1, -1}));
}

TEST_CASE("HRANDFIELD ends even if more is wanted than lives") {
  Harness h(Form());
  std::string live = "HSET h";
  std::string due = "HSET h";
  std::string expire = "HPEXPIRE h 100 FIELDS 80";
  for (int i = 0; i < 20; ++i) live += " live" + std::to_string(i) + " v";
  for (int i = 0; i < 80; ++i) {
    due += " due" + std::to_string(i) + " v";
    expire += " due" + std::to_string(i);
  }
  h.Run(live);
  h.Run(due);
  h.Run(expire);
  h.AdvanceMs(101);
  // A third of the fields that HLEN counts: more than there are.
  const ReplyValue drawn = h.Run("HRANDFIELD h 33");
  std::map<std::string, int> names;
  for (const ReplyValue& name : drawn.elements) ++names[name.text];
  CHECK(names.size() == 20);
  CHECK(names.begin()->first.starts_with("live"));
  CHECK(h.Run("HRANDFIELD h 33 WITHVALUES").elements.size() == 40);
  // Three times this number is 2 in 64 bits.
  CHECK(h.Run("HRANDFIELD h 6148914691236517206").elements.size() == 20);
}

TEST_CASE("an expired field is gone for every command") {
  Harness h(Form());
  auto run = [&](std::string_view line) { return h.Run(line); };
  run("HSET h a 1 b 2 c 3 d 4");
  run("HPEXPIRE h 100 FIELDS 2 a b");
  h.AdvanceMs(100);
  CHECK(run("HGET h a") == Bulk("1"));
  h.AdvanceMs(1);
  CHECK(run("HGET h a") == Nil());
  CHECK(run("HMGET h a c") == Array({Nil(), Bulk("3")}));
  CHECK(run("HEXISTS h a") == Int(0));
  CHECK(run("HSTRLEN h a") == Int(0));
  CHECK(run("HTTL h FIELDS 1 a") == Ints({-2}));
  CHECK(run("HPERSIST h FIELDS 1 a") == Ints({-2}));
  CHECK(run("HEXPIRE h 10 FIELDS 1 a") == Ints({-2}));
  CHECK(run("HDEL h a") == Int(0));
  CHECK(run("HSETNX h b new") == Int(1));
  CHECK(run("HTTL h FIELDS 1 b") == Ints({-1}));
  run("HDEL h b d");
  CHECK(run("HGETALL h") == Bulks({"c", "3"}));
  CHECK(run("HKEYS h") == Bulks({"c"}));
  CHECK(run("HVALS h") == Bulks({"3"}));
  CHECK(run("HRANDFIELD h 5") == Bulks({"c"}));
  CHECK(run("HSCAN h 0") == Array({Bulk("0"), Bulks({"c", "3"})}));
}

TEST_CASE("HSET takes a field's expiry away, HINCRBY keeps it") {
  Harness h(Form());
  h.Run("HSET h a 1 b 2 c 3");
  h.Run("HEXPIRE h 10 FIELDS 3 a b c");
  h.Run("HSET h a 5");
  h.Run("HINCRBY h b 5");
  h.Run("HINCRBYFLOAT h c 0.5");
  CHECK(h.Run("HTTL h FIELDS 3 a b c") == Ints({-1, 10, 10}));
  CHECK(h.Run("HMGET h a b c") == Bulks({"5", "7", "3.5"}));
}

TEST_CASE("NX, XX, GT and LT decide whether a field's expiry is set") {
  Harness h(Form());
  auto run = [&](std::string_view line) { return h.Run(line); };
  run("HSET h a 1 b 2");
  CHECK(run("HEXPIRE h 100 XX FIELDS 1 a") == Ints({0}));
  CHECK(run("HEXPIRE h 100 GT FIELDS 1 a") == Ints({0}));
  CHECK(run("HEXPIRE h 100 LT FIELDS 1 b") == Ints({1}));
  CHECK(run("HEXPIRE h 100 NX FIELDS 2 a b") == Ints({1, 0}));
  CHECK(run("HEXPIRE h 50 GT FIELDS 1 a") == Ints({0}));
  CHECK(run("HEXPIRE h 150 GT FIELDS 1 a") == Ints({1}));
  CHECK(run("HEXPIRE h 200 LT FIELDS 1 a") == Ints({0}));
  CHECK(run("HEXPIRE h 20 LT FIELDS 1 a") == Ints({1}));
  CHECK(run("HEXPIRE h 30 XX FIELDS 1 a") == Ints({1}));
  CHECK(run("HTTL h FIELDS 2 a b") == Ints({30, 100}));
}

TEST_CASE("a time in the past removes the field, and the hash with its last one") {
  Harness h(Form());
  h.Run("HSET h a 1 b 2");
  CHECK(h.Run("HEXPIRE h 0 FIELDS 1 a") == Ints({2}));
  CHECK(h.Run("HGETALL h") == Bulks({"b", "2"}));
  CHECK(h.Run("HPEXPIREAT h 1 FIELDS 1 b") == Ints({2}));
  CHECK(h.Run("EXISTS h") == Int(0));
}

TEST_CASE("the arguments of the expiry commands are checked in Redis's words") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  run("HSET h f v");
  const ReplyValue missing =
      Error("ERR Mandatory argument FIELDS is missing or not at the right position");
  const ReplyValue match =
      Error("ERR The `numfields` parameter must match the number of arguments");
  CHECK(run("HEXPIRE h x FIELDS 1 f") == Error("ERR value is not an integer or out of range"));
  CHECK(run("HEXPIRE h -1 FIELDS 1 f") == Error("ERR invalid expire time, must be >= 0"));
  CHECK(run("HEXPIRE h 70368744178 FIELDS 1 f") ==
        Error("ERR invalid expire time in 'hexpire' command"));
  CHECK(run("HPEXPIREAT h 70368744177664 FIELDS 1 f") ==
        Error("ERR invalid expire time in 'hpexpireat' command"));
  CHECK(run("HPEXPIREAT h 70368744177663 FIELDS 1 f") == Ints({1}));
  CHECK(run("HEXPIRE h 10 SOMETIMES FIELDS 1 f") == missing);
  CHECK(run("HEXPIRE h 10 FIELDS 0 f") ==
        Error("ERR Parameter `numFields` should be greater than 0"));
  CHECK(run("HEXPIRE h 10 FIELDS 2 f") == match);
  CHECK(run("HTTL h FIELD 1 f") == missing);
  CHECK(run("HTTL h FIELDS 0 f") == Error("ERR Number of fields must be a positive integer"));
  CHECK(run("HTTL h FIELDS 1 f g") == match);
  CHECK(run("HPERSIST h FIELDS x f") == Error("ERR Number of fields must be a positive integer"));
  CHECK(run("HGETDEL h FIELDS 3 f") == match);
  CHECK(run("HGETEX h EX FIELDS 1 f") == Error("ERR value is not an integer or out of range"));
  CHECK(run("HGETEX h WHEN FIELDS 1 f") == missing);
  for (const char* number : {"1 f v g", "2 a 1", "3 a 1"}) {
    CHECK(run(std::string("HSETEX h FIELDS ") + number) ==
          Error("ERR wrong number of arguments for 'hsetex' command"));
  }
  for (const char* count : {"0", "-1", "x"}) {
    CHECK(run(std::string("HSETEX h FIELDS ") + count + " f v") ==
          Error("ERR invalid number of fields"));
  }
  CHECK(run("HSETEX h EX 10 KEEPTTL FIELDS 1 f v") ==
        Error("ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified"));
  CHECK(run("HSETEX h FNX FXX FIELDS 1 f v") ==
        Error("ERR Only one of FXX or FNX arguments can be specified"));
  CHECK(run("HGET h f") == Bulk("v"));
}

TEST_CASE("HGETDEL returns fields and removes them") {
  Harness h(Form());
  h.Run("HSET h a 1 b 2 c 3");
  CHECK(h.Run("HGETDEL h FIELDS 2 a x") == Array({Bulk("1"), Nil()}));
  CHECK(h.Run("HLEN h") == Int(2));
  CHECK(h.Run("HGETDEL h FIELDS 3 b c b") == Array({Bulk("2"), Bulk("3"), Nil()}));
  CHECK(h.Run("EXISTS h") == Int(0));
  CHECK(h.Run("HGETDEL h FIELDS 1 a") == Array({Nil()}));
}

TEST_CASE("HGETEX returns fields and sets, keeps or ends their expiry") {
  Harness h(Form());
  h.Run("HSET h a 1 b 2");
  CHECK(h.Run("HGETEX h EX 10 FIELDS 2 a x") == Array({Bulk("1"), Nil()}));
  CHECK(h.Run("HGETEX h FIELDS 1 a") == Bulks({"1"}));
  CHECK(h.Run("HTTL h FIELDS 2 a b") == Ints({10, -1}));
  CHECK(h.Run("HGETEX h PERSIST FIELDS 2 a b") == Bulks({"1", "2"}));
  CHECK(h.Run("HTTL h FIELDS 1 a") == Ints({-1}));
  CHECK(h.Run("HGETEX h PXAT 1 FIELDS 2 a b") == Bulks({"1", "2"}));
  CHECK(h.Run("EXISTS h") == Int(0));
  CHECK(h.Run("HGETEX h FIELDS 1 a") == Array({Nil()}));
}

TEST_CASE("HSETEX sets fields with their expiry, all or none") {
  Harness h(Form());
  CHECK(h.Run("HSETEX h FXX FIELDS 1 a 1") == Int(0));
  CHECK(h.Run("EXISTS h") == Int(0));
  CHECK(h.Run("HSETEX h FNX EX 10 FIELDS 2 a 1 b 2") == Int(1));
  CHECK(h.Run("HTTL h FIELDS 2 a b") == Ints({10, 10}));
  CHECK(h.Run("HSETEX h FNX FIELDS 2 c 3 a 4") == Int(0));
  CHECK(h.Run("HSETEX h FXX KEEPTTL FIELDS 1 a 5") == Int(1));
  CHECK(h.Run("HSETEX h FIELDS 1 b 6") == Int(1));
  CHECK(h.Run("HTTL h FIELDS 2 a b") == Ints({10, -1}));
  CHECK(h.Run("HMGET h a b c") == Array({Bulk("5"), Bulk("6"), Nil()}));
  CHECK(h.Run("HSETEX h EXAT 1 FIELDS 2 a 7 b 8") == Int(1));
  CHECK(h.Run("EXISTS h") == Int(0));
}

TEST_CASE("expired fields are removed in time, and the hash with the last of them") {
  Harness h(Form());
  for (int i = 0; i < 50; ++i) h.Run({"HSET", "h", "f" + std::to_string(i), "v"});
  h.Run("HPEXPIRE h 100 FIELDS 3 f1 f2 f3");
  h.AdvanceMs(101);
  CHECK(h.Run("HLEN h") == Int(50));
  ExpireFields(h, "h");
  CHECK(h.Run("HLEN h") == Int(47));
  CHECK(h.server().stats.expired_subkeys == 3);
  h.Run("DEL h");
  h.Run("HSET h a 1");
  h.Run("HPEXPIRE h 100 FIELDS 1 a");
  h.AdvanceMs(101);
  ExpireFields(h, "h");
  CHECK(h.Run("EXISTS h") == Int(0));
}

TEST_CASE("a client that watches a hash is told when a field of it expires") {
  Harness h(Form());
  h.Run("HSET h a 1 b 2");
  h.Run("HPEXPIRE h 100 FIELDS 1 a");
  h.Run("WATCH h");
  h.AdvanceMs(101);
  ExpireFields(h, "h");
  h.Run("MULTI");
  h.Run("PING");
  CHECK(h.Run("EXEC") == NilArray());
}

TEST_CASE("the expiry of fields survives copying, renaming and moving") {
  Harness h(Form());
  h.Run("HSET h a 1 b 2");
  h.Run("HPEXPIRE h 100 FIELDS 1 a");
  h.Run("COPY h c");
  h.Run("RENAME h r");
  for (const char* key : {"c", "r"}) {
    CHECK(h.Run({"HPTTL", key, "FIELDS", "1", "a"}) == Ints({100}));
  }
  h.AdvanceMs(101);
  ExpireFields(h, "c");
  CHECK(h.Run("HLEN c") == Int(1));
  // The database itself finds hashes with something due, wherever they came from.
  int handed_out = 0;
  h.server().keyspace.db(0).ActiveExpire(
      h.server().now_ms, SIZE_MAX, [] { return false; }, [](EntryHandle) {},
      [&](EntryHandle entry) { handed_out += entry->key() == "r" ? 1 : 0; });
  CHECK(handed_out == 1);
}

TEST_CASE("fields that come, go and expire are those of a map that does the same") {
  Harness h("hash-max-listpack-entries 15");
  Random random(9);
  struct Expected {
    std::string value;
    int64_t expiry_ms;
  };
  std::map<std::string, Expected> model;
  int64_t now_ms = 0;
  for (int i = 0; i < 2500; ++i) {
    if (random.Below(4) == 0) {
      const auto step = static_cast<int64_t>(random.Below(30));
      h.AdvanceMs(step);
      now_ms += step;
      if (random.Below(3) == 0) ExpireFields(h, "h");
    }
    for (auto each = model.begin(); each != model.end();) {
      each = now_ms > each->second.expiry_ms ? model.erase(each) : std::next(each);
    }
    const std::string name = "f" + std::to_string(random.Below(25));
    const bool there = model.count(name) != 0;
    switch (random.Below(4)) {
      case 0:
        REQUIRE(h.Run({"HSET", "h", name, std::to_string(i)}) == Int(there ? 0 : 1));
        model[name] = {std::to_string(i), INT64_MAX};
        break;
      case 1: {
        const auto ttl_ms = static_cast<int64_t>(1 + random.Below(100));
        REQUIRE(h.Run({"HPEXPIRE", "h", std::to_string(ttl_ms), "FIELDS", "1", name}) ==
                Ints({there ? 1 : -2}));
        if (there) model[name].expiry_ms = now_ms + ttl_ms;
        break;
      }
      case 2:
        REQUIRE(h.Run({"HDEL", "h", name}) == Int(there ? 1 : 0));
        model.erase(name);
        break;
      default:
        REQUIRE(h.Run({"HGET", "h", name}) == (there ? Bulk(model[name].value) : Nil()));
    }
    REQUIRE(h.Run("HKEYS h").elements.size() == model.size());
  }
}
