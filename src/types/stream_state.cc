// What a stream knows about itself beyond its entries: how far groups have read, its size, whether
// it is sound; and its nodes as they are saved and loaded.
#include <algorithm>
#include <cstring>

#include "base/memory.h"
#include "types/stream.h"
#include "types/stream_node.h"

namespace gotthard {

bool Stream::Contains(const StreamId& id) const {
  return !StreamCursor(*this, id, id).done();
}

StreamId Stream::LastEntryId() const {
  const StreamCursor at(*this, StreamId::Min(), StreamId::Max(),
                        StreamCursor::Direction::kBackward);
  return at.done() ? StreamId{} : at.id();
}

bool Stream::MayHaveGapsFrom(const StreamId& start) const {
  if (length_ == 0 || max_deleted_id_.IsZero() || first_id_ > max_deleted_id_) return false;
  return start <= max_deleted_id_;
}

int64_t Stream::EntriesReadAt(const StreamId& id) const {
  const auto added = static_cast<int64_t>(entries_added_);
  if (added == 0 || id == last_id_) return added;
  if (id > last_id_) return kUnknownEntriesRead;
  if (length_ == 0) return added;
  // Between the first and the last one nobody counts, nor with gaps behind the first.
  if (!max_deleted_id_.IsZero() && max_deleted_id_ >= first_id_) return kUnknownEntriesRead;
  const auto before_first = static_cast<int64_t>(entries_added_ - length_);
  if (id < first_id_) return before_first;
  return id == first_id_ ? before_first + 1 : kUnknownEntriesRead;
}

void Stream::Delivered(StreamGroup& group, const StreamId& id) const {
  if (id <= group.last_id) return;
  if (group.entries_read != kUnknownEntriesRead && !MayHaveGapsFrom(id)) {
    ++group.entries_read;
  } else if (entries_added_ != 0) {
    group.entries_read = EntriesReadAt(id);
  }
  group.last_id = id;
}

std::optional<int64_t> Stream::Lag(const StreamGroup& group) const {
  if (entries_added_ == 0) return 0;
  int64_t read = group.entries_read;
  if (read == kUnknownEntriesRead || MayHaveGapsFrom(group.last_id)) {
    read = EntriesReadAt(group.last_id);
  }
  if (read == kUnknownEntriesRead) return std::nullopt;
  return static_cast<int64_t>(entries_added_ - static_cast<uint64_t>(read));
}

StreamGroup* Stream::FindGroup(std::string_view name) const {
  const auto found = groups_.find(name);
  return found == groups_.end() ? nullptr : found->second.get();
}

StreamGroup* Stream::AddGroup(std::string_view name, const StreamId& last_id,
                              int64_t entries_read) {
  if (FindGroup(name) != nullptr) return nullptr;
  auto group = std::make_unique<StreamGroup>(name, last_id, entries_read);
  const std::string_view own_name = group->name();
  return groups_.emplace(own_name, std::move(group)).first->second.get();
}

std::unique_ptr<StreamGroup> Stream::RemoveGroup(std::string_view name) {
  const auto found = groups_.find(name);
  if (found == groups_.end()) return nullptr;
  auto group = std::move(found->second);
  groups_.erase(found);
  return group;
}

void Stream::ForEachNode(FunctionRef<void(const StreamId&, std::string_view)> visit) const {
  for (auto at = tree_.First(); !at.done(); at.Next()) visit(at->id, at->bytes());
}

// Puts a valid listpack behind all others.
void Stream::AddNode(const StreamId& master_id, std::string_view listpack) {
  Node* node = NewNode(master_id, listpack.size());
  std::memcpy(node->data(), listpack.data(), listpack.size());
  node->size = static_cast<uint32_t>(listpack.size());
  tree_.Insert(node);
}

bool Stream::AppendNode(const StreamId& master_id, std::string_view listpack) {
  const auto summary = ValidateStreamNode(master_id, listpack);
  if (!summary) return false;
  if (!tree_.empty() && (master_id <= last_id_ || master_id <= tail_.node->id)) return false;
  AddNode(master_id, listpack);
  ReadTail();
  if (summary->live == 0) return true;
  last_id_ = summary->last_live;
  length_ += summary->live;
  entries_added_ += summary->live;
  if (first_id_.IsZero()) FindFirst();
  return true;
}

// The nodes first, then group by group what is pending for one consumer after the other.
class Stream::Copy final : public StepwiseCopy {
 public:
  explicit Copy(const Stream& from)
      : from_(from),
        copy_(std::make_unique<Stream>()),
        node_(from.tree_.First()),
        group_(from.groups_.begin()) {}

  bool Step() override {
    if (!node_.done()) {
      CopyNodes();
    } else if (group_ != from_.groups_.end()) {
      CopyPending();
    }
    if (!node_.done() || group_ != from_.groups_.end()) return false;
    copy_->CopyFigures(from_);
    return true;
  }
  void* Release() override {
    if (pending_ != nullptr) AddGroup();  // for whoever frees what is not whole
    return copy_.release();
  }

 private:
  void CopyNodes() {
    for (size_t bytes = 0; !node_.done() && bytes < kStepBytes; node_.Next()) {
      copy_->AddNode(node_->id, node_->bytes());
      bytes += node_->size;
    }
  }
  void CopyPending() {
    if (pending_ == nullptr) pending_ = std::make_unique<StreamGroup::Copy>(*group_->second);
    if (!pending_->Step(kStepElements)) return;
    AddGroup();
    ++group_;
  }
  void AddGroup() {
    auto group = pending_->Take();
    const std::string_view own_name = group->name();
    copy_->groups_.emplace(own_name, std::move(group));
    pending_.reset();
  }

  const Stream& from_;
  std::unique_ptr<Stream> copy_;
  Tree::Cursor node_;
  Groups::const_iterator group_;
  std::unique_ptr<StreamGroup::Copy> pending_;  // of the group's copy
};

// All but nodes and groups, once the nodes are there.
void Stream::CopyFigures(const Stream& from) {
  ReadTail();
  length_ = from.length_;
  last_id_ = from.last_id_;
  first_id_ = from.first_id_;
  max_deleted_id_ = from.max_deleted_id_;
  entries_added_ = from.entries_added_;
}

std::unique_ptr<StepwiseCopy> Stream::BeginCopy() const {
  return std::make_unique<Copy>(*this);
}

std::unique_ptr<Stream> Stream::Clone() const {
  Copy copy(*this);
  return CopyAtOnce<Stream>(copy);
}

size_t Stream::memory_bytes() const {
  size_t bytes = AllocationClass(sizeof(*this)) + node_bytes_ + tree_.memory_bytes();
  for (const auto& [name, group] : groups_) {
    bytes += AllocationClass(sizeof(Groups::value_type) + kMapLinkBytes) + group->memory_bytes();
  }
  return bytes;
}

size_t Stream::free_effort() const {
  size_t effort = 1 + tree_.size() + tree_.inner_nodes();
  for (const auto& [name, group] : groups_) effort += 1 + group->free_effort();
  return effort;
}

bool Stream::IsSound() const {
  if (!tree_.IsSound()) return false;
  size_t length = 0;
  size_t node_bytes = 0;
  StreamId last;
  const Node* last_node = nullptr;
  for (auto at = tree_.First(); !at.done(); at.Next()) {
    const auto summary = ValidateStreamNode(at->id, at->bytes());
    if (!summary || (last_node != nullptr && at->id <= last)) return false;
    if (summary->live != 0) last = summary->last_live;
    length += summary->live;
    node_bytes += sizeof(Node) + at->allocated;
    last_node = at.get();
  }
  if (length != length_ || node_bytes != node_bytes_ || last_node != tail_.node) return false;
  if (last != LastEntryId() || last_id_ < last) return false;
  if (last_node != nullptr) {
    const StreamMaster master(last_node->listpack());
    if (master.live != tail_.live || master.live + master.deleted != tail_.entries) return false;
    if (master.fields != tail_.fields || master.fields_at != tail_.fields_at) return false;
  }
  const StreamCursor first(*this, StreamId::Min(), StreamId::Max());
  if (first_id_ != (first.done() ? StreamId{} : first.id())) return false;
  // All before the place that is kept was deleted.
  if (head_.node != nullptr) {
    Stream plain;
    plain.AddNode(head_.node->id, head_.node->bytes());
    const StreamCursor found(plain, StreamId::Min(), StreamId::Max());
    if (found.at_ < head_.at) return false;
  }
  return std::all_of(groups_.begin(), groups_.end(), [](const auto& item) {
    return item.first == item.second->name() && item.second->IsSound();
  });
}

}  // namespace gotthard
