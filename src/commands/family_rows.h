// The lists of rows that make up the string and the key family, one per file; families.h joins
// them. And what the rows of both have in common.
#pragma once

#include <span>

#include "exec/command.h"

namespace gotthard {

// string.cc joins these.
std::span<const CommandSpec> StringReadRows();
std::span<const CommandSpec> StringSetRows();
std::span<const CommandSpec> StringMultiRows();
std::span<const CommandSpec> StringChangeRows();
std::span<const CommandSpec> LcsRows();

// keys.cc joins these.
std::span<const CommandSpec> KeyBasicRows();
std::span<const CommandSpec> KeyMoveRows();
std::span<const CommandSpec> KeyExpireRows();
std::span<const CommandSpec> KeyScanRows();
std::span<const CommandSpec> KeyObjectRows();
std::span<const CommandSpec> KeyDumpRows();
std::span<const CommandSpec> KeyDatabaseRows();

// set.cc joins these.
std::span<const CommandSpec> SetBasicRows();
std::span<const CommandSpec> SetRandomRows();
std::span<const CommandSpec> SetCombineRows();

// What commands do to their keys, in the combinations that keep coming back.
inline constexpr uint16_t kKeyLooked = kKeyReadOnly;
inline constexpr uint16_t kKeyRead = kKeyReadOnly | kKeyAccess;
inline constexpr uint16_t kKeyChanged = kKeyReadWrite | kKeyAccess | kKeyUpdate;
inline constexpr uint16_t kKeyReplaced = kKeyOverwrite | kKeyUpdate;
inline constexpr uint16_t kKeyCreated = kKeyOverwrite | kKeyInsert;
inline constexpr uint16_t kKeyDeleted = kKeyRemove | kKeyDelete;

}  // namespace gotthard
