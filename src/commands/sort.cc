// SORT and SORT_RO: the elements of a list, set or sorted set in an order, or what keys named after
// them hold.
//
// Everything that is looked up is copied first: a lookup may remove an expired key, which ends all
// views into the database.
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/numbers.h"
#include "commands/changed_parts.h"
#include "commands/expiry_args.h"
#include "commands/families.h"
#include "commands/family_rows.h"
#include "commands/list_value.h"
#include "commands/sort_order.h"
#include "commands/type_hooks.h"
#include "commands/zset.h"
#include "exec/args.h"
#include "exec/context.h"

namespace gotthard {
namespace {

struct SortRequest {
  bool descending = false;
  bool alpha = false;
  bool in_order = false;  // BY a constant: as the collection has them
  int64_t offset = 0;
  int64_t count = -1;
  std::optional<std::string_view> by;
  std::optional<std::string_view> store;
  std::vector<std::string_view> get;
};

Result<SortRequest> ParseSort(const Args& args, bool may_store) {
  SortRequest request;
  for (size_t i = 2; i < args.size(); ++i) {
    const size_t more = args.size() - i - 1;
    if (IsOption(args[i], "asc")) {
      request.descending = false;
    } else if (IsOption(args[i], "desc")) {
      request.descending = true;
    } else if (IsOption(args[i], "alpha")) {
      request.alpha = true;
    } else if (IsOption(args[i], "limit") && more >= 2) {
      const auto offset = ParseInt64(args[i + 1]);
      const auto count = ParseInt64(args[i + 2]);
      if (!offset || !count) return kErrNotInteger;
      request.offset = *offset;
      request.count = *count;
      i += 2;
    } else if (may_store && IsOption(args[i], "store") && more >= 1) {
      request.store = args[++i];
    } else if (IsOption(args[i], "by") && more >= 1) {
      request.by = args[++i];
      request.in_order |= request.by->find('*') == std::string_view::npos;
    } else if (IsOption(args[i], "get") && more >= 1) {
      request.get.push_back(args[++i]);
    } else {
      return kErrSyntax;
    }
  }
  return request;
}

// A pattern of BY or GET, taken apart once.
class Pattern {
 public:
  explicit Pattern(std::string_view pattern) : itself_(pattern == "#") {
    const size_t star = pattern.find('*');
    if (itself_ || star == std::string_view::npos) return;
    has_star_ = true;
    prefix_ = pattern.substr(0, star);
    suffix_ = pattern.substr(star + 1);
    const size_t arrow = suffix_.find("->");
    if (arrow == std::string_view::npos || arrow + 2 == suffix_.size()) return;
    field_ = suffix_.substr(arrow + 2);
    suffix_ = suffix_.substr(0, arrow);
  }

  // What the pattern means for an item; nullopt if there is nothing. A copy.
  std::optional<std::string> Lookup(Context& ctx, const Args& args, std::string_view item) {
    if (itself_) return std::string(item);
    if (!has_star_) return std::nullopt;
    name_.assign(prefix_).append(item).append(suffix_);
    EntryHandle entry = ctx.FindRead(args.MakeKey(name_));
    if (!entry) return std::nullopt;
    if (field_) {
      const auto field = HooksOf(entry->type()).field;
      return field == nullptr ? std::nullopt : field(*entry, *field_, ctx.now_ms());
    }
    if (entry->type() != Type::kString) return std::nullopt;
    char digits[24];
    return std::string(entry->ValueText(digits));
  }

 private:
  bool itself_;
  bool has_star_ = false;
  std::string_view prefix_;
  std::string_view suffix_;
  std::optional<std::string_view> field_;
  std::string name_;
};

// Which of `size` items LIMIT chooses: [begin, end).
struct Window {
  size_t begin = 0;
  size_t end = 0;
};
Window WindowOf(const SortRequest& request, size_t size) {
  const auto all = static_cast<int64_t>(size);
  const int64_t begin = std::clamp<int64_t>(request.offset, 0, all);
  const int64_t count = request.count < 0 ? all : std::min(request.count, all);
  const int64_t end = std::min(begin + count, all);
  return {static_cast<size_t>(begin), static_cast<size_t>(end)};
}

// Reads the items; with in_order only as far as the window goes.
void Collect(const Entry& entry, bool backward, size_t wanted, SortItems& items) {
  if (wanted == 0) return;
  HooksOf(entry.type()).for_each(entry, backward, [&](std::string_view text) {
    items.Add(text);
    return items.size() < wanted;
  });
}

// False when a weight is no number.
bool Weigh(Context& ctx, const Args& args, const SortRequest& request, SortItems& items) {
  bool ok = true;
  if (!request.by) {
    for (size_t i = 0; !request.alpha && i < items.size(); ++i) {
      double weight = 0;
      ok &= ParseWeight(items.text(i), weight);
      items.SetWeight(i, weight);
    }
    return ok;
  }
  Pattern by(*request.by);
  for (size_t i = 0; i < items.size(); ++i) {
    const auto text = by.Lookup(ctx, args, std::string(items.text(i)));
    if (!text) continue;
    if (request.alpha) {
      items.SetText(i, *text);
    } else {
      double weight = 0;
      ok &= ParseWeight(*text, weight);
      items.SetWeight(i, weight);
    }
  }
  return ok;
}

void Order(Context& ctx, const SortRequest& request, size_t end, SortItems& items) {
  if (!request.alpha) {
    items.Sort(SortItems::By::kNumber, false, request.descending, end, nullptr);
    return;
  }
  // What is stored must not depend on the server's locale.
  locale_t locale = nullptr;
  if (!request.store)
    locale = newlocale(LC_COLLATE_MASK, ctx.config().locale_collate.c_str(), nullptr);
  items.Sort(SortItems::By::kText, request.by.has_value(), request.descending, end, locale);
  if (locale != nullptr) freelocale(locale);
}

void ReplySorted(Context& ctx, const Args& args, const SortRequest& request, const SortItems& items,
                 Window window) {
  ReplyWriter& reply = ctx.reply();
  const size_t each = std::max<size_t>(request.get.size(), 1);
  reply.ArrayHeader((window.end - window.begin) * each);
  std::vector<Pattern> patterns(request.get.begin(), request.get.end());
  for (size_t i = window.begin; i < window.end; ++i) {
    if (patterns.empty()) reply.Bulk(items.text(i));
    for (Pattern& pattern : patterns) {
      const auto value = pattern.Lookup(ctx, args, items.text(i));
      value ? reply.Bulk(*value) : reply.Null();
    }
  }
}

Status StoreSorted(Context& ctx, const Args& args, const SortRequest& request,
                   const SortItems& items, Window window) {
  auto list = std::make_unique<Quicklist>(ListOptionsOf(ctx.server()));
  std::vector<Pattern> patterns(request.get.begin(), request.get.end());
  for (size_t i = window.begin; i < window.end; ++i) {
    if (patterns.empty()) list->PushBack(items.text(i));
    for (Pattern& pattern : patterns) {
      list->PushBack(pattern.Lookup(ctx, args, items.text(i)).value_or(""));
    }
  }
  const Key key = args.MakeKey(*request.store);
  const size_t count = list->Count();
  if (count != 0) {
    const bool overwritten = FreeOverwritten(ctx, key);
    ListValue::Put(ctx, key, std::move(list), ExpiryToStore(ctx, /*exists=*/false, kNoExpiry));
    StoredParts(ctx, key, kEventList, "sortstore", count, overwritten);
  } else if (EntryHandle existing = ctx.FindWrite(key)) {
    ctx.Delete(existing, key, ctx.config().lazyfree_lazy_server_del);
  }
  return ctx.reply().Integer(static_cast<int64_t>(count));
}

Status SortBy(Context& ctx, const Args& args, bool may_store) {
  static constexpr ErrorText kNoDouble{"ERR One or more scores can't be converted into double"};
  auto request = ParseSort(args, may_store);
  if (!request) return request.error();
  EntryHandle entry = ctx.FindRead(args.key(1));
  const bool sortable = !entry || entry->type() == Type::kList || entry->type() == Type::kSet ||
                        entry->type() == Type::kZset;
  if (!sortable) return kErrWrongType;
  // A set has no order of its own, and what is stored must be the same each time.
  if (entry && entry->type() == Type::kSet && request->in_order && request->store) {
    request->in_order = false;
    request->alpha = true;
    request->by.reset();
  }
  // Redis sorts sorted sets in their big form, and that they keep.
  if (entry && entry->type() == Type::kZset && !entry->is_object()) {
    entry = MakeBigZset(ctx, args.key(1), entry);
  }
  SortItems items;
  Window window;
  if (entry) {
    const size_t size = HooksOf(entry->type()).count(*entry);
    window = WindowOf(*request, size);
    const bool own_order = request->in_order && entry->type() != Type::kSet;
    Collect(*entry, own_order && request->descending, own_order ? window.end : size, items);
  }
  if (!request->in_order) {
    if (!Weigh(ctx, args, *request, items)) return kNoDouble;
    Order(ctx, *request, window.end, items);
  }
  if (request->store) return StoreSorted(ctx, args, *request, items, window);
  ReplySorted(ctx, args, *request, items, window);
  return Status::Ok();
}

Status Sort(Context& ctx, const Args& args) {
  return SortBy(ctx, args, true);
}
Status SortRo(Context& ctx, const Args& args) {
  return SortBy(ctx, args, false);
}

// BY and GET name keys by patterns.
constexpr KeySpec kPatterns = {
    .begin = KeySpec::Begin::kUnknown, .find = KeySpec::Find::kUnknown, .flags = kKeyRead};
constexpr KeySpec kDestination = {.begin = KeySpec::Begin::kUnknown,
                                  .find = KeySpec::Find::kUnknown,
                                  .flags = kKeyReplaced,
                                  .index = 2,
                                  .keyword = "store",
                                  .widths = "limit:2 get:1 by:1"};
constexpr std::string_view kCost =
    "O(N+M*log(M)) where N is the number of elements in the list or set to sort, and M the number "
    "of returned elements. When the elements are not sorted, complexity is O(N).";

constexpr CommandSpec kRows[] = {
    Command({.name = "sort",
             .arity = -2,
             .flags = kWrite | kDenyOom | kMovableKeys,
             .acl = kAclSet | kAclSortedSet | kAclList | kAclDangerous,
             .keys = {KeyAt(1, kKeyRead), kPatterns, kDestination},
             .run = Sort,
             .since = "1.0.0",
             .complexity = kCost,
             .summary = "Returns or stores the elements of a list, set or sorted set in an order.",
             .syntax = "key [BY by-pattern(pattern)#1~pattern] [LIMIT <offset count>] "
                       "[GET get-pattern(pattern)#1~pattern]*... order=[ASC | DESC] "
                       "[sorting=ALPHA] [STORE destination#2]"}),
    Command({.name = "sort_ro",
             .arity = -2,
             .flags = kReadonly | kMovableKeys,
             .acl = kAclSet | kAclSortedSet | kAclList | kAclDangerous,
             .keys = {KeyAt(1, kKeyRead), kPatterns},
             .run = SortRo,
             .since = "7.0.0",
             .complexity = kCost,
             .summary = "Returns the elements of a list, set or sorted set in an order.",
             .syntax = "key [BY by-pattern(pattern)#1~pattern] [LIMIT <offset count>] "
                       "[GET get-pattern(pattern)#1~pattern]*... order=[ASC | DESC] "
                       "[sorting=ALPHA]"}),
};

}  // namespace

std::span<const CommandSpec> SortCommands() {
  return kRows;
}

}  // namespace gotthard
