// Executor: what is done around a command that is looked at on its own: timing, slow log, monitors.

#include "exec/executor.h"
#include "exec/monitor.h"

namespace gotthard {
namespace {

// Who sent it, in the form "ip:port" also for a Unix socket, as Redis has it.
std::string PeerText(const Session& session) {
  return session.has(Session::kUnixSocket) ? session.address + ":0" : session.address;
}

}  // namespace

// Times the command that has just run, if the present run of equal ones is it alone.
void Executor::TimeRun(const Session& session, const CommandView& view) {
  if (session.key_wait != nullptr) run_calls_ = 0;  // counted when it is through
  if (run_calls_ == 1 && run_row_ == view.header().row) {
    const uint64_t elapsed_ns = server_.clock.MonotonicNs() - run_start_ns_;
    LogIfSlow(session, view, static_cast<int64_t>(elapsed_ns / 1000));
  }
  CloseRun();
}

// After a command that is counted on its own: times it, logs it, shows it to the monitors.
void Executor::AfterRun(Context& ctx, const CommandView& view) {
  const HotRow& row = rows_[view.header().row];
  TimeRun(ctx.session(), view);
  if (server_.monitors != 0 && (row.flags & (kSkipMonitor | kAdmin)) == 0) {
    FeedMonitors(ctx, view, redacted_);
  }
  redacted_.clear();
  SetAttention();  // the command may have been the one that began or ended it
}

void Executor::SetAttention() {
  attention_ =
      server_.pause.until_ms != 0 || server_.monitors != 0 || server_.copies.any() || time_each_;
}

void Executor::LogIfSlow(const Session& session, const CommandView& view, int64_t duration_us) {
  const Config& config = server_.config.values();
  const HotRow& row = rows_[view.header().row];
  const int64_t now_s = server_.now_ms / 1000;
  if (config.latency_monitor_threshold > 0 &&
      duration_us / 1000 >= config.latency_monitor_threshold) {
    server_.latency.Add(row.fast ? "fast-command" : "command",
                        static_cast<uint32_t>(duration_us / 1000), now_s);
  }
  if ((row.flags & kSkipSlowlog) != 0 || config.slowlog_log_slower_than < 0 ||
      config.slowlog_max_len == 0 || duration_us < config.slowlog_log_slower_than) {
    return;
  }
  std::vector<std::string_view> arguments;
  for (uint32_t i = 0; i < view.argc(); ++i) arguments.push_back(view.arg(i));
  for (size_t i : redacted_) {
    if (i < arguments.size()) arguments[i] = "(redacted)";
  }
  server_.slow_log.Add(arguments, now_s, duration_us, PeerText(session), session.name,
                       static_cast<size_t>(config.slowlog_max_len));
}

}  // namespace gotthard
