// LatencyMonitor: the LATENCY command's events. An event that took at least
// latency-monitor-threshold milliseconds is kept: per event name the last 160 samples, one a second
// (the worst of that second). Execution thread.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace gotthard {

class LatencyMonitor {
 public:
  static constexpr size_t kSamples = 160;
  struct Sample {
    int64_t time_s = 0;
    uint32_t latency_ms = 0;
  };
  struct Event {
    std::array<Sample, kSamples> samples{};
    size_t next = 0;
    uint32_t max_ms = 0;
  };

  // REQUIRES: the caller compared `latency_ms` with the threshold.
  void Add(std::string_view event, uint32_t latency_ms, int64_t time_s);
  const std::map<std::string, Event, std::less<>>& events() const { return events_; }
  // Forgets one event, or all when `event` is empty. Returns how many were forgotten.
  size_t Reset(std::string_view event);

 private:
  std::map<std::string, Event, std::less<>> events_;
};

}  // namespace gotthard
