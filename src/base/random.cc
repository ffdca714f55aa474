#include "base/random.h"

#include <sys/random.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace gotthard {
namespace {

uint64_t SeedFromKernel() {
  uint64_t seed = 0;
  FillFromKernel(&seed, sizeof(seed));
  return seed;
}

}  // namespace

void FillFromKernel(void* out, size_t length) {
  auto* p = static_cast<unsigned char*>(out);
  while (length > 0) {
    const ssize_t got = getrandom(p, length, 0);
    if (got < 0) {
      if (errno == EINTR) continue;
      std::fprintf(stderr, "gotthard: getrandom failed: %s\n", std::strerror(errno));
      std::abort();
    }
    p += got;
    length -= static_cast<size_t>(got);
  }
}

Random::Random() : Random(SeedFromKernel()) {}

}  // namespace gotthard
