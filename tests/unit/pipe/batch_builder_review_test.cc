// What a connection's buffer costs while a long request arrives.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>
#include <string>

#include "pipe/batch_builder.h"

using namespace gotthard;

namespace {

// Feeds `bytes` to a connection as a socket would; returns how many receives that took.
size_t Feed(BatchBuilder& builder, std::string_view bytes, size_t* commands) {
  RequestInput input;
  size_t receives = 0;
  while (!bytes.empty()) {
    const BatchBuilder::Room room = builder.RoomFor(input);
    const size_t size = std::min(room.size, bytes.size());
    std::memcpy(room.buffer->data() + room.offset, bytes.data(), size);
    bytes.remove_prefix(size);
    builder.Received(input, room, size);
    builder.Build(input, SessionId{}, 1024, [&](std::unique_ptr<CommandBatch> batch) {
      *commands += batch->command_count;
      builder.Recycle(std::move(batch));
    });
    builder.Settle(input);
    ++receives;
  }
  return receives;
}

}  // namespace

TEST_CASE("A request of very many small arguments is not copied again and again") {
  CommandIndex index;
  index.Add("mset", {.row = 2, .first_key = 1, .last_key = -1, .key_step = 2});
  KeyHasher hasher;
  BatchBuilder builder(index, hasher, 0);
  constexpr int kArguments = 200'000;
  std::string request = "*" + std::to_string(kArguments + 1) + "\r\n$4\r\nMSET\r\n";
  for (int i = 0; i < kArguments; ++i) request += "$4\r\nabcd\r\n";
  size_t commands = 0;
  // Each receive fills a buffer that is then copied into a larger one: as the buffer grows by a
  // factor, 2 MB take a handful.
  CHECK(Feed(builder, request, &commands) < 32);
  CHECK(commands == 1);
}

TEST_CASE("Many arguments of a few kilobytes each are not copied again and again either") {
  CommandIndex index;
  KeyHasher hasher;
  BatchBuilder builder(index, hasher, 0);
  constexpr int kArguments = 3000;
  const std::string value(3000, 'v');
  std::string request = "*" + std::to_string(kArguments) + "\r\n";
  for (int i = 0; i < kArguments; ++i) request += "$3000\r\n" + value + "\r\n";
  size_t commands = 0;
  CHECK(Feed(builder, request, &commands) < 32);
  CHECK(commands == 1);
}
