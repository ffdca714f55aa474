#include "resp/parser.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "base/random.h"
#include "resp/reply_parser.h"

namespace gotthard {
namespace {

using Outcome = RequestParser::Outcome;
using Words = std::vector<std::string>;

// Arguments in a vector; remembers the most that the parser ever asked for at once.
struct VectorSink {
  std::vector<ArgRef> args;
  uint32_t most = 0;
  ArgRef* Reserve(uint32_t argc) {
    most = std::max(most, argc);
    args.resize(argc);
    return args.data();
  }
};

struct Session {
  std::vector<Words> commands;
  std::string error;
  bool unfinished = false;
  bool operator==(const Session& other) const = default;
};

// Feeds `bytes` to a parser, `ends` being the offsets at which the pieces end. Every piece arrives
// in a new buffer of the exact size, behind a random gap, so that a wrong access is one that a
// sanitizer sees and an offset that was kept from an earlier buffer is wrong.
Session Feed(std::string_view bytes, const std::vector<size_t>& ends, ParserLimits limits = {}) {
  RequestParser parser(limits);
  VectorSink sink;
  Session session;
  size_t dropped = 0;
  size_t gap = 0;
  for (const size_t piece_end : ends) {
    gap = (gap + 7) % 31;
    std::string text(gap, '#');
    text += bytes.substr(dropped, piece_end - dropped);
    std::vector<char> buffer(text.begin(), text.end());
    size_t at = gap;
    for (;;) {
      const Outcome outcome = parser.Parse(buffer.data(), at, buffer.size(), sink);
      if (outcome == Outcome::kError) {
        session.error = parser.error();
        return session;
      }
      REQUIRE(parser.consumed_to() >= at);
      REQUIRE(parser.consumed_to() <= buffer.size());
      at = parser.consumed_to();
      if (outcome == Outcome::kNeedMore) {
        REQUIRE(parser.need_hint() >= 1);
        break;
      }
      Words words;
      REQUIRE(parser.argc() >= 1);
      for (uint32_t i = 0; i < parser.argc(); ++i) {
        const ArgRef arg = sink.args[i];
        REQUIRE(size_t{arg.offset} + arg.length <= at);
        words.emplace_back(buffer.data() + arg.offset, arg.length);
      }
      session.commands.push_back(std::move(words));
    }
    dropped += at - gap;
  }
  session.unfinished = parser.in_request();
  return session;
}

Session FeedWhole(std::string_view bytes, ParserLimits limits = {}) {
  return Feed(bytes, {bytes.size()}, limits);
}

std::vector<size_t> EveryByte(size_t size) {
  std::vector<size_t> ends;
  for (size_t i = 1; i <= size; ++i) ends.push_back(i);
  return ends;
}

Session Commands(std::vector<Words> commands) {
  return {std::move(commands), "", false};
}
Session Failure(const std::string& text) {
  return {{}, "ERR Protocol error: " + text, false};
}

// What stands between the bytes on the wire and the arguments, in every shape that Redis accepts.
struct Sample {
  std::string bytes;
  std::vector<Words> commands;
};
std::vector<Sample> Samples() {
  const std::string big(12'345, 'b');
  Words many = {"MSET"};
  for (int i = 0; i < 30; ++i) many.push_back(std::string(static_cast<size_t>(i) * 7, 'v'));
  std::vector<Sample> samples = {
      {"*1\r\n$4\r\nPING\r\n", {{"PING"}}},
      {"*2\r\n$3\r\nGET\r\n$16\r\nkey:000000000001\r\n", {{"GET", "key:000000000001"}}},
      {"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$0\r\n\r\n", {{"SET", "k", ""}}},
      {"*1\r\n$0\r\n\r\n", {{""}}},
      {"*2\r\n$4\r\nECHO\r\n$6\r\n\r\n$1\r\n\r\n", {{"ECHO", "\r\n$1\r\n"}}},
      {std::string("*2\r\n$4\r\nECHO\r\n$3\r\n\0\n*\r\n", 23), {{"ECHO", std::string("\0\n*", 3)}}},
      {"*0\r\n*-1\r\n*-5\r\n\r\n\n*1\r\n$4\r\nPING\r\n", {{"PING"}}},
      {"PING\r\nPING\n  GET   a\tb  \r\n", {{"PING"}, {"PING"}, {"GET", "a", "b"}}},
      {"SET \"a b\" 'c d'\r\n", {{"SET", "a b", "c d"}}},
      {"SET \"\\x41\\n\\r\\t\\b\\a\\\"\\q\\xzz\" '\\'\\n'\n",
       {{"SET", "A\n\r\t\b\a\"qxzz", "'\\n"}}},
      {"SET foo\"bar baz\" '' \"\"\r\n", {{"SET", "foobar baz", "", ""}}},
      {"\"a\"\v\"b\" c\vd\r\n", {{"a", "b", "c\vd"}}},
      {"GET it's'\r\n", {{"GET", "its"}}},
      {EncodeRequest({"SET", "k", big}) + "PING\r\n" + EncodeRequest({"GET", big}),
       {{"SET", "k", big}, {"PING"}, {"GET", big}}},
      {EncodeRequest(many) + EncodeRequest({"PING"}), {many, {"PING"}}},
      // Redis looks for '\r' only and skips what follows it.
      {"*1\rX$4\rYPINGZZ", {{"PING"}}},
  };
  return samples;
}

TEST_CASE("requests are found whole") {
  for (const Sample& sample : Samples()) {
    INFO(sample.bytes.substr(0, 200));
    CHECK(FeedWhole(sample.bytes) == Commands(sample.commands));
  }
}

TEST_CASE("requests are found one byte at a time") {
  for (const Sample& sample : Samples()) {
    if (sample.bytes.size() > 8000) continue;  // the same path, only slower
    INFO(sample.bytes);
    CHECK(Feed(sample.bytes, EveryByte(sample.bytes.size())) == Commands(sample.commands));
  }
}

TEST_CASE("requests are found wherever they are cut") {
  for (const Sample& sample : Samples()) {
    const size_t size = sample.bytes.size();
    const size_t step = size > 2000 ? 97 : 1;
    for (size_t cut = 0; cut <= size; cut += step) {
      INFO(sample.bytes.substr(0, 200) << " cut at " << cut);
      REQUIRE(Feed(sample.bytes, {cut, size}) == Commands(sample.commands));
    }
  }
}

TEST_CASE("a request whose last argument is the shortest ends where the buffer ends") {
  // The fast path reads lengths in words and so leaves the end of a buffer to the slow one, which
  // must not ask for a byte more.
  for (const std::string request : {"*1\r\n$0\r\n\r\n", "*2\r\n$3\r\nGET\r\n$0\r\n\r\n",
                                    "*1\r\n$1\r\nx\r\n", "*3\r\n$0\r\n\r\n$0\r\n\r\n$0\r\n\r\n"}) {
    // In memory of exactly this size, so that sanitizers see a read behind it.
    std::vector<char> bytes(request.begin(), request.end());
    bytes.shrink_to_fit();
    RequestParser parser;
    struct Sink {
      std::vector<ArgRef> args;
      ArgRef* Reserve(uint32_t argc) {
        args.resize(argc);
        return args.data();
      }
    } sink;
    CHECK(parser.Parse(bytes.data(), 0, bytes.size(), sink) == RequestParser::Outcome::kCommand);
    CHECK(parser.consumed_to() == bytes.size());
  }
}

TEST_CASE("an unfinished request is remembered, and nothing else") {
  for (const Sample& sample : Samples()) {
    const std::string bytes = sample.bytes;
    for (size_t size = 0; size < std::min<size_t>(bytes.size(), 60); ++size) {
      const Session session = FeedWhole(std::string_view(bytes).substr(0, size));
      REQUIRE(session.error.empty());
      REQUIRE(session.commands.size() <= sample.commands.size());
    }
  }
  CHECK_FALSE(FeedWhole("").unfinished);
  CHECK_FALSE(FeedWhole("PING\r\n").unfinished);
  CHECK_FALSE(FeedWhole("*0\r\n").unfinished);
  CHECK(FeedWhole("P").unfinished);
  CHECK(FeedWhole("*1\r\n$4\r\nPING\r").unfinished);
}

TEST_CASE("protocol errors have Redis's texts, whole or byte by byte") {
  const std::string line(64 * 1024 + 1, 'x');
  const std::pair<std::string, std::string> table[] = {
      {"*abc\r\n", "invalid multibulk length"},
      {"*\r\n", "invalid multibulk length"},
      {"*01\r\n", "invalid multibulk length"},
      {"*+1\r\n", "invalid multibulk length"},
      {"* 1\r\n", "invalid multibulk length"},
      {"*2147483648\r\n", "invalid multibulk length"},
      {"*3000000000\r\n", "invalid multibulk length"},
      {"*99999999999999999999\r\n", "invalid multibulk length"},
      {"*1\r\nPING\r\n", "expected '$', got 'P'"},
      {"*1\r\n\r\n", "expected '$', got '\r'"},
      {"*3\r\n$3\r\nSET\r\n$1\r\nx\r\nfooz\r\n", "expected '$', got 'f'"},
      {"*1\r\n$-1\r\n", "invalid bulk length"},
      {"*1\r\n$-10\r\n", "invalid bulk length"},
      {"*1\r\n$\r\n", "invalid bulk length"},
      {"*1\r\n$04\r\nPING\r\n", "invalid bulk length"},
      {"*1\r\n$4x\r\nPING\r\n", "invalid bulk length"},
      {"*1\r\n$2000000000\r\n", "invalid bulk length"},
      {"*1\r\n$9223372036854775808\r\n", "invalid bulk length"},
      {"SET \"a\r\n", "unbalanced quotes in request"},
      {"SET 'a\r\n", "unbalanced quotes in request"},
      {"SET \"a\"b\r\n", "unbalanced quotes in request"},
      {"SET 'a'b\r\n", "unbalanced quotes in request"},
      {"SET \"a\\\"\r\n", "unbalanced quotes in request"},
      {line, "too big inline request"},
      {line + "\r\n", "too big inline request"},
      {"*" + line, "too big mbulk count string"},
      {"*1\r\n" + line, "too big bulk count string"},
      {"*1\r\n$" + line, "too big bulk count string"},
  };
  for (const auto& [bytes, text] : table) {
    INFO(bytes.substr(0, 100));
    CHECK(FeedWhole(bytes) == Failure(text));
    if (bytes.size() < 1000) {
      CHECK(Feed(bytes, EveryByte(bytes.size())) == Failure(text));
    }
  }
}

TEST_CASE("commands before an error are delivered") {
  Session expected = Failure("expected '$', got 'x'");
  expected.commands = {{"PING"}, {"PING"}};
  CHECK(FeedWhole("PING\r\n*1\r\n$4\r\nPING\r\n*1\r\nxy\r\n") == expected);
}

TEST_CASE("a line at the limit is no error yet") {
  const std::string line(64 * 1024, 'x');
  CHECK(FeedWhole(line).error.empty());
  CHECK(FeedWhole("*" + line.substr(1)).error.empty());
  CHECK(FeedWhole("*1\r\n" + line).error.empty());
  CHECK(FeedWhole(line + "\r\n") == Commands({{line}}));
}

TEST_CASE("who has not authenticated gets ten arguments of 16 KB") {
  ParserLimits limits;
  limits.authenticated = false;
  const Words ten(10, std::string("x"));
  const Words eleven(11, std::string("x"));
  const std::string edge(16384, 'e');
  CHECK(FeedWhole(EncodeRequest(ten), limits) == Commands({ten}));
  CHECK(FeedWhole(EncodeRequest(eleven), limits) == Failure("unauthenticated multibulk length"));
  CHECK(FeedWhole(EncodeRequest({edge}), limits) == Commands({{edge}}));
  CHECK(FeedWhole(EncodeRequest({edge + "e"}), limits) == Failure("unauthenticated bulk length"));

  RequestParser parser(limits);
  parser.set_authenticated(true);
  VectorSink sink;
  std::string bytes = EncodeRequest(eleven);
  CHECK(parser.Parse(bytes.data(), 0, bytes.size(), sink) == Outcome::kCommand);
}

TEST_CASE("configured limits hold on both paths") {
  ParserLimits limits;
  limits.max_bulk_len = 100;
  limits.max_multibulk = 3;
  const std::string edge(100, 'e');
  CHECK(FeedWhole(EncodeRequest({edge}), limits) == Commands({{edge}}));
  CHECK(FeedWhole(EncodeRequest({edge + "e"}), limits) == Failure("invalid bulk length"));
  CHECK(FeedWhole(EncodeRequest({"a", "b", "c"}), limits) == Commands({{"a", "b", "c"}}));
  CHECK(FeedWhole(EncodeRequest({"a", "b", "c", "d"}), limits) ==
        Failure("invalid multibulk length"));
  limits.max_bulk_len = UINT64_MAX;
  CHECK(FeedWhole("*1\r\n$4294967295\r\n", limits) == Failure("invalid bulk length"));
  CHECK(FeedWhole("*1\r\n$9223372036854775807\r\n", limits) == Failure("invalid bulk length"));
  CHECK(FeedWhole("*1\r\n$4200000000\r\n", limits).error.empty());
}

TEST_CASE("announced lengths reserve nothing") {
  RequestParser parser;
  VectorSink sink;
  std::string bytes = "*1000000\r\n$536870912\r\nabc";
  REQUIRE(parser.Parse(bytes.data(), 0, bytes.size(), sink) == Outcome::kNeedMore);
  CHECK(sink.most == 0);
  CHECK(parser.need_hint() == 536870912 + 2 - 3);
  bytes = "*1000\r\n" + std::string(5999, '$');
  parser.Reset();
  CHECK(parser.Parse(bytes.data(), 0, bytes.size(), sink) == Outcome::kNeedMore);
  CHECK(sink.most == 0);
}

TEST_CASE("the hint is exact inside an argument") {
  const std::string bytes = EncodeRequest({"SET", "key", std::string(1000, 'v')});
  RequestParser parser;
  VectorSink sink;
  for (const size_t missing : {1000, 500, 3, 2, 1}) {
    std::string part = bytes.substr(0, bytes.size() - missing);
    REQUIRE(parser.Parse(part.data(), 0, part.size(), sink) == Outcome::kNeedMore);
    CHECK(parser.need_hint() == missing);
    CHECK(parser.consumed_to() == 0);
  }
}

TEST_CASE("after Reset a parser begins anew") {
  RequestParser parser;
  VectorSink sink;
  std::string bytes = "*2\r\n$3\r\nGET\r\n$5\r\nab";
  REQUIRE(parser.Parse(bytes.data(), 0, bytes.size(), sink) == Outcome::kNeedMore);
  parser.Reset();
  bytes = "*x\r\n";
  REQUIRE(parser.Parse(bytes.data(), 0, bytes.size(), sink) == Outcome::kError);
  parser.Reset();
  bytes = "PING\r\n";
  REQUIRE(parser.Parse(bytes.data(), 0, bytes.size(), sink) == Outcome::kCommand);
  CHECK(parser.argc() == 1);
}

TEST_CASE("random requests survive random cuts") {
  Random random(11);
  for (int round = 0; round < 2'000; ++round) {
    std::vector<Words> commands;
    std::string bytes;
    const uint64_t count = 1 + random.Below(5);
    for (uint64_t i = 0; i < count; ++i) {
      Words words(1 + random.Below(round % 100 == 0 ? 2'000 : 14));
      for (std::string& word : words) {
        word.resize(random.Below(random.Below(10) == 0 ? 3'000 : 25));
        for (char& c : word) c = static_cast<char>(random.Next());
      }
      bytes += EncodeRequest(words);
      if (random.Below(5) == 0) bytes += "\r\n";
      commands.push_back(std::move(words));
    }
    std::vector<size_t> ends;
    for (size_t at = 0; at < bytes.size();) {
      at = std::min<size_t>(bytes.size(), at + 1 + random.Below(1 + bytes.size() / 3));
      ends.push_back(at);
    }
    INFO("round " << round);
    REQUIRE(Feed(bytes, ends) == Commands(commands));
  }
}

TEST_CASE("garbage gives the same session however it is cut") {
  Random random(12);
  static constexpr std::string_view kAlphabet = "**$$1234567890\r\n\r\n\r\n\"'\\x aG-";
  int errors = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes(random.Below(60), ' ');
    for (char& c : bytes) c = kAlphabet[random.Below(kAlphabet.size())];
    if (round % 2 == 0) bytes.insert(0, "*2\r\n$3\r\n");
    const Session whole = FeedWhole(bytes);
    errors += whole.error.empty() ? 0 : 1;
    const size_t cut = random.Below(bytes.size() + 1);
    INFO(bytes);
    REQUIRE(Feed(bytes, {cut, bytes.size()}) == whole);
    REQUIRE(Feed(bytes, EveryByte(bytes.size())) == whole);
  }
  CHECK(errors > 1'000);
}

}  // namespace
}  // namespace gotthard
