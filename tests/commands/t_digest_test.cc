// t-digests: the TDIGEST family.
#include <catch2/catch.hpp>

#include "tests/commands/harness.h"

using namespace gotthard;
using namespace gotthard::reply;

TEST_CASE("TDIGEST answers about few values exactly") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  CHECK(run("TDIGEST.CREATE t COMPRESSION 1000") == Ok());
  CHECK(run("TDIGEST.ADD t 1 2 2 3 3 3 4 4 4 4 5 5 5 5 5") == Ok());
  CHECK(run("TDIGEST.MIN t") == Bulk("1"));
  CHECK(run("TDIGEST.MAX t") == Bulk("5"));
  CHECK(run("TDIGEST.QUANTILE t 0 0.1 0.2 0.3 0.4 0.5 0.6 0.7 0.8 0.9 1") ==
        Bulks({"1", "2", "3", "3", "4", "4", "4", "5", "5", "5", "5"}));
  CHECK(run("TDIGEST.CDF t 0 5.5") == Bulks({"0", "1"}));
  CHECK(run("TDIGEST.BYRANK t 0 1 2 3 6 10 14 15") ==
        Bulks({"1", "2", "2", "3", "4", "5", "5", "inf"}));
  CHECK(run("TDIGEST.BYREVRANK t 0 1 5 9 12 14 15") ==
        Bulks({"5", "5", "4", "3", "2", "1", "-inf"}));
  CHECK(run("TDIGEST.TRIMMED_MEAN t 0.8 1") == Bulk("5"));
  CHECK(run("TYPE t") == Simple("TDIS-TYPE"));
  run("TDIGEST.CREATE r");
  run("TDIGEST.ADD r 10 20 30 40 50 60");
  CHECK(run("TDIGEST.RANK r 0 10 20 30 40 50 60 70") ==
        Array({Int(-1), Int(0), Int(1), Int(2), Int(3), Int(4), Int(5), Int(6)}));
  CHECK(run("TDIGEST.REVRANK r 0 10 20 30 40 50 60 70") ==
        Array({Int(6), Int(5), Int(4), Int(3), Int(2), Int(1), Int(0), Int(-1)}));
  const ReplyValue info = run("TDIGEST.INFO r");
  REQUIRE(info.elements.size() == 18);
  CHECK(info.elements[1] == Int(100));
  CHECK(info.elements[3] == Int(610));
  CHECK(info.elements[13] == Int(6));
}

TEST_CASE("An empty t-digest, and one that was emptied") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  run("TDIGEST.CREATE t");
  run("TDIGEST.ADD t 1");
  CHECK(run("TDIGEST.RESET t") == Ok());
  CHECK(run("TDIGEST.MIN t") == Bulk("nan"));
  CHECK(run("TDIGEST.MAX t") == Bulk("nan"));
  CHECK(run("TDIGEST.QUANTILE t 0.5") == Bulks({"nan"}));
  CHECK(run("TDIGEST.CDF t 1") == Bulks({"nan"}));
  CHECK(run("TDIGEST.TRIMMED_MEAN t 0 1") == Bulk("nan"));
  CHECK(run("TDIGEST.RANK t 1") == Array({Int(-2)}));
  CHECK(run("TDIGEST.BYRANK t 1") == Bulks({"nan"}));
}

TEST_CASE("TDIGEST.MERGE keeps or overrides its target") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  run("TDIGEST.CREATE a COMPRESSION 200");
  run("TDIGEST.CREATE b");
  run("TDIGEST.ADD a 1 2 3");
  run("TDIGEST.ADD b 10 20");
  CHECK(run("TDIGEST.MERGE d 2 a b") == Ok());
  CHECK(run("TDIGEST.MAX d") == Bulk("20"));
  CHECK(run("TDIGEST.INFO d").elements[1] == Int(200));
  CHECK(run("TDIGEST.INFO d").elements[13] == Int(5));
  CHECK(run("TDIGEST.MERGE d 1 b") == Ok());
  CHECK(run("TDIGEST.INFO d").elements[13] == Int(7));
  CHECK(run("TDIGEST.MERGE d 1 b OVERRIDE COMPRESSION 50") == Ok());
  CHECK(run("TDIGEST.INFO d").elements[13] == Int(2));
  CHECK(run("TDIGEST.INFO d").elements[1] == Int(50));
  CHECK(run("TDIGEST.MERGE d 2 d d") == Ok());
  CHECK(run("TDIGEST.INFO d").elements[13] == Int(6));
  CHECK(run("TDIGEST.MERGE d 1 missing") == Error("ERR T-Digest: key does not exist"));
  CHECK(run("TDIGEST.MERGE d x a") == Error("ERR T-Digest: error parsing numkeys"));
  CHECK(run("TDIGEST.MERGE d 0 a") ==
        Error("ERR T-Digest: numkeys needs to be a positive integer"));
  CHECK(run("TDIGEST.MERGE d 1 a WHAT") == Error("ERR T-Digest: wrong keyword"));
  CHECK(run("TDIGEST.MERGE d 9 a") ==
        Error("ERR wrong number of arguments for 'tdigest.merge' command"));
}

TEST_CASE("The TDIGEST family's errors") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  const ReplyValue missing = Error("ERR T-Digest: key does not exist");
  run("TDIGEST.CREATE t");
  run("SET s x");
  CHECK(run("TDIGEST.CREATE t") == Error("ERR T-Digest: key already exists"));
  CHECK(run("TDIGEST.CREATE x WHAT 100") == Error("ERR T-Digest: wrong keyword"));
  CHECK(run("TDIGEST.CREATE x COMPRESSION y") ==
        Error("ERR T-Digest: error parsing compression parameter"));
  CHECK(run("TDIGEST.CREATE x COMPRESSION 0") ==
        Error("ERR T-Digest: compression parameter needs to be a positive integer"));
  CHECK(run("TDIGEST.CREATE x COMPRESSION 1000000000000") ==
        Error("ERR T-Digest: allocation failed"));
  CHECK(run("TDIGEST.ADD t 1 x") == Error("ERR T-Digest: error parsing val parameter"));
  CHECK(run("TDIGEST.ADD t 1 inf") ==
        Error("ERR T-Digest: val parameter needs to be a finite number"));
  CHECK(run("TDIGEST.QUANTILE t x") == Error("ERR T-Digest: error parsing quantile"));
  CHECK(run("TDIGEST.QUANTILE t 1.1") == Error("ERR T-Digest: quantile should be in [0,1]"));
  CHECK(run("TDIGEST.CDF t x") == Error("ERR T-Digest: error parsing cdf"));
  CHECK(run("TDIGEST.RANK t x") == Error("ERR T-Digest: error parsing value"));
  CHECK(run("TDIGEST.BYRANK t x") == Error("ERR T-Digest: error parsing rank"));
  CHECK(run("TDIGEST.BYREVRANK t -1") == Error("ERR T-Digest: rank needs to be non negative"));
  CHECK(run("TDIGEST.TRIMMED_MEAN t x 1") ==
        Error("ERR T-Digest: error parsing low_cut_percentile"));
  CHECK(run("TDIGEST.TRIMMED_MEAN t 0 2") ==
        Error("ERR T-Digest: low_cut_percentile and high_cut_percentile should be in [0,1]"));
  CHECK(run("TDIGEST.TRIMMED_MEAN t 0.5 0.5") ==
        Error("ERR T-Digest: low_cut_percentile should be lower than high_cut_percentile"));
  for (const char* command : {"TDIGEST.MIN", "TDIGEST.MAX", "TDIGEST.INFO", "TDIGEST.RESET"}) {
    CHECK(h.Run({command, "missing"}) == missing);
    CHECK(h.Run({command, "s"}) ==
          Error("WRONGTYPE Operation against a key holding the wrong kind of value"));
  }
  CHECK(run("TDIGEST.REVRANK missing 1") == missing);
}
