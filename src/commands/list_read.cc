// Reading lists: LLEN, LINDEX, LRANGE, LPOS.
#include <algorithm>
#include <optional>

#include "base/numbers.h"
#include "commands/family_rows.h"
#include "commands/list_rows.h"

namespace gotthard {
namespace {

Status Llen(Context& ctx, const Args& args) {
  auto entry = ctx.FindReadOf(Type::kList, args.key(1));
  if (!entry) return entry.error();
  const size_t count = *entry ? ListValue::CountOf(**entry) : 0;
  return ctx.reply().Integer(static_cast<int64_t>(count));
}

// LINDEX key index
Status Lindex(Context& ctx, const Args& args) {
  auto entry = ctx.FindReadOf(Type::kList, args.key(1));
  if (!entry) return entry.error();
  if (!*entry) return ctx.reply().Null();
  const auto index = ParseInt64(args[2]);
  if (!index) return kErrNotInteger;
  const ListCursor at = ListValue::CursorOf(**entry, *index);
  return at.done() ? ctx.reply().Null() : ReplyItem(ctx.reply(), at.item());
}

// LRANGE key start stop
Status Lrange(Context& ctx, const Args& args) {
  const auto from = ParseInt64(args[2]);
  const auto to = ParseInt64(args[3]);
  if (!from || !to) return kErrNotInteger;
  auto entry = ctx.FindReadOf(Type::kList, args.key(1));
  if (!entry) return entry.error();
  if (!*entry) return ctx.reply().EmptyArray();
  const auto count = static_cast<int64_t>(ListValue::CountOf(**entry));
  const int64_t start = std::max<int64_t>(*from < 0 ? *from + count : *from, 0);
  const int64_t stop = std::min(*to < 0 ? *to + count : *to, count - 1);
  if (start > stop) return ctx.reply().EmptyArray();
  ReplyItems(ctx.reply(), ListValue::CursorOf(**entry, start),
             static_cast<size_t>(stop - start + 1));
  return Status::Ok();
}

struct PositionQuery {
  int64_t rank = 1;  // negative: from the tail
  std::optional<int64_t> count;
  int64_t max_length = 0;  // 0: all
};

Result<PositionQuery> ParsePosition(const Args& args) {
  static constexpr ErrorText kRankZero{
      "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use "
      "negative to start from the end of the list"};
  static constexpr ErrorText kRankRange{
      "ERR value is out of range, value must between -9223372036854775807 and "
      "9223372036854775807"};
  static constexpr ErrorText kCountNegative{"ERR COUNT can't be negative"};
  static constexpr ErrorText kLengthNegative{"ERR MAXLEN can't be negative"};
  PositionQuery query;
  for (size_t i = 3; i < args.size(); i += 2) {
    if (i + 1 == args.size()) return kErrSyntax;
    const auto number = ParseInt64(args[i + 1]);
    if (IsOption(args[i], "rank")) {
      if (!number) return kErrNotInteger;
      if (*number == INT64_MIN) return kRankRange;
      if (*number == 0) return kRankZero;
      query.rank = *number;
    } else if (IsOption(args[i], "count")) {
      if (!number || *number < 0) return kCountNegative;
      query.count = *number;
    } else if (IsOption(args[i], "maxlen")) {
      if (!number || *number < 0) return kLengthNegative;
      query.max_length = *number;
    } else {
      return kErrSyntax;
    }
  }
  return query;
}

// LPOS key element [RANK rank] [COUNT num-matches] [MAXLEN len]
Status Lpos(Context& ctx, const Args& args) {
  auto query = ParsePosition(args);
  if (!query) return query.error();
  auto entry = ctx.FindReadOf(Type::kList, args.key(1));
  if (!entry) return entry.error();
  ReplyWriter& reply = ctx.reply();
  if (!*entry) return query->count ? reply.EmptyArray() : reply.Null();
  const bool backward = query->rank < 0;
  const auto all = static_cast<int64_t>(ListValue::CountOf(**entry));
  const int64_t length = query->max_length == 0 ? all : std::min(all, query->max_length);
  const PackedNeedle needle(args[2]);
  int64_t to_skip = (backward ? -query->rank : query->rank) - 1;
  const int64_t wanted = query->count.value_or(1);
  ListCursor at = backward ? ListValue::CursorOf(**entry, -1, ListValue::Direction::kBackward)
                           : ListValue::CursorOf(**entry, 0);
  const size_t mark = query->count ? reply.Defer() : 0;
  uint64_t found = 0;
  for (int64_t i = 0; i < length; ++i, at.Next()) {
    if (!needle.Is(at.item()) || to_skip-- > 0) continue;
    ++found;
    reply.Integer(backward ? all - i - 1 : i);
    if (static_cast<int64_t>(found) == wanted) break;
  }
  if (query->count) return reply.SetArrayLength(mark, found);
  return found == 0 ? reply.Null() : Replied{};
}

constexpr CommandSpec kRows[] = {
    Command({.name = "llen",
             .arity = 2,
             .flags = kReadonly | kFast,
             .acl = kAclList,
             .group = CommandGroup::kList,
             .keys = {KeyAt(1, kKeyLooked)},
             .run = Llen,
             .since = "1.0.0",
             .complexity = "O(1)",
             .summary = "Tells how many elements a list has.",
             .syntax = "key"}),
    Command({.name = "lindex",
             .arity = 3,
             .flags = kReadonly,
             .acl = kAclList,
             .group = CommandGroup::kList,
             .keys = {KeyAt(1, kKeyRead)},
             .run = Lindex,
             .since = "1.0.0",
             .complexity = "O(N) where N is the number of elements to traverse to get to the "
                           "element at index. This makes asking for the first or the last element "
                           "of the list O(1).",
             .summary = "Returns the element at an index of a list.",
             .syntax = "key index"}),
    Command({.name = "lrange",
             .arity = 4,
             .flags = kReadonly,
             .acl = kAclList,
             .group = CommandGroup::kList,
             .keys = {KeyAt(1, kKeyRead)},
             .run = Lrange,
             .since = "1.0.0",
             .complexity = "O(S+N) where S is the distance of start offset from HEAD for small "
                           "lists, from nearest end (HEAD or TAIL) for large lists; and N is the "
                           "number of elements in the specified range.",
             .summary = "Returns a range of a list's elements.",
             .syntax = "key start(integer) stop(integer)"}),
    Command({.name = "lpos",
             .arity = -3,
             .flags = kReadonly,
             .acl = kAclList,
             .group = CommandGroup::kList,
             .keys = {KeyAt(1, kKeyRead)},
             .run = Lpos,
             .since = "6.0.6",
             .complexity = "O(N) where N is the number of elements in the list, for the average "
                           "case. When searching for elements near the head or the tail of the "
                           "list, or when the MAXLEN option is provided, the command may run in "
                           "constant time.",
             .summary = "Returns the indices at which a list holds an element.",
             .syntax = "key element [RANK rank] [COUNT num-matches(integer)] [MAXLEN len]"}),
};

}  // namespace

std::span<const CommandSpec> ListReadRows() {
  return kRows;
}

}  // namespace gotthard
