#include "base/memory.h"

#include <algorithm>
#include <bit>
#include <cstdio>
#include <cstdlib>

namespace gotthard {

namespace {

void* OrDie(void* memory, size_t bytes) {
  if (memory == nullptr) {
    std::fprintf(stderr, "gotthard: out of memory allocating %zu bytes\n", bytes);
    std::abort();
  }
  return memory;
}

}  // namespace

void* MustMalloc(size_t bytes) {
  return OrDie(std::malloc(bytes), bytes);
}

void* MustAlignedMalloc(size_t alignment, size_t bytes) {
  return OrDie(std::aligned_alloc(alignment, bytes), bytes);
}

size_t AllocationClass(size_t bytes) {
  if (bytes <= 64) return std::max<size_t>(16, (bytes + 15) & ~size_t{15});
  const size_t step = std::bit_ceil(bytes) / 8;
  return (bytes + step - 1) & ~(step - 1);
}

}  // namespace gotthard
