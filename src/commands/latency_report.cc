#include "commands/latency_report.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <set>
#include <string_view>

namespace gotthard {
namespace {

struct Figures {
  int64_t samples = 0;
  int64_t average_ms = 0;
  int64_t mean_deviation_ms = 0;
  int64_t period_s = 0;  // since the oldest sample
};

Figures Analyze(const std::vector<LatencyMonitor::Sample>& samples, int64_t now_s) {
  Figures figures;
  figures.samples = static_cast<int64_t>(samples.size());
  if (samples.empty()) return figures;
  int64_t sum = 0;
  for (const auto& sample : samples) sum += sample.latency_ms;
  figures.average_ms = sum / figures.samples;
  int64_t deviations = 0;
  for (const auto& sample : samples) {
    deviations += std::abs(figures.average_ms - int64_t{sample.latency_ms});
  }
  figures.mean_deviation_ms = deviations / figures.samples;
  figures.period_s = std::max<int64_t>(now_s - samples.front().time_s, 1);
  return figures;
}

// What an event hints at. Several may give the same advice; it is shown once.
struct Advice {
  std::string_view event;
  std::string_view text;
};
constexpr std::string_view kSlowLog =
    "Look into the slow log (SLOWLOG GET) for the commands that take long, and see whether they "
    "touch more elements than they need to.";
constexpr std::string_view kLargeValues =
    "Deleting, expiring or evicting large values takes time. UNLINK and the lazyfree options leave "
    "that to another thread; smaller values need neither.";
constexpr std::string_view kScheduler =
    "Cheap commands were slow, so the server was probably kept from running: look for other load "
    "on the machine, a noisy neighbour, or swapping.";
constexpr Advice kAdvice[] = {
    {"command", kSlowLog},
    {"command", kLargeValues},
    {"fast-command", kScheduler},
    {"expire-cycle", kLargeValues},
    {"expire-cycle",
     "Many keys expire at the same time. Spreading their expiries a little evens the work out; a "
     "higher hz makes it finer."},
    {"eviction-del", kLargeValues},
    {"eviction-cycle",
     "Much had to be evicted at once: maxmemory was lowered, or a large value came in."},
};

std::string SlowLogAdvice(const Config& config) {
  std::string threshold = std::to_string(config.latency_monitor_threshold * 1000);
  if (config.slowlog_log_slower_than < 0) {
    return "The slow log is off. CONFIG SET slowlog-log-slower-than " + threshold +
           " records the commands that take as long as these events.";
  }
  if (config.slowlog_log_slower_than / 1000 > config.latency_monitor_threshold) {
    return "The slow log records only what takes longer than these events. CONFIG SET "
           "slowlog-log-slower-than " +
           threshold + " makes both agree.";
  }
  return "";
}

std::string EventLine(int number, const std::string& name, const LatencyMonitor::Event& event,
                      int64_t now_s) {
  const Figures figures = Analyze(OldestFirst(event), now_s);
  char text[256];
  std::snprintf(text, sizeof(text),
                ": %lld latency spikes (average %lldms, mean deviation %lldms, period %.2f sec). "
                "Worst all time event %ums.\n",
                static_cast<long long>(figures.samples), static_cast<long long>(figures.average_ms),
                static_cast<long long>(figures.mean_deviation_ms),
                static_cast<double>(figures.period_s) / static_cast<double>(figures.samples),
                event.max_ms);
  return std::to_string(number) + ". " + name + text;
}

}  // namespace

std::vector<LatencyMonitor::Sample> OldestFirst(const LatencyMonitor::Event& event) {
  std::vector<LatencyMonitor::Sample> samples;
  for (size_t i = 0; i < LatencyMonitor::kSamples; ++i) {
    const auto& sample = event.samples[(event.next + i) % LatencyMonitor::kSamples];
    if (sample.time_s != 0) samples.push_back(sample);
  }
  return samples;
}

std::string LatencyReport(const ServerState& server) {
  const Config& config = server.config.values();
  const auto& events = server.latency.events();
  if (events.empty() && config.latency_monitor_threshold == 0) {
    return "Latency monitoring is disabled. Use \"CONFIG SET latency-monitor-threshold "
           "<milliseconds>\" to have events recorded that take at least that long.\n";
  }
  if (events.empty()) return "No latency spike was observed so far.\n";
  std::string report = "Latency spikes were observed:\n\n";
  std::string advice;
  std::set<std::string_view> given;
  int number = 0;
  for (const auto& [name, event] : events) {
    report += EventLine(++number, name, event, server.now_ms / 1000);
    if (name == "command") {
      if (std::string text = SlowLogAdvice(config); !text.empty()) advice += "- " + text + "\n";
    }
    for (const Advice& entry : kAdvice) {
      if (entry.event != name || !given.insert(entry.text).second) continue;
      advice.append("- ").append(entry.text).append("\n");
    }
  }
  if (advice.empty()) return report + "\nThere is no advice for these events.\n";
  return report + "\nWhat may help:\n\n" + advice;
}

}  // namespace gotthard
