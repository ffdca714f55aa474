// Cuckoo filters: the CF family.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "tests/commands/harness.h"

using namespace gotthard;
using namespace gotthard::reply;

TEST_CASE("CF.ADD, CF.COUNT and CF.DEL: items come as often as they were added, and go") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  CHECK(run("CF.ADD f a") == Int(1));
  CHECK(run("CF.ADD f a") == Int(1));
  CHECK(run("CF.ADDNX f a") == Int(0));
  CHECK(run("CF.ADDNX f b") == Int(1));
  CHECK(run("CF.COUNT f a") == Int(2));
  CHECK(run("CF.COUNT f nothing") == Int(0));
  CHECK(run("CF.COUNT missing a") == Int(0));
  CHECK(run("CF.EXISTS f b") == Int(1));
  CHECK(run("CF.EXISTS missing b") == Int(0));
  CHECK(run("CF.MEXISTS f a b nothing") == Array({Int(1), Int(1), Int(0)}));
  CHECK(run("CF.DEL f a") == Int(1));
  CHECK(run("CF.DEL f a") == Int(1));
  CHECK(run("CF.DEL f a") == Int(0));
  CHECK(run("CF.DEL missing a") == Error("Not found"));
  CHECK(run("CF.EXISTS f a") == Int(0));
  CHECK(run("TYPE f") == Simple("MBbloomCF"));
}

TEST_CASE("CF.RESERVE and CF.INFO") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  CHECK(run("CF.RESERVE f 1000 BUCKETSIZE 4 MAXITERATIONS 30 EXPANSION 2") == Ok());
  const ReplyValue info = run("CF.INFO f");
  REQUIRE(info.elements.size() == 16);
  CHECK(info.elements[3] == Int(256));
  CHECK(info.elements[11] == Int(4));
  CHECK(info.elements[13] == Int(2));
  CHECK(info.elements[15] == Int(30));
  CHECK(run("CF.RESERVE f 1000") == Error("ERR item exists"));
  CHECK(run("CF.INFO missing") == Error("ERR not found"));
  CHECK(run("CF.RESERVE x y") == Error("Bad capacity"));
  CHECK(run("CF.RESERVE x 3") ==
        Error("Capacity must be in the range [2 * BUCKETSIZE, 1073741824]"));
  CHECK(run("CF.RESERVE x 100 BUCKETSIZE 256") ==
        Error("BUCKETSIZE: value must be in the range [1, 255]"));
  CHECK(run("CF.RESERVE x 100 MAXITERATIONS no") == Error("Couldn't parse MAXITERATIONS"));
  CHECK(run("CF.RESERVE x 100 EXPANSION") ==
        Error("ERR wrong number of arguments for 'cf.reserve' command"));
}

TEST_CASE("CF.INSERT and CF.INSERTNX, and a filter that is full") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  CHECK(run("CF.INSERT f NOCREATE ITEMS a") == Error("ERR not found"));
  CHECK(run("CF.INSERT f CAPACITY 100 ITEMS a b a") == Array({Int(1), Int(1), Int(1)}));
  CHECK(run("CF.INSERTNX f ITEMS a c") == Array({Int(0), Int(1)}));
  CHECK(run("CF.INSERT f WHAT ITEMS a") == Error("Unknown argument received"));
  CHECK(run("CF.INSERT f CAPACITY x ITEMS a") == Error("Bad capacity"));
  CHECK(run("CF.INSERT f CAPACITY 10") ==
        Error("ERR wrong number of arguments for 'cf.insert' command"));
  CHECK(run("CF.INSERTNX f ITEMS") ==
        Error("ERR wrong number of arguments for 'cf.insertnx' command"));
  run("CF.RESERVE full 4 BUCKETSIZE 2 EXPANSION 0");
  int added = 0;
  while (run("CF.ADD full a") == Int(1)) REQUIRE(++added <= 4);
  CHECK(run("CF.ADD full a") == Error("Filter is full"));
  CHECK(run("CF.INSERT full ITEMS a") == Array({Int(-1)}));
}

TEST_CASE("CF.SCANDUMP and CF.LOADCHUNK carry a filter to another key") {
  Harness h;
  std::vector<std::string> words = {"CF.INSERT", "f", "ITEMS"};
  for (int i = 0; i < 3000; ++i) words.push_back(std::to_string(i));
  h.Run(words);
  int64_t iterator = 0;
  do {
    const ReplyValue part = h.Run({"CF.SCANDUMP", "f", std::to_string(iterator)});
    REQUIRE(part.elements.size() == 2);
    iterator = part.elements[0].integer;
    if (iterator != 0) {
      CHECK(h.Run({"CF.LOADCHUNK", "g", std::to_string(iterator), part.elements[1].text}) == Ok());
    } else {
      CHECK(part.elements[1] == Nil());
    }
  } while (iterator != 0);
  CHECK(h.Run("CF.INFO g") == h.Run("CF.INFO f"));
  for (int i = 0; i < 3000; i += 100) CHECK(h.Run({"CF.EXISTS", "g", std::to_string(i)}) == Int(1));
  CHECK(h.Run("CF.LOADCHUNK new 1 rubbish") == Error("Invalid header"));
  CHECK(h.Run("CF.LOADCHUNK new 2 x") == Error("ERR not found"));
  CHECK(h.Run("CF.LOADCHUNK g 0 x") == Error("Invalid position"));
  CHECK(h.Run("CF.LOADCHUNK g 1 x") == Error("ERR item exists"));
  CHECK(h.Run("CF.LOADCHUNK g 2 x") == Ok());
  CHECK(h.Run("CF.LOADCHUNK g 2 xy") == Error("Couldn't load chunk!"));
  CHECK(h.Run("CF.LOADCHUNK g -9223372036854775808 x") == Error("Couldn't load chunk!"));
  CHECK(h.Run("CF.LOADCHUNK new -1 x") == Error("ERR not found"));
  CHECK(h.Run("CF.SCANDUMP missing -1") == Error("Invalid position"));
  CHECK(h.Run("CF.SCANDUMP missing 0") == Error("ERR not found"));
  h.Run("SET s x");
  CHECK(h.Run("CF.ADD s x") ==
        Error("WRONGTYPE Operation against a key holding the wrong kind of value"));
}
