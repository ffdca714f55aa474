// ScoreTree: the members of a big sorted set in the order of (score, member): an order-statistic
// B+tree (Bayer and McCreight 1972; ranks by subtree sizes as Knuth, TAOCP 3, 6.2.3, has them).
//
//   inner node, 1 KiB: 31 times { key of the first score, first element, child, size }, by column
//        |                    |
//   leaf, 512 bytes  <---->  leaf                     leaves are linked both ways
//   +------+------+------+-------+-------+------------+
//   | prev | next | base | count | shift | 60 slots   |
//   +------+------+------+-------+-------+------------+
//   slot: | hint: 16 bits | element's address: 48 bits |
//
// - Scores are compared as integers (ScoreKey). Inner nodes hold the keys, so that the way down
//   touches no element unless scores are equal.
// - A leaf holds no scores, to cost 8 bytes an element. But each slot carries a hint, (key - base)
//   >> shift cut to 16 bits, which grows with the key: most comparisons in a leaf are between
//   hints, and a search touches one or two elements instead of six. Any base and shift are correct;
//   they are chosen anew when a leaf was split, merged, or has become too coarse.
// - Inserting at either end leaves full leaves behind, so that ascending and descending scores
//   fill them to 98 %; random ones to 69 %.
// - Neighbours that fit three quarters of a node are merged when something is erased.
//
// Costs: O(log n) with base 20 to 40 for all that takes an element, a bound or a rank; O(1) for a
// step of a Position. The longest insert splits one node a level. Nodes come from malloc, whose
// size classes they fill.
//
// Owning thread: the one that owns the sorted set. Any change invalidates all Positions. Elements
// belong to the caller and stay where they are. Limit: memory.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/prefetch.h"
#include "types/zset_element.h"

namespace gotthard {

// Where a range begins or ends: between all elements that are "before" it and all others. Every
// kind keeps the tree's order, so that a search can go by it.
class ScoreBound {
 public:
  // Before are the elements with a smaller score.
  static ScoreBound BelowScore(double score) { return {Kind::kScore, ScoreKey(score), {}, false}; }
  // Before are the elements with this score, too.
  static ScoreBound AboveScore(double score) { return {Kind::kScore, ScoreKey(score), {}, true}; }
  // Where all scores are equal: before are the elements with a smaller member.
  static ScoreBound BelowMember(std::string_view member) {
    return {Kind::kMember, 0, member, false};
  }
  static ScoreBound AboveMember(std::string_view member) {
    return {Kind::kMember, 0, member, true};
  }
  // Before are the elements that come before (score, member), or are it.
  static ScoreBound Below(double score, std::string_view member) {
    return {Kind::kElement, ScoreKey(score), member, false};
  }
  static ScoreBound Above(double score, std::string_view member) {
    return {Kind::kElement, ScoreKey(score), member, true};
  }

  bool has_key() const { return kind_ != Kind::kMember; }
  uint64_t key() const { return key_; }
  // Whether an element with this bound's key (any key, for a bound of members) is before it.
  bool IsAfter(std::string_view member) const {
    if (kind_ == Kind::kScore) return inclusive_;
    const int order = member.compare(member_);
    return order < 0 || (order == 0 && inclusive_);
  }

 private:
  enum class Kind : uint8_t { kScore, kMember, kElement };
  ScoreBound(Kind kind, uint64_t key, std::string_view member, bool inclusive)
      : key_(key), member_(member), kind_(kind), inclusive_(inclusive) {}

  uint64_t key_;
  std::string_view member_;
  Kind kind_;
  bool inclusive_;
};

class ScoreTree {
 public:
  static constexpr unsigned kLeafSlots = 60;
  static constexpr unsigned kChildren = 31;

 private:
  struct Leaf;
  struct Inner;

 public:
  // An element in the tree, or the end (before the first and behind the last alike).
  class Position {
   public:
    Position() = default;
    explicit operator bool() const { return leaf_ != nullptr; }
    // REQUIRES: not at the end.
    const ZsetElement& operator*() const { return *get(); }
    const ZsetElement* operator->() const { return get(); }
    inline ZsetElement* get() const;
    // To the element behind or before this one. REQUIRES: not at the end.
    inline void Next();
    inline void Previous();
    // Asks for the memory of an element some steps on.
    inline void PrefetchAhead(bool reverse) const;

   private:
    friend class ScoreTree;
    Position(Leaf* leaf, unsigned index) : leaf_(leaf), index_(index) {}
    Leaf* leaf_ = nullptr;
    unsigned index_ = 0;
  };

  // What Find found: the first element not before the bound, and how many are before it.
  struct Found {
    Position position;
    size_t rank;
  };

  ScoreTree() = default;
  ScoreTree(const ScoreTree&) = delete;
  ScoreTree& operator=(const ScoreTree&) = delete;
  // Frees the nodes: O(n / 40).
  ~ScoreTree() { Clear(); }

  size_t size() const { return size_; }
  // Leaves and inner nodes.
  size_t bytes() const { return bytes_; }
  // How many calls of free dropping it means.
  size_t nodes() const { return bytes_ / sizeof(Leaf); }

  Position First() const { return first_ == nullptr ? Position() : Position(first_, 0); }
  Position Last() const;
  // The element with `rank` others before it. REQUIRES: rank < size().
  Position At(size_t rank) const;
  Found Find(const ScoreBound& bound) const;
  // How many elements are before this one. REQUIRES: it is in the tree.
  size_t RankOf(const ZsetElement& element) const {
    return Find(ScoreBound::Below(element.score(), element.member())).rank;
  }

  // REQUIRES: no element with this score and member is in the tree; the address fits 48 bits.
  void Insert(ZsetElement* element);
  // REQUIRES: the element is in the tree.
  void Erase(const ZsetElement* element);
  // Gives the element another score, and its new place. REQUIRES: it is in the tree.
  void SetScore(ZsetElement* element, double score);
  // Forgets all elements and frees all nodes: O(nodes).
  void Clear();

  // Whether order, sizes, first elements and links are as they should be. O(n), for tests.
  bool IsSound() const;

 private:
  static constexpr uint64_t kPointerMask = (uint64_t{1} << 48) - 1;
  static constexpr unsigned kHintMax = UINT16_MAX;
  // Twice what any number of elements that fits an address space can reach: neighbours hold 24
  // children together, or 46 elements.
  static constexpr unsigned kMaxHeight = 32;

  struct Leaf {
    Leaf* previous;
    Leaf* next;
    uint64_t base;
    uint16_t count;
    uint8_t shift;
    uint8_t coarse;  // inserts since base and shift were chosen whose hint told nothing
    uint64_t slots[kLeafSlots];

    ZsetElement* at(unsigned index) const {
      return reinterpret_cast<ZsetElement*>(slots[index] & kPointerMask);
    }
    unsigned hint_at(unsigned index) const { return static_cast<unsigned>(slots[index] >> 48); }
    unsigned HintOf(uint64_t key) const {
      if (key <= base) return 0;
      const uint64_t distance = (key - base) >> shift;
      return distance < kHintMax ? static_cast<unsigned>(distance) : kHintMax;
    }
    uint64_t SlotOf(const ZsetElement* element) const {
      return reinterpret_cast<uintptr_t>(element) | uint64_t{HintOf(element->key())} << 48;
    }
  };
  static_assert(sizeof(Leaf) == 512, "a leaf fills one of malloc's size classes");

  struct Inner {
    uint64_t count;
    uint64_t keys[kChildren];
    ZsetElement* firsts[kChildren];
    void* children[kChildren];
    uint64_t sizes[kChildren];

    Inner* inner(unsigned index) const { return static_cast<Inner*>(children[index]); }
    Leaf* leaf(unsigned index) const { return static_cast<Leaf*>(children[index]); }
    void SetFirst(unsigned index, ZsetElement* element) {
      firsts[index] = element;
      keys[index] = element->key();
    }
    uint64_t TotalSize() const;
    void Open(unsigned index);
    void Close(unsigned index);
    void MoveTail(unsigned from, Inner* to, unsigned at);
  };
  static_assert(sizeof(Inner) <= 1024, "an inner node fits malloc's class of 1 KiB");

  // The way from the root to a leaf: path[level] is the inner node `level` levels above the leaves'
  // parents, and the index of the child taken.
  struct Step {
    Inner* node;
    unsigned index;
  };
  struct Path {
    Step steps[kMaxHeight];
    Leaf* leaf;
    unsigned index;  // in the leaf: of the first element not before the bound
  };

  Leaf* NewLeaf();
  Inner* NewInner();
  void FreeLeaf(Leaf* leaf);
  void FreeInner(Inner* node);
  void ClearBelow(void* node, unsigned height);

  static unsigned Search(const Leaf& leaf, const ScoreBound& bound);
  static unsigned Search(const Inner& node, const ScoreBound& bound);
  void Descend(const ScoreBound& bound, Path& path) const;
  static void Refresh(Leaf* leaf);
  void InsertInto(Leaf* leaf, unsigned index, const ZsetElement* element);
  void SetFirst(Path& path, unsigned level, ZsetElement* first);
  bool Append(ZsetElement* element);

  bool Share(Path& path);
  void Split(Path& path);
  void SplitLeaf(Path& path);
  void SplitInner(Path& path, unsigned level);
  void Link(Path& path, unsigned level, void* right, ZsetElement* first, uint64_t size);
  void AddRoot();

  void Unlink(Path& path, unsigned level);
  void MergeLeaf(Path& path);
  void MergeInner(Path& path, unsigned level);
  bool IsSoundBelow(const void* node, unsigned height, const Leaf*& leaf, uint64_t& size) const;

  void* root_ = nullptr;  // a Leaf when height_ is 0; null when empty
  Leaf* first_ = nullptr;
  Leaf* last_ = nullptr;
  size_t size_ = 0;
  size_t bytes_ = 0;
  unsigned height_ = 0;  // inner levels
};

inline ZsetElement* ScoreTree::Position::get() const {
  assert(leaf_ != nullptr);
  return leaf_->at(index_);
}

inline void ScoreTree::Position::Next() {
  if (++index_ < leaf_->count) [[likely]]
    return;
  leaf_ = leaf_->next;
  index_ = 0;
}

inline void ScoreTree::Position::PrefetchAhead(bool reverse) const {
  constexpr unsigned kAhead = 8;
  const unsigned index = reverse ? index_ - kAhead : index_ + kAhead;
  if (index < leaf_->count) Prefetch(leaf_->at(index));
}

inline void ScoreTree::Position::Previous() {
  if (index_ == 0) {
    leaf_ = leaf_->previous;
    index_ = leaf_ == nullptr ? 0 : leaf_->count;
    if (leaf_ == nullptr) return;
  }
  --index_;
}

}  // namespace gotthard
