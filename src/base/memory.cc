#include "base/memory.h"

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

}  // namespace gotthard
