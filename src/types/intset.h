// Intset: a sorted set of integers in one piece of memory, all of the width that the widest needs.
//
//   u32 width in bytes: 2, 4 or 8 | u32 number of integers | integers, ascending
//
// All little endian. The format is the one of RDB files and DUMP. It never gets narrower.
//
// Reading trusts the bytes: those that came from outside pass ValidateIntset first.
//
// Owning thread: the execution thread.
// Limits: 2^32 - 1 integers; whoever adds keeps it small, as edits move the rest.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "types/packed_buffer.h"

namespace gotthard {

inline constexpr size_t kIntsetHeaderBytes = 8;

// A read-only view of an intset. REQUIRES: valid bytes.
class Intset {
 public:
  explicit Intset(std::string_view bytes);

  size_t Count() const { return count_; }
  size_t width() const { return width_; }
  // REQUIRES: index < Count().
  int64_t Get(size_t index) const;
  // The index of the first integer that is not below `value`; Count() if all are. O(log n).
  size_t LowerBound(int64_t value) const;
  bool Has(int64_t value) const {
    const size_t at = LowerBound(value);
    return at < count_ && Get(at) == value;
  }

 private:
  const char* values_;
  size_t count_;
  size_t width_;
};

// --- editing, O(n). REQUIRES: the buffer holds a valid intset.

// Makes the buffer an empty intset, whatever it was.
void IntsetClear(PackedBuffer& buffer);
// False, and nothing done, when it is there already.
bool IntsetAdd(PackedBuffer& buffer, int64_t value);
// False when it was not there.
bool IntsetRemove(PackedBuffer& buffer, int64_t value);
// REQUIRES: index < Count().
void IntsetRemoveAt(PackedBuffer& buffer, size_t index);

// Whether these bytes are an intset: a known width, as long as their number says, ascending without
// duplicates. An empty one is valid. O(n).
bool ValidateIntset(std::string_view bytes);

}  // namespace gotthard
