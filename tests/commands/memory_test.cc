#include "commands/memory_use.h"
#include "tests/commands/harness.h"

namespace gotthard {
namespace {

int64_t Number(const ReplyValue& stats, std::string_view name) {
  for (size_t i = 0; i + 1 < stats.elements.size(); i += 2) {
    if (stats.elements[i].text == name) return stats.elements[i + 1].integer;
  }
  FAIL("no field " << name);
  return 0;
}

}  // namespace

TEST_CASE("MEMORY USAGE tells what a key takes") {
  Harness h;
  CHECK(h.Run("MEMORY USAGE k").is_null());
  h.Run("SET k v");
  const int64_t small = h.Run("MEMORY USAGE k").integer;
  CHECK(small >= 10);
  CHECK(small <= 64);
  h.Run({"SET", "k", std::string(100'000, 'x')});
  CHECK(h.Run("MEMORY USAGE k").integer >= 100'000);
  CHECK(h.Run("MEMORY USAGE k SAMPLES 0").integer >= 100'000);
  CHECK(h.Run("MEMORY USAGE k SAMPLES -1") == Error("ERR syntax error"));
  CHECK(h.Run("MEMORY USAGE k SAMPLES x") == Error("ERR value is not an integer or out of range"));
  CHECK(h.Run("MEMORY USAGE k SAMPLES") == Error("ERR syntax error"));
  CHECK(h.Run("MEMORY USAGE k x 1") == Error("ERR syntax error"));
}

TEST_CASE("MEMORY STATS' overhead and dataset make up the total") {
  Harness h;
  SampleMemory(h.server());
  h.Run("DEBUG POPULATE 5000");
  for (int i = 0; i < 5000; ++i) {
    h.Run("SET key:" + std::to_string(i) + " " + std::string(4000, 'x') + " EX 100");
  }
  ReplyValue stats = h.Run("MEMORY STATS");
  CHECK(Number(stats, "keys.count") == 5000);
  CHECK(Number(stats, "overhead.total") + Number(stats, "dataset.bytes") ==
        Number(stats, "total.allocated"));
  // The process frees about a megabyte of its own after the first sample: a tenth is let pass.
  CHECK(Number(stats, "dataset.bytes") >= 5000 * 3600);
  CHECK(Number(stats, "keys.bytes-per-key") >= 3600);
  CHECK(Number(stats, "peak.allocated") >= Number(stats, "total.allocated"));
  h.Run("HELLO 3");
  ReplyValue map = h.Run("MEMORY STATS");
  REQUIRE(map.kind == ReplyValue::Kind::kMap);
  for (size_t i = 0; i < map.elements.size(); i += 2) {
    if (map.elements[i].text != "db.0") continue;
    CHECK(Number(map.elements[i + 1], "overhead.hashtable.expires") == 5000 * 8);
    CHECK(Number(map.elements[i + 1], "overhead.hashtable.main") >= 5000 * 16);
  }
}

TEST_CASE("MEMORY DOCTOR, PURGE, MALLOC-STATS and HELP answer") {
  Harness h;
  CHECK_FALSE(h.Run("MEMORY DOCTOR").text.empty());
  CHECK(h.Run("MEMORY PURGE") == Ok());
  CHECK_FALSE(h.Run("MEMORY MALLOC-STATS").text.empty());
  CHECK(h.Run("MEMORY HELP").elements[0] ==
        Simple("MEMORY <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"));
}

TEST_CASE("MEMORY DOCTOR notices a peak that is over") {
  Harness h;
  h.Run({"SET", "k", std::string(8 << 20, 'x')});
  h.Run("MEMORY STATS");
  h.server().stats.peak_memory_bytes = h.server().memory.used_bytes * 2;
  CHECK(h.Run("MEMORY DOCTOR").text.find("* Peak") != std::string::npos);
}

}  // namespace gotthard
