// INFO: what has happened since the start or the last CONFIG RESETSTAT.
#include <cstdio>
#include <string>

#include "commands/info.h"
#include "commands/info_sections.h"
#include "commands/info_text.h"
#include "exec/command_table.h"

namespace gotthard {
namespace {

// What belongs to parts that do not exist here (yet): tools read these lines.
void ZeroFields(InfoSection& section, std::initializer_list<std::string_view> names) {
  for (std::string_view name : names) section.Field(name, 0);
}

uint64_t CommandTimeUs(const Stats& stats) {
  uint64_t sum_ns = 0;
  for (const CommandStats& command : stats.commands) sum_ns += command.duration_ns;
  return sum_ns / 1000;
}

void TurnFields(const Stats& stats, InfoSection& section) {
  section.Field("eventloop_cycles", stats.turn_time.total());
  section.Field("eventloop_duration_sum", stats.turn_time.sum_ns() / 1000);
  section.Field("eventloop_duration_cmd_sum", CommandTimeUs(stats));
  const uint64_t turns = stats.turn_rate.PerSecond();
  section.Field("instantaneous_eventloop_cycles_per_sec", turns);
  section.Field("instantaneous_eventloop_duration_usec",
                turns == 0 ? 0 : stats.turn_time_rate.PerSecond() / turns / 1000);
}

void NetworkFields(const ServerState& server, InfoSection& section) {
  const Host* host = server.host;
  section.Field("total_net_input_bytes", host == nullptr ? 0 : host->NetworkBytesReceived());
  section.Field("total_net_output_bytes", host == nullptr ? 0 : host->NetworkBytesSent());
  ZeroFields(section, {"total_net_repl_input_bytes", "total_net_repl_output_bytes"});
  const Stats& stats = server.stats;
  section.Decimal("instantaneous_input_kbps",
                  static_cast<double>(stats.input_rate.PerSecond()) / 1024);
  section.Decimal("instantaneous_output_kbps",
                  static_cast<double>(stats.output_rate.PerSecond()) / 1024);
  section.Decimal("instantaneous_input_repl_kbps", 0);
  section.Decimal("instantaneous_output_repl_kbps", 0);
}

// "50", "99.9": a percentile without needless zeros.
std::string PercentileName(double percentile) {
  char text[64];
  std::snprintf(text, sizeof(text), "%f", percentile);
  std::string name = text;
  name.erase(name.find_last_not_of('0') + 1);
  if (name.back() == '.') name.pop_back();
  return name;
}

}  // namespace

void InfoStats(ServerState& server, std::string& out) {
  const Stats& stats = server.stats;
  const Host* host = server.host;
  InfoSection section(out, "Stats");
  section.Field("total_connections_received", stats.total_connections_received);
  section.Field("total_commands_processed", stats.total_commands_processed);
  section.Field("instantaneous_ops_per_sec", stats.command_rate.PerSecond());
  NetworkFields(server, section);
  section.Field("rejected_connections", stats.rejected_connections);
  ZeroFields(section, {"sync_full", "sync_partial_ok", "sync_partial_err"});
  section.Field("expired_keys", stats.expired_keys);
  section.Field("expired_subkeys", stats.expired_subkeys);
  section.Decimal("expired_stale_perc", static_cast<double>(stats.expired_stale_per_mille) / 10);
  section.Field("expired_time_cap_reached_count", stats.expired_time_cap_reached);
  section.Field("expire_cycle_cpu_milliseconds", stats.expire_cycle_us / 1000);
  section.Field("evicted_keys", stats.evicted_keys);
  section.Field("evicted_clients", stats.evicted_clients);
  ZeroFields(section, {"total_eviction_exceeded_time", "current_eviction_exceeded_time"});
  section.Field("keyspace_hits", stats.keyspace_hits);
  section.Field("keyspace_misses", stats.keyspace_misses);
  ZeroFields(section,
             {"pubsub_channels", "pubsub_patterns", "pubsubshard_channels", "latest_fork_usec",
              "total_forks", "migrate_cached_sockets", "slave_expires_tracked_keys",
              "active_defrag_hits", "active_defrag_misses", "active_defrag_key_hits",
              "active_defrag_key_misses", "total_active_defrag_time", "current_active_defrag_time",
              "tracking_total_keys", "tracking_total_items", "tracking_total_prefixes"});
  section.Field("unexpected_error_replies", stats.unexpected_error_replies);
  section.Field("total_error_replies", stats.total_error_replies);
  ZeroFields(section, {"dump_payload_sanitizations"});
  section.Field("total_reads_processed", host == nullptr ? 0 : host->NetworkReads());
  section.Field("total_writes_processed", host == nullptr ? 0 : host->NetworkWrites());
  ZeroFields(section, {"io_threaded_reads_processed", "io_threaded_writes_processed",
                       "reply_buffer_shrinks", "reply_buffer_expands"});
  section.Field(
      "client_query_buffer_limit_disconnections",
      stats.queue_limit_disconnections + (host == nullptr ? 0 : host->QueryBufferDisconnections()));
  section.Field("client_output_buffer_limit_disconnections",
                host == nullptr ? 0 : host->OutputBufferDisconnections());
  TurnFields(stats, section);
  section.Field("acl_access_denied_auth", stats.acl_access_denied_auth);
  section.Field("acl_access_denied_cmd", stats.acl_access_denied_cmd);
  section.Field("acl_access_denied_key", stats.acl_access_denied_key);
  section.Field("acl_access_denied_channel", stats.acl_access_denied_channel);
}

void InfoDebug(ServerState& server, std::string& out) {
  const Stats& stats = server.stats;
  InfoSection section(out, "Debug");
  ZeroFields(section, {"eventloop_duration_aof_sum"});
  section.Field("eventloop_duration_cron_sum", stats.cron_ns / 1000);
  section.Field("eventloop_duration_max", stats.turn_time.max_ns() / 1000);
  section.Field("eventloop_cmd_per_cycle_max", stats.most_turn_commands);
}

void InfoCommandStats(ServerState& server, std::string& out) {
  InfoSection section(out, "Commandstats");
  for (const CommandRow& row : server.commands.rows()) {
    if (row.spec == nullptr) continue;
    const CommandStats& stats = server.stats.commands[row.number];
    if (stats.calls == 0 && stats.failed_calls == 0 && stats.rejected_calls == 0) continue;
    const uint64_t us = stats.duration_ns / 1000;
    char text[192];
    std::snprintf(text, sizeof(text),
                  "calls=%llu,usec=%llu,usec_per_call=%.2f,rejected_calls=%llu,failed_calls=%llu",
                  static_cast<unsigned long long>(stats.calls), static_cast<unsigned long long>(us),
                  stats.calls == 0 ? 0
                                   : static_cast<double>(stats.duration_ns) / 1000 /
                                         static_cast<double>(stats.calls),
                  static_cast<unsigned long long>(stats.rejected_calls),
                  static_cast<unsigned long long>(stats.failed_calls));
    section.Field("cmdstat_" + InfoName(row.full_name), text);
  }
}

void InfoErrorStats(ServerState& server, std::string& out) {
  InfoSection section(out, "Errorstats");
  for (const auto& [kind, count] : server.stats.errors) {
    section.Field("errorstat_" + InfoName(kind), "count=" + std::to_string(count));
  }
}

void InfoLatencyStats(ServerState& server, std::string& out) {
  InfoSection section(out, "Latencystats");
  const Config& config = server.config.values();
  if (!config.latency_tracking) return;
  for (const CommandRow& row : server.commands.rows()) {
    if (row.spec == nullptr) continue;
    const LatencyHistogram* latency = server.stats.commands[row.number].latency.get();
    if (latency == nullptr) continue;
    std::string line;
    for (double percentile : config.latency_tracking_info_percentiles) {
      char value[64];
      std::snprintf(value, sizeof(value), "=%.3f",
                    static_cast<double>(latency->Percentile(percentile)) / 1000);
      line += line.empty() ? "p" : ",p";
      line += PercentileName(percentile);
      line += value;
    }
    section.Field("latency_percentiles_usec_" + InfoName(row.full_name), line);
  }
}

}  // namespace gotthard
