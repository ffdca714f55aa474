// The loops over all registers of a HyperLogLog, each with a body for AVX2 that is chosen once by
// asking the processor (see types/bits.h).
//
// Owning thread: any; pure functions of their arguments.
#pragma once

#include <array>
#include <cstdint>

#include "types/hyperloglog.h"

namespace gotthard::hyperloglog {

// How many registers have each value.
using Histogram = std::array<uint32_t, 64>;

// Dense registers (the 12288 bytes behind the header) as bytes.
void Unpack(const char* dense, Registers& out);
void RaiseAll(Registers& registers, const Registers& other);
// REQUIRES: no register is above 63.
Histogram CountValues(const Registers& registers);

}  // namespace gotthard::hyperloglog
