#include "net/io_trial.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>

#include "base/thread_cpu.h"

namespace gotthard {
namespace {

constexpr size_t kPairs = 16;
constexpr std::string_view kRequest = "*2\r\n$3\r\nGET\r\n$16\r\nkey:000000000001\r\n";
constexpr std::string_view kReply = "$32\r\nxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n";
// One or two turns tell all that a round has to tell; the bound is for a kernel that never does.
constexpr int kMaxTurns = 50;
constexpr int64_t kTurnUs = 10'000;

Status LastError(const char* call) {
  return Status::Error(std::string(call) + ": " + strerror(errno));
}

// One end of a pair is the reactor's and answers, the other one asks.
class Pair final : public Endpoint {
 public:
  Pair() : buffer_(ReadBufferRef::Adopt(ReadBuffer::NewPrivate(kRequest.size()))) {}
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;
  ~Pair() override {
    // What may still be sent is in static memory.
    if (added_) reactor_->Remove(ends_[0], *this, nullptr);
    for (const int end : ends_) {
      if (end >= 0) close(end);
    }
  }

  Status Open(Reactor& reactor) {
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends_) != 0) {
      return LastError("socketpair");
    }
    reactor_ = &reactor;
    GOTTHARD_RETURN_IF_ERROR(reactor.Add(ends_[0], *this));
    added_ = true;
    return Status::Ok();
  }
  Status Ask() {
    asked_ += kRequest.size();
    const ssize_t sent = send(ends_[1], kRequest.data(), kRequest.size(), MSG_NOSIGNAL);
    return sent == static_cast<ssize_t>(kRequest.size()) ? Status::Ok() : LastError("send");
  }
  Status ReadReply() {
    char reply[kReply.size()];
    const ssize_t got = recv(ends_[1], reply, sizeof(reply), 0);
    if (got < 0) return LastError("recv");
    if (std::string_view(reply, static_cast<size_t>(got)) != kReply) {
      return Status::Error("a reply is not what was sent");
    }
    return Status::Ok();
  }
  bool answered() const { return received_ == asked_; }
  bool sending() const { return sending_; }

  BatchBuilder::Room ReceiveRoom() override { return {buffer_.get(), 0, buffer_->capacity()}; }
  bool WantsOwnRoom() const override { return false; }
  void OnReceived(const BatchBuilder::Room& /*room*/, int64_t result) override {
    if (result <= 0) return;
    received_ += static_cast<size_t>(result);
    if (answered()) Answer();
  }
  void OnReleasable() override {}
  void OnLeftover(const BatchBuilder::Room& /*room*/, size_t /*size*/) override {}
  void OnSent(int64_t result) override {
    sending_ = false;
    // What has failed is found when the reply is read.
    if (result == 0) Answer();
  }

 private:
  void Answer() {
    const iovec bytes{const_cast<char*>(kReply.data()), kReply.size()};
    sending_ = !reactor_->Send(ends_[0], *this, &bytes, 1).has_value();
  }

  Reactor* reactor_ = nullptr;
  ReadBufferRef buffer_;
  int ends_[2] = {-1, -1};
  bool added_ = false;
  bool sending_ = false;
  size_t asked_ = 0;
  size_t received_ = 0;
};

using Pairs = std::array<Pair, kPairs>;

// Turns until `condition` holds for every pair. False: it never did.
template <typename Condition>
bool RunUntil(Reactor& reactor, Pairs& pairs, Condition condition) {
  for (int turn = 0; turn < kMaxTurns; ++turn) {
    bool all = true;
    for (const Pair& pair : pairs) all = all && condition(pair);
    if (all) return true;
    reactor.RunOnce(kTurnUs);
  }
  return false;
}

}  // namespace

Result<uint64_t> MeasureRequestNs(Reactor& reactor, int rounds) {
  Pairs pairs;
  for (Pair& pair : pairs) GOTTHARD_RETURN_IF_ERROR(pair.Open(reactor));
  auto silent = [] { return Status::Error("a reactor was made, but it delivers nothing"); };
  uint64_t used_ns = 0;
  for (int round = 0; round < rounds; ++round) {
    // As in service, one turn sends the replies to the last requests and receives the next ones.
    for (Pair& pair : pairs) GOTTHARD_RETURN_IF_ERROR(pair.Ask());
    const uint64_t begin_ns = ThreadCpuNs();
    if (!RunUntil(reactor, pairs, [](const Pair& pair) { return pair.answered(); }))
      return silent();
    used_ns += ThreadCpuNs() - begin_ns;
    if (round == 0) continue;
    for (Pair& pair : pairs) GOTTHARD_RETURN_IF_ERROR(pair.ReadReply());
  }
  if (!RunUntil(reactor, pairs, [](const Pair& pair) { return !pair.sending(); })) return silent();
  for (Pair& pair : pairs) GOTTHARD_RETURN_IF_ERROR(pair.ReadReply());
  return used_ns / (static_cast<uint64_t>(rounds) * kPairs);
}

}  // namespace gotthard
