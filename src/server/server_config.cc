// Server: what CONFIG SET changes while it runs. Options that are not here are read where they are
// used, each time.
#include <string>

#include "observe/memory.h"
#include "server/server.h"

namespace gotthard {
namespace {

// Redis does not count the 16 KB that every client has for its replies, so that a limit of a few
// bytes still lets them have short ones.
uint64_t OutputLimitOf(int64_t bytes) {
  return bytes == 0 ? 0 : static_cast<uint64_t>(bytes) + ReplyBuffer::kFirstChunkBytes;
}

}  // namespace

void Server::SetTitle(const Config& config) {
  if (!config.set_proc_title) return;
  title_->Set(ExpandTitle(config, title_->program(), config_.config_file()));
}

// Without a password there is nothing to log in with, so whoever waits outside comes in. Those who
// are in stay in when a password is set, as in Redis.
Status Server::SetPassword(const Config& config) {
  if (!config.requirepass.empty()) return Status::Ok();
  state_->sessions.ForEach([](Session& session) { session.set(Session::kAuthenticated); });
  return Status::Ok();
}

Status Server::ReadLimits(const Config& config) {
  limits_.max_bulk_bytes.store(static_cast<uint64_t>(config.proto_max_bulk_len),
                               std::memory_order_relaxed);
  limits_.max_query_buffer_bytes.store(static_cast<uint64_t>(config.client_query_buffer_limit),
                                       std::memory_order_relaxed);
  for (size_t i = 0; i < config.client_output_buffer_limit.size(); ++i) {
    const Config::OutputLimit& from = config.client_output_buffer_limit[i];
    IoLimits::Output& to = limits_.output[i];
    to.hard_bytes.store(OutputLimitOf(from.hard_bytes), std::memory_order_relaxed);
    to.soft_bytes.store(OutputLimitOf(from.soft_bytes), std::memory_order_relaxed);
    to.soft_seconds.store(from.soft_seconds, std::memory_order_relaxed);
  }
  return Status::Ok();
}

Status Server::SetMaxClients(const Config& config) {
  const FileLimit limit = RaiseFileLimit(config.maxclients, 4 * Router::kMaxThreads);
  if (limit.maxclients >= config.maxclients) return Status::Ok();
  return Status::Error(
      "The operating system is not able to handle the specified number of "
      "clients, try with " +
      std::to_string(limit.maxclients));
}

Status Server::ReopenListeners(const Config& config, const char* refusal) {
  auto watch = [this](const Listener& listener) {
    return router_->reactor().AddListener(listener.fd, *this);
  };
  auto unwatch = [this](const Listener& listener) {
    router_->reactor().RemoveListener(listener.fd);
  };
  Status changed = listeners_.ChangeTcp(ListenOptions::From(config), watch, unwatch);
  if (changed.ok()) return changed;
  log_.Warning(changed.text());
  return Status::Error(refusal);
}

void Server::WireConfig() {
  config_.OnChange(
      {"proto-max-bulk-len", "client-query-buffer-limit", "client-output-buffer-limit"},
      [this](const Config& config) { return ReadLimits(config); });
  config_.OnChange("maxclients", [this](const Config& config) { return SetMaxClients(config); });
  config_.OnChange({"io-threads", "io-threads-always-active"},
                   [this](const Config& config) { return cron_->Spread(config); });
  // Redis's words; the log tells which address it was, and why.
  config_.OnChange("port", [this](const Config& config) {
    return ReopenListeners(config, "Unable to listen on this port. Check server logs.");
  });
  config_.OnChange("bind", [this](const Config& config) {
    return ReopenListeners(config, "Failed to bind to specified addresses.");
  });
  config_.OnChange({"proc-title-template", "bind", "port"}, [this](const Config& config) {
    SetTitle(config);
    return Status::Ok();
  });
  config_.OnChange({"oom-score-adj", "oom-score-adj-values"}, [this](const Config& config) {
    Status scored = oom_score_.Apply(config);
    if (scored.ok()) return scored;
    log_.Warning(scored.text());
    return Status::Error("Failed to apply new oom_score_adj configuration, check server logs.");
  });
  config_.OnChange("jemalloc-bg-thread", [](const Config& config) {
    if (SetAllocatorThreads(config.jemalloc_bg_thread)) return Status::Ok();
    return Status::Error("The allocator cannot change its background threads.");
  });
  config_.OnChange("requirepass", [this](const Config& config) { return SetPassword(config); });
  config_.OnChange(
      {"slowlog-log-slower-than", "slowlog-max-len", "latency-monitor-threshold", "maxmemory"},
      [this](const Config& config) {
        executor_->ReadConfig();
        state_->slow_log.Trim(static_cast<size_t>(config.slowlog_max_len));
        return Status::Ok();
      });
  config_.OnChange({"loglevel", "logfile", "syslog-enabled", "syslog-ident", "syslog-facility"},
                   [this](const Config& config) {
                     return log_.Configure({.level = static_cast<LogLevel>(config.loglevel),
                                            .file = config.logfile,
                                            .use_syslog = config.syslog_enabled,
                                            .syslog_ident = config.syslog_ident,
                                            .syslog_facility = config.syslog_facility});
                   });
}

}  // namespace gotthard
