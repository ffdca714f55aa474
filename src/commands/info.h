// The text of INFO, also part of the crash report. Execution thread.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "exec/server_state.h"

namespace gotthard {

// The sections that are asked for, in any case; `default`, `all` and `everything` stand for
// several; what is no section is left out. No names: the default ones. O(clients + commands).
std::string InfoText(ServerState& server, std::span<const std::string_view> sections);

// Feeds what INFO shows per second, and the memory figures: for the cron, every 100 ms or so.
void SampleStats(ServerState& server);

// Empties the statistics that CONFIG RESETSTAT empties.
void ResetStats(ServerState& server);

// "1.50M": bytes for people.
std::string HumanBytes(uint64_t bytes);
// A name for a line of INFO, without the characters that have a meaning there.
std::string InfoName(std::string_view name);

}  // namespace gotthard
