// SortedSet: a big sorted set ("skiplist" to OBJECT ENCODING): a Swiss table by member and a
// ScoreTree by (score, member), both pointing to the same elements, which lie in an arena.
//
// A 17-byte member costs 28 bytes of element, about 12 of table, 9 to 13 of tree. Finding a member
// is O(1), all that asks for order O(log n); the longest insert splits one segment of the table and
// one node a level of the tree. Dropping it visits nodes and pages, not elements.
//
// Owning thread: the one that owns the key, or the one that frees it. A change invalidates all
// positions; elements keep their address until they are removed.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "base/function_ref.h"
#include "base/hash.h"
#include "types/element_arena.h"
#include "types/score_tree.h"
#include "types/stepwise_copy.h"
#include "types/table.h"
#include "types/zset_element.h"

namespace gotthard {

class SortedSet {
 public:
  // `hasher` must outlive the set.
  explicit SortedSet(const KeyHasher& hasher);
  SortedSet(const SortedSet&) = delete;
  SortedSet& operator=(const SortedSet&) = delete;

  size_t size() const { return tree_.size(); }
  // The hash that spares Find and Add computing it.
  uint64_t HashOf(std::string_view member) const { return hasher_(member); }
  // Null if it is not there.
  ZsetElement* Find(std::string_view member) const { return Find(member, hasher_(member)); }
  ZsetElement* Find(std::string_view member, uint64_t hash) const;
  // REQUIRES: `member` is not there; `score` is no NaN.
  ZsetElement* Add(double score, std::string_view member) {
    return Add(score, member, hasher_(member));
  }
  ZsetElement* Add(double score, std::string_view member, uint64_t hash);
  // Adds the member or gives it this score. REQUIRES: `score` is no NaN.
  void Put(double score, std::string_view member);
  // REQUIRES: the element is in the set.
  void SetScore(ZsetElement* element, double score) { tree_.SetScore(element, score); }
  void Remove(ZsetElement* element);
  // Removes `count` members from rank `first` on, O(count log n). REQUIRES: they are there.
  void RemoveRange(size_t first, size_t count);

  const ScoreTree& order() const { return tree_; }
  const Table& table() const { return table_; }
  // Walks by member: see Table::Scan.
  uint64_t Scan(uint64_t cursor, size_t count, FunctionRef<void(const ZsetElement&)> visit) const;

  // A copy, O(n log n), or one that is made step by step.
  std::unique_ptr<SortedSet> Clone() const;
  std::unique_ptr<StepwiseCopy> BeginCopy() const;
  // All that it holds, itself included.
  size_t memory_bytes() const;
  // About how many calls of free dropping it means.
  size_t free_effort() const { return 1 + tree_.nodes() + arena_.parts() + table_.segments(); }

 private:
  class Copy;

  static uint64_t HashOfElement(const void* element, const void* hasher);

  const KeyHasher& hasher_;
  ElementArena arena_;
  Table table_;
  ScoreTree tree_;
};

}  // namespace gotthard
