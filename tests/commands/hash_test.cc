// Hashes: setting, reading, counting, walking; the three forms must answer alike.
#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <set>
#include <string>

#include "base/random.h"
#include "tests/commands/harness.h"

using namespace gotthard;
using namespace gotthard::reply;

namespace {

const ReplyValue kWrongType =
    Error("WRONGTYPE Operation against a key holding the wrong kind of value");

// Fields and values of a flat reply, sorted, as "field=value ".
std::string Sorted(const ReplyValue& reply) {
  std::set<std::string> pairs;
  for (size_t i = 0; i + 1 < reply.elements.size(); i += 2) {
    pairs.insert(reply.elements[i].text + "=" + reply.elements[i + 1].text + " ");
  }
  std::string text;
  for (const std::string& pair : pairs) text += pair;
  return text;
}

// Settings under which a hash of a few fields is a listpack, or a table.
const char* Form() {
  return GENERATE("hash-max-listpack-entries 128", "hash-max-listpack-entries 0");
}

}  // namespace

TEST_CASE("HSET, HGET, HMSET, HMGET, HSETNX, HEXISTS, HLEN, HSTRLEN, HDEL") {
  Harness h(Form());
  auto run = [&](std::string_view line) { return h.Run(line); };
  CHECK(run("HGET h f") == Nil());
  CHECK(run("HLEN h") == Int(0));
  CHECK(run("HSET h a 1 b two") == Int(2));
  CHECK(run("HSET h a 10 c three") == Int(1));
  CHECK(run("HGET h a") == Bulk("10"));
  CHECK(run("HMSET h d '' e 5") == Ok());
  CHECK(run("HMGET h a x d b") == Array({Bulk("10"), Nil(), Bulk(""), Bulk("two")}));
  CHECK(run("HMGET none a b") == Array({Nil(), Nil()}));
  CHECK(run("HSETNX h a 99") == Int(0));
  CHECK(run("HSETNX h f 6") == Int(1));
  CHECK(run("HEXISTS h f") == Int(1));
  CHECK(run("HEXISTS h x") == Int(0));
  CHECK(run("HLEN h") == Int(6));
  CHECK(run("HSTRLEN h c") == Int(5));
  CHECK(run("HSTRLEN h a") == Int(2));
  CHECK(run("HSTRLEN h x") == Int(0));
  CHECK(run("HDEL h a x b") == Int(2));
  CHECK(Sorted(run("HGETALL h")) == "c=three d= e=5 f=6 ");
  CHECK(run("HDEL h c d e f") == Int(4));
  CHECK(run("EXISTS h") == Int(0));
  CHECK(run("HDEL h c") == Int(0));
}

TEST_CASE("HGETALL, HKEYS and HVALS of what is there, and of nothing") {
  Harness h(Form());
  CHECK(h.Run("HGETALL h") == Array({}));
  CHECK(h.Run("HKEYS h") == Array({}));
  CHECK(h.Run("HVALS h") == Array({}));
  h.Run("HSET h f v");
  CHECK(h.Run("HGETALL h") == Bulks({"f", "v"}));
  CHECK(h.Run("HKEYS h") == Bulks({"f"}));
  CHECK(h.Run("HVALS h") == Bulks({"v"}));
  h.Run("HELLO 3");
  h.Run("HGETALL h");
  CHECK(h.client().raw() == "%1\r\n$1\r\nf\r\n$1\r\nv\r\n");
}

TEST_CASE("HSET and HMSET with half a pair change nothing") {
  Harness h;
  CHECK(h.Run("HSET h a 1 b") == Error("ERR wrong number of arguments for 'hset' command"));
  CHECK(h.Run("HMSET h a 1 b") == Error("ERR wrong number of arguments for 'hmset' command"));
  CHECK(h.Run("EXISTS h") == Int(0));
}

TEST_CASE("HINCRBY and HINCRBYFLOAT count in fields") {
  Harness h(Form());
  auto run = [&](std::string_view line) { return h.Run(line); };
  CHECK(run("HINCRBY h n 5") == Int(5));
  CHECK(run("HINCRBY h n -8") == Int(-3));
  CHECK(run("HINCRBYFLOAT h n 0.5") == Bulk("-2.5"));
  CHECK(run("HINCRBYFLOAT h x 10.50") == Bulk("10.5"));
  CHECK(run("HINCRBY h x 1") == Error("ERR hash value is not an integer"));
  run("HSET h t text big 9223372036854775807");
  CHECK(run("HINCRBY h t 1") == Error("ERR hash value is not an integer"));
  CHECK(run("HINCRBYFLOAT h t 1") == Error("ERR hash value is not a float"));
  CHECK(run("HINCRBY h big 1") == Error("ERR increment or decrement would overflow"));
  CHECK(run("HINCRBY h n one") == Error("ERR value is not an integer or out of range"));
  CHECK(run("HINCRBYFLOAT h n one") == Error("ERR value is not a valid float"));
  CHECK(run("HINCRBYFLOAT h n inf") == Error("ERR value is NaN or Infinity"));
  CHECK(run("HGET h n") == Bulk("-2.5"));
}

TEST_CASE("every hash command refuses a value of another type") {
  Harness h;
  h.Run("SET s text");
  for (const char* line : {"HSET s f v",
                           "HMSET s f v",
                           "HSETNX s f v",
                           "HGET s f",
                           "HMGET s f",
                           "HDEL s f",
                           "HEXISTS s f",
                           "HLEN s",
                           "HSTRLEN s f",
                           "HGETALL s",
                           "HKEYS s",
                           "HVALS s",
                           "HINCRBY s f 1",
                           "HINCRBYFLOAT s f 1",
                           "HSCAN s 0",
                           "HRANDFIELD s",
                           "HRANDFIELD s 2",
                           "HEXPIRE s 1 FIELDS 1 f",
                           "HPEXPIRE s 1 FIELDS 1 f",
                           "HEXPIREAT s 1 FIELDS 1 f",
                           "HPEXPIREAT s 1 FIELDS 1 f",
                           "HTTL s FIELDS 1 f",
                           "HPTTL s FIELDS 1 f",
                           "HEXPIRETIME s FIELDS 1 f",
                           "HPEXPIRETIME s FIELDS 1 f",
                           "HPERSIST s FIELDS 1 f",
                           "HGETDEL s FIELDS 1 f",
                           "HGETEX s FIELDS 1 f",
                           "HSETEX s FIELDS 1 f v"}) {
    CAPTURE(line);
    CHECK(h.Run(line) == kWrongType);
  }
  h.Run("HSET h f v");
  CHECK(h.Run("GET h") == kWrongType);
  CHECK(h.Run("TYPE h") == Simple("hash"));
}

TEST_CASE("a hash becomes a table past either limit, and stays one") {
  Harness h("hash-max-listpack-entries 4\nhash-max-listpack-value 10");
  h.Run("HSET h a 1 b 2 c 3 d 4");
  CHECK(h.Run("OBJECT ENCODING h") == Bulk("listpack"));
  h.Run("HSET h a 0123456789");
  CHECK(h.Run("OBJECT ENCODING h") == Bulk("listpack"));
  h.Run("HSET h e 5");
  CHECK(h.Run("OBJECT ENCODING h") == Bulk("hashtable"));
  h.Run("HDEL h a b c d");
  CHECK(h.Run("OBJECT ENCODING h") == Bulk("hashtable"));
  CHECK(h.Run("HGETALL h") == Bulks({"e", "5"}));
  h.Run("HSET v f 01234567890");
  CHECK(h.Run("OBJECT ENCODING v") == Bulk("hashtable"));
  h.Run("HSET n 01234567890 v");
  CHECK(h.Run("OBJECT ENCODING n") == Bulk("hashtable"));
  CHECK(h.Run("HGET n 01234567890") == Bulk("v"));
}

TEST_CASE("a hash keeps the key's expiry and default-ttl gives a new one its own") {
  Harness h("default-ttl 100\nhash-max-listpack-entries 2");
  h.Run("HSET h a 1");
  CHECK(h.Run("TTL h") == Int(100));
  h.Run("EXPIRE h 50");
  h.Run("HSET h b 2 c 3 d 4");
  CHECK(h.Run("OBJECT ENCODING h") == Bulk("hashtable"));
  CHECK(h.Run("TTL h") == Int(50));
}

TEST_CASE("HSCAN visits every field, with and without values") {
  Harness h(Form());
  for (int i = 0; i < 100; ++i) {
    h.Run({"HSET", "h", "f" + std::to_string(i), std::to_string(i)});
  }
  std::map<std::string, std::string> met;
  std::set<std::string> names;
  std::string cursor = "0";
  do {
    const ReplyValue page = h.Run({"HSCAN", "h", cursor, "COUNT", "7", "MATCH", "f*"});
    cursor = page.elements[0].text;
    const auto& found = page.elements[1].elements;
    for (size_t i = 0; i + 1 < found.size(); i += 2) met[found[i].text] = found[i + 1].text;
    const ReplyValue bare = h.Run({"HSCAN", "h", cursor, "NOVALUES"});
    for (const ReplyValue& name : bare.elements[1].elements) names.insert(name.text);
  } while (cursor != "0");
  CHECK(met.size() == 100);
  CHECK(met["f42"] == "42");
  CHECK(std::all_of(names.begin(), names.end(), [](const auto& name) { return name[0] == 'f'; }));
  CHECK(h.Run("HSCAN h 0 COUNT 1000 MATCH f4") == Array({Bulk("0"), Bulks({"f4", "4"})}));
  CHECK(h.Run("HSCAN none 0") == Array({Bulk("0"), Array({})}));
  CHECK(h.Run("HSCAN h x") == Error("ERR invalid cursor"));
  CHECK(h.Run("HSCAN h 0 COUNT 0") == Error("ERR syntax error"));
  CHECK(h.Run("HSCAN h 0 TYPE hash") == Error("ERR syntax error"));
}

TEST_CASE("HSCAN of nothing, or of a small hash, takes any cursor") {
  Harness h;
  const ReplyValue nothing = Array({Bulk("0"), Array({})});
  CHECK(h.Run("HSCAN none 0 COUNT x") == nothing);
  h.Run("HSET h f v");
  CHECK(h.Run("HSCAN h 0 COUNT x") == Error("ERR value is not an integer or out of range"));
  CHECK(h.Run("HSCAN h -1") == Array({Bulk("0"), Bulks({"f", "v"})}));
}

TEST_CASE("a count of draws is refused when no reply could hold them") {
  Harness h;
  h.Run("HSET h f v");
  h.Run("SADD s m");
  h.Run("ZADD z 1 m");
  h.Run("SET text x");
  for (const char* command : {"HRANDFIELD h", "SRANDMEMBER s", "ZRANDMEMBER z"}) {
    CAPTURE(command);
    const std::string line(command);
    CHECK(h.Run(line + " -9223372036854775808") ==
          Error("ERR value is out of range, value must between -9223372036854775807 and "
                "9223372036854775807"));
    CHECK(h.Run(line + " -2147483648") == Error("ERR value is out of range"));
    CHECK(h.Run(line + " -3").elements.size() == 3);
  }
  CHECK(h.Run("HRANDFIELD text -9223372036854775807") ==
        Error("WRONGTYPE Operation against a key holding the wrong kind of value"));
  CHECK(h.Run("HRANDFIELD none -9223372036854775807") == Array({}));
}

TEST_CASE("HRANDFIELD draws one, some or many, with values or without") {
  Harness h(Form());
  CHECK(h.Run("HRANDFIELD h") == Nil());
  CHECK(h.Run("HRANDFIELD h 3") == Array({}));
  for (int i = 0; i < 20; ++i) h.Run({"HSET", "h", "f" + std::to_string(i), "v"});
  CHECK(h.Run("HRANDFIELD h").text.substr(0, 1) == "f");
  CHECK(h.Run("HRANDFIELD h 0") == Array({}));
  for (const size_t count : {1, 5, 15, 20, 30}) {
    CAPTURE(count);
    const ReplyValue drawn = h.Run({"HRANDFIELD", "h", std::to_string(count)});
    std::set<std::string> names;
    for (const ReplyValue& name : drawn.elements) names.insert(name.text);
    CHECK(names.size() == drawn.elements.size());
    CHECK(names.size() == std::min<size_t>(count, 20));
  }
  CHECK(h.Run("HRANDFIELD h -50").elements.size() == 50);
  CHECK(h.Run("HRANDFIELD h -3 WITHVALUES").elements.size() == 6);
  CHECK(h.Run("HRANDFIELD h x") == Error("ERR value is not an integer or out of range"));
  CHECK(h.Run("HRANDFIELD h 1 WITHOUT") == Error("ERR syntax error"));
  CHECK(h.Run("HRANDFIELD h 9223372036854775807 WITHVALUES") == Error("ERR value is out of range"));
  h.Run("HELLO 3");
  const ReplyValue pairs = h.Run("HRANDFIELD h 2 WITHVALUES");
  REQUIRE(pairs.elements.size() == 2);
  CHECK(pairs.elements[0].elements.size() == 2);
}

TEST_CASE("each field is drawn about as often as any other") {
  Harness h(Form());
  for (int i = 0; i < 10; ++i) h.Run({"HSET", "h", "f" + std::to_string(i), "v"});
  std::map<std::string, int> drawn;
  for (int round = 0; round < 20; ++round) {
    for (const ReplyValue& name : h.Run("HRANDFIELD h -200").elements) ++drawn[name.text];
    for (const ReplyValue& name : h.Run("HRANDFIELD h 2").elements) ++drawn[name.text];
    for (const ReplyValue& name : h.Run("HRANDFIELD h 6").elements) ++drawn[name.text];
  }
  REQUIRE(drawn.size() == 10);
  for (const auto& [name, times] : drawn) {
    CHECK(times > 300);
    CHECK(times < 540);
  }
}

TEST_CASE("a hash is copied, renamed and moved with all its fields") {
  Harness h(Form());
  h.Run("HSET h a 1 b 2");
  h.Run("COPY h copy");
  h.Run("HSET copy a changed");
  CHECK(h.Run("HGET h a") == Bulk("1"));
  CHECK(h.Run("RENAME h renamed") == Ok());
  CHECK(Sorted(h.Run("HGETALL renamed")) == "a=1 b=2 ");
  CHECK(h.Run("MOVE renamed 1") == Int(1));
  CHECK(h.Run("EXISTS renamed") == Int(0));
  h.Run("SELECT 1");
  CHECK(Sorted(h.Run("HGETALL renamed")) == "a=1 b=2 ");
}

TEST_CASE("a hash answers as a map would, whatever its form") {
  Harness h("hash-max-listpack-entries 20\nhash-max-listpack-value 30");
  Random random(5);
  std::map<std::string, std::string> model;
  for (int i = 0; i < 3000; ++i) {
    const std::string name = "f" + std::to_string(random.Below(60));
    const std::string value = random.Below(2) == 0 ? std::to_string(random.Below(100'000))
                                                   : std::string(random.Below(40), 'x');
    switch (random.Below(4)) {
      case 0:
        REQUIRE(h.Run({"HDEL", "h", name}) == Int(static_cast<int64_t>(model.erase(name))));
        break;
      case 1:
        REQUIRE(h.Run({"HSETNX", "h", name, value}) == Int(model.emplace(name, value).second));
        break;
      case 2:
        REQUIRE(h.Run({"HSET", "h", name, value}) == Int(model.count(name) == 0 ? 1 : 0));
        model[name] = value;
        break;
      default:
        REQUIRE(h.Run({"HGET", "h", name}) == (model.count(name) != 0 ? Bulk(model[name]) : Nil()));
    }
    REQUIRE(h.Run("HLEN h") == Int(static_cast<int64_t>(model.size())));
  }
}
