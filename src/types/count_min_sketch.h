// CountMinSketch: how often each item was counted, never less than the truth and with high
// probability not much more (Cormode and Muthukrishnan 2005): `depth` rows of `width` counters; an
// item's estimate is the smallest of its counters.
//
//   bytes:  u64 width | u64 depth | u64 total | u32 counters, row by row
//
// Owning thread: whoever owns it (the execution thread). Limits: memory; counters end at 2^32 - 1
// and stay there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "types/zeroed_bytes.h"

namespace gotthard {

class CountMinSketch {
 public:
  static constexpr uint32_t kMaxCount = UINT32_MAX;

  struct Dimensions {
    uint64_t width;
    uint64_t depth;
  };
  struct Weighted {
    const CountMinSketch* sketch;
    int64_t weight;
  };

  // Null when there is not enough memory. REQUIRES: both are at least 1.
  static std::unique_ptr<CountMinSketch> Make(Dimensions dimensions);
  // What keeps an estimate within `error` of the total count, except with `probability`.
  // REQUIRES: both lie between 0 and 1.
  static Dimensions DimensionsFor(double error, double probability);
  static std::unique_ptr<CountMinSketch> Parse(std::string_view bytes);
  std::string Serialise() const;
  std::unique_ptr<CountMinSketch> Clone() const { return ZeroedBytes::CopyAtOnce(*this); }
  // A copy whose arrays are still to be filled, by ZeroedBytes::CopySome; null when there is not
  // enough memory.
  std::unique_ptr<CountMinSketch> CopyLater(std::vector<ZeroedBytes::Rest>& rest) const;

  // Counts an item; its estimate afterwards, kMaxCount when a counter is full.
  uint32_t Add(std::string_view item, uint64_t count);
  uint32_t Estimate(std::string_view item) const;
  // Becomes the weighted sum of others, itself perhaps among them. False, and no change, when a
  // counter would leave its range or there is no memory. REQUIRES: all have these dimensions.
  bool Merge(std::span<const Weighted> others);

  uint64_t width() const { return width_; }
  uint64_t depth() const { return depth_; }
  int64_t total() const { return total_; }
  size_t memory_bytes() const { return sizeof(*this) + counters_.size(); }

 private:
  CountMinSketch(uint64_t width, uint64_t depth, ZeroedBytes counters)
      : width_(width), depth_(depth), counters_(std::move(counters)) {}
  uint32_t* row(uint64_t i) { return reinterpret_cast<uint32_t*>(counters_.data()) + i * width_; }
  const uint32_t* row(uint64_t i) const {
    return reinterpret_cast<const uint32_t*>(counters_.data()) + i * width_;
  }

  uint64_t width_;
  uint64_t depth_;
  int64_t total_ = 0;
  ZeroedBytes counters_;
};

}  // namespace gotthard
