// Latencies in nanoseconds, counted in log-linear buckets.
//
// Every power of two is cut into 64 equal buckets, so a reported value is at most 1/64 (1.6 %)
// above the recorded one, whatever its size; values below 128 are exact. Count, sum, smallest and
// largest are exact. The idea is HdrHistogram's (Gil Tene); the layout here:
//
//   value  0..127           bucket = value
//   value  2^e..2^(e+1)-1   bucket = (e - 6) * 64 + (value >> (e - 6)),   e >= 7
//
// Owning thread: one writer; Merge reads another histogram whose writer has stopped.
// Cost: Record is a count-leading-zeros, a shift and one increment. Size: 30 KB.
// Limits: none on the value (all of uint64_t); counts wrap after 2^64 records.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace gotthard::bench {

class Histogram {
 public:
  void Record(uint64_t value) {
    ++buckets_[BucketOf(value)];
    ++count_;
    sum_ += value;
    min_ = std::min(min_, value);
    max_ = std::max(max_, value);
  }

  void Merge(const Histogram& other) {
    for (size_t i = 0; i < kBuckets; ++i) buckets_[i] += other.buckets_[i];
    count_ += other.count_;
    sum_ += other.sum_;
    min_ = std::min(min_, other.min_);
    max_ = std::max(max_, other.max_);
  }

  uint64_t count() const { return count_; }
  uint64_t min() const { return count_ == 0 ? 0 : min_; }
  uint64_t max() const { return max_; }
  double mean() const {
    return count_ == 0 ? 0 : static_cast<double>(sum_) / static_cast<double>(count_);
  }

  // How many records do not exceed `value`, to within the bucket that holds it.
  uint64_t CountUpTo(uint64_t value) const {
    if (value >= max_) return count_;
    uint64_t seen = 0;
    for (size_t i = 0; i < kBuckets && LastValueOf(i) <= value; ++i) seen += buckets_[i];
    return seen;
  }

  // The smallest bucket end that at least `percent` of the records do not exceed, never above
  // max(); 0 when nothing was recorded. REQUIRES: 0 <= percent <= 100.
  uint64_t Percentile(double percent) const {
    if (count_ == 0) return 0;
    const double exact = std::ceil(percent / 100 * static_cast<double>(count_));
    const uint64_t wanted = std::clamp(static_cast<uint64_t>(exact), uint64_t{1}, count_);
    uint64_t seen = 0;
    for (size_t i = 0; i < kBuckets; ++i) {
      seen += buckets_[i];
      if (seen >= wanted) return std::min(LastValueOf(i), max_);
    }
    return max_;
  }

 private:
  static constexpr int kSubBits = 6;
  static constexpr size_t kSubBuckets = size_t{1} << kSubBits;
  static constexpr size_t kBuckets = (64 - kSubBits + 1) * kSubBuckets;

  static size_t BucketOf(uint64_t value) {
    if (value < 2 * kSubBuckets) return value;
    const int shift = std::bit_width(value) - 1 - kSubBits;
    return static_cast<size_t>(shift) * kSubBuckets + (value >> shift);
  }
  static uint64_t LastValueOf(size_t bucket) {
    if (bucket < 2 * kSubBuckets) return bucket;
    const size_t shift = bucket / kSubBuckets - 1;
    const uint64_t top = bucket - shift * kSubBuckets;
    // For the last bucket of all, top + 1 shifts out to 0 and 0 - 1 is the right answer.
    return ((top + 1) << shift) - 1;
  }

  std::array<uint64_t, kBuckets> buckets_{};
  uint64_t count_ = 0;
  uint64_t sum_ = 0;
  uint64_t min_ = UINT64_MAX;
  uint64_t max_ = 0;
};

}  // namespace gotthard::bench
