// Telling of a change to several parts of a value, and of a value that is stored over another one.
//
// Owning thread: the execution thread.
#pragma once

#include <cstdint>
#include <string_view>

#include "exec/context.h"

namespace gotthard {

// Context::Changed of so many members, fields or registers: rdb_changes_since_last_save, and with
// it the save points, count each. REQUIRES: something was changed; `parts` may be 0 where what was
// changed is counted elsewhere.
inline void ChangedParts(Context& ctx, const Key& key, char event_class, std::string_view event,
                         uint64_t parts) {
  ctx.Changed(key, event_class, event);
  ctx.server().changes.dirty += parts - 1;
}

// Frees what a key holds, for what a command is about to store there. False if it held nothing.
inline bool FreeOverwritten(Context& ctx, const Key& key) {
  const EntryHandle existing = ctx.FindWrite(key);
  if (existing) {
    ctx.server().FreeEntry(ctx.db(), existing, ctx.config().lazyfree_lazy_server_del);
  }
  return static_cast<bool>(existing);
}

// ChangedParts of a value that was stored, perhaps over what FreeOverwritten has freed.
inline void StoredParts(Context& ctx, const Key& key, char event_class, std::string_view event,
                        uint64_t parts, bool overwritten) {
  overwritten ? ctx.Overwritten(key, event_class, event) : ctx.Changed(key, event_class, event);
  ctx.server().changes.dirty += parts - 1;
}

}  // namespace gotthard
