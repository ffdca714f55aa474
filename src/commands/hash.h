// The hash family's rows, one list per file; families.h joins them. And what the server does for
// hashes outside of commands.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "commands/type_hooks.h"
#include "exec/command.h"

namespace gotthard {

struct ServerState;

std::span<const CommandSpec> HashWriteRows();
std::span<const CommandSpec> HashReadRows();
std::span<const CommandSpec> HashExpireRows();
std::span<const CommandSpec> HashGetexRows();

TypeHooks HashHooks();

// Removes what is expired of a hash, some thousand fields at most. Returns false if some are left.
bool ExpireHashFields(ServerState& server, uint32_t db_index, std::string_view name);

}  // namespace gotthard
