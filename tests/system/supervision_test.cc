// The daemon under a supervisor: what the systemd unit in conf/ relies on.
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <stdexcept>

#include "tests/system/system_harness.h"

namespace gotthard::test {
namespace {

// Stands in for systemd: what processes started in its lifetime find in NOTIFY_SOCKET.
class FakeSystemd {
 public:
  FakeSystemd() : path_(dir_.File("notify")), fd_(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    path_.copy(address.sun_path, sizeof(address.sun_path) - 1);
    if (bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
      throw std::runtime_error("no socket for notifications");
    }
    setenv("NOTIFY_SOCKET", path_.c_str(), 1);
  }
  ~FakeSystemd() {
    unsetenv("NOTIFY_SOCKET");
    close(fd_);
  }

  // Waits, within kPatience, for a message that has the line.
  void WaitForLine(const std::string& line) {
    const Deadline deadline(kPatience);
    while (true) {
      pollfd entry = {fd_, POLLIN, 0};
      if (poll(&entry, 1, deadline.LeftMs()) != 1) Fail("no notification " + line);
      char buffer[4096];
      const ssize_t size = recv(fd_, buffer, sizeof(buffer), 0);
      const std::string message = "\n" + std::string(buffer, size < 0 ? 0 : size);
      if (message.find("\n" + line + "\n") != std::string::npos) return;
    }
  }

 private:
  TempDir dir_;
  std::string path_;
  int fd_;
};

TEST_CASE("systemd is told when the daemon is ready and when it ends") {
  FakeSystemd systemd;
  Daemon daemon({"--supervised", "systemd"});
  systemd.WaitForLine("READY=1");
  daemon.Signal(SIGTERM);
  systemd.WaitForLine("STOPPING=1");
  CHECK(daemon.WaitForExit() == 0);
}

}  // namespace
}  // namespace gotthard::test
