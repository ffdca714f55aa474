// The list commands that wait until there is something: BLPOP, BRPOP, BLMOVE, BRPOPLPUSH, BLMPOP.
//
// A client that waits has its request run again when one of its keys holds a list; the handlers do
// not know the difference.
#include <string_view>
#include <vector>

#include "commands/deadline.h"
#include "commands/family_rows.h"
#include "commands/list_rows.h"

namespace gotthard {
namespace {

using End = ListValue::End;

// Waits for any of the keys, or answers as if the time were over where waiting is not allowed.
Status WaitForLists(Context& ctx, const Args& args, size_t first, size_t count,
                    int64_t deadline_ms) {
  std::vector<std::string_view> keys;
  for (size_t i = first; i < first + count; ++i) keys.push_back(args[i]);
  return ctx.BlockForKeys(args, {.type = Type::kList, .keys = keys, .deadline_ms = deadline_ms});
}

// BLPOP key [key ...] timeout
Status BlockingPop(Context& ctx, const Args& args, End end) {
  const size_t last = args.size() - 1;
  auto deadline_ms = ParseDeadlineSeconds(ctx, args[last]);
  if (!deadline_ms) return deadline_ms.error();
  auto popped = PopFromFirst(ctx, args, 1, last - 1,
                             [&](const Key& key, ListValue& list) { PopOne(ctx, key, list, end); });
  if (!popped) return popped.error();
  if (*popped) return Status::Ok();
  if (ctx.deny_blocking()) return ctx.reply().NullArray();
  return WaitForLists(ctx, args, 1, last - 1, *deadline_ms);
}

Status Blpop(Context& ctx, const Args& args) {
  return BlockingPop(ctx, args, End::kHead);
}
Status Brpop(Context& ctx, const Args& args) {
  return BlockingPop(ctx, args, End::kTail);
}

Status BlockingMove(Context& ctx, const Args& args, End from, End to, std::string_view timeout) {
  auto deadline_ms = ParseDeadlineSeconds(ctx, timeout);
  if (!deadline_ms) return deadline_ms.error();
  auto source = ctx.FindWriteOf(Type::kList, args.key(1));
  if (!source) return source.error();
  if (*source) return MoveItem(ctx, args, *source, from, to);
  if (ctx.deny_blocking()) return ctx.reply().Null();
  return WaitForLists(ctx, args, 1, 1, *deadline_ms);
}

// BLMOVE source destination LEFT|RIGHT LEFT|RIGHT timeout
Status Blmove(Context& ctx, const Args& args) {
  const auto from = ParseEnd(args[3]);
  const auto to = ParseEnd(args[4]);
  if (!from || !to) return kErrSyntax;
  return BlockingMove(ctx, args, *from, *to, args[5]);
}

// BRPOPLPUSH source destination timeout
Status Brpoplpush(Context& ctx, const Args& args) {
  return BlockingMove(ctx, args, End::kTail, End::kHead, args[3]);
}

// BLMPOP timeout numkeys key [key ...] LEFT|RIGHT [COUNT count]
Status Blmpop(Context& ctx, const Args& args) {
  auto pop = ParseMultiPop(args, 2);
  if (!pop) return pop.error();
  auto deadline_ms = ParseDeadlineSeconds(ctx, args[1]);
  if (!deadline_ms) return deadline_ms.error();
  auto popped = PopFromFirst(ctx, args, *pop);
  if (!popped) return popped.error();
  if (*popped) return Status::Ok();
  if (ctx.deny_blocking()) return ctx.reply().NullArray();
  return WaitForLists(ctx, args, pop->first_key, pop->keys, *deadline_ms);
}

constexpr std::string_view kDoubleTimeout =
    "6.0.0: `timeout` is interpreted as a double instead of an integer.";

constexpr CommandSpec kRows[] = {
    Command({.name = "blpop",
             .arity = -3,
             .flags = kWrite | kBlocking,
             .acl = kAclList,
             .group = CommandGroup::kList,
             .keys = {KeyRange(1, -2, 1, kKeyPopped)},
             .run = Blpop,
             .since = "2.0.0",
             .complexity = "O(N) where N is the number of provided keys.",
             .summary = "Takes the first element of the first of several lists that has any, and "
                        "waits until one has.",
             .syntax = "key... timeout(double)",
             .history = kDoubleTimeout}),
    Command({.name = "brpop",
             .arity = -3,
             .flags = kWrite | kBlocking,
             .acl = kAclList,
             .group = CommandGroup::kList,
             .keys = {KeyRange(1, -2, 1, kKeyPopped)},
             .run = Brpop,
             .since = "2.0.0",
             .complexity = "O(N) where N is the number of provided keys.",
             .summary = "Takes the last element of the first of several lists that has any, and "
                        "waits until one has.",
             .syntax = "key... timeout(double)",
             .history = kDoubleTimeout}),
    Command({.name = "blmove",
             .arity = 6,
             .flags = kWrite | kDenyOom | kBlocking,
             .acl = kAclList,
             .group = CommandGroup::kList,
             .keys = {KeyAt(1, kKeyPopped), KeyAt(2, kKeyPushed)},
             .run = Blmove,
             .since = "6.2.0",
             .complexity = "O(1)",
             .summary = "Moves an element from one end of a list to one end of another, and waits "
                        "until there is one.",
             .syntax = "source destination wherefrom=<LEFT | RIGHT> whereto=<LEFT | RIGHT> "
                       "timeout(double)"}),
    Command({.name = "brpoplpush",
             .arity = 4,
             .flags = kWrite | kDenyOom | kBlocking,
             .acl = kAclList,
             .group = CommandGroup::kList,
             .keys = {KeyAt(1, kKeyPopped), KeyAt(2, kKeyPushed)},
             .run = Brpoplpush,
             .since = "2.2.0",
             .complexity = "O(1)",
             .summary = "Moves the last element of a list in front of another, and waits until "
                        "there is one.",
             .syntax = "source destination timeout(double)",
             .history = kDoubleTimeout,
             .deprecated_since = "6.2.0",
             .replaced_by = "`BLMOVE` with the `RIGHT` and `LEFT` arguments"}),
    Command({.name = "blmpop",
             .arity = -5,
             .flags = kWrite | kBlocking | kMovableKeys,
             .acl = kAclList,
             .group = CommandGroup::kList,
             .keys = {KeysCounted(2, kKeyPopped)},
             .run = Blmpop,
             .since = "7.0.0",
             .complexity = "O(N+M) where N is the number of provided keys and M is the number of "
                           "elements returned.",
             .summary = "Takes elements from the first of several lists that has any, and waits "
                        "until one has.",
             .syntax = "timeout(double) numkeys key... where=<LEFT | RIGHT> [COUNT count]"}),
};

}  // namespace

std::span<const CommandSpec> ListBlockingRows() {
  return kRows;
}

}  // namespace gotthard
