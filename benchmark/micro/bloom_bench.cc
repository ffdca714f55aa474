// Which Bloom filter: the classic one of types/bloom_filter.h, or one of blocks, which touches one
// place of memory for an item and pays with more bits for the same error (Putze, Sanders and
// Singler 2007; split blocks as in Apache Parquet: eight words of 32 bits, one bit set in each).
//
// Each block filter is first made as large as it takes to measure the error that the classic one
// was made for; then both take and look up the same items. CPU time of this thread.
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "benchmark/micro/measure.h"
#include "types/bloom_filter.h"
#include "types/sketch_bytes.h"

namespace gotthard {
namespace {

using micro::Keep;

std::vector<std::string> Items(const char* prefix, size_t count) {
  std::vector<std::string> items(count);
  for (size_t i = 0; i < count; ++i) items[i] = prefix + std::to_string(i * 7919);
  return items;
}

// Blocks of 256 bits.
class SplitBlockFilter {
 public:
  explicit SplitBlockFilter(double bits)
      : blocks_(static_cast<size_t>(std::ceil(bits / kBlockBits))) {}

  bool Add(std::string_view item) {
    const SketchHash hash = HashForSketch(item);
    Block& block = blocks_[ScaleHash(hash.first, blocks_.size())];
    bool fresh = false;
    for (int i = 0; i < kWords; ++i) {
      const uint32_t bit = BitOf(hash, i);
      fresh |= (block.words[i] & bit) == 0;
      block.words[i] |= bit;
    }
    return fresh;
  }
  bool Contains(std::string_view item) const {
    const SketchHash hash = HashForSketch(item);
    const Block& block = blocks_[ScaleHash(hash.first, blocks_.size())];
    bool all = true;
    for (int i = 0; i < kWords; ++i) all &= (block.words[i] & BitOf(hash, i)) != 0;
    return all;
  }
  size_t bits() const { return blocks_.size() * kBlockBits; }

 private:
  static constexpr int kWords = 8;
  static constexpr size_t kBlockBits = 256;
  struct alignas(32) Block {
    uint32_t words[kWords] = {};
  };
  static uint32_t BitOf(const SketchHash& hash, int word) {
    // Odd multipliers; the top five bits of each product choose the bit.
    constexpr uint32_t kSalt[kWords] = {0x9e3779b1, 0x85ebca77, 0xc2b2ae3d, 0x27d4eb2f,
                                        0x165667b1, 0xd3a2646d, 0xfd7046c5, 0xb55a4f09};
    return 1u << (static_cast<uint32_t>(hash.second) * kSalt[word] >> 27);
  }

  std::vector<Block> blocks_;
};

template <typename Filter>
double ErrorOf(const Filter& filter, const std::vector<std::string>& absent) {
  size_t wrong = 0;
  for (const std::string& item : absent) wrong += filter.Contains(item) ? 1 : 0;
  return static_cast<double>(wrong) / static_cast<double>(absent.size());
}

template <typename Filter>
void Measure(const char* name, Filter& filter, double bits, const std::vector<std::string>& items,
             const std::vector<std::string>& absent) {
  const auto count = static_cast<double>(items.size());
  const double begin = micro::ThreadNs();
  for (const std::string& item : items) Keep(filter.Add(item));
  const double added = micro::ThreadNs();
  for (const std::string& item : items) Keep(filter.Contains(item));
  const double found = micro::ThreadNs();
  const double error = ErrorOf(filter, absent);
  const double missed = micro::ThreadNs();
  std::printf(
      "  %-12s %6.2f bits an item, error %8.5f %%; ns: add %6.1f, present %6.1f, absent %6.1f\n",
      name, bits / count, error * 100, (added - begin) / count, (found - added) / count,
      (missed - found) / static_cast<double>(absent.size()));
}

// As many bits as it takes to err no more often than `rate`.
double EnoughBits(double rate, const std::vector<std::string>& items,
                  const std::vector<std::string>& absent) {
  constexpr double kStep = 1.02;
  double bits_an_item = -std::log(rate) / (M_LN2 * M_LN2);
  while (true) {
    SplitBlockFilter filter(bits_an_item * static_cast<double>(items.size()));
    for (const std::string& item : items) filter.Add(item);
    if (ErrorOf(filter, absent) <= rate) return static_cast<double>(filter.bits());
    bits_an_item *= kStep;
  }
}

}  // namespace

TEST_CASE("Bloom filters: classic and of blocks, at equal error", "[bloom]") {
  const std::vector<std::string> absent = Items("absent:", 1'000'000);
  for (const size_t count : {10'000, 1'000'000, 10'000'000}) {
    const std::vector<std::string> items = Items("item:", count);
    for (const double rate : {0.01, 0.001, 0.0001}) {
      std::printf("%zu items, error %g %%\n", count, rate * 100);
      const auto classic =
          BloomFilter::Make({.error_rate = rate, .capacity = count, .scaling = false});
      Measure("classic", *classic, static_cast<double>(classic->memory_bytes()) * 8, items, absent);
      const double bits = EnoughBits(rate, items, absent);
      SplitBlockFilter blocks(bits);
      Measure("split block", blocks, bits, items, absent);
    }
  }
}

}  // namespace gotthard
