// Entry: one key with its value, in one allocation of the database's arena.
//
//   byte  0        1       2..4         5           6..7
//   +-----------+-------+------------+-----------+----------------+
//   | type 4    | flags | LRU or LFU | key       | length of the  |
//   | encoding 4|       | 24 bits    | length u8 | inline value   |
//   +-----------+-------+------------+-----------+----------------+
//   [ u64 expiry, ms since 1970             if kHasExpiry           ]
//   [ u32 key length, u32 zero              if kLongKey (key >= 255) ]
//   [ i64 integer, or Blob*, or object      if kHasWord             ]
//   [ key bytes ][ value bytes, if the value is inline              ]
//
// A 16-byte key with a number takes 32 bytes, with 32 bytes of text 56, with a TTL as well 64; a
// 30-byte key with 100 bytes 144. Values that would make the entry longer than kMaxInlineEntryBytes
// live in a Blob, so that a reply can reference them.
//
// The encoding is a label for OBJECT ENCODING and says nothing about where the bytes are: "embstr"
// and "raw" may both be inline or in a blob, and so may the packed bytes of a small collection
// ("listpack", "intset"), which are read by bytes() and written through store/entry_packed.h.
//
// Owning thread: the execution thread. An Entry moves whenever its Database is written to: pointers
// and views into it live until the next write. Only Database creates, changes and frees entries;
// everybody else reads, and sets the access bits.
#pragma once

#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/blob.h"
#include "base/byte_fields.h"
#include "base/numbers.h"

namespace gotthard {

// Expiry arguments and results: milliseconds since 1970 or one of these.
inline constexpr int64_t kNoExpiry = -1;
// For the Put functions: the existing entry's expiry stays, a new entry gets none.
inline constexpr int64_t kKeepExpiry = INT64_MIN;

// The first seven have Redis's numbers, which DEBUG DIGEST mixes in. Modules of others cannot be
// loaded; the types after kStream are those that Redis users know from its probabilistic module.
enum class Type : uint8_t {
  kString,
  kList,
  kSet,
  kZset,
  kHash,
  kModule,
  kStream,
  kBloom,
  kCuckoo,
  kCountMin,
  kTopK,
  kTDigest,
};
// The name that TYPE replies.
std::string_view TypeName(Type type);

enum class Encoding : uint8_t {
  kInt,
  kEmbstr,
  kRaw,
  kListpack,
  kListpackEx,  // a hash with expiries of fields
  kQuicklist,
  kIntset,
  kHashtable,
  kSkiplist,
  kStream,
};
// The name that OBJECT ENCODING replies.
std::string_view EncodingName(Encoding encoding);

// Strings up to this length are "embstr" when they are set, as clients of Redis expect.
inline constexpr size_t kMaxEmbstrBytes = 44;
// The longest entry whose value is kept inside: the arena's fine-grained size classes end here.
inline constexpr size_t kMaxInlineEntryBytes = 512;
// Keys are refused beyond this by the protocol (proto-max-bulk-len); the format's own limit.
inline constexpr size_t kMaxKeyBytes = UINT32_MAX;

class Entry : private ByteFields {
 public:
  Type type() const { return static_cast<Type>(type_encoding_ & 0xf); }
  Encoding encoding() const { return static_cast<Encoding>(type_encoding_ >> 4); }

  std::string_view key() const { return {bytes_at(KeyOffset()), key_length()}; }
  size_t key_length() const {
    if (flags_ & kLongKey) [[unlikely]]
      return Load<uint32_t>(LongLengthOffset());
    return key_length_;
  }
  // Whether the key is `name`. The comparison that every lookup makes.
  bool KeyIs(std::string_view name) const;

  bool has_expiry() const { return flags_ & kHasExpiry; }
  // Milliseconds since 1970, or kNoExpiry.
  int64_t expiry_ms() const { return has_expiry() ? Load<int64_t>(kHeaderBytes) : kNoExpiry; }
  // Expired: now is past the moment, as clients of Redis see it.
  bool IsExpired(int64_t now_ms) const {
    return has_expiry() && now_ms > Load<int64_t>(kHeaderBytes);
  }

  // Where the value is. Exactly one of these holds.
  bool is_integer() const { return (flags_ & kWordMask) == kInteger; }
  bool is_inline() const { return (flags_ & kHasWord) == 0; }
  bool is_blob() const { return (flags_ & kWordMask) == kBlob; }
  bool is_object() const { return (flags_ & kWordMask) == kObject; }

  // REQUIRES: is_integer().
  int64_t integer() const {
    assert(is_integer());
    return Load<int64_t>(WordOffset());
  }
  // The bytes of a string that is not an integer, or of a packed collection. REQUIRES: is_inline()
  // or is_blob().
  std::string_view bytes() const {
    if (is_inline()) [[likely]]
      return inline_bytes();
    return blob_pointer()->view();
  }
  // The same. REQUIRES: is_inline().
  std::string_view inline_bytes() const {
    return {bytes_at(KeyOffset() + key_length()), value_length_};
  }
  // A reference that keeps the bytes after the entry is gone. REQUIRES: is_blob().
  BlobRef blob() const { return BlobRef::Share(blob_pointer()); }
  // REQUIRES: is_object().
  void* object() const {
    assert(is_object());
    return reinterpret_cast<void*>(Load<uintptr_t>(WordOffset()));
  }
  // A string's text, integers written into `buffer`. REQUIRES: type() == Type::kString.
  std::string_view ValueText(char (&buffer)[24]) const {
    if (is_integer()) return {buffer, FormatInt64(buffer, integer())};
    return bytes();
  }
  // STRLEN. REQUIRES: type() == Type::kString.
  size_t ValueLength() const {
    char buffer[24];
    return ValueText(buffer).size();
  }

  // LRU or LFU bits (store/eviction_clock.h).
  uint32_t access() const {
    static_assert(std::endian::native == std::endian::little, "the 24 bits are one load");
    return Load<uint32_t>(1) >> 8;
  }
  void set_access(uint32_t bits) {
    access_[0] = static_cast<uint8_t>(bits);
    access_[1] = static_cast<uint8_t>(bits >> 8);
    access_[2] = static_cast<uint8_t>(bits >> 16);
  }

  // The entry's own bytes, without blob or object, before the arena rounds up.
  size_t size_bytes() const { return KeyOffset() + key_length() + value_length_; }

 private:
  friend class Database;
  friend class DetachedStorage;

  enum Flag : uint8_t {
    kHasExpiry = 1,
    kLongKey = 2,
    kHasWord = 4,
    // What the word is, only with kHasWord.
    kInteger = kHasWord,
    kBlob = kHasWord | 8,
    kObject = kHasWord | 16,
    kWordMask = kHasWord | 8 | 16,
  };
  static constexpr size_t kHeaderBytes = 8;
  static constexpr size_t kShortKeyLimit = 255;

  // Each of the three low flags puts one 8-byte field before the key.
  static size_t KeyOffsetOf(uint8_t flags) {
    return kHeaderBytes + 8 * static_cast<size_t>(std::popcount(static_cast<uint8_t>(flags & 7)));
  }
  size_t KeyOffset() const { return KeyOffsetOf(flags_); }
  size_t LongLengthOffset() const { return kHeaderBytes + 8 * (flags_ & kHasExpiry); }
  size_t WordOffset() const { return KeyOffset() - 8; }
  Blob* blob_pointer() const {
    assert(is_blob());
    return reinterpret_cast<Blob*>(Load<uintptr_t>(WordOffset()));
  }

  uint8_t type_encoding_;
  uint8_t flags_;
  uint8_t access_[3];
  uint8_t key_length_;     // 255 when kLongKey
  uint16_t value_length_;  // of an inline value, else 0
};
static_assert(sizeof(Entry) == 8, "a key costs one word over its bytes");
static_assert(alignof(Entry) <= 8, "entries are placed at multiples of 8");
static_assert(kMaxInlineEntryBytes <= UINT16_MAX, "an inline value's length fits its field");

inline bool Entry::KeyIs(std::string_view name) const {
  const size_t size = name.size();
  if (size != key_length()) return false;
  const char* a = bytes_at(KeyOffset());
  const char* b = name.data();
  if (size > 64) return std::memcmp(a, b, size) == 0;
  // Keys are mostly 8 to 64 bytes, where a call of memcmp costs as much as the comparison; whole
  // words with an overlapping last one measured 3 ns less per lookup.
  const auto word = [](const char* at) {
    uint64_t value;
    std::memcpy(&value, at, sizeof(value));
    return value;
  };
  if (size >= 8 && size <= 16) [[likely]] {
    return ((word(a) ^ word(b)) | (word(a + size - 8) ^ word(b + size - 8))) == 0;
  }
  if (size >= 8) {
    uint64_t difference = word(a + size - 8) ^ word(b + size - 8);
    for (size_t i = 0; i + 8 < size; i += 8) difference |= word(a + i) ^ word(b + i);
    return difference == 0;
  }
  for (size_t i = 0; i < size; ++i) {
    if (a[i] != b[i]) return false;
  }
  return true;
}

}  // namespace gotthard
