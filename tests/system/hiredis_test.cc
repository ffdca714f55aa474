// hiredis, the C client library that others are built on, over each family of data types.
#include <hiredis/hiredis.h>

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <vector>

#include "tests/system/system_harness.h"

namespace gotthard::test {
namespace {

struct FreeContext {
  void operator()(redisContext* context) const { redisFree(context); }
};
struct FreeReply {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};

std::string TextOf(const redisReply& reply) {
  switch (reply.type) {
    case REDIS_REPLY_INTEGER:
      return std::to_string(reply.integer);
    case REDIS_REPLY_NIL:
      return "nil";
    case REDIS_REPLY_ARRAY: {
      std::string text = "[";
      for (size_t i = 0; i < reply.elements; ++i) {
        text += (i == 0 ? "" : " ") + TextOf(*reply.element[i]);
      }
      return text + "]";
    }
    default:
      return {reply.str, reply.len};
  }
}

// A daemon and a blocking connection to it.
class Hiredis {
 public:
  Hiredis()
      : context_(redisConnectWithTimeout("127.0.0.1", daemon_.port(),
                                         timeval{.tv_sec = 60, .tv_usec = 0})) {
    REQUIRE(context_ != nullptr);
    REQUIRE(context_->err == 0);
  }
  // The reply to one command, its words separated by blanks: aggregates in brackets, null as nil.
  std::string Ask(const std::string& command) {
    const std::unique_ptr<redisReply, FreeReply> reply(
        static_cast<redisReply*>(redisCommand(context_.get(), command.c_str())));
    REQUIRE(reply != nullptr);
    return TextOf(*reply);
  }
  // Sends commands without waiting, then reads all replies.
  std::vector<std::string> Pipeline(const std::vector<std::string>& commands) {
    for (const std::string& command : commands) {
      REQUIRE(redisAppendCommand(context_.get(), command.c_str()) == REDIS_OK);
    }
    std::vector<std::string> replies;
    for (size_t i = 0; i < commands.size(); ++i) {
      void* reply = nullptr;
      REQUIRE(redisGetReply(context_.get(), &reply) == REDIS_OK);
      const std::unique_ptr<redisReply, FreeReply> owned(static_cast<redisReply*>(reply));
      replies.push_back(TextOf(*owned));
    }
    return replies;
  }
  Client Other() const { return daemon_.Connect(); }

 private:
  Daemon daemon_;
  std::unique_ptr<redisContext, FreeContext> context_;
};

}  // namespace

TEST_CASE("hiredis: lists, and waiting for their items") {
  Hiredis redis;
  CHECK(redis.Ask("RPUSH l a b c b") == "4");
  CHECK(redis.Ask("LRANGE l 0 -1") == "[a b c b]");
  CHECK(redis.Ask("LPOS l b COUNT 0") == "[1 3]");
  CHECK(redis.Ask("LMOVE l m RIGHT LEFT") == "b");
  CHECK(redis.Ask("LMPOP 2 none l LEFT COUNT 2") == "[l [a b]]");
  CHECK(redis.Ask("LINDEX l 7") == "nil");
  Client other = redis.Other();
  other.Send(Client::Encode({"BLPOP", "none", "queue", "60"}));
  CHECK(redis.Ask("RPUSH queue job") == "1");
  CHECK(other.ReadReply() == "[queue, job]");
  CHECK(redis.Ask("BLPOP none 0.01") == "nil");
}

TEST_CASE("hiredis: hashes and their fields' expiry") {
  Hiredis redis;
  CHECK(redis.Ask("HSET h f 1 g two") == "2");
  CHECK(redis.Ask("HMGET h g none") == "[two nil]");
  CHECK(redis.Ask("HINCRBY h f 4") == "5");
  CHECK(redis.Ask("HGETALL h") == "[f 5 g two]");
  CHECK(redis.Ask("HSCAN h 0 NOVALUES") == "[0 [f g]]");
  CHECK(redis.Ask("HEXPIRE h 100 FIELDS 2 f none") == "[1 -2]");
  CHECK(redis.Ask("HPERSIST h FIELDS 1 f") == "[1]");
}

TEST_CASE("hiredis: sets") {
  Hiredis redis;
  CHECK(redis.Ask("SADD s 1 2 3") == "3");
  CHECK(redis.Ask("SADD t 2 3 4") == "3");
  CHECK(redis.Ask("SINTER s t") == "[2 3]");
  CHECK(redis.Ask("SMISMEMBER s 1 9") == "[1 0]");
  CHECK(redis.Ask("SDIFFSTORE d s t") == "1");
  CHECK(redis.Ask("SPOP d") == "1");
  CHECK(redis.Ask("SINTERCARD 2 s t LIMIT 1") == "1");
}

TEST_CASE("hiredis: sorted sets") {
  Hiredis redis;
  CHECK(redis.Ask("ZADD z 1 a 2 b inf c") == "3");
  CHECK(redis.Ask("ZRANGE z 0 -1 WITHSCORES") == "[a 1 b 2 c inf]");
  CHECK(redis.Ask("ZINCRBY z 4.5 a") == "5.5");
  CHECK(redis.Ask("ZRANGE z (2 +inf BYSCORE LIMIT 0 1") == "[a]");
  CHECK(redis.Ask("ZRANK z c WITHSCORE") == "[2 inf]");
  CHECK(redis.Ask("ZMPOP 1 z MIN") == "[z [[b 2]]]");
  CHECK(redis.Ask("ZREMRANGEBYLEX z - +") == "2");
}

TEST_CASE("hiredis: geo, bitmaps and HyperLogLog") {
  Hiredis redis;
  CHECK(redis.Ask("GEOADD g 8.594 46.633 Andermatt 8.611 46.529 Airolo 7.447 46.948 Bern") == "3");
  CHECK(redis.Ask("GEOSEARCH g FROMLONLAT 8.6 46.58 BYRADIUS 20 km ASC") == "[Airolo Andermatt]");
  CHECK(redis.Ask("GEOHASH g none") == "[nil]");
  CHECK(redis.Ask("SETBIT x 7 1") == "0");
  CHECK(redis.Ask("BITOP NOT y x") == "1");
  CHECK(redis.Ask("BITCOUNT y") == "7");
  CHECK(redis.Ask("BITFIELD f SET u8 0 255 OVERFLOW FAIL INCRBY u8 0 9") == "[0 nil]");
  CHECK(redis.Ask("PFADD p a b c") == "1");
  CHECK(redis.Ask("PFCOUNT p") == "3");
}

TEST_CASE("hiredis: streams, and waiting for their entries") {
  Hiredis redis;
  CHECK(redis.Ask("XADD s 1-1 a 1") == "1-1");
  CHECK(redis.Ask("XADD s 1-* b 2") == "1-2");
  CHECK(redis.Ask("XADD none NOMKSTREAM * a 1") == "nil");
  CHECK(redis.Ask("XRANGE s - +") == "[[1-1 [a 1]] [1-2 [b 2]]]");
  CHECK(redis.Ask("XREVRANGE s + - COUNT 1") == "[[1-2 [b 2]]]");
  CHECK(redis.Ask("XREAD COUNT 1 STREAMS s 1-1") == "[[s [[1-2 [b 2]]]]]");
  CHECK(redis.Ask("XREAD BLOCK 10 STREAMS s $") == "nil");
  Client other = redis.Other();
  other.Send(Client::Encode({"XREAD", "BLOCK", "60000", "STREAMS", "s", "$"}));
  WaitUntil("a blocked client", [&] {
    return redis.Ask("INFO clients").find("blocked_clients:1") != std::string::npos;
  });
  CHECK(redis.Ask("XADD s 2-0 c 3") == "2-0");
  CHECK(other.ReadReply() == "[[s, [[2-0, [c, 3]]]]]");
  CHECK(redis.Ask("XTRIM s MAXLEN 2") == "1");
  CHECK(redis.Ask("XLEN s") == "2");
}

TEST_CASE("hiredis: consumer groups") {
  Hiredis redis;
  CHECK(redis.Ask("XGROUP CREATE jobs workers $ MKSTREAM") == "OK");
  const std::vector<std::string> added{"1-0", "2-0", "3-0"};
  CHECK(redis.Pipeline({"XADD jobs 1 n 1", "XADD jobs 2 n 2", "XADD jobs 3 n 3"}) == added);
  CHECK(redis.Ask("XREADGROUP GROUP workers ann COUNT 2 STREAMS jobs >") ==
        "[[jobs [[1-0 [n 1]] [2-0 [n 2]]]]]");
  Client bob = redis.Other();
  bob.Send(Client::Encode(
      {"XREADGROUP", "GROUP", "workers", "bob", "BLOCK", "60000", "STREAMS", "jobs", ">"}));
  CHECK(bob.ReadReply() == "[[jobs, [[3-0, [n, 3]]]]]");
  CHECK(redis.Ask("XPENDING jobs workers") == "[3 1-0 3-0 [[ann 2] [bob 1]]]");
  CHECK(redis.Ask("XACK jobs workers 1-0 9-9") == "1");
  CHECK(redis.Ask("XAUTOCLAIM jobs workers cleo 0 0 COUNT 1 JUSTID") == "[3-0 [2-0] []]");
  CHECK(redis.Ask("XCLAIM jobs workers cleo 0 3-0") == "[[3-0 [n 3]]]");
  CHECK(redis.Ask("XPENDING jobs workers - + 10 ann") == "[]");
  CHECK(redis.Ask("XDEL jobs 2-0") == "1");
  CHECK(redis.Ask("XAUTOCLAIM jobs workers ann 0 0") == "[0-0 [[3-0 [n 3]]] [2-0]]");
  CHECK(redis.Ask("XINFO GROUPS jobs") ==
        "[[name workers consumers 3 pending 1 last-delivered-id 3-0 entries-read 3 lag 0]]");
  CHECK(redis.Ask("XREADGROUP GROUP none ann STREAMS jobs >").rfind("NOGROUP", 0) == 0);
  CHECK(redis.Ask("XGROUP DELCONSUMER jobs workers ann") == "1");
  CHECK(redis.Ask("XGROUP DESTROY jobs workers") == "1");
}

TEST_CASE("hiredis: probabilistic types") {
  Hiredis redis;
  CHECK(redis.Ask("BF.MADD bf a b a") == "[1 1 0]");
  CHECK(redis.Ask("CF.ADD cf a") == "1");
  CHECK(redis.Ask("CMS.INITBYDIM cms 100 5") == "OK");
  CHECK(redis.Ask("CMS.INCRBY cms a 3") == "[3]");
  CHECK(redis.Ask("TOPK.RESERVE top 2") == "OK");
  CHECK(redis.Ask("TOPK.ADD top a") == "[nil]");
  CHECK(redis.Ask("TDIGEST.CREATE td") == "OK");
  CHECK(redis.Ask("TDIGEST.ADD td 1 2 3") == "OK");
  CHECK(redis.Ask("TDIGEST.BYRANK td 1") == "[2]");
}

TEST_CASE("hiredis: transactions and pipelines over several types") {
  Hiredis redis;
  CHECK(redis.Pipeline({"MULTI", "RPUSH l 3 1 2", "SORT l STORE to", "HGET l f", "EXEC"}) ==
        std::vector<std::string>{
            "OK", "QUEUED", "QUEUED", "QUEUED",
            "[3 3 WRONGTYPE Operation against a key holding the wrong kind of value]"});
  std::vector<std::string> commands;
  std::vector<std::string> expected;
  for (int i = 0; i < 1'000; ++i) {
    commands.push_back("ZADD z " + std::to_string(i) + " m");
    commands.emplace_back("ZSCORE z m");
    expected.emplace_back(i == 0 ? "1" : "0");
    expected.push_back(std::to_string(i));
  }
  CHECK(redis.Pipeline(commands) == expected);
}

}  // namespace gotthard::test
