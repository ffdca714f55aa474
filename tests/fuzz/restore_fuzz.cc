// Fuzzer: RESTORE takes any payload with a right checksum, as a value that can be used, or refuses
// it and changes nothing.
//
// The input is a value as it lies in an RDB file, type byte first; the footer is put on here. What
// was taken must come back from DUMP and RESTORE as the same value, and survive being written to.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/crc64.h"
#include "persist/rdb_stream.h"
#include "tests/commands/engine.h"

namespace gotthard {
namespace {

void Check(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "restore_fuzz: %s\n", what);
  std::abort();
}

std::string Sealed(std::string_view value) {
  std::string payload(value);
  payload += static_cast<char>(kRdbVersionRead);
  payload += '\0';
  const uint64_t crc = Crc64(0, payload);
  for (int i = 0; i < 8; ++i) payload += static_cast<char>(crc >> (8 * i));
  return payload;
}

class Server {
 public:
  Server()
      : engine_(Delivery::kWhole, time_,
                "enable-debug-command yes\nlist-max-listpack-size 4\nlist-compress-depth 1\n"
                "set-max-intset-entries 8\nhash-max-listpack-entries 8\n"
                "zset-max-listpack-entries 8\n"),
        client_(std::make_shared<EngineClient>()) {
    engine_.Connect(client_);
  }
  ~Server() { engine_.Disconnect(*client_); }

  std::string Run(const std::vector<std::string_view>& words) {
    std::string request = "*" + std::to_string(words.size()) + "\r\n";
    for (const std::string_view word : words) {
      request += "$" + std::to_string(word.size()) + "\r\n";
      request.append(word);
      request += "\r\n";
    }
    client_->received.clear();
    engine_.Send(*client_, request);
    return client_->received;
  }

 private:
  FakeTime time_;
  Engine engine_;
  std::shared_ptr<EngineClient> client_;
};

// The text of a bulk reply.
std::string BulkText(const std::string& reply) {
  const size_t start = reply.find("\r\n") + 2;
  return reply.substr(start, reply.size() - start - 2);
}

void Use(Server& server) {
  const std::string digest = server.Run({"DEBUG", "DIGEST-VALUE", "k"});
  const std::string payload = BulkText(server.Run({"DUMP", "k"}));
  Check(server.Run({"RESTORE", "copy", "0", payload, "REPLACE"}) == "+OK\r\n", "our own payload");
  Check(server.Run({"DEBUG", "DIGEST-VALUE", "copy"}) == digest, "another value came back");
  server.Run({"COPY", "k", "other", "REPLACE"});
  server.Run({"MEMORY", "USAGE", "k"});
  server.Run({"SORT", "k", "ALPHA"});
  for (const char* add : {"LPUSH", "RPUSH", "SADD", "APPEND"}) server.Run({add, "k", "7"});
  server.Run({"HSET", "k", "7", "new"});
  server.Run({"ZADD", "k", "1.5", "7"});
  server.Run({"LSET", "k", "0", "first"});
  server.Run({"LREM", "k", "0", "7"});
  server.Run({"XADD", "k", "*", "a", "b"});
  for (const char* take : {"LPOP", "RPOP", "SPOP", "ZPOPMIN", "ZPOPMAX"}) {
    server.Run({take, "k", "2"});
  }
  server.Run({"HDEL", "k", "7"});
  server.Run({"XRANGE", "k", "-", "+"});
  server.Run({"XINFO", "STREAM", "k", "FULL"});
}

}  // namespace
}  // namespace gotthard

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace gotthard;  // NOLINT(google-build-using-namespace): one function, one file
  static Server server;
  server.Run({"FLUSHALL"});
  server.Run({"SET", "k", "before"});
  const std::string_view value(reinterpret_cast<const char*>(data), size);
  const std::string reply = server.Run({"RESTORE", "k", "0", Sealed(value), "REPLACE"});
  if (reply == "+OK\r\n") {
    Use(server);
  } else {
    Check(reply == "-ERR Bad data format\r\n", "a reply of another kind");
    Check(server.Run({"GET", "k"}) == "$6\r\nbefore\r\n", "the key was changed");
  }
  return 0;
}
