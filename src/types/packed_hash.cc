#include "types/packed_hash.h"

#include <string>
#include <unordered_set>

namespace gotthard {
namespace {

int64_t ExpiryOf(const PackedItem& item) {
  return item.integer == 0 ? kFieldNever : item.integer;
}

int64_t StoredExpiry(int64_t expiry_ms) {
  return expiry_ms == kFieldNever ? 0 : expiry_ms;
}

// Where a triple with this expiry belongs: behind those that are due no later, if it has one, and
// at the end if not.
Listpack::Position PlaceFor(const Listpack& list, int64_t expiry_ms) {
  if (expiry_ms == kFieldNever) return list.End();
  Listpack::Position at = list.First();
  while (at != Listpack::kNone) {
    const Listpack::Position expiry = list.Next(list.Next(at));
    if (ExpiryOf(list.Get(expiry)) > expiry_ms) return at;
    at = list.Next(expiry);
  }
  return list.End();
}

}  // namespace

PackedField PackedHash::Read(Listpack::Position* at) const {
  PackedField result;
  result.at = *at;
  result.field = list_.Get(*at);
  *at = list_.Next(*at);
  result.value = list_.Get(*at);
  *at = list_.Next(*at);
  if (stride_ == 3) {
    result.expiry_ms = ExpiryOf(list_.Get(*at));
    *at = list_.Next(*at);
  }
  return result;
}

std::optional<PackedField> PackedHash::Find(std::string_view field) const {
  Listpack::Position at = list_.Find(list_.First(), field, stride_ - 1);
  if (at == Listpack::kNone) return std::nullopt;
  return Read(&at);
}

PackedField PackedHash::At(size_t index) const {
  Listpack::Position at = list_.Seek(static_cast<int64_t>(index * stride_));
  return Read(&at);
}

int64_t PackedHash::next_expiry_ms() const {
  if (stride_ != 3 || list_.empty()) return kFieldNever;
  return ExpiryOf(list_.Get(list_.Next(list_.Next(list_.First()))));
}

size_t PackedHash::CountExpired(int64_t now_ms) const {
  if (stride_ != 3) return 0;
  size_t expired = 0;
  for (Listpack::Position at = list_.First(); at != Listpack::kNone; ++expired) {
    if (Read(&at).expiry_ms >= now_ms) break;
  }
  return expired;
}

void PackedHashInsert(PackedBuffer& buffer, bool with_expiry, std::string_view field,
                      std::string_view value, int64_t expiry_ms) {
  if (!with_expiry) {
    const std::string_view pair[] = {field, value};
    ListpackAppend(buffer, pair);
    return;
  }
  // Each insertion goes before the one made last, whose position stays.
  const Listpack::Position at = PlaceFor(Listpack(buffer.view()), expiry_ms);
  ListpackInsert(buffer, at, StoredExpiry(expiry_ms));
  ListpackInsert(buffer, at, value);
  ListpackInsert(buffer, at, field);
}

void PackedHashSetValue(PackedBuffer& buffer, Listpack::Position at, std::string_view value) {
  ListpackReplace(buffer, Listpack(buffer.view()).Next(at), value);
}

void PackedHashSetExpiry(PackedBuffer& buffer, const PackedField& field, int64_t expiry_ms) {
  char digits[2][24];
  const std::string name(field.field.Text(digits[0]));
  const std::string value(field.value.Text(digits[1]));
  ListpackDelete(buffer, field.at, 3);
  PackedHashInsert(buffer, /*with_expiry=*/true, name, value, expiry_ms);
}

void PackedHashErase(PackedBuffer& buffer, bool with_expiry, Listpack::Position at, size_t count) {
  ListpackDelete(buffer, at, count * (with_expiry ? 3 : 2));
}

void PackedHashAddExpiries(PackedBuffer& buffer) {
  for (Listpack::Position at = Listpack(buffer.view()).First(); at != Listpack::kNone;) {
    const Listpack list(buffer.view());
    const Listpack::Position next = list.Next(list.Next(at));
    const bool last = next == Listpack::kNone;
    const Listpack::Position expiry = last ? list.End() : next;
    ListpackInsert(buffer, expiry, int64_t{0});
    at = Listpack(buffer.view()).Next(expiry);
  }
}

bool ValidatePackedHash(std::string_view bytes, bool with_expiry) {
  if (!ValidateListpack(bytes)) return false;
  const Listpack list(bytes);
  if (list.empty() || list.Count() % (with_expiry ? 3 : 2) != 0) return false;
  std::unordered_set<std::string> fields;
  int64_t last_ms = 0;
  for (Listpack::Position at = list.First(); at != Listpack::kNone;) {
    char digits[24];
    if (!fields.emplace(list.Get(at).Text(digits)).second) return false;
    at = list.Next(list.Next(at));
    if (!with_expiry) continue;
    const PackedItem expiry = list.Get(at);
    if (!expiry.is_integer || expiry.integer < 0 || expiry.integer > kMaxFieldExpiryMs) {
      return false;
    }
    if (ExpiryOf(expiry) < last_ms) return false;
    last_ms = ExpiryOf(expiry);
    at = list.Next(at);
  }
  return true;
}

}  // namespace gotthard
