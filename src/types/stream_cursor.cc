#include "types/stream.h"
#include "types/stream_node.h"

namespace gotthard {

StreamCursor::StreamCursor(const Stream& stream, const StreamId& start, const StreamId& end,
                           Direction direction)
    : head_(stream.head_), start_(start), end_(end), forward_(direction == Direction::kForward) {
  if (start > end) return;
  // What begins at or before the bound may reach behind it.
  node_ = stream.tree_.AtMost(forward_ ? start : end);
  if (forward_ && node_.done()) node_ = stream.tree_.First();
  EnterNode();
  Settle();
}

// To the first or the last entry of the node; done if there is no node.
void StreamCursor::EnterNode() {
  for (; !node_.done(); forward_ ? node_.Next() : node_.Previous()) {
    bytes_ = node_->bytes();
    const Listpack listpack(bytes_);
    const StreamMaster master(listpack);
    if (master.live == 0) continue;
    master_fields_at_ = master.fields_at;
    master_fields_ = master.fields;
    if (forward_ && node_.get() == head_.node) {
      at_ = head_.at;
    } else if (forward_) {
      at_ = master.fields_at;
      for (size_t i = 0; i <= master.fields; ++i) at_ = listpack.Next(at_);
    } else {
      MoveToStart(listpack.Last());
    }
    return;
  }
  at_ = Listpack::kNone;
}

// To the entry whose lp-count is at `count_at`, if it is not that of the master entry.
void StreamCursor::MoveToStart(Listpack::Position count_at) {
  const Listpack listpack(bytes_);
  const int64_t elements = StreamInteger(listpack, count_at);
  at_ = elements == 0 ? Listpack::kNone : count_at;
  for (int64_t i = 0; i < elements; ++i) at_ = listpack.Previous(at_);
}

// To the next entry in the direction, whichever it is.
void StreamCursor::Move() {
  const Listpack listpack(bytes_);
  if (!forward_) {
    MoveToStart(listpack.Previous(at_));
  } else {
    at_ = items_end_;
    if (at_ == Listpack::kNone) {
      at_ = items_at_;
      const size_t items = same_fields_ ? fields_ : 2 * fields_;
      for (size_t i = 0; i < items; ++i) at_ = listpack.Next(at_);
    }
    at_ = listpack.Next(at_);  // lp-count
  }
  if (at_ != Listpack::kNone) return;
  forward_ ? node_.Next() : node_.Previous();
  EnterNode();
}

// Reads the entry's head.
void StreamCursor::ReadEntry() {
  const Listpack listpack(bytes_);
  const int64_t flags = StreamInteger(listpack, at_);
  const Listpack::Position ms_at = listpack.Next(at_);
  const Listpack::Position seq_at = listpack.Next(ms_at);
  id_ = StreamIdBehind(node_->id, StreamInteger(listpack, ms_at), StreamInteger(listpack, seq_at));
  deleted_ = (flags & kStreamEntryDeleted) != 0;
  same_fields_ = (flags & kStreamEntrySameFields) != 0;
  fields_ = master_fields_;
  items_at_ = listpack.Next(seq_at);
  items_end_ = Listpack::kNone;
  if (!same_fields_) {
    fields_ = static_cast<size_t>(StreamInteger(listpack, items_at_));
    items_at_ = listpack.Next(items_at_);
  }
}

// To the first entry from here on that is there and in the range.
void StreamCursor::Settle() {
  for (; at_ != Listpack::kNone; Move()) {
    ReadEntry();
    if (deleted_) continue;
    if (forward_ ? id_ > end_ : id_ < start_) {
      at_ = Listpack::kNone;
      return;
    }
    if (forward_ ? id_ >= start_ : id_ <= end_) return;
  }
}

}  // namespace gotthard
