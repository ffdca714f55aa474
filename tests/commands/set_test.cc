// Sets as clients see them: replies, errors, encodings, what becomes of the keys.
#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <set>
#include <string>

#include "tests/commands/harness.h"

using namespace gotthard;
using namespace gotthard::reply;

namespace {

const ReplyValue kWrongType =
    Error("WRONGTYPE Operation against a key holding the wrong kind of value");
const ReplyValue kSyntax = Error("ERR syntax error");
const ReplyValue kPositive = Error("ERR value is out of range, must be positive");

// The members of an array or set reply, in order of text.
std::vector<std::string> Sorted(const ReplyValue& value) {
  std::vector<std::string> members;
  for (const ReplyValue& member : value.elements) members.push_back(member.text);
  std::sort(members.begin(), members.end());
  return members;
}
using Words = std::vector<std::string>;

std::string Encoding(Harness& h, std::string_view key) {
  return h.Run("OBJECT ENCODING " + std::string(key)).text;
}

// SADD of <prefix><first> .. <prefix><last>.
void AddRange(Harness& h, const std::string& key, const std::string& prefix, int first, int last) {
  std::vector<std::string> words = {"SADD", key};
  for (int i = first; i <= last; ++i) words.push_back(prefix + std::to_string(i));
  REQUIRE(h.Run(words) == Int(last - first + 1));
}

TEST_CASE("SADD, SREM and SCARD count; the last member takes the key along") {
  Harness h;
  CHECK(h.Run("SADD s a b a") == Int(2));
  CHECK(h.Run("SADD s b c") == Int(1));
  CHECK(h.Run("SCARD s") == Int(3));
  CHECK(h.Run("TYPE s") == Simple("set"));
  CHECK(h.Run("SREM s x") == Int(0));
  CHECK(h.Run("SREM s a x b") == Int(2));
  CHECK(h.Run("SREM s c d") == Int(1));
  CHECK(h.Run("EXISTS s") == Int(0));
  CHECK(h.Run("SCARD s") == Int(0));
  CHECK(h.Run("SREM s a") == Int(0));
  CHECK(h.Run("SADD s") == Error("ERR wrong number of arguments for 'sadd' command"));
}

TEST_CASE("every set command refuses keys that hold something else") {
  Harness h;
  h.Run("SET k v");
  h.Run("SADD s a");
  for (const char* command : {"SADD k a",         "SREM k a",         "SMEMBERS k",
                              "SISMEMBER k a",    "SMISMEMBER k a",   "SCARD k",
                              "SPOP k",           "SPOP k 1",         "SRANDMEMBER k",
                              "SRANDMEMBER k 2",  "SMOVE k s a",      "SMOVE s k a",
                              "SINTER s k",       "SINTER nokey k",   "SINTERSTORE d s k",
                              "SINTERCARD 2 s k", "SUNION s k",       "SUNIONSTORE d s k",
                              "SDIFF s k",        "SDIFFSTORE d s k", "SSCAN k 0"}) {
    INFO(command);
    CHECK(h.Run(command) == kWrongType);
  }
  CHECK(h.Run("GET s") == kWrongType);
  CHECK(h.Run("SMEMBERS s") == Bulks({"a"}));
  CHECK(h.Run("GET k") == Bulk("v"));
}

TEST_CASE("SMEMBERS, SISMEMBER and SMISMEMBER in every encoding") {
  const std::string kind = GENERATE("intset", "listpack", "hashtable");
  Harness h;
  Words expected;
  if (kind == "intset") {
    h.Run("SADD s 3 -1 2");
    expected = {"-1", "2", "3"};
  } else {
    h.Run("SADD s 3 -1 2 word");
    expected = {"-1", "2", "3", "word"};
    if (kind == "hashtable") {
      expected.insert(expected.end() - 1, std::string(100, 'l'));
      h.Run({"SADD", "s", std::string(100, 'l')});
      std::sort(expected.begin(), expected.end());
    }
  }
  CHECK(Encoding(h, "s") == kind);
  CHECK(Sorted(h.Run("SMEMBERS s")) == expected);
  CHECK(h.Run("SISMEMBER s 2") == Int(1));
  CHECK(h.Run("SISMEMBER s 02") == Int(0));
  CHECK(h.Run("SISMEMBER s x") == Int(0));
  CHECK(h.Run("SISMEMBER nokey x") == Int(0));
  CHECK(h.Run("SMISMEMBER s 3 x -1") == Array({Int(1), Int(0), Int(1)}));
  CHECK(h.Run("SMISMEMBER nokey a b") == Array({Int(0), Int(0)}));
  CHECK(h.Run("SMEMBERS nokey") == Array({}));
}

TEST_CASE("encodings follow the limits of the configuration") {
  Harness h("set-max-intset-entries 10\nset-max-listpack-entries 6\nset-max-listpack-value 8");
  AddRange(h, "i", "", 1, 10);
  CHECK(Encoding(h, "i") == "intset");
  h.Run("EXPIRE i 100");
  h.Run("SADD i 11");
  CHECK(Encoding(h, "i") == "hashtable");
  CHECK(h.Run("SCARD i") == Int(11));
  CHECK(h.Run("TTL i") == Int(100));
  AddRange(h, "few", "", 1, 5);
  h.Run("SADD few a");
  CHECK(Encoding(h, "few") == "listpack");
  h.Run("SADD few b");
  CHECK(Encoding(h, "few") == "hashtable");
  h.Run("SADD long 123456789");
  CHECK(Encoding(h, "long") == "intset");
  h.Run("SADD long x");  // the integer is too long for a listpack
  CHECK(Encoding(h, "long") == "hashtable");
  h.Run("SADD words 123456789x");
  CHECK(Encoding(h, "words") == "hashtable");
  h.Run("SADD hint a b c d e f a b");  // by the number of arguments, as members may repeat
  CHECK(Encoding(h, "hint") == "hashtable");
  CHECK(h.Run("SCARD hint") == Int(6));
}

TEST_CASE("a set that left its entry is the same set") {
  Harness h;
  Words expected;
  for (int i = 0; i < 128; ++i) {
    const std::string member = "member number " + std::to_string(i);
    CHECK(h.Run({"SADD", "s", member}) == Int(1));
    CHECK(h.Run({"SADD", "s", member}) == Int(0));
    expected.push_back(member);
  }
  std::sort(expected.begin(), expected.end());
  CHECK(Encoding(h, "s") == "listpack");
  CHECK(Sorted(h.Run("SMEMBERS s")) == expected);
  CHECK(h.Run("COPY s t") == Int(1));
  CHECK(h.Run("SREM s 'member number 5'") == Int(1));
  CHECK(h.Run("SISMEMBER t 'member number 5'") == Int(1));
  CHECK(h.Run("SADD t more") == Int(1));
  CHECK(Encoding(h, "t") == "hashtable");
  CHECK(h.Run("SCARD s") == Int(127));
  CHECK(h.Run("RENAME t u") == Ok());
  CHECK(h.Run("COPY u v") == Int(1));
  CHECK(h.Run("SREM u more") == Int(1));
  CHECK(h.Run("SISMEMBER v more") == Int(1));
  CHECK(h.Run("MOVE v 3") == Int(1));
  h.Run("SELECT 3");
  CHECK(h.Run("SCARD v") == Int(129));
  CHECK(h.Run("FLUSHALL") == Ok());
}

TEST_CASE("SMOVE") {
  Harness h;
  h.Run("SADD a 1 x");
  h.Run("SADD b 2");
  CHECK(h.Run("SMOVE a b nobody") == Int(0));
  CHECK(h.Run("SMOVE a b x") == Int(1));
  CHECK(Encoding(h, "b") == "listpack");
  CHECK(h.Run("SISMEMBER b x") == Int(1));
  CHECK(h.Run("SMOVE a b 1") == Int(1));
  CHECK(h.Run("EXISTS a") == Int(0));
  CHECK(h.Run("SMOVE nokey b 1") == Int(0));
  CHECK(h.Run("SMOVE b b 1") == Int(1));
  CHECK(h.Run("SMOVE b b 9") == Int(0));
  CHECK(h.Run("SMOVE b new 2") == Int(1));
  CHECK(Encoding(h, "new") == "intset");
  h.Run("SADD c 2");
  CHECK(h.Run("SMOVE new c 2") == Int(1));  // was there: gone from the source all the same
  CHECK(h.Run("EXISTS new") == Int(0));
  h.Run("SET str v");
  CHECK(h.Run("SMOVE nokey str 1") == Int(0));  // nothing to move: the target is not looked at
}

TEST_CASE("SINTER, SUNION, SDIFF and their STORE forms") {
  const bool big = GENERATE(false, true);
  Harness h(big ? "set-max-intset-entries 1\nset-max-listpack-entries 1" : "");
  h.Run("SADD a 1 2 3 x");
  h.Run("SADD b 2 3 y");
  h.Run("SADD c 3 4");
  CHECK(Sorted(h.Run("SINTER a b c")) == Words{"3"});
  CHECK(Sorted(h.Run("SINTER a b")) == Words{"2", "3"});
  CHECK(Sorted(h.Run("SINTER a")) == Words{"1", "2", "3", "x"});
  CHECK(h.Run("SINTER a nokey b") == Array({}));
  CHECK(Sorted(h.Run("SINTER a a")) == Words{"1", "2", "3", "x"});
  CHECK(Sorted(h.Run("SUNION a b c")) == Words{"1", "2", "3", "4", "x", "y"});
  CHECK(Sorted(h.Run("SUNION a b c nokey a")) == Words{"1", "2", "3", "4", "x", "y"});
  CHECK(h.Run("SUNION nokey") == Array({}));
  CHECK(Sorted(h.Run("SDIFF a b c")) == Words{"1", "x"});
  CHECK(h.Run("SDIFF a b a") == Array({}));
  CHECK(h.Run("SDIFF nokey a") == Array({}));
  CHECK(Sorted(h.Run("SDIFF a nokey")) == Words{"1", "2", "3", "x"});

  CHECK(h.Run("SINTERSTORE d a b") == Int(2));
  CHECK(Sorted(h.Run("SMEMBERS d")) == Words{"2", "3"});
  CHECK(h.Run("SUNIONSTORE d a b c") == Int(6));
  CHECK(h.Run("SCARD d") == Int(6));
  CHECK(h.Run("SDIFFSTORE d a b") == Int(2));
  CHECK(Sorted(h.Run("SMEMBERS d")) == Words{"1", "x"});
  // The target may be one of the sources, may hold something else, and loses its expiry.
  CHECK(h.Run("SUNIONSTORE a a c") == Int(5));
  h.Run("SET d string EX 100");
  CHECK(h.Run("SINTERSTORE d b c") == Int(1));
  CHECK(h.Run("TTL d") == Int(-1));
  CHECK(h.Run("SINTERSTORE d b nokey") == Int(0));
  CHECK(h.Run("EXISTS d") == Int(0));
  h.Run("SET d string");
  CHECK(h.Run("SDIFFSTORE d nokey") == Int(0));
  CHECK(h.Run("EXISTS d") == Int(0));
}

TEST_CASE("algebra over thousands of members") {
  Harness h;
  AddRange(h, "a", "m", 1, 3000);
  AddRange(h, "b", "m", 2001, 5000);
  AddRange(h, "c", "m", 2501, 2600);
  CHECK(h.Run("SINTER a b").elements.size() == 1000);
  CHECK(h.Run("SINTERCARD 2 a b") == Int(1000));
  CHECK(h.Run("SINTERCARD 3 a b c") == Int(100));
  CHECK(h.Run("SUNION a b").elements.size() == 5000);
  CHECK(h.Run("SUNION a b c a").elements.size() == 5000);
  CHECK(h.Run("SDIFF a b").elements.size() == 2000);
  CHECK(h.Run("SDIFF a c c c c c").elements.size() == 2900);
  CHECK(h.Run("SDIFFSTORE d a c c c c c") == Int(2900));
  CHECK(h.Run("SINTERSTORE d a b c") == Int(100));
  CHECK(Encoding(h, "d") == "listpack");
  AddRange(h, "i", "", 1, 600);
  AddRange(h, "j", "", 1, 100);
  CHECK(Encoding(h, "i") == "hashtable");
  CHECK(h.Run("SINTERSTORE d i j") == Int(100));
  CHECK(Encoding(h, "d") == "intset");
}

TEST_CASE("SINTERCARD") {
  Harness h;
  h.Run("SADD a 1 2 3 4");
  h.Run("SADD b 2 3 4 5");
  CHECK(h.Run("SINTERCARD 2 a b") == Int(3));
  CHECK(h.Run("SINTERCARD 2 a b LIMIT 2") == Int(2));
  CHECK(h.Run("SINTERCARD 2 a b limit 0") == Int(3));
  CHECK(h.Run("SINTERCARD 1 nokey") == Int(0));
  const ReplyValue numkeys = Error("ERR numkeys should be greater than 0");
  CHECK(h.Run("SINTERCARD 0 a") == numkeys);
  CHECK(h.Run("SINTERCARD x a") == numkeys);
  CHECK(h.Run("SINTERCARD 3 a b") ==
        Error("ERR Number of keys can't be greater than number of args"));
  CHECK(h.Run("SINTERCARD 1 a LIMIT -1") == Error("ERR LIMIT can't be negative"));
  CHECK(h.Run("SINTERCARD 1 a LIMIT x") == Error("ERR LIMIT can't be negative"));
  CHECK(h.Run("SINTERCARD 1 a LIMIT") == kSyntax);
  CHECK(h.Run("SINTERCARD 1 a b") == kSyntax);
}

TEST_CASE("SPOP takes members out, one or many") {
  const std::string prefix = GENERATE("", "m");
  const int size = GENERATE(20, 100, 700);
  INFO("prefix '" << prefix << "', " << size << " members");
  Harness h;
  AddRange(h, "s", prefix, 1, size);
  h.Run("EXPIRE s 100");
  std::set<std::string> all;
  for (const std::string& member : Sorted(h.Run("SMEMBERS s"))) all.insert(member);
  const auto take = [&](const ReplyValue& reply) {
    for (const ReplyValue& member : reply.elements) REQUIRE(all.erase(member.text) == 1);
  };
  const ReplyValue one = h.Run("SPOP s");
  CHECK(all.erase(one.text) == 1);
  const ReplyValue some = h.Run("SPOP s 9");
  CHECK(some.elements.size() == 9);
  take(some);
  const int most = size - 10 - 3;
  const ReplyValue many = h.Run("SPOP s " + std::to_string(most));
  CHECK(many.elements.size() == static_cast<size_t>(most));
  take(many);
  CHECK(h.Run("SCARD s") == Int(3));
  CHECK(h.Run("TTL s") == Int(100));
  take(h.Run("SPOP s 100"));
  CHECK(all.empty());
  CHECK(h.Run("EXISTS s") == Int(0));
  CHECK(h.Run("SPOP s") == Nil());
  CHECK(h.Run("SPOP s 3") == Array({}));
  h.Run("SADD s 1");
  CHECK(h.Run("SPOP s 0") == Array({}));
  CHECK(h.Run("SPOP s") == Bulk("1"));
  CHECK(h.Run("EXISTS s") == Int(0));
  CHECK(h.Run("SPOP s -1") == kPositive);
  CHECK(h.Run("SPOP s x") == kPositive);
  CHECK(h.Run("SPOP s 1 2") == kSyntax);
}

TEST_CASE("SRANDMEMBER leaves members where they are") {
  const std::string prefix = GENERATE("", "m");
  const int size = GENERATE(10, 1000);
  Harness h;
  AddRange(h, "s", prefix, 1, size);
  for (const int count : {1, 5, 8, 9, 10, 400, 5000}) {
    const ReplyValue reply = h.Run("SRANDMEMBER s " + std::to_string(count));
    const Words members = Sorted(reply);
    CHECK(members.size() == static_cast<size_t>(std::min(count, size)));
    CHECK(std::adjacent_find(members.begin(), members.end()) == members.end());
    for (const std::string& member : members) REQUIRE(h.Run({"SISMEMBER", "s", member}) == Int(1));
  }
  CHECK(h.Run("SRANDMEMBER s -25").elements.size() == 25);
  CHECK(h.Run("SRANDMEMBER s 0") == Array({}));
  CHECK(h.Run("SCARD s") == Int(size));
  CHECK(h.Run({"SISMEMBER", "s", h.Run("SRANDMEMBER s").text}) == Int(1));
  CHECK(h.Run("SRANDMEMBER nokey") == Nil());
  CHECK(h.Run("SRANDMEMBER nokey 3") == Array({}));
  CHECK(h.Run("SRANDMEMBER s x") == Error("ERR value is not an integer or out of range"));
  CHECK(h.Run("SRANDMEMBER s -9223372036854775808") ==
        Error("ERR value is out of range, value must between -9223372036854775807 and "
              "9223372036854775807"));
  CHECK(h.Run("SRANDMEMBER s 1 2") == kSyntax);
}

TEST_CASE("SRANDMEMBER and SPOP choose each member equally often") {
  const std::string prefix =
      GENERATE("", "m", "a rather long member, so that there is a table: ......... ");
  Harness h;
  AddRange(h, "s", prefix, 1, 8);
  std::map<std::string, int> seen;
  constexpr int kRounds = 800;
  for (int i = 0; i < kRounds; ++i) {
    ++seen[h.Run("SRANDMEMBER s").text];
    for (const ReplyValue& member : h.Run("SRANDMEMBER s 3").elements) ++seen[member.text];
    const std::string popped = h.Run("SPOP s").text;
    ++seen[popped];
    h.Run({"SADD", "s", popped});
  }
  REQUIRE(seen.size() == 8);
  // 500 expected for each, with a deviation of 20; the generator's seed is fixed.
  for (const auto& [member, times] : seen) CHECK(std::abs(times - kRounds * 5 / 8) < 100);
}

TEST_CASE("SSCAN returns every member once a round is over") {
  const int size = GENERATE(3, 100, 1500);
  Harness h;
  AddRange(h, "s", "m", 1, size);
  std::set<std::string> seen;
  std::string cursor = "0";
  do {
    const ReplyValue reply = h.Run("SSCAN s " + cursor + " COUNT 50");
    REQUIRE(reply.elements.size() == 2);
    cursor = reply.elements[0].text;
    for (const ReplyValue& member : reply.elements[1].elements) seen.insert(member.text);
  } while (cursor != "0");
  CHECK(seen.size() == static_cast<size_t>(size));
  const ReplyValue matched = h.Run("SSCAN s 0 MATCH m[12] COUNT 10000");
  CHECK(matched.elements[0] == Bulk("0"));
  CHECK(Sorted(matched.elements[1]) == Words{"m1", "m2"});
  CHECK(h.Run("SSCAN nokey 0") == Array({Bulk("0"), Array({})}));
  CHECK(h.Run("SSCAN s x") == Error("ERR invalid cursor"));
  CHECK(h.Run("SSCAN s 0 COUNT 0") == kSyntax);
  CHECK(h.Run("SSCAN s 0 BOGUS 1") == kSyntax);
  CHECK(h.Run("SSCAN s 999999999999999").elements.size() == 2);
}

TEST_CASE("sets in RESP3 are sets") {
  Harness h;
  h.Run("HELLO 3");
  h.Run("SADD s a");
  h.Run("SMEMBERS s");
  CHECK(h.client().raw() == "~1\r\n$1\r\na\r\n");
  h.Run("SUNION s nokey");
  CHECK(h.client().raw() == "~1\r\n$1\r\na\r\n");
  h.Run("SRANDMEMBER s 1");
  CHECK(h.client().raw() == "*1\r\n$1\r\na\r\n");
  h.Run("SINTER nokey");
  CHECK(h.client().raw() == "~0\r\n");
  h.Run("SPOP s 1");
  CHECK(h.client().raw() == "~1\r\n$1\r\na\r\n");
}

TEST_CASE("an expired set is an empty one, also between the keys of one command") {
  Harness h;
  h.Run("SADD a 1 2");
  h.Run("SADD b 2 3");
  h.Run("PEXPIRE b 10");
  h.AdvanceMs(11);
  CHECK(Sorted(h.Run("SUNION a b a")) == Words{"1", "2"});
  CHECK(h.Run("SMOVE b a 2") == Int(0));
  CHECK(h.Run("SADD b 9") == Int(1));
  CHECK(h.Run("TTL b") == Int(-1));
}

TEST_CASE("sets that a command makes anew get default-ttl, others keep what they have") {
  Harness h("default-ttl 50");
  h.Run("SADD a 1 2");
  CHECK(h.Run("TTL a") == Int(50));
  h.Run("PERSIST a");
  h.Run("SADD a 3 x");
  CHECK(h.Run("TTL a") == Int(-1));
  h.Run("SUNIONSTORE b a");
  CHECK(h.Run("TTL b") == Int(50));
  h.Run("SMOVE a c 1");
  CHECK(h.Run("TTL c") == Int(50));
}

TEST_CASE("sets take part in the algebra of sorted sets, each member with the score 1") {
  const bool big = GENERATE(false, true);
  Harness h(big ? "set-max-intset-entries 0\nset-max-listpack-entries 0" : "");
  h.Run("SADD s 1 2 a");
  h.Run("SADD i 2 3");
  h.Run("ZADD z 5 a 7 2");
  CHECK(h.Run("ZUNION 3 s i z WITHSCORES") == Bulks({"1", "1", "3", "1", "a", "6", "2", "9"}));
  CHECK(h.Run("ZINTER 2 z s WITHSCORES") == Bulks({"a", "6", "2", "8"}));
  CHECK(h.Run("ZINTERCARD 2 s i") == Int(1));
  CHECK(h.Run("ZDIFF 2 s z") == Bulks({"1"}));
  CHECK(h.Run("ZUNIONSTORE d 2 s i WEIGHTS 2 3") == Int(4));
  CHECK(h.Run("ZSCORE d 2") == Bulk("5"));
}

TEST_CASE("what looks at any key looks at sets") {
  Harness h("enable-debug-command yes");
  h.Run("SADD i 1 2 3");
  h.Run("SADD l a b c");
  AddRange(h, "t", "m", 1, 1000);
  CHECK(h.Run("MEMORY USAGE i").integer < 60);
  CHECK(h.Run("MEMORY USAGE t").integer > 20'000);
  CHECK(h.Run("MEMORY USAGE t SAMPLES 5").integer < 60'000);
  CHECK(Sorted(h.Run("SCAN 0 TYPE set COUNT 100").elements[1]) == Words{"i", "l", "t"});
  CHECK(h.Run("SCAN 0 TYPE string COUNT 100").elements[1] == Array({}));
  CHECK(h.Text("DEBUG OBJECT t").find("encoding:hashtable") != std::string::npos);
  CHECK(h.Text("DEBUG HTSTATS-KEY t").find("number of elements: 1000") != std::string::npos);
  CHECK(h.Run("UNLINK t") == Int(1));
  // The digest tells values apart and not the order in which they came.
  h.Run("SADD l2 c b a");
  CHECK(h.Run("DEBUG DIGEST-VALUE l") == h.Run("DEBUG DIGEST-VALUE l2"));
  h.Run("SREM l2 a");
  CHECK_FALSE(h.Run("DEBUG DIGEST-VALUE l") == h.Run("DEBUG DIGEST-VALUE l2"));
}

TEST_CASE("a change of a set ends a transaction that watches it; none does not") {
  Harness h;
  TestClient& other = h.NewClient();
  h.Run("SADD s a b");
  const auto watch = [&](const char* change) {
    h.Run("WATCH s");
    other.Run(change);
    h.Run("MULTI");
    h.Run("PING");
    return h.Run("EXEC") == NilArray();
  };
  CHECK_FALSE(watch("SADD s a"));
  CHECK_FALSE(watch("SREM s x"));
  CHECK_FALSE(watch("SRANDMEMBER s 5"));
  CHECK(watch("SADD s c"));
  CHECK(watch("SREM s c"));
  CHECK(watch("SPOP s"));
  CHECK(watch("SUNIONSTORE s s"));
  CHECK(watch("SPOP s 100"));
}

}  // namespace
