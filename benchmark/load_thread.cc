#include "benchmark/load_thread.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>

namespace gotthard::bench {
namespace {

uint64_t ClockNs(clockid_t clock) {
  timespec t;
  clock_gettime(clock, &t);
  return static_cast<uint64_t>(t.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(t.tv_nsec);
}
uint64_t NowNs() {
  return ClockNs(CLOCK_MONOTONIC);
}

}  // namespace

LoadThread::LoadThread(LoadShared& shared, const Share& share)
    : shared_(shared),
      options_(shared.options),
      share_(share),
      connections_(share.connections),
      input_(kReadBytes),
      cursor_(share.ring_first) {}

LoadThread::~LoadThread() {
  for (Connection& connection : connections_) Close(connection);
  if (epoll_ >= 0) close(epoll_);
}

void LoadThread::Run() {
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  if (epoll_ < 0) {
    Fail("epoll_create1", errno);
  } else {
    Loop();
  }
  timeline.Close();
  cpu_ns = ClockNs(CLOCK_THREAD_CPUTIME_ID);
}

void LoadThread::Loop() {
  epoll_event events[512];
  begin_ns_ = now_ns_ = NowNs();
  timeline.Start(begin_ns_, static_cast<uint64_t>(options_.timeline_s * 1e9));
  OpenDue();
  while (!Finished()) {
    const int64_t timeout_ns = Timeout();
    const timespec timeout{timeout_ns / 1'000'000'000, timeout_ns % 1'000'000'000};
    const int count = epoll_pwait2(epoll_, events, std::size(events),
                                   timeout_ns < 0 ? nullptr : &timeout, nullptr);
    if (count < 0 && errno != EINTR) return Fail("epoll_pwait2", errno);
    now_ns_ = NowNs();
    for (int i = 0; i < count; ++i) {
      OnEvent(*static_cast<Connection*>(events[i].data.ptr), events[i].events);
    }
    if (opened_ < connections_.size()) OpenDue();
    if (share_.rate > 0) SendDue();
  }
}

bool LoadThread::Finished() {
  if (shared_.stop.load(std::memory_order_relaxed)) return true;
  if (options_.idle) return false;
  if (share_.requests > 0 && done_ >= share_.requests) return true;
  if (options_.duration_s <= 0) return false;
  const uint64_t end_ns = begin_ns_ + static_cast<uint64_t>(options_.duration_s * 1e9);
  if (now_ns_ < end_ns) return false;
  if (!draining_) {
    draining_ = true;
    GiveUpSchedule(end_ns);
  }
  if (done_ == issued_) return true;
  if (now_ns_ < end_ns + static_cast<uint64_t>(options_.drain_s * 1e9)) return false;
  GiveUpReplies();
  return true;
}

// What the open loop owed by the end and could not send is lost, not forgotten.
void LoadThread::GiveUpSchedule(uint64_t end_ns) {
  if (share_.rate <= 0 || due_ns_ == 0) return;
  const double step_ns = StepNs();
  while (due_ns_ < static_cast<double>(end_ns) &&
         (share_.requests == 0 || issued_ + lost < share_.requests)) {
    lost += options_.pipeline;
    latency_ns.Record(end_ns - static_cast<uint64_t>(due_ns_));
    due_ns_ += step_ns;
  }
}

void LoadThread::GiveUpReplies() {
  for (const Connection& connection : connections_) {
    for (const Flush& flush : connection.flushes) {
      if (flush.setup) continue;
      lost += flush.owed;
      latency_ns.Record(now_ns_ - flush.start_ns);
    }
  }
}

int64_t LoadThread::Timeout() const {
  // Bounded, so that a failure in another thread or the end of the duration is seen soon.
  uint64_t until_ns = now_ns_ + 100'000'000;
  if (options_.duration_s > 0 && !draining_) {
    until_ns = std::min(until_ns, begin_ns_ + static_cast<uint64_t>(options_.duration_s * 1e9));
  }
  if (opened_ < connections_.size() && share_.ramp > 0) {
    const double next_s = static_cast<double>(opened_) / share_.ramp;
    until_ns = std::min(until_ns, begin_ns_ + static_cast<uint64_t>(next_s * 1e9) + 1);
  }
  if (share_.rate > 0 && due_ns_ > 0 && !blocked_ && MaySend()) {
    until_ns = std::min(until_ns, static_cast<uint64_t>(due_ns_) + 1);
  }
  return until_ns <= now_ns_ ? 0 : static_cast<int64_t>(until_ns - now_ns_);
}

void LoadThread::OpenDue() {
  size_t due = connections_.size();
  if (share_.ramp > 0) {
    const double elapsed_s = static_cast<double>(now_ns_ - begin_ns_) / 1e9;
    due = std::min(due, static_cast<size_t>(elapsed_s * share_.ramp) + 1);
  }
  while (opened_ < due && !shared_.stop.load(std::memory_order_relaxed)) {
    Open(connections_[opened_++]);
  }
}

void LoadThread::Open(Connection& connection) {
  const auto& address = reinterpret_cast<const sockaddr&>(shared_.address.storage);
  const int fd = socket(address.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return Fail("Could not make a socket", errno);
  connection.fd = fd;
  connection.counter = ReplyCounter();
  if (address.sa_family != AF_UNIX) {
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  if (connect(fd, &address, shared_.address.size) != 0 && errno != EINPROGRESS) {
    return Fail("Could not connect", errno);
  }
  if (shared_.setup_replies > 0) {
    connection.flushes.push_back({shared_.setup, shared_.setup_replies, true, 0, 0});
  }
  // The first EPOLLOUT says that the connection stands.
  epoll_event event{EPOLLIN | EPOLLOUT | EPOLLET, {.ptr = &connection}};
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) return Fail("epoll_ctl", errno);
}

void LoadThread::Close(Connection& connection) {
  if (connection.fd < 0) return;
  close(connection.fd);
  if (connection.ready) open.fetch_sub(1, std::memory_order_relaxed);
  connection.fd = -1;
  connection.ready = false;
  connection.flushes.clear();
  connection.sending = 0;
}

void LoadThread::OnEvent(Connection& connection, uint32_t events) {
  if (connection.fd < 0) return;
  if ((events & EPOLLERR) != 0) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(connection.fd, SOL_SOCKET, SO_ERROR, &error, &size);
    return Fail(connection.ready ? "Lost a connection" : "Could not connect", error);
  }
  if ((events & EPOLLOUT) != 0) {
    if (!connection.ready && connection.flushes.empty()) {
      connection.ready = true;
      open.fetch_add(1, std::memory_order_relaxed);
      Next(connection, now_ns_);
    } else {
      Send(connection);
    }
  }
  if ((events & (EPOLLIN | EPOLLHUP)) != 0) Receive(connection);
}

void LoadThread::Receive(Connection& connection) {
  while (connection.fd >= 0) {
    const ssize_t got = recv(connection.fd, input_.data(), input_.size(), 0);
    if (got == 0) return Fail("Server closed the connection");
    if (got < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN) Fail("Could not read", errno);
      return;
    }
    const auto size = static_cast<size_t>(got);
    received_bytes += size;
    ReplyTally& odd = connection.ready ? tally : setup_tally_;
    const int64_t replies = connection.counter.Feed(input_.data(), size, odd);
    if (replies < 0) return Fail("The server's replies break the protocol");
    if (replies > 0) Account(connection, static_cast<uint64_t>(replies));
    // A short read has drained the socket; whatever comes later is a new edge.
    if (size < input_.size()) return;
  }
}

void LoadThread::Account(Connection& connection, uint64_t replies) {
  while (replies > 0) {
    if (connection.flushes.empty()) return Fail("More replies than requests");
    Flush& flush = connection.flushes.front();
    const auto step = static_cast<uint32_t>(std::min<uint64_t>(replies, flush.owed));
    replies -= step;
    flush.owed -= step;
    if (!flush.setup) {
      done_ += step;
      answered.store(done_, std::memory_order_relaxed);
    }
    if (flush.owed > 0) return;
    if (!flush.unsent.empty()) return Fail("More replies than requests");
    const uint64_t now_ns = NowNs();
    if (flush.setup) {
      if (setup_tally_.errors > 0) return Fail(setup_tally_.texts.begin()->first);
      connection.ready = true;
      open.fetch_add(1, std::memory_order_relaxed);
    } else {
      latency_ns.Record(now_ns - flush.start_ns);
      timeline.Record(now_ns, flush.count, now_ns - flush.start_ns);
      last_ns = now_ns;
    }
    const bool reconnect = !flush.setup && !options_.keep_alive;
    connection.flushes.pop_front();
    --connection.sending;
    if (reconnect) {
      Close(connection);
      if (MaySend()) Open(connection);
      return;
    }
    Next(connection, now_ns);
  }
}

// The connection has nothing to do: in the closed loop, give it the next flush.
void LoadThread::Next(Connection& connection, uint64_t now_ns) {
  if (options_.idle) return;
  if (share_.rate > 0) {
    if (due_ns_ == 0) due_ns_ = static_cast<double>(now_ns);
    blocked_ = false;
    return;
  }
  if (MaySend()) AddFlush(connection, now_ns);
}

void LoadThread::SendDue() {
  if (due_ns_ == 0) return;  // no connection stands yet
  const double step_ns = StepNs();
  while (due_ns_ <= static_cast<double>(now_ns_) && MaySend()) {
    size_t tried = 0;
    while (tried < opened_) {
      const Connection& candidate = connections_[turn_ % opened_];
      if (candidate.ready && candidate.flushes.size() < kMaxFlushes) break;
      ++turn_;
      ++tried;
    }
    if (tried == opened_) {
      blocked_ = true;
      return;
    }
    AddFlush(connections_[turn_++ % opened_], static_cast<uint64_t>(due_ns_));
    due_ns_ += step_ns;
  }
}

void LoadThread::AddFlush(Connection& connection, uint64_t start_ns) {
  uint64_t number = options_.pipeline;
  if (share_.requests > 0) number = std::min(number, share_.requests - issued_);
  if (cursor_ + number > share_.ring_end) cursor_ = 0;
  connection.flushes.push_back({shared_.ring.Slice(cursor_, number), static_cast<uint32_t>(number),
                                false, start_ns, static_cast<uint32_t>(number)});
  cursor_ += number;
  issued_ += number;
  if (first_ns == 0) first_ns = start_ns;
  Send(connection);
}

void LoadThread::Send(Connection& connection) {
  while (connection.sending < connection.flushes.size()) {
    std::string_view& unsent = connection.flushes[connection.sending].unsent;
    const ssize_t put = send(connection.fd, unsent.data(), unsent.size(), MSG_NOSIGNAL);
    if (put < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN) Fail("Could not write", errno);
      return;
    }
    sent_bytes += static_cast<uint64_t>(put);
    unsent.remove_prefix(static_cast<size_t>(put));
    if (unsent.empty()) ++connection.sending;
  }
}

void LoadThread::Fail(const std::string& what, int error) {
  if (failure.empty()) {
    failure = what;
    if (error != 0) failure += std::string(": ") + std::strerror(error);
  }
  shared_.stop.store(true, std::memory_order_relaxed);
}

}  // namespace gotthard::bench
