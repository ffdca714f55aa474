// The options whose values are lists or have a syntax of their own; the rows point here.
//
// Owning thread: any; constants.
#pragma once

#include <string>

#include "config/option_table.h"

namespace gotthard {

extern const CustomOption kBindOption;
extern const CustomOption kDirOption;
extern const CustomOption kSaveOption;
extern const CustomOption kOutputLimitOption;
extern const CustomOption kOomScoreAdjValuesOption;
extern const CustomOption kNotifyOption;
extern const CustomOption kReplicaOfOption;
extern const CustomOption kPercentilesOption;

inline constexpr size_t kMaxBindAddresses = 16;  // as in Redis

// Bytes in the largest unit that divides them: "64mb".
std::string FormatMemory(int64_t bytes);

}  // namespace gotthard
