// Telling of a change to several parts of a value.
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

}  // namespace gotthard
