// What MONITOR shows of a command, and to whom.
//
// Owning thread: the execution thread. Costs a line per command and a copy of it per monitor.
#pragma once

#include <cstddef>
#include <span>

#include "exec/context.h"
#include "pipe/command_batch.h"

namespace gotthard {

// Sends every monitor the line of the command that ctx's client has run: time, database, address,
// the arguments quoted, those whose numbers are in `redacted` hidden.
void FeedMonitors(Context& ctx, const CommandView& view, std::span<const size_t> redacted);

}  // namespace gotthard
