// io-backend: what serves, what INFO and the log say of it, and that epoll takes over where the
// kernel refuses io_uring.
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <cstddef>
#include <exception>
#include <string>
#include <thread>
#include <vector>

#include "tests/system/system_harness.h"

using namespace gotthard::test;

namespace {

// From now on io_uring_setup fails with `error` in the calling thread and all that it starts, as it
// does under a container's filter.
bool DenyUring(int error) {
  sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | static_cast<unsigned>(error)),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog filter{sizeof(program) / sizeof(program[0]), program};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

// What a daemon that is started under the filter does; in a thread of its own, which takes the
// filter with it.
struct Told {
  bool filtered = false;
  std::string failure;
  std::string backend;
  std::string log;
  std::vector<std::string> replies;
};
Told RunDenied(int error, const std::vector<std::string>& options) {
  Told told;
  std::thread denied([&] {
    told.filtered = DenyUring(error);
    if (!told.filtered) return;
    try {
      Daemon daemon(options);
      Client client = daemon.Connect();
      told.backend = client.Command({"INFO", "server"}).text;
      told.replies.push_back(client.Command({"SET", "k", std::string(200'000, 'v')}).Render());
      told.replies.push_back(client.Command({"STRLEN", "k"}).Render());
      told.replies.push_back(client.Command({"CONFIG", "GET", "io-backend"}).Render());
      told.replies.push_back(std::to_string(daemon.Stop()));
      told.log = daemon.Log();
    } catch (const std::exception& caught) {
      told.failure = caught.what();
    }
  });
  denied.join();
  return told;
}

bool Has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("Where the kernel refuses io_uring, epoll serves and clients see no difference") {
  const int error = GENERATE(ENOSYS, EPERM);
  const std::string wish = GENERATE(as<std::string>(), "uring", "auto");
  CAPTURE(error, wish);
  const Told told = RunDenied(error, {"--io-backend", wish, "--io-threads", "2"});
  if (!told.filtered) {
    WARN("skipped: this process may not install a seccomp filter");
    return;
  }
  REQUIRE(told.failure.empty());
  CHECK(Has(told.backend, "multiplexing_api:epoll\r\n"));
  CHECK(told.replies ==
        std::vector<std::string>{"OK", "(integer) 200000", "[io-backend, " + wish + "]", "0"});
  if (wish == "uring") {
    CHECK(Has(told.log, "# I/O back end: io-backend uring cannot be had, using epoll instead"));
  } else {
    CHECK(Has(told.log, "* I/O back end: epoll, because io_uring cannot be had: "));
  }
}

TEST_CASE("INFO and the log say which back end serves, and CONFIG SET cannot change it") {
  {
    Daemon daemon({"--io-backend", "epoll"});
    Client client = daemon.Connect();
    CHECK(Has(client.Command({"INFO", "server"}).text, "multiplexing_api:epoll\r\n"));
    CHECK(Has(daemon.Log(), "I/O back end: epoll, as configured"));
    CHECK(client.Command({"CONFIG", "SET", "io-backend", "uring"}).IsError());
    CHECK(client.Command({"CONFIG", "SET", "io-backend", "epoll"}) == "OK");
  }
  Daemon daemon({"--io-backend", "uring"});
  Client client = daemon.Connect();
  if (Has(daemon.Log(), "using epoll instead")) {
    WARN("skipped: " << daemon.Log());
    return;
  }
  CHECK(Has(client.Command({"INFO", "server"}).text, "multiplexing_api:uring\r\n"));
  CHECK(Has(client.Command({"INFO", "everything"}).text, "io_backend:uring\r\n"));
  CHECK(Has(client.Command({"INFO", "everything"}).text,
            "io_backend_reason:io_uring, as configured\r\n"));
  CHECK(Has(daemon.Log(), "I/O back end: io_uring, as configured"));
}

TEST_CASE("io-backend auto measures both, and INFO and the log say what came of it") {
  {
    Daemon asked({"--io-backend", "uring"});
    if (Has(asked.Log(), "using epoll instead")) {
      WARN("skipped: " << asked.Log());
      return;
    }
  }
  Daemon daemon({"--io-backend", "auto"});
  Client client = daemon.Connect();
  const std::string info = client.Command({"INFO", "everything"}).text;
  const bool uring = Has(info, "multiplexing_api:uring\r\n");
  CHECK(Has(info, std::string("io_backend:") + (uring ? "uring" : "epoll") + "\r\n"));
  const std::string reason = std::string(uring ? "io_uring" : "epoll") + ": a small request takes ";
  CHECK(Has(info, "io_backend_reason:" + reason));
  CHECK(Has(daemon.Log(), "* I/O back end: " + reason));
  // It serves what it was not tried with, too.
  CHECK(client.Command({"SET", "k", std::string(200'000, 'v')}) == "OK");
  CHECK(client.Command({"STRLEN", "k"}).Render() == "(integer) 200000");
}

}  // namespace
