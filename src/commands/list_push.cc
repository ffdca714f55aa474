// Pushing to and popping from the ends of lists.
#include <algorithm>

#include "base/numbers.h"
#include "commands/family_rows.h"
#include "commands/list_rows.h"

namespace gotthard {
namespace {

using End = ListValue::End;

std::string_view PushEvent(End end) {
  return end == End::kHead ? "lpush" : "rpush";
}
std::string_view PopEvent(End end) {
  return end == End::kHead ? "lpop" : "rpop";
}

Status PushTo(Context& ctx, const Args& args, End end, bool only_existing) {
  const Key key = args.key(1);
  auto entry = ctx.FindWriteOf(Type::kList, key);
  if (!entry) return entry.error();
  if (only_existing && !*entry) return ctx.reply().Integer(0);
  ListValue list(ctx, key, *entry);
  list.Push(args, 2, args.size(), end);
  ChangedItems(ctx, key, PushEvent(end), args.size() - 2);
  return ctx.reply().Integer(static_cast<int64_t>(list.Count()));
}

Status Lpush(Context& ctx, const Args& args) {
  return PushTo(ctx, args, End::kHead, false);
}
Status Rpush(Context& ctx, const Args& args) {
  return PushTo(ctx, args, End::kTail, false);
}
Status Lpushx(Context& ctx, const Args& args) {
  return PushTo(ctx, args, End::kHead, true);
}
Status Rpushx(Context& ctx, const Args& args) {
  return PushTo(ctx, args, End::kTail, true);
}

// LPOP key [count]
Status PopFrom(Context& ctx, const Args& args, End end) {
  if (args.size() > 3) {
    return Status::Error("ERR wrong number of arguments for '" +
                         std::string(end == End::kHead ? "lpop" : "rpop") + "' command");
  }
  const bool counted = args.size() == 3;
  std::optional<int64_t> count = 1;
  if (counted) {
    count = ParseInt64(args[2]);
    if (!count || *count < 0) return kErrNegativeCount;
  }
  const Key key = args.key(1);
  auto entry = ctx.FindWriteOf(Type::kList, key);
  if (!entry) return entry.error();
  if (!*entry) return counted ? ctx.reply().NullArray() : ctx.reply().Null();
  if (*count == 0) return ctx.reply().EmptyArray();
  ListValue list(ctx, key, *entry);
  if (counted) {
    PopMany(ctx, key, list, end, static_cast<size_t>(*count));
  } else {
    PopOne(ctx, key, list, end);
  }
  return Status::Ok();
}

Status Lpop(Context& ctx, const Args& args) {
  return PopFrom(ctx, args, End::kHead);
}
Status Rpop(Context& ctx, const Args& args) {
  return PopFrom(ctx, args, End::kTail);
}

// LMPOP numkeys key [key ...] LEFT|RIGHT [COUNT count]
Status Lmpop(Context& ctx, const Args& args) {
  auto pop = ParseMultiPop(args, 1);
  if (!pop) return pop.error();
  auto popped = PopFromFirst(ctx, args, *pop);
  if (!popped) return popped.error();
  return *popped ? Status::Ok() : ctx.reply().NullArray();
}

constexpr std::string_view kPushCost =
    "O(1) for each element added, so O(N) to add N elements when the command is called with "
    "multiple arguments.";

constexpr CommandSpec kRows[] = {
    Command({.name = "lpush",
             .arity = -3,
             .flags = kWrite | kDenyOom | kFast,
             .acl = kAclList,
             .group = CommandGroup::kList,
             .keys = {KeyAt(1, kKeyPushed)},
             .run = Lpush,
             .since = "1.0.0",
             .complexity = kPushCost,
             .summary = "Puts elements in front of a list, which is made if it is missing.",
             .syntax = "key element...",
             .history = "2.4.0: Accepts multiple `element` arguments."}),
    Command({.name = "rpush",
             .arity = -3,
             .flags = kWrite | kDenyOom | kFast,
             .acl = kAclList,
             .group = CommandGroup::kList,
             .keys = {KeyAt(1, kKeyPushed)},
             .run = Rpush,
             .since = "1.0.0",
             .complexity = kPushCost,
             .summary = "Puts elements behind a list, which is made if it is missing.",
             .syntax = "key element...",
             .history = "2.4.0: Accepts multiple `element` arguments."}),
    Command({.name = "lpushx",
             .arity = -3,
             .flags = kWrite | kDenyOom | kFast,
             .acl = kAclList,
             .group = CommandGroup::kList,
             .keys = {KeyAt(1, kKeyPushed)},
             .run = Lpushx,
             .since = "2.2.0",
             .complexity = kPushCost,
             .summary = "Puts elements in front of a list that exists.",
             .syntax = "key element...",
             .history = "4.0.0: Accepts multiple `element` arguments."}),
    Command({.name = "rpushx",
             .arity = -3,
             .flags = kWrite | kDenyOom | kFast,
             .acl = kAclList,
             .group = CommandGroup::kList,
             .keys = {KeyAt(1, kKeyPushed)},
             .run = Rpushx,
             .since = "2.2.0",
             .complexity = kPushCost,
             .summary = "Puts elements behind a list that exists.",
             .syntax = "key element...",
             .history = "4.0.0: Accepts multiple `element` arguments."}),
    Command({.name = "lpop",
             .arity = -2,
             .flags = kWrite | kFast,
             .acl = kAclList,
             .group = CommandGroup::kList,
             .keys = {KeyAt(1, kKeyPopped)},
             .run = Lpop,
             .since = "1.0.0",
             .complexity = "O(N) where N is the number of elements returned",
             .summary = "Takes elements from the front of a list.",
             .syntax = "key [count]@6.2.0",
             .history = "6.2.0: Added the `count` argument."}),
    Command({.name = "rpop",
             .arity = -2,
             .flags = kWrite | kFast,
             .acl = kAclList,
             .group = CommandGroup::kList,
             .keys = {KeyAt(1, kKeyPopped)},
             .run = Rpop,
             .since = "1.0.0",
             .complexity = "O(N) where N is the number of elements returned",
             .summary = "Takes elements from the end of a list.",
             .syntax = "key [count]@6.2.0",
             .history = "6.2.0: Added the `count` argument."}),
    Command({.name = "lmpop",
             .arity = -4,
             .flags = kWrite | kMovableKeys,
             .acl = kAclList,
             .group = CommandGroup::kList,
             .keys = {KeysCounted(1, kKeyPopped)},
             .run = Lmpop,
             .since = "7.0.0",
             .complexity = "O(N+M) where N is the number of provided keys and M is the number of "
                           "elements returned.",
             .summary = "Takes elements from the first of several lists that has any.",
             .syntax = "numkeys key... where=<LEFT | RIGHT> [COUNT count]"}),
};

}  // namespace

void PopMany(Context& ctx, const Key& key, ListValue& list, End end, size_t count) {
  const size_t all = list.Count();
  count = std::min(count, all);
  const bool head = end == End::kHead;
  const auto direction = head ? ListValue::Direction::kForward : ListValue::Direction::kBackward;
  ReplyItems(ctx.reply(), list.Cursor(head ? 0 : -1, direction), count);
  list.Erase(head ? 0 : all - count, count);
  ChangedItems(ctx, key, PopEvent(end), count);
  list.Settle();
}

void PopOne(Context& ctx, const Key& key, ListValue& list, End end) {
  const bool head = end == End::kHead;
  ReplyItem(ctx.reply(), list.Cursor(head ? 0 : -1).item());
  list.Erase(head ? 0 : list.Count() - 1, 1);
  ctx.Changed(key, kEventList, PopEvent(end));
  list.Settle();
}

Result<MultiPop> ParseMultiPop(const Args& args, size_t at) {
  static constexpr ErrorText kNumkeys{"ERR numkeys should be greater than 0"};
  static constexpr ErrorText kCount{"ERR count should be greater than 0"};
  MultiPop pop;
  const auto keys = ParseInt64(args[at]);
  if (!keys || *keys <= 0) return kNumkeys;
  const size_t left = args.size() - at - 1;
  // The keys, and where to pop.
  if (static_cast<uint64_t>(*keys) >= left) return kErrSyntax;
  pop.first_key = at + 1;
  pop.keys = static_cast<size_t>(*keys);
  const size_t where = at + 1 + pop.keys;
  const auto end = ParseEnd(args[where]);
  if (!end) return kErrSyntax;
  pop.end = *end;
  bool counted = false;
  for (size_t i = where + 1; i < args.size(); i += 2) {
    if (counted || !IsOption(args[i], "count") || i + 1 == args.size()) return kErrSyntax;
    const auto count = ParseInt64(args[i + 1]);
    if (!count || *count <= 0) return kCount;
    pop.count = static_cast<size_t>(*count);
    counted = true;
  }
  return pop;
}

Result<bool> PopFromFirst(Context& ctx, const Args& args, const MultiPop& pop) {
  return PopFromFirst(ctx, args, pop.first_key, pop.keys, [&](const Key& key, ListValue& list) {
    PopMany(ctx, key, list, pop.end, pop.count);
  });
}

std::span<const CommandSpec> ListPushRows() {
  return kRows;
}

}  // namespace gotthard
