// Clients that wait for lists.
#include <catch2/catch.hpp>

#include "tests/commands/harness.h"

using namespace gotthard;
using namespace gotthard::reply;

TEST_CASE("BLPOP and BRPOP take what is there, or wait for it") {
  Harness h;
  TestClient& waiting = h.NewClient();
  h.Run("RPUSH b 1 2 3");
  CHECK(waiting.Run("BLPOP a b 0") == Bulks({"b", "1"}));
  CHECK(waiting.Run("BRPOP a b 0") == Bulks({"b", "3"}));
  CHECK(waiting.Waits("BLPOP a 0"));
  CHECK(h.Run("RPUSH a x y") == Int(2));
  CHECK(waiting.Receive() == std::vector{Bulks({"a", "x"})});
  CHECK(h.Run("LRANGE a 0 -1") == Bulks({"y"}));
  CHECK(waiting.Run("BRPOP a 0") == Bulks({"a", "y"}));
  CHECK(h.Run("EXISTS a") == Int(0));
  h.Run("SET s x");
  CHECK(waiting.Run("BLPOP s 0") ==
        Error("WRONGTYPE Operation against a key holding the wrong kind of value"));
}

TEST_CASE("A client waits for as many keys as it names, each once") {
  Harness h;
  TestClient& waiting = h.NewClient();
  std::vector<std::string> words{"BLPOP", "k7"};
  for (int i = 0; i < 20'000; ++i) words.push_back("k" + std::to_string(i));
  words.emplace_back("0");
  TestClient& other = h.NewClient();
  CHECK(waiting.Run(words).kind == ReplyValue::Kind::kPush);  // no reply
  CHECK(other.Waits("BLPOP k7 0"));
  CHECK(h.Run("RPUSH k7 x y") == Int(2));
  CHECK(waiting.Receive() == std::vector{Bulks({"k7", "x"})});
  CHECK(other.Receive() == std::vector{Bulks({"k7", "y"})});
}

TEST_CASE("A wait ends with its time, and times are checked") {
  Harness h;
  TestClient& waiting = h.NewClient();
  CHECK(waiting.Waits("BLPOP a b 0.5"));
  h.AdvanceMs(499);
  CHECK(waiting.Receive().empty());
  h.AdvanceMs(2);
  CHECK(waiting.Receive() == std::vector{NilArray()});
  CHECK(waiting.Waits("BLMOVE a b LEFT LEFT 1"));
  h.AdvanceMs(1'001);
  CHECK(waiting.Receive() == std::vector{NilArray()});
  CHECK(waiting.Run("BLPOP a -1") == Error("ERR timeout is negative"));
  CHECK(waiting.Run("BRPOP a x") == Error("ERR timeout is not a float or out of range"));
  CHECK(waiting.Run("BLPOP a 1e300") == Error("ERR timeout is out of range"));
  CHECK(waiting.Run("BRPOPLPUSH a b x") == Error("ERR timeout is not a float or out of range"));
  CHECK(waiting.Run("BLMPOP -1 1 a LEFT") == Error("ERR timeout is negative"));
}

TEST_CASE("Those who wait are served in the order in which they came") {
  Harness h;
  TestClient& first = h.NewClient();
  TestClient& second = h.NewClient();
  CHECK(first.Waits("BLPOP a 0"));
  CHECK(second.Waits("BRPOP other a 0"));
  CHECK(h.Run("RPUSH a 1 2 3") == Int(3));
  CHECK(first.Receive() == std::vector{Bulks({"a", "1"})});
  CHECK(second.Receive() == std::vector{Bulks({"a", "3"})});
  CHECK(h.Run("LRANGE a 0 -1") == Bulks({"2"}));
}

TEST_CASE("BLMOVE and BRPOPLPUSH pass on, and wake those who wait for the other list") {
  Harness h;
  TestClient& mover = h.NewClient();
  TestClient& taker = h.NewClient();
  h.Run("RPUSH a 0");
  CHECK(mover.Run("BRPOPLPUSH a b 0") == Bulk("0"));
  CHECK(mover.Run("BLMOVE b b LEFT RIGHT 0") == Bulk("0"));
  h.Run("DEL b");
  CHECK(mover.Waits("BLMOVE a b RIGHT LEFT 0"));
  CHECK(taker.Waits("BLPOP b 0"));
  CHECK(h.Run("RPUSH a x") == Int(1));
  CHECK(mover.Receive() == std::vector{Bulk("x")});
  CHECK(taker.Receive() == std::vector{Bulks({"b", "x"})});
  CHECK(h.Run("EXISTS a b") == Int(0));
  CHECK(mover.Run("BLMOVE a b UP LEFT 0") == Error("ERR syntax error"));
  CHECK(mover.Waits("BRPOPLPUSH a s 0"));
  h.Run("SET s string");
  h.Run("RPUSH a y");
  CHECK(mover.Receive() ==
        std::vector{Error("WRONGTYPE Operation against a key holding the wrong kind of value")});
  CHECK(h.Run("LRANGE a 0 -1") == Bulks({"y"}));
}

TEST_CASE("BLMPOP takes several at once") {
  Harness h;
  TestClient& waiting = h.NewClient();
  h.Run("RPUSH b 1 2");
  CHECK(waiting.Run("BLMPOP 1 2 a b RIGHT COUNT 5") == Array({Bulk("b"), Bulks({"2", "1"})}));
  CHECK(waiting.Waits("BLMPOP 0 2 a b LEFT COUNT 2"));
  h.Run("RPUSH a x y z");
  CHECK(waiting.Receive() == std::vector{Array({Bulk("a"), Bulks({"x", "y"})})});
  CHECK(waiting.Run("BLMPOP 0 0 a LEFT") == Error("ERR numkeys should be greater than 0"));
  CHECK(waiting.Run("BLMPOP 0 1 a LEFT COUNT 0") == Error("ERR count should be greater than 0"));
}

TEST_CASE("Inside MULTI nobody waits, and what EXEC fills is served after it") {
  Harness h;
  TestClient& waiting = h.NewClient();
  CHECK(waiting.Waits("BLPOP a 0"));
  for (const char* line : {"MULTI", "BLPOP none 0", "BLMOVE none a LEFT LEFT 0",
                           "BLMPOP 0 1 none LEFT", "RPUSH a 1", "LPUSH a 0"}) {
    h.Run(line);
  }
  CHECK(h.Run("EXEC") == Array({NilArray(), Nil(), NilArray(), Int(1), Int(2)}));
  CHECK(waiting.Receive() == std::vector{Bulks({"a", "0"})});
}

TEST_CASE("What a command stores over another value is not for those who waited for the key") {
  struct Case {
    const char* wait;
    const char* store;
  };
  const Case each =
      GENERATE(Case{"BLPOP d 0", "SORT list STORE d"}, Case{"BZPOPMIN d 0", "ZUNIONSTORE d 1 zset"},
               Case{"BZPOPMIN d 0", "ZRANGESTORE d zset 0 -1"},
               Case{"BZPOPMIN d 0", "GEOSEARCHSTORE d zset FROMMEMBER a BYRADIUS 1 m"});
  INFO(each.store);
  Harness h;
  TestClient& waiting = h.NewClient();
  h.Run("RPUSH list 1 2");
  h.Run("GEOADD zset 1 1 a");
  CHECK(waiting.Waits(each.wait));
  h.Run("SET d x");
  CHECK(h.Run(each.store).integer > 0);
  CHECK(waiting.Receive().empty());
  CHECK(h.Run("EXISTS d") == Int(1));
  h.Run("DEL d");
  h.Run("MULTI");
  h.Run("SET d x");
  h.Run(each.store);
  CHECK(h.Run("EXEC").elements.size() == 2);
  CHECK(waiting.Receive().empty());
  // Where nothing was, it is; and what is copied or renamed there comes as if new.
  h.Run("DEL d");
  CHECK(h.Run(each.store).integer > 0);
  CHECK(waiting.Receive().size() == 1);
  CHECK(waiting.Waits("BLPOP e 0"));
  h.Run("SET e x");
  CHECK(h.Run("COPY list e REPLACE") == Int(1));
  CHECK(waiting.Receive() == std::vector{Bulks({"e", "1"})});
}

TEST_CASE("Who wants to know of a stream's end hears of what is stored over it") {
  const char* store = GENERATE("SORT list STORE s", "SUNIONSTORE s set", "ZUNIONSTORE s 1 set",
                               "BITOP NOT s string");
  Harness h;
  TestClient& waiting = h.NewClient();
  h.Run("RPUSH list 1 2");
  h.Run("SADD set a");
  h.Run("SET string x");
  h.Run("XGROUP CREATE s g $ MKSTREAM");
  CHECK(waiting.Waits("XREADGROUP GROUP g c BLOCK 0 STREAMS s >"));
  CHECK(h.Run(store).integer > 0);
  CHECK(waiting.Receive() ==
        std::vector{Error("WRONGTYPE Operation against a key holding the wrong kind of value")});
}
