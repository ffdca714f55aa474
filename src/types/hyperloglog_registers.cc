#include "types/hyperloglog_registers.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstring>

namespace gotthard::hyperloglog {
namespace {

static_assert(std::endian::native == std::endian::little, "dense registers are read as words");

#define GOTTHARD_BODY inline __attribute__((always_inline))

// Loaded and stored in place, at any address (see types/bits.cc).
using Words = uint64_t __attribute__((vector_size(32), aligned(1), may_alias));
using Bytes = uint8_t __attribute__((vector_size(32), aligned(1), may_alias));
constexpr size_t kLaneBytes = 32;

constexpr size_t kGroupBytes = 6;      // eight registers of six bits
constexpr size_t kGroupRegisters = 8;  // in as many bytes

// Spreads 48 bits to eight bytes of six: halves, then quarters, then eighths.
template <typename T>
GOTTHARD_BODY void Spread(T& x) {
  x = (x & 0xffffff) | ((x & 0xffffff000000) << 8);
  x = (x & 0x00000fff00000fff) | ((x & 0x00fff00000fff000) << 4);
  x = (x & 0x003f003f003f003f) | ((x & 0x0fc00fc00fc00fc0) << 2);
}

GOTTHARD_BODY void UnpackBody(const char* dense, uint8_t* out) {
  constexpr size_t kGroups = kRegisters / kGroupRegisters;
  size_t group = 0;
  // Each load takes two bytes more than it needs, which the last groups do not have.
  for (; group + 8 <= kGroups; group += 4) {
    uint64_t loaded[4];
    for (size_t i = 0; i < 4; ++i) std::memcpy(&loaded[i], dense + (group + i) * kGroupBytes, 8);
    Words words = {loaded[0], loaded[1], loaded[2], loaded[3]};
    Spread(words);
    *reinterpret_cast<Words*>(out + group * kGroupRegisters) = words;
  }
  for (; group < kGroups; ++group) {
    uint64_t word = 0;
    std::memcpy(&word, dense + group * kGroupBytes, kGroupBytes);
    Spread(word);
    std::memcpy(out + group * kGroupRegisters, &word, sizeof(word));
  }
}

GOTTHARD_BODY void RaiseBody(uint8_t* registers, const uint8_t* other) {
  for (size_t i = 0; i < kRegisters; i += kLaneBytes) {
    auto& a = *reinterpret_cast<Bytes*>(registers + i);
    const auto& b = *reinterpret_cast<const Bytes*>(other + i);
    a = a > b ? a : b;
  }
}

GOTTHARD_BODY uint32_t SumBytes(const Bytes& bytes) {
  uint64_t words[4];
  std::memcpy(words, &bytes, sizeof(words));
  uint64_t pairs = 0;
  for (uint64_t word : words) {
    pairs += (word & 0x00ff00ff00ff00ff) + ((word >> 8) & 0x00ff00ff00ff00ff);
  }
  return static_cast<uint32_t>(pairs * 0x0001000100010001 >> 48);
}

// The values of registers lie close together (a factor of two in the number of elements moves them
// by one), so eight values at a time are compared with all registers until all are accounted for:
// a third of the time that increments of 64 counters take, which wait for one another.
GOTTHARD_BODY void CountBody(const uint8_t* registers, uint32_t* histogram) {
  constexpr unsigned kWindow = 8;
  constexpr size_t kChunk = 128 * kLaneBytes;  // lanes count to 255
  size_t left = kRegisters;
  for (unsigned begin = 0; begin < 64 && left > 0; begin += kWindow) {
    for (size_t chunk = 0; chunk < kRegisters; chunk += kChunk) {
      Bytes counts[kWindow] = {};
      for (size_t i = chunk; i < chunk + kChunk; i += kLaneBytes) {
        const Bytes lanes =
            *reinterpret_cast<const Bytes*>(registers + i) - static_cast<uint8_t>(begin);
        // A lane of a comparison is -1 where it holds.
        counts[0] -= reinterpret_cast<Bytes>(lanes == 0);
        counts[1] -= reinterpret_cast<Bytes>(lanes == 1);
        counts[2] -= reinterpret_cast<Bytes>(lanes == 2);
        counts[3] -= reinterpret_cast<Bytes>(lanes == 3);
        counts[4] -= reinterpret_cast<Bytes>(lanes == 4);
        counts[5] -= reinterpret_cast<Bytes>(lanes == 5);
        counts[6] -= reinterpret_cast<Bytes>(lanes == 6);
        counts[7] -= reinterpret_cast<Bytes>(lanes == 7);
      }
      for (unsigned value = 0; value < kWindow; ++value) {
        const uint32_t count = SumBytes(counts[value]);
        histogram[begin + value] += count;
        left -= count;
      }
    }
  }
}

void UnpackBaseline(const char* dense, uint8_t* out) {
  UnpackBody(dense, out);
}
void RaiseBaseline(uint8_t* registers, const uint8_t* other) {
  RaiseBody(registers, other);
}
void CountBaseline(const uint8_t* registers, uint32_t* histogram) {
  CountBody(registers, histogram);
}

struct Kernels {
  void (*unpack)(const char* dense, uint8_t* out) = UnpackBaseline;
  void (*raise)(uint8_t* registers, const uint8_t* other) = RaiseBaseline;
  void (*count)(const uint8_t* registers, uint32_t* histogram) = CountBaseline;
};

#if defined(__x86_64__)
#define GOTTHARD_AVX2 __attribute__((target("avx2")))
GOTTHARD_AVX2 void UnpackAvx2(const char* dense, uint8_t* out) {
  UnpackBody(dense, out);
}
GOTTHARD_AVX2 void RaiseAvx2(uint8_t* registers, const uint8_t* other) {
  RaiseBody(registers, other);
}
GOTTHARD_AVX2 void CountAvx2(const uint8_t* registers, uint32_t* histogram) {
  CountBody(registers, histogram);
}
#endif

const Kernels& ChosenKernels() {
  static const Kernels kChosen = [] {
    Kernels kernels;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) kernels = {UnpackAvx2, RaiseAvx2, CountAvx2};
#endif
    return kernels;
  }();
  return kChosen;
}

}  // namespace

void Unpack(const char* dense, Registers& out) {
  ChosenKernels().unpack(dense, out.data());
}

void RaiseAll(Registers& registers, const Registers& other) {
  ChosenKernels().raise(registers.data(), other.data());
}

Histogram CountValues(const Registers& registers) {
  Histogram histogram{};
  ChosenKernels().count(registers.data(), histogram.data());
  return histogram;
}

}  // namespace gotthard::hyperloglog
