// The parts of the family of CLIENT's subcommands, which ClientCommands() joins.
#pragma once

#include <span>

#include "exec/command.h"

namespace gotthard {

std::span<const CommandSpec> ClientListRows();   // client_list.cc: ID, INFO, LIST
std::span<const CommandSpec> ClientKillRows();   // client_kill.cc
std::span<const CommandSpec> ClientPauseRows();  // client_pause.cc: PAUSE, UNPAUSE, UNBLOCK

// What most of the rows have in common.
inline constexpr uint64_t kClientFlags = kNoscript | kLoading | kStale;
inline constexpr uint64_t kClientAdminFlags = kClientFlags | kAdmin;

}  // namespace gotthard
