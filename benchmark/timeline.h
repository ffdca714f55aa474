// What happened when: throughput and latency of consecutive intervals, so that a pause has a place
// and not only a percentile.
//
// Owning thread: each load thread writes its own; Merge reads another whose writer has stopped.
// Limits: kMaxIntervals intervals; what comes later is counted into the last one.
// Cost: one comparison per record, and clearing a histogram of 30 KB per interval.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "benchmark/histogram.h"

namespace gotthard::bench {

struct Interval {
  uint64_t requests = 0;
  uint64_t p50_ns = 0;
  uint64_t p99_ns = 0;
  uint64_t max_ns = 0;
};

class Timeline {
 public:
  static constexpr size_t kMaxIntervals = 100'000;

  // Intervals of `interval_ns`, the first from `begin_ns` on. 0: nothing is recorded.
  void Start(uint64_t begin_ns, uint64_t interval_ns) {
    begin_ns_ = begin_ns;
    interval_ns_ = interval_ns;
  }

  // `requests` answered at now_ns, `latency_ns` after they were due. Times do not go backwards.
  void Record(uint64_t now_ns, uint64_t requests, uint64_t latency_ns) {
    if (interval_ns_ == 0) return;
    const uint64_t since_ns = now_ns > begin_ns_ ? now_ns - begin_ns_ : 0;
    const size_t index = std::min<uint64_t>(since_ns / interval_ns_, kMaxIntervals - 1);
    if (index != open_) Close();
    open_ = index;
    requests_ += requests;
    latencies_.Record(latency_ns);
  }

  // Ends the interval under way; to be called before the intervals are read.
  void Close() {
    if (latencies_.count() == 0) return;
    if (intervals_.size() <= open_) intervals_.resize(open_ + 1);
    intervals_[open_] = {requests_, latencies_.Percentile(50), latencies_.Percentile(99),
                         latencies_.max()};
    latencies_ = Histogram();
    requests_ = 0;
  }

  // Requests are added; of percentiles the larger one is kept, a bound for all threads together.
  void Merge(const Timeline& other) {
    intervals_.resize(std::max(intervals_.size(), other.intervals_.size()));
    for (size_t i = 0; i < other.intervals_.size(); ++i) {
      Interval& mine = intervals_[i];
      const Interval& theirs = other.intervals_[i];
      mine.requests += theirs.requests;
      mine.p50_ns = std::max(mine.p50_ns, theirs.p50_ns);
      mine.p99_ns = std::max(mine.p99_ns, theirs.p99_ns);
      mine.max_ns = std::max(mine.max_ns, theirs.max_ns);
    }
  }

  // Intervals in which nothing was answered have no requests.
  const std::vector<Interval>& intervals() const { return intervals_; }

 private:
  uint64_t begin_ns_ = 0;
  uint64_t interval_ns_ = 0;
  size_t open_ = 0;
  uint64_t requests_ = 0;
  Histogram latencies_;  // of the open interval
  std::vector<Interval> intervals_;
};

}  // namespace gotthard::bench
