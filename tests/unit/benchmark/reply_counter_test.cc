// The reply counter counts what a full parser would count, however the bytes are cut.
#include "benchmark/reply_counter.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>

#include "benchmark/random.h"

using gotthard::bench::Random;
using gotthard::bench::ReplyCounter;
using gotthard::bench::ReplyTally;

namespace {

struct Counted {
  int64_t replies;
  ReplyTally tally;
};

// Feeds `bytes` in pieces of at most `most` bytes; each piece is a heap block of its own, so that a
// sanitizer sees every step beyond it.
Counted Count(const std::string& bytes, size_t most) {
  Counted counted{0, {}};
  ReplyCounter counter;
  for (size_t at = 0; at < bytes.size(); at += most) {
    const std::string piece = bytes.substr(at, most);
    const int64_t replies = counter.Feed(piece.data(), piece.size(), counted.tally);
    if (replies == ReplyCounter::kProtocolError) {
      counted.replies = replies;
      break;
    }
    counted.replies += replies;
  }
  return counted;
}

Counted CountEveryWay(const std::string& bytes) {
  const Counted whole = Count(bytes, bytes.size());
  for (size_t most = 1; most < std::min<size_t>(bytes.size(), 40); ++most) {
    const Counted cut = Count(bytes, most);
    INFO("pieces of " << most);
    CHECK(cut.replies == whole.replies);
    CHECK(cut.tally.errors == whole.tally.errors);
    CHECK(cut.tally.nulls == whole.tally.nulls);
    CHECK(cut.tally.texts == whole.tally.texts);
  }
  return whole;
}

std::string Repeat(const std::string& text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += text;
  return out;
}

}  // namespace

TEST_CASE("RESP2 replies are counted") {
  CHECK(CountEveryWay("+OK\r\n").replies == 1);
  CHECK(CountEveryWay(":-12\r\n:1\r\n").replies == 2);
  CHECK(CountEveryWay("$0\r\n\r\n$5\r\nhello\r\n").replies == 2);
  CHECK(CountEveryWay("*0\r\n").replies == 1);
  CHECK(CountEveryWay("*2\r\n$1\r\na\r\n:1\r\n+OK\r\n").replies == 2);
  CHECK(CountEveryWay("*2\r\n*2\r\n:1\r\n*0\r\n*1\r\n$2\r\nab\r\n:9\r\n").replies == 2);
}

TEST_CASE("a payload that looks like replies is not read") {
  CHECK(CountEveryWay("$10\r\n+OK\r\n-ERR \r\n+OK\r\n").replies == 2);
  CHECK(CountEveryWay("$10\r\n+OK\r\n-ERR \r\n+OK\r\n").tally.errors == 0);
}

TEST_CASE("runs of like replies are counted, and so is what breaks the run") {
  const std::string hit = "$32\r\n" + std::string(32, 'x') + "\r\n";
  CHECK(CountEveryWay(Repeat(hit, 50)).replies == 50);
  CHECK(CountEveryWay(Repeat("+OK\r\n", 50)).replies == 50);
  CHECK(CountEveryWay(Repeat(":1\r\n", 9) + Repeat(":12\r\n", 9) + ":1\r\n").replies == 19);
  const Counted mixed = CountEveryWay(Repeat(hit, 3) + "$-1\r\n" + Repeat(hit, 2) + "-ERR x\r\n" +
                                      hit + "$31\r\n" + std::string(31, 'y') + "\r\n" + hit);
  CHECK(mixed.replies == 10);
  CHECK(mixed.tally.nulls == 1);
  CHECK(mixed.tally.errors == 1);
}

TEST_CASE("a header like the last one inside an array is not a reply") {
  const std::string item = "$3\r\nabc\r\n";
  CHECK(CountEveryWay(item + "*3\r\n" + Repeat(item, 3) + Repeat(item, 2)).replies == 4);
}

TEST_CASE("RESP3 replies are counted") {
  CHECK(CountEveryWay("_\r\n#t\r\n,3.14\r\n(123456789012345678901234567890\r\n").replies == 4);
  CHECK(CountEveryWay("%2\r\n+a\r\n:1\r\n+b\r\n~2\r\n:1\r\n:2\r\n+OK\r\n").replies == 2);
  CHECK(CountEveryWay("=7\r\ntxt:abc\r\n").replies == 1);
  CHECK(CountEveryWay("%0\r\n~0\r\n").replies == 2);
}

TEST_CASE("an attribute belongs to the reply after it") {
  CHECK(CountEveryWay("|1\r\n+ttl\r\n:3600\r\n").replies == 0);
  CHECK(CountEveryWay("|1\r\n+ttl\r\n:3600\r\n:1\r\n").replies == 1);
  CHECK(CountEveryWay("*2\r\n|1\r\n+a\r\n+b\r\n:1\r\n:2\r\n+OK\r\n").replies == 2);
}

TEST_CASE("a push message is not a reply") {
  const std::string push = ">2\r\n+invalidate\r\n*1\r\n$1\r\nk\r\n";
  CHECK(CountEveryWay(push).replies == 0);
  CHECK(CountEveryWay("+OK\r\n" + push + "+OK\r\n" + push + ":1\r\n").replies == 3);
}

TEST_CASE("errors are counted with their texts, nulls are counted") {
  const Counted counted =
      CountEveryWay("-ERR a\r\n-ERR a\r\n-WRONGTYPE b\r\n*2\r\n-ERR a\r\n$-1\r\n*-1\r\n_\r\n");
  CHECK(counted.replies == 6);
  CHECK(counted.tally.errors == 4);
  CHECK(counted.tally.nulls == 3);
  CHECK(counted.tally.texts.at("ERR a") == 3);
  CHECK(counted.tally.texts.at("WRONGTYPE b") == 1);
  CHECK(CountEveryWay("!5\r\nERR z\r\n").tally.errors == 1);
}

TEST_CASE("different error texts are kept up to a limit, and all counted") {
  std::string bytes;
  for (int i = 0; i < 100; ++i) bytes += "-ERR " + std::to_string(i) + "\r\n";
  const Counted counted = Count(bytes, bytes.size());
  CHECK(counted.tally.errors == 100);
  CHECK(counted.tally.texts.size() == ReplyTally::kMaxTexts);
}

TEST_CASE("what is not the protocol is said to be so") {
  for (const char* bytes :
       {"hello\r\n", "$abc\r\n", "$\r\n", "$5x\r\n", "$-2\r\n", "%-1\r\n", "*9999999999999\r\n",
        "\r\n", "+OK\n", "$?\r\n", "*1\r\n>1\r\n", "$99999999999999999999\r\n"}) {
    INFO(bytes);
    CHECK(CountEveryWay(bytes).replies == ReplyCounter::kProtocolError);
  }
  CHECK(Count("+" + std::string(70'000, 'x'), 1000).replies == ReplyCounter::kProtocolError);
}

namespace {

// Appends a random value and says how it should be tallied.
void AppendValue(Random& random, int depth, std::string& out, ReplyTally& tally) {
  const std::string text(random.Below(12), 'v');
  switch (random.Below(depth > 3 ? 6 : 9)) {
    case 0:
      out += "+" + text + "\r\n";
      return;
    case 1:
      out += ":" + std::to_string(random.Below(1000)) + "\r\n";
      return;
    case 2:
      out += "-ERR " + text + "\r\n";
      ++tally.errors;
      return;
    case 3:
      out += "$-1\r\n";
      ++tally.nulls;
      return;
    case 4:
    case 5:
      out += "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
      return;
    default:
      const uint64_t items = random.Below(4);
      const bool map = random.Below(2) == 0;
      out += (map ? "%" : "*") + std::to_string(items) + "\r\n";
      for (uint64_t i = 0; i < (map ? 2 * items : items); ++i) {
        AppendValue(random, depth + 1, out, tally);
      }
  }
}

}  // namespace

TEST_CASE("random replies in random cuts are counted as they were made") {
  Random random(99);
  for (int round = 0; round < 200; ++round) {
    std::string bytes;
    ReplyTally made;
    for (int i = 0; i < 50; ++i) AppendValue(random, 0, bytes, made);
    const Counted counted = Count(bytes, 1 + random.Below(bytes.size()));
    INFO("round " << round << ", seed 99");
    CHECK(counted.replies == 50);
    CHECK(counted.tally.errors == made.errors);
    CHECK(counted.tally.nulls == made.nulls);
  }
}
