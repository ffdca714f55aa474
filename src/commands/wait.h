// WAIT and WAITAOF: rows of ConnectionCommands(), which joins them.
#pragma once

#include <span>

#include "exec/command.h"

namespace gotthard {

std::span<const CommandSpec> WaitRows();

}  // namespace gotthard
