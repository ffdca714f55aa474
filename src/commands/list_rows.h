// The lists of rows that make up the list family, one per file, joined by list.cc; and what its
// handlers share.
#pragma once

#include <optional>
#include <span>

#include "commands/list_value.h"
#include "commands/type_hooks.h"
#include "exec/args.h"
#include "exec/command.h"
#include "exec/context.h"

namespace gotthard {

std::span<const CommandSpec> ListPushRows();
std::span<const CommandSpec> ListReadRows();
std::span<const CommandSpec> ListChangeRows();
std::span<const CommandSpec> ListMoveRows();
std::span<const CommandSpec> ListBlockingRows();

TypeHooks ListHooks();
// The hooks of RDB files and of SORT (list_rdb.cc).
void SaveList(const Entry& entry, RdbWriter& out);
bool ReadsAsList(uint8_t rdb_type);
bool LoadList(uint8_t rdb_type, RdbReader& in, ServerState& server, LoadedValue& value);
void ForEachListItem(const Entry& entry, bool backward, FunctionRef<bool(std::string_view)> visit);

inline constexpr uint16_t kKeyPushed = kKeyReadWrite | kKeyInsert;
inline constexpr uint16_t kKeyPopped = kKeyReadWrite | kKeyAccess | kKeyDelete;

// Tells of an event by which `items` were changed: rdb_changes_since_last_save counts each.
inline void ChangedItems(Context& ctx, const Key& key, std::string_view event, size_t items) {
  ctx.Changed(key, kEventList, event);
  ctx.server().changes.dirty += items - 1;
}

// LEFT or RIGHT, in any case.
std::optional<ListValue::End> ParseEnd(std::string_view word);

// Replies `count` items from `index` on in the cursor's direction, as an array.
void ReplyItems(ReplyWriter& reply, ListCursor cursor, size_t count);
// Pops up to `count` items at that end, replies them as an array and tells. REQUIRES: it exists.
void PopMany(Context& ctx, const Key& key, ListValue& list, ListValue::End end, size_t count);
// Pops one, replies it and tells. REQUIRES: it exists.
void PopOne(Context& ctx, const Key& key, ListValue& list, ListValue::End end);

// LMOVE, once the source is known to exist: the reply is the item.
Status MoveItem(Context& ctx, const Args& args, EntryHandle source, ListValue::End from,
                ListValue::End to);

// What LMPOP and BLMPOP ask for. `at` is the position of numkeys.
struct MultiPop {
  size_t first_key = 0;
  size_t keys = 0;
  ListValue::End end = ListValue::End::kHead;
  size_t count = 1;
};
Result<MultiPop> ParseMultiPop(const Args& args, size_t at);
// Pops from the first of the keys that holds a list: true when it did and replied.
Result<bool> PopFromFirst(Context& ctx, const Args& args, const MultiPop& pop);
// The same with pop(key, list), which replies what comes behind the key's name, for the `count`
// keys from argument `first` on.
template <typename Pop>
Result<bool> PopFromFirst(Context& ctx, const Args& args, size_t first, size_t count, Pop&& pop) {
  for (size_t i = first; i < first + count; ++i) {
    const Key key = args.key(i);
    auto entry = ctx.FindWriteOf(Type::kList, key);
    if (!entry) return entry.error();
    if (!*entry) continue;
    ctx.reply().ArrayHeader(2);
    ctx.reply().Bulk(key.name);
    ListValue list(ctx, key, *entry);
    pop(key, list);
    return true;
  }
  return false;
}

}  // namespace gotthard
