// The hooks of streams for RDB files: see TypeHooks.
#pragma once

#include <cstdint>

#include "commands/type_hooks.h"

namespace gotthard {

void SaveStream(const Entry& entry, RdbWriter& out);
bool ReadsAsStream(uint8_t rdb_type);
bool LoadStream(uint8_t rdb_type, RdbReader& in, ServerState& server, LoadedValue& value);

}  // namespace gotthard
