// Top-K: the TOPK family.
#include <catch2/catch.hpp>

#include "tests/commands/harness.h"

using namespace gotthard;
using namespace gotthard::reply;

TEST_CASE("TOPK.ADD and TOPK.INCRBY tell who had to leave") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  CHECK(run("TOPK.RESERVE t 2 1000 5 0.9") == Ok());
  CHECK(run("TOPK.ADD t a b a") == Array({Nil(), Nil(), Nil()}));
  CHECK(run("TOPK.INCRBY t c 10 b 1") == Array({Bulk("b"), Bulk("a")}));
  CHECK(run("TOPK.LIST t") == Bulks({"c", "b"}));
  CHECK(run("TOPK.LIST t WITHCOUNT") == Array({Bulk("c"), Int(10), Bulk("b"), Int(2)}));
  CHECK(run("TOPK.QUERY t a b nothing") == Array({Int(0), Int(1), Int(0)}));
  CHECK(run("TOPK.COUNT t a b c nothing") == Array({Int(2), Int(2), Int(10), Int(0)}));
  CHECK(run("TOPK.INFO t") == Array({Simple("k"), Int(2), Simple("width"), Int(1000),
                                     Simple("depth"), Int(5), Simple("decay"), Bulk("0.9")}));
  CHECK(run("TYPE t") == Simple("TopK-TYPE"));
  CHECK(run("TOPK.RESERVE d 3") == Ok());
  CHECK(run("TOPK.INFO d").elements[3] == Int(8));
  CHECK(run("TOPK.LIST d") == Array({}));
}

TEST_CASE("The TOPK family's errors") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  run("TOPK.RESERVE t 2");
  run("SET s x");
  CHECK(run("TOPK.RESERVE t 2") == Error("TopK: key already exists"));
  CHECK(run("TOPK.RESERVE x 0") == Error("TopK: invalid k"));
  CHECK(run("TOPK.RESERVE x 1 0 1 1") == Error("TopK: invalid width"));
  CHECK(run("TOPK.RESERVE x 1 1 y 1") == Error("TopK: invalid depth"));
  CHECK(run("TOPK.RESERVE x 1 1 1 1.5") ==
        Error("TopK: invalid decay value. must be '<= 1' & '> 0'"));
  CHECK(run("TOPK.RESERVE x 1 1") ==
        Error("ERR wrong number of arguments for 'topk.reserve' command"));
  CHECK(run("TOPK.ADD missing a") == Error("TopK: key does not exist"));
  CHECK(run("TOPK.QUERY missing a") == Error("TopK: key does not exist"));
  CHECK(run("TOPK.COUNT missing a") == Error("TopK: key does not exist"));
  CHECK(run("TOPK.LIST missing") == Error("TopK: key does not exist"));
  CHECK(run("TOPK.INFO missing") == Error("TopK: key does not exist"));
  CHECK(run("TOPK.LIST t COUNT") == Error("WITHCOUNT keyword expected"));
  const ReplyValue increment = Error(
      "TopK: increment must be an integer greater or equal to 0 and smaller or equal to 100,000");
  CHECK(run("TOPK.INCRBY t a 1 b 100001") == increment);
  CHECK(run("TOPK.INCRBY t a -1") == increment);
  CHECK(run("TOPK.INCRBY t a") == Error("ERR wrong number of arguments for 'topk.incrby' command"));
  CHECK(run("TOPK.LIST t") == Array({}));
  CHECK(run("TOPK.ADD s a") ==
        Error("WRONGTYPE Operation against a key holding the wrong kind of value"));
}
