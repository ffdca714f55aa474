// The lists of rows that make up the sorted-set family, one per file; zset.cc joins them. And
// geo's.
#pragma once

#include <span>

#include "exec/command.h"

namespace gotthard {

std::span<const CommandSpec> ZsetWriteRows();
std::span<const CommandSpec> ZsetReadRows();
std::span<const CommandSpec> ZsetRangeRows();
std::span<const CommandSpec> ZsetPopRows();
std::span<const CommandSpec> ZsetCombineRows();

}  // namespace gotthard
