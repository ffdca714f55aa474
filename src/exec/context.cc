#include "exec/context.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <string_view>
#include <vector>

#include "store/eviction_clock.h"
#include "store/lazy_free.h"

namespace gotthard {
namespace {

// Below this, handing a value to the lazy-free thread costs more than freeing it.
constexpr size_t kLazyFreeEffort = 64;
// From here on (some hundred microseconds) a value is never freed between two commands: whoever
// wants it gone at once cannot tell the difference, and everybody else would wait.
constexpr size_t kAlwaysLazyEffort = 4096;

void ReplyNullArray(ServerState& /*server*/, Session& /*session*/, ReplyWriter& reply) {
  reply.NullArray();
}

}  // namespace

EntryHandle Context::Expired(uint32_t db_index, EntryHandle entry, const Key& key) {
  // While the clients are paused nothing changes, so that a failover loses nothing.
  if (server_.pause.until_ms == 0) server_.ExpireEntry(db_index, db(db_index), entry, key.name);
  return {};
}

void Context::TouchSlowly(EntryHandle entry) {
  if (session_.has(Session::kNoTouch) && !touch_anyway_) return;
  const Config& settings = config();
  if (settings.UsesLfu()) [[unlikely]] {
    entry->set_access(
        LfuTouch(entry->access(), now_ms(), static_cast<uint32_t>(settings.lfu_decay_time),
                 static_cast<uint32_t>(settings.lfu_log_factor), server_.random.NextUnit()));
  } else {
    entry->set_access(LruStamp(now_ms()));
  }
}

Result<EntryHandle> Context::FindReadOf(Type type, const Key& key) {
  EntryHandle entry = FindRead(key);
  if (entry && entry->type() != type) return kErrWrongType;
  return entry;
}

Result<EntryHandle> Context::FindWriteOf(Type type, const Key& key) {
  EntryHandle entry = FindWrite(key);
  if (entry && entry->type() != type) return kErrWrongType;
  return entry;
}

void Context::ChangedIn(uint32_t db_index, const Key& key, char event_class,
                        std::string_view /*event*/) {
  server_.changes.OnChange(server_.sessions, db_index, key.name);
  // Nobody waits for a string, or for what a command puts over it.
  if (event_class == kEventString) {
    server_.blocked_keys.OnDeletion(db_index, key.name);
  } else {
    server_.blocked_keys.OnChange(db_index, key.name);
  }
}

void Context::Overwritten(const Key& key, char /*event_class*/, std::string_view /*event*/) {
  server_.changes.OnChange(server_.sessions, session_.db, key.name);
  server_.blocked_keys.OnDeletion(session_.db, key.name);
}

void Context::ChangedBeside(const Key& key, char event_class, std::string_view event) {
  ++server_.changes.dirty;
  Notify(event_class, event, key);
}

void Context::Notify(char /*event_class*/, std::string_view /*event*/, const Key& /*key*/) {}

void Context::Delete(EntryHandle entry, const Key& key, bool lazy, std::string_view event) {
  DeleteIn(session_.db, entry, key, lazy, event);
}

void Context::DeleteIn(uint32_t db_index, EntryHandle entry, const Key& key, bool lazy,
                       std::string_view event) {
  server_.FreeEntry(db(db_index), entry, lazy);
  ChangedIn(db_index, key, kEventGeneric, event);
}

void Context::RemoveEmptied(EntryHandle entry, const Key& key) {
  server_.FreeEntry(db(), entry, server_.config.values().lazyfree_lazy_server_del);
  Notify(kEventGeneric, "del", key);
}

void Context::BeforeReplace(uint32_t db_index, uint32_t replaced_by) {
  auto presence = [this](uint32_t index, std::string_view key) {
    Database* database = server_.keyspace.IfCreated(index);
    if (database == nullptr) return Presence::kAbsent;
    EntryHandle entry = database->Find({key, server_.hasher(key)});
    if (!entry) return Presence::kAbsent;
    return entry->IsExpired(now_ms()) ? Presence::kExpired : Presence::kLive;
  };
  server_.changes.OnDatabaseReplaced(server_.sessions, db_index, replaced_by, presence);
  server_.blocked_keys.OnDatabaseReplaced(db_index);
}

Status Context::BlockForKeys(const Args& args, const KeyWaitRequest& request) {
  assert(!deny_blocking());
  const KeyWait* before = session_.retried;
  auto wait = std::make_unique<KeyWait>();
  wait->type = request.type;
  wait->on_deletion = request.on_deletion;
  wait->db = session_.db;
  wait->deadline_ms = before != nullptr ? before->deadline_ms : request.deadline_ms;
  if (before != nullptr) wait->ticket = before->ticket;
  wait->keys.assign(request.keys.begin(), request.keys.end());
  std::sort(wait->keys.begin(), wait->keys.end());
  wait->keys.erase(std::unique(wait->keys.begin(), wait->keys.end()), wait->keys.end());
  const CommandView& view = args.view();
  std::vector<std::string_view> texts;
  for (uint32_t i = 0; i < view.argc(); ++i) texts.push_back(view.arg(i));
  for (const auto& [position, text] : request.replace) texts[position] = text;
  wait->words.assign(view.words(), view.words() + view.word_count());
  for (uint32_t i = 0; i < view.argc(); ++i) {
    const std::string_view arg = texts[i];
    const ArgRef ref{static_cast<uint32_t>(wait->bytes.size()), static_cast<uint32_t>(arg.size())};
    wait->bytes.append(arg);
    wait->words[1 + i] = std::bit_cast<uint64_t>(ref);
  }
  Block({.kind = request.kind,
         .deadline_ms = wait->deadline_ms,
         .on_timeout = request.on_timeout != nullptr ? request.on_timeout : ReplyNullArray});
  session_.key_wait = std::move(wait);
  server_.blocked_keys.Add(session_);
  return Status::Ok();
}

// --- ServerState's own

size_t ServerState::UsedMemoryNow() const {
  const size_t sampled = memory.used_bytes + keyspace.totals().data_bytes();
  return sampled - std::min(sampled, memory.data_bytes);
}

void ServerState::FreeEntry(Database& database, EntryHandle entry, bool lazy) {
  const size_t effort = database.FreeEffort(entry);
  if (effort > (lazy ? kLazyFreeEffort : kAlwaysLazyEffort)) {
    lazy_free.Free(database.Detach(entry));
  } else {
    database.Erase(entry);
  }
}

void ServerState::ExpireEntry(uint32_t db_index, Database& database, EntryHandle entry,
                              std::string_view name) {
  const std::string key(name);  // the name may be the entry's own
  FreeEntry(database, entry, config.values().lazyfree_lazy_expire);
  ++stats.expired_keys;
  changes.OnExpired(sessions, db_index, key);
  blocked_keys.OnChange(db_index, key);
}

}  // namespace gotthard
