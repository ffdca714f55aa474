// Keys under another name or in another database: RENAME, COPY, MOVE.
//
// In each of them the target is looked up first and the source second: looking up may remove an
// expired entry, which ends the life of the handles before it.
#include <cassert>
#include <memory>
#include <utility>

#include "commands/changed_parts.h"
#include "commands/db_args.h"
#include "commands/expiry_args.h"
#include "commands/family_rows.h"
#include "exec/args.h"
#include "exec/context.h"

namespace gotthard {
namespace {

constexpr ErrorText kErrSameObject{"ERR source and destination objects are the same"};

// Renames, unless `keep_target` and the target exists. *renamed tells.
Status RenameKey(Context& ctx, const Key& from, const Key& to, bool keep_target, bool* renamed) {
  *renamed = false;
  EntryHandle target = ctx.FindWrite(to);
  EntryHandle source = ctx.FindWrite(from);
  if (!source) return kErrNoSuchKey;
  if (from.name == to.name) return Status::Ok();
  // The lookup of the source may have moved the target.
  target = ctx.db().Find(to);
  if (target) {
    if (keep_target) return Status::Ok();
    ctx.server().FreeEntry(ctx.db(), target, ctx.config().lazyfree_lazy_server_del);
    source = ctx.db().Find(from);
  }
  ctx.db().Rename(source, to);
  ctx.Changed(from, kEventGeneric, "rename_from");
  ChangedParts(ctx, to, kEventGeneric, "rename_to", 0);
  *renamed = true;
  return Status::Ok();
}

Status Rename(Context& ctx, const Args& args) {
  bool renamed = false;
  GOTTHARD_RETURN_IF_ERROR(
      RenameKey(ctx, args.key(1), args.key(2), /*keep_target=*/false, &renamed));
  return ctx.reply().Ok();
}

Status Renamenx(Context& ctx, const Args& args) {
  bool renamed = false;
  GOTTHARD_RETURN_IF_ERROR(
      RenameKey(ctx, args.key(1), args.key(2), /*keep_target=*/true, &renamed));
  return ctx.reply().Integer(renamed ? 1 : 0);
}

// The copy of an object, or null: it takes longer, and the client waits for it. Where waiting is
// not allowed (EXEC) it is made in one piece.
void* CopyObject(Context& ctx, const Args& args, const Key& from, const Entry& source) {
  CopyJobs& copies = ctx.server().copies;
  if (void* whole = copies.TakeResult()) return whole;
  const ObjectOps* ops =
      ctx.server().keyspace.object_types().ops[static_cast<unsigned>(source.type())];
  if (ctx.deny_blocking() || ops->begin_copy == nullptr) return ops->clone(source.object());
  std::unique_ptr<StepwiseCopy> copy = ops->begin_copy(source.object());
  if (copy == nullptr) return ops->clone(source.object());
  if (copies.IsQuick(ctx.server().clock, *copy)) return copy->Release();
  copies.Add(ctx.session().id, from.name, ops, std::move(copy));
  // Both its end and any change of the source run the request again.
  [[maybe_unused]] const Status waits = ctx.BlockForKeys(args, {.type = source.type(),
                                                                .keys = {&from.name, 1},
                                                                .on_deletion = true,
                                                                .kind = BlockKind::kCopy});
  assert(waits.ok());
  return nullptr;
}

Status Copy(Context& ctx, const Args& args) {
  uint32_t to_db = ctx.session().db;
  bool replace = false;
  for (size_t i = 3; i < args.size(); ++i) {
    if (IsOption(args[i], "replace")) {
      replace = true;
    } else if (IsOption(args[i], "db") && i + 1 < args.size()) {
      Result<uint32_t> number = ParseDatabase(ctx, args[++i]);
      if (!number) return number.error();
      to_db = *number;
    } else {
      return kErrSyntax;
    }
  }
  const Key from = args.key(1);
  const Key to = args.key(2);
  if (to_db == ctx.session().db && from.name == to.name) return kErrSameObject;
  ctx.PeekIn(to_db, to);
  // Counted once, whatever it takes.
  EntryHandle source = ctx.is_retry() ? ctx.FindWrite(from) : ctx.FindRead(from);
  if (!source) return ctx.reply().Integer(0);
  // Found again without looking at its time: an expired one is gone already.
  const EntryHandle existing = ctx.db(to_db).Find(to);
  if (existing && !replace) return ctx.reply().Integer(0);
  void* object = nullptr;
  if (source->is_object()) {
    object = CopyObject(ctx, args, from, *source);
    if (object == nullptr) return Status::Ok();
  }
  const int64_t expiry_ms = ExpiryToStore(ctx, static_cast<bool>(existing), source->expiry_ms());
  if (existing) {
    ctx.server().FreeEntry(ctx.db(to_db), existing, ctx.config().lazyfree_lazy_server_del);
    source = ctx.db().Find(from);
  }
  ctx.db(to_db).PutCopy(to, {}, *source, expiry_ms, object);
  ctx.ChangedIn(to_db, to, kEventGeneric, "copy_to");
  return ctx.reply().Integer(1);
}

Status Move(Context& ctx, const Args& args) {
  const Key key = args.key(1);
  Result<uint32_t> to_db = ParseDatabase(ctx, args[2]);
  if (!to_db) return to_db.error();
  if (*to_db == ctx.session().db) return kErrSameObject;
  const EntryHandle existing = ctx.PeekIn(*to_db, key);
  const EntryHandle source = ctx.FindWrite(key);
  if (!source || existing) return ctx.reply().Integer(0);
  ctx.db(*to_db).PutMoved(key, ctx.db(), source);
  ctx.Changed(key, kEventGeneric, "move_from");
  ctx.ChangedIn(*to_db, key, kEventGeneric, "move_to");
  --ctx.server().changes.dirty;  // one change, in two places
  return ctx.reply().Integer(1);
}

constexpr CommandSpec kRows[] = {
    Command({.name = "rename",
             .arity = 3,
             .flags = kWrite,
             .acl = kAclKeyspace,
             .keys = {KeyAt(1, kKeyReadWrite | kKeyAccess | kKeyDelete), KeyAt(2, kKeyReplaced)},
             .run = Rename,
             .since = "1.0.0",
             .complexity = "O(1)",
             .summary = "Gives a key another name, replacing the key that has it.",
             .syntax = "key newkey"}),
    Command({.name = "renamenx",
             .arity = 3,
             .flags = kWrite | kFast,
             .acl = kAclKeyspace,
             .keys = {KeyAt(1, kKeyReadWrite | kKeyAccess | kKeyDelete), KeyAt(2, kKeyCreated)},
             .run = Renamenx,
             .since = "1.0.0",
             .complexity = "O(1)",
             .summary = "Gives a key another name, unless a key has it already.",
             .syntax = "key newkey",
             .history = "3.2.0: The command no longer returns an error when source and destination "
                        "names are the same."}),
    Command({.name = "copy",
             .arity = -3,
             .flags = kWrite | kDenyOom,
             .acl = kAclKeyspace,
             .keys = {KeyAt(1, kKeyRead), KeyAt(2, kKeyReplaced)},
             .run = Copy,
             .since = "6.2.0",
             .complexity = "O(1) for strings, O(N) for collections, where N is the number of "
                           "their elements.",
             .summary = "Copies a key's value to another key, in any database.",
             .syntax = "source destination [DB destination-db] [REPLACE]"}),
    Command({.name = "move",
             .arity = 3,
             .flags = kWrite | kFast,
             .acl = kAclKeyspace,
             .keys = {KeyAt(1, kKeyChanged)},
             .run = Move,
             .since = "1.0.0",
             .complexity = "O(1)",
             .summary = "Moves a key to another database, unless that has such a key.",
             .syntax = "key db"}),
};

}  // namespace

std::span<const CommandSpec> KeyMoveRows() {
  return kRows;
}

}  // namespace gotthard
