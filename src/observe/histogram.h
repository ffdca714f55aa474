// LatencyHistogram: how long things took, in nanoseconds, in log-linear buckets (the idea of
// HdrHistogram: a power of two is cut into 16 equal parts, so a value is known to within 6.25 %).
// A fixed 5 KB; recording is one increment. Owning thread: whoever owns the histogram.
#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>

namespace gotthard {

class LatencyHistogram {
 public:
  static constexpr int kSubBits = 4;
  static constexpr int kOctaves = 36;  // up to 2^40 ns, 18 minutes; longer ones count as that

  // Adds `count` values of `ns` each.
  void Record(uint64_t ns, uint64_t count = 1) {
    buckets_[BucketOf(ns)] += count;
    total_ += count;
    sum_ns_ += ns * count;
    if (ns > max_ns_) max_ns_ = ns;
  }
  uint64_t total() const { return total_; }
  uint64_t max_ns() const { return max_ns_; }
  // All values together; exact.
  uint64_t sum_ns() const { return sum_ns_; }
  // The value below which `percent` (0..100] of all values lie (the bucket's upper end, at most the
  // largest value seen); 0 when empty.
  uint64_t Percentile(double percent) const {
    if (total_ == 0) return 0;
    auto wanted =
        static_cast<uint64_t>(std::llround(percent / 100.0 * static_cast<double>(total_)));
    if (wanted == 0) wanted = 1;
    uint64_t seen = 0;
    for (size_t i = 0; i < buckets_.size(); ++i) {
      seen += buckets_[i];
      if (seen >= wanted) return UpperEnd(i) < max_ns_ ? UpperEnd(i) : max_ns_;
    }
    return max_ns_;
  }
  // How many values are at most `ns` (to the bucket's precision).
  uint64_t CountUpTo(uint64_t ns) const {
    uint64_t seen = 0;
    for (size_t i = 0, last = BucketOf(ns); i <= last; ++i) seen += buckets_[i];
    return seen;
  }
  void Reset() { *this = LatencyHistogram(); }

 private:
  static constexpr size_t kBuckets = (kOctaves + 1) << kSubBits;
  static size_t BucketOf(uint64_t ns) {
    if (ns < (1u << kSubBits)) return ns;
    int octave = std::bit_width(ns) - kSubBits;  // 1 for [16, 32)
    if (octave >= kOctaves + 1) return kBuckets - 1;
    return (static_cast<size_t>(octave) << kSubBits) + ((ns >> (octave - 1)) & 15);
  }
  static uint64_t UpperEnd(size_t bucket) {
    if (bucket < (1u << kSubBits)) return bucket;
    size_t octave = bucket >> kSubBits;
    return (((bucket & 15) + 17) << (octave - 1)) - 1;
  }

  std::array<uint64_t, kBuckets> buckets_{};
  uint64_t total_ = 0;
  uint64_t sum_ns_ = 0;
  uint64_t max_ns_ = 0;
};

}  // namespace gotthard
