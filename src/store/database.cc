#include "store/database.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <new>
#include <utility>

#include "types/packed_hash.h"

namespace gotthard {
namespace {

// Freeing this much of a blob is counted as one unit of effort: four pages to give back.
constexpr size_t kFreeEffortBytes = 16 * 1024;
// Growing strings double up to here and then grow by half.
constexpr size_t kDoublingLimit = size_t{1} << 20;
// How many segment heads a sweep reads between two looks at the clock.
constexpr uint64_t kHeadsPerClockRead = 256;

size_t GrownCapacity(size_t old_size, size_t new_size) {
  if (old_size == 0) return new_size;
  return new_size < kDoublingLimit ? new_size * 2 : new_size + new_size / 2;
}

}  // namespace

DetachedStorage::~DetachedStorage() {
  if (owned_values_ == 0) return;
  table_.ForEach([&](void* element) {
    const Entry& entry = *static_cast<const Entry*>(element);
    if (entry.is_blob()) {
      BlobRef::Adopt(entry.blob_pointer()).Reset();
    } else if (entry.is_object()) {
      types_.ops[static_cast<unsigned>(entry.type())]->destroy(entry.object());
    }
  });
}

Database::Database(const KeyHasher& hasher, const ObjectTypes& types, ChunkSource* chunks)
    : hasher_(hasher),
      types_(types),
      chunks_(chunks),
      arena_(std::make_unique<Arena>(chunks)),
      table_(arena_.get(), HashOfElement, &hasher) {}

Database::~Database() {
  DetachAll();
}

uint64_t Database::HashOfElement(const void* element, const void* hasher) {
  return (*static_cast<const KeyHasher*>(hasher))(static_cast<const Entry*>(element)->key());
}

// --- reading ---

int64_t Database::AverageTtlMs(int64_t now_ms) const {
  if (expires_ == 0) return 0;
  const Wide mean = expiry_sum_ms_ / static_cast<Wide>(expires_) - now_ms;
  return mean < 0 ? 0 : static_cast<int64_t>(mean);
}

uint64_t Database::Scan(uint64_t cursor, size_t count, FunctionRef<void(Entry*)> visit) const {
  return table_.Scan(cursor, count, [&](void* element) { visit(static_cast<Entry*>(element)); });
}

void Database::ForEach(FunctionRef<void(Entry*)> visit) const {
  table_.ForEach([&](void* element) { visit(static_cast<Entry*>(element)); });
}

EntryHandle Database::RandomEntry(Random& random) {
  if (size() == 0) return {};
  const Table::Position position = table_.RandomPosition(random);
  return {static_cast<Entry*>(Table::ElementAt(*position.slot)), position};
}

size_t Database::ExpectedEntryBytes() const {
  if (size() == 0) return 64;
  const size_t used = arena_->used_bytes();
  return std::clamp<size_t>((used - std::min(used, table_.segment_bytes())) / size(), 32, 256);
}

// --- values and their layout ---

Database::Value Database::InlineValue(Encoding encoding, std::string_view bytes) {
  return {.type = Type::kString,
          .encoding = encoding,
          .kind = 0,
          .inline_bytes = bytes,
          .inline_length = bytes.size()};
}

Database::Value Database::BlobValue(BlobRef blob) {
  return {.type = Type::kString,
          .encoding = Encoding::kRaw,
          .kind = Entry::kBlob,
          .inline_bytes = {},
          .word = reinterpret_cast<uintptr_t>(blob.Release())};
}

Database::Value Database::ValueOf(const Entry& entry) {
  Value value = {.type = entry.type(),
                 .encoding = entry.encoding(),
                 .kind = static_cast<uint8_t>(entry.flags_ & Entry::kWordMask),
                 .inline_bytes = {}};
  if (entry.is_inline()) {
    value.inline_bytes = entry.bytes();
    value.inline_length = value.inline_bytes.size();
  } else {
    value.word = entry.Load<uint64_t>(entry.WordOffset());
  }
  return value;
}

size_t Database::SizeFor(size_t key_length, const Value& value, bool has_expiry) {
  return Entry::kHeaderBytes + (has_expiry ? 8 : 0) +
         (key_length >= Entry::kShortKeyLimit ? 8 : 0) + (value.kind != 0 ? 8 : 0) + key_length +
         value.inline_length;
}

bool Database::FitsInline(size_t key_length, bool has_expiry, size_t length) {
  return SizeFor(key_length, {.type = {}, .encoding = {}, .kind = 0, .inline_bytes = {}},
                 has_expiry) +
             length <=
         kMaxInlineEntryBytes;
}

// Writes everything but the access bits. `key` may be the entry's own; the inline bytes are not.
void Database::Fill(Entry* entry, std::string_view key, const Value& value, int64_t expiry_ms) {
  const bool is_long = key.size() >= Entry::kShortKeyLimit;
  const auto flags = static_cast<uint8_t>((expiry_ms != kNoExpiry ? Entry::kHasExpiry : 0) |
                                          (is_long ? Entry::kLongKey : 0) | value.kind);
  // The key first: the fields before it may come to lie where it was.
  char* at = entry->bytes_at(Entry::KeyOffsetOf(flags));
  std::memmove(at, key.data(), key.size());
  entry->type_encoding_ = static_cast<uint8_t>(static_cast<unsigned>(value.type) |
                                               static_cast<unsigned>(value.encoding) << 4);
  entry->flags_ = flags;
  entry->key_length_ = static_cast<uint8_t>(is_long ? Entry::kShortKeyLimit : key.size());
  entry->value_length_ = static_cast<uint16_t>(value.inline_length);
  if (expiry_ms != kNoExpiry) entry->Store<int64_t>(Entry::kHeaderBytes, expiry_ms);
  if (is_long) entry->Store<uint64_t>(entry->LongLengthOffset(), key.size());
  if (value.kind != 0) {
    entry->Store<uint64_t>(entry->WordOffset(), value.word);
    return;
  }
  at += key.size();
  const size_t copied = std::min(value.inline_bytes.size(), value.inline_length);
  if (copied != 0) std::memcpy(at, value.inline_bytes.data(), copied);
  std::memset(at + copied, 0, value.inline_length - copied);
}

EntryHandle Database::Insert(const Key& key, const Value& value, int64_t expiry_ms,
                             uint32_t access) {
  const size_t size = SizeFor(key.name.size(), value, expiry_ms != kNoExpiry);
  auto* entry = static_cast<Entry*>(arena_->Allocate(size));
  Fill(entry, key.name, value, expiry_ms);
  entry->set_access(access);
  const Table::Position position = table_.Insert(key.hash, entry);
  AccountValue(value, true);
  AccountExpiry(kNoExpiry, expiry_ms);
  NoteExpiry(position, expiry_ms);
  return {entry, position};
}

EntryHandle Database::Rewrite(EntryHandle handle, const Value& value, int64_t expiry_ms) {
  Entry* old = handle.entry_;
  const int64_t old_expiry_ms = old->expiry_ms();
  const std::string_view key = old->key();
  const size_t old_size = old->size_bytes();
  const size_t size = SizeFor(key.size(), value, expiry_ms != kNoExpiry);
  const auto* bytes = value.inline_bytes.data();
  const auto* start = reinterpret_cast<const char*>(old);
  const bool aliased = bytes >= start && bytes < start + old_size;
  // Above the paged classes "the same size" would have to be exact, which Free relies on.
  if (Arena::ClassBytes(size) == Arena::ClassBytes(old_size) && !aliased) {
    Fill(old, key, value, expiry_ms);
  } else {
    auto* fresh = static_cast<Entry*>(arena_->Allocate(size));
    Fill(fresh, key, value, expiry_ms);
    fresh->set_access(old->access());
    Table::Replace(handle.position_, fresh);
    arena_->Free(old, old_size);
    handle.entry_ = fresh;
  }
  AccountValue(value, true);
  AccountExpiry(old_expiry_ms, expiry_ms);
  NoteExpiry(handle.position_, expiry_ms);
  return handle;
}

// --- accounting ---

void Database::AccountValue(const Value& value, bool add) {
  if (value.kind != Entry::kBlob && value.kind != Entry::kObject) return;
  owned_values_ += add ? 1 : size_t(-1);
  if (value.kind == Entry::kObject) return;
  const size_t bytes = reinterpret_cast<const Blob*>(value.word)->footprint();
  blob_bytes_ += add ? bytes : size_t{0} - bytes;
}

void Database::AccountExpiry(int64_t old_ms, int64_t new_ms) {
  if (old_ms != kNoExpiry) {
    --expires_;
    expiry_sum_ms_ -= old_ms;
  }
  if (new_ms != kNoExpiry) {
    ++expires_;
    expiry_sum_ms_ += new_ms;
  }
}

int64_t Database::FieldExpiryMs(const Entry& entry) const {
  if (entry.type() != Type::kHash) [[likely]]
    return kNoExpiry;
  int64_t earliest_ms = kFieldNever;
  if (entry.is_object()) {
    const ObjectOps* ops = types_.ops[static_cast<unsigned>(entry.type())];
    if (ops->next_expiry_ms != nullptr) earliest_ms = ops->next_expiry_ms(entry.object());
  } else if (entry.encoding() == Encoding::kListpackEx) {
    earliest_ms = PackedHash(entry.bytes(), /*with_expiry=*/true).next_expiry_ms();
  }
  return earliest_ms == kFieldNever ? kNoExpiry : earliest_ms;
}

EntryHandle Database::NoteFields(EntryHandle entry) {
  NoteExpiry(entry.position_, FieldExpiryMs(*entry));
  return entry;
}

void Database::NoteExpiry(Table::Position position, int64_t expiry_ms) {
  if (expiry_ms == kNoExpiry) return;
  Table::NoteExpiry(position, expiry_ms);
  // The sweep that is under way may have passed this segment.
  sweep_min_ms_ = std::min(sweep_min_ms_, expiry_ms);
  next_expiry_ms_ = std::min(next_expiry_ms_, expiry_ms);
}

DetachedValue Database::TakeValue(const Entry& entry) {
  if (entry.is_inline() || entry.is_integer()) return {};
  AccountValue(ValueOf(entry), false);
  if (entry.is_blob()) return DetachedValue(BlobRef::Adopt(entry.blob_pointer()));
  return {types_.ops[static_cast<unsigned>(entry.type())], entry.object()};
}

size_t Database::FreeEffort(EntryHandle entry) const {
  if (entry->is_blob()) return 1 + entry->blob_pointer()->capacity() / kFreeEffortBytes;
  if (entry->is_object()) {
    return types_.ops[static_cast<unsigned>(entry->type())]->free_effort(entry->object());
  }
  return 1;
}

size_t Database::EntryBytes(EntryHandle entry) const {
  // A slot with its share of the group's control bytes.
  constexpr size_t kSlotShare = sizeof(Table::Group) / Table::kSlots;
  size_t bytes = Arena::ClassBytes(entry->size_bytes()) + kSlotShare;
  if (entry->is_blob()) bytes += entry->blob_pointer()->footprint();
  if (entry->is_object()) {
    bytes += types_.ops[static_cast<unsigned>(entry->type())]->memory_bytes(entry->object());
  }
  return bytes;
}

// --- writing ---

EntryHandle Database::Put(const Key& key, EntryHandle existing, const Value& value,
                          int64_t expiry_ms) {
  if (!existing) {
    return NoteFields(
        Insert(key, value, expiry_ms == kKeepExpiry ? kNoExpiry : expiry_ms, new_entry_access_));
  }
  // Freed at the end: the new bytes may be a view into the old ones.
  const DetachedValue old = TakeValue(*existing);
  return NoteFields(
      Rewrite(existing, value, expiry_ms == kKeepExpiry ? existing->expiry_ms() : expiry_ms));
}

EntryHandle Database::PutBytes(const Key& key, EntryHandle existing, std::string_view bytes,
                               Encoding encoding, int64_t expiry_ms) {
  const bool has_expiry =
      expiry_ms == kKeepExpiry ? existing && existing->has_expiry() : expiry_ms != kNoExpiry;
  if (FitsInline(key.name.size(), has_expiry, bytes.size())) {
    return Put(key, existing, InlineValue(encoding, bytes), expiry_ms);
  }
  Value value = BlobValue(BlobRef::Copy(bytes));
  value.encoding = encoding;  // a short text is beside a long key, too
  return Put(key, existing, value, expiry_ms);
}

EntryHandle Database::PutString(const Key& key, EntryHandle existing, std::string_view value,
                                int64_t expiry_ms) {
  if (value.size() <= kMaxInt64Chars) {
    if (const auto integer = ParseInt64(value)) {
      return PutInteger(key, existing, *integer, expiry_ms);
    }
  }
  const Encoding encoding = value.size() <= kMaxEmbstrBytes ? Encoding::kEmbstr : Encoding::kRaw;
  // What is set again and again mostly keeps its length: nothing but the bytes changes then.
  if (existing && existing->is_inline() && existing->type() == Type::kString &&
      existing->value_length_ == value.size() && KeepsExpiry(*existing, expiry_ms)) {
    std::memmove(existing->bytes_at(existing->size_bytes() - value.size()), value.data(),
                 value.size());
    SetEncoding(existing, encoding);
    return existing;
  }
  return PutBytes(key, existing, value, encoding, expiry_ms);
}

EntryHandle Database::PutRaw(const Key& key, EntryHandle existing, std::string_view value,
                             int64_t expiry_ms) {
  return PutBytes(key, existing, value, Encoding::kRaw, expiry_ms);
}

EntryHandle Database::PutInteger(const Key& key, EntryHandle existing, int64_t value,
                                 int64_t expiry_ms) {
  if (existing && existing->is_integer() && KeepsExpiry(*existing, expiry_ms)) {
    SetIntegerInPlace(existing, value);
    return existing;
  }
  const Value integer = {.type = Type::kString,
                         .encoding = Encoding::kInt,
                         .kind = Entry::kInteger,
                         .inline_bytes = {},
                         .word = static_cast<uint64_t>(value)};
  return Put(key, existing, integer, expiry_ms);
}

EntryHandle Database::PutBlob(const Key& key, EntryHandle existing, BlobRef value,
                              int64_t expiry_ms) {
  if (FitsInline(key.name.size(), true, value->size())) {
    return PutString(key, existing, value->view(), expiry_ms);
  }
  return Put(key, existing, BlobValue(std::move(value)), expiry_ms);
}

EntryHandle Database::PutObject(const Key& key, EntryHandle existing, Type type, Encoding encoding,
                                void* object, int64_t expiry_ms) {
  assert(types_.ops[static_cast<unsigned>(type)] != nullptr);
  const Value value = {.type = type,
                       .encoding = encoding,
                       .kind = Entry::kObject,
                       .inline_bytes = {},
                       .word = reinterpret_cast<uintptr_t>(object)};
  return Put(key, existing, value, expiry_ms);
}

EntryHandle Database::PutCopy(const Key& key, EntryHandle existing, const Entry& source,
                              int64_t expiry_ms, void* object) {
  const uint32_t access = source.access();
  Value value = ValueOf(source);
  if (source.is_blob()) {
    value.word = reinterpret_cast<uintptr_t>(source.blob().Release());
  } else if (source.is_object()) {
    const ObjectOps* ops = types_.ops[static_cast<unsigned>(source.type())];
    if (object == nullptr) object = ops->clone(source.object());
    value.word = reinterpret_cast<uintptr_t>(object);
  }
  EntryHandle copy = Put(key, existing, value, expiry_ms);
  copy->set_access(access);
  return copy;
}

EntryHandle Database::PutMoved(const Key& key, Database& other, EntryHandle source) {
  assert(&other != this);
  const Value value = ValueOf(*source);
  const EntryHandle moved = NoteFields(Insert(key, value, source->expiry_ms(), source->access()));
  other.AccountValue(value, false);
  other.Unlink(source);
  return moved;
}

char* Database::ResizeInline(EntryHandle& entry, std::string_view old, Encoding encoding,
                             size_t new_size) {
  Value value = InlineValue(encoding, old);
  value.type = entry->type();
  value.inline_length = new_size;
  // Growth within the size class happens in place: the bytes are there already.
  const size_t size = SizeFor(entry->key_length(), value, entry->has_expiry());
  if (entry->is_inline() && Arena::ClassBytes(size) == Arena::ClassBytes(entry->size_bytes())) {
    if (new_size > old.size()) {
      std::memset(const_cast<char*>(old.data()) + old.size(), 0, new_size - old.size());
    }
    entry->value_length_ = static_cast<uint16_t>(new_size);
    SetEncoding(entry, encoding);
  } else {
    entry = Rewrite(entry, value, entry->expiry_ms());
  }
  return const_cast<char*>(entry->bytes().data());
}

char* Database::ResizeString(EntryHandle& entry, size_t new_size) {
  assert(entry->type() == Type::kString);
  if (entry->is_blob()) return ResizeBlob(entry, new_size);
  char digits[24];
  const std::string_view old = entry->ValueText(digits);
  if (FitsInline(entry->key_length(), entry->has_expiry(), new_size)) {
    return ResizeInline(entry, old, Encoding::kRaw, new_size);
  }
  BlobRef blob = BlobRef::Make(GrownCapacity(old.size(), new_size));
  char* bytes = blob.mutable_data();
  const size_t kept = std::min(old.size(), new_size);
  std::memcpy(bytes, old.data(), kept);
  std::memset(bytes + kept, 0, new_size - kept);
  blob.set_size(new_size);
  entry = Rewrite(entry, BlobValue(std::move(blob)), entry->expiry_ms());
  return bytes;
}

char* Database::ResizeBlob(EntryHandle entry, size_t new_size) {
  // The entry's own reference, held here while the blob is worked on.
  BlobRef blob = BlobRef::Adopt(entry->blob_pointer());
  const size_t old_size = blob->size();
  const size_t kept = std::min(old_size, new_size);
  if (!blob.unique() || blob->capacity() < new_size) {
    BlobRef grown = BlobRef::Make(GrownCapacity(old_size, new_size));
    std::memcpy(grown.mutable_data(), blob->data(), kept);
    blob_bytes_ += grown->footprint() - blob->footprint();
    blob = std::move(grown);
  }
  char* bytes = blob.mutable_data();
  std::memset(bytes + kept, 0, new_size - kept);
  blob.set_size(new_size);
  entry->Store<uintptr_t>(entry->WordOffset(), reinterpret_cast<uintptr_t>(blob.Release()));
  SetEncoding(entry, Encoding::kRaw);
  return bytes;
}

void Database::SetEncoding(EntryHandle entry, Encoding encoding) {
  entry->type_encoding_ =
      static_cast<uint8_t>((entry->type_encoding_ & 0xf) | static_cast<unsigned>(encoding) << 4);
}

void Database::Unlink(EntryHandle entry) {
  AccountExpiry(entry->expiry_ms(), kNoExpiry);
  table_.Erase(entry.position_);
  arena_->Free(entry.entry_, entry->size_bytes());
}

void Database::Erase(EntryHandle entry) {
  Detach(entry);
}

DetachedValue Database::Detach(EntryHandle entry) {
  DetachedValue value = TakeValue(*entry);
  Unlink(entry);
  return value;
}

EntryHandle Database::SetExpiry(EntryHandle entry, int64_t expiry_ms) {
  assert(expiry_ms != kNoExpiry && expiry_ms != kKeepExpiry);
  if (entry->has_expiry()) {
    AccountExpiry(entry->expiry_ms(), expiry_ms);
    NoteExpiry(entry.position_, expiry_ms);
    entry->Store<int64_t>(Entry::kHeaderBytes, expiry_ms);
    return entry;
  }
  const Value value = ValueOf(*entry);
  AccountValue(value, false);
  return Rewrite(entry, value, expiry_ms);
}

EntryHandle Database::ClearExpiry(EntryHandle entry) {
  if (!entry->has_expiry()) return entry;
  const Value value = ValueOf(*entry);
  AccountValue(value, false);
  return Rewrite(entry, value, kNoExpiry);
}

EntryHandle Database::Rename(EntryHandle from, const Key& to) {
  const Value value = ValueOf(*from);
  const int64_t expiry_ms = from->expiry_ms();
  AccountValue(value, false);
  AccountExpiry(expiry_ms, kNoExpiry);
  table_.Erase(from.position_);
  const EntryHandle renamed = NoteFields(Insert(to, value, expiry_ms, from->access()));
  arena_->Free(from.entry_, from->size_bytes());
  return renamed;
}

std::unique_ptr<DetachedStorage> Database::DetachAll() {
  auto detached = std::make_unique<DetachedStorage>(std::move(arena_), std::move(table_), types_,
                                                    owned_values_);
  arena_ = std::make_unique<Arena>(chunks_);
  table_ = Table(arena_.get(), HashOfElement, &hasher_);
  expires_ = 0;
  expiry_sum_ms_ = 0;
  owned_values_ = 0;
  blob_bytes_ = 0;
  sweep_prefix_ = 0;
  sweep_min_ms_ = INT64_MAX;
  next_expiry_ms_ = INT64_MAX;
  return detached;
}

// --- active expiry ---

int64_t Database::ExpireSegment(Table::Segment* segment, int64_t now_ms, ExpireReport& report,
                                FunctionRef<void(EntryHandle)> on_expired,
                                FunctionRef<void(EntryHandle)> on_fields) {
  int64_t min_ms = INT64_MAX;
  // Nothing may move while the walk holds positions.
  table_.HoldShrinking();
  Table::ForEachInSegment(segment, [&](Table::Position position) {
    auto* entry = static_cast<Entry*>(Table::ElementAt(*position.slot));
    ++report.examined;
    if (entry->has_expiry()) {
      const int64_t expiry_ms = entry->expiry_ms();
      if (now_ms > expiry_ms) {
        const size_t before = size();
        on_expired({entry, position});
        ++report.expired;
        if (size() < before) return;
      }
      min_ms = std::min(min_ms, expiry_ms);
    }
    const int64_t fields_ms = FieldExpiryMs(*entry);
    if (fields_ms == kNoExpiry) return;
    if (now_ms > fields_ms) on_fields({entry, position});
    min_ms = std::min(min_ms, fields_ms);
  });
  segment->min_expiry_ms = min_ms;
  table_.ResumeShrinking(segment);
  return min_ms;
}

ExpireReport Database::ActiveExpire(int64_t now_ms, size_t max_examined,
                                    FunctionRef<bool()> out_of_time,
                                    FunctionRef<void(EntryHandle)> on_expired,
                                    FunctionRef<void(EntryHandle)> on_fields) {
  ExpireReport report;
  if (next_expiry_ms_ >= now_ms) {
    report.finished = true;
    return report;
  }
  for (;;) {
    if (sweep_prefix_ == 0) sweep_min_ms_ = INT64_MAX;
    Table::Segment* segment = table_.SegmentAt(sweep_prefix_);
    table_.PrefetchSegmentAhead(sweep_prefix_);
    ++report.segments;
    // Read now: expiring may merge the segment with its neighbour. Then the sweep goes on in the
    // middle of the merged one, whose remaining half is walked with it.
    const uint64_t next = Table::NextPrefix(segment);
    const bool due = segment->min_expiry_ms < now_ms;
    const int64_t min_ms = due ? ExpireSegment(segment, now_ms, report, on_expired, on_fields)
                               : segment->min_expiry_ms;
    sweep_min_ms_ = std::min(sweep_min_ms_, min_ms);
    sweep_prefix_ = next;
    if (next == 0) {
      next_expiry_ms_ = sweep_min_ms_;
      report.finished = true;
      return report;
    }
    if (report.examined >= max_examined) return report;
    if ((due || report.segments % kHeadsPerClockRead == 0) && out_of_time()) {
      report.out_of_time = true;
      return report;
    }
  }
}

}  // namespace gotthard
