// MULTI, EXEC, DISCARD, WATCH, UNWATCH. Queueing itself is the executor's (exec/executor.cc).
#include "commands/families.h"
#include "exec/context.h"
#include "exec/executor.h"

namespace gotthard {
namespace {

// A key that was alive at WATCH and is past its time now has changed, even if nobody removed it
// yet.
bool WatchedKeyExpired(Context& ctx) {
  for (const WatchedKey& watched : ctx.session().watched) {
    if (watched.expired) continue;
    EntryHandle entry = ctx.db(watched.db).Find({watched.name, ctx.server().hasher(watched.name)});
    if (entry && entry->IsExpired(ctx.now_ms())) return true;
  }
  return false;
}

Status Multi(Context& ctx, const Args& /*args*/) {
  static constexpr ErrorText kNested{"ERR MULTI calls can not be nested"};
  Session& session = ctx.session();
  if (session.has(Session::kMulti)) return kNested;
  session.transaction = std::make_unique<Transaction>();
  session.set(Session::kMulti);
  return ctx.reply().Ok();
}

Status Exec(Context& ctx, const Args& /*args*/) {
  static constexpr ErrorText kWithoutMulti{"ERR EXEC without MULTI"};
  Session& session = ctx.session();
  if (!session.has(Session::kMulti)) return kWithoutMulti;
  std::unique_ptr<Transaction> transaction = std::move(session.transaction);
  session.EndTransaction();
  const bool dirty = session.has(Session::kDirtyCas) || WatchedKeyExpired(ctx);
  ctx.server().changes.UnwatchAll(session);
  if (transaction->failed) return kErrExecAbort;
  if (dirty) return ctx.reply().NullArray();

  ctx.executor().BeginQueued(ctx, transaction->count);
  session.set(Session::kInExec);
  const uint64_t* at = transaction->words.data();
  for (uint32_t i = 0; i < transaction->count; ++i) {
    CommandView view(transaction->bytes.data(), at);
    ctx.executor().RunQueued(ctx, view);
    at += view.word_count();
  }
  session.set(Session::kInExec, false);
  return Status::Ok();
}

Status Discard(Context& ctx, const Args& /*args*/) {
  static constexpr ErrorText kWithoutMulti{"ERR DISCARD without MULTI"};
  Session& session = ctx.session();
  if (!session.has(Session::kMulti)) return kWithoutMulti;
  session.EndTransaction();
  ctx.server().changes.UnwatchAll(session);
  return ctx.reply().Ok();
}

Status Watch(Context& ctx, const Args& args) {
  static constexpr ErrorText kInsideMulti{"ERR WATCH inside MULTI is not allowed"};
  Session& session = ctx.session();
  if (session.has(Session::kMulti)) return kInsideMulti;
  // Nothing can make the EXEC to come succeed any more; do not collect further keys.
  if (session.has(Session::kDirtyCas)) return ctx.reply().Ok();
  for (size_t i = 1; i < args.size(); ++i) {
    EntryHandle entry = ctx.db().Find(args.key(i));
    const bool expired = entry && entry->IsExpired(ctx.now_ms());
    ctx.server().changes.Watch(session, session.db, args[i], expired);
  }
  return ctx.reply().Ok();
}

Status Unwatch(Context& ctx, const Args& /*args*/) {
  ctx.server().changes.UnwatchAll(ctx.session());
  return ctx.reply().Ok();
}

constexpr uint64_t kTransactionFlags = kNoscript | kLoading | kStale | kFast | kAllowBusy;

constexpr CommandSpec kRows[] = {
    Command({.name = "multi",
             .arity = 1,
             .flags = kTransactionFlags | kInTransaction,
             .acl = kAclTransaction,
             .group = CommandGroup::kTransactions,
             .run = Multi,
             .since = "1.2.0",
             .complexity = "O(1)",
             .summary = "Begins a transaction: commands up to EXEC are queued."}),
    Command(
        {.name = "exec",
         .arity = 1,
         .flags = kNoscript | kLoading | kStale | kSkipSlowlog | kInTransaction | kRunsTransaction,
         .acl = kAclTransaction,
         .group = CommandGroup::kTransactions,
         .run = Exec,
         .since = "1.2.0",
         .complexity = "Depends on commands in the transaction",
         .summary = "Runs the queued commands of a transaction."}),
    Command({.name = "discard",
             .arity = 1,
             .flags = kTransactionFlags | kInTransaction,
             .acl = kAclTransaction,
             .group = CommandGroup::kTransactions,
             .run = Discard,
             .since = "2.0.0",
             .complexity = "O(N), when N is the number of queued commands",
             .summary = "Drops the queued commands of a transaction."}),
    Command({.name = "watch",
             .arity = -2,
             .flags = kTransactionFlags | kInTransaction,
             .acl = kAclTransaction,
             .group = CommandGroup::kTransactions,
             .keys = {KeyRange(1, -1, 1, kKeyReadOnly)},
             .run = Watch,
             .since = "2.2.0",
             .complexity = "O(1) for every key.",
             .summary = "Makes the next EXEC depend on these keys staying unchanged.",
             .syntax = "key [key ...]"}),
    Command({.name = "unwatch",
             .arity = 1,
             .flags = kTransactionFlags,
             .acl = kAclTransaction,
             .group = CommandGroup::kTransactions,
             .run = Unwatch,
             .since = "2.2.0",
             .complexity = "O(1)",
             .summary = "Forgets the keys that are watched."}),
};

}  // namespace

std::span<const CommandSpec> TransactionCommands() {
  return kRows;
}

}  // namespace gotthard
