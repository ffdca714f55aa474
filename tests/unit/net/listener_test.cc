#include "net/listener.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "base/clock.h"
#include "tests/unit/server/temp_dir.h"

namespace gotthard {
namespace {

using test::ReadFile;
using test::TempDir;

class Socket {
 public:
  explicit Socket(int fd = -1) : fd_(fd) {}
  ~Socket() {
    if (fd_ >= 0) close(fd_);
  }
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  int fd() const { return fd_; }
  bool ok() const { return fd_ >= 0; }

 private:
  int fd_;
};

sockaddr_in V4(const char* host, int port) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  inet_pton(AF_INET, host, &address.sin_addr);
  return address;
}

// A socket bound to a port that the kernel chooses, or to the given one.
Socket Bound(const char* host, int* port) {
  Socket socket(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in address = V4(host, *port);
  socklen_t size = sizeof(address);
  REQUIRE(bind(socket.fd(), reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(listen(socket.fd(), 8) == 0);
  getsockname(socket.fd(), reinterpret_cast<sockaddr*>(&address), &size);
  *port = ntohs(address.sin_port);
  return socket;
}

int FreePort() {
  int port = 0;
  Bound("0.0.0.0", &port);
  return port;
}

Socket ConnectV4(int port, const char* host = "127.0.0.1") {
  Socket client(::socket(AF_INET, SOCK_STREAM, 0));
  const sockaddr_in address = V4(host, port);
  if (connect(client.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    return Socket();
  }
  return client;
}

Socket ConnectV6(int port) {
  Socket client(::socket(AF_INET6, SOCK_STREAM, 0));
  sockaddr_in6 address = {};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(static_cast<uint16_t>(port));
  address.sin6_addr = in6addr_loopback;
  if (connect(client.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    return Socket();
  }
  return client;
}

Socket ConnectUnix(const std::string& path) {
  Socket client(::socket(AF_UNIX, SOCK_STREAM, 0));
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  if (connect(client.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    return Socket();
  }
  return client;
}

bool HasIpv6Loopback() {
  Socket socket(::socket(AF_INET6, SOCK_STREAM, 0));
  sockaddr_in6 address = {};
  address.sin6_family = AF_INET6;
  address.sin6_addr = in6addr_loopback;
  return socket.ok() &&
         bind(socket.fd(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
}

bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != text.npos;
}

// A set that logs to a file.
struct Fixture {
  Fixture() {
    Log::Options options;
    options.file = dir.File("log");
    options.level = LogLevel::kDebug;
    REQUIRE(log.Configure(options).ok());
  }
  std::string LogText() const { return ReadFile(dir.File("log")); }
  static ListenOptions Tcp(int port, std::vector<std::string> bind = {"127.0.0.1"}) {
    ListenOptions options;
    options.port = port;
    options.bind = std::move(bind);
    return options;
  }
  Status Change(const ListenOptions& options) {
    return set.ChangeTcp(
        options,
        [&](const Listener& listener) {
          watched.push_back(listener.address);
          return Status::Ok();
        },
        [&](const Listener& listener) { unwatched.push_back(listener.address); });
  }

  TempDir dir;
  Clock clock;
  Log log{clock};
  ListenerSet set{log};
  std::vector<std::string> watched;
  std::vector<std::string> unwatched;
};

TEST_CASE("a TCP port is listened on, without blocking and not across exec") {
  Fixture f;
  const int port = FreePort();
  REQUIRE(f.set.Open(Fixture::Tcp(port)).ok());
  REQUIRE(f.set.listeners().size() == 1);
  const Listener& listener = f.set.listeners()[0];
  CHECK(listener.kind == Listener::Kind::kTcp);
  CHECK(listener.address == "127.0.0.1:" + std::to_string(port));
  CHECK((fcntl(listener.fd, F_GETFL) & O_NONBLOCK) != 0);
  CHECK((fcntl(listener.fd, F_GETFD) & FD_CLOEXEC) != 0);
  CHECK(ConnectV4(port).ok());
  f.set.Close();
  CHECK_FALSE(ConnectV4(port).ok());
}

TEST_CASE("a taken port is one line with port and reason, and nothing stays open") {
  Fixture f;
  int port = 0;
  const Socket other = Bound("127.0.0.2", &port);
  const Status status = f.set.Open(Fixture::Tcp(port, {"127.0.0.1", "127.0.0.2"}));
  CHECK(status.text() == "Failed listening on port " + std::to_string(port) +
                             " (tcp), aborting: 127.0.0.2:" + std::to_string(port) +
                             ": Address already in use");
  CHECK(f.set.listeners().empty());
  CHECK_FALSE(ConnectV4(port).ok());
}

TEST_CASE("a missing address is an error unless it is marked with a minus sign") {
  Fixture f;
  const int port = FreePort();
  // 192.0.2.0/24 is for documentation (RFC 5737): no machine has it.
  const Status status = f.set.Open(Fixture::Tcp(port, {"192.0.2.1"}));
  CHECK(Contains(status.text(), "Cannot assign requested address"));
  REQUIRE(f.set.Open(Fixture::Tcp(port, {"-192.0.2.1", "127.0.0.1"})).ok());
  CHECK(f.set.listeners().size() == 1);
  CHECK(Contains(f.LogText(), "Not listening on 192.0.2.1:"));
}

TEST_CASE("a name that is no address is an error that names it") {
  Fixture f;
  const Status status = f.set.Open(Fixture::Tcp(FreePort(), {"no host"}));
  CHECK(Contains(status.text(), "no host"));
}

TEST_CASE("all addresses of both families can be listed together") {
  if (!HasIpv6Loopback()) return;
  Fixture f;
  const int port = FreePort();
  REQUIRE(f.set.Open(Fixture::Tcp(port, {"*", "::*"})).ok());
  REQUIRE(f.set.listeners().size() == 2);
  CHECK(f.set.listeners()[0].address == "0.0.0.0:" + std::to_string(port));
  CHECK(f.set.listeners()[1].address == "[::]:" + std::to_string(port));
  CHECK(ConnectV4(port, "127.0.0.3").ok());
  const Socket client = ConnectV6(port);
  REQUIRE(client.ok());
  CHECK(PeerAddress(client.fd()) == "[::1]:" + std::to_string(port));
  CHECK(IsLoopbackPeer(client.fd()));
}

TEST_CASE("a server that would listen nowhere does not start") {
  Fixture f;
  CHECK_FALSE(f.set.Open(Fixture::Tcp(0)).ok());
  CHECK_FALSE(f.set.Open(Fixture::Tcp(FreePort(), {})).ok());
}

TEST_CASE("a backlog that the kernel cuts down is warned of") {
  Fixture f;
  ListenOptions options = Fixture::Tcp(FreePort());
  options.backlog = 1;
  REQUIRE(f.set.Open(options).ok());
  CHECK_FALSE(Contains(f.LogText(), "somaxconn"));
  f.set.Close();
  options.backlog = INT32_MAX;
  REQUIRE(f.set.Open(options).ok());
  CHECK(Contains(f.LogText(), "somaxconn"));
}

TEST_CASE("a Unix socket gets its permissions and goes at the end") {
  Fixture f;
  ListenOptions options;
  options.unix_path = f.dir.File("sock");
  options.unix_permission = 0700;
  REQUIRE(f.set.Open(options).ok());
  REQUIRE(f.set.listeners().size() == 1);
  CHECK(f.set.listeners()[0].kind == Listener::Kind::kUnix);
  CHECK(f.set.listeners()[0].address == options.unix_path);
  struct stat found = {};
  REQUIRE(stat(options.unix_path.c_str(), &found) == 0);
  CHECK((found.st_mode & 0777) == 0700);

  const Socket client = ConnectUnix(options.unix_path);
  REQUIRE(client.ok());
  const Socket accepted(accept(f.set.listeners()[0].fd, nullptr, nullptr));
  REQUIRE(accepted.ok());
  CHECK(PeerAddress(accepted.fd()) == options.unix_path + ":0");
  CHECK(LocalAddress(accepted.fd()) == options.unix_path + ":0");
  CHECK(IsLoopbackPeer(accepted.fd()));
  f.set.Close();
  CHECK_FALSE(std::filesystem::exists(options.unix_path));
}

TEST_CASE("what lies at a Unix socket's path is removed only if it is a socket left over") {
  Fixture f;
  ListenOptions options;
  options.unix_path = f.dir.File("sock");
  {
    Socket old(::socket(AF_UNIX, SOCK_STREAM, 0));
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    options.unix_path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    REQUIRE(bind(old.fd(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
    REQUIRE(listen(old.fd(), 1) == 0);
    const Status status = f.set.Open(options);
    CHECK(Contains(status.text(), options.unix_path));
    CHECK(Contains(status.text(), "Address already in use"));
  }
  REQUIRE(std::filesystem::exists(options.unix_path));
  CHECK(f.set.Open(options).ok());
  f.set.Close();

  std::ofstream(options.unix_path) << "precious";
  CHECK_FALSE(f.set.Open(options).ok());
  CHECK(ReadFile(options.unix_path) == "precious");

  options.unix_path = f.dir.File(std::string(120, 'x'));
  CHECK(Contains(f.set.Open(options).text(), "File name too long"));
}

TEST_CASE("a Unix socket that another server has put there stays") {
  Fixture f;
  ListenOptions options;
  options.unix_path = f.dir.File("sock");
  REQUIRE(f.set.Open(options).ok());
  std::filesystem::rename(options.unix_path, f.dir.File("moved"));
  std::ofstream(options.unix_path) << "another";
  f.set.Close();
  CHECK(ReadFile(options.unix_path) == "another");
}

TEST_CASE("when the Unix socket fails the TCP sockets close again") {
  Fixture f;
  ListenOptions options = Fixture::Tcp(FreePort());
  options.unix_path = f.dir.File("no/such/directory");
  CHECK_FALSE(f.set.Open(options).ok());
  CHECK_FALSE(ConnectV4(options.port).ok());
}

TEST_CASE("another port replaces the old sockets and keeps the Unix socket") {
  Fixture f;
  const int first = FreePort();
  ListenOptions options = Fixture::Tcp(first);
  options.unix_path = f.dir.File("sock");
  REQUIRE(f.set.Open(options).ok());
  const int second = FreePort();
  options.port = second;
  REQUIRE(f.Change(options).ok());
  CHECK(f.watched == std::vector<std::string>{"127.0.0.1:" + std::to_string(second)});
  CHECK(f.unwatched == std::vector<std::string>{"127.0.0.1:" + std::to_string(first)});
  CHECK(f.set.listeners().size() == 2);
  CHECK_FALSE(ConnectV4(first).ok());
  CHECK(ConnectV4(second).ok());
  CHECK(ConnectUnix(options.unix_path).ok());

  options.port = 0;
  REQUIRE(f.Change(options).ok());
  CHECK(f.set.listeners().size() == 1);
  CHECK_FALSE(ConnectV4(second).ok());
}

TEST_CASE("an address that stays keeps its socket") {
  Fixture f;
  const int port = FreePort();
  REQUIRE(f.set.Open(Fixture::Tcp(port)).ok());
  const int fd = f.set.listeners()[0].fd;
  REQUIRE(f.Change(Fixture::Tcp(port, {"127.0.0.2", "127.0.0.1"})).ok());
  REQUIRE(f.set.listeners().size() == 2);
  CHECK(f.set.listeners()[1].fd == fd);
  CHECK(f.watched == std::vector<std::string>{"127.0.0.2:" + std::to_string(port)});
  CHECK(f.unwatched.empty());
}

TEST_CASE("one address and all addresses can take each other's place") {
  Fixture f;
  const int port = FreePort();
  REQUIRE(f.set.Open(Fixture::Tcp(port)).ok());
  REQUIRE(f.Change(Fixture::Tcp(port, {"*"})).ok());
  CHECK(ConnectV4(port, "127.0.0.2").ok());
  REQUIRE(f.Change(Fixture::Tcp(port, {"127.0.0.1"})).ok());
  CHECK(ConnectV4(port).ok());
  CHECK_FALSE(ConnectV4(port, "127.0.0.2").ok());
}

TEST_CASE("a change that fails leaves the old sockets listening") {
  Fixture f;
  const int port = FreePort();
  REQUIRE(f.set.Open(Fixture::Tcp(port)).ok());
  const int fd = f.set.listeners()[0].fd;

  SECTION("the new port is taken") {
    int taken = 0;
    const Socket other = Bound("127.0.0.1", &taken);
    const Status status = f.Change(Fixture::Tcp(taken));
    CHECK(Contains(status.text(), "Address already in use"));
  }
  SECTION("a second server is in the way of the new address, and so is an old one of ours") {
    int same = port;
    const Socket other = Bound("127.0.0.2", &same);
    CHECK_FALSE(f.Change(Fixture::Tcp(port, {"*"})).ok());
  }
  SECTION("the reactor does not take the new socket") {
    const int second = FreePort();
    int unwatched = 0;
    int watched = 0;
    const Status status = f.set.ChangeTcp(
        Fixture::Tcp(second, {"127.0.0.1", "127.0.0.2"}),
        [&](const Listener&) { return ++watched == 1 ? Status::Ok() : Status::Error("full"); },
        [&](const Listener& listener) {
          ++unwatched;
          CHECK(listener.address == "127.0.0.1:" + std::to_string(second));
        });
    CHECK(status.text() == "full");
    CHECK(unwatched == 1);
    CHECK_FALSE(ConnectV4(second).ok());
  }
  REQUIRE(f.set.listeners().size() == 1);
  CHECK(f.set.listeners()[0].fd == fd);
  CHECK(f.unwatched.empty());
  REQUIRE(ConnectV4(port).ok());
  CHECK(Socket(accept(fd, nullptr, nullptr)).ok());
}

TEST_CASE("accepted sockets are tuned and tell their two ends") {
  Fixture f;
  const int port = FreePort();
  REQUIRE(f.set.Open(Fixture::Tcp(port)).ok());
  const Socket client = ConnectV4(port);
  const Socket accepted(accept(f.set.listeners()[0].fd, nullptr, nullptr));
  REQUIRE(accepted.ok());

  CHECK(LocalAddress(accepted.fd()) == "127.0.0.1:" + std::to_string(port));
  CHECK(PeerAddress(accepted.fd()) == LocalAddress(client.fd()));
  CHECK(IsLoopbackPeer(accepted.fd()));

  TuneClientSocket(accepted.fd(), 300);
  const auto option = [&](int level, int name) {
    int value = -1;
    socklen_t size = sizeof(value);
    getsockopt(accepted.fd(), level, name, &value, &size);
    return value;
  };
  CHECK(option(IPPROTO_TCP, TCP_NODELAY) != 0);
  CHECK(option(SOL_SOCKET, SO_KEEPALIVE) != 0);
  CHECK(option(IPPROTO_TCP, TCP_KEEPIDLE) == 300);
  CHECK(option(IPPROTO_TCP, TCP_KEEPINTVL) == 100);
  CHECK(option(IPPROTO_TCP, TCP_KEEPCNT) == 3);
}

TEST_CASE("a socket without a peer has no address and is not local") {
  const Socket socket(::socket(AF_INET, SOCK_STREAM, 0));
  CHECK(PeerAddress(socket.fd()) == "?:0");
  CHECK_FALSE(IsLoopbackPeer(socket.fd()));
  TuneClientSocket(socket.fd(), 0);
  int value = -1;
  socklen_t size = sizeof(value);
  getsockopt(socket.fd(), SOL_SOCKET, SO_KEEPALIVE, &value, &size);
  CHECK(value == 0);
}

TEST_CASE("options come from the configuration") {
  Config config;
  config.port = 7000;
  config.bind = {"127.0.0.1", "-::1"};
  config.unixsocket = "/x";
  config.unixsocketperm = 0700;
  config.tcp_backlog = 9;
  const ListenOptions options = ListenOptions::From(config);
  CHECK(options.port == 7000);
  CHECK(options.bind == config.bind);
  CHECK(options.unix_path == "/x");
  CHECK(options.unix_permission == 0700);
  CHECK(options.backlog == 9);
}

}  // namespace
}  // namespace gotthard
