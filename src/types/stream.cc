#include "types/stream.h"

#include <algorithm>
#include <cassert>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "base/memory.h"
#include "types/stream_node.h"

namespace gotthard {
namespace {

// What an entry's or a master entry's integers take at most, with the terminator.
constexpr size_t kMostIntegers = 5 * 10 + 1;
// The memory that a new node gets because the one before it took as much, at most.
constexpr size_t kMostExpectedBytes = 8192;
// Up to here a tail's memory doubles when it grows.
constexpr size_t kFastGrowthBytes = size_t{1} << 20;

// What a text takes at most as an element: written as a number it is never longer.
size_t MostBytes(std::string_view text) {
  const size_t lengths = text.size() < 64 ? 2 : text.size() < 4096 ? 4 : 10;
  return text.size() + lengths;
}

size_t AllocatedFor(size_t head_bytes, size_t capacity) {
  return AllocationClass(head_bytes + capacity);
}

// The capacity that a tail gets when it needs more than it has.
size_t Grown(size_t capacity, size_t needed) {
  return std::max(needed, capacity < kFastGrowthBytes ? 2 * capacity : capacity + capacity / 4);
}

char* Put(char* out, uint64_t integer) {
  if (integer < kListpackSmallIntegers) [[likely]]
    return ListpackWriteSmall(out, static_cast<uint8_t>(integer));
  return ListpackElement(static_cast<int64_t>(integer)).Write(out);
}
char* Put(char* out, std::string_view text) {
  return ListpackElement(text).Write(out);
}

}  // namespace

// A node's listpack, to be edited. The node may move in memory.
class Stream::NodeBuffer final : public PackedBuffer {
 public:
  NodeBuffer(Stream& stream, Node* node)
      : PackedBuffer(node->data(), node->size), stream_(stream), node_(node) {}

  void Resize(size_t size) override {
    if (size > node_->allocated) node_ = stream_.Reallocate(node_, size);
    data_ = node_->data();
    size_ = size;
    node_->size = static_cast<uint32_t>(size);
  }
  Node* node() const { return node_; }

 private:
  Stream& stream_;
  Node* node_;
};

Stream::~Stream() {
  for (auto at = tree_.First(); !at.done();) {
    Node* node = at.get();
    at.Next();
    std::free(node);
  }
}

Stream::Node* Stream::NewNode(const StreamId& id, size_t capacity) {
  const size_t bytes = AllocatedFor(sizeof(Node), capacity);
  auto* node = static_cast<Node*>(MustMalloc(bytes));
  node->id = id;
  node->size = 0;
  node->allocated = static_cast<uint32_t>(bytes - sizeof(Node));
  node_bytes_ += bytes;
  return node;
}

// Moves a node of the tree to memory for so many bytes. REQUIRES: as many as it has.
Stream::Node* Stream::Reallocate(Node* node, size_t capacity) {
  Node* moved = NewNode(node->id, capacity);
  moved->size = node->size;
  std::memcpy(moved->data(), node->data(), node->size);
  tree_.Replace(moved);
  if (tail_.node == node) tail_.node = moved;
  if (head_.node == node) head_.node = moved;
  FreeNode(node);
  return moved;
}

void Stream::FreeNode(Node* node) {
  node_bytes_ -= sizeof(Node) + node->allocated;
  std::free(node);
}

void Stream::RemoveNode(Node* node) {
  tree_.Erase(node->id);
  const bool was_tail = node == tail_.node;
  if (node == head_.node) head_ = {};
  FreeNode(node);
  if (was_tail) ReadTail();
}

// Looks up the last node, and what its master entry says.
void Stream::ReadTail() {
  tail_ = {};
  const auto last = tree_.Last();
  if (last.done()) return;
  tail_.node = last.get();
  const Listpack listpack = tail_.node->listpack();
  const StreamMaster master(listpack);
  tail_.live = master.live;
  tail_.entries = master.live + master.deleted;
  tail_.fields = master.fields;
  tail_.fields_at = master.fields_at;
  tail_.elements = listpack.Count();
}

bool Stream::IsTailFull(size_t text_bytes, size_t most_bytes,
                        const StreamNodeLimits& limits) const {
  if (tail_.node == nullptr || !ListpackHasRoom(tail_.node->size, most_bytes)) return true;
  if (limits.max_bytes != 0 && tail_.node->size + text_bytes >= limits.max_bytes) return true;
  return limits.max_entries != 0 && tail_.entries >= limits.max_entries;
}

bool Stream::HasTailFields(Texts fields_and_values) const {
  if (fields_and_values.size() != 2 * tail_.fields) return false;
  const Listpack listpack = tail_.node->listpack();
  Listpack::Position at = tail_.fields_at;
  for (size_t i = 0; i < fields_and_values.size(); i += 2) {
    if (!listpack.Get(at).Equals(fields_and_values[i])) return false;
    at = listpack.Next(at);
  }
  return true;
}

// Makes a node with a master entry of these fields the tail: one entry, which is to be written.
void Stream::BeginNode(const StreamId& id, Texts fields_and_values, size_t most_bytes) {
  size_t capacity = kEmptyListpackBytes + kMostIntegers + most_bytes;
  if (tail_.node != nullptr) {
    // The next node will most likely become as big as this one.
    capacity = std::max<size_t>(capacity, std::min<size_t>(tail_.node->size, kMostExpectedBytes));
    const size_t needed = AllocatedFor(sizeof(Node), tail_.node->size);
    if (needed < sizeof(Node) + tail_.node->allocated) Reallocate(tail_.node, tail_.node->size);
  }
  Node* node = NewNode(id, capacity);
  tail_ = {.node = node, .live = 1, .entries = 1, .fields = fields_and_values.size() / 2};
  tail_.elements = 4 + tail_.fields;
  char* out = node->data() + kListpackHeaderBytes;
  out = Put(out, tail_.live);
  out = Put(out, uint64_t{0});
  out = Put(out, tail_.fields);
  tail_.fields_at = static_cast<size_t>(out - node->data());
  for (size_t i = 0; i < fields_and_values.size(); i += 2) out = Put(out, fields_and_values[i]);
  out = Put(out, uint64_t{0});
  FinishTail(out);
  tree_.Insert(node);
}

// Counts an entry that is to be written in the tail's master entry.
void Stream::CountInTail() {
  ++tail_.entries;
  ++tail_.live;
  // An integer below 128 is a byte of its own.
  char& live = tail_.node->data()[kListpackHeaderBytes];
  if (tail_.live < kListpackSmallIntegers && static_cast<uint64_t>(live) + 1 == tail_.live)
      [[likely]] {
    ++live;
    return;
  }
  const size_t before = tail_.node->size;
  NodeBuffer buffer(*this, tail_.node);
  ListpackReplace(buffer, kListpackHeaderBytes, static_cast<int64_t>(tail_.live));
  const auto longer = static_cast<ptrdiff_t>(tail_.node->size - before);
  tail_.fields_at += static_cast<size_t>(longer);
  Moved(tail_.node, longer);
}

// Counters of a master entry got so much longer: what is behind them has moved.
void Stream::Moved(Node* node, ptrdiff_t bytes) {
  if (node == head_.node) head_.at += static_cast<size_t>(bytes);
}

// Ends the tail's listpack at `end`.
void Stream::FinishTail(char* end) {
  *end++ = kListpackTerminator;
  Node* node = tail_.node;
  node->size = static_cast<uint32_t>(end - node->data());
  ListpackWriteHeader(node->data(), node->size, tail_.elements);
}

bool Stream::Append(const StreamId& id, Texts fields_and_values, const StreamNodeLimits& limits) {
  assert(id > last_id_ && fields_and_values.size() % 2 == 0);
  size_t text_bytes = 0;
  size_t most_bytes = kMostIntegers;
  for (const std::string_view text : fields_and_values) {
    text_bytes += text.size();
    most_bytes += MostBytes(text);
  }
  if (!ListpackHasRoom(kEmptyListpackBytes + kMostIntegers, most_bytes)) return false;
  bool same_fields = true;
  if (IsTailFull(text_bytes, most_bytes, limits)) {
    BeginNode(id, fields_and_values, most_bytes);
  } else {
    same_fields = HasTailFields(fields_and_values);
    CountInTail();
    const size_t needed = tail_.node->size + most_bytes;
    if (needed > tail_.node->allocated)
      Reallocate(tail_.node, Grown(tail_.node->allocated, needed));
  }
  WriteEntry(id, fields_and_values, same_fields);
  if (length_++ == 0) first_id_ = id;
  ++entries_added_;
  last_id_ = id;
  return true;
}

// REQUIRES: the tail has room.
void Stream::WriteEntry(const StreamId& id, Texts fields_and_values, bool same_fields) {
  Node* node = tail_.node;
  char* out = node->data() + node->size - 1;
  out = Put(out, same_fields ? uint64_t{kStreamEntrySameFields} : 0);
  out = Put(out, id.ms - node->id.ms);
  out = Put(out, id.seq - node->id.seq);
  uint64_t elements = 3 + fields_and_values.size() / 2;
  if (same_fields) {
    for (size_t i = 1; i < fields_and_values.size(); i += 2) out = Put(out, fields_and_values[i]);
  } else {
    elements = 4 + fields_and_values.size();
    out = Put(out, fields_and_values.size() / 2);
    for (const std::string_view text : fields_and_values) out = Put(out, text);
  }
  out = Put(out, elements);
  tail_.elements += elements + 1;
  FinishTail(out);
}

// Counts entries of a node, not all of them, as deleted in its master entry.
void Stream::CountDeleted(Node* node, uint64_t count) {
  const StreamMaster master(node->listpack());
  const size_t before = node->size;
  NodeBuffer buffer(*this, node);
  ListpackReplace(buffer, kListpackHeaderBytes, static_cast<int64_t>(master.live - count));
  const auto deleted_at = Listpack(buffer.view()).Next(kListpackHeaderBytes);
  ListpackReplace(buffer, deleted_at, static_cast<int64_t>(master.deleted + count));
  Moved(buffer.node(), static_cast<ptrdiff_t>(buffer.size()) - static_cast<ptrdiff_t>(before));
  if (buffer.node() == tail_.node) ReadTail();
}

// The flags lie in a byte of their own: see ValidateStreamNode.
void Stream::MarkDeleted(Node* node, Listpack::Position flags_at) {
  node->data()[flags_at] = static_cast<char>(node->data()[flags_at] | kStreamEntryDeleted);
}

bool Stream::Erase(const StreamId& id) {
  const StreamCursor at(*this, id, id);
  if (at.done()) return false;
  Node* node = at.node_.get();
  if (StreamMaster(node->listpack()).live == 1) {
    RemoveNode(node);
  } else {
    MarkDeleted(node, at.at_);
    CountDeleted(node, 1);
  }
  --length_;
  max_deleted_id_ = std::max(max_deleted_id_, id);
  if (id == first_id_) FindFirst();
  return true;
}

uint64_t Stream::TrimToLength(uint64_t max_length, const StreamTrim& trim) {
  if (length_ <= max_length) return 0;
  return Trim({.max_length = max_length, .min_id = {}, .by_length = true}, trim);
}

uint64_t Stream::TrimBefore(const StreamId& min_id, const StreamTrim& trim) {
  if (length_ == 0 || min_id <= first_id_) return 0;
  return Trim({.max_length = 0, .min_id = min_id, .by_length = false}, trim);
}

uint64_t Stream::Trim(const TrimGoal& goal, const StreamTrim& trim) {
  uint64_t deleted = 0;
  while (length_ != 0) {
    if (goal.by_length && length_ <= goal.max_length) break;
    Node* node = tree_.First().get();
    const uint64_t live = StreamMaster(node->listpack()).live;
    if (trim.limit != 0 && deleted + live > trim.limit) break;
    const bool whole = goal.by_length ? length_ - live >= goal.max_length
                                      : LastIdInNode(node->id, node->listpack()) < goal.min_id;
    if (!whole) {
      const uint64_t here = trim.approximate ? 0 : TrimNode(node, live, goal);
      deleted += here;
      if (here < live) break;
      continue;
    }
    RemoveNode(node);
    length_ -= live;
    deleted += live;
  }
  if (deleted != 0) FindFirst();
  return deleted;
}

// Removes entries from the beginning of the first node.
uint64_t Stream::TrimNode(Node* node, uint64_t live, const TrimGoal& goal) {
  uint64_t most = live;
  if (goal.by_length) most = std::min(most, length_ - goal.max_length);
  uint64_t deleted = 0;
  StreamCursor at(*this, StreamId::Min(), StreamId::Max());
  for (; deleted < most && at.node_.get() == node; at.Next()) {
    if (!goal.by_length && at.id() >= goal.min_id) break;
    MarkDeleted(node, at.at_);
    ++deleted;
  }
  length_ -= deleted;
  if (deleted == live) {
    RemoveNode(node);
  } else if (deleted != 0) {
    CountDeleted(node, deleted);
  }
  return deleted;
}

void Stream::FindFirst() {
  const StreamCursor at(*this, StreamId::Min(), StreamId::Max());
  first_id_ = at.done() ? StreamId{} : at.id();
  head_ = {at.node_.get(), at.at_};
}

}  // namespace gotthard
