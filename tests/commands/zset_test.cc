// Sorted sets: what a client can rely on, as dialogues, in both encodings.
#include <catch2/catch.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/commands/harness.h"

using namespace gotthard;

namespace {

// Small sets are packed by default, and in the big form with this.
const char kBig[] = "zset-max-listpack-entries 0";
std::string EitherForm() {
  return GENERATE(as<std::string>(), "", kBig);
}

const ReplyValue kWrongType =
    Error("WRONGTYPE Operation against a key holding the wrong kind of value");
const ReplyValue kSyntax = Error("ERR syntax error");
const ReplyValue kNotFloat = Error("ERR value is not a valid float");
const ReplyValue kNotInteger = Error("ERR value is not an integer or out of range");
const ReplyValue kMinMax = Error("ERR min or max is not a float");
const ReplyValue kLexRange = Error("ERR min or max not valid string range item");

}  // namespace

TEST_CASE("ZADD adds, updates, and tells how many were new") {
  Harness h(EitherForm());
  auto run = [&](std::string_view line) { return h.Run(line); };
  CHECK(run("ZADD z 1 a 2 b 3 c") == Int(3));
  CHECK(run("ZADD z 5 a 4 d") == Int(1));
  CHECK(run("ZADD z CH 5 a 7 b 8 e") == Int(2));
  CHECK(run("ZRANGE z 0 -1 WITHSCORES") ==
        Bulks({"c", "3", "d", "4", "a", "5", "b", "7", "e", "8"}));
  CHECK(run("ZADD z NX 9 a 9 f") == Int(1));
  CHECK(run("ZSCORE z a") == Bulk("5"));
  CHECK(run("ZADD z XX 6 a 6 g") == Int(0));
  CHECK(run("ZSCORE z a") == Bulk("6"));
  CHECK(run("ZSCORE z g") == Nil());
  CHECK(run("ZADD z GT CH 5 a 8 b") == Int(1));
  CHECK(run("ZADD z LT CH 5 a 9 b") == Int(1));
  CHECK(run("ZMSCORE z a b") == Bulks({"5", "8"}));
  CHECK(run("ZADD missing XX 1 a") == Int(0));
  CHECK(run("EXISTS missing") == Int(0));
  CHECK(run("ZCARD z") == Int(6));
}

TEST_CASE("ZADD with INCR answers the new score, or nil where it does nothing") {
  Harness h(EitherForm());
  auto run = [&](std::string_view line) { return h.Run(line); };
  CHECK(run("ZADD z INCR 2.5 a") == Bulk("2.5"));
  CHECK(run("ZADD z INCR 2.5 a") == Bulk("5"));
  CHECK(run("ZADD z NX INCR 1 a") == Nil());
  CHECK(run("ZADD z XX INCR 1 b") == Nil());
  CHECK(run("ZADD missing XX INCR 1 b") == Nil());
  CHECK(run("ZADD z GT INCR -1 a") == Nil());
  CHECK(run("ZADD z LT INCR -1 a") == Bulk("4"));
  CHECK(run("ZINCRBY z 0.5 a") == Bulk("4.5"));
  CHECK(run("ZINCRBY z -1 nx") == Bulk("-1"));
  CHECK(run("ZADD z inf up -inf down") == Int(2));
  CHECK(run("ZINCRBY z -inf up") == Error("ERR resulting score is not a number (NaN)"));
  CHECK(run("ZSCORE z up") == Bulk("inf"));
  CHECK(run("ZINCRBY z x a") == kNotFloat);
}

TEST_CASE("ZADD refuses what it cannot take, and changes nothing") {
  Harness h(EitherForm());
  auto run = [&](std::string_view line) { return h.Run(line); };
  CHECK(run("ZADD z 1 a x b") == kNotFloat);
  CHECK(run("ZADD z nan a") == kNotFloat);
  CHECK(run("ZADD z 1 a 2") == kSyntax);
  CHECK(run("ZADD z NX 1") == kSyntax);
  CHECK(run("ZADD z NX CH") == kSyntax);
  CHECK(run("ZADD z NX XX 1 a") ==
        Error("ERR XX and NX options at the same time are not compatible"));
  const ReplyValue gt_lt =
      Error("ERR GT, LT, and/or NX options at the same time are not compatible");
  CHECK(run("ZADD z GT LT 1 a") == gt_lt);
  CHECK(run("ZADD z GT NX 1 a") == gt_lt);
  CHECK(run("ZADD z LT NX 1 a") == gt_lt);
  CHECK(run("ZADD z INCR 1 a 2 b") ==
        Error("ERR INCR option supports a single increment-element pair"));
  CHECK(run("EXISTS z") == Int(0));
  CHECK(run("SET s x") == Ok());
  for (const char* line : {"ZADD s 1 a",
                           "ZINCRBY s 1 a",
                           "ZREM s a",
                           "ZREMRANGEBYRANK s 0 1",
                           "ZREMRANGEBYSCORE s 0 1",
                           "ZREMRANGEBYLEX s - +",
                           "ZCARD s",
                           "ZCOUNT s 0 1",
                           "ZLEXCOUNT s - +",
                           "ZSCORE s a",
                           "ZMSCORE s a",
                           "ZRANK s a",
                           "ZREVRANK s a",
                           "ZRANDMEMBER s",
                           "ZRANDMEMBER s 1",
                           "ZSCAN s 0",
                           "ZRANGE s 0 1",
                           "ZRANGESTORE d s 0 1",
                           "ZREVRANGE s 0 1",
                           "ZRANGEBYSCORE s 0 1",
                           "ZREVRANGEBYSCORE s 0 1",
                           "ZRANGEBYLEX s - +",
                           "ZREVRANGEBYLEX s - +",
                           "ZPOPMIN s",
                           "ZPOPMAX s",
                           "ZMPOP 1 s MIN",
                           "BZPOPMIN s 0",
                           "BZPOPMAX s 0",
                           "BZMPOP 0 1 s MIN",
                           "ZUNION 1 s",
                           "ZINTER 1 s",
                           "ZDIFF 1 s",
                           "ZINTERCARD 1 s",
                           "ZUNIONSTORE d 1 s",
                           "ZINTERSTORE d 1 s",
                           "ZDIFFSTORE d 1 s"}) {
    INFO(line);
    CHECK(run(line) == kWrongType);
  }
  CHECK(run("GET s") == Bulk("x"));
  CHECK(run("EXISTS d") == Int(0));
}

TEST_CASE("scores are printed as the shortest text that means them") {
  Harness h(EitherForm());
  for (const char* score : {"0", "3", "-17", "0.1", "1.5e-7", "1e+20", "inf", "-inf", "1e+300",
                            "3.141592653589793", "9007199254740992"}) {
    CHECK(h.Run({"ZADD", "z", score, "m"}).kind == ReplyValue::Kind::kInteger);
    CHECK(h.Run("ZSCORE z m") == Bulk(score));
  }
  CHECK(h.Run("HELLO 3").is_aggregate());
  CHECK(h.Run("ZADD z 0.25 m") == Int(0));
  CHECK(h.Run("ZSCORE z m") == Double("0.25"));
  CHECK(h.Run("ZRANGE z 0 -1 WITHSCORES") == Array({Array({Bulk("m"), Double("0.25")})}));
  CHECK(h.Run("ZSCORE z none") == Nil());
}

TEST_CASE("a set is packed up to the limits and in the big form beyond") {
  Harness h("zset-max-listpack-entries 4\nzset-max-listpack-value 8");
  auto run = [&](std::string_view line) { return h.Run(line); };
  CHECK(run("ZADD z 1 a 2 b 3 c 4 d") == Int(4));
  CHECK(run("OBJECT ENCODING z") == Bulk("listpack"));
  CHECK(run("ZADD z 5 e") == Int(1));
  CHECK(run("OBJECT ENCODING z") == Bulk("skiplist"));
  CHECK(run("ZREM z a b c") == Int(3));
  CHECK(run("OBJECT ENCODING z") == Bulk("skiplist"));
  CHECK(run("ZADD long 1 12345678") == Int(1));
  CHECK(run("OBJECT ENCODING long") == Bulk("listpack"));
  CHECK(run("ZADD long 2 123456789") == Int(1));
  CHECK(run("OBJECT ENCODING long") == Bulk("skiplist"));
  CHECK(run("ZRANGE long 0 -1 WITHSCORES") == Bulks({"12345678", "1", "123456789", "2"}));
  // The number of pairs counts, even if they are one member.
  CHECK(run("ZADD same 1 a 2 a 3 a 4 a 5 a") == Int(1));
  CHECK(run("OBJECT ENCODING same") == Bulk("skiplist"));
  CHECK(run("ZUNIONSTORE back 1 z") == Int(2));
  CHECK(run("OBJECT ENCODING back") == Bulk("listpack"));
  CHECK(run("EXPIRE back 100") == Int(1));
  CHECK(run("ZADD back 1 x 2 y 3 z") == Int(3));
  CHECK(run("OBJECT ENCODING back") == Bulk("skiplist"));
  CHECK(run("TTL back") == Int(100));
}

TEST_CASE("ZREM and the ranges remove members, and the key with the last one") {
  Harness h(EitherForm());
  auto run = [&](std::string_view line) { return h.Run(line); };
  CHECK(run("ZREM z a") == Int(0));
  CHECK(run("ZADD z 1 a 2 b 3 c 4 d 5 e 6 f") == Int(6));
  CHECK(run("ZREM z a nope b a") == Int(2));
  CHECK(run("ZREMRANGEBYRANK z 0 0") == Int(1));
  CHECK(run("ZREMRANGEBYRANK z 5 9") == Int(0));
  CHECK(run("ZREMRANGEBYSCORE z (4 5") == Int(1));
  CHECK(run("ZRANGE z 0 -1") == Bulks({"d", "f"}));
  CHECK(run("ZREM z d f g") == Int(2));
  CHECK(run("EXISTS z") == Int(0));
  CHECK(run("ZADD z 0 a 0 b 0 c") == Int(3));
  CHECK(run("ZREMRANGEBYLEX z [b (c") == Int(1));
  CHECK(run("ZREMRANGEBYLEX z - +") == Int(2));
  CHECK(run("EXISTS z") == Int(0));
  CHECK(run("ZADD z 0 a") == Int(1));
  CHECK(run("ZREMRANGEBYSCORE z -inf +inf") == Int(1));
  CHECK(run("EXISTS z") == Int(0));
  CHECK(run("ZREMRANGEBYRANK z x 1") == kNotInteger);
  CHECK(run("ZREMRANGEBYSCORE z x 1") == kMinMax);
  CHECK(run("ZREMRANGEBYLEX z a b") == kLexRange);
}

TEST_CASE("ZCARD, ZCOUNT, ZLEXCOUNT, ZSCORE and ZMSCORE look without changing") {
  Harness h(EitherForm());
  auto run = [&](std::string_view line) { return h.Run(line); };
  CHECK(run("ZCARD z") == Int(0));
  CHECK(run("ZCOUNT z 0 1") == Int(0));
  CHECK(run("ZLEXCOUNT z - +") == Int(0));
  CHECK(run("ZSCORE z a") == Nil());
  CHECK(run("ZMSCORE z a b") == Array({Nil(), Nil()}));
  CHECK(run("ZADD z 1 a 2 b 2 c 3 d") == Int(4));
  CHECK(run("ZCARD z") == Int(4));
  CHECK(run("ZCOUNT z 2 2") == Int(2));
  CHECK(run("ZCOUNT z (2 +inf") == Int(1));
  CHECK(run("ZCOUNT z -inf (2") == Int(1));
  CHECK(run("ZCOUNT z 3 1") == Int(0));
  CHECK(run("ZCOUNT z ( 2") == Int(3));  // no digits are a zero
  CHECK(run("ZCOUNT z x 2") == kMinMax);
  CHECK(run("ZCOUNT z 1 nan") == kMinMax);
  CHECK(run("ZMSCORE z a none d") == Array({Bulk("1"), Nil(), Bulk("3")}));
  CHECK(run("ZADD lex 0 a 0 b 0 c 0 ab") == Int(4));
  CHECK(run("ZLEXCOUNT lex [a [b") == Int(3));
  CHECK(run("ZLEXCOUNT lex (a (b") == Int(1));
  CHECK(run("ZLEXCOUNT lex (b +") == Int(1));
  CHECK(run("ZLEXCOUNT lex + -") == Int(0));
  CHECK(run("ZLEXCOUNT lex a b") == kLexRange);
}

TEST_CASE("ZRANK and ZREVRANK count from either end, with the score if asked") {
  Harness h(EitherForm());
  auto run = [&](std::string_view line) { return h.Run(line); };
  CHECK(run("ZADD z 1 a 2 b 2 c") == Int(3));
  CHECK(run("ZRANK z a") == Int(0));
  CHECK(run("ZRANK z c") == Int(2));
  CHECK(run("ZREVRANK z a") == Int(2));
  CHECK(run("ZRANK z c WITHSCORE") == Array({Int(2), Bulk("2")}));
  CHECK(run("ZREVRANK z c withscore") == Array({Int(0), Bulk("2")}));
  CHECK(run("ZRANK z none") == Nil());
  CHECK(run("ZRANK none a") == Nil());
  CHECK(run("ZRANK z none WITHSCORE") == NilArray());
  CHECK(run("ZREVRANK none a WITHSCORE") == NilArray());
  CHECK(run("ZRANK z a SCORE") == kSyntax);
  CHECK(run("ZRANK z a WITHSCORE x") == Error("ERR wrong number of arguments for 'zrank' command"));
  CHECK(run("ZREVRANK z a b c") == Error("ERR wrong number of arguments for 'zrevrank' command"));
}

TEST_CASE("ZRANGE by rank, score and member, both ways, with limits") {
  Harness h(EitherForm());
  auto run = [&](std::string_view line) { return h.Run(line); };
  CHECK(run("ZADD z 1 a 2 b 3 c 4 d") == Int(4));
  CHECK(run("ZRANGE z 1 2") == Bulks({"b", "c"}));
  CHECK(run("ZRANGE z -2 -1") == Bulks({"c", "d"}));
  CHECK(run("ZRANGE z 3 1") == Array({}));
  CHECK(run("ZRANGE z 4 9") == Array({}));
  CHECK(run("ZRANGE z 0 1 REV WITHSCORES") == Bulks({"d", "4", "c", "3"}));
  CHECK(run("ZREVRANGE z 1 -1") == Bulks({"c", "b", "a"}));
  CHECK(run("ZREVRANGE z 0 0 WITHSCORES") == Bulks({"d", "4"}));
  CHECK(run("ZRANGE z (1 3 BYSCORE") == Bulks({"b", "c"}));
  CHECK(run("ZRANGE z +inf -inf BYSCORE REV LIMIT 1 2") == Bulks({"c", "b"}));
  CHECK(run("ZRANGE z 1 4 BYSCORE LIMIT 2 -1") == Bulks({"c", "d"}));
  CHECK(run("ZRANGE z 1 4 BYSCORE LIMIT -1 2") == Array({}));
  CHECK(run("ZRANGE z 1 4 BYSCORE LIMIT 4 2") == Array({}));
  CHECK(run("ZRANGE z 1 4 BYSCORE LIMIT 0 0") == Array({}));
  CHECK(run("ZRANGEBYSCORE z 2 (4 WITHSCORES LIMIT 1 5") == Bulks({"c", "3"}));
  CHECK(run("ZREVRANGEBYSCORE z (4 2") == Bulks({"c", "b"}));
  CHECK(run("ZADD lex 0 a 0 b 0 c 0 d") == Int(4));
  CHECK(run("ZRANGE lex [b + BYLEX") == Bulks({"b", "c", "d"}));
  CHECK(run("ZRANGE lex (d - BYLEX REV LIMIT 1 1") == Bulks({"b"}));
  CHECK(run("ZRANGEBYLEX lex - (c") == Bulks({"a", "b"}));
  CHECK(run("ZREVRANGEBYLEX lex [c [b") == Bulks({"c", "b"}));
  CHECK(run("ZRANGE none 0 -1") == Array({}));
  CHECK(run("ZRANGE z 0 -1 LIMIT 0 1") ==
        Error("ERR syntax error, LIMIT is only supported in combination with either BYSCORE or "
              "BYLEX"));
  CHECK(run("ZRANGE z - + BYLEX WITHSCORES") ==
        Error("ERR syntax error, WITHSCORES not supported in combination with BYLEX"));
  CHECK(run("ZRANGE z x 1") == kNotInteger);
  CHECK(run("ZRANGE z x 1 BYSCORE") == kMinMax);
  CHECK(run("ZRANGE z x 1 BYLEX") == kLexRange);
  CHECK(run("ZRANGE z 0 1 BYSCORE BYLEX") == kSyntax);
  CHECK(run("ZREVRANGE z 0 1 REV") == kSyntax);
  CHECK(run("ZRANGEBYSCORE z 0 1 LIMIT 1") == kSyntax);
}

TEST_CASE("ZRANGESTORE stores a range in place of whatever was there") {
  Harness h(EitherForm());
  auto run = [&](std::string_view line) { return h.Run(line); };
  CHECK(run("ZADD z 1 a 2 b 3 c 4 7") == Int(4));
  CHECK(run("SET d x") == Ok());
  CHECK(run("ZRANGESTORE d z 0 1 REV") == Int(2));
  CHECK(run("ZRANGE d 0 -1 WITHSCORES") == Bulks({"c", "3", "7", "4"}));
  CHECK(run("ZRANGESTORE d z 3 (1 BYSCORE REV LIMIT 0 1") == Int(1));
  CHECK(run("ZRANGE d 0 -1") == Bulks({"c"}));
  CHECK(run("ZRANGESTORE z z 1 2") == Int(2));
  CHECK(run("ZRANGE z 0 -1") == Bulks({"b", "c"}));
  CHECK(run("ZRANGESTORE d z 5 9") == Int(0));
  CHECK(run("EXISTS d") == Int(0));
  CHECK(run("ZRANGESTORE d z 0 1 WITHSCORES") == kSyntax);
}

TEST_CASE("ZRANDMEMBER draws members with and without repetition") {
  Harness h(EitherForm());
  auto run = [&](std::string_view line) { return h.Run(line); };
  CHECK(run("ZRANDMEMBER z") == Nil());
  CHECK(run("ZRANDMEMBER z 3") == Array({}));
  for (int i = 0; i < 40; ++i) {
    CHECK(h.Run({"ZADD", "z", std::to_string(i), "m" + std::to_string(i)}) == Int(1));
  }
  for (const char* count : {"1", "5", "20", "39", "40", "50"}) {
    const ReplyValue reply = h.Run({"ZRANDMEMBER", "z", count});
    std::set<std::string> different;
    for (const ReplyValue& member : reply.elements) different.insert(member.text);
    CHECK(reply.elements.size() == std::min<size_t>(40, std::stoul(count)));
    CHECK(different.size() == reply.elements.size());
  }
  const ReplyValue pairs = run("ZRANDMEMBER z -100 WITHSCORES");
  REQUIRE(pairs.elements.size() == 200);
  std::set<std::string> drawn;
  for (size_t i = 0; i < 200; i += 2) {
    CHECK("m" + pairs.elements[i + 1].text == pairs.elements[i].text);
    drawn.insert(pairs.elements[i].text);
  }
  CHECK(drawn.size() > 20);
  CHECK(run("ZRANDMEMBER z").text.substr(0, 1) == "m");
  CHECK(run("ZRANDMEMBER z 0") == Array({}));
  CHECK(run("ZRANDMEMBER z x") == kNotInteger);
  CHECK(run("ZRANDMEMBER z 1 x") == kSyntax);
  CHECK(run("ZRANDMEMBER z -9223372036854775807 WITHSCORES") == Error("ERR value is out of range"));
}

TEST_CASE("ZSCAN sees every member once in a set at rest") {
  Harness h(EitherForm());
  auto run = [&](std::string_view line) { return h.Run(line); };
  CHECK(run("ZSCAN z 0") == Array({Bulk("0"), Array({})}));
  for (int i = 0; i < 100; ++i) {
    CHECK(h.Run({"ZADD", "z", std::to_string(i), "m" + std::to_string(i)}) == Int(1));
  }
  std::set<std::string> seen;
  std::string cursor = "0";
  do {
    const ReplyValue reply = h.Run({"ZSCAN", "z", cursor, "COUNT", "7"});
    REQUIRE(reply.elements.size() == 2);
    cursor = reply.elements[0].text;
    for (size_t i = 0; i < reply.elements[1].elements.size(); i += 2) {
      CHECK(seen.insert(reply.elements[1].elements[i].text).second);
      CHECK("m" + reply.elements[1].elements[i + 1].text == reply.elements[1].elements[i].text);
    }
  } while (cursor != "0");
  CHECK(seen.size() == 100);
  CHECK(run("ZSCAN z 0 MATCH m42 COUNT 1000") == Array({Bulk("0"), Bulks({"m42", "42"})}));
  CHECK(run("ZSCAN z x") == Error("ERR invalid cursor"));
  CHECK(run("ZSCAN z 0 COUNT 0") == kSyntax);
  CHECK(run("ZSCAN z 0 TYPE zset") == kSyntax);
}

TEST_CASE("ZPOPMIN, ZPOPMAX and ZMPOP take members from the ends") {
  Harness h(EitherForm());
  auto run = [&](std::string_view line) { return h.Run(line); };
  CHECK(run("ZPOPMIN z") == Array({}));
  CHECK(run("ZMPOP 1 z MIN") == NilArray());
  CHECK(run("ZADD z 1 a 2 b 3 c 4 d 5 e 6 f 7 g") == Int(7));
  CHECK(run("ZPOPMIN z") == Bulks({"a", "1"}));
  CHECK(run("ZPOPMAX z 2") == Bulks({"g", "7", "f", "6"}));
  CHECK(run("ZPOPMIN z 0") == Array({}));
  const ReplyValue pairs = Array({Bulks({"e", "5"}), Bulks({"d", "4"})});
  CHECK(run("ZMPOP 2 none z MAX COUNT 2") == Array({Bulk("z"), pairs}));
  CHECK(run("ZMPOP 1 z MIN") == Array({Bulk("z"), Array({Bulks({"b", "2"})})}));
  CHECK(run("HELLO 3").is_aggregate());
  CHECK(run("ZPOPMIN z 9") == Array({Array({Bulk("c"), Double("3")})}));
  CHECK(run("EXISTS z") == Int(0));
  CHECK(run("ZADD z 1 a") == Int(1));
  CHECK(run("ZPOPMAX z") == Array({Bulk("a"), Double("1")}));
  const ReplyValue negative = Error("ERR value is out of range, must be positive");
  CHECK(run("ZPOPMIN z -1") == negative);
  CHECK(run("ZPOPMAX z x") == negative);
  CHECK(run("ZPOPMIN z 1 2") == kSyntax);
  CHECK(run("ZMPOP 0 z MIN") == Error("ERR numkeys should be greater than 0"));
  CHECK(run("ZMPOP 2 z MIN") == kSyntax);
  CHECK(run("ZMPOP 1 z MID") == kSyntax);
  CHECK(run("ZMPOP 1 z MIN COUNT") == kSyntax);
  CHECK(run("ZMPOP 1 z MIN COUNT 0") == Error("ERR count should be greater than 0"));
  CHECK(run("ZMPOP 1 z MIN COUNT 1 COUNT 1") == kSyntax);
}

TEST_CASE("BZPOPMIN, BZPOPMAX and BZMPOP wait for members, in the order in which they came") {
  Harness h(EitherForm());
  auto run = [&](std::string_view line) { return h.Run(line); };
  CHECK(run("ZADD z 1 a 2 b") == Int(2));
  CHECK(run("BZPOPMIN none z 0") == Bulks({"z", "a", "1"}));
  CHECK(run("BZPOPMAX z 0") == Bulks({"z", "b", "2"}));
  TestClient& first = h.NewClient();
  TestClient& second = h.NewClient();
  TestClient& third = h.NewClient();
  CHECK(first.Waits("BZPOPMIN other z 0"));
  CHECK(second.Waits("BZPOPMAX z 0"));
  CHECK(third.Waits("BZMPOP 0 2 z other MAX COUNT 2"));
  CHECK(run("ZADD z 1 a 2 b 3 c 4 d 5 e") == Int(5));
  CHECK(first.Receive() == std::vector<ReplyValue>{Bulks({"z", "a", "1"})});
  CHECK(second.Receive() == std::vector<ReplyValue>{Bulks({"z", "e", "5"})});
  CHECK(third.Receive() ==
        std::vector<ReplyValue>{Array({Bulk("z"), Array({Bulks({"d", "4"}), Bulks({"c", "3"})})})});
  CHECK(run("ZRANGE z 0 -1") == Bulks({"b"}));
  CHECK(run("DEL z") == Int(1));
}

TEST_CASE("waiting for members ends with its time, and not with a key of another type") {
  Harness h(EitherForm());
  auto run = [&](std::string_view line) { return h.Run(line); };
  TestClient& waiting = h.NewClient();
  CHECK(waiting.Waits("BZPOPMIN z 1.5"));
  CHECK(run("SET z x") == Ok());
  CHECK(run("DEL z") == Int(1));
  h.AdvanceMs(1499);
  CHECK(waiting.Receive().empty());
  h.AdvanceMs(1);
  CHECK(waiting.Receive() == std::vector<ReplyValue>{NilArray()});
  CHECK(waiting.Waits("BZMPOP 10 1 z MIN"));
  CHECK(run("ZUNIONSTORE z 1 none") == Int(0));
  CHECK(waiting.Receive().empty());
  CHECK(run("ZADD src 3 m") == Int(1));
  CHECK(run("ZRANGESTORE z src 0 -1") == Int(1));
  CHECK(waiting.Receive().size() == 1);
  CHECK(run("MULTI") == Ok());
  CHECK(run("BZPOPMIN z 0") == Simple("QUEUED"));
  CHECK(run("EXEC") == Array({NilArray()}));
  CHECK(run("BZPOPMIN z -1") == Error("ERR timeout is negative"));
  CHECK(run("BZPOPMAX z x") == Error("ERR timeout is not a float or out of range"));
  CHECK(run("BZPOPMIN z 1e300") == Error("ERR timeout is out of range"));
  CHECK(run("BZMPOP 0 0 z MIN") == Error("ERR numkeys should be greater than 0"));
}

TEST_CASE("ZUNION, ZINTER and ZDIFF combine sets, with weights and three ways to join scores") {
  Harness h(EitherForm());
  auto run = [&](std::string_view line) { return h.Run(line); };
  CHECK(run("ZADD x 1 a 2 b 3 7") == Int(3));
  CHECK(run("ZADD y 10 b 20 7 30 d") == Int(3));
  CHECK(run("ZUNION 2 x y") == Bulks({"a", "b", "7", "d"}));
  CHECK(run("ZUNION 2 x y WEIGHTS 10 1 WITHSCORES") ==
        Bulks({"a", "10", "b", "30", "d", "30", "7", "50"}));
  CHECK(run("ZUNION 2 x y AGGREGATE MIN WITHSCORES") ==
        Bulks({"a", "1", "b", "2", "7", "3", "d", "30"}));
  CHECK(run("ZINTER 2 x y WITHSCORES AGGREGATE MAX") == Bulks({"b", "10", "7", "20"}));
  CHECK(run("ZINTER 3 x y none") == Array({}));
  CHECK(run("ZINTERCARD 2 x y") == Int(2));
  CHECK(run("ZINTERCARD 2 x y LIMIT 1") == Int(1));
  CHECK(run("ZINTERCARD 2 x y LIMIT 0") == Int(2));
  CHECK(run("ZDIFF 2 x y WITHSCORES") == Bulks({"a", "1"}));
  CHECK(run("ZDIFF 2 x x") == Array({}));
  CHECK(run("ZDIFF 2 none x") == Array({}));
  CHECK(run("ZUNIONSTORE o 2 x y WEIGHTS 2 0.5") == Int(4));
  CHECK(run("ZRANGE o 0 -1 WITHSCORES") == Bulks({"a", "2", "b", "9", "d", "15", "7", "16"}));
  CHECK(run("ZINTERSTORE x 2 x y") == Int(2));
  CHECK(run("ZRANGE x 0 -1 WITHSCORES") == Bulks({"b", "12", "7", "23"}));
  CHECK(run("ZDIFFSTORE x 2 x y") == Int(0));
  CHECK(run("EXISTS x") == Int(0));
  CHECK(run("ZADD up inf m") == Int(1));
  CHECK(run("ZADD down -inf m") == Int(1));
  CHECK(run("ZUNION 2 up down WITHSCORES") == Bulks({"m", "0"}));
  CHECK(run("ZUNION 1 up WEIGHTS 0 WITHSCORES") == Bulks({"m", "0"}));
}

TEST_CASE("the combining commands refuse wrong arguments") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  CHECK(run("ZUNION 0 x") == Error("ERR at least 1 input key is needed for 'zunion' command"));
  CHECK(run("ZINTERSTORE d 0 x") ==
        Error("ERR at least 1 input key is needed for 'zinterstore' command"));
  CHECK(run("ZUNION x y") == kNotInteger);
  CHECK(run("ZUNION 3 x y") == kSyntax);
  CHECK(run("ZUNION 2 x y WEIGHTS 1") == kSyntax);
  CHECK(run("ZUNION 2 x y WEIGHTS 1 a") == Error("ERR weight value is not a float"));
  CHECK(run("ZUNION 2 x y AGGREGATE AVG") == kSyntax);
  CHECK(run("ZUNIONSTORE d 2 x y WITHSCORES") == kSyntax);
  CHECK(run("ZDIFF 2 x y WEIGHTS 1 2") == kSyntax);
  CHECK(run("ZINTERCARD 2 x y LIMIT -1") == Error("ERR LIMIT can't be negative"));
  CHECK(run("ZINTERCARD 2 x y WITHSCORES") == kSyntax);
}

TEST_CASE("each element that is changed counts until the next save") {
  Harness h;
  const auto changes = [&](std::string_view command) {
    const auto count = [&] {
      const std::string info = h.Text("INFO persistence");
      const std::string_view name = "rdb_changes_since_last_save:";
      return std::stoll(info.substr(info.find(name) + name.size()));
    };
    const int64_t before = count();
    CHECK_FALSE(h.Run(command).is_error());
    return count() - before;
  };
  CHECK(changes("ZADD z 1 a 2 b 3 c 4 d 5 e 6 f") == 6);
  CHECK(changes("ZADD z 1 a 3 b 9 g") == 2);
  CHECK(changes("ZREM z a x") == 1);
  CHECK(changes("ZREMRANGEBYRANK z 0 1") == 2);
  CHECK(changes("ZPOPMAX z 2") == 2);
  CHECK(changes("HSET h a 1 b 2 c 3") == 3);
  CHECK(changes("HEXPIRE h 10 FIELDS 2 a b") == 2);
  CHECK(changes("HPERSIST h FIELDS 3 a b c") == 2);
  CHECK(changes("HGETDEL h FIELDS 2 a b") == 2);
  CHECK(changes("HDEL h b c") == 1);
  CHECK(changes("GEOADD g 13.3 38.1 p 15 37.5 q") == 2);
  CHECK(changes("GEOSEARCHSTORE near g FROMMEMBER p BYRADIUS 500 km") == 2);
  CHECK(changes("PFADD hll a b c") == 4);
  CHECK(changes("BITFIELD bits SET u8 0 1 INCRBY u8 8 0 GET u8 0") == 2);
  CHECK(changes("RPUSH l 1 2 3") == 3);
  CHECK(changes("SADD s 1 2 3") == 3);
  CHECK(changes("RENAME s t") == 1);
  CHECK(changes("MOVE t 1") == 1);
  CHECK(changes("SORT l STORE sorted") == 3);
}

TEST_CASE("ZDIFF takes out the members of few large or of many small sets alike") {
  Harness h;
  std::string add = "ZADD big";
  for (int i = 0; i < 400; ++i) add += " " + std::to_string(i) + " m" + std::to_string(i);
  h.Run(add);
  std::string diff = "ZDIFF 41 big";
  for (int set = 0; set < 40; ++set) {
    const std::string key = "small" + std::to_string(set);
    const std::string member = std::to_string(set * 3);
    h.Run((set % 2 == 0 ? "SADD " + key : "ZADD " + key + " 7") + " m" + member);
    diff += " " + key;
  }
  h.Run("ZADD half 1 m1 1 m2 1 m399");
  const ReplyValue few = h.Run("ZDIFF 2 big half");
  CHECK(few.elements.size() == 397);
  CHECK(few.elements.front() == Bulk("m0"));
  const ReplyValue many = h.Run(diff);
  CHECK(many.elements.size() == 360);
  CHECK(many.elements.front() == Bulk("m1"));
  CHECK(many.elements[117 - 39] == Bulk("m118"));
  CHECK(h.Run("ZDIFF 4 big big big big") == Array({}));
}

TEST_CASE("a union has room for more members than its largest set") {
  Harness h;
  std::string all = "ZUNIONSTORE all 12";
  for (int set = 0; set < 12; ++set) {
    const std::string key = "s" + std::to_string(set);
    std::string add = "ZADD " + key;
    for (int i = 0; i < 50; ++i) {
      add += " 1 m" + std::to_string(set * 40 + i);  // ten of each are in the next set, too
    }
    h.Run(add);
    all += " " + key;
  }
  CHECK(h.Run(all) == Int(12 * 40 + 10));
  CHECK(h.Run("ZCOUNT all 2 2") == Int(11 * 10));
  CHECK(h.Run("ZSCORE all m45") == Bulk("2"));
  CHECK(h.Run("ZUNIONSTORE all 5 s0 s0 s0 s0 s0") == Int(50));
  CHECK(h.Run("ZCOUNT all 5 5") == Int(50));
}

TEST_CASE("sorted sets are copied, renamed, digested alike in both forms") {
  Harness h("enable-debug-command yes\n" + EitherForm());
  auto run = [&](std::string_view line) { return h.Run(line); };
  CHECK(run("ZADD z 1 a 2.5 b -3 12") == Int(3));
  CHECK(run("COPY z copy") == Int(1));
  CHECK(run("ZADD copy 9 c") == Int(1));
  CHECK(run("ZCARD z") == Int(3));
  CHECK(run("TYPE z") == Simple("zset"));
  const ReplyValue digest = run("DEBUG DIGEST-VALUE z");
  CHECK(digest == Array({Simple("a02d0b3b909dc934e686e33e260789a0cc0e901e")}));
  CHECK(run("RENAME z renamed") == Ok());
  CHECK(run("DEBUG DIGEST-VALUE renamed") == digest);
  CHECK(run("MEMORY USAGE renamed").integer > 0);
}
