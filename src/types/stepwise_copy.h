// StepwiseCopy: a copy of a big value that is made a little at a time, so that whoever owns both
// can do something else in between.
//
// A step copies about as much as 0.1 ms allows: the elements of one segment of a hash table, a node
// of a list. Only an element is never divided: one of many megabytes is a step of its own.
//
// Owning thread: the one that owns the value. The value must not change as long as steps are made;
// once it has (or is gone) the copy is only good to be dropped.
#pragma once

#include <cstddef>
#include <memory>

#include "types/table.h"

namespace gotthard {

class StepwiseCopy {
 public:
  // What a step ends with, whichever comes first; tables go on to a segment's end.
  static constexpr size_t kStepElements = 128;
  static constexpr size_t kStepBytes = 64 * 1024;

  StepwiseCopy() = default;
  StepwiseCopy(const StepwiseCopy&) = delete;
  StepwiseCopy& operator=(const StepwiseCopy&) = delete;
  virtual ~StepwiseCopy() = default;

  // Copies on; true when all is copied. REQUIRES: it was not true before.
  virtual bool Step() = 0;
  // Hands over what was copied: a whole value once Step was true, otherwise one to be dropped (it
  // is large: elsewhere, perhaps). No further Step then.
  virtual void* Release() = 0;
};

// Makes one table the copy of another in steps. Both have the same hash function, so segments are
// copied as they are, with nothing hashed or looked for; only the elements' addresses differ.
class TableCopySteps {
 public:
  // REQUIRES: `to` is empty. It is good only to be destroyed until Step was true.
  TableCopySteps(const Table& from, Table& to) : from_(from), to_(to) { to.BeginCopy(from); }

  // Calls copy(element, &bytes), which returns the element's copy and adds its size, for those of
  // one segment, or as many of them as a step may take. True after the last one.
  template <typename Copy>
  bool Step(Copy&& copy) {
    if (from_.size() == 0) return true;
    Table::Segment* segment = from_.SegmentAt(prefix_);
    from_.PrefetchSegmentAhead(prefix_);
    if (copied_ == 0) segment_ = to_.CopySegment(segment);
    size_t met = 0;
    size_t bytes = 0;
    const size_t last = copied_ + kMaxElements;
    Table::ForEachInSegment(segment, [&](Table::Position position) {
      if (met++ < copied_ || copied_ == last || bytes >= StepwiseCopy::kStepBytes) return;
      to_.SetCopied(segment_, position, copy(Table::ElementAt(*position.slot), &bytes));
      ++copied_;
    });
    if (copied_ < met) return false;
    copied_ = 0;
    prefix_ = Table::NextPrefix(segment);
    return prefix_ == 0;
  }

 private:
  // More than the segments of a good hash have.
  static constexpr size_t kMaxElements = 4 * StepwiseCopy::kStepElements;

  const Table& from_;
  Table& to_;
  uint64_t prefix_ = 0;
  Table::Segment* segment_ = nullptr;  // the copy under way
  size_t copied_ = 0;                  // elements of it that are there
};

// The whole copy at once.
template <typename Value>
std::unique_ptr<Value> CopyAtOnce(StepwiseCopy& copy) {
  while (!copy.Step()) continue;
  return std::unique_ptr<Value>(static_cast<Value*>(copy.Release()));
}

}  // namespace gotthard
