// ZsetElement: one member of a big sorted set with its score, in one allocation.
//
//   0        8          9
//   +--------+----------+--------------+
//   | score  | length   | member bytes |    below 255 bytes
//   +--------+----------+--------------+
//   | score  | 255      | u32 length   | member bytes |    otherwise
//   +--------+----------+--------------+--------------+
//
// A 17-byte member takes 26 bytes, 28 in the arena, at any address. Both the dictionary by member
// and the tree by score point to it.
//
// Owning thread: the one that owns the sorted set.
#pragma once

#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace gotthard {

// Members are refused beyond this by the protocol (proto-max-bulk-len); the format's own limit.
inline constexpr size_t kMaxMemberBytes = UINT32_MAX;

// A number whose order as an unsigned integer is the order of scores: infinities at the ends, -0
// equal to 0. REQUIRES: score is no NaN.
inline uint64_t ScoreKey(double score) {
  const uint64_t bits = std::bit_cast<uint64_t>(score + 0.0);  // makes -0 a 0
  return bits ^ ((bits >> 63) != 0 ? ~uint64_t{0} : uint64_t{1} << 63);
}

class ZsetElement {
 public:
  // The bytes that Make needs.
  static size_t SizeFor(size_t member_length) {
    return kHeaderBytes + (member_length < kLong ? 0 : sizeof(uint32_t)) + member_length;
  }
  // Writes an element to `memory`, which has SizeFor(member.size()) bytes.
  static ZsetElement* Make(void* memory, double score, std::string_view member) {
    assert(member.size() <= kMaxMemberBytes);
    char* at = static_cast<char*>(memory);
    std::memcpy(at, &score, sizeof(score));
    at += sizeof(score);
    if (member.size() < kLong) {
      *at++ = static_cast<char>(member.size());
    } else {
      *at++ = static_cast<char>(kLong);
      const auto length = static_cast<uint32_t>(member.size());
      std::memcpy(at, &length, sizeof(length));
      at += sizeof(length);
    }
    std::memcpy(at, member.data(), member.size());
    return static_cast<ZsetElement*>(memory);
  }

  double score() const {
    double score;
    std::memcpy(&score, score_, sizeof(score));
    return score;
  }
  uint64_t key() const { return ScoreKey(score()); }
  // Only for whoever keeps the tree in order.
  void set_score(double score) { std::memcpy(score_, &score, sizeof(score)); }
  std::string_view member() const {
    const char* at = reinterpret_cast<const char*>(this) + sizeof(double);
    const auto length = static_cast<uint8_t>(*at);
    if (length < kLong) [[likely]]
      return {at + 1, length};
    uint32_t wide;
    std::memcpy(&wide, at + 1, sizeof(wide));
    return {at + 1 + sizeof(wide), wide};
  }
  size_t size_bytes() const { return SizeFor(member().size()); }

 private:
  static constexpr size_t kHeaderBytes = sizeof(double) + 1;
  static constexpr size_t kLong = 255;

  char score_[sizeof(double)];
};
static_assert(sizeof(ZsetElement) == 8, "the length follows the score without padding");
static_assert(alignof(ZsetElement) == 1, "the arena of elements does not align to 8");

}  // namespace gotthard
