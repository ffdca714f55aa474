// Bits: population count, search and logic over long strings of bits, and integers of any width
// inside of one. What BITCOUNT, BITPOS, BITOP and BITFIELD compute with.
//
// Bit 0 of a string is the highest bit of its first byte, as clients of Redis number them.
//
// On x86-64 the binary's baseline is v2 (SSE2 and POPCNT); PopulationCount and CombineBits have a
// second body compiled for AVX2, chosen once by asking the processor. Elsewhere the same source is
// what the compiler makes of vectors of four words.
//
// Owning thread: any; pure functions of their arguments.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace gotthard {

enum class BitOperation : uint8_t {
  kAnd,
  kOr,
  kXor,
  kNot,    // of the one source
  kDiff,   // first & ~(second | third | ...)
  kDiff1,  // ~first & (second | third | ...)
  kAndOr,  // first & (second | third | ...)
  kOne,    // in exactly one source
};

// How many bits are set. About 25 GB/s from the second-level cache with AVX2.
uint64_t PopulationCount(std::string_view bytes);

// The first bit with the value `bit` among the bits first..last, or -1.
// REQUIRES: first <= last < 8 * bytes.size().
int64_t FindBit(std::string_view bytes, bool bit, uint64_t first, uint64_t last);

// out[0..length) = the operation over the sources, each continued with zeros to `length` bytes (and
// cut there). Works in blocks that stay in the first-level cache, so the sources are read once.
// REQUIRES: sources is not empty; `out` overlaps no source.
void CombineBits(BitOperation operation, std::span<const std::string_view> sources, char* out,
                 size_t length);

// An integer of `width` bits, highest first, whose first bit is `offset`. What lies behind the end
// of the string reads as zero. REQUIRES: 1 <= width <= 64.
uint64_t ReadBits(std::string_view bytes, uint64_t offset, unsigned width);
// Writes the low `width` bits of `value` there. REQUIRES: 1 <= width <= 64, and the bits lie inside
// of the `size` bytes.
void WriteBits(char* bytes, size_t size, uint64_t offset, unsigned width, uint64_t value);

}  // namespace gotthard
