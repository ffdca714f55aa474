#include "base/hash.h"

#include "base/random.h"

namespace gotthard {

KeyHasher::KeyHasher() {
  // 64 bytes of true entropy are stretched to the secret's length.
  uint8_t entropy[64];
  FillFromKernel(entropy, sizeof(entropy));
  XXH3_generateSecret(secret_, sizeof(secret_), entropy, sizeof(entropy));
}

KeyHasher::KeyHasher(uint64_t seed) {
  XXH3_generateSecret(secret_, sizeof(secret_), &seed, sizeof(seed));
}

}  // namespace gotthard
