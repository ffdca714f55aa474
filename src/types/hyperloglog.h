// HyperLogLog: an estimate of how many different elements were added, in 12 KB at most, with a
// standard error of 0.81 %.
//
// The value is a string in the byte format that Redis has used since 2.8.9, so that dumps, GET and
// SET carry it between servers, and every function here gives the bytes that Redis would:
//
//   +------+----------+----------+------------------+------------------+
//   | HYLL | encoding | 0, 0, 0  | cached count     | registers        |
//   | 4    | 1        | 3        | 8, little-endian |                  |
//   +------+----------+----------+------------------+------------------+
//   The top bit of the cached count says that it is out of date.
//   encoding 0, dense: 16384 registers of 6 bits, lowest bits first, 12288 bytes.
//   encoding 1, sparse: runs of registers, in order, that add up to 16384:
//     00llllll            l + 1 registers (to 64) are 0
//     01llllll llllllll   l + 1 registers (to 16384) are 0
//     1vvvvvll            l + 1 registers (to 4) have the value v + 1 (to 32)
//
// Flajolet et al. 2007 for the idea, Ertl (arXiv:1702.01284) for the estimate; MurmurHash64A picks
// the register (low 14 bits) and the value (trailing zeros of the rest, plus one).
//
// A value comes from clients, who may have written anything into it: whatever walks over the sparse
// registers says so when they do not add up, and none of it reads or writes outside of the value.
//
// Owning thread: any; pure functions of their arguments.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gotthard::hyperloglog {

inline constexpr size_t kRegisters = 16384;
inline constexpr size_t kHeaderBytes = 16;
inline constexpr size_t kDenseBytes = kHeaderBytes + kRegisters * 6 / 8;

// One byte a register: what several values are merged in.
using Registers = std::array<uint8_t, kRegisters>;

enum class Added : uint8_t { kNothing, kChanged, kCorrupt };

// Whether the header, and a dense value's length, are as they should be. All other functions
// REQUIRE it.
bool IsValue(std::string_view value);
bool IsSparse(std::string_view value);

// A sparse value without elements; its cached count is valid and 0.
std::string Empty();

// Adds an element. A sparse value becomes dense when it would grow beyond `max_sparse_bytes`
// (header included) or a register beyond 32. On kChanged the cached count is out of date; on
// kCorrupt the value is as it was. O(bytes) while sparse.
Added Add(std::string& value, std::string_view element, size_t max_sparse_bytes);
// The same in place. REQUIRES: a dense value of kDenseBytes.
Added AddDense(char* value, std::string_view element);
// Raises one register to `count`, as Add does.
Added Raise(std::string& value, size_t index, uint8_t count, size_t max_sparse_bytes);

// Makes a sparse value dense, keeping the header. False, and no change, when it is corrupt.
bool MakeDense(std::string& value);

// The cached count, if it is up to date.
std::optional<uint64_t> CachedCount(std::string_view value);
// Writes the header's cached count, or marks it as out of date.
void SetCachedCount(char* value, uint64_t count);
void DropCachedCount(char* value);

// The estimate, from the registers; nullopt when the value is corrupt.
std::optional<uint64_t> Count(std::string_view value);
uint64_t Count(const Registers& registers);

// registers[i] = max(registers[i], value's register i). False when the value is corrupt: the
// registers are then of no use.
bool Merge(Registers& registers, std::string_view value);

// The sparse registers as PFDEBUG DECODE shows them: "Z:5 v:3,1 z:10 ...".
std::string Decode(std::string_view value);

}  // namespace gotthard::hyperloglog
