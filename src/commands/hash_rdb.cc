// Hashes in RDB files and DUMP payloads, and as SORT reads their fields.
//
//   kRdbHashListpack:   string that is a listpack: field, value, ...
//   kRdbHash:           number of fields | string field, string value | ...
//   kRdbHashZiplist, kRdbHashZipmap: the packed forms of old versions
//   since version 12, with expiries of fields (u64 ms: the earliest of them, little endian):
//   kRdbHashListpackEx: u64 | string that is a listpack: field, value, expiry in ms or 0, ...
//   kRdbHashMetadata:   u64 | number of fields | expiry - u64 + 1 or 0, field, value | ...
//
// Written as one of the first two, with expiries as one of the last two.
#include "commands/hash_rdb.h"

#include <algorithm>
#include <string>

#include "commands/distinct.h"
#include "commands/hash_value.h"
#include "types/ziplist.h"

namespace gotthard {
namespace {

uint64_t LittleEndian64(std::string_view bytes) {
  uint64_t value = 0;
  for (size_t i = bytes.size(); i-- > 0;) value = value << 8 | static_cast<uint8_t>(bytes[i]);
  return value;
}

void WriteMoment(RdbWriter& out, int64_t moment_ms) {
  for (int i = 0; i < 8; ++i) out.Byte(static_cast<uint8_t>(moment_ms >> (8 * i)));
}

void SaveTable(const HashTable& table, RdbWriter& out) {
  if (table.expiring() == 0) {
    out.Type(kRdbHash);
    out.Length(table.size());
    table.ForEach([&out](const HashField& field) {
      out.String(field.field());
      out.String(field.value());
    });
    return;
  }
  int64_t earliest_ms = kFieldNever;
  table.ForEach([&earliest_ms](const HashField& field) {
    earliest_ms = std::min(earliest_ms, field.expiry_ms());
  });
  out.Type(kRdbHashMetadata);
  out.NeedsVersion(kRdbVersionWithFieldExpiry);
  WriteMoment(out, earliest_ms);
  out.Length(table.size());
  table.ForEach([&out, earliest_ms](const HashField& field) {
    const int64_t expiry_ms = field.expiry_ms();
    out.Length(expiry_ms == kFieldNever ? 0 : static_cast<uint64_t>(expiry_ms - earliest_ms) + 1);
    out.String(field.field());
    out.String(field.value());
  });
}

bool ValidExpiry(uint64_t expiry_ms) {
  return expiry_ms <= static_cast<uint64_t>(kMaxFieldExpiryMs);
}

bool LoadFields(RdbReader& in, bool with_expiries, LoadedValue& value) {
  const uint64_t earliest_ms = with_expiries ? LittleEndian64(in.Raw(8)) : 0;
  if (!ValidExpiry(earliest_ms)) return false;
  for (uint64_t fields = in.Length(); fields > 0 && in.ok(); --fields) {
    if (with_expiries) {
      const uint64_t later = in.Length();
      if (!ValidExpiry(later)) return false;
      const uint64_t expiry_ms = earliest_ms + later - 1;
      if (later != 0 && !ValidExpiry(expiry_ms)) return false;
      value.expiries.push_back(later == 0 ? kFieldNever : static_cast<int64_t>(expiry_ms));
    }
    value.items.push_back(in.String());
    value.items.push_back(in.String());
  }
  return in.ok();
}

bool FitsHere(const PackedHash& hash, const Config& config) {
  if (hash.size() > static_cast<uint64_t>(config.hash_max_listpack_entries)) return false;
  const auto longest = static_cast<uint64_t>(config.hash_max_listpack_value);
  bool fits = true;
  hash.ForEach([&](const PackedField& field) {
    fits &= field.field.text.size() <= longest && field.value.text.size() <= longest;
  });
  return fits;
}

bool LoadPacked(std::string_view bytes, bool with_expiries, const Config& config,
                LoadedValue& value) {
  if (!ValidatePackedHash(bytes, with_expiries)) return false;
  const PackedHash hash(bytes, with_expiries);
  if (FitsHere(hash, config)) {
    value.SetPacked(Type::kHash, with_expiries ? Encoding::kListpackEx : Encoding::kListpack,
                    bytes);
    return hash.size() > 0;
  }
  char buffer[24];
  hash.ForEach([&](const PackedField& field) {
    value.items.emplace_back(field.field.Text(buffer));
    value.items.emplace_back(field.value.Text(buffer));
    if (with_expiries) value.expiries.push_back(field.expiry_ms);
  });
  return true;
}

bool LoadOld(uint8_t rdb_type, std::string_view bytes, LoadedValue& value) {
  if (rdb_type == kRdbHashZipmap) {
    return ReadZipmap(bytes, [&value](std::string_view field, std::string_view text) {
      value.items.emplace_back(field);
      value.items.emplace_back(text);
    });
  }
  char buffer[24];
  return ReadZiplist(
             bytes, [&](const PackedItem& item) { value.items.emplace_back(item.Text(buffer)); }) &&
         value.items.size() % 2 == 0;
}

}  // namespace

void SaveHash(const Entry& entry, RdbWriter& out) {
  if (entry.is_object()) return SaveTable(*static_cast<const HashTable*>(entry.object()), out);
  if (entry.encoding() == Encoding::kListpackEx) {
    const int64_t earliest_ms = PackedHash(entry.bytes(), true).next_expiry_ms();
    out.Type(kRdbHashListpackEx);
    out.NeedsVersion(kRdbVersionWithFieldExpiry);
    WriteMoment(out, earliest_ms == kFieldNever ? 0 : earliest_ms);
  } else {
    out.Type(kRdbHashListpack);
  }
  out.String(entry.bytes());
}

bool ReadsAsHash(uint8_t rdb_type) {
  switch (rdb_type) {
    case kRdbHash:
    case kRdbHashZipmap:
    case kRdbHashZiplist:
    case kRdbHashListpack:
    case kRdbHashMetadata:
    case kRdbHashListpackEx:
      return true;
    default:
      return false;
  }
}

bool LoadHash(uint8_t rdb_type, RdbReader& in, ServerState& server, LoadedValue& value) {
  value.type = Type::kHash;
  std::string scratch;
  bool ok = false;
  switch (rdb_type) {
    case kRdbHash:
    case kRdbHashMetadata:
      ok = LoadFields(in, rdb_type == kRdbHashMetadata, value);
      break;
    case kRdbHashListpackEx:
      in.Raw(8);  // the earliest expiry, which is the first in the listpack, too
      [[fallthrough]];
    case kRdbHashListpack:
      return LoadPacked(in.String(scratch), rdb_type == kRdbHashListpackEx, server.config.values(),
                        value);
    default:
      ok = LoadOld(rdb_type, in.String(scratch), value);
  }
  return ok && !value.items.empty() && AreDistinct(value.items, 2);
}

void BuildHash(Context& ctx, const Key& key, const LoadedValue& value) {
  HashValue hash(ctx, key, {});
  for (size_t i = 0; i < value.items.size(); i += 2) {
    const int64_t expiry_ms = value.expiries.empty() ? kFieldNever : value.expiries[i / 2];
    hash.Set(value.items[i], value.items[i + 1], expiry_ms);
  }
}

std::optional<std::string> HashFieldValue(const Entry& entry, std::string_view field,
                                          int64_t now_ms) {
  if (entry.is_object()) {
    const HashField* found = static_cast<const HashTable*>(entry.object())->Find(field);
    if (found == nullptr || found->IsExpired(now_ms)) return std::nullopt;
    return std::string(found->value());
  }
  const bool with_expiries = entry.encoding() == Encoding::kListpackEx;
  const auto found = PackedHash(entry.bytes(), with_expiries).Find(field);
  if (!found || now_ms > found->expiry_ms) return std::nullopt;
  char buffer[24];
  return std::string(found->value.Text(buffer));
}

}  // namespace gotthard
