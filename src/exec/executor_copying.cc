// Executor: copies of big values in slices, and those who wait for them (exec/copy_jobs.h).

#include <algorithm>
#include <utility>

#include "exec/executor.h"
#include "exec/key_extraction.h"

namespace gotthard {

// Whether a command may write to a value whose copy began before `ticket`. Commands that write and
// name no keys may write to any.
bool Executor::WritesCopied(const CommandView& view, uint64_t ticket) const {
  const uint16_t number = view.header().row;
  const HotRow& row = rows_[number];
  if ((row.flags & kWrite) == 0) return false;
  const CommandSpec& spec = server_.commands.spec(number);
  if (!HasKeys(spec)) return server_.copies.AnyBefore(ticket);
  const Args args(view, server_.hasher, row.first_key, row.key_step);
  std::vector<KeyPosition> keys;
  ExtractKeys(spec, args, &keys);  // what it cannot make out is an error for the handler, too
  auto reads = [](const KeyPosition& key) { return (key.flags & kKeyReadOnly) != 0; };
  // XREADGROUP has but keys that it reads, and writes beside them.
  const bool writes_beside = std::all_of(keys.begin(), keys.end(), reads);
  return std::any_of(keys.begin(), keys.end(), [&](const KeyPosition& key) {
    return (writes_beside || !reads(key)) && server_.copies.Copies(args[key.position], ticket);
  });
}

// The same of a request that is about to be run, an EXEC by its queue.
bool Executor::MustWaitForCopy(const Session& session, const CommandView& view) const {
  const uint64_t ticket = session.copy_ticket != 0 ? session.copy_ticket : UINT64_MAX;
  if ((rows_[view.header().row].flags & kRunsTransaction) == 0) return WritesCopied(view, ticket);
  const Transaction* transaction = session.transaction.get();
  if (transaction == nullptr || (transaction->flags & kWrite) == 0) return false;
  const uint64_t* at = transaction->words.data();
  for (uint32_t i = 0; i < transaction->count; ++i) {
    const CommandView queued(transaction->bytes.data(), at);
    if (WritesCopied(queued, ticket)) return true;
    at += queued.word_count();
  }
  return false;
}

// A pause is there so that the data stays as it is, and so is what a copy would be stored into.
bool Executor::CopiesGoOn() const {
  return server_.pause.until_ms == 0 && (server_.copies.released() || server_.copies.any());
}

// REQUIRES: CopiesGoOn().
void Executor::RunCopies() {
  CopyJobs& copies = server_.copies;
  const bool was_running = std::exchange(running_, true);
  while (copies.any()) {
    Session* session = server_.sessions.Find(copies.first());
    if (session == nullptr || session->has(Session::kCloseAsap)) {
      copies.Abandon(copies.first(), server_.lazy_free);  // nobody would read the reply
      continue;
    }
    if (copies.RunSlice(server_.clock)) {
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
  CopyJobs::Held held = server_.copies.TakeHeld();
  for (const auto& [db, key] : held.ready_keys) server_.blocked_keys.OnChange(db, key);
  // In the order of their tickets.
  for (const auto& [ticket, id] : held.sessions) {
    Session* session = server_.sessions.Find(id);
    if (session != nullptr && session->block.kind == BlockKind::kHeld) EndBlock(*session);
  }
}

}  // namespace gotthard
