// Streams: what the family's handlers have in common, and its list of rows.
#include "commands/stream.h"

#include <optional>
#include <utility>

#include "base/ascii.h"
#include "commands/data_digest.h"
#include "commands/expiry_args.h"
#include "commands/families.h"
#include "commands/join_rows.h"
#include "commands/stream_rdb.h"

namespace gotthard {
namespace {

const Stream* AsStream(const void* object) {
  return static_cast<const Stream*>(object);
}

constexpr ObjectOps kStreamOps = {
    .destroy = [](void* object) { delete static_cast<Stream*>(object); },
    .clone = [](const void* object) -> void* { return AsStream(object)->Clone().release(); },
    .memory_bytes = [](const void* object) { return AsStream(object)->memory_bytes(); },
    .free_effort = [](const void* object) { return AsStream(object)->free_effort(); },
    .begin_copy = [](const void* object) { return AsStream(object)->BeginCopy(); },
};

void DigestStream(const Entry& entry, DataDigest& digest) {
  char id[kStreamIdTextBytes];
  char digits[24];
  StreamCursor at(*StreamOf(entry), StreamId::Min(), StreamId::Max());
  for (; !at.done(); at.Next()) {
    digest.Mix(at.id().Text(id, '.'));
    at.ForEachField([&](const PackedItem& field, const PackedItem& value) {
      digest.Mix(field.Text(digits));
      digest.Mix(value.Text(digits));
    });
  }
}

Replied ReplyItem(ReplyWriter& reply, const PackedItem& item) {
  return item.is_integer ? reply.BulkInteger(item.integer) : reply.Bulk(item.text);
}

std::string Quoted(std::string_view text) {
  std::string quoted = "'";
  quoted += text;
  return quoted += '\'';
}

}  // namespace

TypeHooks StreamHooks() {
  return {.ops = &kStreamOps,
          .digest = DigestStream,
          .save = SaveStream,
          .reads_rdb_type = ReadsAsStream,
          .load = LoadStream};
}

void PutStream(Context& ctx, const Key& key, std::unique_ptr<Stream> stream) {
  ctx.db().PutObject(key, {}, Type::kStream, Encoding::kStream, stream.release(),
                     ExpiryToStore(ctx, false, kNoExpiry));
}

Status NoSuchKeyOrGroup(std::string_view key, std::string_view group, std::string_view where) {
  std::string text = "NOGROUP No such key " + Quoted(key) + " or consumer group " + Quoted(group);
  text += where;
  return Status::Error(std::move(text));
}

Status NoSuchGroup(std::string_view key, std::string_view group) {
  return Status::Error("NOGROUP No such consumer group " + Quoted(group) + " for key name " +
                       Quoted(key));
}

Status SubcommandSyntaxError(const Args& args) {
  constexpr size_t kShown = 128;
  std::string command(args[0]);
  for (char& c : command) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return Status::Error("ERR unknown subcommand or wrong number of arguments for " +
                       Quoted(args[1].substr(0, kShown)) + ". Try " + command + " HELP.");
}

StreamConsumer* SeeConsumer(Context& ctx, const Key& key, StreamGroup& group,
                            std::string_view name) {
  if (StreamConsumer* consumer = group.FindConsumer(name)) {
    consumer->seen_time_ms = ctx.now_ms();
    return consumer;
  }
  ctx.ChangedBeside(key, kEventStream, "xgroup-createconsumer");
  return group.AddConsumer(name, ctx.now_ms());
}

void ReplyStreamEntry(ReplyWriter& reply, const StreamCursor& at) {
  reply.ArrayHeader(2);
  ReplyStreamId(reply, at.id());
  reply.ArrayHeader(at.fields() * 2);
  at.ForEachField([&reply](const PackedItem& field, const PackedItem& value) {
    ReplyItem(reply, field);
    ReplyItem(reply, value);
  });
}

void ReplyStreamEntries(ReplyWriter& reply, StreamCursor at, uint64_t limit) {
  const size_t length = reply.Defer();
  uint64_t entries = 0;
  for (; !at.done(); at.Next()) {
    ReplyStreamEntry(reply, at);
    if (++entries == limit) break;
  }
  reply.SetArrayLength(length, entries);
}

void ReplyLag(ReplyWriter& reply, const Stream& stream, const StreamGroup& group) {
  const std::optional<int64_t> lag = stream.Lag(group);
  if (lag) {
    reply.Integer(*lag);
  } else {
    reply.Null();
  }
}

std::span<const CommandSpec> StreamCommands() {
  static const std::vector<CommandSpec> kRows =
      JoinRows({StreamWriteRows(), StreamRangeRows(), StreamReadRows(), StreamGroupRows(),
                StreamPendingRows(), StreamClaimRows(), StreamInfoRows()});
  return kRows;
}

}  // namespace gotthard
