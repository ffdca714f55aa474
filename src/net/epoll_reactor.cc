#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <unordered_map>
#include <vector>

#include "net/accept_loop.h"
#include "net/reactor.h"
#include "net/socket_calls.h"

namespace gotthard {
namespace {

// Level-triggered, and armed for reading as long as the endpoint wants bytes: at depth 1 a request
// costs one epoll_wait, one recv and one send, and no epoll_ctl. Pausing costs one only if bytes do
// arrive meanwhile.
class EpollReactor final : public Reactor {
 public:
  EpollReactor(int epoll_fd, int event_fd) : epoll_fd_(epoll_fd), event_fd_(event_fd) {}
  ~EpollReactor() override {
    close(event_fd_);
    close(epoll_fd_);
  }

  Status AddListener(int fd, Acceptor& acceptor) override {
    listeners_[fd] = &acceptor;
    return Control(EPOLL_CTL_ADD, fd, kListenerTag, EPOLLIN);
  }
  void RemoveListener(int fd) override {
    listeners_.erase(fd);
    Forget(kListenerTag | static_cast<uint32_t>(fd));
    epoll_ctl(epoll_fd_, EPOLL_CTL_DEL, fd, nullptr);
  }

  Status Watch(int fd) override { return Control(EPOLL_CTL_ADD, fd, kIgnoredTag, EPOLLIN); }

  Status Add(int fd, Endpoint& endpoint) override {
    endpoint.reactor_flags = kReceiving;
    const auto index = static_cast<size_t>(fd);
    if (endpoints_.size() <= index) endpoints_.resize(index + 64);
    endpoints_[index] = &endpoint;
    return Control(EPOLL_CTL_ADD, fd, 0, EPOLLIN);
  }
  void Remove(int fd, Endpoint& /*endpoint*/,
              std::shared_ptr<const void> /*pending_bytes*/) override {
    epoll_ctl(epoll_fd_, EPOLL_CTL_DEL, fd, nullptr);
    Forget(static_cast<uint32_t>(fd));
    endpoints_[static_cast<size_t>(fd)] = nullptr;
  }
  bool Release(int fd, Endpoint& endpoint) override {
    Remove(fd, endpoint, nullptr);
    return true;
  }
  void PauseReceive(int /*fd*/, Endpoint& endpoint) override {
    endpoint.reactor_flags |= kPaused;  // disarmed when bytes arrive
  }
  void ResumeReceive(int fd, Endpoint& endpoint) override {
    endpoint.reactor_flags &= ~kPaused;
    if ((endpoint.reactor_flags & kReceiving) != 0) return;
    endpoint.reactor_flags |= kReceiving;
    Rearm(fd, endpoint);
  }

  std::optional<int64_t> Send(int fd, Endpoint& endpoint, const iovec* iov, int count) override {
    const int64_t sent = SendNow(fd, iov, count);
    if (!WouldBlock(sent)) return sent;
    endpoint.reactor_flags |= kSending;
    Rearm(fd, endpoint);
    return std::nullopt;
  }

  int RunOnce(int64_t timeout_us) override {
    const int told = Wait(timeout_us);
    event_count_ = told;
    for (next_event_ = 0; next_event_ < event_count_;) {
      const epoll_event event = events_[next_event_++];
      const uint64_t tag = event.data.u64 & kTagMask;
      if (tag == 0) {
        Tell(static_cast<int>(event.data.u64), event.events);
      } else if (tag == kListenerTag) {
        Accept(static_cast<int>(event.data.u64 & UINT32_MAX));
      } else if (tag == kWakeTag) {
        uint64_t count = 0;
        (void)!read(event_fd_, &count, sizeof(count));
      }
    }
    event_count_ = next_event_ = 0;
    return told;
  }

  void Wake() override {
    const uint64_t one = 1;
    (void)!write(event_fd_, &one, sizeof(one));
  }
  const char* name() const override { return "epoll"; }

  Status WatchWake() { return Control(EPOLL_CTL_ADD, event_fd_, kWakeTag, EPOLLIN); }

 private:
  static constexpr int kMaxEvents = 512;
  static constexpr uint32_t kReceiving = 1;  // armed for reading
  static constexpr uint32_t kSending = 2;    // armed for writing
  static constexpr uint32_t kPaused = 4;
  // An event's data: a tag (0 = an endpoint) and the descriptor.
  static constexpr uint64_t kTagMask = 0xff00'0000'0000'0000;
  static constexpr uint64_t kListenerTag = 0x0100'0000'0000'0000;
  static constexpr uint64_t kWakeTag = 0x0200'0000'0000'0000;
  static constexpr uint64_t kIgnoredTag = 0x0300'0000'0000'0000;

  Status Control(int operation, int fd, uint64_t tag, uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.u64 = tag | static_cast<uint32_t>(fd);
    if (epoll_ctl(epoll_fd_, operation, fd, &event) == 0) return Status::Ok();
    return Status::Error(std::string("epoll_ctl: ") + strerror(errno));
  }
  // What is set here was added before; a failing modification would be a bug, not a circumstance.
  void Rearm(int fd, const Endpoint& endpoint) {
    uint32_t events = 0;
    if ((endpoint.reactor_flags & kReceiving) != 0) events |= EPOLLIN;
    if ((endpoint.reactor_flags & kSending) != 0) events |= EPOLLOUT;
    [[maybe_unused]] Status modified = Control(EPOLL_CTL_MOD, fd, 0, events);
    assert(modified.ok());
  }
  // Events of this turn that were not told yet must not reach whoever has the descriptor next.
  void Forget(uint64_t data) {
    for (int i = next_event_; i < event_count_; ++i) {
      if (events_[i].data.u64 == data) events_[i].data.u64 = kIgnoredTag;
    }
  }

  int Wait(int64_t timeout_us) {
    int count = 0;
    if (timeout_us <= 0 || timeout_us % 1000 == 0) {
      const int timeout_ms = timeout_us < 0 ? -1 : static_cast<int>(timeout_us / 1000);
      count = epoll_wait(epoll_fd_, events_, kMaxEvents, timeout_ms);
    } else {
      const timespec timeout{timeout_us / 1'000'000, timeout_us % 1'000'000 * 1000};
      count = epoll_pwait2(epoll_fd_, events_, kMaxEvents, &timeout, nullptr);
      if (count < 0 && errno == ENOSYS) {
        count = epoll_wait(epoll_fd_, events_, kMaxEvents, static_cast<int>(timeout_us / 1000) + 1);
      }
    }
    return count < 0 ? 0 : count;  // a signal ends the wait: the loop looks at its flags
  }

  void Accept(int listener) {
    accept_loop_.Run(listener, [&] {
      const auto found = listeners_.find(listener);
      return found == listeners_.end() ? nullptr : found->second;
    });
  }

  void Tell(int fd, uint32_t events) {
    const auto index = static_cast<size_t>(fd);
    Endpoint* endpoint = endpoints_[index];
    if (endpoint == nullptr) return;
    if ((events & EPOLLOUT) != 0 && (endpoint->reactor_flags & kSending) != 0) {
      endpoint->reactor_flags &= ~kSending;
      Rearm(fd, *endpoint);
      endpoint->OnSent(0);
      if (endpoints_[index] != endpoint) return;
    }
    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) == 0) return;
    if ((endpoint->reactor_flags & kPaused) != 0) {
      if ((events & (EPOLLHUP | EPOLLERR)) != 0) {
        // Both directions are dead; a paused reader would never hear of it.
        endpoint->OnReceived({nullptr, 0, 0}, -ECONNRESET);
      } else {
        endpoint->reactor_flags &= ~kReceiving;
        Rearm(fd, *endpoint);
      }
      return;
    }
    const BatchBuilder::Room room = endpoint->ReceiveRoom();
    const int64_t got = ReceiveNow(fd, room);
    if (!WouldBlock(got)) endpoint->OnReceived(room, got);
  }

  int epoll_fd_;
  int event_fd_;
  AcceptLoop accept_loop_;
  std::unordered_map<int, Acceptor*> listeners_;
  std::vector<Endpoint*> endpoints_;  // by descriptor
  epoll_event events_[kMaxEvents];
  int event_count_ = 0;
  int next_event_ = 0;
};

}  // namespace

Result<std::unique_ptr<Reactor>> MakeEpollReactor() {
  const int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  if (epoll_fd < 0) return Status::Error(std::string("epoll_create1: ") + strerror(errno));
  const int event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (event_fd < 0) {
    Status failed = Status::Error(std::string("eventfd: ") + strerror(errno));
    close(epoll_fd);
    return failed;
  }
  auto reactor = std::make_unique<EpollReactor>(epoll_fd, event_fd);
  if (Status watched = reactor->WatchWake(); !watched.ok()) return watched;
  return std::unique_ptr<Reactor>(std::move(reactor));
}

}  // namespace gotthard
