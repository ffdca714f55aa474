// Fuzzer: whole sessions of several clients against the execution side of a server.
//
// The first byte chooses the server's settings. In the rest, byte 0xFE is a switch, and the byte
// behind it says to which client the following bytes belong (bits 0-1), whether that client begins
// with a new connection (bit 2) and how far the clock moves first (bits 3-7). All other bytes are
// what that client sends: inline requests or RESP, so that text alone gets into the handlers.
//
// Whatever is sent: nothing crashes, every byte that comes back belongs to a whole reply, and the
// same session delivered one byte at a time gets as many replies of the same kinds and ends in the
// same connections open.
//
// DEBUG is renamed away: it crashes and sleeps on demand.
#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "resp/reply_parser.h"
#include "tests/commands/engine.h"

namespace gotthard {
namespace {

constexpr size_t kClients = 3;
constexpr char kSwitch = '\xfe';
// Longer than any pause or wait that a short input can ask for would be without a bound; what still
// waits then waits in both deliveries.
constexpr int64_t kPatienceMs = 1'000'000;

void Check(bool condition, const char* what, const std::string& detail) {
  if (condition) return;
  std::fprintf(stderr, "command_stream_fuzz: %s\n%s\n", what, detail.c_str());
  std::abort();
}

// Keeps the fuzzer's own directory and files as they are.
class NoFiles final : public ConfigFiles {
 public:
  int Read(const std::string& /*path*/, std::string* /*text*/) override { return ENOENT; }
  std::vector<std::string> Glob(const std::string& /*pattern*/) override { return {}; }
  int ChangeDir(const std::string& path) override {
    dir_ = path;
    return 0;
  }
  std::string CurrentDir() override { return dir_; }
  int Replace(const std::string& /*path*/, const std::string& /*text*/) override { return EACCES; }

 private:
  std::string dir_ = "/fuzz";
};

std::string Directives(uint8_t settings) {
  std::string text =
      "rename-command DEBUG \"\"\n"
      "proto-max-bulk-len 1mb\n"
      "slowlog-log-slower-than 0\n"
      "databases 4\n";
  if ((settings & 1) != 0) text += "requirepass secret\n";
  if ((settings & 2) != 0) text += "maxmemory-policy allkeys-lfu\n";
  if ((settings & 4) != 0) text += "latency-tracking no\n";
  if ((settings & 8) != 0) text += "default-ttl 1\n";
  return text;
}

class Sessions {
 public:
  Sessions(Delivery delivery, uint8_t settings)
      : engine_(delivery, time_, Directives(settings), std::make_unique<NoFiles>()) {
    for (size_t i = 0; i < kClients; ++i) Reconnect(i);
  }
  ~Sessions() {
    for (auto& client : clients_) engine_.Disconnect(*client);
  }

  // Returns the kinds of all replies, by client. Sorted, because a client that sent MONITOR sees
  // its own commands before the replies of the batch they came in.
  std::string Play(std::string_view input) {
    size_t client = 0;
    while (!input.empty()) {
      const size_t end = input.find(kSwitch);
      const std::string_view piece = input.substr(0, end);
      if (!piece.empty()) engine_.Send(*clients_[client], piece);
      Collect();
      if (end == std::string_view::npos || end + 1 == input.size()) break;
      const auto orders = static_cast<uint8_t>(input[end + 1]);
      input.remove_prefix(end + 2);
      client = (orders & 3) % kClients;
      if ((orders >> 3) != 0) Advance(int64_t{orders >> 3} * 100);
      if ((orders & 4) != 0) Reconnect(client);
    }
    Advance(kPatienceMs);
    std::string story;
    for (size_t i = 0; i < kClients; ++i) {
      std::sort(story_[i].begin(), story_[i].end());
      story += "client " + std::to_string(i) + (clients_[i]->closed ? ", closed:" : ", open:");
      for (int kind : story_[i]) story += ' ' + std::to_string(kind);
      story += '\n';
    }
    return story;
  }

 private:
  void Reconnect(size_t i) {
    if (clients_[i] != nullptr) engine_.Disconnect(*clients_[i]);
    clients_[i] = std::make_shared<EngineClient>();
    engine_.Connect(clients_[i]);
  }

  void Advance(int64_t ms) {
    time_.AdvanceMs(ms);
    engine_.OnExecution([this] { engine_.executor().Tick(); });
    Collect();
  }

  void Collect() {
    for (size_t i = 0; i < kClients; ++i) {
      std::vector<ReplyValue> replies;
      Check(ParseReplies(clients_[i]->received, &replies), "not RESP", clients_[i]->received);
      clients_[i]->received.clear();
      for (const ReplyValue& reply : replies) {
        story_[i].push_back(static_cast<int>(reply.kind));
      }
    }
  }

  FakeTime time_;
  Engine engine_;
  std::shared_ptr<EngineClient> clients_[kClients];
  std::vector<int> story_[kClients];
};

}  // namespace
}  // namespace gotthard

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace gotthard;  // NOLINT(google-build-using-namespace): one function, one file
  if (size < 1) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string whole = Sessions(Delivery::kWhole, data[0]).Play(input);
  const std::string bytes = Sessions(Delivery::kByteByByte, data[0]).Play(input);
  Check(whole == bytes, "cuts change the session", "whole:\n" + whole + "byte by byte:\n" + bytes);
  return 0;
}
