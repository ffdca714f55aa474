#include "commands/info.h"

#include <sstream>

#include "base/version.h"
#include "commands/memory_use.h"
#include "tests/commands/harness.h"

namespace gotthard {
namespace {

std::string Info(Harness& h, std::string_view sections = "") {
  return h.Run("INFO " + std::string(sections)).text;
}

// The value of a field, or "(none)".
std::string Field(const std::string& info, const std::string& name) {
  size_t at = ("\r\n" + info).find("\r\n" + name + ":");
  if (at == std::string::npos) return "(none)";
  at += name.size() + 1;
  return info.substr(at, info.find("\r\n", at) - at);
}

std::string Titles(const std::string& info) {
  std::istringstream lines(info);
  std::string titles;
  for (std::string line; std::getline(lines, line);) {
    if (line[0] == '#') titles += line.substr(2, line.size() - 3) + " ";
  }
  return titles;
}

constexpr const char* kDefaultTitles =
    "Server Clients Memory Persistence Stats Replication CPU Threads Modules Errorstats Cluster "
    "Keyspace ";
constexpr const char* kAllTitles =
    "Server Clients Memory Persistence Stats Replication CPU Threads Modules Commandstats "
    "Errorstats Latencystats Cluster Keyspace ";

}  // namespace

TEST_CASE("INFO shows the sections that are asked for, in its own order") {
  Harness h;
  CHECK(Titles(Info(h)) == kDefaultTitles);
  CHECK(Titles(Info(h, "default")) == kDefaultTitles);
  CHECK(Titles(Info(h, "all")) == kAllTitles);
  CHECK(Titles(Info(h, "Everything")) == kAllTitles);
  CHECK(Titles(Info(h, "keyspace CPU cpu nosuch")) == "CPU Keyspace ");
  CHECK(Titles(Info(h, "default commandstats")).find("Commandstats") != std::string::npos);
  CHECK(h.Run("INFO nosuch") == Bulk(""));
}

TEST_CASE("INFO is verbatim text in RESP3, and its lines end in CR LF") {
  Harness h;
  h.Run("HELLO 3");
  ReplyValue cpu = h.Run("INFO cpu");
  CHECK(cpu.kind == ReplyValue::Kind::kVerbatim);
  CHECK(cpu.text.find("# CPU\r\nused_cpu_sys:") != std::string::npos);
}

TEST_CASE("INFO server says who is there") {
  Harness h;
  h.AdvanceMs(90'000'000);
  std::string info = Info(h, "server");
  CHECK(Field(info, "redis_version") == kRedisVersion);
  CHECK(Field(info, "server_name") == "gotthard");
  CHECK(Field(info, "gotthard_version") == kGotthardVersion);
  CHECK(Field(info, "redis_mode") == "standalone");
  CHECK(Field(info, "run_id") == std::string(40, 'a'));
  CHECK(Field(info, "uptime_in_seconds") == "90000");
  CHECK(Field(info, "uptime_in_days") == "1");
  CHECK(Field(info, "tcp_port") == "6379");
}

TEST_CASE("INFO clients counts those who are connected, and those who wait") {
  Harness h;
  TestClient& other = h.NewClient();
  CHECK(Field(Info(h, "clients"), "connected_clients") == "2");
  CHECK(Field(Info(h, "clients"), "blocked_clients") == "0");
  CHECK(other.Waits("SHUTDOWN"));
  CHECK(Field(Info(h, "clients"), "blocked_clients") == "1");
  other.Disconnect();
  CHECK(Field(Info(h, "clients"), "connected_clients") == "1");
}

TEST_CASE("INFO keyspace shows the databases that hold keys") {
  Harness h;
  CHECK(Info(h, "keyspace") == "# Keyspace\r\n");
  h.Run("SET a 1");
  h.Run("SET b 1 PX 5000");
  h.Run("SELECT 3");
  h.Run("SET c 1");
  CHECK(Info(h, "keyspace") ==
        "# Keyspace\r\ndb0:keys=2,expires=1,avg_ttl=5000\r\ndb3:keys=1,expires=0,avg_ttl=0\r\n");
}

TEST_CASE("INFO commandstats, errorstats and latencystats count commands by name") {
  Harness h;
  h.Run("CONFIG RESETSTAT");
  h.Run("TIME");
  h.Run("TIME");
  h.Run("SLOWLOG LEN");
  h.Run("SLOWLOG GET x");
  h.Run("nosuch");
  std::string stats = Info(h, "commandstats");
  CHECK(Field(stats, "cmdstat_time").rfind("calls=2,usec=", 0) == 0);
  CHECK(Field(stats, "cmdstat_slowlog|len").rfind("calls=1,", 0) == 0);
  CHECK(Field(stats, "cmdstat_slowlog|get").find(",rejected_calls=0,failed_calls=1") !=
        std::string::npos);
  CHECK(Field(stats, "cmdstat_set") == "(none)");
  CHECK(Field(Info(h, "errorstats"), "errorstat_ERR") == "count=2");
  CHECK(Field(Info(h, "stats"), "total_error_replies") == "2");

  CHECK(Field(Info(h, "latencystats"), "latency_percentiles_usec_time").rfind("p50=", 0) == 0);
  h.Run("CONFIG SET latency-tracking-info-percentiles \"0 99.95 100\"");
  std::string line = Field(Info(h, "latencystats"), "latency_percentiles_usec_time");
  CHECK(line.rfind("p0=", 0) == 0);
  CHECK(line.find(",p99.95=") != std::string::npos);
  CHECK(line.find(",p100=") != std::string::npos);
  h.Run("CONFIG SET latency-tracking no");
  CHECK(Info(h, "latencystats") == "# Latencystats\r\n");
}

TEST_CASE("INFO stats shows counters and rates") {
  Harness h;
  ServerState& server = h.server();
  server.stats.expired_keys = 7;
  server.stats.expired_stale_per_mille = 123;
  server.stats.keyspace_hits = 11;
  for (int i = 0; i < 20; ++i) {
    SampleStats(server);
    server.stats.total_commands_processed += 50;
    h.AdvanceMs(100);
  }
  std::string info = Info(h, "stats");
  CHECK(Field(info, "expired_keys") == "7");
  CHECK(Field(info, "expired_stale_perc") == "12.30");
  CHECK(Field(info, "keyspace_hits") == "11");
  CHECK(Field(info, "instantaneous_ops_per_sec") == "500");
}

TEST_CASE("INFO memory's parts add up, and grow with the data") {
  Harness h;
  SampleMemory(h.server());
  auto number = [&h](const std::string& name) {
    return std::stoll(Field(Info(h, "memory"), name));
  };
  const long long before = number("used_memory");
  h.Run({"SET", "big", std::string(8 << 20, 'x')});
  std::string info = Info(h, "memory");
  const long long used = std::stoll(Field(info, "used_memory"));
  CHECK(used >= before + (8 << 20));
  CHECK(std::stoll(Field(info, "used_memory_dataset")) >= 8 << 20);
  CHECK(std::stoll(Field(info, "used_memory_overhead")) +
            std::stoll(Field(info, "used_memory_dataset")) ==
        used);
  CHECK(std::stoll(Field(info, "used_memory_peak")) >= used);
  CHECK(Field(info, "maxmemory_policy") == "noeviction");
  CHECK(Field(info, "allocator_allocated") == Field(info, "used_memory"));
}

TEST_CASE("bytes for people have two decimals and the unit that fits") {
  CHECK(HumanBytes(0) == "0B");
  CHECK(HumanBytes(1023) == "1023B");
  CHECK(HumanBytes(1024) == "1.00K");
  CHECK(HumanBytes(1024 * 1024 - 1) == "1024.00K");
  CHECK(HumanBytes(3 * 512 * 1024) == "1.50M");
  CHECK(HumanBytes(uint64_t{5} << 30) == "5.00G");
  CHECK(HumanBytes(uint64_t{1} << 40) == "1.00T");
  CHECK(InfoName("a:b#c\r\nd") == "a_b_c__d");
}

TEST_CASE("INFO debug is shown only when it is asked for by name") {
  Harness h;
  CHECK(Info(h, "all").find("# Debug") == std::string::npos);
  CHECK(Info(h, "everything").find("# Debug") == std::string::npos);
  h.server().stats.cron_ns = 5000;
  h.server().stats.most_turn_commands = 7;
  const std::string info = Info(h, "debug");
  CHECK(Field(info, "eventloop_duration_cron_sum") == "5");
  CHECK(Field(info, "eventloop_cmd_per_cycle_max") == "7");
  CHECK(Field(info, "eventloop_duration_aof_sum") == "0");
}

}  // namespace gotthard
