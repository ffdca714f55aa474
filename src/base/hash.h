// The hash of keys: XXH3 with a secret that nobody outside the process knows.
//
// The secret is drawn once at start-up, so that a client cannot choose keys that fall into one
// segment. A key is hashed once, by the thread that parses the request; the execution thread reads
// the hash from the batch. So every thread must use the one KeyHasher of its server, which is
// passed by reference and never changes.
//
// Owning thread: any; immutable after construction. A hash means nothing outside the process:
// never write one to disk or network.
// Cost: about 3 ns for a 16-byte key, 5 to 8 for 17 to 128 bytes, then 20+ GB/s. The header is
// included with XXH_INLINE_ALL so that the length's branch is the only one on the way.
#pragma once

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gotthard {

class KeyHasher {
 public:
  // Draws the secret from the kernel. Ends the process if the kernel has no randomness to give.
  KeyHasher();
  // A secret derived from `seed`: the same hashes in every run, for tests and benchmarks.
  explicit KeyHasher(uint64_t seed);
  KeyHasher(const KeyHasher&) = delete;
  KeyHasher& operator=(const KeyHasher&) = delete;

  uint64_t operator()(std::string_view key) const {
    // The library's own branch for the most common lengths, without the call.
    if (key.size() - 9 <= 16 - 9) [[likely]] {
      return XXH3_len_9to16_64b(reinterpret_cast<const uint8_t*>(key.data()), key.size(), secret_,
                                /*seed=*/0);
    }
    return XXH3_64bits_withSecret(key.data(), key.size(), secret_, sizeof(secret_));
  }

 private:
  // The library's default length; short keys read parts that a shorter secret would reuse.
  static constexpr size_t kSecretBytes = 192;
  static_assert(kSecretBytes >= XXH3_SECRET_SIZE_MIN);

  alignas(64) uint8_t secret_[kSecretBytes];
};

}  // namespace gotthard
