// Options that only show between a real daemon and its clients, sockets and files.
#include <ifaddrs.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>

#include "tests/system/daemon_view.h"
#include "tests/system/system_harness.h"

namespace gotthard::test {
namespace {

bool Contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

int LocalPort(const Client& client) {
  sockaddr_in address{};
  socklen_t length = sizeof(address);
  getsockname(client.fd(), reinterpret_cast<sockaddr*>(&address), &length);
  return ntohs(address.sin_port);
}

// The kind of timer that the kernel runs for the daemon's end of this connection, as /proc/net/tcp
// numbers it: 0 none, 2 keepalive.
int KernelTimer(int daemon_port, const Client& client) {
  char local[32];
  char remote[32];
  snprintf(local, sizeof(local), "0100007F:%04X", static_cast<unsigned>(daemon_port));
  snprintf(remote, sizeof(remote), "0100007F:%04X", static_cast<unsigned>(LocalPort(client)));
  std::ifstream table("/proc/net/tcp");
  for (std::string line; std::getline(table, line);) {
    std::istringstream words(line);
    std::string number, from, to, state, queues, timer;
    words >> number >> from >> to >> state >> queues >> timer;
    if (from == local && to == remote) return std::stoi(timer.substr(0, 2), nullptr, 16);
  }
  return -1;
}

// An IPv4 address of this machine other than the loopback's; empty if it has none.
std::string OutsideAddress() {
  ifaddrs* all = nullptr;
  if (getifaddrs(&all) != 0) return "";
  std::string found;
  for (const ifaddrs* each = all; each != nullptr && found.empty(); each = each->ifa_next) {
    if (each->ifa_addr == nullptr || each->ifa_addr->sa_family != AF_INET) continue;
    const auto* address = reinterpret_cast<const sockaddr_in*>(each->ifa_addr);
    const uint32_t ip = ntohl(address->sin_addr.s_addr);
    if (ip >> 24 == 127) continue;
    found = std::to_string(ip >> 24) + "." + std::to_string(ip >> 16 & 255) + "." +
            std::to_string(ip >> 8 & 255) + "." + std::to_string(ip & 255);
  }
  freeifaddrs(all);
  return found;
}

TEST_CASE("timeout closes a client that is idle, and none that waits for a key") {
  Daemon daemon({}, "timeout 1\nhz 50\n");
  Client idle = daemon.Connect();
  Client waiting = daemon.Connect();
  waiting.Send(Client::Encode({"BLPOP", "queue", "0"}));
  CHECK(idle.Command({"PING"}) == "PONG");
  CHECK(idle.WaitForClose());
  CHECK(daemon.Connect().Command({"RPUSH", "queue", "job"}) == "(integer) 1");
  CHECK(waiting.ReadReply() == "[queue, job]");
}

TEST_CASE("tcp-keepalive is asked of the kernel for new connections, as it is set then") {
  Daemon daemon({}, "tcp-keepalive 100\n");
  Client with = daemon.Connect();
  CHECK(with.Command({"CONFIG", "SET", "tcp-keepalive", "0"}) == "OK");
  Client without = daemon.Connect();
  CHECK(without.Command({"PING"}) == "PONG");
  WaitUntil("quiet connections", [&] { return KernelTimer(daemon.port(), with) == 2; });
  WaitUntil("quiet connections", [&] { return KernelTimer(daemon.port(), without) == 0; });
}

TEST_CASE("a client of the Unix socket is shown, and killed, by its path and port 0") {
  TempDir dir;
  const std::string path = dir.File("gotthard.sock");
  Daemon daemon({}, "unixsocket " + path + "\nunixsocketperm 750\nslowlog-log-slower-than 0\n");
  struct stat file = {};
  REQUIRE(stat(path.c_str(), &file) == 0);
  CHECK((file.st_mode & 0777) == 0750);
  Client local(path);
  CHECK(Contains(local.Command({"CLIENT", "INFO"}).text,
                 " addr=" + path + ":0 laddr=" + path + ":0 "));
  CHECK(local.Command({"SLOWLOG", "GET", "1"}).elements.at(0).elements.at(4).text == path + ":0");
  Client tcp = daemon.Connect();
  CHECK(tcp.Command({"CLIENT", "KILL", "ADDR", path + ":0"}) == "(integer) 1");
  CHECK(local.WaitForClose());
}

TEST_CASE("an output limit of a few bytes leaves room for short replies") {
  Daemon daemon({}, "client-output-buffer-limit normal 1 0 0\n");
  Client client = daemon.Connect();
  CHECK(client.Command({"SET", "k", "v"}) == "OK");
  CHECK(client.Command({"GET", "k"}) == "v");
  CHECK(client.Command({"SETRANGE", "k", "100000", "v"}) == "(integer) 100001");
  client.Send(Client::Encode({"GET", "k"}));
  CHECK(client.WaitForClose());
}

TEST_CASE("maxmemory-clients closes those that hold most") {
  Daemon daemon({}, "maxmemory-clients 2mb\nhz 50\n");
  Client small = daemon.Connect();
  Client large = daemon.Connect();
  Client spared = daemon.Connect();
  CHECK(spared.Command({"CLIENT", "NO-EVICT", "on"}) == "OK");
  const std::string begin = "*2\r\n$3\r\nGET\r\n$1500000\r\n" + std::string(1'000'000, 'x');
  spared.Send(begin + std::string(400'000, 'x'));
  large.Send(begin);
  CHECK(large.WaitForClose());
  CHECK(InfoNumber(small, "evicted_clients") == 1);
  spared.Send(std::string(100'000, 'x') + "\r\n");
  CHECK(spared.ReadReply().IsNull());
}

TEST_CASE("protected-mode keeps others out until there is a password") {
  const std::string address = OutsideAddress();
  if (address.empty()) return;
  Daemon daemon({"--bind", "127.0.0.1", address});
  const auto ping = [&](const std::vector<std::string>& more) {
    std::vector<std::string> words = {"redis-cli", "-h", address, "-p",
                                      std::to_string(daemon.port())};
    words.insert(words.end(), more.begin(), more.end());
    words.emplace_back("PING");
    return RunCommand(words).output;
  };
  CHECK(Contains(ping({}), "DENIED"));
  Client client = daemon.Connect();
  CHECK(client.Command({"CONFIG", "SET", "requirepass", "secret"}) == "OK");
  CHECK(Contains(ping({}), "NOAUTH"));
  CHECK(Contains(ping({"-a", "secret"}), "PONG"));
  CHECK(client.Command({"CONFIG", "SET", "requirepass", "", "protected-mode", "no"}) == "OK");
  CHECK(ping({}) == "PONG\n");
}

TEST_CASE("rename-command takes a command away, and one that cannot be is told with its line") {
  Daemon daemon({}, "rename-command CONFIG fine-tune\nrename-command FLUSHALL \"\"\n");
  Client client = daemon.Connect();
  CHECK(client.Command({"FINE-TUNE", "GET", "databases"}) == "[databases, 16]");
  CHECK(Contains(client.Command({"CONFIG", "GET", "port"}).text, "unknown command 'CONFIG'"));
  CHECK(Contains(client.Command({"FLUSHALL"}).text, "unknown command 'FLUSHALL'"));

  TempDir dir;
  std::ofstream(dir.File("bad.conf")) << "port 7000\n\nrename-command FLUSHAL \"\"\n";
  const CommandResult bad = RunCommand({Daemon::Program(), dir.File("bad.conf"), "--check-config"});
  CHECK(bad.exit_status != 0);
  CHECK(Contains(bad.output, "bad.conf, at line 3\n>>> 'rename-command FLUSHAL \"\"'\n"));
  CHECK(Contains(bad.output, "No such command in rename-command: 'FLUSHAL'"));
}

TEST_CASE("directives that nothing acts on are named in the log, those that work are not") {
  Daemon daemon({}, "user alice on nopass ~* +@all\nappendonly no\nhash-max-listpack-entries 9\n");
  daemon.WaitForLog("Ready to accept connections");
  const std::string log = daemon.Log();
  const std::size_t at = log.find("Known directives without effect in this version:");
  REQUIRE(at != std::string::npos);
  const std::string line = log.substr(at, log.find('\n', at) - at);
  CHECK(Contains(line, " user"));
  CHECK_FALSE(Contains(line, "hash-max-listpack-entries"));
}

TEST_CASE("the process is found by the name of its program") {
  Daemon daemon({"--io-threads", "2"});
  std::string name;
  std::getline(std::ifstream("/proc/" + std::to_string(daemon.pid()) + "/comm"), name);
  const std::string program = Daemon::Program();
  CHECK(name == program.substr(program.rfind('/') + 1).substr(0, 15));
}

TEST_CASE("daemonize leaves a server in the background with a PID file, which goes at its end") {
  TempDir dir;
  const std::string port = std::to_string(Daemon::FreePort());
  const std::string pid_file = dir.File("gotthard.pid");
  const CommandResult started = RunCommand(
      {Daemon::Program(), "--port", port, "--bind", "127.0.0.1", "--daemonize", "yes", "--pidfile",
       pid_file, "--dir", dir.path(), "--logfile", dir.File("gotthard.log")});
  REQUIRE(started.exit_status == 0);
  WaitUntil("the server in the background", [&] {
    return RunCommand({"redis-cli", "-p", port, "PING"}).output == "PONG\n";
  });
  pid_t pid = 0;
  std::ifstream(pid_file) >> pid;
  REQUIRE(pid > 0);
  CHECK(getsid(pid) == pid);
  CHECK(RunCommand({"redis-cli", "-p", port, "SHUTDOWN"}).exit_status == 0);
  WaitUntil("its end", [&] { return kill(pid, 0) != 0; });
  CHECK(access(pid_file.c_str(), F_OK) != 0);
}

TEST_CASE("jemalloc-bg-thread runs the allocator's threads, and CONFIG SET stops them") {
  const bool run = GENERATE(true, false);
  Daemon daemon({"--jemalloc-bg-thread", run ? "yes" : "no", "--enable-debug-command", "yes"});
  Client client = daemon.Connect();
  const std::vector<std::string> ask = {"DEBUG", "MALLCTL", "background_thread"};
  if (client.Command(ask).IsError()) {
    WARN("skipped: this build has no jemalloc");
    return;
  }
  CHECK(client.Command(ask).Render() == (run ? "(integer) 1" : "(integer) 0"));
  CHECK(client.Command({"CONFIG", "SET", "jemalloc-bg-thread", run ? "no" : "yes"}) == "OK");
  CHECK(client.Command(ask).Render() == (run ? "(integer) 0" : "(integer) 1"));
}

}  // namespace
}  // namespace gotthard::test
