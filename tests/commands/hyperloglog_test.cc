// HyperLogLog: the PF commands.
#include <catch2/catch.hpp>
#include <cmath>
#include <string>
#include <vector>

#include "tests/commands/harness.h"

using namespace gotthard;
using namespace gotthard::reply;

namespace {
const ReplyValue kNotHyperLogLog = Error("WRONGTYPE Key is not a valid HyperLogLog string value.");
const ReplyValue kCorrupt = Error("INVALIDOBJ Corrupted HLL object detected");
}  // namespace

TEST_CASE("PFADD tells whether an element was new, PFCOUNT how many there were") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  CHECK(run("PFCOUNT k") == Int(0));
  CHECK(run("PFADD k a b c") == Int(1));
  CHECK(run("PFADD k a b") == Int(0));
  CHECK(run("PFCOUNT k") == Int(3));
  CHECK(run("PFADD k d") == Int(1));
  CHECK(run("PFCOUNT k") == Int(4));
  CHECK(run("PFADD empty") == Int(1));
  CHECK(run("PFADD empty") == Int(0));
  CHECK(run("PFCOUNT empty") == Int(0));
  CHECK(run("TYPE k") == Simple("string"));
  CHECK(run("OBJECT ENCODING k") == Bulk("raw"));
}

TEST_CASE("The bytes of a value are Redis's") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  run("PFADD empty");
  CHECK(run("GET empty") == Bulk(std::string_view("HYLL\1\0\0\0\0\0\0\0\0\0\0\x80\x7f\xff", 18)));
  run("PFADD k a b c");
  run("PFCOUNT k");
  CHECK(run("GETRANGE k 0 15") == Bulk(std::string_view("HYLL\1\0\0\0\3\0\0\0\0\0\0\0", 16)));
  run("PFADD k d");  // the old count stays, marked as out of date
  CHECK(run("GETRANGE k 8 15") == Bulk(std::string_view("\3\0\0\0\0\0\0\x80", 8)));
  CHECK(run("PFDEBUG DECODE empty") == Bulk("Z:16384"));
}

TEST_CASE("A growing value becomes dense at hll-sparse-max-bytes") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  run("CONFIG SET hll-sparse-max-bytes 100");
  int added = 0;
  while (run("PFADD k e" + std::to_string(added++)) == Int(1) &&
         run("PFDEBUG ENCODING k") == Simple("sparse")) {
    REQUIRE(run("STRLEN k") != Int(101));
    REQUIRE(added < 1000);
  }
  CHECK(run("PFDEBUG ENCODING k") == Simple("dense"));
  CHECK(run("STRLEN k") == Int(12304));
  CHECK(run("PFCOUNT k") == Int(added));
  CHECK(run("PFADD k e0") == Int(0));
  CHECK(run("PFADD k another") == Int(1));
}

TEST_CASE("A thousand elements are counted within four standard errors") {
  Harness h;
  std::vector<std::string> words = {"PFADD", "k"};
  for (int i = 0; i < 10000; ++i) words.push_back("element:" + std::to_string(i));
  CHECK(h.Run(words) == Int(1));
  const ReplyValue counted = h.Run("PFCOUNT k");
  CHECK(std::abs(static_cast<double>(counted.integer) - 10000) < 4 * 81);
  CHECK(h.Run("PFCOUNT k") == counted);
  CHECK(h.Run("PFCOUNT k k") == counted);
}

TEST_CASE("PFCOUNT of several keys counts their union, PFMERGE stores it") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  run("PFADD a 1 2 3");
  run("PFADD b 3 4 5");
  CHECK(run("PFCOUNT a b") == Int(5));
  CHECK(run("PFCOUNT a missing") == Int(3));
  CHECK(run("PFCOUNT missing missing2") == Int(0));
  CHECK(run("PFMERGE d a b missing") == Ok());
  CHECK(run("PFCOUNT d") == Int(5));
  CHECK(run("PFDEBUG ENCODING d") == Simple("sparse"));
  run("PFADD direct 1 2 3 4 5");
  CHECK(run("PFDEBUG DECODE d") == run("PFDEBUG DECODE direct"));
  run("PFADD e 6");
  CHECK(run("PFMERGE e a") == Ok());
  CHECK(run("PFCOUNT e") == Int(4));
  CHECK(run("PFDEBUG TODENSE a") == Int(1));
  CHECK(run("PFDEBUG TODENSE a") == Int(0));
  CHECK(run("PFMERGE d2 a b") == Ok());
  CHECK(run("PFDEBUG ENCODING d2") == Simple("dense"));
  CHECK(run("PFCOUNT d2") == Int(5));
  CHECK(run("PFMERGE only") == Ok());
  CHECK(run("PFCOUNT only") == Int(0));
}

TEST_CASE("What is no HyperLogLog is refused everywhere, and stays as it is") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  run("PFADD ok 1");
  run("SET text hello");
  run("SET number 12");
  run(R"(SET short "HYLL\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00aaa")");
  for (const char* key : {"text", "number", "short"}) {
    const ReplyValue before = h.Run({"GET", key});
    CHECK(h.Run({"PFADD", key, "x"}) == kNotHyperLogLog);
    CHECK(h.Run({"PFCOUNT", key}) == kNotHyperLogLog);
    CHECK(h.Run({"PFCOUNT", "ok", key}) == kNotHyperLogLog);
    CHECK(h.Run({"PFMERGE", "ok", key}) == kNotHyperLogLog);
    CHECK(h.Run({"PFMERGE", key, "ok"}) == kNotHyperLogLog);
    CHECK(h.Run({"PFDEBUG", "GETREG", key}) == kNotHyperLogLog);
    CHECK(h.Run({"GET", key}) == before);
  }
  run(R"(SET corrupt "HYLL\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80\x10")");
  const ReplyValue before = run("GET corrupt");
  CHECK(run("PFCOUNT corrupt") == kCorrupt);
  CHECK(run("PFCOUNT corrupt ok") == kCorrupt);
  CHECK(run("PFMERGE d corrupt") == kCorrupt);
  CHECK(run("PFDEBUG TODENSE corrupt") == kCorrupt);
  CHECK(run("PFDEBUG GETREG corrupt") == kCorrupt);
  CHECK(run("PFADD corrupt a b c d e f g h") == kCorrupt);
  CHECK(run("GET corrupt") == before);
  CHECK(run("EXISTS d") == Int(0));
}

TEST_CASE("PFDEBUG looks inside, PFSELFTEST counts for itself") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  CHECK(run("PFDEBUG GETREG missing") == Error("ERR The specified key does not exist"));
  run("PFADD k a b c");
  CHECK(run("PFDEBUG NEVER k") == Error("ERR Unknown PFDEBUG subcommand 'NEVER'"));
  const ReplyValue registers = run("PFDEBUG GETREG k");
  REQUIRE(registers.elements.size() == 16384);
  int64_t sum = 0;
  for (const ReplyValue& value : registers.elements) sum += value.integer;
  CHECK(sum > 0);
  CHECK(run("PFDEBUG ENCODING k") == Simple("dense"));  // to show them, as Redis does
  CHECK(run("PFDEBUG DECODE k") == Error("ERR HLL encoding is not sparse"));
  CHECK(run("PFSELFTEST") == Ok());
}

TEST_CASE("WATCH hears of a count that is remembered") {
  Harness h;
  TestClient& other = h.NewClient();
  h.Run("PFADD k a");
  h.Run("WATCH k");
  other.Run("PFADD k a");
  h.Run("MULTI");
  CHECK(h.Run("EXEC") == Array({}));
  h.Run("WATCH k");
  other.Run("PFCOUNT k");
  h.Run("MULTI");
  CHECK(h.Run("EXEC") == NilArray());
}

TEST_CASE("PFDEBUG's other form of a value is a change to save, but not to those who watch") {
  const char* command = GENERATE("PFDEBUG TODENSE k", "PFDEBUG GETREG k");
  Harness h;
  TestClient& watching = h.NewClient();
  h.Run("PFADD k a");
  CHECK(watching.Run("WATCH k") == Ok());
  const uint64_t changes = h.server().changes.dirty;
  h.Run(command);
  CHECK(h.Run("PFDEBUG ENCODING k") == Simple("dense"));
  CHECK(h.server().changes.dirty == changes + 1);
  CHECK(!watching.session().has(Session::kDirtyCas));
}
