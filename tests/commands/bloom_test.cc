// Bloom filters: the BF family.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "tests/commands/harness.h"

using namespace gotthard;
using namespace gotthard::reply;

namespace {

const ReplyValue kWrongType =
    Error("WRONGTYPE Operation against a key holding the wrong kind of value");

}  // namespace

TEST_CASE("BF.ADD and BF.EXISTS: what was added is there") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  CHECK(run("BF.EXISTS f a") == Int(0));
  CHECK(run("BF.ADD f a") == Int(1));
  CHECK(run("BF.ADD f a") == Int(0));
  CHECK(run("BF.MADD f a b c") == Array({Int(0), Int(1), Int(1)}));
  CHECK(run("BF.EXISTS f a") == Int(1));
  CHECK(run("BF.EXISTS f nothing") == Int(0));
  CHECK(run("BF.MEXISTS f a nothing c") == Array({Int(1), Int(0), Int(1)}));
  CHECK(run("BF.MEXISTS missing a b") == Array({Int(0), Int(0)}));
  CHECK(run("BF.CARD f") == Int(3));
  CHECK(run("BF.CARD missing") == Int(0));
  CHECK(run("TYPE f") == Simple("MBbloom--"));
  run("HELLO 3");
  CHECK(run("BF.EXISTS f a") == run("BF.EXISTS f b"));
  CHECK(h.client().raw() == "#t\r\n");
}

TEST_CASE("BF.RESERVE makes filters of a size, an error rate and a way to grow") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  CHECK(run("BF.RESERVE f 0.001 1000 EXPANSION 4") == Ok());
  CHECK(run("BF.INFO f CAPACITY") == Array({Int(1000)}));
  CHECK(run("BF.INFO f FILTERS") == Array({Int(1)}));
  CHECK(run("BF.INFO f ITEMS") == Array({Int(0)}));
  CHECK(run("BF.INFO f EXPANSION") == Array({Int(4)}));
  CHECK(run("BF.INFO f OTHER") == Error("Invalid information value"));
  CHECK(run("BF.INFO f").elements.size() == 10);
  CHECK(run("BF.RESERVE f 0.01 10") == Error("ERR item exists"));
  CHECK(run("BF.RESERVE n 0.01 3 NONSCALING") == Ok());
  CHECK(run("BF.INFO n EXPANSION") == Array({Nil()}));
  CHECK(run("BF.INFO missing") == Error("ERR not found"));
  CHECK(run("BF.RESERVE x y 10") == Error("ERR bad error rate"));
  CHECK(run("BF.RESERVE x 1 10") ==
        Error("ERR error rate must be in the range (0.000000, 1.000000)"));
  CHECK(run("BF.RESERVE x 0.1 ten") == Error("ERR bad capacity"));
  CHECK(run("BF.RESERVE x 0.1 0") == Error("ERR capacity must be in the range [1, 1073741824]"));
  CHECK(run("BF.RESERVE x 0.1 10 EXPANSION") == Error("ERR no expansion"));
  CHECK(run("BF.RESERVE x 0.1 10 EXPANSION y") == Error("ERR bad expansion"));
  CHECK(run("BF.RESERVE x 0.1 10 EXPANSION 40000") ==
        Error("ERR expansion must be in the range [0, 32768]"));
  CHECK(run("BF.RESERVE x 0.1 10 NONSCALING EXPANSION 2") ==
        Error("Nonscaling filters cannot expand"));
  CHECK(run("EXISTS x") == Int(0));
}

TEST_CASE("A filter that does not scale fills up, one that does grows") {
  Harness h;
  h.Run("BF.RESERVE n 0.0001 3 NONSCALING");
  CHECK(h.Run("BF.MADD n a b c d e") ==
        Array({Int(1), Int(1), Int(1), Error("ERR non scaling filter is full")}));
  CHECK(h.Run("BF.ADD n d") == Error("ERR non scaling filter is full"));
  CHECK(h.Run("BF.ADD n a") == Int(0));
  h.Run("BF.RESERVE s 0.0001 3");
  std::vector<std::string> words = {"BF.MADD", "s"};
  for (int i = 0; i < 100; ++i) words.push_back(std::to_string(i));
  h.Run(words);
  CHECK(h.Run("BF.INFO s FILTERS") != Array({Int(1)}));
  words[0] = "BF.MEXISTS";
  for (const ReplyValue& there : h.Run(words).elements) CHECK(there == Int(1));
}

TEST_CASE("BF.INSERT reads its options, and adds") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  CHECK(run("BF.INSERT f NOCREATE ITEMS a") == Error("ERR not found"));
  CHECK(run("BF.INSERT f CAPACITY 500 ERROR 0.02 EXPANSION 3 ITEMS a b a") ==
        Array({Int(1), Int(1), Int(0)}));
  CHECK(run("BF.INFO f CAPACITY") == Array({Int(500)}));
  CHECK(run("BF.INFO f EXPANSION") == Array({Int(3)}));
  CHECK(run("BF.INSERT f NOCREATE NONSCALING ITEMS c") == Array({Int(1)}));
  CHECK(run("BF.INSERT n NONSCALING ITEMS c") == Array({Int(1)}));
  CHECK(run("BF.INFO n EXPANSION") == Array({Nil()}));
  CHECK(run("BF.INSERT x CAPACITY no ITEMS a") == Error("Bad capacity"));
  CHECK(run("BF.INSERT x ERROR 2 ITEMS a") == Error("Bad error rate"));
  CHECK(run("BF.INSERT x EXPANSION -1 ITEMS a") == Error("Bad expansion"));
  CHECK(run("BF.INSERT x WHAT ITEMS a") == Error("Unknown argument received"));
  CHECK(run("BF.INSERT x CAPACITY 10") ==
        Error("ERR wrong number of arguments for 'bf.insert' command"));
  CHECK(run("BF.INSERT x NOCREATE ITEMS") ==
        Error("ERR wrong number of arguments for 'bf.insert' command"));
}

TEST_CASE("BF.SCANDUMP and BF.LOADCHUNK carry a filter to another key") {
  Harness h;
  std::vector<std::string> words = {"BF.MADD", "f"};
  for (int i = 0; i < 1000; ++i) words.push_back(std::to_string(i));
  h.Run(words);
  int64_t iterator = 0;
  do {
    const ReplyValue part = h.Run({"BF.SCANDUMP", "f", std::to_string(iterator)});
    REQUIRE(part.elements.size() == 2);
    iterator = part.elements[0].integer;
    if (iterator != 0) {
      CHECK(h.Run({"BF.LOADCHUNK", "g", std::to_string(iterator), part.elements[1].text}) == Ok());
    }
  } while (iterator != 0);
  CHECK(h.Run("BF.INFO g") == h.Run("BF.INFO f"));
  words[0] = "BF.MEXISTS";
  words[1] = "g";
  for (const ReplyValue& there : h.Run(words).elements) CHECK(there == Int(1));
  CHECK(h.Run("BF.LOADCHUNK new 1 rubbish") == Error("ERR received bad data"));
  CHECK(h.Run("BF.LOADCHUNK new 2 x") == Error("ERR not found"));
  CHECK(h.Run("BF.LOADCHUNK g 1 x") == Error("ERR invalid offset - no link found"));
  CHECK(h.Run("BF.LOADCHUNK g 1 xy") == Error("ERR received bad data"));
  CHECK(h.Run("BF.LOADCHUNK g -9223372036854775808 x") == Error("ERR received bad data"));
  CHECK(h.Run("BF.LOADCHUNK g 1000000000 x") == Error("ERR invalid offset - no link found"));
  CHECK(h.Run("BF.LOADCHUNK g x x") == Error("ERR Second argument must be numeric"));
  CHECK(h.Run("BF.SCANDUMP f x") == Error("Second argument must be numeric"));
  CHECK(h.Run("BF.SCANDUMP missing 0") == Error("ERR not found"));
}

TEST_CASE("A Bloom filter is a key like others: copied, renamed, expired, deleted, watched") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  run("BF.ADD f a");
  CHECK(run("COPY f g") == Int(1));
  run("BF.ADD g b");
  CHECK(run("BF.EXISTS f b") == Int(0));
  CHECK(run("BF.MEXISTS g a b") == Array({Int(1), Int(1)}));
  CHECK(run("RENAME g r") == Ok());
  CHECK(run("BF.CARD r") == Int(2));
  CHECK(run("PEXPIRE r 10") == Int(1));
  h.AdvanceMs(11);
  CHECK(run("BF.CARD r") == Int(0));
  CHECK(run("GET f") == kWrongType);
  run("SET s x");
  CHECK(run("BF.ADD s x") == kWrongType);
  CHECK(run("BF.EXISTS s x") == kWrongType);
  CHECK(run("BF.RESERVE s 0.1 10") == kWrongType);
  TestClient& other = h.NewClient();
  run("WATCH f");
  other.Run("BF.ADD f a");  // changes nothing
  run("MULTI");
  CHECK(run("EXEC") == Array({}));
  run("WATCH f");
  other.Run("BF.ADD f new");
  run("MULTI");
  CHECK(run("EXEC") == NilArray());
  CHECK(run("UNLINK f") == Int(1));
  CHECK(run("EXISTS f") == Int(0));
}
