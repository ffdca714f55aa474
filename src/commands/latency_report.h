// What LATENCY DOCTOR says. Execution thread.
#pragma once

#include <string>
#include <vector>

#include "exec/server_state.h"

namespace gotthard {

// An event's samples in the order of time.
std::vector<LatencyMonitor::Sample> OldestFirst(const LatencyMonitor::Event& event);

// The recorded events with their figures, and advice for those where there is some.
std::string LatencyReport(const ServerState& server);

}  // namespace gotthard
