#include "commands/hash_value.h"

#include <memory>
#include <utility>

#include "commands/expiry_args.h"
#include "store/entry_packed.h"

namespace gotthard {
namespace {

void FillFound(const HashField& from, FoundField& found) {
  found.name = from.field();
  found.value = from.value();
  found.expiry_ms = from.expiry_ms();
}

void FillFound(const PackedField& from, FoundField& found) {
  found.name = from.field.Text(found.digits[0]);
  found.value = from.value.Text(found.digits[1]);
  found.expiry_ms = from.expiry_ms;
}

}  // namespace

HashValue::HashValue(Context& ctx, const Key& key, EntryHandle entry)
    : ctx_(ctx), key_(key), entry_(entry) {}

size_t HashValue::size() const {
  if (!entry_) return 0;
  return is_table() ? table().size() : packed().size();
}

int64_t HashValue::next_expiry_ms() const {
  if (!entry_) return kFieldNever;
  if (is_table()) return table().next_expiry_ms();
  return packed().next_expiry_ms();
}

bool HashValue::Find(std::string_view field, FoundField& found) const {
  if (!entry_) return false;
  if (is_table()) {
    const HashField* element = std::as_const(table()).Find(field);
    if (element == nullptr || element->IsExpired(ctx_.now_ms())) return false;
    FillFound(*element, found);
    return true;
  }
  const std::optional<PackedField> element = packed().Find(field);
  if (!element || ctx_.now_ms() > element->expiry_ms) return false;
  FillFound(*element, found);
  return true;
}

void HashValue::ForEach(Visit visit) const {
  if (!entry_) return;
  const int64_t now_ms = ctx_.now_ms();
  FoundField found;
  if (is_table()) {
    table().ForEach([&](const HashField& element) {
      if (element.IsExpired(now_ms)) return;
      FillFound(element, found);
      visit(found);
    });
    return;
  }
  packed().ForEach([&](const PackedField& element) {
    if (now_ms > element.expiry_ms) return;
    FillFound(element, found);
    visit(found);
  });
}

uint64_t HashValue::Scan(uint64_t cursor, size_t count, Visit visit) const {
  if (!entry_) return 0;
  if (!is_table()) {
    ForEach(visit);
    return 0;
  }
  if (cursor >> Table::kCursorBits != 0) return 0;  // no HSCAN returned it
  FoundField found;
  return table().Scan(cursor, count, [&](const HashField& element) {
    if (element.IsExpired(ctx_.now_ms())) return;
    FillFound(element, found);
    visit(found);
  });
}

bool HashValue::Random(FoundField& found) const {
  // Expired fields are rare once RemoveExpired was called: a few tries find one that lives.
  constexpr int kTries = 100;
  const size_t count = size();
  if (count == 0) return false;
  for (int i = 0; i < kTries; ++i) {
    if (is_table()) {
      FillFound(table().RandomField(ctx_.server().random), found);
    } else {
      FillFound(packed().At(ctx_.server().random.Below(count)), found);
    }
    if (ctx_.now_ms() <= found.expiry_ms) return true;
  }
  return false;
}

// --- writing

void HashValue::Create() {
  HeapPacked empty;
  ListpackClear(empty);
  entry_ = ctx_.db().PutPacked(key_, {}, Type::kHash, Encoding::kListpack, empty.view(),
                               ExpiryToStore(ctx_, /*exists=*/false, kNoExpiry));
}

void HashValue::ConvertToTable() {
  auto made = std::make_unique<HashTable>(ctx_.server().hasher);
  packed().ForEach([&](const PackedField& element) {
    FoundField found;
    FillFound(element, found);
    made->Insert(found.name, found.value, found.expiry_ms);
  });
  entry_ = ctx_.db().PutObject(key_, entry_, Type::kHash, Encoding::kHashtable, made.release(),
                               kKeepExpiry);
}

void HashValue::AddExpiries() {
  {
    EntryPacked bytes(ctx_.db(), entry_);
    PackedHashAddExpiries(bytes);
  }
  ctx_.db().SetEncoding(entry_, Encoding::kListpackEx);
}

void HashValue::NoteExpiry(int64_t expiry_ms) {
  if (expiry_ms != kFieldNever) ctx_.db().NoteFieldExpiry(entry_, expiry_ms);
}

bool HashValue::FitsPacked(std::string_view field, std::string_view value, bool is_new) const {
  const Config& config = ctx_.config();
  const auto longest = static_cast<uint64_t>(config.hash_max_listpack_value);
  if (field.size() > longest || value.size() > longest) return false;
  constexpr size_t kExpiryBytes = 11;
  const size_t more = ListpackElementBytes(field) + ListpackElementBytes(value) +
                      (has_expiries() ? kExpiryBytes : 0);
  if (!ListpackHasRoom(entry_->bytes().size(), more)) return false;
  return !is_new || packed().size() + 1 <= static_cast<uint64_t>(config.hash_max_listpack_entries);
}

bool HashValue::Set(std::string_view field, std::string_view value, int64_t expiry_ms) {
  if (!entry_) Create();
  if (!is_table()) {
    const bool is_new = !packed().Find(field);
    if (!FitsPacked(field, value, is_new)) ConvertToTable();
  }
  return is_table() ? SetInTable(field, value, expiry_ms) : SetInPacked(field, value, expiry_ms);
}

bool HashValue::SetInTable(std::string_view field, std::string_view value, int64_t expiry_ms) {
  HashTable::Handle handle = table().Find(field);
  const bool is_new = !handle || handle->IsExpired(ctx_.now_ms());
  if (expiry_ms == kKeepFieldExpiry) expiry_ms = is_new ? kFieldNever : handle->expiry_ms();
  if (handle) {
    table().Replace(handle, value, expiry_ms);
  } else {
    table().Insert(field, value, expiry_ms);
  }
  NoteExpiry(expiry_ms);
  return is_new;
}

bool HashValue::SetInPacked(std::string_view field, std::string_view value, int64_t expiry_ms) {
  const std::optional<PackedField> element = packed().Find(field);
  const bool is_new = !element || ctx_.now_ms() > element->expiry_ms;
  if (expiry_ms == kKeepFieldExpiry) expiry_ms = is_new ? kFieldNever : element->expiry_ms;
  if (expiry_ms != kFieldNever && !has_expiries()) {
    AddExpiries();
    return SetInPacked(field, value, expiry_ms);
  }
  if (element && element->expiry_ms == expiry_ms) {
    EntryPacked bytes(ctx_.db(), entry_);
    PackedHashSetValue(bytes, element->at, value);
    return is_new;
  }
  const bool triples = has_expiries();
  {
    EntryPacked bytes(ctx_.db(), entry_);
    if (element) PackedHashErase(bytes, triples, element->at);
    PackedHashInsert(bytes, triples, field, value, expiry_ms);
  }
  NoteExpiry(expiry_ms);
  return is_new;
}

bool HashValue::Erase(std::string_view field) {
  if (!entry_) return false;
  if (is_table()) {
    const HashTable::Handle handle = table().Find(field);
    if (!handle) return false;
    const bool was_there = !handle->IsExpired(ctx_.now_ms());
    table().Erase(handle);
    return was_there;
  }
  const std::optional<PackedField> element = packed().Find(field);
  if (!element) return false;
  const bool triples = has_expiries();
  const bool was_there = ctx_.now_ms() <= element->expiry_ms;
  EntryPacked bytes(ctx_.db(), entry_);
  PackedHashErase(bytes, triples, element->at);
  return was_there;
}

void HashValue::SetExpiry(std::string_view field, int64_t expiry_ms) {
  if (is_table()) {
    table().SetExpiry(table().Find(field), expiry_ms);
  } else {
    if (!has_expiries()) {
      if (expiry_ms == kFieldNever) return;
      AddExpiries();
    }
    EntryPacked bytes(ctx_.db(), entry_);  // first: unsharing may move what a find points to
    PackedHashSetExpiry(bytes, *PackedHash(bytes.view(), true).Find(field), expiry_ms);
  }
  NoteExpiry(expiry_ms);
}

void HashValue::Finish() {
  if (!entry_ || size() != 0) return;
  ctx_.RemoveEmptied(entry_, key_);
  entry_ = {};
}

FieldExpiry RemoveExpiredFields(Database& db, EntryHandle& entry, int64_t now_ms, size_t limit) {
  FieldExpiry result;
  if (entry->is_object()) {
    auto& table = *static_cast<HashTable*>(entry->object());
    result.removed = table.ExpireDue(now_ms, limit, [](const HashField&) {});
    result.left = table.size();
    result.more = table.next_expiry_ms() < now_ms;
    return result;
  }
  const bool with_expiry = entry->encoding() == Encoding::kListpackEx;
  const PackedHash packed(entry->bytes(), with_expiry);
  result.removed = packed.CountExpired(now_ms);
  result.left = packed.size() - result.removed;
  if (result.removed == 0) return result;
  EntryPacked bytes(db, entry);
  PackedHashErase(bytes, with_expiry, kListpackHeaderBytes, result.removed);
  return result;
}

}  // namespace gotthard
