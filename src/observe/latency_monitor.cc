#include "observe/latency_monitor.h"

#include <algorithm>

namespace gotthard {

void LatencyMonitor::Add(std::string_view event, uint32_t latency_ms, int64_t time_s) {
  auto found = events_.find(event);
  if (found == events_.end()) found = events_.emplace(std::string(event), Event()).first;
  Event& e = found->second;
  e.max_ms = std::max(e.max_ms, latency_ms);
  Sample& newest = e.samples[(e.next + kSamples - 1) % kSamples];
  if (newest.time_s == time_s) {  // one sample a second: the worst
    newest.latency_ms = std::max(newest.latency_ms, latency_ms);
    return;
  }
  e.samples[e.next] = {.time_s = time_s, .latency_ms = latency_ms};
  e.next = (e.next + 1) % kSamples;
}

size_t LatencyMonitor::Reset(std::string_view event) {
  if (event.empty()) {
    size_t count = events_.size();
    events_.clear();
    return count;
  }
  auto found = events_.find(event);
  if (found == events_.end()) return 0;
  events_.erase(found);
  return 1;
}

}  // namespace gotthard
