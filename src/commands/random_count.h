// The count of SRANDMEMBER, HRANDFIELD and ZRANDMEMBER: so many different ones or, when it is
// negative, so many draws each of which may bring any.
//
// Owning thread: any; constants.
#pragma once

#include <cstdint>
#include <limits>

#include "base/status.h"

namespace gotthard {

// More draws than this in one reply would not fit any memory.
inline constexpr int64_t kMaxRepeated = std::numeric_limits<int32_t>::max();

inline constexpr ErrorText kErrRandomRange{"ERR value is out of range"};
inline constexpr ErrorText kErrRandomCount{
    "ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807"};

}  // namespace gotthard
