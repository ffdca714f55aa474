// Streams in RDB files and DUMP payloads.
//
//   number of nodes | string master id (16 bytes), string that is a listpack | ...
//   length | last id | first id | highest deleted id | entries ever added
//   number of groups | each: string name | last id | entries read (2^64 - 1: unknown)
//                            number pending | raw id, time, times delivered | ...
//                            number of consumers | string name | seen | active
//                                                  number pending | raw id | ...
//
//   ids as two lengths; raw ids as 16 bytes, the most significant first; times as u64 ms since
//   1970, little endian. A consumer's pending entries are among its group's, each of which is one
//   consumer's.
//
//   kRdbStream:  without first id, highest deleted id, entries added, entries read, active
//   kRdbStream2: without active
//   kRdbStream3: all of it
//
// Written as kRdbStream2, which Redis 7.0 takes as well; read as any.
#include "commands/stream_rdb.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace gotthard {
namespace {

constexpr size_t kIdBytes = 16;
constexpr int64_t kUnreadableTime = INT64_MIN;

// --- writing

void WriteBigEndian(char* out, uint64_t value) {
  for (int i = 7; i >= 0; --i) *out++ = static_cast<char>(value >> (8 * i));
}

struct RawId {
  explicit RawId(const StreamId& id) {
    WriteBigEndian(bytes, id.ms);
    WriteBigEndian(bytes + 8, id.seq);
  }
  std::string_view view() const { return {bytes, kIdBytes}; }
  char bytes[kIdBytes];
};

void WriteId(RdbWriter& out, const StreamId& id) {
  out.Length(id.ms);
  out.Length(id.seq);
}

void WriteTime(RdbWriter& out, int64_t time_ms) {
  for (int i = 0; i < 8; ++i) out.Byte(static_cast<uint8_t>(time_ms >> (8 * i)));
}

void SaveGroup(const StreamGroup& group, RdbWriter& out) {
  out.String(group.name());
  WriteId(out, group.last_id);
  out.Length(static_cast<uint64_t>(group.entries_read));
  out.Length(group.pending().size());
  for (auto at = group.pending().First(); !at.done(); at.Next()) {
    out.Raw(RawId(at->id).view());
    WriteTime(out, at->delivery_time_ms);
    out.Length(at->delivery_count);
  }
  out.Length(group.consumers().size());
  for (const auto& [name, consumer] : group.consumers()) {
    out.String(name);
    WriteTime(out, consumer->seen_time_ms);
    out.Length(consumer->pending().size());
    for (auto at = consumer->pending().First(); !at.done(); at.Next()) {
      out.Raw(RawId(at->id).view());
    }
  }
}

// --- reading. All functions are false for what is not valid.

uint64_t BigEndian(std::string_view bytes) {
  uint64_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<uint8_t>(byte);
  return value;
}

// REQUIRES: kIdBytes of them.
StreamId IdOf(std::string_view raw) {
  return {BigEndian(raw.substr(0, 8)), BigEndian(raw.substr(8))};
}

StreamId ReadId(RdbReader& in) {
  const uint64_t ms = in.Length();
  return {ms, in.Length()};
}

// Zero if there is no more.
StreamId ReadRawId(RdbReader& in) {
  const std::string_view raw = in.Raw(kIdBytes);
  return in.ok() ? IdOf(raw) : StreamId{};
}

int64_t ReadTime(RdbReader& in) {
  const std::string_view bytes = in.Raw(8);
  if (!in.ok()) return kUnreadableTime;
  uint64_t time_ms = 0;
  for (size_t i = bytes.size(); i-- > 0;) time_ms = time_ms << 8 | static_cast<uint8_t>(bytes[i]);
  return static_cast<int64_t>(time_ms);
}

bool LoadNodes(RdbReader& in, Stream& stream) {
  std::string id_scratch;
  std::string scratch;
  for (uint64_t nodes = in.Length(); nodes > 0; --nodes) {
    const std::string_view raw_id = in.String(id_scratch);
    if (!in.ok() || raw_id.size() != kIdBytes) return false;
    const StreamId id = IdOf(raw_id);
    const std::string_view listpack = in.String(scratch);
    if (!in.ok() || !stream.AppendNode(id, listpack)) return false;
  }
  return in.ok();
}

// The first id is read from the entries themselves: old versions were not always right about it.
bool LoadCounters(RdbReader& in, uint8_t rdb_type, Stream& stream) {
  const uint64_t length = in.Length();
  const StreamId last_id = ReadId(in);
  if (length != stream.length() || last_id < stream.last_id()) return false;
  stream.set_last_id(last_id);
  if (rdb_type == kRdbStream) return in.ok();
  ReadId(in);
  const StreamId max_deleted_id = ReadId(in);
  const uint64_t entries_added = in.Length();
  if (!in.ok() || max_deleted_id > last_id) return false;
  if (entries_added < length || entries_added > INT64_MAX) return false;
  stream.set_max_deleted_id(max_deleted_id);
  stream.set_entries_added(entries_added);
  return true;
}

// An entry that is pending in the group; whose it is comes with the consumers.
struct LoadedNack {
  StreamId id;
  int64_t delivery_time_ms;
  uint64_t delivery_count;
  bool has_consumer = false;
};

bool LoadPending(RdbReader& in, std::vector<LoadedNack>& pending) {
  for (uint64_t count = in.Length(); count > 0; --count) {
    const StreamId id = ReadRawId(in);
    const int64_t delivery_time_ms = ReadTime(in);
    const uint64_t delivery_count = in.Length();
    if (!in.ok() || delivery_time_ms < 0) return false;
    if (!pending.empty() && id <= pending.back().id) return false;
    pending.push_back({id, delivery_time_ms, delivery_count});
  }
  return in.ok();
}

bool LoadConsumer(RdbReader& in, uint8_t rdb_type, StreamGroup& group,
                  std::vector<LoadedNack>& pending) {
  std::string scratch;
  const std::string_view name = in.String(scratch);
  const int64_t seen_time_ms = ReadTime(in);
  const int64_t active_time_ms = rdb_type == kRdbStream3 ? ReadTime(in) : seen_time_ms;
  if (!in.ok() || seen_time_ms < 0 || active_time_ms < kNeverActive) return false;
  StreamConsumer* consumer = group.AddConsumer(name, seen_time_ms);
  if (consumer == nullptr) return false;
  consumer->active_time_ms = active_time_ms;
  for (uint64_t count = in.Length(); count > 0; --count) {
    const StreamId id = ReadRawId(in);
    const auto nack = std::lower_bound(
        pending.begin(), pending.end(), id,
        [](const LoadedNack& one, const StreamId& other) { return one.id < other; });
    if (!in.ok() || nack == pending.end() || nack->id != id || nack->has_consumer) return false;
    nack->has_consumer = true;
    group.Deliver(id, consumer, nack->delivery_time_ms, nack->delivery_count);
  }
  return in.ok();
}

bool LoadGroup(RdbReader& in, uint8_t rdb_type, Stream& stream) {
  std::string scratch;
  const std::string_view name = in.String(scratch);
  const StreamId last_id = ReadId(in);
  const int64_t entries_read =
      rdb_type == kRdbStream ? stream.EntriesReadAt(last_id) : static_cast<int64_t>(in.Length());
  if (!in.ok() || entries_read < kUnknownEntriesRead) return false;
  StreamGroup* group = stream.AddGroup(name, last_id, entries_read);
  if (group == nullptr) return false;
  std::vector<LoadedNack> pending;
  if (!LoadPending(in, pending)) return false;
  for (uint64_t consumers = in.Length(); consumers > 0; --consumers) {
    if (!LoadConsumer(in, rdb_type, *group, pending)) return false;
  }
  return in.ok() && group->pending().size() == pending.size();
}

}  // namespace

void WriteRdbStream(const Stream& stream, RdbWriter& out) {
  out.Length(stream.nodes());
  stream.ForEachNode([&out](const StreamId& master_id, std::string_view listpack) {
    out.String(RawId(master_id).view());
    out.String(listpack);
  });
  out.Length(stream.length());
  WriteId(out, stream.last_id());
  WriteId(out, stream.first_id());
  WriteId(out, stream.max_deleted_id());
  out.Length(stream.entries_added());
  out.Length(stream.groups().size());
  for (const auto& [name, group] : stream.groups()) SaveGroup(*group, out);
}

std::unique_ptr<Stream> ReadRdbStream(uint8_t rdb_type, RdbReader& in) {
  auto stream = std::make_unique<Stream>();
  if (!LoadNodes(in, *stream) || !LoadCounters(in, rdb_type, *stream)) return nullptr;
  for (uint64_t groups = in.Length(); groups > 0; --groups) {
    if (!LoadGroup(in, rdb_type, *stream)) return nullptr;
  }
  if (!in.ok()) return nullptr;
  return stream;
}

void SaveStream(const Entry& entry, RdbWriter& out) {
  out.Type(kRdbStream2);
  WriteRdbStream(*static_cast<const Stream*>(entry.object()), out);
}

bool ReadsAsStream(uint8_t rdb_type) {
  return rdb_type == kRdbStream || rdb_type == kRdbStream2 || rdb_type == kRdbStream3;
}

bool LoadStream(uint8_t rdb_type, RdbReader& in, ServerState& /*server*/, LoadedValue& value) {
  auto stream = ReadRdbStream(rdb_type, in);
  if (stream == nullptr) return false;
  value.SetObject(Type::kStream, Encoding::kStream, stream.release(), *HooksOf(Type::kStream).ops);
  return true;
}

}  // namespace gotthard
