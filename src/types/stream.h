// Stream: entries of fields and values, in the order of their ids, which only grow; and the groups
// of consumers that read them.
//
//   RadixTree by master id ─► node: { master id, bytes } listpack      ... node (tail, has room)
//
//   listpack:  count | deleted | num-fields | field ... | 0       the master entry
//              flags | ms | seq | value ... | lp-count            an entry with the master's fields
//              flags | ms | seq | num-fields | field | value ... | lp-count          any other
//
//   flags: 1 deleted, 2 has the master's fields; ms, seq: added to the master id (the first
//   entry's, modulo 2^64); lp-count: how many elements are before it, so that the listpack can be
//   read backwards; 0 ends the master entry.
//
// That is how streams lie in RDB files and DUMP payloads, and how nodes are cut, and what trimming
// them leaves can be seen by clients: both are as Redis documents them. An entry that is deleted
// stays in its listpack, marked, until the node has no other.
//
// - Appending looks at the tail's master entry alone, through a cache; the tail's memory grows
//   in steps of the allocator's classes and is cut to size when the next node begins.
// - Where the first entry is, is kept: trimming one entry with each that is appended does not look
//   at all that were deleted before.
// - A node is one allocation: 24 bytes, then the listpack. With the tree that is 0.4 bytes an
//   entry.
//
// Costs: finding a place is O(log nodes + entries in a node); appending O(fields); whole nodes are
// trimmed in O(1) each.
//
// Owning thread: the one that owns the key, or the one that frees it. Cursors, and what was read
// through them, end with any change of the entries. Texts given must not lie in the stream.
// Limits: kMaxListpackBytes per node, so for an entry as well.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "base/function_ref.h"
#include "types/listpack.h"
#include "types/radix_tree.h"
#include "types/stepwise_copy.h"
#include "types/stream_group.h"
#include "types/stream_id.h"

namespace gotthard {

// When a node is full: stream-node-max-bytes and stream-node-max-entries. 0: no limit.
struct StreamNodeLimits {
  size_t max_bytes = 4096;
  size_t max_entries = 100;
};

// How much a trim may do.
struct StreamTrim {
  bool approximate = false;  // whole nodes only
  uint64_t limit = 0;        // at most so many entries; 0: any number
};

class Stream {
 public:
  using Groups = std::map<std::string_view, std::unique_ptr<StreamGroup>>;

  Stream() = default;
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream();  // O(nodes + what is pending)

  size_t length() const { return length_; }
  // Of the last entry ever added, or as set.
  const StreamId& last_id() const { return last_id_; }
  // REQUIRES: not before LastEntryId().
  void set_last_id(const StreamId& id) { last_id_ = id; }
  // Of the first entry; zero if there is none.
  const StreamId& first_id() const { return first_id_; }
  // The highest id that Erase has deleted, or as set.
  const StreamId& max_deleted_id() const { return max_deleted_id_; }
  void set_max_deleted_id(const StreamId& id) { max_deleted_id_ = id; }
  // How many entries were ever added, or as set.
  uint64_t entries_added() const { return entries_added_; }
  void set_entries_added(uint64_t entries) { entries_added_ = entries; }

  // --- entries
  // Adds an entry of fields, each followed by its value. False, and nothing changed, if it is too
  // long for any node. REQUIRES: id > last_id().
  bool Append(const StreamId& id, std::span<const std::string_view> fields_and_values,
              const StreamNodeLimits& limits);
  // False if there is no such entry. Keeps first_id and max_deleted_id right.
  bool Erase(const StreamId& id);
  // Remove entries from the beginning and return how many: until `max_length` are left, or all
  // before `min_id`.
  uint64_t TrimToLength(uint64_t max_length, const StreamTrim& trim);
  uint64_t TrimBefore(const StreamId& min_id, const StreamTrim& trim);
  bool Contains(const StreamId& id) const;
  // Of the last entry that is there; zero if there is none.
  StreamId LastEntryId() const;

  // --- what groups have to read
  // Whether an entry may have been deleted at `start` or behind it.
  bool MayHaveGapsFrom(const StreamId& start) const;
  // How many entries were ever added up to `id`: kUnknownEntriesRead unless it can be told.
  int64_t EntriesReadAt(const StreamId& id) const;
  // Tells a group that the entry `id`, behind its last_id, was delivered to it.
  void Delivered(StreamGroup& group, const StreamId& id) const;
  // How many entries the group has not read, if it can be told.
  std::optional<int64_t> Lag(const StreamGroup& group) const;

  // --- groups
  // In the order of their names.
  const Groups& groups() const { return groups_; }
  // Null if there is none.
  StreamGroup* FindGroup(std::string_view name) const;
  // Null if there is one of that name.
  StreamGroup* AddGroup(std::string_view name, const StreamId& last_id, int64_t entries_read);
  // Takes it out of the stream; freeing it is O(what is pending). Null if there is none.
  std::unique_ptr<StreamGroup> RemoveGroup(std::string_view name);

  // --- storage
  // XINFO STREAM's radix-tree-keys and radix-tree-nodes.
  size_t nodes() const { return tree_.size(); }
  size_t tree_nodes() const { return tree_.node_count(); }
  // Each node's master id and listpack, in order: saving.
  void ForEachNode(FunctionRef<void(const StreamId&, std::string_view)> visit) const;
  // Appends a node: loading. False, and nothing changed, unless it is a valid node (every byte is
  // looked at) of ids behind those of the nodes before it. last_id grows with it.
  bool AppendNode(const StreamId& master_id, std::string_view listpack);

  // A copy, O(n), or one that is made step by step.
  std::unique_ptr<Stream> Clone() const;
  std::unique_ptr<StepwiseCopy> BeginCopy() const;
  // All that it holds, itself included. O(groups and consumers).
  size_t memory_bytes() const;
  // About how many calls of free dropping it means.
  size_t free_effort() const;
  // Whether nodes, counters and groups are as they should be. O(n), for tests.
  bool IsSound() const;

 private:
  friend class StreamCursor;
  class Copy;
  // The head of a node's allocation; the listpack follows.
  struct Node {
    StreamId id;
    uint32_t size;       // of the listpack
    uint32_t allocated;  // room for it
    char* data() { return reinterpret_cast<char*>(this + 1); }
    const char* data() const { return reinterpret_cast<const char*>(this + 1); }
    std::string_view bytes() const { return {data(), size}; }
    Listpack listpack() const { return Listpack(bytes()); }
  };
  static_assert(sizeof(Node) == 24, "a listpack follows at once");
  class NodeBuffer;
  using Tree = RadixTree<Node>;

  using Texts = std::span<const std::string_view>;

  // What Append needs of the tail's master entry.
  struct Tail {
    Node* node = nullptr;  // null: the next entry begins a node
    uint64_t live = 0;     // entries
    uint64_t entries = 0;  // with those deleted
    uint64_t fields = 0;   // of the master entry
    size_t fields_at = 0;  // where they begin
    size_t elements = 0;   // of the listpack
  };
  // Where the first node's first live entry is, or a place before it.
  struct Head {
    Node* node = nullptr;
    Listpack::Position at = Listpack::kNone;
  };
  struct TrimGoal {
    uint64_t max_length = 0;
    StreamId min_id;
    bool by_length = false;
  };

  Node* NewNode(const StreamId& id, size_t capacity);
  Node* Reallocate(Node* node, size_t capacity);
  void FreeNode(Node* node);
  void RemoveNode(Node* node);
  void AddNode(const StreamId& master_id, std::string_view listpack);
  void ReadTail();
  void CopyFigures(const Stream& from);
  bool IsTailFull(size_t text_bytes, size_t most_bytes, const StreamNodeLimits& limits) const;
  bool HasTailFields(Texts fields_and_values) const;
  void BeginNode(const StreamId& id, Texts fields_and_values, size_t most_bytes);
  void CountInTail();
  void WriteEntry(const StreamId& id, Texts fields_and_values, bool same_fields);
  void FinishTail(char* end);
  static void MarkDeleted(Node* node, Listpack::Position flags_at);
  void CountDeleted(Node* node, uint64_t count);
  uint64_t Trim(const TrimGoal& goal, const StreamTrim& trim);
  uint64_t TrimNode(Node* node, uint64_t live, const TrimGoal& goal);
  void Moved(Node* node, ptrdiff_t bytes);
  void FindFirst();

  Tree tree_;
  Tail tail_;
  Head head_;
  size_t length_ = 0;
  StreamId last_id_;
  StreamId first_id_;
  StreamId max_deleted_id_;
  uint64_t entries_added_ = 0;
  size_t node_bytes_ = 0;
  Groups groups_;  // the names are views of the groups' own
};

// Reads the entries from `start` to `end`, both included, in one direction.
//
//   for (StreamCursor at(stream, start, end); !at.done(); at.Next()) {
//     reply.Array(2 * at.fields());
//     at.ForEachField([&](const PackedItem& field, const PackedItem& value) { ... });
//   }
//
// Ends with any change of the stream's entries.
class StreamCursor {
 public:
  enum class Direction : bool { kForward, kBackward };

  StreamCursor(const Stream& stream, const StreamId& start, const StreamId& end,
               Direction direction = Direction::kForward);

  bool done() const { return at_ == Listpack::kNone; }
  // REQUIRES of all below: !done().
  const StreamId& id() const { return id_; }
  // The number of fields, as many as values.
  size_t fields() const { return fields_; }
  // Calls visit(const PackedItem& field, const PackedItem& value) with each.
  template <typename Visit>
  void ForEachField(Visit&& visit) const {
    const Listpack listpack(bytes_);
    Listpack::Position at = items_at_;
    Listpack::Position master_at = master_fields_at_;
    for (size_t i = 0; i < fields_; ++i) {
      Listpack::Position& field_at = same_fields_ ? master_at : at;
      const PackedItem field = listpack.Get(field_at);
      field_at = listpack.Next(field_at);
      visit(field, listpack.Get(at));
      at = listpack.Next(at);
    }
    items_end_ = at;
  }
  void Next() {
    Move();
    Settle();
  }

 private:
  friend class Stream;

  void EnterNode();
  void MoveToStart(Listpack::Position count_at);
  void Move();
  void Settle();
  void ReadEntry();

  Stream::Head head_;
  Stream::Tree::Cursor node_;
  std::string_view bytes_;
  Listpack::Position at_ = Listpack::kNone;                 // the entry's flags
  Listpack::Position items_at_ = Listpack::kNone;           // what follows its head
  mutable Listpack::Position items_end_ = Listpack::kNone;  // its lp-count, if it is known
  Listpack::Position master_fields_at_ = Listpack::kNone;
  size_t master_fields_ = 0;
  size_t fields_ = 0;
  StreamId id_;
  StreamId start_;
  StreamId end_;
  bool forward_;
  bool same_fields_ = false;
  bool deleted_ = false;
};

}  // namespace gotthard
