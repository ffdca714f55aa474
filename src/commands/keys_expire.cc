// The time at which a key ends: setting it, asking for it, removing it.
#include <optional>
#include <string>

#include "base/numbers.h"
#include "commands/expiry_conditions.h"
#include "commands/family_rows.h"
#include "commands/key_helpers.h"
#include "exec/args.h"
#include "exec/context.h"

namespace gotthard {
namespace {

constexpr ErrorText kErrExpire{"ERR invalid expire time in 'expire' command"};
constexpr ErrorText kErrPexpire{"ERR invalid expire time in 'pexpire' command"};
constexpr ErrorText kErrExpireat{"ERR invalid expire time in 'expireat' command"};
constexpr ErrorText kErrPexpireat{"ERR invalid expire time in 'pexpireat' command"};
constexpr ErrorText kErrNxWithOthers{
    "ERR NX and XX, GT or LT options at the same time are not compatible"};
constexpr ErrorText kErrGtAndLt{"ERR GT and LT options at the same time are not compatible"};

Status ParseConditions(const Args& args, ExpiryConditions& options) {
  for (size_t i = 3; i < args.size(); ++i) {
    if (!options.Take(args[i])) {
      return Status::Error("ERR Unsupported option " + std::string(args[i]));
    }
  }
  if (options.nx && (options.xx || options.gt || options.lt)) return kErrNxWithOthers;
  if (options.gt && options.lt) return kErrGtAndLt;
  return Status::Ok();
}

Status ExpireAt(Context& ctx, const Args& args, int64_t base_ms, int64_t unit_ms,
                const ErrorText& invalid) {
  ExpiryConditions conditions;
  if (args.size() > 3) GOTTHARD_RETURN_IF_ERROR(ParseConditions(args, conditions));
  const std::optional<int64_t> number = ParseInt64(args[2]);
  if (!number) return kErrNotInteger;
  int64_t when_ms = 0;
  if (__builtin_mul_overflow(*number, unit_ms, &when_ms)) return invalid;
  if (__builtin_add_overflow(when_ms, base_ms, &when_ms)) return invalid;
  const Key key = args.key(1);
  EntryHandle entry = ctx.FindWrite(key);
  if (!entry || !conditions.Met(entry->has_expiry(), entry->expiry_ms(), when_ms)) {
    return ctx.reply().Integer(0);
  }
  if (when_ms <= ctx.now_ms()) {
    ctx.Delete(entry, key, ctx.config().lazyfree_lazy_expire);
  } else {
    ctx.db().SetExpiry(entry, when_ms);
    ctx.Changed(key, kEventGeneric, "expire");
  }
  return ctx.reply().Integer(1);
}

Status Expire(Context& ctx, const Args& args) {
  return ExpireAt(ctx, args, ctx.now_ms(), 1000, kErrExpire);
}

Status Pexpire(Context& ctx, const Args& args) {
  return ExpireAt(ctx, args, ctx.now_ms(), 1, kErrPexpire);
}

Status Expireat(Context& ctx, const Args& args) {
  return ExpireAt(ctx, args, 0, 1000, kErrExpireat);
}

Status Pexpireat(Context& ctx, const Args& args) {
  return ExpireAt(ctx, args, 0, 1, kErrPexpireat);
}

// What TTL and its kind reply for a key: -2 without one, -1 without an expiry, else what `show`
// makes of the moment.
template <typename Show>
Status ReplyExpiry(Context& ctx, const Args& args, Show&& show) {
  EntryHandle entry = FindUntouched(ctx, args.key(1));
  if (!entry) return ctx.reply().Integer(-2);
  if (!entry->has_expiry()) return ctx.reply().Integer(-1);
  return ctx.reply().Integer(show(entry->expiry_ms()));
}

// To the nearest second, without overflowing near the end of time.
int64_t ToSeconds(int64_t ms) {
  return ms / 1000 + (ms % 1000 >= 500 ? 1 : 0);
}

Status Ttl(Context& ctx, const Args& args) {
  return ReplyExpiry(ctx, args, [&](int64_t when_ms) { return ToSeconds(when_ms - ctx.now_ms()); });
}

Status Pttl(Context& ctx, const Args& args) {
  return ReplyExpiry(ctx, args, [&](int64_t when_ms) { return when_ms - ctx.now_ms(); });
}

Status Expiretime(Context& ctx, const Args& args) {
  return ReplyExpiry(ctx, args, ToSeconds);
}

Status Pexpiretime(Context& ctx, const Args& args) {
  return ReplyExpiry(ctx, args, [](int64_t when_ms) { return when_ms; });
}

Status Persist(Context& ctx, const Args& args) {
  const Key key = args.key(1);
  EntryHandle entry = ctx.FindWrite(key);
  if (!entry || !entry->has_expiry()) return ctx.reply().Integer(0);
  ctx.db().ClearExpiry(entry);
  ctx.Changed(key, kEventGeneric, "persist");
  return ctx.reply().Integer(1);
}

constexpr std::string_view kExpireHistory = "7.0.0: Added options: `NX`, `XX`, `GT` and `LT`.";
constexpr std::string_view kTtlHistory = "2.8.0: Added the -2 reply.";

constexpr CommandSpec kRows[] = {
    Command({.name = "expire",
             .arity = -3,
             .flags = kWrite | kFast,
             .acl = kAclKeyspace,
             .keys = {KeyAt(1, kKeyReadWrite | kKeyUpdate)},
             .run = Expire,
             .since = "1.0.0",
             .complexity = "O(1)",
             .summary = "Lets a key expire after some seconds.",
             .syntax = "key seconds [NX | XX | GT | LT]@7.0.0",
             .history = kExpireHistory}),
    Command({.name = "pexpire",
             .arity = -3,
             .flags = kWrite | kFast,
             .acl = kAclKeyspace,
             .keys = {KeyAt(1, kKeyReadWrite | kKeyUpdate)},
             .run = Pexpire,
             .since = "2.6.0",
             .complexity = "O(1)",
             .summary = "Lets a key expire after some milliseconds.",
             .syntax = "key milliseconds [NX | XX | GT | LT]@7.0.0",
             .history = kExpireHistory}),
    Command({.name = "expireat",
             .arity = -3,
             .flags = kWrite | kFast,
             .acl = kAclKeyspace,
             .keys = {KeyAt(1, kKeyReadWrite | kKeyUpdate)},
             .run = Expireat,
             .since = "1.2.0",
             .complexity = "O(1)",
             .summary = "Lets a key expire at a moment given in seconds since 1970.",
             .syntax = "key unix-time-seconds [NX | XX | GT | LT]@7.0.0",
             .history = kExpireHistory}),
    Command({.name = "pexpireat",
             .arity = -3,
             .flags = kWrite | kFast,
             .acl = kAclKeyspace,
             .keys = {KeyAt(1, kKeyReadWrite | kKeyUpdate)},
             .run = Pexpireat,
             .since = "2.6.0",
             .complexity = "O(1)",
             .summary = "Lets a key expire at a moment given in milliseconds since 1970.",
             .syntax = "key unix-time-milliseconds [NX | XX | GT | LT]@7.0.0",
             .history = kExpireHistory}),
    Command({.name = "ttl",
             .arity = 2,
             .flags = kReadonly | kFast,
             .acl = kAclKeyspace,
             .keys = {KeyAt(1, kKeyRead)},
             .run = Ttl,
             .since = "1.0.0",
             .complexity = "O(1)",
             .summary = "Tells in how many seconds a key will expire.",
             .syntax = "key",
             .history = kTtlHistory,
             .tips = "nondeterministic_output"}),
    Command({.name = "pttl",
             .arity = 2,
             .flags = kReadonly | kFast,
             .acl = kAclKeyspace,
             .keys = {KeyAt(1, kKeyRead)},
             .run = Pttl,
             .since = "2.6.0",
             .complexity = "O(1)",
             .summary = "Tells in how many milliseconds a key will expire.",
             .syntax = "key",
             .history = kTtlHistory,
             .tips = "nondeterministic_output"}),
    Command({.name = "expiretime",
             .arity = 2,
             .flags = kReadonly | kFast,
             .acl = kAclKeyspace,
             .keys = {KeyAt(1, kKeyRead)},
             .run = Expiretime,
             .since = "7.0.0",
             .complexity = "O(1)",
             .summary = "Tells when a key will expire, in seconds since 1970.",
             .syntax = "key"}),
    Command({.name = "pexpiretime",
             .arity = 2,
             .flags = kReadonly | kFast,
             .acl = kAclKeyspace,
             .keys = {KeyAt(1, kKeyRead)},
             .run = Pexpiretime,
             .since = "7.0.0",
             .complexity = "O(1)",
             .summary = "Tells when a key will expire, in milliseconds since 1970.",
             .syntax = "key"}),
    Command({.name = "persist",
             .arity = 2,
             .flags = kWrite | kFast,
             .acl = kAclKeyspace,
             .keys = {KeyAt(1, kKeyReadWrite | kKeyUpdate)},
             .run = Persist,
             .since = "2.2.0",
             .complexity = "O(1)",
             .summary = "Removes a key's expiry, so that the key stays.",
             .syntax = "key"}),
};

}  // namespace

std::span<const CommandSpec> KeyExpireRows() {
  return kRows;
}

}  // namespace gotthard
