// Quicklist: a long list as a chain of listpacks, with items that are too big for one apart.
//
//   head                                                              tail
//   +----------+    +----------+    +----------+    +----------+    +----------+
//   | listpack | <> | listpack | <> |  LZF of  | <> | big item | <> | listpack |
//   |          |    |          |    | listpack |    |          |    |          |
//   +----------+    +----------+    +----------+    +----------+    +----------+
//
// A listpack holds as much as list-max-listpack-size says, or an eighth less where that suits the
// allocator. With list-compress-depth all nodes but that many at each end are compressed; reading
// one does not change it. A million items of 16 bytes take 18.3 bytes each.
//
// Owning thread: whoever owns the list. Items read are views until the next edit, or, out of a
// compressed node, until the cursor leaves the node. Texts given must not lie in the list.
// Cost: pushes and pops at the ends O(1); whatever names an index walks the nodes from the nearer
// end; edits move at most the bytes of one node.
// Limits: as much as memory holds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/function_ref.h"
#include "types/listpack.h"
#include "types/quicklist_node.h"
#include "types/stepwise_copy.h"

namespace gotthard {

// The options that shape a list, as the configuration has them when it is made.
struct ListOptions {
  int64_t max_listpack_size = -2;  // < 0: -1..-5 for 4, 8, 16, 32, 64 KB; else a number of items
  int64_t compress_depth = 0;
  size_t apart_from = 0;  // items of this size or more are kept apart (0: those too big to fit)
};

// How much a listpack of a list may hold.
struct ListpackLimit {
  explicit ListpackLimit(int64_t max_listpack_size);
  bool Exceeded(size_t list_bytes, size_t list_items) const {
    return list_bytes > bytes || list_items > items;
  }
  // Whether a quicklist of one listpack becomes a lone one again. One that gets shorter has to be
  // half as large, so that a list at the limit does not change its form all the time.
  bool FitsAgain(size_t list_bytes, size_t list_items, bool shrinking) const;

  // Whether a node of a longer list would be too full for this.
  bool ExceededByNode(size_t list_bytes, size_t list_items) const {
    return list_bytes > fill || list_items > items;
  }

  size_t bytes = 0;
  size_t fill = 0;  // as many of them are put into a node together
  size_t items = SIZE_MAX;
};

class Quicklist {
 public:
  using Node = QuicklistNode;

  explicit Quicklist(const ListOptions& options);
  Quicklist(const Quicklist&) = delete;
  Quicklist& operator=(const Quicklist&) = delete;
  ~Quicklist();  // O(nodes)

  size_t Count() const { return count_; }
  size_t nodes() const { return nodes_; }
  const Node* head() const { return head_; }
  const Node* tail() const { return tail_; }
  // O(nodes).
  size_t MemoryBytes() const;
  // The listpack, if the list is a single one, not compressed.
  const Node* SingleListpack() const {
    return nodes_ == 1 && !head_->plain && !head_->compressed ? head_ : nullptr;
  }

  // A copy, O(n), or one that is made step by step.
  std::unique_ptr<Quicklist> Clone() const;
  std::unique_ptr<StepwiseCopy> BeginCopy() const;

  void PushBack(std::string_view text);
  void PushFront(std::string_view text);
  // The new item gets this index. REQUIRES: index <= Count().
  void Insert(size_t index, std::string_view text);
  // REQUIRES: index < Count().
  void Replace(size_t index, std::string_view text);
  // Deletes `count` items from `start` on. Whole nodes, if there are many, come back as a list of
  // their own, to be freed elsewhere. REQUIRES: start + count <= Count().
  std::unique_ptr<Quicklist> Erase(size_t start, size_t count);
  // Deletes the first (or last) `limit` items that are `text` and returns their number. O(n).
  size_t Remove(std::string_view text, size_t limit, bool from_tail);

  // Appends a listpack, or an item apart, as a node of its own: loading.
  // REQUIRES: a valid listpack that is not empty.
  void AppendListpack(std::string_view bytes);
  void AppendPlain(std::string_view item);

 private:
  friend class ListCursor;
  class Copy;
  struct Place {
    Node* node = nullptr;
    size_t index = 0;  // within the node
  };

  // From this many nodes on, Erase hands them back.
  static constexpr size_t kManyNodes = 32;

  // An empty list with the limits of this one.
  std::unique_ptr<Quicklist> EmptyLike() const;
  // REQUIRES: index < Count().
  Place Seek(size_t index) const;
  bool IsApart(std::string_view text) const;
  bool HasRoom(const Node* node, size_t bytes) const;
  void Link(Node* node, Node* after);
  void Unlink(Node* node);
  Node* NewListpack(Node* after);
  void AddPlain(std::string_view text, Node* after);
  // Cuts the node before its element `index`; returns the new right half.
  Node* Split(Node* node, size_t index);
  void InsertInNode(Node* node, size_t index, const ListpackElement& element);
  void InsertBySplitting(Place place, const ListpackElement& element);
  // Joins the node with the next one if they fit; the node stays.
  void MergeWithNext(Node* node);
  // What has to be done for the compression after nodes came, went or were opened.
  void Settle(Node* node);
  size_t RemoveInNode(Node* node, const PackedNeedle& needle, size_t limit, bool from_tail);

  Node* head_ = nullptr;
  Node* tail_ = nullptr;
  size_t count_ = 0;
  size_t nodes_ = 0;
  ListpackLimit limit_;
  size_t depth_;
  size_t apart_from_;
};

// Reads a list in one direction, whichever form it has.
//
//   for (ListCursor at(list, 0); !at.done(); at.Next()) Use(at.item());
//
// Ends with any edit of the list. An index out of range makes it done at once.
class ListCursor {
 public:
  enum class Direction : bool { kForward, kBackward };

  ListCursor(std::string_view listpack, int64_t index, Direction direction = Direction::kForward);
  // Negative indices count from the end.
  ListCursor(const Quicklist& list, int64_t index, Direction direction = Direction::kForward);

  bool done() const { return at_ == Listpack::kNone; }
  // REQUIRES: !done().
  PackedItem item() const {
    if (plain_) return {.text = bytes_};
    return Listpack(bytes_).Get(at_);
  }
  void Next() {
    const bool forward = direction_ == Direction::kForward;
    at_ = plain_    ? Listpack::kNone
          : forward ? Listpack(bytes_).Next(at_)
                    : Listpack(bytes_).Previous(at_);
    if (at_ == Listpack::kNone && node_ != nullptr) NextNode();
  }

 private:
  void NextNode();
  void Enter(const Quicklist::Node* node);

  const Quicklist::Node* node_ = nullptr;  // null for a lone listpack
  std::string_view bytes_;
  Listpack::Position at_ = Listpack::kNone;
  Direction direction_;
  bool plain_ = false;
  std::string scratch_;
};

}  // namespace gotthard
