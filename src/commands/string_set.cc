// Strings: the commands that set or remove one, conditions and expiries included.
#include <optional>

#include "commands/expiry_args.h"
#include "commands/family_rows.h"
#include "commands/key_helpers.h"
#include "exec/args.h"
#include "exec/context.h"

namespace gotthard {
namespace {

constexpr ErrorText kErrSetExpiry{"ERR invalid expire time in 'set' command"};
constexpr ErrorText kErrSetexExpiry{"ERR invalid expire time in 'setex' command"};
constexpr ErrorText kErrPsetexExpiry{"ERR invalid expire time in 'psetex' command"};
constexpr ErrorText kErrGetexExpiry{"ERR invalid expire time in 'getex' command"};

// Stores the value over whatever the key held, and tells. `asked_expiry` as in ExpiryToStore.
void Store(Context& ctx, const Key& key, EntryHandle existing, std::string_view value,
           int64_t asked_expiry) {
  const int64_t expiry = ExpiryToStore(ctx, static_cast<bool>(existing), asked_expiry);
  if (existing && existing->type() != Type::kString) [[unlikely]] {
    const int64_t kept = expiry == kKeepExpiry ? existing->expiry_ms() : expiry;
    existing = ReleaseReplaced(ctx, existing);
    PutArgument(ctx, key, existing, value, kept);
  } else {
    PutArgument(ctx, key, existing, value, expiry);
  }
  ctx.Changed(key, kEventString, "set");
  if (asked_expiry > 0) ctx.Notify(kEventGeneric, "expire", key);
}

bool HoldsText(const Entry& entry, std::string_view text) {
  char digits[24];
  return entry.ValueText(digits) == text;
}

// SET's options.
struct SetOptions {
  bool nx = false;
  bool xx = false;
  bool get = false;
  bool keep_ttl = false;
  std::optional<std::string_view> equals;  // IFEQ
  std::optional<ExpiryUnit> unit;
  std::string_view time;
};

// Takes the option at args[i], and leaves i at its last word.
bool TakeSetOption(const Args& args, size_t& i, SetOptions& options) {
  const std::string_view word = args[i];
  if (IsOption(word, "nx")) {
    if (options.xx || options.equals) return false;
    options.nx = true;
  } else if (IsOption(word, "xx")) {
    if (options.nx || options.equals) return false;
    options.xx = true;
  } else if (IsOption(word, "get")) {
    options.get = true;
  } else if (IsOption(word, "keepttl")) {
    if (options.unit) return false;
    options.keep_ttl = true;
  } else if (IsOption(word, "ifeq")) {
    if (options.nx || options.xx || i + 1 == args.size()) return false;
    options.equals = args[++i];
  } else {
    const std::optional<ExpiryUnit> unit = ParseExpiryOption(word);
    if (!unit || options.keep_ttl || i + 1 == args.size()) return false;
    if (options.unit && options.unit != unit) return false;
    options.unit = unit;
    options.time = args[++i];
  }
  return true;
}

// Whether SET's condition lets it set over `existing`.
bool ConditionHolds(const SetOptions& options, const EntryHandle& existing) {
  if (options.nx) return !existing;
  if (options.xx) return static_cast<bool>(existing);
  if (options.equals) return existing && HoldsText(*existing, *options.equals);
  return true;
}

Status SetWithOptions(Context& ctx, const Args& args) {
  SetOptions options;
  for (size_t i = 3; i < args.size(); ++i) {
    if (!TakeSetOption(args, i, options)) return kErrSyntax;
  }
  int64_t expiry = options.keep_ttl ? kKeepExpiry : kNoExpiry;
  if (options.unit) {
    Result<int64_t> time =
        ParseExpiryTime(options.time, *options.unit, ctx.now_ms(), kErrSetExpiry);
    if (!time) return time.error();
    expiry = *time;
  }
  const Key key = args.key(1);
  EntryHandle existing = options.get ? ctx.FindRead(key) : ctx.FindWrite(key);
  if ((options.get || options.equals) && existing && existing->type() != Type::kString) {
    return kErrWrongType;
  }
  const bool sets = ConditionHolds(options, existing);
  if (options.get) {
    if (existing) {
      ReplyString(ctx.reply(), *existing);
    } else {
      ctx.reply().Null();
    }
  } else if (!sets) {
    ctx.reply().Null();
  }
  if (!sets) return Status::Ok();
  Store(ctx, key, existing, args[2], expiry);
  if (!options.get) ctx.reply().Ok();
  return Status::Ok();
}

Status Set(Context& ctx, const Args& args) {
  if (args.size() != 3) [[unlikely]]
    return SetWithOptions(ctx, args);
  const Key key = args.key(1);
  Store(ctx, key, ctx.FindWrite(key), args[2], kNoExpiry);
  return ctx.reply().Ok();
}

Status Setnx(Context& ctx, const Args& args) {
  const Key key = args.key(1);
  if (ctx.FindWrite(key)) return ctx.reply().Integer(0);
  Store(ctx, key, {}, args[2], kNoExpiry);
  return ctx.reply().Integer(1);
}

Status SetWithExpiry(Context& ctx, const Args& args, ExpiryUnit unit, const ErrorText& invalid) {
  Result<int64_t> expiry = ParseExpiryTime(args[2], unit, ctx.now_ms(), invalid);
  if (!expiry) return expiry.error();
  const Key key = args.key(1);
  Store(ctx, key, ctx.FindWrite(key), args[3], *expiry);
  return ctx.reply().Ok();
}

Status Setex(Context& ctx, const Args& args) {
  return SetWithExpiry(ctx, args, ExpiryUnit::kSeconds, kErrSetexExpiry);
}

Status Psetex(Context& ctx, const Args& args) {
  return SetWithExpiry(ctx, args, ExpiryUnit::kMilliseconds, kErrPsetexExpiry);
}

Status Getset(Context& ctx, const Args& args) {
  const Key key = args.key(1);
  Result<EntryHandle> existing = ctx.FindReadOf(Type::kString, key);
  if (!existing) return existing.error();
  if (*existing) {
    ReplyString(ctx.reply(), **existing);
  } else {
    ctx.reply().Null();
  }
  Store(ctx, key, *existing, args[2], kNoExpiry);
  return Status::Ok();
}

Status Getdel(Context& ctx, const Args& args) {
  const Key key = args.key(1);
  Result<EntryHandle> existing = ctx.FindReadOf(Type::kString, key);
  if (!existing) return existing.error();
  if (!*existing) return ctx.reply().Null();
  ReplyString(ctx.reply(), **existing);
  ctx.Delete(*existing, key, /*lazy=*/false);
  return Status::Ok();
}

Status Getex(Context& ctx, const Args& args) {
  bool persist = false;
  std::optional<ExpiryUnit> unit;
  std::string_view time;
  for (size_t i = 2; i < args.size(); ++i) {
    if (IsOption(args[i], "persist") && !unit) {
      persist = true;
      continue;
    }
    const std::optional<ExpiryUnit> option = ParseExpiryOption(args[i]);
    if (!option || persist || i + 1 == args.size()) return kErrSyntax;
    if (unit && unit != option) return kErrSyntax;
    unit = option;
    time = args[++i];
  }
  const Key key = args.key(1);
  Result<EntryHandle> entry = ctx.FindReadOf(Type::kString, key);
  if (!entry) return entry.error();
  if (!*entry) return ctx.reply().Null();
  int64_t expiry = 0;
  if (unit) {
    Result<int64_t> parsed = ParseExpiryTime(time, *unit, ctx.now_ms(), kErrGetexExpiry);
    if (!parsed) return parsed.error();
    expiry = *parsed;
  }
  ReplyString(ctx.reply(), **entry);
  if (unit && expiry <= ctx.now_ms()) {
    ctx.Delete(*entry, key, ctx.config().lazyfree_lazy_expire);
  } else if (unit) {
    ctx.db().SetExpiry(*entry, expiry);
    ctx.Changed(key, kEventGeneric, "expire");
  } else if (persist && (*entry)->has_expiry()) {
    ctx.db().ClearExpiry(*entry);
    ctx.Changed(key, kEventGeneric, "persist");
  }
  return Status::Ok();
}

Status Delifeq(Context& ctx, const Args& args) {
  const Key key = args.key(1);
  Result<EntryHandle> entry = ctx.FindWriteOf(Type::kString, key);
  if (!entry) return entry.error();
  if (!*entry || !HoldsText(**entry, args[2])) return ctx.reply().Integer(0);
  ctx.Delete(*entry, key, ctx.config().lazyfree_lazy_user_del);
  return ctx.reply().Integer(1);
}

constexpr CommandSpec kRows[] = {
    Command({.name = "set",
             .arity = -3,
             .flags = kWrite | kDenyOom | kBrief,
             .acl = kAclString,
             .group = CommandGroup::kString,
             .keys = {KeyAtVarying(1, kKeyChanged, "get", kKeyOverwrite | kKeyUpdate)},
             .run = Set,
             .since = "1.0.0",
             .complexity = "O(1)",
             .summary = "Sets a key to a string, whatever it held before, on conditions if asked.",
             .syntax = "key value [NX | XX | IFEQ comparison-value]@2.6.12 [GET]@6.2.0 "
                       "[EX seconds@2.6.12 | PX milliseconds@2.6.12 | "
                       "EXAT unix-time-seconds@6.2.0 | PXAT unix-time-milliseconds@6.2.0 | "
                       "KEEPTTL@6.0.0]",
             .history = "2.6.12: Added the `EX`, `PX`, `NX` and `XX` options.\n"
                        "6.0.0: Added the `KEEPTTL` option.\n"
                        "6.2.0: Added the `GET`, `EXAT` and `PXAT` option.\n"
                        "7.0.0: Allowed the `NX` and `GET` options to be used together."}),
    Command({.name = "setnx",
             .arity = 3,
             .flags = kWrite | kDenyOom | kFast,
             .acl = kAclString,
             .group = CommandGroup::kString,
             .keys = {KeyAt(1, kKeyCreated)},
             .run = Setnx,
             .since = "1.0.0",
             .complexity = "O(1)",
             .summary = "Sets a key to a string unless the key exists.",
             .syntax = "key value",
             .deprecated_since = "2.6.12",
             .replaced_by = "`SET` with the `NX` argument"}),
    Command({.name = "setex",
             .arity = 4,
             .flags = kWrite | kDenyOom | kBrief,
             .acl = kAclString,
             .group = CommandGroup::kString,
             .keys = {KeyAt(1, kKeyReplaced)},
             .run = Setex,
             .since = "2.0.0",
             .complexity = "O(1)",
             .summary = "Sets a key to a string that expires after some seconds.",
             .syntax = "key seconds value",
             .deprecated_since = "2.6.12",
             .replaced_by = "`SET` with the `EX` argument"}),
    Command({.name = "psetex",
             .arity = 4,
             .flags = kWrite | kDenyOom | kBrief,
             .acl = kAclString,
             .group = CommandGroup::kString,
             .keys = {KeyAt(1, kKeyReplaced)},
             .run = Psetex,
             .since = "2.6.0",
             .complexity = "O(1)",
             .summary = "Sets a key to a string that expires after some milliseconds.",
             .syntax = "key milliseconds value",
             .deprecated_since = "2.6.12",
             .replaced_by = "`SET` with the `PX` argument"}),
    Command({.name = "getset",
             .arity = 3,
             .flags = kWrite | kDenyOom | kFast,
             .acl = kAclString,
             .group = CommandGroup::kString,
             .keys = {KeyAt(1, kKeyChanged)},
             .run = Getset,
             .since = "1.0.0",
             .complexity = "O(1)",
             .summary = "Sets a key to a string and returns the one it held before.",
             .syntax = "key value",
             .deprecated_since = "6.2.0",
             .replaced_by = "`SET` with the `!GET` argument"}),
    Command({.name = "getex",
             .arity = -2,
             .flags = kWrite | kFast,
             .acl = kAclString,
             .group = CommandGroup::kString,
             .keys = {KeyAt(1, kKeyChanged)},
             .run = Getex,
             .since = "6.2.0",
             .complexity = "O(1)",
             .summary = "Returns a key's string and sets or removes its expiry.",
             .syntax = "key [EX seconds | PX milliseconds | EXAT unix-time-seconds | "
                       "PXAT unix-time-milliseconds | PERSIST]"}),
    Command({.name = "getdel",
             .arity = 2,
             .flags = kWrite | kFast,
             .acl = kAclString,
             .group = CommandGroup::kString,
             .keys = {KeyAt(1, kKeyReadWrite | kKeyAccess | kKeyDelete)},
             .run = Getdel,
             .since = "6.2.0",
             .complexity = "O(1)",
             .summary = "Returns a key's string and deletes the key.",
             .syntax = "key"}),
    Command({.name = "delifeq",
             .arity = 3,
             .flags = kWrite | kFast,
             .acl = kAclString,
             .group = CommandGroup::kString,
             .keys = {KeyAt(1, kKeyRemove | kKeyAccess | kKeyDelete)},
             .run = Delifeq,
             .since = "9.0.0",
             .complexity = "O(1)",
             .summary = "Deletes a key if it holds the given string.",
             .syntax = "key value"}),
};

}  // namespace

std::span<const CommandSpec> StringSetRows() {
  return kRows;
}

}  // namespace gotthard
