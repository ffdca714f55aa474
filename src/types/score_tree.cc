#include "types/score_tree.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>

#include "base/memory.h"
#include "base/prefetch.h"

namespace gotthard {
namespace {

constexpr unsigned kMergeElements = ScoreTree::kLeafSlots * 3 / 4;
constexpr unsigned kMergeChildren = ScoreTree::kChildren * 3 / 4;

// A full leaf gives elements to a neighbour with at most this many: a split is put off for at least
// eight inserts, and random scores fill 80 % of the leaves instead of 69 %, worth 2 bytes an
// element.
constexpr unsigned kShareElements = 44;

// After so many inserts whose hint was cut off, a leaf's base and shift are chosen anew: 60
// elements are touched for it.
constexpr unsigned kCoarseLimit = 8;

template <typename T>
void MoveArray(T* to, const T* from, size_t count) {
  // Where T is a pointer its own size is meant. NOLINTNEXTLINE(bugprone-sizeof-expression)
  std::memmove(to, from, count * sizeof(T));
}

}  // namespace

// --- nodes ---

ScoreTree::Leaf* ScoreTree::NewLeaf() {
  auto* leaf = static_cast<Leaf*>(MustMalloc(sizeof(Leaf)));
  leaf->previous = leaf->next = nullptr;
  leaf->base = 0;
  leaf->count = 0;
  leaf->shift = 0;
  leaf->coarse = 0;
  bytes_ += sizeof(Leaf);
  return leaf;
}

ScoreTree::Inner* ScoreTree::NewInner() {
  auto* node = static_cast<Inner*>(MustMalloc(sizeof(Inner)));
  node->count = 0;
  bytes_ += sizeof(Inner);
  return node;
}

void ScoreTree::FreeLeaf(Leaf* leaf) {
  (leaf->previous != nullptr ? leaf->previous->next : first_) = leaf->next;
  (leaf->next != nullptr ? leaf->next->previous : last_) = leaf->previous;
  std::free(leaf);
  bytes_ -= sizeof(Leaf);
}

void ScoreTree::FreeInner(Inner* node) {
  std::free(node);
  bytes_ -= sizeof(Inner);
}

uint64_t ScoreTree::Inner::TotalSize() const {
  uint64_t total = 0;
  for (unsigned i = 0; i < count; ++i) total += sizes[i];
  return total;
}

// Makes room for a child at `index`.
void ScoreTree::Inner::Open(unsigned index) {
  const size_t behind = count - index;
  MoveArray(keys + index + 1, keys + index, behind);
  MoveArray(firsts + index + 1, firsts + index, behind);
  MoveArray(children + index + 1, children + index, behind);
  MoveArray(sizes + index + 1, sizes + index, behind);
  ++count;
}

// Removes the child at `index`.
void ScoreTree::Inner::Close(unsigned index) {
  --count;
  const size_t behind = count - index;
  MoveArray(keys + index, keys + index + 1, behind);
  MoveArray(firsts + index, firsts + index + 1, behind);
  MoveArray(children + index, children + index + 1, behind);
  MoveArray(sizes + index, sizes + index + 1, behind);
}

// Moves the children from `from` on to `to`'s place `at`, which is its end.
void ScoreTree::Inner::MoveTail(unsigned from, Inner* to, unsigned at) {
  const size_t moved = count - from;
  MoveArray(to->keys + at, keys + from, moved);
  MoveArray(to->firsts + at, firsts + from, moved);
  MoveArray(to->children + at, children + from, moved);
  MoveArray(to->sizes + at, sizes + from, moved);
  to->count = at + moved;
  count = from;
}

// Chooses base and shift so that the leaf's keys spread over five eighths of the hints, with an
// eighth left below and two above for what comes.
void ScoreTree::Refresh(Leaf* leaf) {
  if (leaf->count == 0) return;
  for (unsigned i = 0; i < leaf->count; ++i) Prefetch(leaf->at(i));
  const uint64_t low = leaf->at(0)->key();
  const uint64_t range = leaf->at(leaf->count - 1u)->key() - low;
  const auto range_bits = static_cast<unsigned>(std::bit_width(range));
  leaf->shift = static_cast<uint8_t>(range_bits > 15 ? range_bits - 15 : 0);
  const uint64_t below = uint64_t{1} << (leaf->shift + 13);
  leaf->base = low > below ? low - below : 0;
  leaf->coarse = 0;
  for (unsigned i = 0; i < leaf->count; ++i) leaf->slots[i] = leaf->SlotOf(leaf->at(i));
}

// --- searching ---

// How many of the leaf's elements are before the bound.
unsigned ScoreTree::Search(const Leaf& leaf, const ScoreBound& bound) {
  unsigned low = 0;
  unsigned high = leaf.count;
  if (bound.has_key()) {
    const unsigned hint = leaf.HintOf(bound.key());
    // All with a smaller hint are before, none with a greater one is.
    const uint64_t below = uint64_t{hint} << 48;
    const uint64_t* slots = leaf.slots;
    low = static_cast<unsigned>(std::lower_bound(slots, slots + high, below) - slots);
    unsigned same = low;
    while (same < high && leaf.hint_at(same) == hint) {
      if (same - low == 4) {  // many alike
        const uint64_t above = below | kPointerMask;
        same = static_cast<unsigned>(
            std::partition_point(slots + same, slots + high,
                                 [&](uint64_t slot) { return slot <= above; }) -
            slots);
        break;
      }
      ++same;
    }
    high = same;
  }
  while (low < high) {
    const unsigned middle = (low + high) / 2;
    const ZsetElement* element = leaf.at(middle);
    bool before = true;
    if (bound.has_key()) {
      const uint64_t key = element->key();
      before = key != bound.key() ? key < bound.key() : bound.IsAfter(element->member());
    } else {
      before = bound.IsAfter(element->member());
    }
    if (before) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

// How many of the children begin with an element that is before the bound.
unsigned ScoreTree::Search(const Inner& node, const ScoreBound& bound) {
  unsigned low = 0;
  auto high = static_cast<unsigned>(node.count);
  if (bound.has_key()) {
    const uint64_t* keys = node.keys;
    low = static_cast<unsigned>(std::lower_bound(keys, keys + high, bound.key()) - keys);
    if (low == high || keys[low] != bound.key()) return low;
    high = static_cast<unsigned>(std::upper_bound(keys + low, keys + high, bound.key()) - keys);
  }
  while (low < high) {
    const unsigned middle = (low + high) / 2;
    if (bound.IsAfter(node.firsts[middle]->member())) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

ScoreTree::Position ScoreTree::Last() const {
  if (last_ == nullptr) return {};
  return {last_, last_->count - 1u};
}

ScoreTree::Position ScoreTree::At(size_t rank) const {
  assert(rank < size_);
  void* node = root_;
  for (unsigned level = height_; level > 0; --level) {
    const Inner& inner = *static_cast<Inner*>(node);
    unsigned index = 0;
    while (rank >= inner.sizes[index]) rank -= inner.sizes[index++];
    node = inner.children[index];
  }
  return {static_cast<Leaf*>(node), static_cast<unsigned>(rank)};
}

ScoreTree::Found ScoreTree::Find(const ScoreBound& bound) const {
  if (root_ == nullptr) return {{}, 0};
  void* node = root_;
  size_t rank = 0;
  for (unsigned level = height_; level > 0; --level) {
    const Inner& inner = *static_cast<Inner*>(node);
    const unsigned begun = Search(inner, bound);
    const unsigned index = begun == 0 ? 0 : begun - 1;
    for (unsigned i = 0; i < index; ++i) rank += inner.sizes[i];
    node = inner.children[index];
  }
  auto* leaf = static_cast<Leaf*>(node);
  const unsigned index = Search(*leaf, bound);
  rank += index;
  if (index < leaf->count) return {{leaf, index}, rank};
  return {leaf->next == nullptr ? Position() : Position(leaf->next, 0), rank};
}

// Like Find, but stays in the leaf that holds the last element before the bound.
void ScoreTree::Descend(const ScoreBound& bound, Path& path) const {
  void* node = root_;
  for (unsigned level = height_; level > 0; --level) {
    auto* inner = static_cast<Inner*>(node);
    const unsigned begun = Search(*inner, bound);
    const unsigned index = begun == 0 ? 0 : begun - 1;
    path.steps[level - 1] = {inner, index};
    node = inner->children[index];
  }
  path.leaf = static_cast<Leaf*>(node);
  path.index = Search(*path.leaf, bound);
}

// --- inserting ---

// The subtree of the path at `level` (0: the leaf) begins with `first` now: tells the inner nodes
// above that hold it.
void ScoreTree::SetFirst(Path& path, unsigned level, ZsetElement* first) {
  for (; level < height_; ++level) {
    Step& step = path.steps[level];
    step.node->SetFirst(step.index, first);
    if (step.index != 0) return;
  }
}

void ScoreTree::InsertInto(Leaf* leaf, unsigned index, const ZsetElement* element) {
  MoveArray(leaf->slots + index + 1, leaf->slots + index, leaf->count - index);
  leaf->slots[index] = leaf->SlotOf(element);
  ++leaf->count;
  const unsigned hint = leaf->hint_at(index);
  if (hint == 0 || hint == kHintMax) ++leaf->coarse;
  if (leaf->coarse == kCoarseLimit || leaf->count <= 2) Refresh(leaf);
}

// The way of what comes in ascending order: no search. False if the element belongs elsewhere.
bool ScoreTree::Append(ZsetElement* element) {
  if (last_->count == kLeafSlots || last_->count == 0) return false;
  if (element->key() <= last_->at(last_->count - 1u)->key()) return false;
  InsertInto(last_, last_->count, element);
  void* node = root_;
  for (unsigned level = height_; level > 0; --level) {
    auto* inner = static_cast<Inner*>(node);
    ++inner->sizes[inner->count - 1];
    node = inner->children[inner->count - 1];
  }
  ++size_;
  return true;
}

void ScoreTree::Insert(ZsetElement* element) {
  if (root_ == nullptr) root_ = first_ = last_ = NewLeaf();
  if (Append(element)) return;
  const ScoreBound bound = ScoreBound::Above(element->score(), element->member());
  Path path;
  Descend(bound, path);
  while (path.leaf->count == kLeafSlots) {  // each turn splits one node, from above
    if (!Share(path)) Split(path);
    Descend(bound, path);
  }
  InsertInto(path.leaf, path.index, element);
  if (path.index == 0) SetFirst(path, 0, element);
  for (unsigned level = 0; level < height_; ++level) {
    ++path.steps[level].node->sizes[path.steps[level].index];
  }
  ++size_;
}

// The path's leaf is full: splits it, or if its parent is full, too, the highest of the full nodes
// above it.
void ScoreTree::Split(Path& path) {
  unsigned full = 0;  // full nodes right above the leaf
  while (full < height_ && path.steps[full].node->count == kChildren) ++full;
  if (full == height_) {
    AddRoot();
    path.steps[full] = {static_cast<Inner*>(root_), 0};
  }
  if (full == 0) {
    SplitLeaf(path);
  } else {
    SplitInner(path, full - 1);
  }
}

// Puts a root with one child above the root.
void ScoreTree::AddRoot() {
  assert(height_ < kMaxHeight);
  Inner* root = NewInner();
  root->count = 1;
  root->children[0] = root_;
  root->sizes[0] = size_;
  root->SetFirst(0, first_->at(0));
  root_ = root;
  ++height_;
}

// Moves elements of the path's full leaf to a neighbour of the same parent that has room for enough
// of them. False if there is none, or if elements come in order at this end of the tree.
bool ScoreTree::Share(Path& path) {
  if (height_ == 0 || (path.leaf == last_ && path.index == kLeafSlots) ||
      (path.leaf == first_ && path.index == 0)) {
    return false;
  }
  Inner* parent = path.steps[0].node;
  const unsigned index = path.steps[0].index;
  const unsigned before = index > 0 ? parent->leaf(index - 1)->count : kLeafSlots;
  const unsigned after = index + 1 < parent->count ? parent->leaf(index + 1)->count : kLeafSlots;
  if (std::min(before, after) > kShareElements) return false;
  const unsigned at = before < after ? index - 1 : index;  // of the two, the one to the left
  Leaf* left = parent->leaf(at);
  Leaf* right = parent->leaf(at + 1);
  const unsigned total = unsigned{left->count} + right->count;
  uint64_t slots[2 * kLeafSlots];
  MoveArray(slots, left->slots, left->count);
  MoveArray(slots + left->count, right->slots, right->count);
  left->count = static_cast<uint16_t>(total / 2);
  right->count = static_cast<uint16_t>(total - left->count);
  MoveArray(left->slots, slots, left->count);
  MoveArray(right->slots, slots + left->count, right->count);
  Refresh(left);
  Refresh(right);
  parent->sizes[at] = left->count;
  parent->sizes[at + 1] = right->count;
  parent->SetFirst(at + 1, right->at(0));
  return true;
}

void ScoreTree::SplitLeaf(Path& path) {
  Leaf* left = path.leaf;
  Leaf* right = NewLeaf();
  // Where elements come in order, a full leaf is left behind.
  unsigned keep = kLeafSlots / 2;
  if (left == last_ && path.index == kLeafSlots) keep = kLeafSlots - 1;
  if (left == first_ && path.index == 0) keep = 1;
  right->count = static_cast<uint16_t>(kLeafSlots - keep);
  left->count = static_cast<uint16_t>(keep);
  MoveArray(right->slots, left->slots + keep, right->count);
  right->next = left->next;
  right->previous = left;
  (right->next != nullptr ? right->next->previous : last_) = right;
  left->next = right;
  Refresh(left);
  Refresh(right);
  Link(path, 0, right, right->at(0), right->count);
}

void ScoreTree::SplitInner(Path& path, unsigned level) {
  Inner* left = path.steps[level].node;
  Inner* right = NewInner();
  const unsigned index = path.steps[level].index;
  unsigned keep = kChildren / 2;
  if (index == kChildren - 1 && path.leaf == last_) keep = kChildren - 1;
  if (index == 0 && path.leaf == first_) keep = 1;
  left->MoveTail(keep, right, 0);
  Link(path, level + 1, right, right->firsts[0], right->TotalSize());
}

// Makes `right`, with `size` elements split off the path's node at `level`, its neighbour.
// REQUIRES: the parent has room.
void ScoreTree::Link(Path& path, unsigned level, void* right, ZsetElement* first, uint64_t size) {
  const auto [parent, index] = path.steps[level];
  parent->Open(index + 1);
  parent->children[index + 1] = right;
  parent->sizes[index + 1] = size;
  parent->sizes[index] -= size;
  parent->SetFirst(index + 1, first);
}

// --- erasing ---

void ScoreTree::Erase(const ZsetElement* element) {
  Path path;
  Descend(ScoreBound::Above(element->score(), element->member()), path);
  Leaf* leaf = path.leaf;
  assert(path.index > 0 && leaf->at(path.index - 1) == element);
  const unsigned index = path.index - 1;
  --leaf->count;
  MoveArray(leaf->slots + index, leaf->slots + index + 1, leaf->count - index);
  for (unsigned level = 0; level < height_; ++level) {
    --path.steps[level].node->sizes[path.steps[level].index];
  }
  --size_;
  if (leaf->count == 0) {
    FreeLeaf(leaf);
    Unlink(path, 0);
    return;
  }
  if (index == 0) SetFirst(path, 0, leaf->at(0));
  if (leaf->count <= kMergeElements / 2) MergeLeaf(path);
}

// The path's node below steps[level] is gone: takes it out of its parent, and parents that become
// empty out of theirs.
void ScoreTree::Unlink(Path& path, unsigned level) {
  for (; level < height_; ++level) {
    auto [parent, index] = path.steps[level];
    parent->Close(index);
    if (parent->count > 0) {
      if (index == 0) SetFirst(path, level + 1, parent->firsts[0]);
      MergeInner(path, level);
      return;
    }
    FreeInner(parent);
  }
  root_ = nullptr;
  height_ = 0;
}

// Joins the leaf with a neighbour of the same parent if they fit three quarters of one.
void ScoreTree::MergeLeaf(Path& path) {
  if (height_ == 0) return;
  Inner* const parent = path.steps[0].node;
  auto& index = path.steps[0].index;
  const auto fits = [&](unsigned left) {
    return left + 1 < parent->count &&
           parent->leaf(left)->count + parent->leaf(left + 1)->count <= int{kMergeElements};
  };
  if (!fits(index)) {
    if (index == 0 || !fits(index - 1)) return;
    --index;
  }
  Leaf* left = parent->leaf(index);
  Leaf* right = parent->leaf(index + 1);
  MoveArray(left->slots + left->count, right->slots, right->count);
  left->count = static_cast<uint16_t>(left->count + right->count);
  parent->sizes[index] += parent->sizes[index + 1];
  FreeLeaf(right);
  Refresh(left);
  parent->Close(index + 1);
  MergeInner(path, 0);
}

// The same for inner nodes, after the one at `level` lost a child, and on upwards; a root with one
// child gives way to it.
void ScoreTree::MergeInner(Path& path, unsigned level) {
  for (; level + 1 < height_; ++level) {
    Inner* const parent = path.steps[level + 1].node;
    auto& index = path.steps[level + 1].index;
    const auto fits = [&](unsigned left) {
      return left + 1 < parent->count &&
             parent->inner(left)->count + parent->inner(left + 1)->count <= kMergeChildren;
    };
    if (!fits(index)) {
      if (index == 0 || !fits(index - 1)) break;
      --index;
    }
    Inner* left = parent->inner(index);
    Inner* right = parent->inner(index + 1);
    right->MoveTail(0, left, static_cast<unsigned>(left->count));
    parent->sizes[index] += parent->sizes[index + 1];
    FreeInner(right);
    parent->Close(index + 1);
  }
  while (height_ > 0 && static_cast<Inner*>(root_)->count == 1) {
    auto* old = static_cast<Inner*>(root_);
    root_ = old->children[0];
    --height_;
    FreeInner(old);
  }
}

// --- changing ---

void ScoreTree::SetScore(ZsetElement* element, double score) {
  const uint64_t key = ScoreKey(score);
  Path path;
  Descend(ScoreBound::Above(element->score(), element->member()), path);
  assert(path.index > 0 && path.leaf->at(path.index - 1) == element);
  const Position here(path.leaf, path.index - 1);
  Position before = here;
  before.Previous();
  Position after = here;
  after.Next();
  const auto less = [](uint64_t a, std::string_view member_a, uint64_t b,
                       std::string_view member_b) { return a != b ? a < b : member_a < member_b; };
  const std::string_view member = element->member();
  const bool stays = (!before || less(before->key(), before->member(), key, member)) &&
                     (!after || less(key, member, after->key(), after->member()));
  if (!stays) {
    Erase(element);
    element->set_score(score);
    Insert(element);
    return;
  }
  element->set_score(score);
  path.leaf->slots[here.index_] = path.leaf->SlotOf(element);
  if (here.index_ == 0) SetFirst(path, 0, element);
}

void ScoreTree::Clear() {
  if (root_ != nullptr) ClearBelow(root_, height_);
  root_ = nullptr;
  first_ = last_ = nullptr;
  size_ = 0;
  height_ = 0;
}

void ScoreTree::ClearBelow(void* node, unsigned height) {
  if (height == 0) return FreeLeaf(static_cast<Leaf*>(node));
  auto* inner = static_cast<Inner*>(node);
  for (unsigned i = 0; i < inner->count; ++i) ClearBelow(inner->children[i], height - 1);
  FreeInner(inner);
}

// --- checking ---

bool ScoreTree::IsSound() const {
  if (root_ == nullptr) return size_ == 0 && first_ == nullptr && last_ == nullptr && bytes_ == 0;
  const Leaf* next = first_;
  uint64_t size = 0;
  if (first_->previous != nullptr || last_->next != nullptr) return false;
  if (!IsSoundBelow(root_, height_, next, size) || next != nullptr || size != size_) return false;
  const ZsetElement* last = nullptr;
  for (Position at = First(); at; at.Next()) {
    if (last != nullptr &&
        (last->key() != at->key() ? last->key() > at->key() : last->member() >= at->member())) {
      return false;
    }
    last = at.get();
  }
  return true;
}

// `leaf` is the one that must come next in the list of leaves.
bool ScoreTree::IsSoundBelow(const void* node, unsigned height, const Leaf*& leaf,
                             uint64_t& size) const {
  if (height == 0) {
    const auto* here = static_cast<const Leaf*>(node);
    if (here != leaf || here->count == 0 || here->count > kLeafSlots) return false;
    if (here->next == nullptr ? here != last_ : here->next->previous != here) return false;
    for (unsigned i = 0; i < here->count; ++i) {
      if (here->slots[i] != here->SlotOf(here->at(i))) return false;
    }
    leaf = here->next;
    size += here->count;
    return true;
  }
  const auto& inner = *static_cast<const Inner*>(node);
  if (inner.count == 0 || inner.count > kChildren) return false;
  for (unsigned i = 0; i < inner.count; ++i) {
    const ZsetElement* first = leaf == nullptr ? nullptr : leaf->at(0);
    if (inner.firsts[i] != first || first == nullptr || inner.keys[i] != first->key()) return false;
    uint64_t below = 0;
    if (!IsSoundBelow(inner.children[i], height - 1, leaf, below)) return false;
    if (below != inner.sizes[i]) return false;
    size += below;
  }
  return true;
}

}  // namespace gotthard
