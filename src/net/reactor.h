// Reactor: one thread's view of its sockets, shaped for completions.
//
// An endpoint never calls recv, send or accept: it says that it wants to receive and is told what
// arrived, it hands over bytes to send and is told how many left. A readiness back end (epoll)
// makes the system call between asking and telling; a completion back end (io_uring) submits it.
//
// Owning thread: the one that calls RunOnce; only Wake() may be called from any thread.
#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <memory>
#include <optional>

#include "base/status.h"
#include "pipe/batch_builder.h"
#include "pipe/mailbox.h"

namespace gotthard {

// One connected socket.
class Endpoint {
 public:
  virtual ~Endpoint() = default;
  // Where the next bytes shall go; asked right before they are received. A back end that has the
  // kernel choose a buffer does not ask, but for endpoints that fill whole buffers.
  virtual BatchBuilder::Room ReceiveRoom() = 0;
  // True in the middle of a request so large that its bytes should land in ReceiveRoom at once.
  virtual bool WantsOwnRoom() const = 0;
  // `result` bytes arrived in `room`, of whose buffer the caller holds a reference until this
  // returns; 0 is the peer's end, a negative number is -errno. The endpoint may remove and delete
  // itself in this call.
  virtual void OnReceived(const BatchBuilder::Room& room, int64_t result) = 0;
  // Release waited for something that is over now: call it again.
  virtual void OnReleasable() = 0;
  // Within Release: bytes that had arrived and were not told yet.
  virtual void OnLeftover(const BatchBuilder::Room& room, size_t size) = 0;
  // A Send that was pending made progress: `result` more bytes left (0: try again now), or -errno.
  virtual void OnSent(int64_t result) = 0;
  // Scratch of the reactor.
  uint32_t reactor_flags = 0;
};

// One listening socket.
class Acceptor {
 public:
  virtual ~Acceptor() = default;
  // A new connection; the descriptor is the acceptor's. It is non-blocking and close-on-exec.
  virtual void OnAccept(int listener, int fd) = 0;
};

class Reactor : public Waker {
 public:
  // Watches a listening socket. The acceptor must stay until RemoveListener.
  virtual Status AddListener(int fd, Acceptor& acceptor) = 0;
  // The socket can be closed after this, and its address taken again.
  virtual void RemoveListener(int fd) = 0;
  // Ends the wait in RunOnce when `fd` is readable, for as long as the reactor exists.
  virtual Status Watch(int fd) = 0;

  // Starts to receive for the endpoint; it must stay until Remove.
  virtual Status Add(int fd, Endpoint& endpoint) = 0;
  // After this nothing more is told to the endpoint, and `fd` can be closed. If a Send is pending,
  // `pending_bytes` keeps alive what it sends: the kernel may still read it. Null if none is.
  virtual void Remove(int fd, Endpoint& endpoint, std::shared_ptr<const void> pending_bytes) = 0;
  // Removes an endpoint whose descriptor goes on to another reactor. False: not yet, OnReleasable
  // will tell. True: nothing that the peer has sent is lost or still on its way to this reactor.
  // REQUIRES: no Send is pending.
  virtual bool Release(int fd, Endpoint& endpoint) = 0;
  // Between Pause and Resume nothing is received for the endpoint.
  virtual void PauseReceive(int fd, Endpoint& endpoint) = 0;
  virtual void ResumeReceive(int fd, Endpoint& endpoint) = 0;

  // Sends bytes. Returns how many left at once, -errno, or nothing when OnSent will tell. At most
  // one Send of an endpoint may be pending; its bytes (not the iovec) must stay as they are till
  // then.
  virtual std::optional<int64_t> Send(int fd, Endpoint& endpoint, const iovec* iov, int count) = 0;

  // Waits up to `timeout_us` (0: not at all; negative: for ever) and tells what happened. Returns
  // the number of events.
  virtual int RunOnce(int64_t timeout_us) = 0;

  virtual const char* name() const = 0;
};

// The epoll back end. Fails when the kernel gives no descriptor.
Result<std::unique_ptr<Reactor>> MakeEpollReactor();
// The io_uring back end. Fails where the kernel has none, forbids it, is too old (Linux 6.1 is
// wanted) or short of memory.
Result<std::unique_ptr<Reactor>> MakeUringReactor();

}  // namespace gotthard
