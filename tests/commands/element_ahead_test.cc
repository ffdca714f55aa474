// Pipelines over big collections: what runs ahead of their elements must not be seen in any reply,
// whatever becomes of the collections in between.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "base/random.h"
#include "tests/commands/harness.h"

using namespace gotthard;

namespace {

std::string RandomCommand(Random& random) {
  constexpr const char* kTypes[] = {"hash", "set", "zset"};
  const std::string type = kTypes[random.Below(3)];
  const std::string element = "element:" + std::to_string(random.Below(600));
  if (random.Below(25) == 0) {
    switch (random.Below(6)) {
      case 0:
        return "UNLINK " + type;
      case 1:
        return "RENAME " + type + " other";
      case 2:
        return "COPY " + type + " other REPLACE";
      case 3:
        return "SWAPDB 0 1";
      case 4:
        return "SET " + type + " text";
      default:
        return random.Below(4) == 0 ? "FLUSHALL" : "RENAME other " + type;
    }
  }
  const size_t kind = random.Below(4);
  if (type == "hash") {
    if (kind == 0) return "HDEL hash " + element;
    return kind == 1 ? "HGET hash " + element : "HSET hash " + element + " value";
  }
  if (type == "set") {
    if (kind == 0) return "SREM set " + element;
    return kind == 1 ? "SISMEMBER set " + element : "SADD set " + element;
  }
  if (kind == 0) return "ZREM zset " + element;
  return kind == 1 ? "ZSCORE zset " + element : "ZADD zset 1 " + element;
}

}  // namespace

TEST_CASE("a pipeline over big collections is answered as its commands are one by one") {
  constexpr uint64_t kSeed = 91;
  const std::string_view config =
      "hash-max-listpack-entries 0\nset-max-listpack-entries 0\nzset-max-listpack-entries 0";
  Harness whole(config);
  Harness single(config);
  Random random(kSeed);
  for (int round = 0; round < 20; ++round) {
    CAPTURE(kSeed, round);
    std::string pipeline;
    std::vector<ReplyValue> expected;
    for (int i = 0; i < 400; ++i) {
      const std::string command = RandomCommand(random);
      pipeline += command + "\r\n";
      expected.push_back(single.Run(command));
    }
    REQUIRE(whole.client().Send(pipeline) == expected);
  }
}
