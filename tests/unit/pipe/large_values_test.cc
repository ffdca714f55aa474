// Large values: received into a blob, which the command that stores them may take over.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>
#include <string>
#include <vector>

#include "pipe/batch_builder.h"
#include "tests/unit/pipe/requests.h"

namespace gotthard {
namespace {

constexpr SessionId kSession{3, 7};

std::string Pattern(size_t size, char first = 'a') {
  std::string bytes(size, '\0');
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(first + i * 7 % 26);
  return bytes;
}

// One connection in front of a builder, and a store that takes every value that it is offered.
class Client {
  ReadBufferPool elsewhere_{32 * 1024};  // outlives what refers to its buffers

 public:
  Client() : builder_(index_, hasher_, 2) { input.parser.set_authenticated(true); }

  // Receives all of `bytes`, `most` of them at a time.
  void Receive(std::string_view bytes, size_t most = SIZE_MAX) {
    while (!bytes.empty()) {
      const BatchBuilder::Room room = builder_.RoomFor(input);
      REQUIRE(room.size > 0);
      const size_t size = std::min({bytes.size(), room.size, most});
      std::memcpy(room.buffer->data() + room.offset, bytes.data(), size);
      builder_.Received(input, room, size);
      bytes.remove_prefix(size);
      Build();
    }
  }
  // The same where the kernel has chosen the buffer, with room in front of what it received.
  void ReceiveElsewhere(std::string_view bytes, size_t most) {
    constexpr size_t kHeadroom = 2048;
    REQUIRE(kHeadroom + most <= elsewhere_.Get()->capacity());
    while (!bytes.empty()) {
      const size_t size = std::min(bytes.size(), most);
      const ReadBufferRef held = elsewhere_.Get();
      std::memcpy(held->data() + kHeadroom, bytes.data(), size);
      builder_.Received(input, {held.get(), kHeadroom, size, kHeadroom}, size);
      bytes.remove_prefix(size);
      Build();
    }
  }

  RequestInput input;
  bool keep_batches = false;
  std::vector<std::vector<std::string>> commands;
  std::vector<BlobRef> values;  // offered
  std::vector<std::unique_ptr<CommandBatch>> batches;

 private:
  void Build() {
    (void)builder_.Build(input, kSession, 1 << 30,
                         [&](std::unique_ptr<CommandBatch> batch) { Take(std::move(batch)); });
    builder_.Settle(input);
  }
  void Take(std::unique_ptr<CommandBatch> batch) {
    const uint64_t* at = batch->words.data();
    bool found = !batch->value;
    for (uint32_t i = 0; i < batch->command_count; ++i) {
      const CommandView view(batch->base, at);
      commands.emplace_back();
      for (uint32_t word = 0; word < view.argc(); ++word) {
        const std::string_view arg = view.arg(word);
        commands.back().emplace_back(arg);
        if (batch->value && batch->value->data() == arg.data()) {
          found = batch->value->size() == arg.size();
        }
      }
      at += view.word_count();
    }
    CHECK(found);  // what is offered is an argument, in place
    if (batch->value) values.push_back(std::move(batch->value));
    if (keep_batches) {
      batches.push_back(std::move(batch));
    } else {
      builder_.Recycle(std::move(batch));
    }
  }

  CommandIndex index_;
  KeyHasher hasher_;
  BatchBuilder builder_;
};

TEST_CASE("A large value can be taken over, wherever the network cuts it") {
  for (const size_t size : {size_t{100'000}, size_t{1'000'000}, size_t{5'000'000}}) {
    const std::string value = Pattern(size);
    for (const size_t most : {size_t{1} << 30, size_t{70'000}, size_t{4'097}}) {
      CAPTURE(size, most);
      Client client;
      client.Receive(Request({"SET", "key", value}), most);
      REQUIRE(client.commands.size() == 1);
      CHECK((client.commands[0] == std::vector<std::string>{"SET", "key", value}));
      CHECK_FALSE(client.input.buffer);
      REQUIRE(client.values.size() == 1);
      CHECK(client.values[0].unique());  // nobody else looks at it any more
      CHECK((client.values[0]->view() == value));
      CHECK(client.values[0]->footprint() < size + size / 6 + 4096);
    }
  }
}

TEST_CASE("A large value can be taken over that comes in buffers of the kernel's choice") {
  const std::string value = Pattern(50'000);
  const std::string request = Request({"SET", "key", value});
  const size_t header = request.find(value);
  for (const size_t first : {size_t{10}, header, header + 20'000}) {
    CAPTURE(first);
    Client client;
    client.ReceiveElsewhere(std::string_view(request).substr(0, first), 30'000);
    const ReadBuffer* const made = client.input.buffer.get();
    client.ReceiveElsewhere(std::string_view(request).substr(first, 1'000), 30'000);
    // What was made when the length was seen stays.
    CHECK((client.input.buffer.get() == made || first < header));
    client.ReceiveElsewhere(std::string_view(request).substr(first + 1'000), 30'000);
    REQUIRE(client.commands.size() == 1);
    CHECK((client.commands[0] == std::vector<std::string>{"SET", "key", value}));
    REQUIRE(client.values.size() == 1);
    CHECK((client.values[0]->view() == value));
  }
}

TEST_CASE("A large value that comes byte by byte can be taken over") {
  const std::string value = Pattern(50'000);
  Client client;
  client.Receive(Request({"SET", "key", value, "EX", "100"}) + Request({"GET", "key"}), 1);
  REQUIRE(client.commands.size() == 2);
  CHECK((client.commands[0] == std::vector<std::string>{"SET", "key", value, "EX", "100"}));
  CHECK((client.commands[1] == std::vector<std::string>{"GET", "key"}));
  REQUIRE(client.values.size() == 1);
  CHECK((client.values[0]->view() == value));
}

TEST_CASE("Large values of a pipeline are taken over one by one, and what lies between is kept") {
  std::string bytes;
  std::vector<std::vector<std::string>> sent;
  for (int i = 0; i < 8; ++i) {
    sent.push_back({"SET", "k" + std::to_string(i),
                    Pattern(200'000 + static_cast<size_t>(i), static_cast<char>('A' + i))});
    sent.push_back({"GET", "k" + std::to_string(i)});
    bytes += Request(sent[sent.size() - 2]) + Request(sent.back());
  }
  for (const bool keep : {false, true}) {
    Client client;
    client.keep_batches = keep;
    client.Receive(bytes);
    CHECK((client.commands == sent));
    // The first bytes of the first one came before anything was known of it; all were large enough.
    REQUIRE(client.values.size() == 8);
    client.batches.clear();
    for (size_t i = 0; i < 8; ++i) {
      CHECK((client.values[i]->view() == sent[2 * i][2]));
      CHECK(client.values[i].unique());
    }
  }
}

TEST_CASE("A value taken over is written to no more, whatever follows in its buffer") {
  const std::string value = Pattern(300'000);
  Client client;
  client.keep_batches = true;
  client.Receive(Request({"SET", "key", value}) + "*2\r\n$3\r\nGE");
  REQUIRE(client.values.size() == 1);
  REQUIRE(client.input.buffer);
  CHECK(client.input.unparsed_bytes() == 10);
  // A client that waits does not keep the value's memory.
  CHECK(client.input.buffer->capacity() < 100'000);
  client.batches.clear();
  CHECK(client.values[0].unique());
  client.Receive("T\r\n$3\r\nkey\r\n");
  CHECK((client.commands.back() == std::vector<std::string>{"GET", "key"}));
  CHECK((client.values[0]->view() == value));
}

TEST_CASE("Several large values of one request are not offered: a blob holds one") {
  const std::vector<std::string> request = {
      "MSET", "a", Pattern(400'000), "b", Pattern(300'000, 'B'), "c", Pattern(90'000, 'C')};
  Client client;
  client.Receive(Request(request));
  REQUIRE(client.commands.size() == 1);
  CHECK((client.commands[0] == request));
  CHECK(client.values.empty());
}

TEST_CASE("A request of a thousand large arguments is not copied for each of them") {
  std::vector<std::string> request = {"MSET"};
  for (int i = 0; i < 200; ++i) {
    request.push_back("key");
    request.push_back(Pattern(40'000, static_cast<char>('A' + i % 26)));
  }
  Client client;
  size_t buffers = 0;
  size_t last = 0;
  const std::string bytes = Request(request);
  for (size_t at = 0; at < bytes.size(); at += 10'000) {
    client.Receive(std::string_view(bytes).substr(at, 10'000));
    const size_t capacity = client.input.buffer ? client.input.buffer->capacity() : last;
    buffers += capacity != last ? 1 : 0;
    last = capacity;
  }
  REQUIRE(client.commands.size() == 1);
  CHECK((client.commands[0] == request));
  CHECK(buffers < 40);
}

TEST_CASE("A value that was narrowed answers for itself alone") {
  BlobRef blob = BlobRef::Make(100);
  std::memcpy(blob.mutable_data(), "head value tail", 15);
  blob.Reallocate(10'000);
  blob.Narrow(5, 5);
  CHECK(blob->view() == "value");
  CHECK(blob->capacity() == 9'995);
  CHECK(blob->footprint() == sizeof(Blob) + 10'000);
  blob.set_size(9'995);
  CHECK(blob.mutable_data() == blob->data());
  CHECK(blob->view().substr(0, 10) == "value tail");
}

}  // namespace
}  // namespace gotthard
