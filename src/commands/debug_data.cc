// DEBUG about keys and values.
#include <algorithm>
#include <cstdio>
#include <optional>
#include <string>

#include "base/glob.h"
#include "commands/data_digest.h"
#include "commands/debug_commands.h"
#include "commands/dump_payload.h"
#include "commands/type_hooks.h"
#include "store/eviction_clock.h"

namespace gotthard {
namespace {

// What "serializedlength" tells: the value's bytes in an RDB file, without the type's byte.
size_t SerializedBytes(const Entry& entry, bool compress) {
  const std::optional<std::string> payload = MakeDumpPayload(entry, compress);
  return payload ? payload->size() - kDumpFramingBytes : 0;
}

std::string TableText(const Table& table) {
  std::string text;
  if (table.size() == 0) {
    text += "No stats available for empty dictionaries\n";
  } else {
    char line[256];
    std::snprintf(line, sizeof(line),
                  "Hash table 0 stats (main hash table):\n table size: %zu\n"
                  " number of elements: %zu\n segments: %zu\n bytes: %zu\n load: %.2f\n",
                  table.capacity(), table.size(), table.segments(), table.bytes(),
                  static_cast<double>(table.size()) / static_cast<double>(table.capacity()));
    text += line;
  }
  return text;
}

std::string DatabaseText(const Database& db) {
  std::string text = "[Dictionary HT]\n" + TableText(db.table()) + "[Expires HT]\n";
  if (db.expires() == 0) return text + "No stats available for empty dictionaries\n";
  return text + " number of elements: " + std::to_string(db.expires()) + "\n";
}

}  // namespace

Status DebugDigest(Context& ctx, const Args& /*args*/) {
  DataDigest all;
  Keyspace& keyspace = ctx.server().keyspace;
  for (uint32_t i = 0; i < keyspace.count(); ++i) {
    const Database* db = keyspace.IfCreated(i);
    if (db == nullptr || db->size() == 0) continue;
    all.MixNumber(i);
    // Keys have no order.
    db->ForEach([&all](const Entry* entry) {
      DataDigest one;
      one.Mix(entry->key());
      one.MixValue(*entry);
      all.Add(one.bytes());
    });
  }
  return ctx.reply().Simple(all.Hex());
}

Status DebugDigestValue(Context& ctx, const Args& args) {
  ctx.reply().ArrayHeader(args.size() - 2);
  for (size_t i = 2; i < args.size(); ++i) {
    DataDigest digest;
    // As Redis: an expired key still has a value.
    if (EntryHandle entry = ctx.db().Find(args.key(i))) digest.MixValue(*entry);
    ctx.reply().Simple(digest.Hex());
  }
  return Status::Ok();
}

Status DebugObject(Context& ctx, const Args& args) {
  EntryHandle entry = ctx.db().Find(args.key(2));
  if (!entry) return kErrNoSuchKey;
  const uint32_t idle = ctx.config().UsesLfu() ? 0 : LruIdleSeconds(entry->access(), ctx.now_ms());
  const size_t serialized = SerializedBytes(*entry, ctx.config().rdbcompression);
  char text[256];
  std::snprintf(text, sizeof(text),
                "Value at:%p refcount:1 encoding:%s serializedlength:%zu lru:%u "
                "lru_seconds_idle:%u",
                static_cast<const void*>(entry.get()),
                std::string(EncodingName(entry->encoding())).c_str(), serialized, entry->access(),
                idle);
  return ctx.reply().Simple(text);
}

Status DebugSdsLen(Context& ctx, const Args& args) {
  EntryHandle entry = ctx.db().Find(args.key(2));
  if (!entry) return kErrNoSuchKey;
  if (entry->type() != Type::kString || entry->is_integer()) {
    return Status::Error("ERR Not an sds encoded string.");
  }
  const size_t allocated = ctx.db().EntryBytes(entry);
  const size_t spare = entry->is_blob() ? entry->blob()->capacity() - entry->ValueLength() : 0;
  char text[256];
  std::snprintf(text, sizeof(text),
                "key_sds_len:%zu, key_sds_avail:0, key_zmalloc: %zu, val_sds_len:%zu, "
                "val_sds_avail:%zu, val_zmalloc: %zu",
                entry->key_length(), entry->key_length(), entry->ValueLength(), spare,
                allocated - entry->key_length());
  return ctx.reply().Simple(text);
}

Status DebugPopulate(Context& ctx, const Args& args) {
  auto count = ParseInt64(args[2]);
  auto size = args.size() == 5 ? ParseInt64(args[4]) : std::optional<int64_t>(0);
  if (!count || *count < 0 || !size || *size < 0) return kErrNegativeCount;
  if (*size > ctx.config().proto_max_bulk_len) return kErrStringTooLong;
  std::string name(args.size() > 3 ? args[3] : "key");
  name += ':';
  const size_t prefix = name.size();
  for (int64_t i = 0; i < *count; ++i) {
    name.resize(prefix);
    name += std::to_string(i);
    const Key key = args.MakeKey(name);
    if (ctx.FindWrite(key)) continue;
    std::string value = "value:" + std::to_string(i);
    if (*size != 0) value.resize(static_cast<size_t>(*size));
    ctx.db().PutString(key, {}, value, kNoExpiry);
    ctx.Changed(key, kEventString, "set");
  }
  return ctx.reply().Ok();
}

Status DebugHtStats(Context& ctx, const Args& args) {
  auto number = ParseInt64(args[2]);
  if (!number) return kErrNotInteger;
  if (*number < 0 || *number >= ctx.server().keyspace.count()) {
    return Status::Error("ERR Out of range database");
  }
  return ctx.reply().Verbatim("txt", DatabaseText(ctx.db(static_cast<uint32_t>(*number))));
}

Status DebugHtStatsKey(Context& ctx, const Args& args) {
  EntryHandle entry = ctx.Peek(args.key(2));
  if (!entry) return kErrNoSuchKey;
  const auto table = HooksOf(entry->type()).table;
  if (entry->is_object() && table != nullptr) {
    return ctx.reply().Verbatim("txt", TableText(*table(entry->object())));
  }
  return Status::Error(
      "ERR The value stored at the specified key is not represented using an hash table");
}

Status DebugListpack(Context& ctx, const Args& args) {
  EntryHandle entry = ctx.Peek(args.key(2));
  if (!entry) return kErrNoSuchKey;
  if (entry->encoding() != Encoding::kListpack) {
    return Status::Error("ERR Not a listpack encoded object.");
  }
  return ctx.reply().Simple("listpack bytes:" + std::to_string(ctx.db().EntryBytes(entry)));
}

Status DebugQuicklist(Context& ctx, const Args& args) {
  EntryHandle entry = ctx.Peek(args.key(2));
  if (!entry) return kErrNoSuchKey;
  if (entry->encoding() != Encoding::kQuicklist) {
    return Status::Error("ERR Not a quicklist encoded object.");
  }
  return ctx.reply().Simple("quicklist bytes:" + std::to_string(ctx.db().EntryBytes(entry)));
}

Status DebugStringMatchLen(Context& ctx, const Args& args) {
  return ctx.reply().Integer(GlobMatch(args[2], args[3]) ? 1 : 0);
}

// Random patterns against random texts: nothing but that it ends can go wrong.
Status DebugStringMatchTest(Context& ctx, const Args& /*args*/) {
  static constexpr std::string_view kBytes = "ab*?[]^-\\";
  constexpr int kRounds = 100'000;
  Random& random = ctx.server().random;
  auto word = [&random] {
    std::string text(random.Below(32), ' ');
    for (char& c : text) c = kBytes[random.Below(kBytes.size())];
    return text;
  };
  int matches = 0;
  for (int i = 0; i < kRounds; ++i) matches += GlobMatch(word(), word()) ? 1 : 0;
  return ctx.reply().Simple("Did not crash, " + std::to_string(matches) + " of " +
                            std::to_string(kRounds) + " matched: test passed");
}

}  // namespace gotthard
