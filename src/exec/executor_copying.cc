// Executor: copies of big values in slices, and those who wait for them (exec/copy_jobs.h).

#include <algorithm>
#include <utility>

#include "exec/executor.h"
#include "exec/key_extraction.h"

namespace gotthard {

// Whether a command may write to the value that is being copied. Commands that write and name no
// keys may write to any.
bool Executor::WritesCopied(const CommandView& view) const {
  const uint16_t number = view.header().row;
  const HotRow& row = rows_[number];
  if ((row.flags & kWrite) == 0) return false;
  const CommandSpec& spec = server_.commands.spec(number);
  if (!HasKeys(spec)) return true;
  const Args args(view, server_.hasher, row.first_key, row.key_step);
  std::vector<KeyPosition> keys;
  ExtractKeys(spec, args, &keys);  // what it cannot make out is an error for the handler, too
  return std::any_of(keys.begin(), keys.end(), [&](const KeyPosition& key) {
    return (key.flags & kKeyReadOnly) == 0 && server_.copies.Copies(args[key.position]);
  });
}

// The same of a request that is about to be run, an EXEC by its queue.
bool Executor::MustWaitForCopy(const Session& session, const CommandView& view) const {
  if ((rows_[view.header().row].flags & kRunsTransaction) == 0) return WritesCopied(view);
  const Transaction* transaction = session.transaction.get();
  if (transaction == nullptr || (transaction->flags & kWrite) == 0) return false;
  const uint64_t* at = transaction->words.data();
  for (uint32_t i = 0; i < transaction->count; ++i) {
    const CommandView queued(transaction->bytes.data(), at);
    if (WritesCopied(queued)) return true;
    at += queued.word_count();
  }
  return false;
}

// A pause is there so that the data stays as it is, and so is what a copy would be stored into.
bool Executor::CopiesGoOn() const {
  return server_.copies.released() || (server_.copies.any() && server_.pause.until_ms == 0);
}

void Executor::RunCopies() {
  CopyJobs& copies = server_.copies;
  const bool was_running = std::exchange(running_, true);
  while (copies.any()) {
    Session* session = server_.sessions.Find(copies.first());
    if (session == nullptr || session->has(Session::kCloseAsap)) {
      copies.Abandon(copies.first(), server_.lazy_free);  // nobody would read the reply
      continue;
    }
    if (server_.pause.until_ms == 0 && copies.RunSlice(server_.clock)) {
      Retry(*session);
      copies.DropResult(server_.lazy_free);
    }
    break;
  }
  if (copies.released()) EndHolds();
  running_ = was_running;
  if (server_.blocked_keys.has_ready()) ServeReadyKeys();
  if (!running_) RunUnblocked();
}

void Executor::EndHolds() {
  std::vector<SessionId> held;
  std::vector<BlockedKeys::Name> ready_keys;
  server_.copies.TakeHeld(held, ready_keys);
  for (const BlockedKeys::Name& key : ready_keys) server_.blocked_keys.OnChange(key.db, key.key);
  for (const SessionId id : held) {
    Session* session = server_.sessions.Find(id);
    if (session != nullptr && session->block.kind == BlockKind::kHeld) EndBlock(*session);
  }
}

}  // namespace gotthard
