// INFO: the process, its clients and its threads.
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>

#include "base/version.h"
#include "commands/info_sections.h"
#include "commands/info_text.h"
#include "store/eviction_clock.h"

namespace gotthard {
namespace {

// "io_threads_active" and the like are true while clients live on other threads than this one.
bool HasActiveIoThreads(const std::vector<ThreadReport>& threads) {
  return std::any_of(threads.begin(), threads.end(), [](const ThreadReport& thread) {
    return thread.number != 0 && thread.connections != 0;
  });
}

std::vector<ThreadReport> Threads(const ServerState& server) {
  return server.host == nullptr ? std::vector<ThreadReport>() : server.host->Threads();
}

void ListenerFields(const Config& config, InfoSection& section) {
  int number = 0;
  auto name = [&number] { return "listener" + std::to_string(number++); };
  if (config.port != 0) {
    std::string binds;
    for (const std::string& address : config.bind) binds += ",bind=" + address;
    section.Field(name(), "name=tcp" + binds + ",port=" + std::to_string(config.port));
  }
  if (!config.unixsocket.empty()) section.Field(name(), "name=unix,bind=" + config.unixsocket);
}

std::string_view Supervised(const Config& config) {
  switch (config.supervised) {
    case Config::kSupervisedSystemd:
      return "systemd";
    case Config::kSupervisedUpstart:
      return "upstart";
    case Config::kSupervisedAuto:
      if (getenv("NOTIFY_SOCKET") != nullptr) return "systemd";
      return getenv("UPSTART_JOB") != nullptr ? "upstart" : "no";
    default:
      return "no";
  }
}

// Seconds with six decimals.
std::string Seconds(const timeval& time) {
  char text[64];
  std::snprintf(text, sizeof(text), "%ld.%06ld", static_cast<long>(time.tv_sec),
                static_cast<long>(time.tv_usec));
  return text;
}

}  // namespace

void InfoServer(ServerState& server, std::string& out) {
  const Config& config = server.config.values();
  utsname system{};
  uname(&system);
  const int64_t now_us = server.clock.NowUs();
  const uint64_t uptime_s =
      (server.clock.MonotonicNs() - server.start_monotonic_ns) / 1'000'000'000;
  InfoSection section(out, "Server");
  section.Field("redis_version", kRedisVersion);
  section.Field("server_name", "gotthard");
  section.Field("gotthard_version", kGotthardVersion);
  section.Field("redis_git_sha1", "00000000");
  section.Field("redis_git_dirty", 0);
  section.Field("redis_build_id", "0000000000000000");
  section.Field("redis_mode", "standalone");
  section.Field("os", std::string(system.sysname) + " " + system.release + " " + system.machine);
  section.Field("arch_bits", 8 * sizeof(void*));
  section.Field("monotonic_clock", "POSIX clock_gettime");
  section.Field("multiplexing_api",
                server.host == nullptr ? std::string_view("none") : server.host->IoBackend());
  section.Field("atomicvar_api", "c11-builtin");
  section.Field("gcc_version", std::to_string(__GNUC__) + "." + std::to_string(__GNUC_MINOR__) +
                                   "." + std::to_string(__GNUC_PATCHLEVEL__));
  section.Field("process_id", getpid());
  section.Field("process_supervised", Supervised(config));
  section.Field("run_id", server.run_id);
  section.Field("tcp_port", config.port != 0 ? config.port : config.tls_port);
  section.Field("server_time_usec", now_us);
  section.Field("uptime_in_seconds", uptime_s);
  section.Field("uptime_in_days", uptime_s / (24 * 3600));
  section.Field("hz", server.hz);
  section.Field("configured_hz", config.hz);
  section.Field("lru_clock", LruStamp(now_us / 1000));
  section.Field("executable", server.executable);
  section.Field("config_file", server.config_file);
  section.Field("io_threads_active", HasActiveIoThreads(Threads(server)) ? 1 : 0);
  ListenerFields(config, section);
}

void InfoClients(ServerState& server, std::string& out) {
  size_t blocked = 0;
  size_t with_deadline = 0;
  uint64_t longest_input = 0;
  uint64_t longest_output = 0;
  server.sessions.ForEach([&](const Session& session) {
    // A client held back by CLIENT PAUSE waits as a blocked one does, and is counted as such.
    blocked += session.blocked() ? 1 : 0;
    with_deadline += session.blocked() && session.block.deadline_ms != 0 ? 1 : 0;
    longest_input = std::max<uint64_t>(longest_input, session.query_buffer_bytes);
    longest_output = std::max(longest_output, session.output_pending_bytes());
  });
  InfoSection section(out, "Clients");
  section.Field("connected_clients", server.sessions.size());
  section.Field("cluster_connections", 0);
  section.Field("maxclients", server.config.values().maxclients);
  section.Field("client_recent_max_input_buffer", longest_input);
  section.Field("client_recent_max_output_buffer", longest_output);
  section.Field("blocked_clients", blocked);
  section.Field("tracking_clients", 0);
  section.Field("clients_in_timeout_table", with_deadline);
  section.Field("total_blocking_keys", server.blocked_keys.keys());
  section.Field("total_blocking_keys_on_nokey", server.blocked_keys.keys_on_deletion());
}

namespace {

// "1=20,2=35,...": how many values were at most so many microseconds, as LATENCY HISTOGRAM counts
// them; powers of two at which the count has risen.
std::string Distribution(const LatencyHistogram& histogram) {
  std::string text;
  uint64_t before = 0;
  for (uint64_t us = 1; before < histogram.total() && us <= uint64_t{1} << 30; us *= 2) {
    const uint64_t count = histogram.CountUpTo(us * 1000);
    if (count == before) continue;
    if (!text.empty()) text.push_back(',');
    text += std::to_string(us) + "=" + std::to_string(count);
    before = count;
  }
  return text;
}

}  // namespace

void InfoThreads(ServerState& server, std::string& out) {
  const Stats& stats = server.stats;
  const int64_t configured = server.config.values().io_threads;
  InfoSection section(out, "Threads");
  section.Field("io_threads_mode", configured == 0 ? "auto" : std::to_string(configured));
  const bool hosted = server.host != nullptr;
  section.Field("io_backend", hosted ? server.host->IoBackend() : std::string_view("none"));
  section.Field("io_backend_reason",
                hosted ? server.host->IoBackendReason() : std::string_view("none"));
  for (const ThreadReport& thread : Threads(server)) {
    section.Field("thread" + std::to_string(thread.number),
                  std::string("role=") + (thread.number == 0 ? "execution" : "io") +
                      ",connections=" + std::to_string(thread.connections) +
                      ",cpu_usec=" + std::to_string(thread.cpu_us));
  }
  section.Field("batches", stats.batches);
  section.Field("piped_batches", stats.piped_batches);
  section.Field("turns", stats.turn_time.total());
  section.Decimal("turn_usec_p50", static_cast<double>(stats.turn_time.Percentile(50)) / 1000);
  section.Decimal("turn_usec_p99", static_cast<double>(stats.turn_time.Percentile(99)) / 1000);
  section.Decimal("turn_usec_p99.9", static_cast<double>(stats.turn_time.Percentile(99.9)) / 1000);
  section.Decimal("turn_usec_p99.99",
                  static_cast<double>(stats.turn_time.Percentile(99.99)) / 1000);
  section.Decimal("turn_usec_max", static_cast<double>(stats.turn_time.max_ns()) / 1000);
  section.Field("turn_usec_histogram", Distribution(stats.turn_time));
}

void InfoCpu(ServerState& /*server*/, std::string& out) {
  rusage process{};
  rusage children{};
  rusage thread{};
  getrusage(RUSAGE_SELF, &process);
  getrusage(RUSAGE_CHILDREN, &children);
  getrusage(RUSAGE_THREAD, &thread);
  InfoSection section(out, "CPU");
  section.Field("used_cpu_sys", Seconds(process.ru_stime));
  section.Field("used_cpu_user", Seconds(process.ru_utime));
  section.Field("used_cpu_sys_children", Seconds(children.ru_stime));
  section.Field("used_cpu_user_children", Seconds(children.ru_utime));
  section.Field("used_cpu_sys_main_thread", Seconds(thread.ru_stime));
  section.Field("used_cpu_user_main_thread", Seconds(thread.ru_utime));
}

void InfoModules(ServerState& /*server*/, std::string& out) {
  InfoSection section(out, "Modules");
}

void InfoCluster(ServerState& /*server*/, std::string& out) {
  InfoSection section(out, "Cluster");
  section.Field("cluster_enabled", 0);
}

}  // namespace gotthard
