// TopK: the k items that were counted most often, with their approximate counts (HeavyKeeper, Yang
// et al. 2018).
//
// `depth` rows of `width` buckets, each a fingerprint with a count. An item raises its bucket's
// count where the fingerprint is its own; where it is another's, it lowers that count with a
// probability of decay^count and takes the bucket over at zero: rare items hardly touch frequent
// ones. The k items with the largest counts are kept by name in a heap, smallest first.
//
// An item is known by 64 bits of its hash; two with the same ones count as one.
//
//   bytes:  u32 k | u32 width | u32 depth | f64 decay | u64 random state
//           | (u32 fingerprint, u32 count) per bucket
//           | u32 items | (u32 count, u32 length, name) per item
//
// Owning thread: whoever owns it (the execution thread). Limits: memory; counts end at 2^32 - 1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "types/zeroed_bytes.h"

namespace gotthard {

class TopK {
 public:
  struct Options {
    uint32_t k;
    uint32_t width = 8;
    uint32_t depth = 7;
    double decay = 0.9;
  };
  struct Item {
    uint32_t count;
    uint64_t hash;
    std::string name;
  };

  // Null when there is not enough memory. REQUIRES: nothing is zero, and decay <= 1.
  static std::unique_ptr<TopK> Make(const Options& options);
  static std::unique_ptr<TopK> Parse(std::string_view bytes);
  std::string Serialise() const;
  std::unique_ptr<TopK> Clone() const { return ZeroedBytes::CopyAtOnce(*this); }
  // A copy whose arrays are still to be filled, by ZeroedBytes::CopySome; null when there is not
  // enough memory.
  std::unique_ptr<TopK> CopyLater(std::vector<ZeroedBytes::Rest>& rest) const;

  // Counts an item; the name of the one that had to leave the k for it, if one had to.
  std::optional<std::string> Add(std::string_view item, uint32_t increment);
  // Whether it is one of the k.
  bool Contains(std::string_view item) const;
  uint32_t Count(std::string_view item) const;
  // The k, the most frequent first.
  std::vector<const Item*> List() const;

  const Options& options() const { return options_; }
  size_t memory_bytes() const;
  size_t items() const { return heap_.size(); }

 private:
  struct Bucket {
    uint32_t fingerprint;
    uint32_t count;
  };

  explicit TopK(const Options& options);
  Bucket* row(uint32_t i) {
    return reinterpret_cast<Bucket*>(buckets_.data()) + uint64_t{i} * options_.width;
  }
  const Bucket* row(uint32_t i) const {
    return reinterpret_cast<const Bucket*>(buckets_.data()) + uint64_t{i} * options_.width;
  }
  uint32_t CountInRows(uint64_t hash, uint64_t step, uint32_t increment);
  void Wear(Bucket& bucket, uint32_t fingerprint, uint32_t increment);
  double DecayOf(uint32_t count) const;
  double NextUnit();
  void SiftDown(size_t at);
  void SiftUp(size_t at);
  void Place(size_t at, Item item);

  Options options_;
  uint64_t random_ = 0x9e3779b97f4a7c15;  // the same in every process: replicas agree
  std::vector<double> decays_;            // of the small counts
  ZeroedBytes buckets_;
  std::vector<Item> heap_;  // the smallest count first
  std::unordered_map<uint64_t, size_t> places_;
};

}  // namespace gotthard
