#include "types/hash_table.h"

#include <algorithm>
#include <cstring>
#include <string>

namespace gotthard {

HashTable::HashTable(const KeyHasher& hasher) : hasher_(hasher), table_(HashOfElement, &hasher) {}

uint64_t HashTable::HashOfElement(const void* element, const void* hasher) {
  return (*static_cast<const KeyHasher*>(hasher))(static_cast<const HashField*>(element)->field());
}

HashTable::Handle HashTable::Find(std::string_view field) {
  const Table::Position position = table_.Find(hasher_(field), [&](const void* element) {
    return static_cast<const HashField*>(element)->field() == field;
  });
  if (position.slot == nullptr) return {};
  return {static_cast<HashField*>(Table::ElementAt(*position.slot)), position};
}

const HashField* HashTable::Find(std::string_view field) const {
  return const_cast<HashTable*>(this)->Find(field).field_;
}

void HashTable::Fill(HashField* element, std::string_view field, std::string_view value,
                     int64_t expiry_ms) {
  const uint8_t flags = HashField::FlagsFor(field.size(), value.size(), expiry_ms);
  element->flags_ = flags;
  if ((flags & HashField::kWide) != 0) {
    std::memset(element->bytes_at(1), 0, 3);
    element->Store(4, static_cast<uint32_t>(field.size()));
    element->Store(8, static_cast<uint64_t>(value.size()));
  } else {
    element->Store(1, static_cast<uint8_t>(field.size()));
    element->Store(2, static_cast<uint8_t>(value.size()));
  }
  if ((flags & HashField::kHasExpiry) != 0) {
    element->Store(HashField::HeadBytes(flags), expiry_ms);
  }
  char* text = element->bytes_at(HashField::TextOffset(flags));
  if (!field.empty()) std::memcpy(text, field.data(), field.size());
  if (!value.empty()) std::memcpy(text + field.size(), value.data(), value.size());
}

HashField* HashTable::New(std::string_view field, std::string_view value, int64_t expiry_ms) {
  const uint8_t flags = HashField::FlagsFor(field.size(), value.size(), expiry_ms);
  auto* element = static_cast<HashField*>(
      arena_.Allocate(HashField::TextOffset(flags) + field.size() + value.size()));
  Fill(element, field, value, expiry_ms);
  return element;
}

void HashTable::NoteExpiry(Handle handle, int64_t old_ms, int64_t new_ms) {
  expiring_ += static_cast<size_t>(new_ms != kFieldNever);
  expiring_ -= static_cast<size_t>(old_ms != kFieldNever);
  if (expiring_ == 0) {
    next_expiry_ms_ = kFieldNever;
    return;
  }
  if (new_ms == kFieldNever) return;
  Table::NoteExpiry(handle.position_, new_ms);
  next_expiry_ms_ = std::min(next_expiry_ms_, new_ms);
  // The sweep may have passed the segment already.
  sweep_min_ms_ = std::min(sweep_min_ms_, new_ms);
}

HashTable::Handle HashTable::Insert(std::string_view field, std::string_view value,
                                    int64_t expiry_ms) {
  HashField* element = New(field, value, expiry_ms);
  // Hashed from the element: `field` may be a view that New's caller is about to lose.
  Handle handle(element, table_.Insert(hasher_(element->field()), element));
  NoteExpiry(handle, kFieldNever, expiry_ms);
  return handle;
}

HashTable::Handle HashTable::Replace(Handle handle, std::string_view value, int64_t expiry_ms) {
  HashField* element = handle.field_;
  const int64_t old_expiry_ms = element->expiry_ms();
  const size_t old_size = element->size_bytes();
  const size_t field_length = element->field_length();
  const uint8_t flags = HashField::FlagsFor(field_length, value.size(), expiry_ms);
  const size_t new_size = HashField::TextOffset(flags) + field_length + value.size();
  if (flags == element->flags_ && value.size() == element->value_length()) {
    // Same layout: the value's bytes change where they are.
    std::memmove(element->bytes_at(new_size - value.size()), value.data(), value.size());
    if (expiry_ms != kFieldNever) element->Store(HashField::HeadBytes(flags), expiry_ms);
  } else {
    auto* fresh = static_cast<HashField*>(arena_.Allocate(new_size));
    Fill(fresh, element->field(), value, expiry_ms);
    Table::Replace(handle.position_, fresh);
    arena_.Free(element, old_size);
    handle.field_ = fresh;
  }
  NoteExpiry(handle, old_expiry_ms, expiry_ms);
  return handle;
}

HashTable::Handle HashTable::SetExpiry(Handle handle, int64_t expiry_ms) {
  return Replace(handle, handle->value(), expiry_ms);
}

void HashTable::Erase(Handle handle) {
  NoteExpiry(handle, handle->expiry_ms(), kFieldNever);
  table_.Erase(handle.position_);
  arena_.Free(handle.field_, handle.field_->size_bytes());
}

const HashField& HashTable::RandomField(Random& random) const {
  return *static_cast<const HashField*>(Table::ElementAt(*table_.RandomPosition(random).slot));
}

uint64_t HashTable::Scan(uint64_t cursor, size_t count,
                         FunctionRef<void(const HashField&)> visit) const {
  return table_.Scan(cursor, count,
                     [&](void* element) { visit(*static_cast<const HashField*>(element)); });
}

void HashTable::ForEach(FunctionRef<void(const HashField&)> visit) const {
  table_.ForEach([&](void* element) { visit(*static_cast<const HashField*>(element)); });
}

int64_t HashTable::ExpireSegment(Table::Segment* segment, int64_t now_ms, size_t limit,
                                 size_t& removed, FunctionRef<void(const HashField&)> on_expired) {
  int64_t min_ms = kFieldNever;
  table_.HoldShrinking();  // nothing may move while the walk holds positions
  Table::ForEachInSegment(segment, [&](Table::Position position) {
    auto* element = static_cast<HashField*>(Table::ElementAt(*position.slot));
    if (element->IsExpired(now_ms) && removed < limit) {
      on_expired(*element);
      Erase({element, position});
      ++removed;
    } else {
      min_ms = std::min(min_ms, element->expiry_ms());
    }
  });
  segment->min_expiry_ms = min_ms;
  table_.ResumeShrinking(segment);
  return min_ms;
}

size_t HashTable::ExpireDue(int64_t now_ms, size_t limit,
                            FunctionRef<void(const HashField&)> on_expired) {
  size_t removed = 0;
  const size_t max_heads = limit + 64;
  for (size_t heads = 0; heads < max_heads && removed < limit; ++heads) {
    if (next_expiry_ms() >= now_ms) break;
    if (sweep_prefix_ == 0) sweep_min_ms_ = kFieldNever;
    Table::Segment* segment = table_.SegmentAt(sweep_prefix_);
    // Read now: removing may merge the segment with its neighbour.
    const uint64_t next = Table::NextPrefix(segment);
    const int64_t min_ms = segment->min_expiry_ms < now_ms
                               ? ExpireSegment(segment, now_ms, limit, removed, on_expired)
                               : segment->min_expiry_ms;
    sweep_min_ms_ = std::min(sweep_min_ms_, min_ms);
    if (removed == limit && min_ms < now_ms) break;  // more in this very segment
    sweep_prefix_ = next;
    if (next == 0) next_expiry_ms_ = sweep_min_ms_;
  }
  return removed;
}

class HashTable::Copy final : public StepwiseCopy {
 public:
  explicit Copy(const HashTable& from)
      : copy_(std::make_unique<HashTable>(from.hasher_)), steps_(from.table_, copy_->table_) {
    copy_->expiring_ = from.expiring_;
    copy_->next_expiry_ms_ = from.next_expiry_ms_;
    copy_->sweep_prefix_ = from.sweep_prefix_;
    copy_->sweep_min_ms_ = from.sweep_min_ms_;
  }

  bool Step() override {
    return steps_.Step([this](const void* element, size_t* bytes) {
      const size_t size = static_cast<const HashField*>(element)->size_bytes();
      *bytes += size;
      return std::memcpy(copy_->arena_.Allocate(size), element, size);
    });
  }
  void* Release() override { return copy_.release(); }

 private:
  std::unique_ptr<HashTable> copy_;
  TableCopySteps steps_;
};

std::unique_ptr<StepwiseCopy> HashTable::BeginCopy() const {
  return std::make_unique<Copy>(*this);
}

std::unique_ptr<HashTable> HashTable::Clone() const {
  Copy copy(*this);
  return CopyAtOnce<HashTable>(copy);
}

}  // namespace gotthard
