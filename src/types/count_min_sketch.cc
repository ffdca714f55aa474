#include "types/count_min_sketch.h"

#include <algorithm>
#include <cmath>

#include "types/sketch_bytes.h"

namespace gotthard {
namespace {

// Bytes of the counters; 0 when no address space has room for them.
uint64_t CounterBytes(uint64_t width, uint64_t depth) {
  uint64_t bytes = 0;
  if (__builtin_mul_overflow(width, depth, &bytes) ||
      __builtin_mul_overflow(bytes, uint64_t{sizeof(uint32_t)}, &bytes) || bytes >> 47 != 0) {
    return 0;
  }
  return bytes;
}

}  // namespace

std::unique_ptr<CountMinSketch> CountMinSketch::Make(Dimensions dimensions) {
  const uint64_t bytes = CounterBytes(dimensions.width, dimensions.depth);
  if (bytes == 0) return nullptr;
  ZeroedBytes counters(bytes);
  if (!counters) return nullptr;
  return std::unique_ptr<CountMinSketch>(
      new CountMinSketch(dimensions.width, dimensions.depth, std::move(counters)));
}

CountMinSketch::Dimensions CountMinSketch::DimensionsFor(double error, double probability) {
  // Markov's inequality: twice the mean overcount is exceeded in less than half of the rows.
  const double width = std::min(std::ceil(2 / error), 0x1p62);
  const double depth = std::ceil(std::log(probability) / std::log(0.5));
  return {static_cast<uint64_t>(width), static_cast<uint64_t>(std::max(depth, 1.0))};
}

uint32_t CountMinSketch::Add(std::string_view item, uint64_t count) {
  SketchHash hash = HashForSketch(item);
  uint32_t least = kMaxCount;
  for (uint64_t i = 0; i < depth_; ++i, hash.first += hash.second | 1) {
    uint32_t& counter = row(i)[ScaleHash(hash.first, width_)];
    counter = count > kMaxCount - counter ? kMaxCount : counter + static_cast<uint32_t>(count);
    least = std::min(least, counter);
  }
  if (__builtin_add_overflow(total_, static_cast<int64_t>(count), &total_)) total_ = INT64_MAX;
  return least;
}

uint32_t CountMinSketch::Estimate(std::string_view item) const {
  SketchHash hash = HashForSketch(item);
  uint32_t least = kMaxCount;
  for (uint64_t i = 0; i < depth_; ++i, hash.first += hash.second | 1) {
    least = std::min(least, row(i)[ScaleHash(hash.first, width_)]);
  }
  return least;
}

bool CountMinSketch::Merge(std::span<const Weighted> others) {
  __extension__ using Wide = __int128;
  ZeroedBytes merged(counters_.size());
  if (!merged) return false;
  auto* sums = reinterpret_cast<uint32_t*>(merged.data());
  const uint64_t cells = width_ * depth_;
  for (uint64_t i = 0; i < cells; ++i) {
    Wide sum = 0;
    for (const Weighted& other : others) sum += Wide{other.weight} * other.sketch->row(0)[i];
    if (sum < 0 || sum > kMaxCount) return false;
    sums[i] = static_cast<uint32_t>(sum);
  }
  Wide total = 0;
  for (const Weighted& other : others) total += Wide{other.weight} * other.sketch->total_;
  if (total < 0 || total > INT64_MAX) return false;
  total_ = static_cast<int64_t>(total);
  counters_ = std::move(merged);
  return true;
}

std::unique_ptr<CountMinSketch> CountMinSketch::CopyLater(
    std::vector<ZeroedBytes::Rest>& rest) const {
  ZeroedBytes counters = counters_.CopyLater(rest);
  if (!counters) return nullptr;
  std::unique_ptr<CountMinSketch> copy(new CountMinSketch(width_, depth_, std::move(counters)));
  copy->total_ = total_;
  return copy;
}

std::string CountMinSketch::Serialise() const {
  std::string bytes;
  SketchWriter writer(bytes);
  writer.Number<uint64_t>(width_);
  writer.Number<uint64_t>(depth_);
  writer.Number<int64_t>(total_);
  writer.Bytes({counters_.data(), counters_.size()});
  return bytes;
}

std::unique_ptr<CountMinSketch> CountMinSketch::Parse(std::string_view bytes) {
  SketchReader reader(bytes);
  const auto width = reader.Number<uint64_t>();
  const auto depth = reader.Number<uint64_t>();
  const auto total = reader.Number<int64_t>();
  const uint64_t size = CounterBytes(width, depth);
  if (!reader.ok() || total < 0 || size == 0 || size != reader.left()) return nullptr;
  std::unique_ptr<CountMinSketch> sketch = Make({width, depth});
  if (sketch == nullptr) return nullptr;
  sketch->total_ = total;
  std::memcpy(sketch->counters_.data(), reader.Bytes(size).data(), size);
  return sketch;
}

}  // namespace gotthard
