#include "base/memory.h"

#include <cstdio>
#include <cstdlib>

namespace gotthard {

void* MustMalloc(size_t bytes) {
  void* memory = std::malloc(bytes);
  if (memory == nullptr) {
    std::fprintf(stderr, "gotthard: out of memory allocating %zu bytes\n", bytes);
    std::abort();
  }
  return memory;
}

}  // namespace gotthard
