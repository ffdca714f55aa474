#include "types/stream_node.h"

namespace gotthard {
namespace {

// Reads a listpack's elements one by one; after the first that is not there or is no integer
// where one is wanted, ok() is false and all integers are zero.
class Elements {
 public:
  explicit Elements(const Listpack& listpack) : listpack_(listpack), at_(listpack.First()) {}

  bool ok() const { return ok_; }
  bool AtEnd() const { return at_ == Listpack::kNone; }
  int64_t Integer() {
    const PackedItem item = Item();
    if (!item.is_integer) ok_ = false;
    return ok_ ? item.integer : 0;
  }
  // A number of things, not more than there are elements.
  uint64_t Count() {
    const int64_t count = Integer();
    if (count < 0 || static_cast<uint64_t>(count) > listpack_.bytes().size()) ok_ = false;
    return ok_ ? static_cast<uint64_t>(count) : 0;
  }
  // An integer that is edited in place: of one byte and its length.
  int64_t SmallInteger() {
    if (!AtEnd() && listpack_.EntryBytes(at_) != 2) ok_ = false;
    return Integer();
  }
  void Skip(uint64_t count) {
    for (; count > 0 && ok_; --count) Item();
  }

 private:
  PackedItem Item() {
    if (AtEnd()) {
      ok_ = false;
      return {};
    }
    const PackedItem item = listpack_.Get(at_);
    at_ = listpack_.Next(at_);
    return item;
  }

  const Listpack listpack_;
  Listpack::Position at_;
  bool ok_ = true;
};

}  // namespace

StreamMaster::StreamMaster(const Listpack& listpack) {
  const Listpack::Position live_at = listpack.First();
  deleted_at = listpack.Next(live_at);
  const Listpack::Position count_at = listpack.Next(deleted_at);
  fields_at = listpack.Next(count_at);
  live = static_cast<uint64_t>(StreamInteger(listpack, live_at));
  deleted = static_cast<uint64_t>(StreamInteger(listpack, deleted_at));
  fields = static_cast<uint64_t>(StreamInteger(listpack, count_at));
}

StreamId LastIdInNode(const StreamId& master_id, const Listpack& listpack) {
  Listpack::Position at = listpack.Last();
  int64_t elements = StreamInteger(listpack, at);
  if (elements == 0) return master_id;
  for (; elements > 0; --elements) at = listpack.Previous(at);
  const Listpack::Position ms_at = listpack.Next(at);
  return StreamIdBehind(master_id, StreamInteger(listpack, ms_at),
                        StreamInteger(listpack, listpack.Next(ms_at)));
}

std::optional<StreamNodeSummary> ValidateStreamNode(const StreamId& master_id,
                                                    std::string_view bytes) {
  if (!ValidateListpack(bytes)) return std::nullopt;
  Elements elements{Listpack(bytes)};
  const uint64_t live = elements.Count();
  const uint64_t deleted = elements.Count();
  const uint64_t master_fields = elements.Count();
  elements.Skip(master_fields);
  if (elements.Integer() != 0) return std::nullopt;

  StreamNodeSummary found;
  uint64_t found_deleted = 0;
  while (elements.ok() && !elements.AtEnd()) {
    const int64_t flags = elements.SmallInteger();
    const int64_t ms = elements.Integer();
    const int64_t seq = elements.Integer();
    if ((flags & ~(kStreamEntryDeleted | kStreamEntrySameFields)) != 0) return std::nullopt;
    const bool same_fields = (flags & kStreamEntrySameFields) != 0;
    const uint64_t fields = same_fields ? master_fields : elements.Count();
    elements.Skip(same_fields ? fields : 2 * fields);
    const uint64_t head = same_fields ? 3 : 4;
    if (elements.Count() != head + (same_fields ? fields : 2 * fields)) return std::nullopt;
    if ((flags & kStreamEntryDeleted) != 0) {
      ++found_deleted;
      continue;
    }
    const StreamId id = StreamIdBehind(master_id, ms, seq);
    if (id < master_id || id <= found.last_live) return std::nullopt;
    found.last_live = id;
    ++found.live;
  }
  if (!elements.ok() || found.live != live || found_deleted != deleted) return std::nullopt;
  return found;
}

}  // namespace gotthard
