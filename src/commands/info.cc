#include "commands/info.h"

#include <cstdio>

#include "commands/info_sections.h"
#include "commands/memory_use.h"
#include "exec/args.h"
#include "store/lazy_free.h"

namespace gotthard {
namespace {

enum class Shown : uint8_t { kDefault, kInAll, kByName };

struct Section {
  std::string_view name;
  void (*write)(ServerState& server, std::string& out);
  Shown shown;
};
// In the order in which they are shown. The default ones are those that cost little.
constexpr Section kSections[] = {
    {"server", InfoServer, Shown::kDefault},
    {"clients", InfoClients, Shown::kDefault},
    {"memory", InfoMemory, Shown::kDefault},
    {"persistence", InfoPersistence, Shown::kDefault},
    {"stats", InfoStats, Shown::kDefault},
    {"replication", InfoReplication, Shown::kDefault},
    {"cpu", InfoCpu, Shown::kDefault},
    {"threads", InfoThreads, Shown::kDefault},
    {"modules", InfoModules, Shown::kDefault},
    {"commandstats", InfoCommandStats, Shown::kInAll},
    {"errorstats", InfoErrorStats, Shown::kDefault},
    {"latencystats", InfoLatencyStats, Shown::kInAll},
    {"cluster", InfoCluster, Shown::kDefault},
    {"keyspace", InfoKeyspace, Shown::kDefault},
    {"debug", InfoDebug, Shown::kByName},
};

}  // namespace

std::string InfoText(ServerState& server, std::span<const std::string_view> sections) {
  std::string out;
  for (const Section& section : kSections) {
    const bool is_default = section.shown == Shown::kDefault;
    const bool in_all = section.shown != Shown::kByName;
    bool wanted = sections.empty() && is_default;
    for (std::string_view name : sections) {
      wanted = wanted || IsOption(name, section.name) || (in_all && IsOption(name, "all")) ||
               (in_all && IsOption(name, "everything")) ||
               (is_default && IsOption(name, "default")) ||
               (section.name == "modules" && IsOption(name, "module_list"));
    }
    if (wanted) section.write(server, out);
  }
  return out;
}

void SampleStats(ServerState& server) {
  SampleMemory(server);
  Stats& stats = server.stats;
  const int64_t now_ms = static_cast<int64_t>(server.clock.MonotonicNs() / 1'000'000);
  stats.command_rate.Sample(now_ms, stats.total_commands_processed);
  if (server.host != nullptr) {
    stats.input_rate.Sample(now_ms, server.host->NetworkBytesReceived());
    stats.output_rate.Sample(now_ms, server.host->NetworkBytesSent());
  }
  stats.turn_rate.Sample(now_ms, stats.turn_time.total());
  stats.turn_time_rate.Sample(now_ms, stats.turn_time.sum_ns());
}

void ResetStats(ServerState& server) {
  Stats fresh;
  fresh.peak_memory_bytes = server.stats.peak_memory_bytes;
  fresh.reset_time_ms = server.now_ms;
  fresh.commands.resize(server.stats.commands.size());
  server.stats = std::move(fresh);
  server.lazy_free.ResetFreed();
  if (server.host != nullptr) server.host->ResetNetworkCounters();
}

std::string HumanBytes(uint64_t bytes) {
  static constexpr char kUnits[] = {'K', 'M', 'G', 'T', 'P'};
  if (bytes < 1024) return std::to_string(bytes) + "B";
  auto value = static_cast<double>(bytes) / 1024;
  size_t unit = 0;
  // The unit changes with the exact number, not with the rounded one.
  for (uint64_t rest = bytes >> 10; rest >= 1024 && unit + 1 < std::size(kUnits); rest >>= 10) {
    value /= 1024;
    ++unit;
  }
  char text[64];
  std::snprintf(text, sizeof(text), "%.2f%c", value, kUnits[unit]);
  return text;
}

std::string InfoName(std::string_view name) {
  std::string safe(name);
  for (char& c : safe) {
    if (c == '#' || c == ':' || c == '\n' || c == '\r') c = '_';
  }
  return safe;
}

}  // namespace gotthard
