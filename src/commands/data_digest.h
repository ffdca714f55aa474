// Digest: the signature of data that DEBUG DIGEST shows, computed as Redis computes it, so that
// both agree on the same data: 20 bytes, into which SHA-1 sums are mixed.
//
// Any thread; a value.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "store/entry.h"

namespace gotthard {

class DataDigest {
 public:
  // Adds what has no order among its neighbours: digest = digest xor SHA1(data).
  void Add(std::string_view data);
  // Adds what comes in an order: digest = SHA1(digest xor SHA1(data)).
  void Mix(std::string_view data);
  // Mixes a number in as four bytes, the most significant first.
  void MixNumber(uint32_t number);
  // Mixes an entry's value in, and whether it expires.
  void MixValue(const Entry& entry);
  // The 20 bytes, to be added to another digest.
  std::string_view bytes() const {
    return {reinterpret_cast<const char*>(digest_.data()), digest_.size()};
  }
  std::string Hex() const;

 private:
  std::array<unsigned char, 20> digest_{};
};

}  // namespace gotthard
