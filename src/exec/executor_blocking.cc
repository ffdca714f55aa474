// Executor: serving the clients that wait for keys, after the command that changed one.

#include <utility>

#include "exec/executor.h"

namespace gotthard {

// What a served client changes (BLMOVE pushes where another one pops) makes further keys ready;
// these come after all that were ready before.
void Executor::ServeReadyKeys() {
  const bool was_running = std::exchange(running_, true);
  // A long EXEC may have outlasted the expiry that it set on the key.
  server_.now_ms = server_.clock.NowMs();
  while (server_.blocked_keys.has_ready()) {
    for (const BlockedKeys::Name& key : server_.blocked_keys.TakeReady()) ServeReadyKey(key);
  }
  running_ = was_running;
  if (!running_) RunUnblocked();
}

void Executor::ServeReadyKey(const BlockedKeys::Name& key) {
  const uint64_t last_ticket = server_.blocked_keys.last_ticket();
  uint64_t ticket = 0;
  bool held = false;
  while (const auto waiter = server_.blocked_keys.NextWaiter(key, ticket)) {
    ticket = waiter->ticket;
    if (ticket > last_ticket) return;  // came while the others were served
    // Looked up for each: the one before may have taken the last element.
    Database* db = server_.keyspace.IfCreated(key.db);
    EntryHandle entry =
        db == nullptr ? EntryHandle() : db->Find({key.key, server_.hasher(key.key)});
    const bool present = entry && !entry->IsExpired(server_.now_ms);
    if (!present && !server_.blocked_keys.WaitsForDeletion(key)) return;
    Session* session = server_.sessions.Find(waiter->session);
    if (session == nullptr || session->has(Session::kCloseAsap)) continue;
    const KeyWait& wait = *session->key_wait;
    // One that would write to what is being copied has to wait on, and so have all behind it; but a
    // copy of this very value must hear that it has changed.
    const bool copies = session->block.kind == BlockKind::kCopy;
    if (held && !copies) continue;
    if (!copies && server_.copies.any() && WritesCopied({wait.bytes.data(), wait.words.data()})) {
      server_.copies.Hold(key);
      held = true;
      continue;
    }
    if (wait.on_deletion || (present && entry->type() == wait.type)) Retry(*session);
  }
}

// Ends the wait and runs the request again, which may begin another wait in the same place.
void Executor::Retry(Session& session) {
  const std::unique_ptr<KeyWait> wait = [&] {
    server_.blocked_keys.Remove(session);
    return std::move(session.key_wait);
  }();
  ForgetBlock(session);
  session.retried = wait.get();
  ReplyBuffer bytes;
  ReplyWriter reply(bytes, session.protocol);
  Context ctx(*this, server_, session, reply);
  const CommandView view(wait->bytes.data(), wait->words.data());
  OpenRun(view.header().row);
  Invoke(ctx, view, rows_[view.header().row]);
  TimeRun(session, view);
  redacted_.clear();
  session.retried = nullptr;
  if (session.blocked()) return NoteWait(session);
  SendLate(session, std::move(bytes));
  unblocked_.push_back(session.id);
}

}  // namespace gotthard
