// The daemon as a process: starting, signals, the command line, and the tools of every day.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <csignal>
#include <cstdio>
#include <fstream>

#include "tests/system/system_harness.h"

namespace gotthard::test {
namespace {

bool Exists(const std::string& path) {
  return access(path.c_str(), F_OK) == 0;
}
bool Contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("redis-cli gets its PONG") {
  Daemon daemon;
  const CommandResult ping = daemon.Cli({"PING"});
  CHECK(ping.exit_status == 0);
  CHECK(ping.output == "PONG\n");
}

TEST_CASE("redis-cli reads commands from its standard input") {
  Daemon daemon;
  CHECK(daemon.Cli({}, "SET k \"a b\"\nGET k\nINCR n\n").output == "OK\na b\n1\n");
}

TEST_CASE("SIGTERM and SIGINT end the daemon with status 0") {
  for (const int signal_number : {SIGTERM, SIGINT}) {
    Daemon daemon;
    Client client = daemon.Connect();
    CHECK(client.Command({"SET", "k", "v"}) == "OK");
    daemon.Signal(signal_number);
    CHECK(daemon.WaitForExit() == 0);
    CHECK(client.WaitForClose());
  }
}

TEST_CASE("the commands in flight when SIGTERM comes are answered") {
  Daemon daemon;
  Client client = daemon.Connect();
  client.Send(Client::Encode({"INCR", "n"}) + Client::Encode({"INCR", "n"}));
  CHECK(client.ReadReply() == "(integer) 1");
  daemon.Signal(SIGTERM);
  CHECK(client.ReadReply() == "(integer) 2");
  CHECK(daemon.WaitForExit() == 0);
}

TEST_CASE("a taken port is said in one line, with a status that is not 0") {
  Daemon daemon;
  const CommandResult second = RunCommand(
      {Daemon::Program(), "--port", std::to_string(daemon.port()), "--bind", "127.0.0.1"});
  CHECK(second.exit_status != 0);
  CHECK(Contains(second.output, std::to_string(daemon.port())));
  CHECK(Contains(second.output, "ddress already in use"));
  // One line about the port; the log may have said before that it is starting.
  std::size_t mentions = 0;
  for (std::size_t at = second.output.find("ddress already in use"); at != std::string::npos;
       at = second.output.find("ddress already in use", at + 1)) {
    ++mentions;
  }
  CHECK(mentions == 1);
}

TEST_CASE("SIGHUP reopens the log file") {
  TempDir dir;
  const std::string log = dir.File("gotthard.log");
  Daemon daemon({"--logfile", log});
  REQUIRE(Exists(log));
  REQUIRE(std::rename(log.c_str(), dir.File("rotated.log").c_str()) == 0);
  daemon.Signal(SIGHUP);
  WaitUntil("a new log file", [&] { return Exists(log); });
  CHECK(daemon.Cli({"PING"}).output == "PONG\n");
}

TEST_CASE("--version names the program and its version") {
  const CommandResult version = RunCommand({Daemon::Program(), "--version"});
  CHECK(version.exit_status == 0);
  CHECK(Contains(version.output, "otthard"));
  CHECK(std::count(version.output.begin(), version.output.end(), '\n') == 1);
}

TEST_CASE("--help shows how to start it") {
  const CommandResult help = RunCommand({Daemon::Program(), "--help"});
  CHECK(help.exit_status == 0);
  CHECK(Contains(help.output, "--check-config"));
  CHECK(Contains(help.output, "--version"));
}

TEST_CASE("--check-config accepts a good file and names what is wrong in a bad one") {
  TempDir dir;
  std::ofstream(dir.File("good.conf")) << "port 7000\nmaxmemory 100mb\n";
  std::ofstream(dir.File("bad.conf")) << "port 7000\nmaxmemroy 100mb\n";

  const CommandResult good =
      RunCommand({Daemon::Program(), dir.File("good.conf"), "--check-config"});
  INFO(good.output);
  CHECK(good.exit_status == 0);

  const CommandResult bad = RunCommand({Daemon::Program(), dir.File("bad.conf"), "--check-config"});
  CHECK(bad.exit_status != 0);
  CHECK(Contains(bad.output, "bad.conf"));
  CHECK(Contains(bad.output, "2"));  // the line's number
  CHECK(Contains(bad.output, "maxmemroy 100mb"));

  const CommandResult missing =
      RunCommand({Daemon::Program(), dir.File("none.conf"), "--check-config"});
  CHECK(missing.exit_status != 0);
  CHECK(Contains(missing.output, "none.conf"));
}

TEST_CASE("redis-benchmark measures the daemon") {
  Daemon daemon;
  const CommandResult bench = RunCommand({"redis-benchmark", "-p", std::to_string(daemon.port()),
                                          "-n", "2000", "-q", "-t", "ping,set,get,incr,mset"});
  INFO(bench.output);
  CHECK(bench.exit_status == 0);
  for (const char* test : {"PING_INLINE", "PING_MBULK", "SET", "GET", "INCR", "MSET (10 keys)"}) {
    CHECK(Contains(bench.output, std::string(test) + ": "));
  }
  CHECK_FALSE(Contains(bench.output, "Error"));
}

}  // namespace
}  // namespace gotthard::test
