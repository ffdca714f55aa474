// The families of commands: one list of rows per file of this folder. Adding a family is a line
// here and in families.cc; adding a command touches its family's file and test alone.
#pragma once

#include <span>

#include "exec/command.h"

namespace gotthard {

std::span<const CommandSpec> StringCommands();
std::span<const CommandSpec> KeyCommands();
std::span<const CommandSpec> ConnectionCommands();
std::span<const CommandSpec> ClientCommands();
std::span<const CommandSpec> TransactionCommands();
std::span<const CommandSpec> ServerCommands();
std::span<const CommandSpec> ConfigCommands();
std::span<const CommandSpec> CommandCommands();
std::span<const CommandSpec> MemoryCommands();
std::span<const CommandSpec> SlowLogCommands();
std::span<const CommandSpec> LatencyCommands();
std::span<const CommandSpec> DebugCommands();
std::span<const CommandSpec> BitmapCommands();
std::span<const CommandSpec> HyperLogLogCommands();
std::span<const CommandSpec> ZsetCommands();
std::span<const CommandSpec> HashCommands();
std::span<const CommandSpec> BloomCommands();
std::span<const CommandSpec> CuckooCommands();
std::span<const CommandSpec> CountMinCommands();
std::span<const CommandSpec> TopKCommands();
std::span<const CommandSpec> TDigestCommands();
std::span<const CommandSpec> SetCommands();
std::span<const CommandSpec> ListCommands();
std::span<const CommandSpec> SortCommands();
std::span<const CommandSpec> GeoCommands();
std::span<const CommandSpec> StreamCommands();

// All of the above.
std::span<const std::span<const CommandSpec>> AllFamilies();

}  // namespace gotthard
