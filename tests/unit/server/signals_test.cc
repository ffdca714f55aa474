#include "server/signals.h"

#include <poll.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <thread>

#include "tests/unit/server/child.h"

namespace gotthard {
namespace {

using test::RunInChild;

bool IsReadable(int fd) {
  pollfd entry = {fd, POLLIN, 0};
  return poll(&entry, 1, 0) == 1;
}

TEST_CASE("signals become events of a loop") {
  auto watch = SignalWatch::Install();
  REQUIRE(watch.ok());
  SignalWatch& signals = **watch;
  CHECK_FALSE(IsReadable(signals.fd()));
  CHECK(signals.Next() == 0);

  std::raise(SIGHUP);
  std::raise(SIGHUP);
  CHECK(IsReadable(signals.fd()));
  CHECK(signals.Next() == SIGHUP);
  CHECK(signals.Next() == 0);
  CHECK_FALSE(IsReadable(signals.fd()));

  std::raise(SIGTERM);
  std::raise(SIGHUP);
  CHECK(signals.Next() == SIGHUP);
  CHECK(signals.Next() == SIGTERM);
  CHECK(signals.Next() == 0);
}

TEST_CASE("a second signal to end ends the process at once") {
  for (const int second : {SIGTERM, SIGINT}) {
    const test::ChildEnd end = RunInChild([&] {
      close(STDERR_FILENO);
      auto watch = SignalWatch::Install();
      std::raise(SIGTERM);
      std::raise(SIGHUP);  // does not count
      if ((*watch)->Next() != SIGHUP || (*watch)->Next() != SIGTERM) _exit(2);
      std::raise(second);
      _exit(3);
    });
    CHECK(end.exit_status == 1);
  }
}

TEST_CASE("after a shutdown was called off the next signal asks again") {
  const test::ChildEnd end = RunInChild([] {
    auto watch = SignalWatch::Install();
    std::raise(SIGTERM);
    if ((*watch)->Next() != SIGTERM) _exit(2);
    (*watch)->CancelEnd();
    std::raise(SIGTERM);
    _exit((*watch)->Next() == SIGTERM ? 0 : 3);
  });
  CHECK(end.exit_status == 0);
}

TEST_CASE("a broken pipe is an error of write, not the end") {
  const test::ChildEnd end = RunInChild([] {
    auto watch = SignalWatch::Install();
    int ends[2];
    if (pipe(ends) != 0) _exit(2);
    close(ends[0]);
    _exit(write(ends[1], "x", 1) < 0 && errno == EPIPE ? 0 : 3);
  });
  CHECK(end.exit_status == 0);
}

TEST_CASE("the signal handlers that were there come back") {
  struct sigaction before = {};
  struct sigaction during = {};
  struct sigaction after = {};
  sigaction(SIGTERM, nullptr, &before);
  {
    auto watch = SignalWatch::Install();
    sigaction(SIGTERM, nullptr, &during);
  }
  sigaction(SIGTERM, nullptr, &after);
  CHECK(during.sa_handler != before.sa_handler);
  CHECK(after.sa_handler == before.sa_handler);
}

TEST_CASE("threads started in a signal block leave the signals to others") {
  sigset_t in_thread;
  sigset_t in_caller;
  {
    const ScopedSignalBlock block;
    std::thread([&] { pthread_sigmask(SIG_BLOCK, nullptr, &in_thread); }).join();
  }
  pthread_sigmask(SIG_BLOCK, nullptr, &in_caller);
  for (const int number : {SIGHUP, SIGINT, SIGTERM}) {
    CHECK(sigismember(&in_thread, number) == 1);
    CHECK(sigismember(&in_caller, number) == 0);
  }
  CHECK(sigismember(&in_thread, SIGSEGV) == 0);
}

}  // namespace
}  // namespace gotthard
