// Strings: the commands that read or set several at once.
#include "commands/expiry_args.h"
#include "commands/family_rows.h"
#include "commands/key_helpers.h"
#include "exec/args.h"
#include "exec/context.h"

namespace gotthard {
namespace {

constexpr ErrorText kErrMsetArity{"ERR wrong number of arguments for 'mset' command"};
constexpr ErrorText kErrMsetnxArity{"ERR wrong number of arguments for 'msetnx' command"};

Status Mget(Context& ctx, const Args& args) {
  ctx.reply().ArrayHeader(args.size() - 1);
  ForEachKey(ctx, args, 1, 1, [&](const Key& key, size_t) {
    EntryHandle entry = ctx.FindRead(key);
    if (entry && entry->type() == Type::kString) {
      ReplyString(ctx.reply(), *entry);
    } else {
      ctx.reply().Null();
    }
    return true;
  });
  return Status::Ok();
}

void SetAll(Context& ctx, const Args& args) {
  ForEachKey(ctx, args, 1, 2, [&](const Key& key, size_t i) {
    EntryHandle existing = ctx.FindWrite(key);
    const int64_t expiry = ExpiryToStore(ctx, static_cast<bool>(existing), kNoExpiry);
    existing = ReleaseReplaced(ctx, existing);
    PutArgument(ctx, key, existing, args[i + 1], expiry);
    ctx.Changed(key, kEventString, "set");
    return true;
  });
}

Status Mset(Context& ctx, const Args& args) {
  if (args.size() % 2 == 0) return kErrMsetArity;
  SetAll(ctx, args);
  return ctx.reply().Ok();
}

Status Msetnx(Context& ctx, const Args& args) {
  if (args.size() % 2 == 0) return kErrMsetnxArity;
  bool free = true;
  ForEachKey(ctx, args, 1, 2, [&](const Key& key, size_t) {
    free = !ctx.FindWrite(key);
    return free;
  });
  if (!free) return ctx.reply().Integer(0);
  SetAll(ctx, args);
  return ctx.reply().Integer(1);
}

constexpr CommandSpec kRows[] = {
    Command({.name = "mget",
             .arity = -2,
             .flags = kReadonly | kFast,
             .acl = kAclString,
             .group = CommandGroup::kString,
             .keys = {KeyRange(1, -1, 1, kKeyRead)},
             .run = Mget,
             .since = "1.0.0",
             .complexity = "O(N) where N is the number of keys.",
             .summary = "Returns the strings of several keys, nil where a key holds none.",
             .syntax = "key [key ...]",
             .tips = "request_policy:multi_shard"}),
    Command({.name = "mset",
             .arity = -3,
             .flags = kWrite | kDenyOom,
             .acl = kAclString,
             .group = CommandGroup::kString,
             .keys = {KeyRange(1, -1, 2, kKeyReplaced)},
             .run = Mset,
             .since = "1.0.1",
             .complexity = "O(N) where N is the number of keys.",
             .summary = "Sets several keys to strings in one step.",
             .syntax = "data=<key value>...",
             .tips = "request_policy:multi_shard\nresponse_policy:all_succeeded"}),
    Command({.name = "msetnx",
             .arity = -3,
             .flags = kWrite | kDenyOom,
             .acl = kAclString,
             .group = CommandGroup::kString,
             .keys = {KeyRange(1, -1, 2, kKeyCreated)},
             .run = Msetnx,
             .since = "1.0.1",
             .complexity = "O(N) where N is the number of keys.",
             .summary = "Sets several keys to strings in one step, unless one of them exists.",
             .syntax = "data=<key value>..."}),
};

}  // namespace

std::span<const CommandSpec> StringMultiRows() {
  return kRows;
}

}  // namespace gotthard
