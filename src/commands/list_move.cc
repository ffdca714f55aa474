// From the end of one list to the end of another: LMOVE, RPOPLPUSH.
#include <string>

#include "commands/family_rows.h"
#include "commands/list_rows.h"

namespace gotthard {
namespace {

using End = ListValue::End;

Status MoveBetween(Context& ctx, const Args& args, End from, End to) {
  auto source = ctx.FindWriteOf(Type::kList, args.key(1));
  if (!source) return source.error();
  if (!*source) return ctx.reply().Null();
  return MoveItem(ctx, args, *source, from, to);
}

// LMOVE source destination LEFT|RIGHT LEFT|RIGHT
Status Lmove(Context& ctx, const Args& args) {
  const auto from = ParseEnd(args[3]);
  const auto to = ParseEnd(args[4]);
  if (!from || !to) return kErrSyntax;
  return MoveBetween(ctx, args, *from, *to);
}

// RPOPLPUSH source destination
Status Rpoplpush(Context& ctx, const Args& args) {
  return MoveBetween(ctx, args, End::kTail, End::kHead);
}

constexpr CommandSpec kRows[] = {
    Command({.name = "lmove",
             .arity = 5,
             .flags = kWrite | kDenyOom,
             .acl = kAclList,
             .group = CommandGroup::kList,
             .keys = {KeyAt(1, kKeyPopped), KeyAt(2, kKeyPushed)},
             .run = Lmove,
             .since = "6.2.0",
             .complexity = "O(1)",
             .summary = "Takes an element from one end of a list and puts it to one end of "
                        "another.",
             .syntax = "source destination wherefrom=<LEFT | RIGHT> whereto=<LEFT | RIGHT>"}),
    Command({.name = "rpoplpush",
             .arity = 3,
             .flags = kWrite | kDenyOom,
             .acl = kAclList,
             .group = CommandGroup::kList,
             .keys = {KeyAt(1, kKeyPopped), KeyAt(2, kKeyPushed)},
             .run = Rpoplpush,
             .since = "1.2.0",
             .complexity = "O(1)",
             .summary = "Takes the last element of a list and puts it in front of another.",
             .syntax = "source destination",
             .deprecated_since = "6.2.0",
             .replaced_by = "`LMOVE` with the `RIGHT` and `LEFT` arguments"}),
};

}  // namespace

Status MoveItem(Context& ctx, const Args& args, EntryHandle source, End from, End to) {
  const Key source_key = args.key(1);
  const Key target_key = args.key(2);
  const bool same = source_key.name == target_key.name;
  const std::string_view push_event = to == End::kHead ? "lpush" : "rpush";
  const std::string_view pop_event = from == End::kHead ? "lpop" : "rpop";
  auto target = ctx.FindWriteOf(Type::kList, target_key);
  if (!target) return target.error();
  // A copy: the push moves what the source's items lie in.
  char buffer[24];
  const std::string item(
      ListValue::CursorOf(*source, from == End::kHead ? 0 : -1).item().Text(buffer));
  // One item was moved: the push is told of, but not counted.
  const auto told_push = [&] { ChangedItems(ctx, target_key, push_event, 0); };
  const auto take = [from](ListValue& list) {
    list.Erase(from == End::kHead ? 0 : list.Count() - 1, 1);
  };
  if (same) {
    ListValue list(ctx, source_key, source);
    take(list);
    list.Push(item, to);
    told_push();
    ctx.Changed(source_key, kEventList, pop_event);
    list.Settle();
  } else {
    ListValue(ctx, target_key, *target).Push(item, to);
    told_push();
    ListValue list(ctx, source_key, ctx.db().Find(source_key));
    take(list);
    ctx.Changed(source_key, kEventList, pop_event);
    list.Settle();
  }
  return ctx.reply().Bulk(item);
}

std::span<const CommandSpec> ListMoveRows() {
  return kRows;
}

}  // namespace gotthard
