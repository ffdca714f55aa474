// HashField: one field of a big hash with its value, in one allocation of the hash's ElementArena.
//
//   narrow (both lengths below 256)          wide
//   +-------+-----------+-----------+        +-------+--------+-----------+-----------+
//   | flags | field u8  | value u8  |        | flags | 3 zero | field u32 | value u64 |
//   +-------+-----------+-----------+        +-------+--------+-----------+-----------+
//   [ i64 expiry, ms since 1970, if kHasExpiry ][ field bytes ][ value bytes ]
//
// A field of 16 bytes with a value of 16 takes 35 bytes (36 with the arena's rounding), an expiry 8
// more.
//
// Owning thread: the execution thread. Only HashTable makes and changes them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/byte_fields.h"

namespace gotthard {

// The expiry of a field that has none: later than any other.
inline constexpr int64_t kFieldNever = INT64_MAX;
// The latest moment that a field can be given, ms since 1970 (about the year 4200).
inline constexpr int64_t kMaxFieldExpiryMs = (int64_t{1} << 46) - 1;

class HashField : private ByteFields {
 public:
  std::string_view field() const { return {bytes_at(TextOffset()), field_length()}; }
  std::string_view value() const {
    return {bytes_at(TextOffset() + field_length()), value_length()};
  }
  // Milliseconds since 1970, or kFieldNever.
  int64_t expiry_ms() const {
    return (flags_ & kHasExpiry) != 0 ? Load<int64_t>(HeadBytes(flags_)) : kFieldNever;
  }
  // Gone for clients, as a key's: `now` is past the moment.
  bool IsExpired(int64_t now_ms) const { return now_ms > expiry_ms(); }
  size_t size_bytes() const { return TextOffset() + field_length() + value_length(); }

 private:
  friend class HashTable;

  enum Flag : uint8_t { kHasExpiry = 1, kWide = 2 };
  static constexpr size_t kNarrowLimit = 256;
  static constexpr size_t kNarrowHead = 3;
  static constexpr size_t kWideHead = 16;

  static uint8_t FlagsFor(size_t field_length, size_t value_length, int64_t expiry_ms) {
    const bool wide = field_length >= kNarrowLimit || value_length >= kNarrowLimit;
    return static_cast<uint8_t>((wide ? kWide : 0) | (expiry_ms != kFieldNever ? kHasExpiry : 0));
  }
  static size_t HeadBytes(uint8_t flags) { return (flags & kWide) != 0 ? kWideHead : kNarrowHead; }
  static size_t TextOffset(uint8_t flags) {
    return HeadBytes(flags) + ((flags & kHasExpiry) != 0 ? 8 : 0);
  }
  size_t TextOffset() const { return TextOffset(flags_); }
  size_t field_length() const {
    return (flags_ & kWide) != 0 ? Load<uint32_t>(4) : static_cast<uint8_t>(*bytes_at(1));
  }
  size_t value_length() const {
    return (flags_ & kWide) != 0 ? Load<uint64_t>(8) : static_cast<uint8_t>(*bytes_at(2));
  }

  uint8_t flags_;
};
static_assert(alignof(HashField) == 1, "the arena of elements does not align to 8");

}  // namespace gotthard
