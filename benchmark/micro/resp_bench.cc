// What the protocol costs: nanoseconds per command parsed, per reply written, per key hashed.
//
// Each benchmark handles kBatch items per run, as a batch would; divide the mean by kBatch. The
// case "resp: nanoseconds per item" prints that division itself.
#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "base/hash.h"
#include "base/numbers.h"
#include "base/random.h"
#include "benchmark/micro/measure.h"
#include "resp/parser.h"
#include "resp/reply_parser.h"
#include "resp/reply_writer.h"

namespace gotthard {
namespace {

constexpr size_t kBatch = 64;  // commands in a batch: what one round through the pipe carries

// The command stream as a batch keeps it: arguments of many commands in one array.
struct StreamSink {
  std::vector<ArgRef> args = std::vector<ArgRef>(4 * kBatch);
  size_t used = 0;
  ArgRef* Reserve(uint32_t argc) {
    if (args.size() - used < argc) args.resize(args.size() * 2 + argc);
    return args.data() + used;
  }
};

std::string Pipeline(const std::vector<std::string>& words) {
  std::string bytes;
  for (size_t i = 0; i < kBatch; ++i) bytes += EncodeRequest(words);
  return bytes;
}

// Keys of 1 to 40 bytes, values of 0 to 200: lengths of one to three digits in random order.
std::string MixedPipeline() {
  Random random(1);
  std::string bytes;
  for (size_t i = 0; i < kBatch; ++i) {
    const std::string key(1 + random.Below(40), 'k');
    bytes += random.Below(2) == 0
                 ? EncodeRequest({"GET", key})
                 : EncodeRequest({"SET", key, std::string(random.Below(200), 'v')});
  }
  return bytes;
}

size_t ParseAll(std::string& bytes, StreamSink& sink) {
  RequestParser parser;
  sink.used = 0;
  size_t at = 0;
  size_t commands = 0;
  while (parser.Parse(bytes.data(), at, bytes.size(), sink) == RequestParser::Outcome::kCommand) {
    at = parser.consumed_to();
    sink.used += parser.argc();
    ++commands;
  }
  return commands;
}

const std::string kKey = "key:000000000001";
const std::string kValue32(32, 'v');
const std::string kValue100(100, 'v');

using micro::Keep;

// The fastest of many short rounds: the machine is shared, and what others take is not our cost.
// With `bytes`, what all items have together, the rate is printed too.
template <typename Work>
void Report(const char* name, size_t items, size_t bytes, Work work) {
  constexpr int kRounds = 300;
  constexpr int kRepeats = 200;
  double fastest = 1e9;
  for (int round = 0; round < kRounds; ++round) {
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < kRepeats; ++i) work();
    const std::chrono::duration<double, std::nano> spent = std::chrono::steady_clock::now() - begin;
    fastest = std::min(fastest, spent.count() / kRepeats / static_cast<double>(items));
  }
  std::printf("%-34s %6.2f ns", name, fastest);
  if (bytes > 0) {
    const double per_item = static_cast<double>(bytes) / static_cast<double>(items);
    std::printf("  %6.2f GB/s", per_item / fastest);
  }
  std::puts("");
}
template <typename Work>
void Report(const char* name, size_t items, Work work) {
  Report(name, items, 0, work);
}

TEST_CASE("resp: nanoseconds per item", "[resp]") {
  StreamSink sink;
  std::string get = Pipeline({"GET", kKey});
  std::string set = Pipeline({"SET", kKey, kValue32});
  std::string ping = Pipeline({"PING"});
  std::string mixed = MixedPipeline();
  std::string mset = EncodeRequest(std::vector<std::string>(201, kKey));
  std::string line;
  for (size_t i = 0; i < kBatch; ++i) line += "GET " + kKey + "\r\n";
  REQUIRE(ParseAll(get, sink) == kBatch);
  Report("parse GET, 16-byte key", kBatch, get.size(), [&] { Keep(ParseAll(get, sink)); });
  Report("parse SET, 32-byte value", kBatch, set.size(), [&] { Keep(ParseAll(set, sink)); });
  Report("parse PING", kBatch, ping.size(), [&] { Keep(ParseAll(ping, sink)); });
  Report("parse GET and SET, mixed lengths", kBatch, mixed.size(),
         [&] { Keep(ParseAll(mixed, sink)); });
  Report("parse MSET of 100, per argument", 201, mset.size(), [&] { Keep(ParseAll(mset, sink)); });
  Report("parse inline GET", kBatch, line.size(), [&] { Keep(ParseAll(line, sink)); });

  const KeyHasher hash(1);
  for (const size_t length : {8, 16, 32, 64, 128}) {
    // Keys lie apart and were written long ago: a byte that was just stored would stall the wide
    // load.
    std::vector<std::string> keys;
    for (size_t i = 0; i < kBatch; ++i) keys.emplace_back(length, static_cast<char>('a' + i % 26));
    const std::string name = "hash a key of " + std::to_string(length) + " bytes";
    Report(name.c_str(), kBatch, [&] {
      uint64_t sum = 0;
      for (const std::string& key : keys) sum += hash(key);
      Keep(sum);
    });
  }

  ReplyBuffer buffer;
  ReplyWriter writer(buffer);
  const auto replies = [&](const char* name, auto write) {
    Report(name, kBatch, [&] {
      buffer.Clear();
      for (size_t i = 0; i < kBatch; ++i) write(i);
      Keep(buffer);
    });
  };
  replies("write +OK", [&](size_t) { writer.Ok(); });
  replies("write :1", [&](size_t i) { writer.Integer(static_cast<int64_t>(i & 1)); });
  replies("write :<7 digits>", [&](size_t i) { writer.Integer(1'000'000 + int64_t(i)); });
  replies("write $32", [&](size_t) { writer.Bulk(kValue32); });
  replies("write $100", [&](size_t) { writer.Bulk(kValue100); });
  replies("write null", [&](size_t) { writer.Null(); });
  replies("write double", [&](size_t i) { writer.Double(0.1 * static_cast<double>(i)); });
}

TEST_CASE("resp: batches of 64", "[resp]") {
  StreamSink sink;
  std::string get = Pipeline({"GET", kKey});
  BENCHMARK("parse 64 GET") {
    return ParseAll(get, sink);
  };
  ReplyBuffer buffer;
  ReplyWriter writer(buffer);
  BENCHMARK("write 64 replies of 32 bytes") {
    buffer.Clear();
    for (size_t i = 0; i < kBatch; ++i) writer.Bulk(kValue32);
    return buffer.size();
  };
}

}  // namespace
}  // namespace gotthard
