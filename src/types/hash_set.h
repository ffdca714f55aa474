// HashSet: the big form of a set: members in an ElementArena, found through a Table.
//
// A member of 17 bytes takes 20 of the arena and about 12 of the table (YARDSTICK: 42 in all).
// Adding and removing are O(1) with the table's bounds on the longest insert; scanning and random
// choice are the table's.
//
// Owning thread: the execution thread, or whoever frees it. Views of members live until the next
// Add or Remove.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/function_ref.h"
#include "base/hash.h"
#include "base/prefetch.h"
#include "base/random.h"
#include "types/element_arena.h"
#include "types/element_text.h"
#include "types/stepwise_copy.h"
#include "types/table.h"

namespace gotthard {

class HashSet {
 public:
  // `hasher` must outlive the set.
  explicit HashSet(const KeyHasher& hasher) : hasher_(hasher), table_(HashOfElement, &hasher) {}
  HashSet(const HashSet&) = delete;
  HashSet& operator=(const HashSet&) = delete;

  size_t size() const { return table_.size(); }
  uint64_t HashOf(std::string_view member) const { return hasher_(member); }
  // `hash` is HashOf(member), which is the same in all sets of a server.
  bool Has(std::string_view member, uint64_t hash) const {
    return Find(member, hash).slot != nullptr;
  }
  bool Has(std::string_view member) const { return Has(member, HashOf(member)); }
  // False, and nothing done, when it is there already. `member` may be a view into another set.
  bool Add(std::string_view member) { return Add(member, HashOf(member)); }
  bool Add(std::string_view member, uint64_t hash);
  // False when it was not there.
  bool Remove(std::string_view member);

  // The two stages of running ahead of lookups: see Table.
  void PrefetchGroup(uint64_t hash) const { table_.PrefetchGroup(hash); }
  void PrefetchMember(uint64_t hash) const {
    Table::Ahead ahead;
    table_.PrefetchGroup(hash, &ahead);  // which is here by now: this finds it again
    table_.PrefetchElement(&ahead, [](const void* element) {
      Prefetch(element);
      Prefetch(static_cast<const char*>(element) + 31);
    });
  }

  // Calls visit(member) for each until it returns false. `visit` must not change the set.
  template <typename Visit>
  void ForEach(Visit&& visit) const;
  // Each member with the same probability. REQUIRES: size() > 0.
  Table::Position RandomPosition(Random& random) const { return table_.RandomPosition(random); }
  static std::string_view MemberAt(Table::Position position) {
    return ReadElementText(Table::ElementAt(*position.slot));
  }
  void RemoveAt(Table::Position position);

  // A copy, O(n), or one that is made step by step.
  std::unique_ptr<HashSet> Clone() const;
  std::unique_ptr<StepwiseCopy> BeginCopy() const;

  const Table& table() const { return table_; }
  size_t memory_bytes() const {
    return sizeof(*this) - sizeof(arena_) + arena_.held_bytes() + table_.bytes();
  }
  // How many calls of free the destructor makes, about.
  size_t free_effort() const { return arena_.parts() + table_.segments(); }

 private:
  class Copy;

  static uint64_t HashOfElement(const void* element, const void* hasher) {
    return (*static_cast<const KeyHasher*>(hasher))(ReadElementText(element));
  }
  Table::Position Find(std::string_view member, uint64_t hash) const {
    return table_.Find(hash,
                       [&](const void* element) { return ReadElementText(element) == member; });
  }

  const KeyHasher& hasher_;
  ElementArena arena_;
  Table table_;
};

template <typename Visit>
void HashSet::ForEach(Visit&& visit) const {
  bool stopped = false;
  uint64_t prefix = 0;
  do {
    Table::Segment* segment = table_.SegmentAt(prefix);
    table_.PrefetchSegmentAhead(prefix);
    Table::ForEachInSegment(segment, [&](Table::Position position) {
      if (!stopped) stopped = !visit(MemberAt(position));
    });
    prefix = Table::NextPrefix(segment);
  } while (prefix != 0 && !stopped);
}

}  // namespace gotthard
