// What the log begins with. Owning thread: main, at start.
#pragma once

#include <string>

#include "config/config.h"

namespace gotthard {

// How to reach a server with this configuration: "redis-cli", "redis-cli -p 7000",
// "redis-cli -s /run/gotthard.sock"; empty if it listens nowhere.
std::string ConnectCommand(const Config& config);

// A drawing with version and ConnectCommand beside it, for people in front of a terminal.
std::string Banner(const Config& config);
// Whether to show it: the log goes to a terminal, or always-show-logo asks for it.
bool WantsBanner(const Config& config);

}  // namespace gotthard
