// Lists: what a client can rely on, as dialogues.
#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "base/random.h"
#include "tests/commands/harness.h"

using namespace gotthard;
using namespace gotthard::reply;

namespace {
const ReplyValue kSyntax = Error("ERR syntax error");
const ReplyValue kNotInteger = Error("ERR value is not an integer or out of range");
const ReplyValue kWrongType =
    Error("WRONGTYPE Operation against a key holding the wrong kind of value");
const ReplyValue kMustBePositive = Error("ERR value is out of range, must be positive");

ReplyValue AllOf(const std::vector<std::string>& texts) {
  std::vector<ReplyValue> items;
  for (const std::string& text : texts) items.push_back(Bulk(text));
  return Array(std::move(items));
}
}  // namespace

TEST_CASE("A new list gets default-ttl, and an old one keeps what it has") {
  Harness h("default-ttl 100");
  h.Run("RPUSH l 3 1 2");
  CHECK(h.Run("TTL l") == Int(100));
  CHECK(h.Run("PERSIST l") == Int(1));
  h.Run("RPUSH l 4");
  CHECK(h.Run("TTL l") == Int(-1));
  CHECK(h.Run("LMOVE l moved LEFT LEFT") == Bulk("3"));
  CHECK(h.Run("TTL moved") == Int(100));
  CHECK(h.Run("SORT l STORE sorted") == Int(3));
  CHECK(h.Run("TTL sorted") == Int(100));
  h.Run({"RPUSH", "big", std::string(100'000, 'x')});
  CHECK(h.Run("TTL big") == Int(100));
}

TEST_CASE("LPUSH, RPUSH, LLEN and LRANGE build and show a list") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  CHECK(run("RPUSH l b c") == Int(2));
  CHECK(run("LPUSH l a z") == Int(4));
  CHECK(run("LLEN l") == Int(4));
  CHECK(run("LLEN none") == Int(0));
  CHECK(run("TYPE l") == Simple("list"));
  CHECK(run("OBJECT ENCODING l") == Bulk("listpack"));
  CHECK(run("LRANGE l 0 -1") == Bulks({"z", "a", "b", "c"}));
  CHECK(run("LRANGE l 1 2") == Bulks({"a", "b"}));
  CHECK(run("LRANGE l -2 100") == Bulks({"b", "c"}));
  CHECK(run("LRANGE l -100 0") == Bulks({"z"}));
  CHECK(run("LRANGE l 3 2") == Array({}));
  CHECK(run("LRANGE l 4 9") == Array({}));
  CHECK(run("LRANGE none 0 -1") == Array({}));
  CHECK(run("LRANGE l x 1") == kNotInteger);
  CHECK(run("RPUSH l") == Error("ERR wrong number of arguments for 'rpush' command"));
  run("SET s x");
  CHECK(run("RPUSH s a") == kWrongType);
  CHECK(run("LPUSH s a") == kWrongType);
  CHECK(run("LLEN s") == kWrongType);
  CHECK(run("LRANGE s 0 -1") == kWrongType);
}

TEST_CASE("LPUSHX and RPUSHX push only to what is there") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  CHECK(run("LPUSHX l a") == Int(0));
  CHECK(run("RPUSHX l a") == Int(0));
  CHECK(run("EXISTS l") == Int(0));
  run("RPUSH l m");
  CHECK(run("LPUSHX l b a") == Int(3));
  CHECK(run("RPUSHX l x y") == Int(5));
  CHECK(run("LRANGE l 0 -1") == Bulks({"a", "b", "m", "x", "y"}));
}

TEST_CASE("LPOP and RPOP take from the ends, and an empty list is gone") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  run("RPUSH l 1 two 3 4 5 6 7");
  CHECK(run("LPOP l") == Bulk("1"));
  CHECK(run("RPOP l") == Bulk("7"));
  CHECK(run("LPOP l 2") == Bulks({"two", "3"}));
  CHECK(run("RPOP l 2") == Bulks({"6", "5"}));
  CHECK(run("LPOP l 0") == Array({}));
  CHECK(run("LPOP l 9") == Bulks({"4"}));
  CHECK(run("EXISTS l") == Int(0));
  CHECK(run("LPOP l") == Nil());
  CHECK(run("LPOP l 1") == NilArray());
  CHECK(run("RPOP l 0") == NilArray());
  CHECK(run("LPOP l -1") == kMustBePositive);
  CHECK(run("LPOP l x") == kMustBePositive);
  CHECK(run("LPOP l 1 2") == Error("ERR wrong number of arguments for 'lpop' command"));
  CHECK(run("RPOP l 1 2") == Error("ERR wrong number of arguments for 'rpop' command"));
  run("SET s x");
  CHECK(run("LPOP s") == kWrongType);
  CHECK(run("RPOP s 3") == kWrongType);
}

TEST_CASE("LINDEX and LSET reach elements by index") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  run("RPUSH l a b c");
  CHECK(run("LINDEX l 0") == Bulk("a"));
  CHECK(run("LINDEX l -1") == Bulk("c"));
  CHECK(run("LINDEX l 3") == Nil());
  CHECK(run("LINDEX l -4") == Nil());
  CHECK(run("LINDEX none 0") == Nil());
  CHECK(run("LINDEX l x") == kNotInteger);
  CHECK(run("LSET l 1 12345") == Ok());
  CHECK(run("LSET l -1 z") == Ok());
  CHECK(run("LRANGE l 0 -1") == Bulks({"a", "12345", "z"}));
  CHECK(run("LSET l 3 x") == Error("ERR index out of range"));
  CHECK(run("LSET l -4 x") == Error("ERR index out of range"));
  CHECK(run("LSET l x x") == kNotInteger);
  CHECK(run("LSET none 0 x") == Error("ERR no such key"));
  run("SET s x");
  CHECK(run("LSET s 0 x") == kWrongType);
  CHECK(run("LINDEX s 0") == kWrongType);
}

TEST_CASE("LINSERT puts an element beside another one") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  run("RPUSH l a 10 c");
  CHECK(run("LINSERT l BEFORE 10 b") == Int(4));
  CHECK(run("LINSERT l after c d") == Int(5));
  CHECK(run("LINSERT l BEFORE a first") == Int(6));
  CHECK(run("LRANGE l 0 -1") == Bulks({"first", "a", "b", "10", "c", "d"}));
  CHECK(run("LINSERT l BEFORE none x") == Int(-1));
  CHECK(run("LINSERT none BEFORE a x") == Int(0));
  CHECK(run("LINSERT l BESIDE a x") == kSyntax);
}

TEST_CASE("LREM removes equal elements, from either end") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  run("RPUSH l x 1 x 2 x 3 x");
  CHECK(run("LREM l 1 x") == Int(1));
  CHECK(run("LREM l -2 x") == Int(2));
  CHECK(run("LRANGE l 0 -1") == Bulks({"1", "x", "2", "3"}));
  CHECK(run("LREM l 0 1") == Int(1));
  CHECK(run("LREM l 0 none") == Int(0));
  CHECK(run("LREM none 0 a") == Int(0));
  CHECK(run("LREM l x a") == kNotInteger);
  CHECK(run("RPUSH all v v v") == Int(3));
  CHECK(run("LREM all 0 v") == Int(3));
  CHECK(run("EXISTS all") == Int(0));
}

TEST_CASE("LTRIM keeps a range") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  run("RPUSH l 1 2 3 4 5 6");
  CHECK(run("LTRIM l 1 -2") == Ok());
  CHECK(run("LRANGE l 0 -1") == Bulks({"2", "3", "4", "5"}));
  CHECK(run("LTRIM l -100 1") == Ok());
  CHECK(run("LRANGE l 0 -1") == Bulks({"2", "3"}));
  CHECK(run("LTRIM l 1 100") == Ok());
  CHECK(run("LTRIM l 5 9") == Ok());
  CHECK(run("EXISTS l") == Int(0));
  CHECK(run("LTRIM l 0 0") == Ok());
  CHECK(run("LTRIM l a 0") == kNotInteger);
}

TEST_CASE("LPOS tells where an element is") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  run("RPUSH l a b c 1 2 3 c c");
  CHECK(run("LPOS l c") == Int(2));
  CHECK(run("LPOS l 1") == Int(3));
  CHECK(run("LPOS l none") == Nil());
  CHECK(run("LPOS l c RANK 2") == Int(6));
  CHECK(run("LPOS l c RANK -1") == Int(7));
  CHECK(run("LPOS l c RANK 4") == Nil());
  CHECK(run("LPOS l c COUNT 0") == Array({Int(2), Int(6), Int(7)}));
  CHECK(run("LPOS l c COUNT 2 RANK -1") == Array({Int(7), Int(6)}));
  CHECK(run("LPOS l c COUNT 5 RANK 2") == Array({Int(6), Int(7)}));
  CHECK(run("LPOS l c COUNT 0 MAXLEN 7") == Array({Int(2), Int(6)}));
  CHECK(run("LPOS l c MAXLEN 2") == Nil());
  CHECK(run("LPOS l c COUNT 0 MAXLEN 2") == Array({}));
  CHECK(run("LPOS none c") == Nil());
  CHECK(run("LPOS none c COUNT 1") == Array({}));
  CHECK(run("LPOS l c RANK") == kSyntax);
  CHECK(run("LPOS l c WHERE 1") == kSyntax);
  CHECK(run("LPOS l c RANK 0").text.find("ERR RANK can't be zero") == 0);
  CHECK(run("LPOS l c RANK -9223372036854775808").text.find("ERR value is out of range") == 0);
  CHECK(run("LPOS l c COUNT -1") == Error("ERR COUNT can't be negative"));
  CHECK(run("LPOS l c MAXLEN -1") == Error("ERR MAXLEN can't be negative"));
}

TEST_CASE("LMOVE and RPOPLPUSH move between lists, or turn one") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  run("RPUSH a 1 2 3");
  CHECK(run("LMOVE a b LEFT RIGHT") == Bulk("1"));
  CHECK(run("LMOVE a b right left") == Bulk("3"));
  CHECK(run("LRANGE b 0 -1") == Bulks({"3", "1"}));
  CHECK(run("RPOPLPUSH a b") == Bulk("2"));
  CHECK(run("EXISTS a") == Int(0));
  CHECK(run("LRANGE b 0 -1") == Bulks({"2", "3", "1"}));
  CHECK(run("LMOVE b b RIGHT LEFT") == Bulk("1"));
  CHECK(run("LRANGE b 0 -1") == Bulks({"1", "2", "3"}));
  CHECK(run("RPOPLPUSH b b") == Bulk("3"));
  CHECK(run("LRANGE b 0 -1") == Bulks({"3", "1", "2"}));
  run("RPUSH one x");
  CHECK(run("LMOVE one one LEFT LEFT") == Bulk("x"));
  CHECK(run("LLEN one") == Int(1));
  CHECK(run("RPOPLPUSH none b") == Nil());
  CHECK(run("LMOVE b b UP DOWN") == kSyntax);
  run("SET s x");
  CHECK(run("LMOVE b s LEFT LEFT") == kWrongType);
  CHECK(run("RPOPLPUSH s b") == kWrongType);
  CHECK(run("RPOPLPUSH none s") == Nil());
  CHECK(run("LLEN b") == Int(3));
}

TEST_CASE("LMPOP pops from the first list that has something") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  run("RPUSH b 1 2 3");
  CHECK(run("LMPOP 2 a b LEFT") == Array({Bulk("b"), Bulks({"1"})}));
  CHECK(run("LMPOP 2 a b right COUNT 10") == Array({Bulk("b"), Bulks({"3", "2"})}));
  CHECK(run("LMPOP 2 a b LEFT") == NilArray());
  CHECK(run("LMPOP 0 a LEFT") == Error("ERR numkeys should be greater than 0"));
  CHECK(run("LMPOP x a LEFT") == Error("ERR numkeys should be greater than 0"));
  CHECK(run("LMPOP 2 a LEFT") == kSyntax);
  CHECK(run("LMPOP 1 a UP") == kSyntax);
  CHECK(run("LMPOP 1 a LEFT COUNT 0") == Error("ERR count should be greater than 0"));
  CHECK(run("LMPOP 1 a LEFT COUNT 1 COUNT 1") == kSyntax);
  CHECK(run("LMPOP 1 a LEFT COUNT") == kSyntax);
  run("SET s x");
  CHECK(run("LMPOP 2 s a LEFT") == kWrongType);
}

TEST_CASE("A list becomes a quicklist past list-max-listpack-size, and turns back at half of it") {
  Harness h("list-max-listpack-size 4");
  auto run = [&](std::string_view line) { return h.Run(line); };
  run("RPUSH l 1 2 3 4");
  CHECK(run("OBJECT ENCODING l") == Bulk("listpack"));
  run("EXPIRE l 100");
  run("LPUSH l 0");
  CHECK(run("OBJECT ENCODING l") == Bulk("quicklist"));
  CHECK(run("TTL l") == Int(100));
  CHECK(run("LRANGE l 0 -1") == Bulks({"0", "1", "2", "3", "4"}));
  run("LPOP l 2");
  CHECK(run("OBJECT ENCODING l") == Bulk("quicklist"));
  run("RPOP l");
  CHECK(run("OBJECT ENCODING l") == Bulk("listpack"));
  CHECK(run("TTL l") == Int(100));
  CHECK(run("LRANGE l 0 -1") == Bulks({"2", "3"}));
  CHECK(run("COPY l copy") == Int(1));
  CHECK(run("RPUSH copy 5 6 7") == Int(5));
  CHECK(run("COPY copy other") == Int(1));
  CHECK(run("DEL copy") == Int(1));
  CHECK(run("LRANGE other 0 -1") == Bulks({"2", "3", "5", "6", "7"}));
  CHECK(run("LRANGE l 0 -1") == Bulks({"2", "3"}));
}

TEST_CASE("Equal lists have equal digests, whatever their form") {
  Harness h("enable-debug-command yes");
  auto run = [&](std::string_view line) { return h.Run(line); };
  run("RPUSH small a 1 b");
  run("CONFIG SET list-max-listpack-size 1");
  run("RPUSH big a 1 b");
  CHECK(run("OBJECT ENCODING big") == Bulk("quicklist"));
  CHECK(h.Text("DEBUG DIGEST-VALUE small") == h.Text("DEBUG DIGEST-VALUE big"));
  run("RPUSH big c");
  CHECK(h.Text("DEBUG DIGEST-VALUE small") != h.Text("DEBUG DIGEST-VALUE big"));
}

TEST_CASE("Lists of every size and shape hold what a vector holds") {
  const char* const kConfigs[] = {"", "list-max-listpack-size 3",
                                  "list-max-listpack-size -1\nlist-compress-depth 1"};
  for (size_t config = 0; config < std::size(kConfigs); ++config) {
    Harness h(kConfigs[config]);
    Random random(config + 1);
    std::vector<std::string> model;
    auto text = [&] {
      const size_t size = random.Below(30) == 0 ? random.Below(9'000) : random.Below(12);
      return random.Below(2) == 0 ? std::to_string(random.Below(20)) : std::string(size, 'v');
    };
    for (int step = 0; step < 400; ++step) {
      CAPTURE(config, step);
      const std::string item = text();
      const auto size = static_cast<int64_t>(model.size());
      const int64_t index = static_cast<int64_t>(random.Below(model.size() + 1));
      const std::string at = std::to_string(random.Below(2) == 0 ? index : index - size);
      switch (random.Below(8)) {
        case 0:
        case 1:
          h.Run({"RPUSH", "l", item, "x", item});
          model.insert(model.end(), {item, "x", item});
          break;
        case 2:
          h.Run({"LPUSH", "l", item, "y"});
          model.insert(model.begin(), {"y", item});
          break;
        case 3:
          if (index == size) break;
          CHECK(h.Run({"LSET", "l", at, item}) == Ok());
          model[static_cast<size_t>(index)] = item;
          break;
        case 4: {
          const auto pivot = std::find(model.begin(), model.end(), "x");
          if (pivot == model.end()) break;
          h.Run({"LINSERT", "l", "AFTER", "x", item});
          model.insert(pivot + 1, item);
          break;
        }
        case 5: {
          const auto before = model.size();
          model.erase(std::remove(model.begin(), model.end(), item), model.end());
          CHECK(h.Run({"LREM", "l", "0", item}) ==
                Int(static_cast<int64_t>(before - model.size())));
          break;
        }
        case 6:
          if (index < 3) break;
          h.Run({"LTRIM", "l", "1", "-2"});
          if (model.size() < 2) break;
          model.pop_back();
          model.erase(model.begin());
          break;
        default:
          if (model.empty()) break;
          CHECK(h.Run("LPOP l") == Bulk(model.front()));
          model.erase(model.begin());
      }
      if (step % 10 == 0) REQUIRE(h.Run("LRANGE l 0 -1") == AllOf(model));
    }
  }
}

TEST_CASE(
    "LSET and LINSERT give a list the form for a big element before they look for its place") {
  Harness h;
  const std::string big(9000, 'x');
  for (const std::vector<std::string>& request : std::vector<std::vector<std::string>>{
           {"LSET", "l", "5", big}, {"LINSERT", "l", "BEFORE", "none", big}}) {
    h.Run("DEL l");
    h.Run("RPUSH l a b");
    CHECK(h.Run({"LSET", "l", "x", big}) == kNotInteger);
    CHECK(h.Run("OBJECT ENCODING l") == Bulk("listpack"));
    h.Run(request);
    CHECK(h.Run("OBJECT ENCODING l") == Bulk("quicklist"));
    CHECK(h.Run("LRANGE l 0 -1") == Bulks({"a", "b"}));
  }
}
