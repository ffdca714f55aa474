// How sketches (Bloom and Cuckoo filters, Count-Min, Top-K, t-digest) are written as bytes and read
// back: little-endian numbers of fixed width, nothing aligned.
//
// A reader never reads past its end: what is missing reads as zero and ok() becomes false for good,
// so that a parser may read all its fields and ask once. Counts that decide about memory are
// compared with the bytes that are left before anything is allocated.
//
// Owning thread: any; values.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "base/hash.h"

namespace gotthard {

static_assert(std::endian::native == std::endian::little, "numbers are copied as they are");

class SketchWriter {
 public:
  explicit SketchWriter(std::string& out) : out_(out) {}
  template <typename T>
  void Number(T value) {
    char bytes[sizeof(T)];
    std::memcpy(bytes, &value, sizeof(T));
    out_.append(bytes, sizeof(T));
  }
  void Bytes(std::string_view bytes) { out_.append(bytes); }

 private:
  std::string& out_;
};

class SketchReader {
 public:
  explicit SketchReader(std::string_view bytes) : bytes_(bytes) {}
  template <typename T>
  T Number() {
    T value{};
    const std::string_view part = Bytes(sizeof(T));
    if (ok_) std::memcpy(&value, part.data(), sizeof(T));
    return value;
  }
  std::string_view Bytes(size_t size) {
    if (!ok_ || size > bytes_.size()) {
      ok_ = false;
      return {};
    }
    const std::string_view part = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return part;
  }
  bool ok() const { return ok_; }
  // Whether everything was read, and nothing is left.
  bool AtEnd() const { return ok_ && bytes_.empty(); }
  size_t left() const { return ok_ ? bytes_.size() : 0; }

 private:
  std::string_view bytes_;
  bool ok_ = true;
};

// The hash of items in sketches. It has no secret: a sketch that is dumped must mean the same in
// another process, and a replica must come to the same false positives. Two independent halves.
struct SketchHash {
  uint64_t first;
  uint64_t second;
};
inline SketchHash HashForSketch(std::string_view item) {
  const XXH128_hash_t hash = XXH3_128bits(item.data(), item.size());
  return {hash.low64, hash.high64};
}

// `hash` scaled to [0, bound) by multiplication (Lemire 2019).
inline uint64_t ScaleHash(uint64_t hash, uint64_t bound) {
  __extension__ using Wide = unsigned __int128;
  return static_cast<uint64_t>((static_cast<Wide>(hash) * bound) >> 64);
}

}  // namespace gotthard
