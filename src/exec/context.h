// Context: what a handler may use while it runs one command. Lives on the executor's stack.
//
// Key access goes through here, so that expiry, LRU/LFU and the hit counters happen in one place;
// and what was changed is told here, once (`Changed`, `Removed`), so that everything which listens
// to changes (exec/changes.h) hears of it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/blob.h"
#include "base/status.h"
#include "exec/args.h"
#include "exec/errors.h"
#include "exec/server_state.h"
#include "exec/session.h"
#include "resp/reply_writer.h"
#include "store/database.h"

namespace gotthard {

class Executor;

// What a handler that found nothing to do asks for (Context::BlockForKeys).
struct KeyWaitRequest {
  Type type;                               // what one of the keys must hold ...
  std::span<const std::string_view> keys;  // ... of the session's database
  int64_t deadline_ms = 0;                 // wall clock, 0 = none (commands/deadline.h)
  bool on_deletion = false;                // also run again when a key goes or changes its type
  BlockKind kind = BlockKind::kKeys;       // kCopy: a job of CopyJobs
  // The reply when the time is over; null: a null array.
  void (*on_timeout)(ServerState& server, Session& session, ReplyWriter& reply) = nullptr;
  // Arguments to be replaced when the request is run again: XREAD's `$` by what it meant.
  std::span<const std::pair<size_t, std::string>> replace = {};
};

class Context {
 public:
  Context(Executor& executor, ServerState& server, Session& session, ReplyWriter& reply)
      : executor_(executor), server_(server), session_(session), reply_(reply) {}

  ReplyWriter& reply() { return reply_; }
  Session& session() { return session_; }
  ServerState& server() { return server_; }
  const Config& config() const { return server_.config.values(); }
  Executor& executor() { return executor_; }
  // Wall clock, taken once per batch: all commands of a batch, and of an EXEC, see the same time.
  int64_t now_ms() const { return server_.now_ms; }

  // The session's database; another one by number (REQUIRES: index < config().databases).
  Database& db() { return server_.keyspace.db(session_.db); }
  Database& db(uint32_t index) { return server_.keyspace.db(index); }

  // Looks a key up. An expired one is removed and reported as absent. Read counts a hit or a miss
  // and touches LRU/LFU; Write touches without counting; Peek does neither (TTL, OBJECT, EXISTS of
  // introspection). The handle is invalidated by the next write to the database.
  EntryHandle FindRead(const Key& key) {
    EntryHandle entry = Peek(key);
    if (!entry) {
      ++server_.stats.keyspace_misses;
      return entry;
    }
    ++server_.stats.keyspace_hits;
    Touch(entry);
    return entry;
  }
  EntryHandle FindWrite(const Key& key) {
    EntryHandle entry = Peek(key);
    if (entry) Touch(entry);
    return entry;
  }
  [[gnu::always_inline]] EntryHandle Peek(const Key& key) { return PeekIn(session_.db, key); }
  [[gnu::always_inline]] EntryHandle PeekIn(uint32_t db_index, const Key& key) {
    EntryHandle entry = db(db_index).Find(key, *ahead_);
    if (entry && entry->IsExpired(now_ms())) [[unlikely]]
      return Expired(db_index, entry, key);
    return entry;
  }
  // The same, with WRONGTYPE when the key holds something that is not of `type`.
  Result<EntryHandle> FindReadOf(Type type, const Key& key);
  Result<EntryHandle> FindWriteOf(Type type, const Key& key);

  // Tells that `key` of the session's database was changed (created, overwritten, expiry set, ...).
  // `event` is the keyspace event's name, `event_class` its class (exec/changes.h: 'g', '$', ...).
  // An empty event: a change that there is no event for.
  void Changed(const Key& key, char event_class, std::string_view event) {
    ChangedIn(session_.db, key, event_class, event);
  }
  void ChangedIn(uint32_t db, const Key& key, char event_class, std::string_view event);
  // The same of a key that held a value which a command has replaced by its result (SUNIONSTORE).
  // As in Redis those who wait for the key go on waiting, whatever it holds now, unless they want
  // to know that the old value is gone.
  void Overwritten(const Key& key, char event_class, std::string_view event);
  // Tells of a change to what a value carries along (the consumer groups of a stream), or to its
  // form alone: counted, and an event, but nothing to those who watch the key or wait for it, as
  // Redis does.
  void ChangedBeside(const Key& key, char event_class, std::string_view event);
  // Only tells of an event; nothing was changed by it (a second event of the same command).
  void Notify(char event_class, std::string_view event, const Key& key);
  // Removes an entry and tells: `event` is "del" unless said otherwise. Its value is freed lazily
  // when `lazy`, or when it is big and the lazyfree configuration says so.
  void Delete(EntryHandle entry, const Key& key, bool lazy, std::string_view event = "del");
  void DeleteIn(uint32_t db, EntryHandle entry, const Key& key, bool lazy,
                std::string_view event = "del");
  // Removes a collection that the command has just emptied, after its own event was told: tells of
  // "del" without counting another change.
  void RemoveEmptied(EntryHandle entry, const Key& key);
  // Call before a whole database is emptied (FLUSHDB) or gets the contents of `replaced_by`
  // (SWAPDB, once for each direction): tells those who watch a key that is there before or after.
  void BeforeReplace(uint32_t db, uint32_t replaced_by = Changes::kNoDatabase);

  // Makes the client wait: the reply comes later. The handler returns Ok without having replied.
  void Block(BlockState block) { session_.block = block; }
  // Makes the client wait until a key may be ready; then its request is run from the start, before
  // any other command, and may find that it has to wait again (it keeps its place and its deadline:
  // the one of the first run counts). To be called when nothing was changed or replied; the handler
  // returns what this returns. Clients are served in the order in which they began to wait, once
  // the command or EXEC that changed the key is over. REQUIRES: !deny_blocking().
  Status BlockForKeys(const Args& args, const KeyWaitRequest& request);
  // True while a request is run again: not for the client's eyes, but to spare work done before.
  bool is_retry() const { return session_.retried != nullptr; }
  // True where waiting is not allowed (MULTI/EXEC, scripts): a handler answers as if timed out.
  bool deny_blocking() const { return session_.has(Session::kInExec); }

  // The blob that consists of this argument, for a handler that stores it: it need not be copied
  // then. Empty for all but large values that were received into one, and the second time.
  BlobRef TakeValue(std::string_view argument) {
    if (value_ == nullptr || !*value_) return {};
    const std::string_view offered = (*value_)->view();
    if (offered.data() != argument.data() || offered.size() != argument.size()) return {};
    return std::move(*value_);
  }
  // What is offered of the request: CommandBatch::value. Must outlive the command.
  void set_value(BlobRef* value) { value_ = value; }

  // TOUCH counts as a use even of a client that asked for none (CLIENT NO-TOUCH). To be switched
  // off again: a Context runs many commands.
  void TouchAnyway(bool on) { touch_anyway_ = on; }

  // What running ahead knows of the key of the command that comes next. Must outlive the command.
  void set_ahead(const Table::Ahead* ahead) { ahead_ = ahead; }

 private:
  static constexpr Table::Ahead kNothingAhead{};

  // A use of the entry: LRU or LFU bits.
  void Touch(EntryHandle entry) {
    // Most entries of a hot set were touched this very second: their line stays clean.
    if (entry->access() != server_.access_stamp) TouchSlowly(entry);
  }
  void TouchSlowly(EntryHandle entry);
  // Removes an entry whose time is over (unless the clients are paused). Returns an empty handle.
  EntryHandle Expired(uint32_t db_index, EntryHandle entry, const Key& key);

  Executor& executor_;
  ServerState& server_;
  Session& session_;
  ReplyWriter& reply_;
  const Table::Ahead* ahead_ = &kNothingAhead;
  BlobRef* value_ = nullptr;
  bool touch_anyway_ = false;
};

}  // namespace gotthard
