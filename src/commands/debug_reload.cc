// DEBUG RELOAD: every value through the form in which RDB files keep it, and back.
#include <string>
#include <utility>
#include <vector>

#include "commands/debug_commands.h"
#include "commands/dump_payload.h"
#include "commands/key_helpers.h"

namespace gotthard {
namespace {

// Whether the value came back; if not, it is where it was.
bool ReloadKey(Context& ctx, const Key& key) {
  EntryHandle entry = ctx.db().Find(key);
  const auto payload = MakeDumpPayload(*entry, ctx.config().rdbcompression);
  if (!payload) return false;
  auto value = ReadDumpPayload(*payload, ctx.server());
  if (!value) return false;
  const int64_t expiry_ms = entry->expiry_ms();
  const uint32_t access = entry->access();
  ctx.server().FreeEntry(ctx.db(), entry, /*lazy=*/false);
  PutLoaded(ctx, key, std::move(*value), expiry_ms)->set_access(access);
  return true;
}

}  // namespace

Status DebugReload(Context& ctx, const Args& args) {
  for (size_t i = 2; i < args.size(); ++i) {
    const bool known =
        IsOption(args[i], "merge") || IsOption(args[i], "noflush") || IsOption(args[i], "nosave");
    if (!known)
      return Status::Error(
          "ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and "
          "NOSAVE options.");
  }
  size_t lost = 0;
  const uint32_t chosen = ctx.session().db;
  for (uint32_t db = 0; db < ctx.server().keyspace.count(); ++db) {
    Database* database = ctx.server().keyspace.IfCreated(db);
    if (database == nullptr) continue;
    std::vector<std::string> names;
    database->ForEach([&](const Entry* entry) { names.emplace_back(entry->key()); });
    ctx.session().db = db;
    for (const std::string& name : names) lost += ReloadKey(ctx, args.MakeKey(name)) ? 0 : 1;
    // Whoever looks at a value over several turns (a COPY) has to begin anew.
    ctx.server().blocked_keys.OnDatabaseReplaced(db);
  }
  ctx.session().db = chosen;
  if (lost == 0) return ctx.reply().Ok();
  return Status::Error("ERR " + std::to_string(lost) + " keys have no form to be reloaded from");
}

}  // namespace gotthard
