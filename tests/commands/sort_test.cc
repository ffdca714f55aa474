// SORT and SORT_RO.
#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "base/random.h"
#include "tests/commands/harness.h"

using namespace gotthard;
using namespace gotthard::reply;

TEST_CASE("SORT puts numbers and texts in order") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  run("RPUSH l 3 -1 10 2.5 1e1 0");
  CHECK(run("SORT l") == Bulks({"-1", "0", "2.5", "3", "10", "1e1"}));
  CHECK(run("SORT l DESC") == Bulks({"1e1", "10", "3", "2.5", "0", "-1"}));
  CHECK(run("SORT l LIMIT 1 2") == Bulks({"0", "2.5"}));
  CHECK(run("SORT l DESC LIMIT 0 1") == Bulks({"1e1"}));
  CHECK(run("SORT l LIMIT 10 2") == Array({}));
  CHECK(run("SORT l LIMIT -5 2") == Bulks({"-1", "0"}));
  CHECK(run("SORT l LIMIT 4 -1") == Bulks({"10", "1e1"}));
  CHECK(run("SORT l ALPHA") == Bulks({"-1", "0", "10", "1e1", "2.5", "3"}));
  CHECK(run("SORT_RO l ALPHA DESC LIMIT 0 2") == Bulks({"3", "2.5"}));
  CHECK(run("SORT none") == Array({}));
  run("RPUSH words b a");
  CHECK(run("SORT words") == Error("ERR One or more scores can't be converted into double"));
  CHECK(run("SORT words ALPHA") == Bulks({"a", "b"}));
  CHECK(run("SORT l LIMIT 1") == Error("ERR syntax error"));
  CHECK(run("SORT l LIMIT a 1") == Error("ERR value is not an integer or out of range"));
  CHECK(run("SORT l UPWARDS") == Error("ERR syntax error"));
  CHECK(run("SORT_RO l STORE x") == Error("ERR syntax error"));
  run("SET s x");
  CHECK(run("SORT s") ==
        Error("WRONGTYPE Operation against a key holding the wrong kind of value"));
}

TEST_CASE("SORT BY and GET look at other keys") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  run("RPUSH l 1 2 3");
  run("MSET w1 30 w2 10 w3 20 name1 one name3 three");
  CHECK(run("SORT l BY w*") == Bulks({"2", "3", "1"}));
  CHECK(run("SORT l BY w* GET # GET name*") ==
        Array({Bulk("2"), Nil(), Bulk("3"), Bulk("three"), Bulk("1"), Bulk("one")}));
  CHECK(run("SORT l BY name* ALPHA DESC") == Bulks({"3", "1", "2"}));
  CHECK(run("SORT l BY nosort") == Bulks({"1", "2", "3"}));
  CHECK(run("SORT l BY nosort DESC LIMIT 0 2") == Bulks({"3", "2"}));
  CHECK(run("SORT l BY nosort LIMIT 1 1") == Bulks({"2"}));
  CHECK(run("SORT l GET constant") == Array({Nil(), Nil(), Nil()}));
  run("SET w2 word");
  CHECK(run("SORT l BY w*") == Error("ERR One or more scores can't be converted into double"));
  // A missing weight counts as 0.
  run("DEL w2");
  CHECK(run("SORT l BY w*") == Bulks({"2", "3", "1"}));
}

TEST_CASE("SORT takes sets and sorted sets, and looks into hashes") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  run("SADD numbers 3 1 2");
  run("SADD words b c a");
  run("ZADD z 1 c 2 b 3 a");
  CHECK(run("SORT numbers DESC") == Bulks({"3", "2", "1"}));
  CHECK(run("SORT words ALPHA LIMIT 0 2") == Bulks({"a", "b"}));
  CHECK(run("SORT words BY nosort STORE out") == Int(3));
  CHECK(run("LRANGE out 0 -1") == Bulks({"a", "b", "c"}));
  CHECK(run("SORT z ALPHA") == Bulks({"a", "b", "c"}));
  CHECK(run("SORT z BY nosort") == Bulks({"c", "b", "a"}));
  CHECK(run("SORT z BY nosort DESC LIMIT 1 2") == Bulks({"b", "c"}));
  run("HSET h1 weight 9 name one");
  run("HSET h2 weight 5");
  run("HSET h3 weight 7 name three");
  CHECK(run("SORT numbers BY h*->weight GET # GET h*->name") ==
        Array({Bulk("2"), Nil(), Bulk("3"), Bulk("three"), Bulk("1"), Bulk("one")}));
}

TEST_CASE("SORT STORE keeps the result as a list") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  run("RPUSH l 3 1 2");
  run("SET target x EX 100");
  CHECK(run("SORT l STORE target") == Int(3));
  CHECK(run("LRANGE target 0 -1") == Bulks({"1", "2", "3"}));
  CHECK(run("TTL target") == Int(-1));
  CHECK(run("OBJECT ENCODING target") == Bulk("listpack"));
  CHECK(run("SORT l GET missing* STORE target") == Int(3));
  CHECK(run("LRANGE target 0 -1") == Bulks({"", "", ""}));
  CHECK(run("SORT l DESC STORE l") == Int(3));
  CHECK(run("LRANGE l 0 -1") == Bulks({"3", "2", "1"}));
  CHECK(run("SORT none STORE target") == Int(0));
  CHECK(run("EXISTS target") == Int(0));
}

TEST_CASE("SORT of many, whole and in part, is what sorting them means") {
  Harness h;
  Random random(1);
  std::vector<int64_t> values;
  for (int i = 0; i < 3'000; ++i) {
    values.push_back(static_cast<int64_t>(random.Below(2'000)) - 1'000);
    h.Run({"RPUSH", "l", std::to_string(values.back())});
  }
  std::sort(values.begin(), values.end());
  const auto texts = [&](size_t from, size_t count) {
    std::vector<ReplyValue> items;
    for (size_t i = from; i < from + count; ++i) items.push_back(Bulk(std::to_string(values[i])));
    return Array(std::move(items));
  };
  CHECK(h.Run("SORT l") == texts(0, values.size()));
  CHECK(h.Run("SORT l LIMIT 100 50") == texts(100, 50));
  CHECK(h.Run("SORT l LIMIT 2900 500") == texts(2'900, 100));
  std::reverse(values.begin(), values.end());
  CHECK(h.Run("SORT l DESC LIMIT 0 10") == texts(0, 10));
}

TEST_CASE("A sorted set that was sorted keeps its big form, and nobody hears of that") {
  const char* sort = GENERATE("SORT z", "SORT_RO z", "SORT z LIMIT 0 0", "SORT z BY nosort GET #");
  Harness h;
  TestClient& watching = h.NewClient();
  h.Run("ZADD z 1 10 2 2");
  h.Run("EXPIRE z 100");
  CHECK(h.Run("OBJECT ENCODING z") == Bulk("listpack"));
  CHECK(watching.Run("WATCH z") == Ok());
  const uint64_t changes = h.server().changes.dirty;
  h.Run(sort);
  CHECK(h.Run("OBJECT ENCODING z") == Bulk("skiplist"));
  CHECK(h.Run("ZRANGE z 0 -1 WITHSCORES") == Bulks({"10", "1", "2", "2"}));
  CHECK(h.Run("TTL z") == Int(100));
  CHECK(h.server().changes.dirty == changes);
  CHECK(!watching.session().has(Session::kDirtyCas));
}
