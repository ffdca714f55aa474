// CRC-64 with the "Jones" polynomial, reflected, as RDB files and DUMP payloads end with it.
//
// Any thread; pure functions. Eight bytes a step: about 1.5 GB/s.
#pragma once

#include <cstdint>
#include <string_view>

namespace gotthard {

// The checksum of what `crc` (0 at the start) is the checksum of, followed by `bytes`.
uint64_t Crc64(uint64_t crc, std::string_view bytes);

}  // namespace gotthard
