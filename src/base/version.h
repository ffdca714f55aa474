// Versions: our own, and that of the Redis whose behaviour we promise (HELLO, INFO, LOLWUT).
#pragma once

#include <string_view>

namespace gotthard {

inline constexpr std::string_view kGotthardVersion = "0.1.0";
// Clients decide by it what they may send.
inline constexpr std::string_view kRedisVersion = "7.2.6";

}  // namespace gotthard
