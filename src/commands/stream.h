// Streams: what the handlers of the family have in common: finding one, its groups, and replies of
// ids and entries. And the lists of rows, one per file; stream.cc joins them.
//
// A stream is one object (types/stream.h) whatever its length: there is no packed form.
//
// Owning thread: the execution thread.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"
#include "commands/type_hooks.h"
#include "exec/args.h"
#include "exec/command.h"
#include "exec/context.h"
#include "types/stream.h"

namespace gotthard {

TypeHooks StreamHooks();

std::span<const CommandSpec> StreamWriteRows();
std::span<const CommandSpec> StreamRangeRows();
std::span<const CommandSpec> StreamReadRows();
std::span<const CommandSpec> StreamGroupRows();
std::span<const CommandSpec> StreamPendingRows();
std::span<const CommandSpec> StreamClaimRows();
std::span<const CommandSpec> StreamInfoRows();

// --- finding

// The stream that an entry holds. REQUIRES: entry.type() == Type::kStream.
inline Stream* StreamOf(const Entry& entry) {
  return static_cast<Stream*>(entry.object());
}
// The key's stream, looked up for a reading or a changing command; null if there is no key. It
// stays where it is until the key goes.
inline Result<Stream*> ReadStream(Context& ctx, const Key& key) {
  Result<EntryHandle> entry = ctx.FindReadOf(Type::kStream, key);
  if (!entry) return entry.error();
  return *entry ? StreamOf(**entry) : nullptr;
}
inline Result<Stream*> WriteStream(Context& ctx, const Key& key) {
  Result<EntryHandle> entry = ctx.FindWriteOf(Type::kStream, key);
  if (!entry) return entry.error();
  return *entry ? StreamOf(**entry) : nullptr;
}
// Makes a new key of the stream.
void PutStream(Context& ctx, const Key& key, std::unique_ptr<Stream> stream);

// The errors of a group that is not there.
Status NoSuchKeyOrGroup(std::string_view key, std::string_view group, std::string_view where = "");
Status NoSuchGroup(std::string_view key, std::string_view group);
// That of a subcommand's arguments.
Status SubcommandSyntaxError(const Args& args);

// The group's consumer of that name, made (and told of) if there is none; it was seen now.
StreamConsumer* SeeConsumer(Context& ctx, const Key& key, StreamGroup& group,
                            std::string_view name);

// Tells of an event by which `entries` of the stream were changed.
inline void ChangedEntries(Context& ctx, const Key& key, std::string_view event, uint64_t entries) {
  ctx.Changed(key, kEventStream, event);
  ctx.server().changes.dirty += entries - 1;
}

// --- replies

inline Replied ReplyStreamId(ReplyWriter& reply, const StreamId& id) {
  char text[kStreamIdTextBytes];
  const std::string_view shown = id.Text(text);
  // GCC 12 would warn of copies that are longer than the buffer.
  if (shown.size() > sizeof(text)) __builtin_unreachable();
  return reply.Bulk(shown);
}
// The entry at the cursor: its id and its fields with their values.
void ReplyStreamEntry(ReplyWriter& reply, const StreamCursor& at);
// The entries that the cursor passes, at most `limit` of them (0: all), as an array.
void ReplyStreamEntries(ReplyWriter& reply, StreamCursor at, uint64_t limit);
// How many entries the group has yet to read, or a null.
void ReplyLag(ReplyWriter& reply, const Stream& stream, const StreamGroup& group);

}  // namespace gotthard
