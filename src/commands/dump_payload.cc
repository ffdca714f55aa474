#include "commands/dump_payload.h"

#include <cassert>
#include <cstring>
#include <utility>

#include "base/crc64.h"
#include "commands/type_hooks.h"
#include "persist/rdb_stream.h"

namespace gotthard {
namespace {

constexpr size_t kVersionBytes = 2;
constexpr size_t kFooterBytes = kVersionBytes + 8;

uint64_t LittleEndian(std::string_view bytes) {
  uint64_t value = 0;
  for (size_t i = bytes.size(); i-- > 0;) value = value << 8 | static_cast<uint8_t>(bytes[i]);
  return value;
}

void AppendLittleEndian(std::string& out, uint64_t value, size_t bytes) {
  for (size_t i = 0; i < bytes; ++i) out.push_back(static_cast<char>(value >> (8 * i)));
}

void SaveString(const Entry& entry, RdbWriter& out) {
  out.Type(kRdbString);
  entry.is_integer() ? out.Integer(entry.integer()) : out.String(entry.bytes());
}

bool LoadOf(uint8_t rdb_type, RdbReader& in, ServerState& server, LoadedValue& value) {
  if (rdb_type == kRdbString) {
    value.type = Type::kString;
    value.bytes = in.String();
    return in.ok();
  }
  for (unsigned type = 0; type < kTypeSlots; ++type) {
    const TypeHooks& hooks = HooksOf(static_cast<Type>(type));
    if (hooks.reads_rdb_type != nullptr && hooks.reads_rdb_type(rdb_type)) {
      return hooks.load(rdb_type, in, server, value) && in.ok();
    }
  }
  return false;
}

}  // namespace

std::optional<std::string> MakeDumpPayload(const Entry& entry, bool compress) {
  RdbWriter out(compress);
  if (entry.type() == Type::kString) {
    SaveString(entry, out);
  } else {
    const auto save = HooksOf(entry.type()).save;
    if (save == nullptr) return std::nullopt;
    save(entry, out);
  }
  std::string payload = std::move(out.bytes());
  AppendLittleEndian(payload, out.version(), kVersionBytes);
  AppendLittleEndian(payload, Crc64(0, payload), 8);
  return payload;
}

bool VerifyDumpFooter(std::string_view payload, bool skip_checksum) {
  if (payload.size() < kFooterBytes) return false;
  const std::string_view checked = payload.substr(0, payload.size() - 8);
  const std::string_view version = checked.substr(checked.size() - kVersionBytes);
  if (LittleEndian(version) > kRdbVersionRead) return false;
  return skip_checksum || LittleEndian(payload.substr(checked.size())) == Crc64(0, checked);
}

std::optional<LoadedValue> ReadDumpPayload(std::string_view payload, ServerState& server) {
  if (payload.size() < kFooterBytes) return std::nullopt;
  RdbReader in(payload.substr(0, payload.size() - kFooterBytes));
  LoadedValue value;
  const uint8_t rdb_type = in.Byte();
  if (!in.ok() || !LoadOf(rdb_type, in, server, value) || !in.AtEnd()) return std::nullopt;
  return value;
}

EntryHandle PutLoaded(Context& ctx, const Key& key, LoadedValue value, int64_t expiry_ms) {
  Database& db = ctx.db();
  if (value.type == Type::kString) return db.PutString(key, {}, value.bytes, expiry_ms);
  if (value.object != nullptr) {
    return db.PutObject(key, {}, value.type, value.encoding, value.object.release(), expiry_ms);
  }
  if (value.items.empty()) {
    return db.PutPacked(key, {}, value.type, value.encoding, value.bytes, expiry_ms);
  }
  HooksOf(value.type).build(ctx, key, value);
  // Either moves the entry. Building gave it the default TTL of new keys, if there is one.
  EntryHandle entry = db.Find(key);
  return expiry_ms == kNoExpiry ? db.ClearExpiry(entry) : db.SetExpiry(entry, expiry_ms);
}

}  // namespace gotthard
