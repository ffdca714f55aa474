#include "server/signals.h"

#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iterator>
#include <string>

namespace gotthard {

namespace {

// A signal handler gets no argument, so this is how it finds its object. Set by Install before the
// handlers are in place, cleared after they are gone.
std::atomic<SignalWatch*> installed_watch{nullptr};

sigset_t WatchedSignals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGHUP, SIGINT, SIGTERM}) sigaddset(&set, number);
  return set;
}

}  // namespace

Result<std::unique_ptr<SignalWatch>> SignalWatch::Install() {
  const int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (fd < 0) return Status::Error(std::string("No eventfd for signals: ") + std::strerror(errno));
  std::unique_ptr<SignalWatch> watch(new SignalWatch(fd));
  // Release and the handler's acquire: the handler sees a whole object.
  installed_watch.store(watch.get(), std::memory_order_release);
  struct sigaction action = {};
  action.sa_handler = Handle;
  action.sa_flags = SA_RESTART;
  action.sa_mask = WatchedSignals();
  for (size_t i = 0; i < std::size(kSignals); ++i) {
    sigaction(kSignals[i], &action, &watch->before_[i]);
  }
  struct sigaction ignore = {};
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGPIPE, &ignore, &watch->pipe_before_);
  return watch;
}

SignalWatch::~SignalWatch() {
  for (size_t i = 0; i < std::size(kSignals); ++i) sigaction(kSignals[i], &before_[i], nullptr);
  sigaction(SIGPIPE, &pipe_before_, nullptr);
  installed_watch.store(nullptr, std::memory_order_release);
  close(fd_);
}

void SignalWatch::Handle(int signal_number) {
  const int error = errno;
  SignalWatch* watch = installed_watch.load(std::memory_order_acquire);
  if (watch == nullptr) return;
  if (signal_number != SIGHUP && watch->ending_.exchange(true, std::memory_order_relaxed)) {
    static constexpr char kText[] = "Second signal to end: exiting now.\n";
    [[maybe_unused]] const ssize_t ignored = write(STDERR_FILENO, kText, sizeof(kText) - 1);
    _exit(1);
  }
  // First the descriptor, then the bit: Next looks at the bits and empties the descriptor only if
  // it finds one, so a wake-up without its bit comes again until the bit is there.
  const uint64_t one = 1;
  // Can only fail when the counter is full, and then the descriptor is readable anyhow.
  [[maybe_unused]] const ssize_t ignored = write(watch->fd_, &one, sizeof(one));
  for (size_t i = 0; i < std::size(kSignals); ++i) {
    if (kSignals[i] == signal_number) {
      watch->pending_.fetch_or(1U << i, std::memory_order_relaxed);
    }
  }
  errno = error;
}

int SignalWatch::Next() {
  if (taken_ == 0) {
    // Asked once a turn of the loop, so no system call unless there is something.
    if (pending_.load(std::memory_order_relaxed) == 0) return 0;
    uint64_t count = 0;
    [[maybe_unused]] const ssize_t ignored = read(fd_, &count, sizeof(count));
    taken_ = pending_.exchange(0, std::memory_order_relaxed);
  }
  for (size_t i = 0; i < std::size(kSignals); ++i) {
    if ((taken_ & (1U << i)) == 0) continue;
    taken_ &= ~(1U << i);
    return kSignals[i];
  }
  return 0;
}

ScopedSignalBlock::ScopedSignalBlock() {
  const sigset_t watched = WatchedSignals();
  pthread_sigmask(SIG_BLOCK, &watched, &before_);
}

ScopedSignalBlock::~ScopedSignalBlock() {
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

}  // namespace gotthard
