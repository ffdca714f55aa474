// How it works, in short. Each socket has one multishot receive in the kernel, which fills provided
// buffers for as long as it lives; each listener has a multishot accept. Sends are queued and leave
// with the next turn's one system call, which also waits for what comes next.
//
// That pays where there is little to a message. A socket that fills whole buffers, a deep pipeline
// or a large value, is read *directly* instead, as the epoll back end does it: a poll in the kernel
// tells that there is something, recv puts it where the endpoint wants it (the one buffer that is
// warm in the cache, or the value's own memory), and what is sent leaves at once. A receive would
// fill all provided buffers before anybody parses the first. Small reads in a row lead back.
//
// Bytes may arrive for an endpoint that does not want any at the moment: the kernel was a step
// ahead. They are queued here, and when that becomes too much the receive is cancelled; pausing and
// resuming otherwise cost nothing. The cut is where memory is bounded: kMaxQueued, and what one
// turn's provided buffers hold.
//
// A request of the kernel's names its socket by descriptor and generation, so that a completion
// that comes late never reaches whoever has the descriptor now. What a pending send uses is kept
// until its completion.
//
// The file is long because all of it is one state machine over UringSocket::State.

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <deque>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "net/accept_loop.h"
#include "net/provided_buffers.h"
#include "net/reactor.h"
#include "net/socket_calls.h"
#include "net/uring_ring.h"
#include "net/uring_socket.h"

namespace gotthard {
namespace {

constexpr int kMaxIov = 128;

class UringReactor final : public Reactor {
 public:
  UringReactor(std::unique_ptr<UringRing> ring, int event_fd)
      : ring_(std::move(ring)), event_fd_(event_fd) {}
  ~UringReactor() override {
    ring_.reset();  // before the memory that its requests use
    close(event_fd_);
  }

  Status Prepare() {
    GOTTHARD_RETURN_IF_ERROR(buffers_.Register(ring_->raw()));
    watched_.push_back(event_fd_);
    return Status::Ok();
  }

  // --- Listeners

  Status AddListener(int fd, Acceptor& acceptor) override {
    Socket& socket = Open(fd);
    socket.acceptor = &acceptor;
    ArmAccept(fd, socket);
    return Status::Ok();
  }
  void RemoveListener(int fd) override {
    Socket& socket = sockets_[static_cast<size_t>(fd)];
    if (socket.acceptor == nullptr) return;
    const uint64_t tag =
        socket.Tag(socket.Has(Socket::kListenPoll) ? Op::kListenPoll : Op::kAccept, fd);
    Forget(socket);
    if (!ring_->IsOwner()) return;
    Cancel(tag);
    // The kernel holds the socket until the request is over.
    for (int i = 0; i < kCancelTurns && !HasEnded(tag); ++i) ring_->Enter(kCancelWaitUs, &events_);
  }
  Status Watch(int fd) override {
    watched_.push_back(fd);
    return Status::Ok();
  }

  // --- Endpoints

  Status Add(int fd, Endpoint& endpoint) override {
    Socket& socket = Open(fd);
    socket.endpoint = &endpoint;
    Arm(fd, socket);
    return Status::Ok();
  }
  void Remove(int fd, Endpoint& endpoint, std::shared_ptr<const void> pending_bytes) override {
    Socket& socket = sockets_[static_cast<size_t>(fd)];
    assert(socket.endpoint == &endpoint);
    (void)endpoint;
    const bool owner = ring_->IsOwner();
    if (socket.Has(Socket::kReceiving) && !socket.Has(Socket::kCancelling) && owner) {
      Cancel(socket.Tag(Op::kReceive, fd));
    }
    if (socket.Has(Socket::kSending)) {
      const uint64_t tag = socket.Tag(Op::kSend, fd);
      kept_[tag] = std::move(pending_bytes);
      if (owner && socket.Has(Socket::kSendWaits)) Cancel(tag);
    }
    if (owner) CancelPolls(fd, socket);
    // The caller closes the descriptor, and its number may be given again.
    if (owner && socket.last_request > ring_->submitted()) Submit();
    Forget(socket);
  }
  bool Release(int fd, Endpoint& endpoint) override {
    Socket& socket = sockets_[static_cast<size_t>(fd)];
    assert(!socket.Has(Socket::kSending));
    if (socket.Has(Socket::kReceiving)) {
      socket.Set(Socket::kReleasing);
      CancelReceive(fd, socket);
      return false;
    }
    CancelPolls(fd, socket);
    if (socket.last_request > ring_->submitted()) Submit();
    std::vector<Segment> queue = std::move(socket.queue);
    Forget(socket);
    for (Segment& segment : queue) endpoint.OnLeftover(segment.room(), segment.size);
    return true;
  }
  void PauseReceive(int fd, Endpoint& /*endpoint*/) override {
    Socket& socket = sockets_[static_cast<size_t>(fd)];
    socket.Set(Socket::kPaused);
    if (!socket.Has(Socket::kReceiving)) MarkQuiet(fd, socket);
  }
  void ResumeReceive(int fd, Endpoint& /*endpoint*/) override {
    Socket& socket = sockets_[static_cast<size_t>(fd)];
    socket.Clear(Socket::kPaused);
    socket.Clear(Socket::kReleasing);
    if (!socket.queue.empty() || !socket.Has(Socket::kReceiving)) MarkReady(fd, socket);
  }

  std::optional<int64_t> Send(int fd, Endpoint& /*endpoint*/, const iovec* iov,
                              int count) override {
    Socket& socket = sockets_[static_cast<size_t>(fd)];
    assert(!socket.Has(Socket::kSending));
    if (socket.direct_left != 0 && !socket.Has(Socket::kSendWaits)) {
      const int64_t sent = SendNow(fd, iov, count);
      if (!WouldBlock(sent)) return sent;
      socket.Set(Socket::kSendWaits);
    }
    io_uring_sqe* request = ring_->Next();
    socket.send_bytes = 0;
    for (int i = 0; i < count; ++i) socket.send_bytes += iov[i].iov_len;
    // What the socket does not take at once is a case of its own: only then the kernel waits.
    const int flags = MSG_NOSIGNAL | (socket.Has(Socket::kSendWaits) ? 0 : MSG_DONTWAIT);
    if (count == 1) {
      const size_t size = std::min(iov->iov_len, kMaxSend);
      io_uring_prep_send(request, fd, iov->iov_base, size, flags);
    } else {
      io_uring_prep_sendmsg(request, fd, Message(iov, count), static_cast<unsigned>(flags));
    }
    Tagged(request, Op::kSend, fd, socket);
    socket.Set(Socket::kSending);
    if ((flags & MSG_DONTWAIT) != 0) ring_->WillCompleteAtOnce();
    return std::nullopt;
  }

  // --- The loop

  int RunOnce(int64_t timeout_us) override {
    for (const int fd : watched_) ArmWatch(fd);
    watched_.clear();
    int told = TellReady() + ReadAgain();
    buffers_.Fill();
    RearmStarved();
    const bool busy = told != 0 || !ready_.empty() || !again_.empty() || !events_.empty();
    if (busy) timeout_us = 0;
    if (timeout_us != 0 || ++busy_turns_ % kQuietTurns == 0) WatchQuiet();
    if (timeout_us != 0 && ring_->HasNothingToFetch()) buffers_.Rest();
    ring_->Enter(timeout_us, &events_);
    ForgetMessages();
    // Whatever is called here may enter the kernel and so add to the events; the next turn goes on
    // with what is left of them.
    for (size_t left = kToldPerTurn; left > 0 && next_event_ < events_.size(); --left) {
      const UringRing::Event event = events_[next_event_++];
      Tell(event);
      ++told;
    }
    if (next_event_ == events_.size()) {
      events_.clear();
      next_event_ = 0;
    }
    return told;
  }

  void Wake() override {
    const uint64_t one = 1;
    (void)!write(event_fd_, &one, sizeof(one));
  }
  const char* name() const override { return "uring"; }

 private:
  // What the endpoints of so many completions touch while requests are read, run and answered stays
  // in the cache. With a thousand clients at once, all told in one turn, a GET took 12 us and not
  // 6.6.
  static constexpr size_t kToldPerTurn = 128;
  // A paused endpoint's bytes beyond this end its receive.
  static constexpr size_t kMaxQueued = 128 * 1024;
  static constexpr size_t kMaxSend = 1 << 30;
  // How long RemoveListener waits for the kernel: nothing of a listener can keep it longer than a
  // turn; the bound is for a kernel that does otherwise.
  static constexpr int kCancelTurns = 100;
  static constexpr int64_t kCancelWaitUs = 10'000;
  // A direct read of this much is worth the system call; so many smaller ones in a row are not.
  static constexpr int64_t kDirectBytes = 16 * 1024;
  static constexpr uint8_t kDirectReads = 8;
  // While there is always something to do, the death of a paused endpoint is looked after this
  // often; its poll is not worth a request in each of the short pauses of a deep pipeline.
  static constexpr uint32_t kQuietTurns = 64;

  using Op = UringSocket::Op;
  using Segment = UringSocket::Segment;
  using Socket = UringSocket;

  struct SendMessage {
    msghdr header;
    iovec parts[kMaxIov];
  };
  struct SocketName {
    int fd;
    uint32_t generation;
  };

  // --- Names

  Socket* Find(int fd, uint32_t generation) {
    Socket& socket = sockets_[static_cast<size_t>(fd)];
    return socket.generation == generation ? &socket : nullptr;
  }
  Socket* Find(uint64_t tag) { return Find(Socket::FdOf(tag), Socket::GenerationOf(tag)); }

  Socket& Open(int fd) {
    const auto index = static_cast<size_t>(fd);
    while (sockets_.size() <= index) sockets_.emplace_back();
    assert(sockets_[index].endpoint == nullptr && sockets_[index].acceptor == nullptr);
    return sockets_[index];
  }
  void Forget(Socket& socket) {
    const uint32_t generation = socket.generation + 1;
    socket = Socket();
    socket.generation = generation;
  }
  void Tagged(io_uring_sqe* request, Op op, int fd, Socket& socket) {
    request->user_data = socket.Tag(op, fd);
    socket.last_request = ring_->prepared();
  }
  void Cancel(uint64_t tag) {
    io_uring_sqe* request = ring_->Next();
    io_uring_prep_cancel64(request, tag, 0);
    request->flags |= IOSQE_CQE_SKIP_SUCCESS;
    request->user_data = 0;
  }
  void Submit() {
    ring_->Submit();
    ForgetMessages();
  }
  void ForgetMessages() {
    if (ring_->submitted() == ring_->prepared()) messages_used_ = 0;
  }

  // --- Receiving

  // Starts a receive. REQUIRES: the socket is an endpoint's.
  void Arm(int fd, Socket& socket) {
    if (socket.Has(Socket::kReceiving | Socket::kReadPoll | Socket::kStarved | Socket::kEnded)) {
      return;
    }
    CancelHangUpPoll(fd, socket);
    if (IsDirect(socket)) {
      MarkAgain(fd, socket);
      return;
    }
    io_uring_sqe* request = ring_->Next();
    io_uring_prep_recv_multishot(request, fd, nullptr, 0, 0);
    request->flags |= IOSQE_BUFFER_SELECT;
    request->buf_group = ProvidedBuffers::kGroup;
    Tagged(request, Op::kReceive, fd, socket);
    socket.Set(Socket::kReceiving);
  }
  void CancelReceive(int fd, Socket& socket) {
    if (socket.Has(Socket::kCancelling)) return;
    socket.Set(Socket::kCancelling);
    Cancel(socket.Tag(Op::kReceive, fd));
  }

  void TellReceived(const UringRing::Event& event) {
    const bool last = (event.flags & IORING_CQE_F_MORE) == 0;
    ReadBufferRef buffer;
    if ((event.flags & IORING_CQE_F_BUFFER) != 0) {
      buffer = buffers_.Take(static_cast<uint16_t>(event.flags >> IORING_CQE_BUFFER_SHIFT));
    }
    const int fd = Socket::FdOf(event.tag);
    Socket* socket = Find(event.tag);
    if (socket == nullptr) return;
    if (last) socket->Clear(Socket::kReceiving | Socket::kCancelling);
    if (event.result > 0) {
      const auto size = static_cast<size_t>(event.result);
      constexpr size_t kHead = ProvidedBuffers::kHeadroom;
      if (size == buffer->capacity() - kHead) socket->direct_left = kDirectReads;
      Arrived(fd, *socket, {std::move(buffer), kHead, size, kHead});
      socket = Find(event.tag);
    } else if (last) {
      if (event.result == -ENOBUFS) {
        socket->Set(Socket::kStarved);
        starved_.push_back({fd, socket->generation});
      } else if (event.result != -ECANCELED && event.result != -EINTR && event.result != -EAGAIN) {
        End(fd, *socket, event.result);
        socket = Find(event.tag);
      }
    }
    if (socket == nullptr) return;
    if (last) {
      ReceiveEnded(fd, *socket);
    } else if (IsDirect(*socket)) {
      CancelReceive(fd, *socket);
    }
  }

  // The socket has no receive in the kernel any more.
  void ReceiveEnded(int fd, Socket& socket) {
    if (socket.Has(Socket::kReleasing)) {
      // Should the endpoint stay after all, TellReady goes on.
      socket.Clear(Socket::kReleasing);
      MarkReady(fd, socket);
      socket.endpoint->OnReleasable();
    } else if (socket.Has(Socket::kPaused)) {
      PollForHangUp(fd, socket);
    } else if (socket.queue.empty()) {
      Arm(fd, socket);
    }
  }

  // --- Reading directly

  // Whether an endpoint's socket is, or is to be, read directly.
  static bool IsDirect(Socket& socket) {
    if (socket.endpoint->WantsOwnRoom()) socket.direct_left = kDirectReads;
    return socket.direct_left != 0;
  }
  void MarkAgain(int fd, Socket& socket) {
    if (socket.Has(Socket::kAgain)) return;
    socket.Set(Socket::kAgain);
    again_.push_back({fd, socket.generation});
  }
  int ReadAgain() {
    if (again_.empty()) return 0;
    int told = 0;
    std::vector<SocketName> names;
    names.swap(again_);
    for (const SocketName& name : names) {
      Socket* socket = Find(name.fd, name.generation);
      if (socket == nullptr) continue;
      socket->Clear(Socket::kAgain);
      told += ReadDirectly(name.fd, *socket);
    }
    return told;
  }
  // One read. Safe beside the ring, because no receive is in the kernel and all that one had
  // brought was told. May remove the socket.
  int ReadDirectly(int fd, Socket& socket) {
    if (socket.Has(Socket::kPaused | Socket::kReceiving | Socket::kEnded | Socket::kReadPoll) ||
        !socket.queue.empty()) {
      return 0;  // resuming leads back here
    }
    const uint32_t generation = socket.generation;
    const BatchBuilder::Room room = socket.endpoint->ReceiveRoom();
    const int64_t got = ReceiveNow(fd, room);
    if (WouldBlock(got)) {
      PollToRead(fd, socket);
      return 0;
    }
    if (got <= 0) {
      End(fd, socket, static_cast<int>(got));
      return 1;
    }
    if (got >= kDirectBytes) {
      socket.direct_left = kDirectReads;
    } else if (socket.direct_left != 0) {
      --socket.direct_left;
    }
    socket.endpoint->OnReceived(room, got);
    Socket* after = Find(fd, generation);
    if (after == nullptr || after->Has(Socket::kPaused)) return 1;
    if (static_cast<size_t>(got) == room.size || !IsDirect(*after)) {
      Arm(fd, *after);
    } else {
      PollToRead(fd, *after);
    }
    return 1;
  }
  void PollToRead(int fd, Socket& socket) {
    io_uring_sqe* request = ring_->Next();
    io_uring_prep_poll_add(request, fd, POLLIN);
    Tagged(request, Op::kReadPoll, fd, socket);
    socket.Set(Socket::kReadPoll);
  }
  void TellReadable(const UringRing::Event& event) {
    const int fd = Socket::FdOf(event.tag);
    Socket* socket = Find(event.tag);
    if (socket == nullptr) return;
    socket->Clear(Socket::kReadPoll);
    if (!socket->Has(Socket::kPaused)) {
      ReadDirectly(fd, *socket);
    } else if (event.result > 0 && (event.result & (POLLERR | POLLHUP)) != 0) {
      End(fd, *socket, -ECONNRESET);
    } else {
      MarkQuiet(fd, *socket);
    }
  }
  void MarkQuiet(int fd, Socket& socket) {
    if (socket.Has(Socket::kQuiet | Socket::kEnded)) return;
    socket.Set(Socket::kQuiet);
    quiet_.push_back({fd, socket.generation});
  }
  void WatchQuiet() {
    for (const SocketName& name : quiet_) {
      Socket* socket = Find(name.fd, name.generation);
      if (socket == nullptr) continue;
      socket->Clear(Socket::kQuiet);
      if (socket->Has(Socket::kPaused) &&
          !socket->Has(Socket::kReceiving | Socket::kReadPoll | Socket::kEnded)) {
        PollForHangUp(name.fd, *socket);
      }
    }
    quiet_.clear();
  }

  // May remove the socket.
  void Arrived(int fd, Socket& socket, Segment segment) {
    if (!socket.Has(Socket::kPaused) && socket.queue.empty()) {
      Tell(socket, segment);
      return;
    }
    socket.Enqueue(std::move(segment));
    if (socket.queued_bytes >= kMaxQueued && socket.Has(Socket::kReceiving))
      CancelReceive(fd, socket);
  }
  static void Tell(Socket& socket, const Segment& segment) {
    const BatchBuilder::Room room = segment.room();
    socket.endpoint->OnReceived(room, static_cast<int64_t>(segment.size));
  }
  // The connection is over: the peer's end waits behind what came before it, an error does not.
  void End(int fd, Socket& socket, int result) {
    socket.Set(Socket::kEnded);
    if (result == 0) {
      if (socket.Has(Socket::kPaused) || !socket.queue.empty()) {
        PollForHangUp(fd, socket);
        return;
      }
    } else {
      socket.queue.clear();
      socket.queued_bytes = 0;
    }
    socket.endpoint->OnReceived({nullptr, 0, 0}, result);
  }

  void MarkReady(int fd, Socket& socket) {
    if (socket.Has(Socket::kReady)) return;
    socket.Set(Socket::kReady);
    ready_.push_back({fd, socket.generation});
  }
  // Tells what was queued for endpoints that have resumed, and receives on.
  int TellReady() {
    int told = 0;
    std::vector<SocketName> names;
    names.swap(ready_);
    for (const SocketName& name : names) {
      Socket* socket = Find(name.fd, name.generation);
      if (socket == nullptr) continue;
      socket->Clear(Socket::kReady);
      while (socket != nullptr && !socket->Has(Socket::kPaused) && !socket->queue.empty()) {
        Tell(*socket, socket->Dequeue());
        ++told;
        socket = Find(name.fd, name.generation);
      }
      if (socket == nullptr || socket->Has(Socket::kPaused)) continue;
      if (socket->Has(Socket::kEnded)) {
        ++told;
        socket->endpoint->OnReceived({nullptr, 0, 0}, 0);
      } else {
        Arm(name.fd, *socket);
      }
    }
    return told;
  }
  void RearmStarved() {
    if (starved_.empty()) return;
    buffers_.Starved(starved_.size());
    buffers_.Fill();
    std::vector<SocketName> names;
    names.swap(starved_);
    for (const SocketName& name : names) {
      Socket* socket = Find(name.fd, name.generation);
      if (socket == nullptr) continue;
      socket->Clear(Socket::kStarved);
      if (!socket->Has(Socket::kPaused) && socket->queue.empty()) Arm(name.fd, *socket);
    }
  }

  // While nothing is received, only this tells that the connection has died. It is of the kind that
  // goes on: the kernel also tells the end of the peer's sending alone, which changes nothing.
  void PollForHangUp(int fd, Socket& socket) {
    if (socket.Has(Socket::kHangUpPoll)) return;
    io_uring_sqe* request = ring_->Next();
    io_uring_prep_poll_multishot(request, fd, POLLERR | POLLHUP);
    Tagged(request, Op::kHangUp, fd, socket);
    socket.Set(Socket::kHangUpPoll);
  }
  void CancelPolls(int fd, Socket& socket) {
    CancelHangUpPoll(fd, socket);
    if (socket.Has(Socket::kReadPoll)) Cancel(socket.Tag(Op::kReadPoll, fd));
  }
  void CancelHangUpPoll(int fd, Socket& socket) {
    if (!socket.Has(Socket::kHangUpPoll)) return;
    socket.Clear(Socket::kHangUpPoll);
    Cancel(socket.Tag(Op::kHangUp, fd));
  }
  void TellHangUp(const UringRing::Event& event) {
    Socket* socket = Find(event.tag);
    // A poll that was cancelled is not the one that may be there now.
    if (socket == nullptr || event.result < 0 || !socket->Has(Socket::kHangUpPoll)) return;
    if ((event.flags & IORING_CQE_F_MORE) == 0) socket->Clear(Socket::kHangUpPoll);
    if ((event.result & (POLLERR | POLLHUP)) == 0) return;
    End(Socket::FdOf(event.tag), *socket, -ECONNRESET);
  }

  // --- Sending

  msghdr* Message(const iovec* iov, int count) {
    if (messages_used_ == messages_.size()) messages_.emplace_back();
    SendMessage& message = messages_[messages_used_++];
    message.header = {};
    message.header.msg_iov = message.parts;
    message.header.msg_iovlen = static_cast<size_t>(std::min(count, kMaxIov));
    std::copy_n(iov, message.header.msg_iovlen, message.parts);
    return &message.header;
  }
  void TellSent(const UringRing::Event& event) {
    Socket* socket = Find(event.tag);
    if (socket == nullptr) {
      kept_.erase(event.tag);
      return;
    }
    socket->Clear(Socket::kSending | Socket::kSendWaits);
    int64_t result = event.result;
    if (result == -EAGAIN || result == -EINTR) {
      socket->Set(Socket::kSendWaits);
      result = 0;
    } else if (result >= 0 && static_cast<size_t>(result) < socket->send_bytes) {
      socket->Set(Socket::kSendWaits);  // it is full
    }
    socket->endpoint->OnSent(result);
  }

  // --- Accepting

  void ArmAccept(int fd, Socket& socket) {
    io_uring_sqe* request = ring_->Next();
    io_uring_prep_multishot_accept(request, fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    Tagged(request, Op::kAccept, fd, socket);
    socket.Clear(Socket::kListenPoll);
  }
  void TellAccepted(const UringRing::Event& event) {
    Socket* socket = Find(event.tag);
    if (socket == nullptr) {
      if (event.result >= 0) close(event.result);
      return;
    }
    const int fd = Socket::FdOf(event.tag);
    if (event.result >= 0) {
      socket->acceptor->OnAccept(fd, event.result);
      socket = Find(event.tag);
      if (socket == nullptr) return;
    }
    if ((event.flags & IORING_CQE_F_MORE) != 0) return;
    if (event.result == -EBADF || event.result == -EINVAL || event.result == -ENOTSOCK) return;
    if (event.result >= 0 || event.result == -ECONNABORTED || event.result == -EINTR) {
      ArmAccept(fd, *socket);
      return;
    }
    // Out of descriptors, most likely, which an accept says at once, whether a connection waits or
    // not. So wait for one first.
    io_uring_sqe* request = ring_->Next();
    io_uring_prep_poll_add(request, fd, POLLIN);
    Tagged(request, Op::kListenPoll, fd, *socket);
    socket->Set(Socket::kListenPoll);
  }
  void TellListenPoll(const UringRing::Event& event) {
    const int fd = Socket::FdOf(event.tag);
    accept_loop_.Run(fd, [&] {
      const Socket* socket = Find(event.tag);
      return socket == nullptr ? nullptr : socket->acceptor;
    });
    if (Socket* socket = Find(event.tag)) ArmAccept(fd, *socket);
  }
  // Whether the last completion of a request is among the events.
  bool HasEnded(uint64_t tag) const {
    return std::any_of(events_.begin() + static_cast<ptrdiff_t>(next_event_), events_.end(),
                       [tag](const UringRing::Event& event) {
                         return event.tag == tag && (event.flags & IORING_CQE_F_MORE) == 0;
                       });
  }

  // --- Events

  void ArmWatch(int fd) {
    io_uring_sqe* request = ring_->Next();
    io_uring_prep_poll_multishot(request, fd, POLLIN);
    request->user_data =
        uint64_t{static_cast<uint8_t>(Op::kWatch)} << 24 | static_cast<uint32_t>(fd);
  }
  void Tell(const UringRing::Event& event) {
    switch (Socket::OpOf(event.tag)) {
      case Op::kReceive:
        TellReceived(event);
        break;
      case Op::kSend:
        TellSent(event);
        break;
      case Op::kAccept:
        TellAccepted(event);
        break;
      case Op::kListenPoll:
        if (Find(event.tag) != nullptr) TellListenPoll(event);
        break;
      case Op::kHangUp:
        TellHangUp(event);
        break;
      case Op::kReadPoll:
        TellReadable(event);
        break;
      case Op::kWatch:
        // A wake-up needs no more than to end the wait.
        if ((event.flags & IORING_CQE_F_MORE) == 0 && event.result >= 0) {
          watched_.push_back(Socket::FdOf(event.tag));
        }
        break;
      case Op::kIgnored:
        break;
    }
  }

  // Memory that the kernel may write to or read from comes first: it outlives the ring.
  ProvidedBuffers buffers_;
  // By tag: what is being sent for sockets that were removed.
  std::unordered_map<uint64_t, std::shared_ptr<const void>> kept_;
  std::deque<SendMessage> messages_;  // of requests that were not submitted yet
  size_t messages_used_ = 0;
  std::unique_ptr<UringRing> ring_;
  int event_fd_;
  AcceptLoop accept_loop_;
  std::deque<Socket> sockets_;  // by descriptor; references stay valid as it grows
  std::vector<int> watched_;    // to be watched from the next turn on
  std::vector<SocketName> ready_;
  std::vector<SocketName> starved_;
  std::vector<SocketName> again_;
  std::vector<SocketName> quiet_;
  uint32_t busy_turns_ = 0;
  std::vector<UringRing::Event> events_;
  size_t next_event_ = 0;
};

}  // namespace

Result<std::unique_ptr<Reactor>> MakeUringReactor() {
  Result<std::unique_ptr<UringRing>> ring = UringRing::Make();
  if (!ring.ok()) return ring.error();
  const int event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (event_fd < 0) return Status::Error(std::string("eventfd: ") + strerror(errno));
  auto reactor = std::make_unique<UringReactor>(std::move(*ring), event_fd);
  if (Status prepared = reactor->Prepare(); !prepared.ok()) return prepared;
  return std::unique_ptr<Reactor>(std::move(reactor));
}

}  // namespace gotthard
