// OBJECT: how a key's value is kept, and how it has been used.
#include <string_view>

#include "commands/family_rows.h"
#include "commands/help.h"
#include "commands/key_helpers.h"
#include "exec/args.h"
#include "exec/context.h"
#include "store/eviction_clock.h"

namespace gotthard {
namespace {

constexpr ErrorText kErrLfuSelected{
    "ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when "
    "switching between policies at runtime LRU and LFU data will take some time to adjust."};
constexpr ErrorText kErrLfuNotSelected{
    "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that "
    "when switching between policies at runtime LRU and LFU data will take some time to adjust."};

bool IsLru(int policy) {
  return policy == Config::kVolatileLru || policy == Config::kAllkeysLru;
}

Status ObjectEncoding(Context& ctx, const Args& args) {
  EntryHandle entry = FindUntouched(ctx, args.key(2));
  if (!entry) return ctx.reply().Null();
  return ctx.reply().Bulk(EncodingName(entry->encoding()));
}

Status ObjectRefcount(Context& ctx, const Args& args) {
  EntryHandle entry = FindUntouched(ctx, args.key(2));
  if (!entry) return ctx.reply().Null();
  // Redis shares the integers below 10,000, unless a maxmemory policy needs to know how each one is
  // used, and shows INT_MAX for them. Here nothing is shared, but clients get the same answer.
  constexpr int64_t kSharedIntegers = 10'000;
  const Config& config = ctx.config();
  const bool shares =
      config.maxmemory == 0 || !(IsLru(config.maxmemory_policy) || config.UsesLfu());
  const bool shared =
      shares && entry->is_integer() && entry->integer() >= 0 && entry->integer() < kSharedIntegers;
  return ctx.reply().Integer(shared ? INT32_MAX : 1);
}

Status ObjectIdletime(Context& ctx, const Args& args) {
  EntryHandle entry = FindUntouched(ctx, args.key(2));
  if (!entry) return ctx.reply().Null();
  if (ctx.config().UsesLfu()) return kErrLfuSelected;
  return ctx.reply().Integer(LruIdleSeconds(entry->access(), ctx.now_ms()));
}

Status ObjectFreq(Context& ctx, const Args& args) {
  EntryHandle entry = FindUntouched(ctx, args.key(2));
  if (!entry) return ctx.reply().Null();
  if (!ctx.config().UsesLfu()) return kErrLfuNotSelected;
  return ctx.reply().Integer(LfuCounter(entry->access(), ctx.now_ms(),
                                        static_cast<uint32_t>(ctx.config().lfu_decay_time)));
}

Status ObjectHelp(Context& ctx, const Args& args) {
  return ReplyHelp(
      ctx.reply(), args,
      {"ENCODING <key>", "    Name the encoding in which the value of <key> is kept.", "FREQ <key>",
       "    Show how often <key> is used, on a logarithmic scale from 0 to 255.", "IDLETIME <key>",
       "    Show for how many seconds <key> has not been used.", "REFCOUNT <key>",
       "    Show how many references to the value of <key> there are."});
}

constexpr CommandSpec kRows[] = {
    Command({.name = "object",
             .arity = -2,
             .flags = kContainer,
             .since = "2.2.3",
             .complexity = "Depends on subcommand.",
             .summary = "Holds the commands that look inside a key's value."}),
    Command({.name = "encoding",
             .parent = "object",
             .arity = 3,
             .flags = kReadonly,
             .acl = kAclKeyspace,
             .keys = {KeyAt(2, kKeyLooked)},
             .run = ObjectEncoding,
             .since = "2.2.3",
             .complexity = "O(1)",
             .summary = "Names the encoding in which a key's value is kept.",
             .syntax = "key",
             .tips = "nondeterministic_output"}),
    Command({.name = "freq",
             .parent = "object",
             .arity = 3,
             .flags = kReadonly,
             .acl = kAclKeyspace,
             .keys = {KeyAt(2, kKeyLooked)},
             .run = ObjectFreq,
             .since = "4.0.0",
             .complexity = "O(1)",
             .summary = "Tells how often a key is used, on a logarithmic scale.",
             .syntax = "key",
             .tips = "nondeterministic_output"}),
    Command({.name = "idletime",
             .parent = "object",
             .arity = 3,
             .flags = kReadonly,
             .acl = kAclKeyspace,
             .keys = {KeyAt(2, kKeyLooked)},
             .run = ObjectIdletime,
             .since = "2.2.3",
             .complexity = "O(1)",
             .summary = "Tells for how many seconds a key has not been used.",
             .syntax = "key",
             .tips = "nondeterministic_output"}),
    Command({.name = "refcount",
             .parent = "object",
             .arity = 3,
             .flags = kReadonly,
             .acl = kAclKeyspace,
             .keys = {KeyAt(2, kKeyLooked)},
             .run = ObjectRefcount,
             .since = "2.2.3",
             .complexity = "O(1)",
             .summary = "Tells how many references to a key's value there are.",
             .syntax = "key",
             .tips = "nondeterministic_output"}),
    Command({.name = "help",
             .parent = "object",
             .arity = 2,
             .flags = kLoading | kStale,
             .acl = kAclKeyspace,
             .run = ObjectHelp,
             .since = "6.2.0",
             .complexity = "O(1)",
             .summary = "Explains the subcommands of OBJECT."}),
};

}  // namespace

std::span<const CommandSpec> KeyObjectRows() {
  return kRows;
}

}  // namespace gotthard
