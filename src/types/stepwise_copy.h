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
  // What a step ends with, whichever comes first.
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

// Walks over a table's elements in steps. Ends with any change of the table.
class TableSteps {
 public:
  explicit TableSteps(const Table& table) : table_(table) {}

  // Calls visit(element), which returns the element's bytes, with those of one segment, or as many
  // of them as kStepBytes allow. True after the last one.
  template <typename Visit>
  bool Step(Visit&& visit) {
    Table::Segment* segment = table_.SegmentAt(prefix_);
    table_.PrefetchSegmentAhead(prefix_);
    size_t met = 0;
    size_t bytes = 0;
    Table::ForEachInSegment(segment, [&](Table::Position position) {
      if (met++ < passed_ || bytes >= StepwiseCopy::kStepBytes) return;
      bytes += visit(Table::ElementAt(*position.slot));
      ++passed_;
    });
    if (passed_ < met) return false;
    passed_ = 0;
    prefix_ = Table::NextPrefix(segment);
    return prefix_ == 0;
  }

 private:
  const Table& table_;
  uint64_t prefix_ = 0;
  size_t passed_ = 0;  // elements of the segment that were visited
};

// The whole copy at once.
template <typename Value>
std::unique_ptr<Value> CopyAtOnce(StepwiseCopy& copy) {
  while (!copy.Step()) continue;
  return std::unique_ptr<Value>(static_cast<Value*>(copy.Release()));
}

}  // namespace gotthard
