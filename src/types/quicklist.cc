#include "types/quicklist.h"

#include <algorithm>
#include <cassert>
#include <vector>

namespace gotthard {
namespace {

// What a listpack may have when its limit is a number of items.
constexpr size_t kSafeBytes = 8192;
constexpr size_t kSizeSteps[] = {4096, 8192, 16384, 32768, 65536};
constexpr size_t kItemsOverhead = 11;  // of the longest head and backward length
// Up to here nodes are filled by seven eighths: a size class of the allocator of which it has
// several in one run of pages, with one note of 128 bytes for them all. Of 4 and 8 KB each would
// have its own. A million items of 16 bytes: 18.3 bytes each in place of 18.5.
constexpr size_t kMaxEighthsBytes = 16384;

}  // namespace

ListpackLimit::ListpackLimit(int64_t max_listpack_size) {
  if (max_listpack_size >= 0) {
    items = static_cast<size_t>(std::max<int64_t>(max_listpack_size, 1));
    bytes = kSafeBytes;
  } else {
    const auto steps = static_cast<int64_t>(std::size(kSizeSteps));
    bytes = kSizeSteps[std::min(-(max_listpack_size + 1), steps - 1)];
    items = SIZE_MAX;
  }
  fill = bytes <= kMaxEighthsBytes ? bytes / 8 * 7 : bytes;
}

bool ListpackLimit::FitsAgain(size_t list_bytes, size_t list_items, bool shrinking) const {
  const size_t by = shrinking ? 2 : 1;
  // Where items are counted, bytes are not.
  if (items != SIZE_MAX) return list_items <= items / by;
  return list_bytes <= bytes / by;
}

Quicklist::Quicklist(const ListOptions& options)
    : limit_(options.max_listpack_size),
      depth_(static_cast<size_t>(std::max<int64_t>(options.compress_depth, 0))),
      apart_from_(options.apart_from) {}

// Node by node, those that are compressed as they are.
class Quicklist::Copy final : public StepwiseCopy {
 public:
  explicit Copy(const Quicklist& from) : next_(from.head_), copy_(from.EmptyLike()) {}

  bool Step() override {
    size_t bytes = 0;
    for (; next_ != nullptr && bytes < kStepBytes; next_ = next_->next) {
      copy_->Link(new Node(*next_), copy_->tail_);
      copy_->count_ += next_->count;
      bytes += sizeof(Node) + next_->size;
    }
    return next_ == nullptr;
  }
  void* Release() override { return copy_.release(); }

 private:
  const Node* next_;
  std::unique_ptr<Quicklist> copy_;
};

std::unique_ptr<Quicklist> Quicklist::EmptyLike() const {
  auto empty = std::make_unique<Quicklist>(ListOptions{});
  empty->limit_ = limit_;
  empty->depth_ = depth_;
  empty->apart_from_ = apart_from_;
  return empty;
}

std::unique_ptr<StepwiseCopy> Quicklist::BeginCopy() const {
  return std::make_unique<Copy>(*this);
}

std::unique_ptr<Quicklist> Quicklist::Clone() const {
  Copy copy(*this);
  return CopyAtOnce<Quicklist>(copy);
}

Quicklist::~Quicklist() {
  while (head_ != nullptr) {
    Node* next = head_->next;
    delete head_;
    head_ = next;
  }
}

size_t Quicklist::MemoryBytes() const {
  size_t bytes = sizeof(*this) + nodes_ * sizeof(Node);
  for (const Node* node = head_; node != nullptr; node = node->next) bytes += node->allocated;
  return bytes;
}

Quicklist::Place Quicklist::Seek(size_t index) const {
  assert(index < count_);
  if (index <= count_ / 2) {
    Node* node = head_;
    for (; index >= node->count; node = node->next) index -= node->count;
    return {node, index};
  }
  size_t from_end = count_ - index;
  Node* node = tail_;
  for (; from_end > node->count; node = node->previous) from_end -= node->count;
  return {node, node->count - from_end};
}

bool Quicklist::IsApart(std::string_view text) const {
  if (apart_from_ != 0) [[unlikely]]
    return text.size() >= apart_from_;
  return text.size() + kEmptyListpackBytes + kItemsOverhead > limit_.bytes;
}

bool Quicklist::HasRoom(const Node* node, size_t bytes) const {
  return node != nullptr && !node->plain && node->size + bytes <= limit_.fill &&
         node->count < limit_.items;
}

void Quicklist::Link(Node* node, Node* after) {
  Node* next = after != nullptr ? after->next : head_;
  node->previous = after;
  node->next = next;
  (after != nullptr ? after->next : head_) = node;
  (next != nullptr ? next->previous : tail_) = node;
  ++nodes_;
}

void Quicklist::Unlink(Node* node) {
  (node->previous != nullptr ? node->previous->next : head_) = node->next;
  (node->next != nullptr ? node->next->previous : tail_) = node->previous;
  --nodes_;
}

Quicklist::Node* Quicklist::NewListpack(Node* after) {
  Node* node = new Node;
  node->SetEmptyListpack();
  Link(node, after);
  return node;
}

void Quicklist::AddPlain(std::string_view text, Node* after) {
  Node* node = new Node;
  node->SetPlain(text);
  Link(node, after);
  ++count_;
  Settle(node);
}

void Quicklist::PushBack(std::string_view text) {
  if (IsApart(text)) [[unlikely]]
    return AddPlain(text, tail_);
  const ListpackElement element(text);
  const bool fits = HasRoom(tail_, element.bytes());
  if (!fits) NewListpack(tail_);
  tail_->Append(element, limit_.fill);
  ++count_;
  if (!fits) Settle(nullptr);
}

void Quicklist::PushFront(std::string_view text) {
  if (IsApart(text)) [[unlikely]]
    return AddPlain(text, nullptr);
  const ListpackElement element(text);
  const bool fits = HasRoom(head_, element.bytes());
  if (!fits) NewListpack(nullptr);
  head_->Prepend(element, limit_.fill);
  ++count_;
  if (!fits) Settle(nullptr);
}

void Quicklist::AppendListpack(std::string_view bytes) {
  Node* node = new Node;
  const size_t items = Listpack(bytes).Count();
  assert(items > 0);
  node->SetListpack(bytes, items);
  Link(node, tail_);
  count_ += items;
  Settle(nullptr);
}

void Quicklist::AppendPlain(std::string_view item) {
  AddPlain(item, tail_);
}

Quicklist::Node* Quicklist::Split(Node* node, size_t index) {
  assert(index > 0 && index < node->count);
  const std::string_view bytes = node->raw();
  const size_t at = Listpack(bytes).Seek(static_cast<int64_t>(index));
  const size_t moved = node->count - index;
  Node* right = NewListpack(node);
  {
    NodeBuffer buffer(*right);
    ListpackInsertRaw(buffer, kListpackHeaderBytes, bytes.substr(at, bytes.size() - 1 - at), moved);
    buffer.Done(moved);
  }
  node->Erase(index, moved);
  return right;
}

void Quicklist::InsertInNode(Node* node, size_t index, const ListpackElement& element) {
  if (index == 0) return node->Prepend(element, limit_.fill);
  if (index == node->count) return node->Append(element, limit_.fill);
  const auto at = Listpack(node->raw()).Seek(static_cast<int64_t>(index));
  const size_t items = node->count + 1;
  NodeBuffer buffer(*node);
  ListpackInsert(buffer, at, element);
  buffer.Done(items);
}

void Quicklist::InsertBySplitting(Place place, const ListpackElement& element) {
  Node* left = place.node;
  Node* right = Split(left, place.index);
  if (HasRoom(left, element.bytes())) {
    left->Append(element, limit_.fill);
  } else if (HasRoom(right, element.bytes())) {
    right->Prepend(element, limit_.fill);
  } else {
    NewListpack(left)->Append(element, limit_.fill);
  }
  Settle(left);
  Settle(right);
  MergeWithNext(right);
  if (left->previous != nullptr) MergeWithNext(left->previous);
}

void Quicklist::Insert(size_t index, std::string_view text) {
  if (index == count_) return PushBack(text);
  if (index == 0) return PushFront(text);
  const Place place = Seek(index);
  Node* node = place.node;
  node->Expand();
  if (IsApart(text)) {
    Node* after = place.index == 0 ? node->previous : node;
    if (place.index != 0) Settle(Split(node, place.index));
    AddPlain(text, after);
    return Settle(node);
  }
  const ListpackElement element(text);
  ++count_;
  if (HasRoom(node, element.bytes())) {
    InsertInNode(node, place.index, element);
  } else if (place.index != 0) {
    return InsertBySplitting(place, element);
  } else if (Node* before = node->previous; HasRoom(before, element.bytes())) {
    before->Expand();
    before->Append(element, limit_.fill);
    Settle(before);
  } else {
    NewListpack(before)->Append(element, limit_.fill);
    Settle(before);
  }
  Settle(node);
}

void Quicklist::Replace(size_t index, std::string_view text) {
  const Place place = Seek(index);
  Node* node = place.node;
  const bool apart = IsApart(text);
  node->Expand();
  if (node->plain && apart) {
    node->SetPlain(text);
    return Settle(node);
  }
  if (!node->plain && !apart) {
    const Listpack list(node->raw());
    const auto at = list.Seek(static_cast<int64_t>(place.index));
    const ListpackElement element(text);
    if (node->size - list.EntryBytes(at) + element.bytes() <= limit_.bytes || node->count == 1) {
      NodeBuffer buffer(*node);
      ListpackReplace(buffer, at, element);
      return Settle(node);
    }
  }
  // It goes to a node of another kind, or finds no room in its own.
  Erase(index, 1);
  Insert(index, text);
}

std::unique_ptr<Quicklist> Quicklist::Erase(size_t start, size_t count) {
  if (count == 0) return nullptr;
  Place place = Seek(start);
  std::unique_ptr<Quicklist> removed;
  Node* node = place.node;
  size_t index = place.index;
  count_ -= count;
  size_t whole = 0;
  while (count > 0) {
    Node* next = node->next;
    const size_t here = std::min(count, node->count - index);
    if (here == node->count) {
      Unlink(node);
      if (++whole > kManyNodes) {
        if (removed == nullptr) removed = std::make_unique<Quicklist>(ListOptions{});
        removed->count_ += node->count;
        removed->Link(node, removed->tail_);
      } else {
        delete node;
      }
    } else {
      node->Expand();
      node->Erase(index, here);
      Settle(node);
    }
    count -= here;
    node = next;
    index = 0;
  }
  if (whole > 0) Settle(nullptr);
  return removed;
}

size_t Quicklist::RemoveInNode(Node* node, const PackedNeedle& needle, size_t limit,
                               bool from_tail) {
  std::string scratch;
  const std::string_view bytes = node->Bytes(scratch);
  if (node->plain) return bytes == needle.text ? 1 : 0;
  const Listpack list(bytes);
  std::vector<Listpack::Position> found;
  auto at = from_tail ? list.Last() : list.First();
  for (; at != Listpack::kNone && found.size() < limit;
       at = from_tail ? list.Previous(at) : list.Next(at)) {
    if (needle.Is(list.Get(at))) found.push_back(at);
  }
  if (found.empty() || found.size() == node->count) return found.size();
  if (from_tail) std::reverse(found.begin(), found.end());
  node->Expand();
  const size_t left = node->count - found.size();
  NodeBuffer buffer(*node);
  ListpackDeleteEach(buffer, found);
  buffer.Done(left);
  Settle(node);
  return found.size();
}

size_t Quicklist::Remove(std::string_view text, size_t limit, bool from_tail) {
  const PackedNeedle needle(text);
  size_t removed = 0;
  for (Node* node = from_tail ? tail_ : head_; node != nullptr && removed < limit;) {
    Node* next = from_tail ? node->previous : node->next;
    const size_t items = node->count;
    const size_t here = RemoveInNode(node, needle, limit - removed, from_tail);
    removed += here;
    if (here == items) {
      Unlink(node);
      delete node;
      Settle(nullptr);
    }
    node = next;
  }
  count_ -= removed;
  return removed;
}

void Quicklist::MergeWithNext(Node* node) {
  Node* next = node->next;
  if (next == nullptr || node->plain || next->plain) return;
  const size_t elements_bytes = next->size - kEmptyListpackBytes;
  if (limit_.ExceededByNode(node->size + elements_bytes, size_t{node->count} + next->count)) return;
  node->Expand();
  std::string scratch;
  const std::string_view bytes = next->Bytes(scratch);
  const size_t items = size_t{node->count} + next->count;
  {
    NodeBuffer buffer(*node);
    ListpackInsertRaw(buffer, buffer.size() - 1, bytes.substr(kListpackHeaderBytes, elements_bytes),
                      next->count);
    buffer.Done(items);
  }
  Unlink(next);
  delete next;
  Settle(node);
}

void Quicklist::Settle(Node* node) {
  if (depth_ == 0 || nodes_ == 0) return;
  Node* from_head = head_;
  Node* from_tail = tail_;
  bool near_end = node == nullptr;
  for (size_t i = 0; i < depth_; ++i) {
    from_head->Expand();
    from_tail->Expand();
    near_end |= from_head == node || from_tail == node;
    if (from_head == from_tail || from_head->next == from_tail) return;
    from_head = from_head->next;
    from_tail = from_tail->previous;
  }
  if (!near_end) node->Compress();
  // These two may have just come out of reach of the ends.
  from_head->Compress();
  from_tail->Compress();
}

ListCursor::ListCursor(std::string_view listpack, int64_t index, Direction direction)
    : bytes_(listpack), at_(Listpack(listpack).Seek(index)), direction_(direction) {}

ListCursor::ListCursor(const Quicklist& list, int64_t index, Direction direction)
    : direction_(direction) {
  const auto count = static_cast<int64_t>(list.Count());
  if (index < 0) index += count;
  if (index < 0 || index >= count) return;
  const Quicklist::Place place = list.Seek(static_cast<size_t>(index));
  Enter(place.node);
  at_ = plain_ ? 1 : Listpack(bytes_).Seek(static_cast<int64_t>(place.index));
}

void ListCursor::Enter(const Quicklist::Node* node) {
  node_ = node;
  plain_ = node->plain;
  bytes_ = node->Bytes(scratch_);
}

void ListCursor::NextNode() {
  const bool forward = direction_ == Direction::kForward;
  const Quicklist::Node* node = forward ? node_->next : node_->previous;
  if (node == nullptr) return;
  Enter(node);
  const Listpack list(bytes_);
  at_ = plain_ ? 1 : forward ? list.First() : list.Last();
}

}  // namespace gotthard
