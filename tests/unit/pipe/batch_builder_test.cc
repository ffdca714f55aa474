// From a connection's bytes to batches of commands.
#include "pipe/batch_builder.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>
#include <string>
#include <vector>

#include "base/random.h"
#include "tests/unit/pipe/requests.h"

namespace gotthard {
namespace {

constexpr uint16_t kGet = 10;
constexpr uint16_t kMget = 11;
constexpr uint16_t kAuth = 12;
constexpr uint16_t kMset = 13;
constexpr uint16_t kIncr = 14;
constexpr SessionId kSession{3, 7};

CommandIndex MakeIndex() {
  CommandIndex index;
  index.Add("get", {.row = kGet, .first_key = 1, .last_key = 1});
  index.Add("incr", {.row = kIncr, .first_key = 1, .last_key = 1});
  index.Add("mget", {.row = kMget, .first_key = 1, .last_key = -1});
  index.Add("mset", {.row = kMset, .first_key = 1, .last_key = -1, .key_step = 2});
  index.Add("auth", {.row = kAuth, .changes_auth = true});
  return index;
}

// One connection in front of a builder; batches are read out and recycled at once.
class Client {
 public:
  Client() : index_(MakeIndex()), hasher_(1), builder_(index_, hasher_, 2) {
    input.parser.set_authenticated(true);
  }

  // Receives all of `bytes`, in as many reads as the builder's room asks for.
  void Receive(std::string_view bytes) {
    while (!bytes.empty()) {
      const BatchBuilder::Room room = builder_.RoomFor(input);
      REQUIRE(room.size > 0);
      const size_t size = std::min(bytes.size(), room.size);
      std::memcpy(room.buffer->data() + room.offset, bytes.data(), size);
      builder_.Received(input, room, size);
      bytes.remove_prefix(size);
      outcome = Build();
      builder_.Settle(input);
    }
  }
  BatchBuilder::Outcome Build() {
    return builder_.Build(input, kSession, budget,
                          [&](std::unique_ptr<CommandBatch> batch) { Take(std::move(batch)); });
  }

  RequestInput input;
  uint32_t budget = 1 << 30;
  BatchBuilder::Outcome outcome = BatchBuilder::Outcome::kDrained;
  std::vector<std::string> commands;  // "row: words"
  std::vector<uint32_t> batch_sizes;
  std::vector<uint64_t> hashes;
  std::string error;
  const KeyHasher& hasher() const { return hasher_; }
  BatchBuilder& builder() { return builder_; }

 private:
  void Take(std::unique_ptr<CommandBatch> batch) {
    CHECK(batch->session == kSession);
    CHECK(batch->kind == BatchKind::kCommands);
    batch_sizes.push_back(batch->command_count);
    const uint64_t* at = batch->words.data();
    for (uint32_t i = 0; i < batch->command_count; ++i) {
      const CommandView view(batch->base, at);
      std::string text = std::to_string(view.header().row) + ":";
      for (uint32_t word = 0; word < view.argc(); ++word) text.append(" ").append(view.arg(word));
      commands.push_back(text);
      for (uint32_t h = 0; h < view.header().hash_count; ++h) hashes.push_back(view.hash(h));
      at += view.word_count();
    }
    CHECK(at == batch->words.data() + batch->words.size());
    if (batch->has_error) error = batch->error;
    builder_.Recycle(std::move(batch));
  }

  CommandIndex index_;
  KeyHasher hasher_;
  BatchBuilder builder_;
};

TEST_CASE("Requests come out the same wherever the network cuts them") {
  const std::string bytes = Request({"GET", "key"}) + "PING inline\r\n" +
                            Request({"MSET", "a", "1", "b", std::string(3000, 'v')}) + "\r\n" +
                            Request({"get", std::string("\0\r\n", 3)});
  Client whole;
  whole.Receive(bytes);
  REQUIRE(whole.commands.size() == 4);
  for (size_t cut = 1; cut < bytes.size(); ++cut) {
    Client client;
    client.Receive(std::string_view(bytes).substr(0, cut));
    client.Receive(std::string_view(bytes).substr(cut));
    REQUIRE(client.commands == whole.commands);
    REQUIRE(client.hashes == whole.hashes);
    REQUIRE_FALSE(client.input.buffer);
  }
  Client drip;
  for (const char& byte : bytes) drip.Receive({&byte, 1});
  CHECK(drip.commands == whole.commands);
  CHECK(drip.hashes == whole.hashes);
}

TEST_CASE("A repeated command whose short last argument ends the buffer waits for nothing") {
  for (const char* last : {"", "x", "xy"}) {
    Client client;
    client.Receive(Request({"GET", "key"}) + Request({"GET", last}));
    REQUIRE(client.commands.size() == 2);
    CHECK_FALSE(client.input.buffer);
  }
}

TEST_CASE("Pipelines that repeat themselves, and that nearly do, come out the same") {
  Random random(7);
  const char* const names[] = {"GET", "GET", "get", "SET", "INCR", "NOSUCH"};
  for (int round = 0; round < 200; ++round) {
    CAPTURE(round);
    std::string bytes;
    std::vector<std::string> expected;
    std::vector<std::string> words = {"GET", "key"};
    for (int i = 0; i < 40; ++i) {
      // Mostly the name and the key's length stay as they were; sometimes one of them changes.
      if (random.Below(6) == 0) words[0] = names[random.Below(6)];
      if (random.Below(6) == 0) words.resize(1 + random.Below(3), "value");
      if (words.size() > 1 && random.Below(3) == 0) {
        words[1] = std::string(random.Below(2) == 0 ? 16 : random.Below(120), 'k');
      }
      if (words.size() > 1 && !words[1].empty()) words[1].back() = static_cast<char>('a' + i % 26);
      bytes += Request(words);
      std::string text;
      for (const std::string& word : words) text.append(" ").append(word);
      expected.push_back(text);
    }
    Client whole;
    whole.Receive(bytes);
    REQUIRE(whole.commands.size() == expected.size());
    for (size_t i = 0; i < expected.size(); ++i) {
      REQUIRE(whole.commands[i].substr(whole.commands[i].find(' ')) == expected[i]);
    }
    Client single;  // no request has one before it in its buffer
    for (const char& byte : bytes) single.Receive({&byte, 1});
    REQUIRE(single.commands == whole.commands);
    REQUIRE(single.hashes == whole.hashes);
  }
}

TEST_CASE("Keys at fixed positions come with their hashes") {
  Client client;
  client.Receive(Request({"GET", "k"}) + Request({"MGET", "a", "b", "c"}) +
                 Request({"MSET", "x", "1", "y", "2"}) + Request({"NOSUCH", "k"}) +
                 Request({"GET"}));
  const KeyHasher& hash = client.hasher();
  CHECK(client.hashes ==
        std::vector<uint64_t>{hash("k"), hash("a"), hash("b"), hash("c"), hash("x"), hash("y")});
  CHECK(client.commands[3] == std::to_string(CommandIndex::kUnknownCommand) + ": NOSUCH k");
}

TEST_CASE("A deep pipeline is cut into batches, by commands and by bytes") {
  Client client;
  std::string bytes;
  for (int i = 0; i < 200; ++i) bytes += Request({"GET", "k"});
  client.Receive(bytes);
  CHECK(client.batch_sizes == std::vector<uint32_t>{64, 64, 64, 8});

  Client heavy;
  std::string large;
  for (int i = 0; i < 8; ++i) large += Request({"MSET", "k", std::string(40'000, 'v')});
  heavy.Receive(large);
  CHECK(heavy.commands.size() == 8);
  for (const uint32_t size : heavy.batch_sizes) CHECK(size <= 2);
}

TEST_CASE("No more commands are taken than may be under way") {
  Client client;
  client.budget = 5;
  std::string bytes;
  for (int i = 0; i < 12; ++i) bytes += Request({"GET", std::to_string(i)});
  client.Receive(bytes);
  CHECK(client.outcome == BatchBuilder::Outcome::kLimit);
  CHECK(client.commands.size() == 5);
  CHECK(client.Build() == BatchBuilder::Outcome::kLimit);
  CHECK(client.Build() == BatchBuilder::Outcome::kDrained);
  CHECK(client.commands.size() == 12);
  CHECK(client.commands.back() == std::to_string(kGet) + ": GET 11");
}

TEST_CASE("What follows a login waits for its outcome") {
  Client client;
  client.input.parser.set_authenticated(false);
  client.Receive(Request({"AUTH", "pw"}) + Request({"GET", "k"}));
  CHECK(client.outcome == BatchBuilder::Outcome::kBarrier);
  CHECK(client.commands.size() == 1);
  client.input.parser.set_authenticated(true);
  CHECK(client.Build() == BatchBuilder::Outcome::kDrained);
  CHECK(client.commands.size() == 2);
  // One who is in may send AUTH without that.
  client.Receive(Request({"AUTH", "pw"}) + Request({"GET", "k"}));
  CHECK(client.outcome == BatchBuilder::Outcome::kDrained);
  CHECK(client.commands.size() == 4);
}

TEST_CASE("A protocol error goes out behind the commands before it, and ends the parsing") {
  Client client;
  client.Receive(Request({"GET", "k"}) + "*1\r\n!oops\r\n" + Request({"GET", "never"}));
  CHECK(client.outcome == BatchBuilder::Outcome::kError);
  CHECK(client.commands == std::vector<std::string>{std::to_string(kGet) + ": GET k"});
  CHECK(client.error.find("Protocol error: expected '$', got '!'") != std::string::npos);
  CHECK(client.input.unparsed_bytes() == 0);
}

TEST_CASE("A length alone buys no memory") {
  Client client;
  client.Receive("*2\r\n$3\r\nGET\r\n$500000000\r\nx");
  REQUIRE(client.input.buffer);
  CHECK(client.input.buffer->capacity() <= 5u * 1024 * 1024);
  // It grows with what really comes.
  client.Receive(std::string(9 * 1024 * 1024, 'y'));
  CHECK(client.input.unparsed_bytes() > 9u * 1024 * 1024);
  CHECK(client.input.buffer->capacity() <= 40u * 1024 * 1024);
  CHECK(client.commands.empty());
}

TEST_CASE("A connection that waits for the rest of its request holds no shared memory") {
  Client client;
  client.Receive("*2\r\n$3\r\nGET\r\n$5\r\nhe");
  REQUIRE(client.input.buffer);
  CHECK(client.input.buffer->is_private());
  CHECK(client.input.buffer->capacity() < 32 * 1024);
  client.Receive("llo\r\n");
  CHECK(client.commands == std::vector<std::string>{std::to_string(kGet) + ": GET hello"});
  CHECK_FALSE(client.input.buffer);
}

TEST_CASE("Unparsed bytes move along with a connection that leaves its thread") {
  Client client;
  client.budget = 1;
  client.Receive(Request({"GET", "a"}) + Request({"GET", "b"}));
  REQUIRE(client.input.buffer);
  client.builder().Detach(client.input);
  REQUIRE(client.input.buffer->is_private());
  CHECK(client.input.buffer->refs() == 1);
  CHECK(client.Build() == BatchBuilder::Outcome::kDrained);
  CHECK(client.commands.back() == std::to_string(kGet) + ": GET b");
}

TEST_CASE("Batches are used again, those of other threads are not") {
  Client client;
  BatchBuilder& builder = client.builder();
  std::unique_ptr<CommandBatch> batch = builder.NewBatch(kSession);
  CommandBatch* address = batch.get();
  batch->reply.Append("old reply");
  batch->error = "old error";
  batch->has_error = batch->close_after_reply = true;
  builder.Recycle(std::move(batch));
  batch = builder.NewBatch({1, 1});
  CHECK(batch.get() == address);
  CHECK(batch->reply.empty());
  CHECK(batch->error.empty());
  CHECK_FALSE(batch->has_error);
  CHECK_FALSE(batch->close_after_reply);
  builder.Recycle(std::move(batch));
  builder.Recycle(std::make_unique<CommandBatch>());  // nobody's: freed
  CHECK(builder.NewBatch(kSession).get() == address);
}

TEST_CASE("Free batches that nobody needs any more are given back, a few at a time") {
  const CommandIndex index = MakeIndex();
  const KeyHasher hasher(1);
  BatchBuilder builder(index, hasher, 2);
  std::vector<std::unique_ptr<CommandBatch>> in_use;
  auto take = [&](size_t count) {
    for (size_t i = 0; i < count; ++i) in_use.push_back(builder.NewBatch(kSession));
  };
  auto give_back = [&] {
    for (auto& batch : in_use) builder.Recycle(std::move(batch));
    in_use.clear();
  };
  constexpr size_t kMany = BatchBuilder::kMinFreeBatches + 2 * BatchBuilder::kMaxTrimmed + 1;
  take(kMany);
  give_back();
  CHECK(builder.free_batches() == kMany);
  builder.Trim();  // all were needed since the last call
  CHECK(builder.free_batches() == kMany);
  take(kMany - 3);
  give_back();
  builder.Trim();  // and all but three
  CHECK(builder.free_batches() == kMany);
  for (const size_t spare : {BatchBuilder::kMaxTrimmed + 1, size_t{1}, size_t{0}, size_t{0}}) {
    builder.Trim();
    CHECK(builder.free_batches() == BatchBuilder::kMinFreeBatches + spare);
  }
}

}  // namespace
}  // namespace gotthard
