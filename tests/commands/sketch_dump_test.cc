// Sketches through DUMP and RESTORE.
#include <catch2/catch.hpp>
#include <string>

#include "base/random.h"
#include "tests/commands/harness.h"

using namespace gotthard;
using namespace gotthard::reply;

namespace {

struct Case {
  const char* make;
  const char* ask;
};
constexpr Case kCases[] = {
    {"BF.MADD k a b c", "BF.MEXISTS k a b c d"},
    {"CF.INSERT k ITEMS a b a", "CF.MEXISTS k a b c"},
    {"TOPK.RESERVE k 3", "TOPK.LIST k WITHCOUNT"},
    {"CMS.INITBYDIM k 10 3", "CMS.QUERY k a b"},
    {"TDIGEST.CREATE k", "TDIGEST.QUANTILE k 0.1 0.5"},
};

void Fill(Harness& h, const Case& one) {
  h.Run("DEL k");
  h.Run(one.make);
  h.Run("TOPK.ADD k a b a");
  h.Run("CMS.INCRBY k a 3 b 4");
  h.Run("TDIGEST.ADD k 1 2 3 4");
}

}  // namespace

TEST_CASE("DUMP and RESTORE carry sketches") {
  Harness h;
  for (const Case& one : kCases) {
    Fill(h, one);
    const ReplyValue before = h.Run(one.ask);
    const ReplyValue type = h.Run("TYPE k");
    const ReplyValue dump = h.Run("DUMP k");
    REQUIRE(dump.kind == ReplyValue::Kind::kBulk);
    h.Run("DEL k");
    CHECK(h.Run({"RESTORE", "k", "0", dump.text}) == Ok());
    CHECK(h.Run("TYPE k") == type);
    CHECK(h.Run(one.ask) == before);
    CHECK(h.Run("DUMP k") == dump);
  }
}

TEST_CASE("A damaged sketch's payload is refused, and never does harm") {
  Harness h;
  h.Run("DEBUG SET-SKIP-CHECKSUM-VALIDATION 1");
  Random random(5);
  for (const Case& one : kCases) {
    Fill(h, one);
    const std::string dump = h.Run("DUMP k").text;
    for (int round = 0; round < 150; ++round) {
      std::string damaged = dump;
      damaged[1 + random.Below(damaged.size() - 11)] = static_cast<char>(random.Next());
      h.Run({"RESTORE", "k", "0", damaged, "REPLACE"});
      h.Run(one.ask);
    }
  }
}
