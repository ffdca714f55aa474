// Random numbers: a small fast generator for sampling, and the kernel's for secrets.
//
// Random is xoshiro256** (Blackman and Vigna, https://prng.di.unimi.it): 32 bytes of state, about
// 1 ns a number, good enough to sample keys and to drive tests, never good enough for a secret.
//
// Owning thread: whoever owns the Random; an instance is not safe to share.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

namespace gotthard {

// Fills `out` with bytes that nobody can guess. Blocks until the kernel's pool is initialised; ends
// the process with a message if the kernel refuses, because no caller can go on without its secret.
void FillFromKernel(void* out, size_t length);

class Random {
 public:
  using result_type = uint64_t;  // so that it drives std::shuffle and the distributions

  // Seeded from the kernel.
  Random();
  // The same sequence for the same seed, any value.
  explicit Random(uint64_t seed) {
    // The state must not be all zero; splitmix64, which the generator's authors name, sees to it.
    for (uint64_t& word : state_) {
      seed += 0x9e3779b97f4a7c15;
      uint64_t z = (seed ^ (seed >> 30)) * 0xbf58476d1ce4e5b9;
      z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
      word = z ^ (z >> 31);
    }
  }

  uint64_t Next() {
    const uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

  // A number in [0, bound), by multiplication (Lemire 2019); the bias is below bound/2^64.
  // REQUIRES: bound > 0.
  uint64_t Below(uint64_t bound) {
    __extension__ using Wide = unsigned __int128;
    return static_cast<uint64_t>((static_cast<Wide>(Next()) * bound) >> 64);
  }

  // A number in [0, 1), with 53 random bits.
  double NextUnit() { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }

  uint64_t operator()() { return Next(); }
  static constexpr uint64_t min() { return 0; }
  static constexpr uint64_t max() { return UINT64_MAX; }

 private:
  uint64_t state_[4];
};

}  // namespace gotthard
