// The hooks of sets for RDB files and SORT: see TypeHooks.
#pragma once

#include <cstdint>
#include <string_view>

#include "commands/type_hooks.h"

namespace gotthard {

void SaveSet(const Entry& entry, RdbWriter& out);
bool ReadsAsSet(uint8_t rdb_type);
bool LoadSet(uint8_t rdb_type, RdbReader& in, ServerState& server, LoadedValue& value);
void BuildSet(Context& ctx, const Key& key, const LoadedValue& value);
void ForEachSetMember(const Entry& entry, bool backward, FunctionRef<bool(std::string_view)> visit);

}  // namespace gotthard
