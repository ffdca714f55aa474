// SignalWatch: SIGTERM, SIGINT and SIGHUP as events of the execution thread's loop, and SIGPIPE
// ignored.
//
// Handlers rather than a signalfd: the second SIGTERM or SIGINT must end the process even while the
// execution thread is deep in a command and reads nothing. The handler does three things that are
// safe in one: it sets a bit, writes to an eventfd, and the second time calls _exit.
//
// Start the other threads inside a ScopedSignalBlock, so that handlers run on the execution thread
// and interrupt no system call of the others.
//
// Owning thread: the execution thread; the handler runs on any thread that does not block the
// signals.
#pragma once

#include <atomic>
#include <csignal>
#include <cstdint>
#include <memory>

#include "base/status.h"

namespace gotthard {

class SignalWatch {
 public:
  // Installs the handlers. REQUIRES: there is no other SignalWatch in the process.
  static Result<std::unique_ptr<SignalWatch>> Install();
  // Puts the handlers back that were there.
  ~SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

  // Readable while Next may have something to say.
  int fd() const { return fd_; }
  // SIGHUP, SIGINT or SIGTERM, each once however often it came; 0 when there is none.
  int Next();
  // The end that a signal had asked for is off (SHUTDOWN ABORT): the next one asks again instead
  // of ending the process at once.
  void CancelEnd() { ending_.store(false, std::memory_order_relaxed); }

 private:
  explicit SignalWatch(int fd) : fd_(fd) {}
  static void Handle(int signal_number);

  static constexpr int kSignals[] = {SIGHUP, SIGINT, SIGTERM};

  const int fd_;
  struct sigaction before_[3] = {};
  struct sigaction pipe_before_ = {};
  // Partner of both: Handle on one side, Next and CancelEnd on the other. The bits carry all there
  // is to know, so relaxed order suffices.
  std::atomic<uint32_t> pending_{0};  // bit i: kSignals[i]
  std::atomic<bool> ending_{false};   // a SIGINT or SIGTERM was seen
  uint32_t taken_ = 0;                // out of pending_, not yet returned
};

// Threads that are started in this scope get SIGTERM, SIGINT and SIGHUP blocked, for good.
class ScopedSignalBlock {
 public:
  ScopedSignalBlock();
  ~ScopedSignalBlock();
  ScopedSignalBlock(const ScopedSignalBlock&) = delete;
  ScopedSignalBlock& operator=(const ScopedSignalBlock&) = delete;

 private:
  sigset_t before_;
};

}  // namespace gotthard
