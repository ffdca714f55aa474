#include "types/radix_tree.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "base/memory.h"

namespace gotthard {
namespace {

constexpr unsigned kMostChildren = 256;
constexpr unsigned kFewChildren = 4;

uint8_t ByteOf(const StreamId& id, unsigned position) {
  const uint64_t half = position < 8 ? id.ms : id.seq;
  return static_cast<uint8_t>(half >> (56 - 8 * (position % 8)));
}

// The position of the first byte in which they differ; kKeyBytes if they are alike.
unsigned FirstDifference(const StreamId& one, const StreamId& other) {
  if (one.ms != other.ms) return static_cast<unsigned>(std::countl_zero(one.ms ^ other.ms)) / 8;
  return 8 + static_cast<unsigned>(std::countl_zero(one.seq ^ other.seq)) / 8;
}

// Whether there are bytes without a branch between two positions, -1 being before the first.
size_t IsRun(int upper, unsigned lower) {
  return static_cast<int>(lower) - upper > 1 ? 1 : 0;
}

}  // namespace

struct RadixTreeBase::Node {
  uint16_t count;
  uint16_t capacity;
  uint8_t position;

  static constexpr size_t kHeadBytes = 8;
  static size_t BytesFor(unsigned children) {
    return kHeadBytes + ((children + 7) & ~size_t{7}) + children * sizeof(Link);
  }
  static unsigned CapacityOf(size_t bytes) {
    auto children = static_cast<unsigned>((bytes - kHeadBytes) / (1 + sizeof(Link)));
    while (BytesFor(children) > bytes) --children;
    return std::min(children, kMostChildren);
  }

  uint8_t* bytes() { return reinterpret_cast<uint8_t*>(this) + kHeadBytes; }
  const uint8_t* bytes() const { return reinterpret_cast<const uint8_t*>(this) + kHeadBytes; }
  Link* children() {
    return reinterpret_cast<Link*>(reinterpret_cast<char*>(this) + ChildrenOffset());
  }
  const Link* children() const {
    return reinterpret_cast<const Link*>(reinterpret_cast<const char*>(this) + ChildrenOffset());
  }
  // The first child whose byte is not less than `byte`; count if there is none.
  unsigned LowerBound(uint8_t byte) const {
    return static_cast<unsigned>(std::lower_bound(bytes(), bytes() + count, byte) - bytes());
  }

 private:
  size_t ChildrenOffset() const { return kHeadBytes + ((capacity + 7u) & ~7u); }
};

namespace {

constexpr uintptr_t kObjectTag = 1;

bool IsObject(uintptr_t link) {
  return (link & kObjectTag) != 0;
}
uintptr_t LinkTo(void* object) {
  return reinterpret_cast<uintptr_t>(object) | kObjectTag;
}
void* ObjectOf(uintptr_t link) {
  return reinterpret_cast<void*>(link & ~kObjectTag);
}
// NodeOf(link) in the members below: a link without a tag is a node's address.
template <typename Node>
Node* NodeAt(uintptr_t link) {
  return reinterpret_cast<Node*>(link);
}

}  // namespace

void RadixTreeBase::Swap(RadixTreeBase& other) noexcept {
  std::swap(root_, other.root_);
  std::swap(size_, other.size_);
  std::swap(branches_, other.branches_);
  std::swap(runs_, other.runs_);
  std::swap(bytes_, other.bytes_);
}

const StreamId& RadixTreeBase::IdOf(Link link) {
  return *static_cast<const StreamId*>(ObjectOf(link));
}

// An object is below all bytes of its key.
unsigned RadixTreeBase::PositionOf(Link link) {
  return IsObject(link) ? kKeyBytes : NodeAt<Node>(link)->position;
}

RadixTreeBase::Link RadixTreeBase::AnyObject(Link link) {
  while (!IsObject(link)) link = NodeAt<Node>(link)->children()[0];
  return link;
}

const RadixTreeBase::Link* RadixTreeBase::ChildOf(const Node& node, const StreamId& id) {
  const uint8_t byte = ByteOf(id, node.position);
  // Most streams are read and written near their end.
  const unsigned last = node.count - 1u;
  if (node.bytes()[last] == byte) return &node.children()[last];
  const void* found = std::memchr(node.bytes(), byte, last);
  if (found == nullptr) return nullptr;
  return &node.children()[static_cast<const uint8_t*>(found) - node.bytes()];
}

void* RadixTreeBase::FindObject(const StreamId& id) const {
  if (root_ == 0) return nullptr;
  Link link = root_;
  while (!IsObject(link)) {
    const Link* child = ChildOf(*NodeAt<Node>(link), id);
    if (child == nullptr) return nullptr;
    link = *child;
  }
  return IdOf(link) == id ? ObjectOf(link) : nullptr;
}

RadixTreeBase::Node* RadixTreeBase::NewNode(unsigned position, unsigned children) {
  const size_t bytes = AllocationClass(Node::BytesFor(children));
  auto* node = static_cast<Node*>(MustMalloc(bytes));
  node->count = 0;
  node->capacity = static_cast<uint16_t>(Node::CapacityOf(bytes));
  node->position = static_cast<uint8_t>(position);
  bytes_ += bytes;
  ++branches_;
  return node;
}

void RadixTreeBase::FreeNode(Node* node) {
  bytes_ -= AllocationClass(Node::BytesFor(node->capacity));
  --branches_;
  std::free(node);
}

// Moves the node to memory for so many children. REQUIRES: at least as many as it has.
void RadixTreeBase::Resize(Link& link, unsigned children) {
  Node* node = NodeAt<Node>(link);
  Node* moved = NewNode(node->position, children);
  moved->count = node->count;
  std::memcpy(moved->bytes(), node->bytes(), node->count);
  std::memcpy(moved->children(), node->children(), node->count * sizeof(Link));
  FreeNode(node);
  link = reinterpret_cast<Link>(moved);
}

// REQUIRES: the node has no child of this byte.
void RadixTreeBase::AddChild(Link& link, uint8_t byte, Link child) {
  if (NodeAt<Node>(link)->count == NodeAt<Node>(link)->capacity) {
    Resize(link, NodeAt<Node>(link)->count + 1u);
  }
  Node* node = NodeAt<Node>(link);
  const unsigned index = node->LowerBound(byte);
  uint8_t* bytes = node->bytes() + index;
  Link* children = node->children() + index;
  const size_t behind = node->count - index;
  std::memmove(bytes + 1, bytes, behind);
  std::memmove(children + 1, children, behind * sizeof(Link));
  *bytes = byte;
  *children = child;
  ++node->count;
}

// Puts a node before what is at `link`, for it and for an object that differs at `position`.
void RadixTreeBase::Split(Link& link, int parent_position, unsigned position, Link object) {
  runs_ -= IsRun(parent_position, PositionOf(link));
  runs_ += IsRun(parent_position, position);
  runs_ += IsRun(static_cast<int>(position), PositionOf(link));
  runs_ += IsRun(static_cast<int>(position), kKeyBytes);
  const Link before = link;
  link = reinterpret_cast<Link>(NewNode(position, 2));
  AddChild(link, ByteOf(IdOf(AnyObject(before)), position), before);
  AddChild(link, ByteOf(IdOf(object), position), object);
}

bool RadixTreeBase::InsertObject(void* object) {
  const Link inserted = LinkTo(object);
  const StreamId& id = IdOf(inserted);
  if (root_ == 0) {
    root_ = inserted;
    size_ = runs_ = 1;
    return true;
  }
  Link alike = root_;
  while (!IsObject(alike)) {
    const Link* child = ChildOf(*NodeAt<Node>(alike), id);
    alike = child != nullptr ? *child : AnyObject(alike);
  }
  const unsigned position = FirstDifference(IdOf(alike), id);
  if (position == kKeyBytes) return false;

  ++size_;
  Link* link = &root_;
  int parent_position = -1;
  while (PositionOf(*link) < position) {
    parent_position = NodeAt<Node>(*link)->position;
    link = const_cast<Link*>(ChildOf(*NodeAt<Node>(*link), id));
  }
  if (PositionOf(*link) > position) {
    Split(*link, parent_position, position, inserted);
  } else {
    runs_ += IsRun(static_cast<int>(position), kKeyBytes);
    AddChild(*link, ByteOf(id, position), inserted);
  }
  return true;
}

// REQUIRES: the child is an object.
void RadixTreeBase::RemoveChild(Link& link, int parent_position, unsigned index) {
  Node* node = NodeAt<Node>(link);
  const int position = node->position;
  runs_ -= IsRun(position, kKeyBytes);
  if (node->count == 2) {
    const Link other = node->children()[1 - index];
    runs_ -= IsRun(parent_position, node->position);
    runs_ -= IsRun(position, PositionOf(other));
    runs_ += IsRun(parent_position, PositionOf(other));
    FreeNode(node);
    link = other;
    return;
  }
  const size_t behind = node->count - index - 1u;
  uint8_t* bytes = node->bytes() + index;
  Link* children = node->children() + index;
  std::memmove(bytes, bytes + 1, behind);
  std::memmove(children, children + 1, behind * sizeof(Link));
  --node->count;
  if (node->capacity > kFewChildren && node->count <= node->capacity / 2) {
    Resize(link, node->count + node->count / 4u);
  }
}

void* RadixTreeBase::EraseObject(const StreamId& id) {
  if (root_ == 0) return nullptr;
  Link* parent = nullptr;
  Link* link = &root_;
  int parent_position = -1;
  int upper_position = -1;
  while (!IsObject(*link)) {
    const Node& node = *NodeAt<Node>(*link);
    const Link* child = ChildOf(node, id);
    if (child == nullptr) return nullptr;
    upper_position = parent_position;
    parent_position = node.position;
    parent = link;
    link = const_cast<Link*>(child);
  }
  if (IdOf(*link) != id) return nullptr;
  void* object = ObjectOf(*link);
  --size_;
  if (parent == nullptr) {
    root_ = 0;
    runs_ = 0;
  } else {
    const auto index = static_cast<unsigned>(link - NodeAt<Node>(*parent)->children());
    RemoveChild(*parent, upper_position, index);
  }
  return object;
}

void RadixTreeBase::ReplaceObject(void* object) {
  const Link replaced = LinkTo(object);
  Link* link = &root_;
  while (!IsObject(*link)) {
    link = const_cast<Link*>(ChildOf(*NodeAt<Node>(*link), IdOf(replaced)));
    assert(link != nullptr);
  }
  *link = replaced;
}

void RadixTreeBase::Clear() {
  if (root_ != 0) ClearBelow(root_);
  root_ = 0;
  size_ = branches_ = runs_ = bytes_ = 0;
}

void RadixTreeBase::ClearBelow(Link link) {  // NOLINT(misc-no-recursion): 16 levels at most
  if (IsObject(link)) return;
  Node* node = NodeAt<Node>(link);
  for (unsigned i = 0; i < node->count; ++i) ClearBelow(node->children()[i]);
  std::free(node);
}

void RadixTreeBase::Walk::Descend(Link link, bool forward) {
  while (!IsObject(link)) {
    const Node* node = NodeAt<Node>(link);
    const unsigned index = forward ? 0 : node->count - 1u;
    way_[turns_++] = {node, index};
    link = node->children()[index];
  }
  object_ = ObjectOf(link);
}

void RadixTreeBase::Walk::Step(bool forward) {
  for (; turns_ > 0; --turns_) {
    Turn& turn = way_[turns_ - 1];
    const bool more = forward ? turn.index + 1 < turn.node->count : turn.index > 0;
    if (!more) continue;
    turn.index = forward ? turn.index + 1 : turn.index - 1;
    Descend(turn.node->children()[turn.index], forward);
    return;
  }
  object_ = nullptr;
}

RadixTreeBase::Walk RadixTreeBase::WalkFromEnd(bool forward) const {
  Walk walk;
  if (root_ != 0) walk.Descend(root_, forward);
  return walk;
}

RadixTreeBase::Walk RadixTreeBase::WalkFrom(const StreamId& id, bool forward) const {
  Walk walk;
  if (root_ == 0) return walk;
  // Down as far as the bytes at the branches agree.
  Link link = root_;
  while (!IsObject(link)) {
    const Node* node = NodeAt<Node>(link);
    const Link* child = ChildOf(*node, id);
    if (child == nullptr) break;
    walk.way_[walk.turns_++] = {node, static_cast<unsigned>(child - node->children())};
    link = *child;
  }
  const StreamId& alike = IdOf(AnyObject(link));
  const unsigned position = FirstDifference(alike, id);
  if (position == kKeyBytes) {
    walk.object_ = ObjectOf(link);
    return walk;
  }
  // At a branch without this byte, the children on one side come before it.
  if (PositionOf(link) == position) {
    const Node* node = NodeAt<Node>(link);
    const unsigned behind = node->LowerBound(ByteOf(id, position));
    if (forward ? behind < node->count : behind > 0) {
      const unsigned index = forward ? behind : behind - 1;
      walk.way_[walk.turns_++] = {node, index};
      walk.Descend(node->children()[index], forward);
    } else {
      walk.Step(forward);
    }
    return walk;
  }
  // The bytes differ between two branches: all that is below comes before it, or all behind it.
  while (walk.turns_ > 0 && walk.way_[walk.turns_ - 1].node->position > position) --walk.turns_;
  if (walk.turns_ == 0) {
    link = root_;
  } else {
    const Walk::Turn& turn = walk.way_[walk.turns_ - 1];
    link = turn.node->children()[turn.index];
  }
  if ((alike > id) == forward) {
    walk.Descend(link, forward);
  } else {
    walk.Step(forward);
  }
  return walk;
}

bool RadixTreeBase::IsSound() const {
  if (root_ == 0) return size_ == 0 && branches_ == 0 && runs_ == 0 && bytes_ == 0;
  Counts counts;
  return IsSoundBelow(root_, -1, counts) && counts.objects == size_ &&
         counts.branches == branches_ && counts.runs == runs_ && counts.bytes == bytes_;
}

// NOLINTNEXTLINE(misc-no-recursion): 16 levels at most
bool RadixTreeBase::IsSoundBelow(Link link, int parent_position, Counts& counts) {
  counts.runs += IsRun(parent_position, PositionOf(link));
  if (IsObject(link)) {
    if (counts.last != nullptr && !(*counts.last < IdOf(link))) return false;
    counts.last = &IdOf(link);
    ++counts.objects;
    return true;
  }
  const Node* node = NodeAt<Node>(link);
  const int position = node->position;
  ++counts.branches;
  counts.bytes += AllocationClass(Node::BytesFor(node->capacity));
  if (position <= parent_position || node->count < 2 || node->count > node->capacity) return false;
  const StreamId& one = IdOf(AnyObject(link));
  for (unsigned i = 0; i < node->count; ++i) {
    const Link child = node->children()[i];
    const StreamId& other = IdOf(AnyObject(child));
    if (ByteOf(other, node->position) != node->bytes()[i]) return false;
    if (i > 0 && FirstDifference(one, other) != node->position) return false;
    if (!IsSoundBelow(child, position, counts)) return false;
  }
  return true;
}

}  // namespace gotthard
