// SCAN and KEYS: walking through the names.
#include <algorithm>
#include <catch2/catch.hpp>
#include <set>
#include <string>
#include <vector>

#include "tests/commands/harness.h"

using namespace gotthard;
using namespace gotthard::reply;

namespace {

const ReplyValue kSyntax = Error("ERR syntax error");

std::vector<std::string> Sorted(const ReplyValue& reply) {
  std::vector<std::string> names;
  for (const ReplyValue& element : reply.elements) names.push_back(element.text);
  std::sort(names.begin(), names.end());
  return names;
}

// A whole iteration; `between` runs after every call.
template <typename Fn>
std::multiset<std::string> ScanAll(Harness& h, std::vector<std::string> options, Fn&& between) {
  std::multiset<std::string> seen;
  std::string cursor = "0";
  int calls = 0;
  do {
    std::vector<std::string> words{"SCAN", cursor};
    words.insert(words.end(), options.begin(), options.end());
    ReplyValue reply = h.Run(words);
    REQUIRE(reply.elements.size() == 2);
    cursor = reply.elements[0].text;
    for (const ReplyValue& name : reply.elements[1].elements) seen.insert(name.text);
    between();
    REQUIRE(++calls < 100000);
  } while (cursor != "0");
  return seen;
}

std::multiset<std::string> ScanAll(Harness& h, std::vector<std::string> options = {}) {
  return ScanAll(h, std::move(options), [] {});
}

void Fill(Harness& h, const std::string& prefix, int count) {
  std::vector<std::string> words{"MSET"};
  for (int i = 0; i < count; ++i) words.insert(words.end(), {prefix + std::to_string(i), "v"});
  REQUIRE(h.Run(words) == Ok());
}

}  // namespace

TEST_CASE("KEYS matches glob patterns") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  CHECK(run("KEYS *") == Array({}));
  run("MSET hello 1 hallo 2 hxllo 3 other 4");
  CHECK(Sorted(run("KEYS *")) == std::vector<std::string>{"hallo", "hello", "hxllo", "other"});
  CHECK(Sorted(run("KEYS h?llo")) == std::vector<std::string>{"hallo", "hello", "hxllo"});
  CHECK(Sorted(run("KEYS h[ae]llo")) == std::vector<std::string>{"hallo", "hello"});
  CHECK(Sorted(run("KEYS h[^e]llo")) == std::vector<std::string>{"hallo", "hxllo"});
  CHECK(run("KEYS other") == Bulks({"other"}));
  CHECK(run("KEYS nothing*") == Array({}));
  run("PEXPIRE other 5");
  h.AdvanceMs(6);
  CHECK(run("KEYS *").elements.size() == 3);
}

TEST_CASE("SCAN of an empty database and its errors") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  CHECK(run("SCAN 0") == Array({Bulk("0"), Array({})}));
  CHECK(run("SCAN x") == Error("ERR invalid cursor"));
  CHECK(run("SCAN ' 0'") == Error("ERR invalid cursor"));
  CHECK(run("SCAN 18446744073709551616") == Error("ERR invalid cursor"));
  CHECK(run("SCAN 0 COUNT 0") == kSyntax);
  CHECK(run("SCAN 0 COUNT -1") == kSyntax);
  CHECK(run("SCAN 0 COUNT x") == Error("ERR value is not an integer or out of range"));
  CHECK(run("SCAN 0 COUNT") == kSyntax);
  CHECK(run("SCAN 0 MATCH") == kSyntax);
  CHECK(run("SCAN 0 NOPE") == kSyntax);
  CHECK(run("SCAN 18446744073709551615").elements.size() == 2);
}

TEST_CASE("SCAN returns every key once when nothing changes") {
  Harness h;
  Fill(h, "key:", 2000);
  for (const char* count : {"1", "10", "100", "5000"}) {
    std::multiset<std::string> seen = ScanAll(h, {"COUNT", count});
    CHECK(std::set<std::string>(seen.begin(), seen.end()).size() == 2000);
  }
  CHECK(h.Run("SCAN 0 COUNT 5000").elements[0] == Bulk("0"));
}

TEST_CASE("SCAN honours COUNT closely") {
  Harness h;
  Fill(h, "key:", 5000);
  for (int count : {10, 50, 500}) {
    size_t got = h.Run({"SCAN", "0", "COUNT", std::to_string(count)}).elements[1].elements.size();
    CHECK(got >= static_cast<size_t>(count));
    CHECK(got <= static_cast<size_t>(count) + 64);
  }
}

TEST_CASE("SCAN returns what stays from start to end, while the table grows") {
  Harness h;
  Fill(h, "stay:", 500);
  int next = 0;
  std::multiset<std::string> seen = ScanAll(h, {"COUNT", "5"}, [&] {
    if (next < 20000) {
      Fill(h, "new:" + std::to_string(next) + ":", 400);
      next += 400;
    }
  });
  for (int i = 0; i < 500; ++i) REQUIRE(seen.count("stay:" + std::to_string(i)) >= 1);
}

TEST_CASE("SCAN returns what stays from start to end, while others are deleted") {
  Harness h;
  Fill(h, "stay:", 500);
  Fill(h, "go:", 5000);
  int next = 0;
  std::multiset<std::string> seen = ScanAll(h, {"COUNT", "20"}, [&] {
    for (int i = 0; i < 100 && next < 5000; ++i, ++next) {
      h.Run({"DEL", "go:" + std::to_string(next)});
    }
  });
  for (int i = 0; i < 500; ++i) REQUIRE(seen.count("stay:" + std::to_string(i)) >= 1);
}

TEST_CASE("SCAN with MATCH and TYPE filters") {
  Harness h;
  Fill(h, "a:", 300);
  Fill(h, "b:", 300);
  CHECK(ScanAll(h, {"MATCH", "a:*"}).size() == 300);
  CHECK(ScanAll(h, {"MATCH", "a:1?", "COUNT", "1000"}).size() == 10);
  CHECK(ScanAll(h, {"MATCH", "*"}).size() == 600);
  CHECK(ScanAll(h, {"match", "b:*", "count", "7"}).size() == 300);
  CHECK(ScanAll(h, {"TYPE", "string"}).size() == 600);
  CHECK(ScanAll(h, {"TYPE", "STRING", "MATCH", "a:*"}).size() == 300);
  CHECK(ScanAll(h, {"TYPE", "list"}).empty());
  CHECK(ScanAll(h, {"TYPE", "no-such-type"}).empty());
}

TEST_CASE("SCAN does not return keys whose time has come") {
  Harness h;
  Fill(h, "stay:", 100);
  for (int i = 0; i < 100; ++i) h.Run({"SET", "go:" + std::to_string(i), "v", "PX", "10"});
  CHECK(ScanAll(h).size() == 200);
  h.AdvanceMs(11);
  CHECK(ScanAll(h).size() == 100);
}
