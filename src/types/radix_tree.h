// RadixTree: objects in the order of their StreamId, which is the tree's key of 16 bytes: time and
// number, the most significant byte first.
//
//   inner node, of some byte's position in the key:     an object, tagged, in the place of a node
//   +-------+----------+----------+-------------------+
//   | count | capacity | position | the byte ... pad  |   { StreamId id; ... }
//   +-------+----------+----------+-------------------+
//   | child ...                                       |
//   +-------------------------------------------------+
//
// - Positions at which all keys below agree have no node (Morrison's PATRICIA, 1968): an inner node
//   has two children at least. The bytes that were skipped are in the objects, which a search
//   compares once at its end.
// - Bytes and children are sorted, so that the tree is in order. A node grows and shrinks in the
//   allocator's size classes: 9 to 12 bytes an object when ids are dense, as in most streams.
//
// Costs: all that takes an id is at most 16 steps, most often two to four; a step of a Cursor is
// O(1) but for the ends of nodes.
//
// Owning thread: the one that owns the stream. Any change to the tree ends all Cursors. The objects
// belong to the caller, stay where they are and keep their id. Limit: memory.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>

#include "types/stream_id.h"

namespace gotthard {

// The tree of objects that begin with their StreamId; RadixTree below adds their type.
class RadixTreeBase {
 public:
  RadixTreeBase(const RadixTreeBase&) = delete;
  RadixTreeBase& operator=(const RadixTreeBase&) = delete;

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  // How many nodes the tree would have if a run of bytes without a branch and an object each were
  // a node, too: what XINFO STREAM calls radix-tree-nodes. 1 if it is empty.
  size_t node_count() const { return empty() ? 1 : size_ + branches_ + runs_; }
  // Bytes of the inner nodes, as they were allocated.
  size_t memory_bytes() const { return bytes_; }
  // About how many calls of free dropping it means, the objects not counted.
  size_t inner_nodes() const { return branches_; }
  // Whether order, positions and counts are as they should be. O(n), for tests.
  bool IsSound() const;

 protected:
  struct Node;
  // Null, an inner node, or an object with the lowest bit set.
  using Link = uintptr_t;
  static constexpr unsigned kKeyBytes = 16;

  // A place in the tree and the way to it.
  class Walk {
   public:
    void* object() const { return object_; }
    void Step(bool forward);

   private:
    friend class RadixTreeBase;
    struct Turn {
      const Node* node;
      unsigned index;
    };
    // To the first or the last object below.
    void Descend(Link link, bool forward);

    void* object_ = nullptr;
    unsigned turns_ = 0;
    Turn way_[kKeyBytes];
  };

  RadixTreeBase() = default;
  RadixTreeBase(RadixTreeBase&& other) noexcept { Swap(other); }
  ~RadixTreeBase() { Clear(); }

  void Swap(RadixTreeBase& other) noexcept;
  void* FindObject(const StreamId& id) const;
  bool InsertObject(void* object);
  void* EraseObject(const StreamId& id);
  void ReplaceObject(void* object);
  Walk WalkFromEnd(bool forward) const;
  // At the first object not before `id`, or at the last one not behind it.
  Walk WalkFrom(const StreamId& id, bool forward) const;
  // Frees the inner nodes.
  void Clear();

 private:
  struct Counts {
    size_t objects = 0;
    size_t branches = 0;
    size_t runs = 0;
    size_t bytes = 0;
    const StreamId* last = nullptr;
  };

  static const StreamId& IdOf(Link link);
  static unsigned PositionOf(Link link);
  static Link AnyObject(Link link);
  static const Link* ChildOf(const Node& node, const StreamId& id);
  Node* NewNode(unsigned position, unsigned children);
  void FreeNode(Node* node);
  void Resize(Link& link, unsigned children);
  void AddChild(Link& link, uint8_t byte, Link child);
  // A parent's position is -1 for the root.
  void Split(Link& link, int parent_position, unsigned position, Link object);
  void RemoveChild(Link& link, int parent_position, unsigned index);
  void ClearBelow(Link link);
  static bool IsSoundBelow(Link link, int parent_position, Counts& counts);

  Link root_ = 0;
  size_t size_ = 0;
  size_t branches_ = 0;
  size_t runs_ = 0;
  size_t bytes_ = 0;
};

// REQUIRES of T: its first member is `StreamId id`.
template <typename T>
class RadixTree : private RadixTreeBase {
 public:
  RadixTree() = default;
  RadixTree(RadixTree&& other) noexcept = default;

  using RadixTreeBase::empty;
  using RadixTreeBase::inner_nodes;
  using RadixTreeBase::IsSound;
  using RadixTreeBase::memory_bytes;
  using RadixTreeBase::node_count;
  using RadixTreeBase::size;

  // An object in the tree, or done: past either end. The next change of the tree ends it.
  class Cursor {
   public:
    Cursor() = default;  // done
    bool done() const { return walk_.object() == nullptr; }
    // REQUIRES of all below: !done().
    T* get() const { return static_cast<T*>(walk_.object()); }
    T& operator*() const { return *get(); }
    T* operator->() const { return get(); }
    void Next() { walk_.Step(/*forward=*/true); }
    void Previous() { walk_.Step(/*forward=*/false); }

   private:
    friend class RadixTree;
    explicit Cursor(const Walk& walk) : walk_(walk) {}
    Walk walk_;
  };

  // Null if there is none.
  T* Find(const StreamId& id) const { return static_cast<T*>(FindObject(id)); }
  // False, and nothing changed, if there is one with its id.
  bool Insert(T* object) { return InsertObject(object); }
  // The object that was taken out; null if there was none.
  T* Erase(const StreamId& id) { return static_cast<T*>(EraseObject(id)); }
  // Puts the object in the place of the one with its id. REQUIRES: there is one.
  void Replace(T* object) { ReplaceObject(object); }
  // Takes all objects out. O(inner nodes).
  void Clear() { RadixTreeBase::Clear(); }

  Cursor First() const { return Cursor(WalkFromEnd(/*forward=*/true)); }
  Cursor Last() const { return Cursor(WalkFromEnd(/*forward=*/false)); }
  // The first one with this id or a later one; the last one with this id or an earlier one.
  Cursor AtLeast(const StreamId& id) const { return Cursor(WalkFrom(id, /*forward=*/true)); }
  Cursor AtMost(const StreamId& id) const { return Cursor(WalkFrom(id, /*forward=*/false)); }
};

}  // namespace gotthard
