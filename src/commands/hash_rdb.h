// The hooks of hashes for RDB files and SORT: see TypeHooks.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "commands/type_hooks.h"

namespace gotthard {

void SaveHash(const Entry& entry, RdbWriter& out);
bool ReadsAsHash(uint8_t rdb_type);
bool LoadHash(uint8_t rdb_type, RdbReader& in, ServerState& server, LoadedValue& value);
void BuildHash(Context& ctx, const Key& key, const LoadedValue& value);
std::optional<std::string> HashFieldValue(const Entry& entry, std::string_view field,
                                          int64_t now_ms);

}  // namespace gotthard
