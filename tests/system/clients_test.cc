// The tools and libraries of every day, as their users run them.
#include <hiredis/hiredis.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <memory>
#include <set>
#include <sstream>
#include <string>

#include "tests/system/daemon_view.h"
#include "tests/system/system_harness.h"

namespace gotthard::test {
namespace {

bool Contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

std::string Port(const Daemon& daemon) {
  return std::to_string(daemon.port());
}

// --- hiredis (RESP2: Debian 12 has 0.14, from before RESP3)

struct FreeContext {
  void operator()(redisContext* context) const { redisFree(context); }
};
struct FreeReply {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};
using HiredisContext = std::unique_ptr<redisContext, FreeContext>;
using HiredisReply = std::unique_ptr<redisReply, FreeReply>;

HiredisContext ConnectHiredis(const Daemon& daemon) {
  HiredisContext context(
      redisConnectWithTimeout("127.0.0.1", daemon.port(), timeval{.tv_sec = 60, .tv_usec = 0}));
  REQUIRE(context != nullptr);
  REQUIRE(context->err == 0);
  return context;
}

template <typename... Args>
HiredisReply Ask(const HiredisContext& context, const char* format, Args... args) {
  HiredisReply reply(static_cast<redisReply*>(redisCommand(context.get(), format, args...)));
  REQUIRE(reply != nullptr);
  return reply;
}

HiredisReply NextReply(const HiredisContext& context) {
  void* reply = nullptr;
  REQUIRE(redisGetReply(context.get(), &reply) == REDIS_OK);
  return HiredisReply(static_cast<redisReply*>(reply));
}

TEST_CASE("hiredis gets its replies, binary values included") {
  Daemon daemon;
  const HiredisContext context = ConnectHiredis(daemon);
  const std::string value("a\0b\r\n", 5);
  CHECK(std::string(Ask(context, "SET %s %b", "key", value.data(), value.size())->str) == "OK");
  const HiredisReply got = Ask(context, "GET %s", "key");
  CHECK(got->type == REDIS_REPLY_STRING);
  CHECK(std::string(got->str, got->len) == value);
  CHECK(Ask(context, "INCR counter")->integer == 1);
  CHECK(Ask(context, "GET missing")->type == REDIS_REPLY_NIL);
  CHECK(Ask(context, "INCR key")->type == REDIS_REPLY_ERROR);
}

TEST_CASE("hiredis pipelines appended commands") {
  Daemon daemon({"--io-threads", "2"});
  const HiredisContext context = ConnectHiredis(daemon);
  constexpr int kCommands = 10'000;
  for (int i = 0; i < kCommands; ++i) {
    REQUIRE(redisAppendCommand(context.get(), "SET key:%d %d", i, i) == REDIS_OK);
    REQUIRE(redisAppendCommand(context.get(), "GET key:%d", i) == REDIS_OK);
  }
  int right = 0;
  for (int i = 0; i < kCommands; ++i) {
    right += NextReply(context)->type == REDIS_REPLY_STATUS ? 1 : 0;
    right += std::to_string(i) == NextReply(context)->str ? 1 : 0;
  }
  CHECK(right == 2 * kCommands);
}

// --- redis-cli

TEST_CASE("redis-cli -x takes a value from its standard input") {
  Daemon daemon;
  const std::string value(300'000, 'v');
  const CommandResult set = RunCommand({"redis-cli", "-p", Port(daemon), "-x", "SET", "k"}, value);
  CHECK(set.output == "OK\n");
  CHECK(daemon.Cli({"STRLEN", "k"}).output == "300000\n");
}

TEST_CASE("redis-cli --scan lists every key once") {
  Daemon daemon;
  Client client = daemon.Connect();
  std::set<std::string> expected;
  for (int i = 0; i < 2000; ++i) {
    expected.insert("key:" + std::to_string(i));
    REQUIRE(client.Command({"SET", "key:" + std::to_string(i), "v"}) == "OK");
  }
  std::istringstream lines(daemon.Cli({"--scan", "--pattern", "key:*"}).output);
  std::set<std::string> seen;
  std::size_t count = 0;
  for (std::string line; std::getline(lines, line); ++count) seen.insert(line);
  CHECK(seen == expected);
  CHECK(count == expected.size());
}

TEST_CASE("redis-cli --pipe loads a stream of commands") {
  Daemon daemon;
  std::string stream;
  for (int i = 0; i < 20'000; ++i) {
    stream += Client::Encode({"SET", "key:" + std::to_string(i), std::to_string(i)});
  }
  const CommandResult pipe = daemon.Cli({"--pipe"}, stream);
  INFO(pipe.output);
  CHECK(pipe.exit_status == 0);
  CHECK(Contains(pipe.output, "errors: 0, replies: 20000"));
  CHECK(daemon.Cli({"DBSIZE"}).output == "20000\n");
}

TEST_CASE("redis-cli -3 shows maps") {
  Daemon daemon;
  const CommandResult maxclients = daemon.Cli({"-3", "--no-raw", "CONFIG", "GET", "maxclients"});
  CHECK(maxclients.output == "1# \"maxclients\" => \"10000\"\n");
}

TEST_CASE("redis-cli shows the daemon's INFO") {
  Daemon daemon;
  const std::string info = daemon.Cli({"INFO"}).output;
  for (const char* part : {"# Server", "# Clients", "# Memory", "# Stats", "redis_version:7.2",
                           "server_name:gotthard"}) {
    INFO(part);
    CHECK(Contains(info, part));
  }
}

TEST_CASE("redis-cli finds the biggest keys, by length and by memory") {
  Daemon daemon;
  Client client = daemon.Connect();
  REQUIRE(client.Command({"SET", "small", "v"}) == "OK");
  REQUIRE(client.Command({"SET", "large", std::string(5000, 'v')}) == "OK");
  const CommandResult big = daemon.Cli({"--bigkeys"});
  INFO(big.output);
  CHECK(big.exit_status == 0);
  CHECK(Contains(big.output, "Biggest string found '\"large\"' has 5000 bytes"));
  const CommandResult memory = daemon.Cli({"--memkeys"});
  INFO(memory.output);
  CHECK(memory.exit_status == 0);
  CHECK(Contains(memory.output, "Biggest string found '\"large\"' has"));
}

TEST_CASE("redis-cli measures the daemon's latency") {
  Daemon daemon;
  // Without a terminal it samples for one interval and prints one line.
  const CommandResult latency = daemon.Cli({"--raw", "-i", "1", "--latency"});
  INFO(latency.output);
  CHECK(latency.exit_status == 0);
  int least = -1;
  int most = -1;
  double mean = -1;
  int samples = 0;
  std::istringstream(latency.output) >> least >> most >> mean >> samples;
  CHECK(samples > 0);
}

// --- Load generators

TEST_CASE("redis-benchmark runs its tests in RESP2 and RESP3, with threads and pipelines") {
  Daemon daemon({"--io-threads", "2"});
  for (const std::vector<std::string>& extra : {std::vector<std::string>{"-P", "16"},
                                                {"-3", "-c", "10"},
                                                {"--threads", "2", "-r", "1000"}}) {
    std::vector<std::string> command{"redis-benchmark",
                                     "-p",
                                     Port(daemon),
                                     "-n",
                                     "5000",
                                     "-q",
                                     "-t",
                                     "ping_inline,ping_mbulk,set,get,incr,mset"};
    command.insert(command.end(), extra.begin(), extra.end());
    const CommandResult bench = RunCommand(command);
    INFO(bench.output);
    CHECK(bench.exit_status == 0);
    CHECK(Contains(bench.output, "MSET (10 keys): "));
    CHECK_FALSE(Contains(bench.output, "rror"));
  }
}

TEST_CASE("memtier_benchmark measures the daemon") {
  if (std::system("command -v memtier_benchmark >/dev/null") != 0) {
    WARN("skipped: memtier_benchmark is not on PATH");
    return;
  }
  Daemon daemon({"--io-threads", "2"});
  const CommandResult bench =
      RunCommand({"memtier_benchmark", "-s", "127.0.0.1", "-p", Port(daemon), "-t", "2", "-c", "5",
                  "-n", "1000", "--pipeline", "10", "--ratio", "1:1", "--hide-histogram"});
  INFO(bench.output);
  CHECK(bench.exit_status == 0);
  CHECK(Contains(bench.output, "Totals"));
  CHECK_FALSE(Contains(bench.output, "error:"));
  Client client = daemon.Connect();
  CHECK(InfoPart(client, "cmdstat_get", "calls") == 5000);
  CHECK(InfoPart(client, "cmdstat_set", "calls") == 5000);
}

}  // namespace
}  // namespace gotthard::test
