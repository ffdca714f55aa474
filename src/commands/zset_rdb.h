// The hooks of sorted sets for RDB files and SORT: see TypeHooks.
#pragma once

#include <cstdint>
#include <string_view>

#include "commands/type_hooks.h"

namespace gotthard {

void SaveZset(const Entry& entry, RdbWriter& out);
bool ReadsAsZset(uint8_t rdb_type);
bool LoadZset(uint8_t rdb_type, RdbReader& in, ServerState& server, LoadedValue& value);
void BuildZset(Context& ctx, const Key& key, const LoadedValue& value);
void ForEachZsetMember(const Entry& entry, bool backward,
                       FunctionRef<bool(std::string_view)> visit);

}  // namespace gotthard
