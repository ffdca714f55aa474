// Hashes: reading or writing fields together with their expiry, reading and removing in one.
#include <optional>

#include "commands/changed_parts.h"
#include "commands/family_rows.h"
#include "commands/hash.h"
#include "commands/hash_args.h"
#include "commands/hash_value.h"
#include "exec/args.h"
#include "exec/context.h"

namespace gotthard {
namespace {

constexpr ErrorText kErrOneExpiry{
    "ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified"};
// HSETEX's own words for what HGETEX says otherwise.
constexpr ErrorText kErrHsetexCount{"ERR invalid number of fields"};
constexpr ErrorText kErrHsetexNumber{"ERR wrong number of arguments for 'hsetex' command"};
constexpr ErrorText kErrOneCondition{"ERR Only one of FXX or FNX arguments can be specified"};

void ReplyField(ReplyWriter& reply, const HashValue& hash, std::string_view name) {
  FoundField field;
  if (hash.Find(name, field)) {
    reply.Bulk(field.value);
  } else {
    reply.Null();
  }
}

Status Hgetdel(Context& ctx, const Args& args) {
  Result<NamedFields> named = FindNamedFields(ctx, args, ctx.FindWriteOf(Type::kHash, args.key(1)));
  if (!named) return named.error();
  size_t deleted = 0;
  for (size_t i = named->first; i < args.size(); ++i) {
    ReplyField(ctx.reply(), named->hash, args[i]);
    deleted += named->hash.Erase(args[i]) ? 1 : 0;
  }
  if (deleted != 0) ChangedParts(ctx, args.key(1), kEventHash, "hdel", deleted);
  named->hash.Finish();
  return Status::Ok();
}

// HGETEX's and HSETEX's options. `at` is the argument behind them.
struct Options {
  std::optional<int64_t> expiry_ms;
  bool persist = false;
  bool keep_ttl = false;
  bool if_none_exists = false;
  bool if_all_exist = false;
  size_t at = 2;
};

// Reads an expiry option with its time at `options.at`, if there is one.
Status ParseExpiry(const Args& args, int64_t now_ms, std::string_view command, Options& options) {
  const std::optional<ExpiryUnit> unit = ParseExpiryOption(args[options.at]);
  if (!unit || options.at + 1 >= args.size()) return Status::Ok();
  if (options.expiry_ms || options.keep_ttl) return kErrOneExpiry;
  Result<int64_t> expiry_ms = ParseFieldExpiry(args[options.at + 1], *unit, now_ms, command);
  if (!expiry_ms) return expiry_ms.error();
  options.expiry_ms = *expiry_ms;
  options.at += 2;
  return Status::Ok();
}

Status Hgetex(Context& ctx, const Args& args) {
  const Key key = args.key(1);
  Result<EntryHandle> found = ctx.FindWriteOf(Type::kHash, key);
  if (!found) return found.error();
  Options options;
  GOTTHARD_RETURN_IF_ERROR(ParseExpiry(args, ctx.now_ms(), "hgetex", options));
  if (!options.expiry_ms && IsOption(args[2], "persist")) {
    options.persist = true;
    options.at = 3;
  }
  Result<FieldList> fields = ParseFieldList(args, options.at, kErrFieldCount);
  if (!fields) return fields.error();
  HashValue hash(ctx, key, *found);
  ReplyWriter& reply = ctx.reply();
  reply.ArrayHeader(fields->count);
  size_t updated = 0;
  size_t deleted = 0;
  for (size_t i = fields->first; i < args.size(); ++i) {
    FoundField field;
    if (!hash.Find(args[i], field)) {
      reply.Null();
      continue;
    }
    reply.Bulk(field.value);
    if (options.persist && field.expiry_ms != kFieldNever) {
      hash.SetExpiry(args[i], kFieldNever);
      ++updated;
    } else if (options.expiry_ms && *options.expiry_ms <= ctx.now_ms()) {
      deleted += hash.Erase(args[i]) ? 1 : 0;
    } else if (options.expiry_ms) {
      hash.SetExpiry(args[i], *options.expiry_ms);
      ++updated;
    }
  }
  if (updated != 0) {
    ChangedParts(ctx, key, kEventHash, options.persist ? "hpersist" : "hexpire", updated);
  }
  if (deleted != 0) ChangedParts(ctx, key, kEventHash, "hdel", deleted);
  hash.Finish();
  return Status::Ok();
}

Result<Options> ParseHsetex(const Args& args, int64_t now_ms) {
  Options options;
  while (options.at < args.size() && !IsOption(args[options.at], "fields")) {
    const std::string_view option = args[options.at];
    if (IsOption(option, "fnx") || IsOption(option, "fxx")) {
      if (options.if_none_exists || options.if_all_exist) return kErrOneCondition;
      (IsOption(option, "fnx") ? options.if_none_exists : options.if_all_exist) = true;
      ++options.at;
    } else if (IsOption(option, "keepttl")) {
      if (options.expiry_ms || options.keep_ttl) return kErrOneExpiry;
      options.keep_ttl = true;
      ++options.at;
    } else {
      const size_t before = options.at;
      Status parsed = ParseExpiry(args, now_ms, "hsetex", options);
      if (!parsed.ok()) return parsed;
      if (options.at == before)
        return Status::Error("ERR unknown argument: " + std::string(option));
    }
  }
  return options;
}

// Whether the condition on the fields that are there already holds.
bool ConditionHolds(const HashValue& hash, const Args& args, const FieldList& fields,
                    const Options& options) {
  for (size_t i = fields.first; i < args.size(); i += 2) {
    const bool there = hash.Has(args[i]);
    if ((there && options.if_none_exists) || (!there && options.if_all_exist)) return false;
  }
  return true;
}

Status Hsetex(Context& ctx, const Args& args) {
  Result<Options> options = ParseHsetex(args, ctx.now_ms());
  if (!options) return options.error();
  Result<FieldList> fields =
      ParseFieldList(args, options->at, kErrHsetexCount, kErrHsetexNumber, /*step=*/2);
  if (!fields) return fields.error();
  const Key key = args.key(1);
  Result<EntryHandle> found = ctx.FindWriteOf(Type::kHash, key);
  if (!found) return found.error();
  HashValue hash(ctx, key, *found);
  if (!ConditionHolds(hash, args, *fields, *options)) return ctx.reply().Integer(0);
  const bool past = options->expiry_ms && *options->expiry_ms <= ctx.now_ms();
  int64_t expiry_ms = options->keep_ttl ? kKeepFieldExpiry : kFieldNever;
  if (options->expiry_ms) expiry_ms = *options->expiry_ms;
  for (size_t i = fields->first; i < args.size(); i += 2) {
    // A field whose time is over already is set and gone within the command.
    if (past) {
      hash.Erase(args[i]);
    } else {
      hash.Set(args[i], args[i + 1], expiry_ms);
    }
  }
  ChangedParts(ctx, key, kEventHash, "hset", fields->count);
  if (options->expiry_ms) ctx.Notify(kEventHash, past ? "hdel" : "hexpire", key);
  hash.Finish();
  return ctx.reply().Integer(1);
}

constexpr CommandSpec kRows[] = {
    Command({.name = "hgetdel",
             .arity = -5,
             .flags = kWrite | kFast,
             .acl = kAclHash,
             .group = CommandGroup::kHash,
             .keys = {KeyAt(1, kKeyReadWrite | kKeyAccess | kKeyDelete)},
             .run = Hgetdel,
             .since = "8.0.0",
             .complexity = "O(N) where N is the number of fields named.",
             .summary = "Returns the values of fields of a hash and removes them.",
             .syntax = "key FIELDS <numfields field...>"}),
    Command({.name = "hgetex",
             .arity = -5,
             .flags = kWrite | kFast,
             .acl = kAclHash,
             .group = CommandGroup::kHash,
             .keys = {KeyAt(1, kKeyChanged)},
             .run = Hgetex,
             .since = "8.0.0",
             .complexity = "O(N) where N is the number of fields named.",
             .summary = "Returns the values of fields of a hash and sets when they expire.",
             .syntax = "key expiration=[EX:seconds | PX:milliseconds | EXAT:unix-time-seconds | "
                       "PXAT:unix-time-milliseconds | PERSIST] FIELDS <numfields field...>"}),
    Command({.name = "hsetex",
             .arity = -6,
             .flags = kWrite | kDenyOom | kFast,
             .acl = kAclHash,
             .group = CommandGroup::kHash,
             .keys = {KeyAt(1, kKeyReadWrite | kKeyUpdate)},
             .run = Hsetex,
             .since = "8.0.0",
             .complexity = "O(N) where N is the number of fields named.",
             .summary = "Sets fields of a hash together with the time when they expire.",
             .syntax = "key condition=[FNX | FXX] expiration=[EX:seconds | PX:milliseconds | "
                       "EXAT:unix-time-seconds | PXAT:unix-time-milliseconds | KEEPTTL] "
                       "FIELDS <numfields data=<field value>...>"}),
};

}  // namespace

std::span<const CommandSpec> HashGetexRows() {
  return kRows;
}

}  // namespace gotthard
