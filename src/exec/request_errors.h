// The errors of requests that name no command, or one that cannot be called this way.
#pragma once

#include "base/status.h"
#include "exec/command_table.h"
#include "pipe/command_batch.h"

namespace gotthard {

// REQUIRES: the view's row is CommandIndex::kUnknownCommand or kUnknownSubcommand.
Status UnknownCommand(const CommandView& view);
// Whether an unknown command is a line of an HTTP request: a browser that was tricked into talking
// to this server. REQUIRES: the view's row is CommandIndex::kUnknownCommand.
bool IsHttpRequest(const CommandView& view);
Status WrongArity(const CommandTable& commands, uint16_t row);

}  // namespace gotthard
