// Whole databases: FLUSHDB, FLUSHALL, SWAPDB.
#include <memory>

#include "commands/db_args.h"
#include "commands/family_rows.h"
#include "exec/args.h"
#include "exec/context.h"
#include "store/lazy_free.h"

namespace gotthard {
namespace {

constexpr ErrorText kErrFirstDb{"ERR invalid first DB index"};
constexpr ErrorText kErrSecondDb{"ERR invalid second DB index"};

// SYNC or ASYNC, or what lazyfree-lazy-user-flush says.
Result<bool> ParseLazyFlush(Context& ctx, const Args& args) {
  if (args.size() == 1) return ctx.config().lazyfree_lazy_user_flush;
  if (args.size() == 2 && IsOption(args[1], "sync")) return false;
  if (args.size() == 2 && IsOption(args[1], "async")) return true;
  return kErrSyntax;
}

void Flush(Context& ctx, uint32_t index, bool lazy) {
  Database* db = ctx.server().keyspace.IfCreated(index);
  if (db == nullptr || db->size() == 0) return;
  ctx.BeforeReplace(index);
  std::unique_ptr<DetachedStorage> storage = db->DetachAll();
  ctx.server().changes.dirty += storage->size();
  if (lazy) ctx.server().lazy_free.Free(std::move(storage));
}

Status Flushdb(Context& ctx, const Args& args) {
  Result<bool> lazy = ParseLazyFlush(ctx, args);
  if (!lazy) return lazy.error();
  Flush(ctx, ctx.session().db, *lazy);
  return ctx.reply().Ok();
}

Status Flushall(Context& ctx, const Args& args) {
  Result<bool> lazy = ParseLazyFlush(ctx, args);
  if (!lazy) return lazy.error();
  for (uint32_t index = 0; index < ctx.server().keyspace.count(); ++index) {
    Flush(ctx, index, *lazy);
  }
  return ctx.reply().Ok();
}

Status Swapdb(Context& ctx, const Args& args) {
  Result<uint32_t> a = ParseDatabase(ctx, args[1], &kErrFirstDb);
  // Both must be numbers before either one's range counts.
  if (!a && a.error_text() == kErrFirstDb.text) return a.error();
  Result<uint32_t> b = ParseDatabase(ctx, args[2], &kErrSecondDb);
  if (!b) return b.error();
  if (!a) return a.error();
  ++ctx.server().changes.dirty;
  if (*a != *b) {
    ctx.BeforeReplace(*a, *b);
    ctx.BeforeReplace(*b, *a);
    ctx.server().keyspace.SwapDatabases(*a, *b);
  }
  return ctx.reply().Ok();
}

constexpr std::string_view kFlushHistory =
    "4.0.0: Added the `ASYNC` flushing mode modifier.\n"
    "6.2.0: Added the `SYNC` flushing mode modifier.";

constexpr CommandSpec kRows[] = {
    Command({.name = "flushdb",
             .arity = -1,
             .flags = kWrite,
             .acl = kAclKeyspace | kAclDangerous,
             .group = CommandGroup::kServer,
             .run = Flushdb,
             .since = "1.0.0",
             .complexity = "O(N) where N is the number of keys in the database, O(1) in the "
                           "background.",
             .summary = "Removes all keys of the database.",
             .syntax = "[ASYNC@4.0.0 | SYNC@6.2.0]",
             .history = kFlushHistory,
             .tips = "request_policy:all_shards\nresponse_policy:all_succeeded"}),
    Command({.name = "flushall",
             .arity = -1,
             .flags = kWrite,
             .acl = kAclKeyspace | kAclDangerous,
             .group = CommandGroup::kServer,
             .run = Flushall,
             .since = "1.0.0",
             .complexity = "O(N) where N is the number of keys in all databases, O(1) in the "
                           "background.",
             .summary = "Removes all keys of all databases.",
             .syntax = "[ASYNC@4.0.0 | SYNC@6.2.0]",
             .history = kFlushHistory,
             .tips = "request_policy:all_shards\nresponse_policy:all_succeeded"}),
    Command({.name = "swapdb",
             .arity = 3,
             .flags = kWrite | kFast,
             .acl = kAclKeyspace | kAclDangerous,
             .group = CommandGroup::kServer,
             .run = Swapdb,
             .since = "4.0.0",
             .complexity = "O(N) where N is the number of keys that clients watch.",
             .summary = "Exchanges the keys of two databases, for all clients at once.",
             .syntax = "index1 index2"}),
};

}  // namespace

std::span<const CommandSpec> KeyDatabaseRows() {
  return kRows;
}

}  // namespace gotthard
