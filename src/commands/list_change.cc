// Changing lists elsewhere than at their ends: LSET, LINSERT, LREM, LTRIM.
#include <algorithm>

#include "base/numbers.h"
#include "commands/family_rows.h"
#include "commands/list_rows.h"

namespace gotthard {
namespace {

// LSET key index element
Status Lset(Context& ctx, const Args& args) {
  const Key key = args.key(1);
  auto entry = ctx.FindWriteOf(Type::kList, key);
  if (!entry) return entry.error();
  if (!*entry) return kErrNoSuchKey;
  const auto wanted = ParseInt64(args[2]);
  if (!wanted) return kErrNotInteger;
  ListValue list(ctx, key, *entry);
  // Before it is known whether the element finds a place: so does Redis, and OBJECT ENCODING shows
  // it.
  list.PrepareFor(args[3]);
  const auto count = static_cast<int64_t>(list.Count());
  const int64_t index = *wanted < 0 ? *wanted + count : *wanted;
  if (index < 0 || index >= count) return kErrOutOfRange;
  list.Replace(static_cast<size_t>(index), args[3]);
  ctx.Changed(key, kEventList, "lset");
  list.Settle();
  return ctx.reply().Ok();
}

// LINSERT key BEFORE|AFTER pivot element
Status Linsert(Context& ctx, const Args& args) {
  const bool after = IsOption(args[2], "after");
  if (!after && !IsOption(args[2], "before")) return kErrSyntax;
  const Key key = args.key(1);
  auto entry = ctx.FindWriteOf(Type::kList, key);
  if (!entry) return entry.error();
  if (!*entry) return ctx.reply().Integer(0);
  ListValue list(ctx, key, *entry);
  list.PrepareFor(args[4]);  // even if there is no such pivot, as in LSET
  const PackedNeedle pivot(args[3]);
  size_t index = 0;
  {
    ListCursor at = list.Cursor(0);
    while (!at.done() && !pivot.Is(at.item())) {
      at.Next();
      ++index;
    }
    if (at.done()) return ctx.reply().Integer(-1);
  }
  list.Insert(after ? index + 1 : index, args[4]);
  ctx.Changed(key, kEventList, "linsert");
  return ctx.reply().Integer(static_cast<int64_t>(list.Count()));
}

// LREM key count element
Status Lrem(Context& ctx, const Args& args) {
  const auto wanted = ParseInt64(args[2]);
  if (!wanted) return kErrNotInteger;
  const Key key = args.key(1);
  auto entry = ctx.FindWriteOf(Type::kList, key);
  if (!entry) return entry.error();
  if (!*entry) return ctx.reply().Integer(0);
  const auto magnitude =
      *wanted < 0 ? 0 - static_cast<uint64_t>(*wanted) : static_cast<uint64_t>(*wanted);
  ListValue list(ctx, key, *entry);
  const size_t removed =
      list.Remove(args[3], magnitude == 0 ? SIZE_MAX : magnitude, /*from_tail=*/*wanted < 0);
  if (removed != 0) {
    ChangedItems(ctx, key, "lrem", removed);
    list.Settle();
  }
  return ctx.reply().Integer(static_cast<int64_t>(removed));
}

// LTRIM key start stop
Status Ltrim(Context& ctx, const Args& args) {
  const auto from = ParseInt64(args[2]);
  const auto to = ParseInt64(args[3]);
  if (!from || !to) return kErrNotInteger;
  const Key key = args.key(1);
  auto entry = ctx.FindWriteOf(Type::kList, key);
  if (!entry) return entry.error();
  if (!*entry) return ctx.reply().Ok();
  ListValue list(ctx, key, *entry);
  const auto count = static_cast<int64_t>(list.Count());
  const int64_t start = std::max<int64_t>(*from < 0 ? *from + count : *from, 0);
  const int64_t stop = std::min(*to < 0 ? *to + count : *to, count - 1);
  if (start > stop) {
    // All of it: the value goes as a whole, on the other thread if it is big.
    ChangedItems(ctx, key, "ltrim", static_cast<size_t>(count));
    ctx.server().FreeEntry(ctx.db(), *entry, /*lazy=*/false);
    ctx.Notify(kEventGeneric, "del", key);
    return ctx.reply().Ok();
  }
  list.Erase(static_cast<size_t>(stop + 1), static_cast<size_t>(count - 1 - stop));
  list.Erase(0, static_cast<size_t>(start));
  ChangedItems(ctx, key, "ltrim", static_cast<size_t>(start + count - 1 - stop));
  list.Settle();
  return ctx.reply().Ok();
}

constexpr uint16_t kKeySet = kKeyReadWrite | kKeyUpdate;
constexpr uint16_t kKeyCut = kKeyReadWrite | kKeyDelete;

constexpr CommandSpec kRows[] = {
    Command({.name = "lset",
             .arity = 4,
             .flags = kWrite | kDenyOom,
             .acl = kAclList,
             .group = CommandGroup::kList,
             .keys = {KeyAt(1, kKeySet)},
             .run = Lset,
             .since = "1.0.0",
             .complexity = "O(N) where N is the length of the list. Setting either the first or "
                           "the last element of the list is O(1).",
             .summary = "Replaces the element at an index of a list.",
             .syntax = "key index element"}),
    Command({.name = "linsert",
             .arity = 5,
             .flags = kWrite | kDenyOom,
             .acl = kAclList,
             .group = CommandGroup::kList,
             .keys = {KeyAt(1, kKeyPushed)},
             .run = Linsert,
             .since = "2.2.0",
             .complexity = "O(N) where N is the number of elements to traverse before seeing the "
                           "value pivot. This means that inserting somewhere on the left end on "
                           "the list (head) can be considered O(1) and inserting somewhere on the "
                           "right end (tail) is O(N).",
             .summary = "Puts an element before or after another one of a list.",
             .syntax = "key where=<BEFORE | AFTER> pivot element"}),
    Command({.name = "lrem",
             .arity = 4,
             .flags = kWrite,
             .acl = kAclList,
             .group = CommandGroup::kList,
             .keys = {KeyAt(1, kKeyCut)},
             .run = Lrem,
             .since = "1.0.0",
             .complexity = "O(N+M) where N is the length of the list and M is the number of "
                           "elements removed.",
             .summary = "Removes elements of a list that are equal to a given one.",
             .syntax = "key count element"}),
    Command({.name = "ltrim",
             .arity = 4,
             .flags = kWrite,
             .acl = kAclList,
             .group = CommandGroup::kList,
             .keys = {KeyAt(1, kKeyCut)},
             .run = Ltrim,
             .since = "1.0.0",
             .complexity = "O(N) where N is the number of elements to be removed by the operation.",
             .summary = "Cuts a list down to a range of its elements.",
             .syntax = "key start(integer) stop(integer)"}),
};

}  // namespace

std::span<const CommandSpec> ListChangeRows() {
  return kRows;
}

}  // namespace gotthard
