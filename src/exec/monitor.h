// What MONITOR shows of a command, and to whom.
//
// Owning thread: the execution thread. Costs a line per command and a copy of it per monitor.
#pragma once

#include <cstddef>
#include <span>

#include "exec/server_state.h"
#include "exec/session.h"
#include "pipe/command_batch.h"

namespace gotthard {

// Sends every monitor the line of a command that `session` has run: time, database, address, the
// arguments quoted, those whose numbers are in `redacted` hidden.
void FeedMonitors(ServerState& server, const Session& session, const CommandView& view,
                  std::span<const size_t> redacted);

}  // namespace gotthard
