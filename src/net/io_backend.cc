#include "net/io_backend.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

namespace gotthard {
namespace {

// Receives in the way that connections do, and remembers what.
class TrialEndpoint final : public Endpoint {
 public:
  BatchBuilder::Room ReceiveRoom() override { return {nullptr, 0, 0}; }
  bool WantsOwnRoom() const override { return false; }
  void OnReceived(const BatchBuilder::Room& room, int64_t result) override {
    over = true;
    if (result > 0) received.assign(room.buffer->data() + room.offset, static_cast<size_t>(result));
  }
  void OnReleasable() override {}
  void OnLeftover(const BatchBuilder::Room& /*room*/, size_t /*size*/) override {}
  void OnSent(int64_t result) override { sent = result; }

  std::string received;
  bool over = false;
  int64_t sent = 0;
};

constexpr std::string_view kTrial = "trial";
// A turn is enough; the bound is for a kernel that never tells.
constexpr int kTrialTurns = 100;
constexpr int64_t kTrialTurnUs = 10'000;

Status TryUring() {
  Result<std::unique_ptr<Reactor>> made = MakeUringReactor();
  if (!made.ok()) return made.error();
  Reactor& reactor = **made;
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0) {
    return Status::Error(std::string("socketpair: ") + strerror(errno));
  }
  TrialEndpoint near;
  TrialEndpoint far;
  const iovec bytes{const_cast<char*>(kTrial.data()), kTrial.size()};
  Status tried = reactor.Add(ends[0], near);
  if (tried.ok()) tried = reactor.Add(ends[1], far);
  if (tried.ok()) {
    (void)reactor.Send(ends[0], near, &bytes, 1);
    for (int i = 0; i < kTrialTurns && !far.over; ++i) reactor.RunOnce(kTrialTurnUs);
    reactor.Remove(ends[0], near, nullptr);
    reactor.Remove(ends[1], far, nullptr);
    if (far.received != kTrial) tried = Status::Error("a ring was made, but it receives nothing");
  }
  reactor.RunOnce(0);
  close(ends[0]);
  close(ends[1]);
  return tried;
}

}  // namespace

IoBackendChoice ChooseIoBackend(Config::IoBackend wish) {
  if (wish == Config::kIoBackendEpoll) return {false, "epoll, as configured", false};
  if (wish == Config::kIoBackendAuto) return {false, "epoll", false};
  const Status tried = TryUring();
  if (tried.ok()) return {true, "io_uring, as configured", false};
  return {false,
          "io-backend uring cannot be had, using epoll instead: " + std::string(tried.text()),
          true};
}

Result<std::unique_ptr<Reactor>> MakeReactor(const IoBackendChoice& choice) {
  if (choice.uring) {
    Result<std::unique_ptr<Reactor>> made = MakeUringReactor();
    if (made.ok()) return made;
  }
  return MakeEpollReactor();
}

}  // namespace gotthard
