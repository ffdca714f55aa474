// Hashes: expiry of single fields. The HEXPIRE and HTTL families, HPERSIST; active expiry.
#include <string>
#include <string_view>

#include "commands/changed_parts.h"
#include "commands/expiry_args.h"
#include "commands/expiry_conditions.h"
#include "commands/family_rows.h"
#include "commands/hash.h"
#include "commands/hash_args.h"
#include "commands/hash_value.h"
#include "exec/args.h"
#include "exec/context.h"

namespace gotthard {
namespace {

constexpr ErrorText kErrNumFields{"ERR Parameter `numFields` should be greater than 0"};

// What is answered for each field.
enum FieldReply : int64_t {
  kNoField = -2,
  kNoTtl = -1,
  kConditionNotMet = 0,
  kDone = 1,
  kDeleted = 2,
};

// --- HEXPIRE, HPEXPIRE, HEXPIREAT, HPEXPIREAT

FieldReply Expire(Context& ctx, HashValue& hash, std::string_view name,
                  const ExpiryConditions& condition, int64_t expiry_ms) {
  FoundField field;
  if (!hash.Find(name, field)) return kNoField;
  if (!condition.Met(field.expiry_ms != kFieldNever, field.expiry_ms, expiry_ms)) {
    return kConditionNotMet;
  }
  if (expiry_ms <= ctx.now_ms()) {
    hash.Erase(name);
    return kDeleted;
  }
  hash.SetExpiry(name, expiry_ms);
  return kDone;
}

Status HexpireIn(Context& ctx, const Args& args, ExpiryUnit unit, std::string_view command) {
  const Key key = args.key(1);
  Result<EntryHandle> found = ctx.FindWriteOf(Type::kHash, key);
  if (!found) return found.error();
  Result<int64_t> expiry_ms = ParseFieldExpiry(args[2], unit, ctx.now_ms(), command);
  if (!expiry_ms) return expiry_ms.error();
  ExpiryConditions condition;
  const bool conditional = condition.Take(args[3]);
  Result<FieldList> fields = ParseFieldList(args, conditional ? 4 : 3, kErrNumFields);
  if (!fields) return fields.error();
  HashValue hash(ctx, key, *found);
  ReplyWriter& reply = ctx.reply();
  reply.ArrayHeader(fields->count);
  size_t updated = 0;
  size_t deleted = 0;
  for (size_t i = fields->first; i < args.size(); ++i) {
    const FieldReply result = Expire(ctx, hash, args[i], condition, *expiry_ms);
    updated += result == kDone ? 1 : 0;
    deleted += result == kDeleted ? 1 : 0;
    reply.Integer(result);
  }
  if (updated + deleted != 0) {
    ChangedParts(ctx, key, kEventHash, deleted != 0 ? "hdel" : "hexpire", updated + deleted);
  }
  hash.Finish();
  return Status::Ok();
}

Status Hexpire(Context& ctx, const Args& args) {
  return HexpireIn(ctx, args, ExpiryUnit::kSeconds, "hexpire");
}
Status Hpexpire(Context& ctx, const Args& args) {
  return HexpireIn(ctx, args, ExpiryUnit::kMilliseconds, "hpexpire");
}
Status Hexpireat(Context& ctx, const Args& args) {
  return HexpireIn(ctx, args, ExpiryUnit::kUnixSeconds, "hexpireat");
}
Status Hpexpireat(Context& ctx, const Args& args) {
  return HexpireIn(ctx, args, ExpiryUnit::kUnixMilliseconds, "hpexpireat");
}

// --- HTTL, HPTTL, HEXPIRETIME, HPEXPIRETIME

Status HttlIn(Context& ctx, const Args& args, ExpiryUnit unit) {
  Result<NamedFields> named = FindNamedFields(ctx, args, ctx.FindReadOf(Type::kHash, args.key(1)));
  if (!named) return named.error();
  const int64_t base_ms = IsRelative(unit) ? ctx.now_ms() : 0;
  const bool seconds = unit == ExpiryUnit::kSeconds || unit == ExpiryUnit::kUnixSeconds;
  ReplyWriter& reply = ctx.reply();
  for (size_t i = named->first; i < args.size(); ++i) {
    FoundField field;
    if (!named->hash.Find(args[i], field)) {
      reply.Integer(kNoField);
    } else if (field.expiry_ms == kFieldNever) {
      reply.Integer(kNoTtl);
    } else {
      const int64_t left_ms = field.expiry_ms - base_ms;
      reply.Integer(seconds ? (left_ms + 999) / 1000 : left_ms);
    }
  }
  return Status::Ok();
}

Status Httl(Context& ctx, const Args& args) {
  return HttlIn(ctx, args, ExpiryUnit::kSeconds);
}
Status Hpttl(Context& ctx, const Args& args) {
  return HttlIn(ctx, args, ExpiryUnit::kMilliseconds);
}
Status Hexpiretime(Context& ctx, const Args& args) {
  return HttlIn(ctx, args, ExpiryUnit::kUnixSeconds);
}
Status Hpexpiretime(Context& ctx, const Args& args) {
  return HttlIn(ctx, args, ExpiryUnit::kUnixMilliseconds);
}

Status Hpersist(Context& ctx, const Args& args) {
  Result<NamedFields> named = FindNamedFields(ctx, args, ctx.FindWriteOf(Type::kHash, args.key(1)));
  if (!named) return named.error();
  ReplyWriter& reply = ctx.reply();
  size_t changed = 0;
  for (size_t i = named->first; i < args.size(); ++i) {
    FoundField field;
    if (!named->hash.Find(args[i], field)) {
      reply.Integer(kNoField);
    } else if (field.expiry_ms == kFieldNever) {
      reply.Integer(kNoTtl);
    } else {
      named->hash.SetExpiry(args[i], kFieldNever);
      reply.Integer(kDone);
      ++changed;
    }
  }
  if (changed != 0) ChangedParts(ctx, args.key(1), kEventHash, "hpersist", changed);
  return Status::Ok();
}

// --- The rows

// A command that gives fields an expiry.
consteval CommandSpec ExpireRow(std::string_view name, Handler run, std::string_view summary,
                                std::string_view syntax) {
  return Command({.name = name,
                  .arity = -6,
                  .flags = kWrite | kDenyOom | kFast,
                  .acl = kAclHash,
                  .group = CommandGroup::kHash,
                  .keys = {KeyAt(1, kKeyReadWrite | kKeyUpdate)},
                  .run = run,
                  .since = "7.4.0",
                  .complexity = "O(N) where N is the number of fields named.",
                  .summary = summary,
                  .syntax = syntax});
}

// A command that tells the expiry of fields.
consteval CommandSpec TtlRow(std::string_view name, Handler run, std::string_view summary) {
  return Command({.name = name,
                  .arity = -5,
                  .flags = kReadonly | kFast,
                  .acl = kAclHash,
                  .group = CommandGroup::kHash,
                  .keys = {KeyAt(1, kKeyRead)},
                  .run = run,
                  .since = "7.4.0",
                  .complexity = "O(N) where N is the number of fields named.",
                  .summary = summary,
                  .syntax = "key FIELDS <numfields field...>",
                  .tips = "nondeterministic_output"});
}

constexpr CommandSpec kRows[] = {
    ExpireRow("hexpire", Hexpire, "Lets fields of a hash expire in so many seconds.",
              "key seconds condition=[NX|XX|GT|LT] FIELDS <numfields field...>"),
    ExpireRow("hpexpire", Hpexpire, "Lets fields of a hash expire in so many milliseconds.",
              "key milliseconds condition=[NX|XX|GT|LT] FIELDS <numfields field...>"),
    ExpireRow("hexpireat", Hexpireat, "Lets fields of a hash expire at a Unix time in seconds.",
              "key unix-time-seconds condition=[NX|XX|GT|LT] FIELDS <numfields field...>"),
    ExpireRow("hpexpireat", Hpexpireat,
              "Lets fields of a hash expire at a Unix time in milliseconds.",
              "key unix-time-milliseconds condition=[NX|XX|GT|LT] "
              "FIELDS <numfields field...>"),
    TtlRow("httl", Httl, "Tells in how many seconds fields of a hash expire."),
    TtlRow("hpttl", Hpttl, "Tells in how many milliseconds fields of a hash expire."),
    TtlRow("hexpiretime", Hexpiretime, "Tells the Unix time in seconds at which fields expire."),
    TtlRow("hpexpiretime", Hpexpiretime,
           "Tells the Unix time in milliseconds at which fields expire."),
    Command({.name = "hpersist",
             .arity = -5,
             .flags = kWrite | kFast,
             .acl = kAclHash,
             .group = CommandGroup::kHash,
             .keys = {KeyAt(1, kKeyReadWrite | kKeyUpdate)},
             .run = Hpersist,
             .since = "7.4.0",
             .complexity = "O(N) where N is the number of fields named.",
             .summary = "Lets fields of a hash stay until they are removed.",
             .syntax = "key FIELDS <numfields field...>"}),
};

}  // namespace

std::span<const CommandSpec> HashExpireRows() {
  return kRows;
}

bool ExpireHashFields(ServerState& server, uint32_t db_index, std::string_view name) {
  constexpr size_t kFieldsAtOnce = 2000;
  if (server.copies.Copies(name)) return true;  // comes again with the next sweep
  Database& db = server.keyspace.db(db_index);
  const Key key{name, server.hasher(name)};
  EntryHandle entry = db.Find(key);
  if (!entry || entry->type() != Type::kHash) return true;
  const FieldExpiry expired = RemoveExpiredFields(db, entry, server.now_ms, kFieldsAtOnce);
  if (expired.removed == 0) return !expired.more;
  server.stats.expired_subkeys += expired.removed;
  if (expired.left == 0) db.Erase(entry);
  server.changes.OnChange(server.sessions, db_index, name);
  server.blocked_keys.OnChange(db_index, name);
  return !expired.more;
}

}  // namespace gotthard
