// What several handlers of the string and key families do with keys and values.
//
// Owning thread: the execution thread.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include "exec/context.h"
#include "store/database.h"

namespace gotthard {

// From this size on a value is sent from where it lies instead of being copied: a reference costs
// two counter updates and two entries of writev, a copy some 10 GB/s.
inline constexpr size_t kReferenceBytes = 16 * 1024;

// Replies `length` bytes of a string from `offset`. REQUIRES: they are inside the value.
inline Replied ReplyPart(ReplyWriter& reply, const Entry& entry, size_t offset, size_t length) {
  if (entry.is_blob() && length >= kReferenceBytes) [[unlikely]]
    return reply.BulkBlob(entry.blob(), offset, length);
  char digits[24];
  return reply.Bulk(entry.ValueText(digits).substr(offset, length));
}

// Replies a whole string. The hot path of GET.
inline Replied ReplyString(ReplyWriter& reply, const Entry& entry) {
  if (entry.is_inline()) [[likely]]
    return reply.Bulk(entry.inline_bytes());
  if (entry.is_integer()) return reply.BulkInteger(entry.integer());
  return ReplyPart(reply, entry, 0, entry.bytes().size());
}

// A lookup that counts as a hit or a miss but not as a use of the key (TTL, TYPE, EXISTS, OBJECT).
inline EntryHandle FindUntouched(Context& ctx, const Key& key) {
  EntryHandle entry = ctx.Peek(key);
  Stats& stats = ctx.server().stats;
  ++(entry ? stats.keyspace_hits : stats.keyspace_misses);
  return entry;
}

// Frees a value of another type that a string is about to replace: on the other thread where
// lazyfree-lazy-server-del says so. Returns the handle to write over: empty when the entry is gone.
inline EntryHandle ReleaseReplaced(Context& ctx, EntryHandle existing) {
  if (!existing || existing->type() == Type::kString) [[likely]]
    return existing;
  ctx.server().FreeEntry(ctx.db(), existing, ctx.config().lazyfree_lazy_server_del);
  return {};
}

// Database::PutString with a command's argument, which is stored as it was received if it is large.
inline void PutArgument(Context& ctx, const Key& key, EntryHandle existing,
                        std::string_view argument, int64_t expiry_ms) {
  if (argument.size() > kMaxInlineEntryBytes) {
    if (BlobRef value = ctx.TakeValue(argument)) {
      ctx.db().PutBlob(key, existing, std::move(value), expiry_ms);
      return;
    }
  }
  ctx.db().PutString(key, existing, argument, expiry_ms);
}

// Calls fn(key, i) for the keys at first, first + step, ..., with their memory asked for some keys
// ahead, so that a long list costs bandwidth and not one cache miss after the other. Stops early
// when fn returns false.
template <typename Fn>
void ForEachKey(Context& ctx, const Args& args, size_t first, size_t step, Fn&& fn) {
  constexpr size_t kAhead = 16;  // as many misses as a core keeps under way
  std::array<Key, kAhead> keys;
  std::array<Table::Ahead, kAhead> ahead;
  const size_t end = args.size();
  if (end - first <= step) {  // a single key: the executor has asked for its memory already
    fn(args.key(first), first);
    return;
  }
  for (size_t begin = first; begin < end;) {
    size_t count = 0;
    for (size_t i = begin; i < end && count < kAhead; i += step) keys[count++] = args.key(i);
    Database& db = ctx.db();
    const size_t span = db.ExpectedEntryBytes();
    for (size_t k = 0; k < count; ++k) db.PrefetchGroup(keys[k].hash, &ahead[k]);
    for (size_t k = 0; k < count; ++k) db.PrefetchEntry(&ahead[k], span);
    for (size_t k = 0; k < count; ++k, begin += step) {
      if (!fn(keys[k], begin)) return;
    }
  }
}

}  // namespace gotthard
