// CuckooFilter: a set of items that answers "perhaps" or "certainly not", from which items can be
// deleted, and which counts how often one was added (Fan et al. 2014).
//
// A filter is a table of buckets of a few one-byte fingerprints (0: empty). An item's fingerprint
// lies in one of two buckets; where both are full another one is moved to its other bucket, and so
// on, `max_iterations` times at most. What finds no place goes into a further filter, larger by the
// expansion; with an expansion of 0 the filter is full. An absent item is taken for present when
// one of the 2 * bucket_size fingerprints of each filter is its own: with probability
// 2 * bucket_size / 255 for each filter at most.
//
//   header:  u64 items | u64 deleted | u64 buckets of the first filter | u32 bucket size
//            | u32 max iterations | u32 expansion | u32 filters
//   data:    the filters' buckets, one after the other
//
// Owning thread: whoever owns it (the execution thread). Limits: memory, kMaxFilters.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "types/zeroed_bytes.h"

namespace gotthard {

class CuckooFilter {
 public:
  // Past that many filters nothing is added any more: each makes every answer slower and worse.
  static constexpr size_t kMaxFilters = 32;

  struct Options {
    uint64_t capacity = 1024;
    uint32_t bucket_size = 2;
    uint32_t max_iterations = 20;
    uint32_t expansion = 1;
  };
  enum class Added : uint8_t { kAdded, kPresent, kFull };

  // Null when there is not enough memory. REQUIRES: bucket_size in 1..255, capacity at least twice
  // that, max_iterations >= 1.
  static std::unique_ptr<CuckooFilter> Make(const Options& options);
  // A filter from its header, empty (LOADCHUNK sends the data later); null when the bytes are no
  // header or there is not enough memory.
  static std::unique_ptr<CuckooFilter> FromHeader(std::string_view header);
  static std::unique_ptr<CuckooFilter> Parse(std::string_view bytes);
  std::unique_ptr<CuckooFilter> Clone() const { return ZeroedBytes::CopyAtOnce(*this); }
  // A copy whose arrays are still to be filled, by ZeroedBytes::CopySome; null when there is not
  // enough memory.
  std::unique_ptr<CuckooFilter> CopyLater(std::vector<ZeroedBytes::Rest>& rest) const;

  Added Add(std::string_view item);
  Added AddIfAbsent(std::string_view item);
  bool Contains(std::string_view item) const { return Count(item) > 0; }
  uint64_t Count(std::string_view item) const;
  // Deletes one; false when there is none. An item that was never added may take another's place.
  bool Delete(std::string_view item);

  std::string Header() const;
  std::string Serialise() const;
  std::string_view DataAt(uint64_t offset, size_t most) const;  // as BloomFilter's
  bool SetData(uint64_t offset, std::string_view data);

  uint64_t items() const { return items_; }
  uint64_t deleted() const { return deleted_; }
  uint64_t buckets() const;
  size_t filters() const { return tables_.size(); }
  uint32_t bucket_size() const { return bucket_size_; }
  uint32_t max_iterations() const { return max_iterations_; }
  uint32_t expansion() const { return expansion_; }
  size_t memory_bytes() const;

 private:
  struct Table {
    uint64_t buckets;  // a power of two
    ZeroedBytes data;
  };
  struct Place;

  CuckooFilter() = default;
  bool MakeTable(uint64_t buckets);
  bool Grow();
  uint8_t* Bucket(Table& table, uint64_t index) const;
  const uint8_t* Bucket(const Table& table, uint64_t index) const;
  // An empty slot of the two buckets; null if there is none.
  uint8_t* EmptySlot(Table& table, const Place& place) const;
  bool Displace(Table& table, const Place& place);

  uint64_t items_ = 0;
  uint64_t deleted_ = 0;
  uint32_t bucket_size_ = 0;
  uint32_t max_iterations_ = 0;
  uint32_t expansion_ = 0;
  uint32_t victim_ = 0;  // which slot of a full bucket is moved next
  std::vector<Table> tables_;
};

}  // namespace gotthard
