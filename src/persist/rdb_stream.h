// The primitives of the RDB format (https://rdb.fnordig.de/file_format.html), written to and read
// from memory: lengths, strings, doubles, and the numbers of the value types.
//
//   length   00xxxxxx | 01xxxxxx x8 | 0x80 u32 big endian | 0x81 u64 big endian
//            11xxxxxx in the place of a string's length: 0xc0 i8 | 0xc1 i16 | 0xc2 i32 little
//            endian, whose text is the string; 0xc3 LZF: compressed length, length, bytes
//   string   length, bytes
//   double   8 bytes, little endian
//
// Owning thread: any; values.
// Limits: a reader never allocates more than the bytes at hand can stand for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace gotthard {

// The version that payloads are written for: Redis 7.0 takes them, and everything later.
inline constexpr uint16_t kRdbVersionWritten = 10;
// What it takes for hashes with fields that expire; Redis 7.4 has it.
inline constexpr uint16_t kRdbVersionWithFieldExpiry = 12;
// The latest version that is understood.
inline constexpr uint16_t kRdbVersionRead = 12;

// The first byte of a value.
enum RdbType : uint8_t {
  kRdbString = 0,
  kRdbList = 1,
  kRdbSet = 2,
  kRdbZset = 3,
  kRdbHash = 4,
  kRdbZset2 = 5,
  kRdbHashZipmap = 9,
  kRdbListZiplist = 10,
  kRdbSetIntset = 11,
  kRdbZsetZiplist = 12,
  kRdbHashZiplist = 13,
  kRdbListQuicklist = 14,
  kRdbStream = 15,
  kRdbHashListpack = 16,
  kRdbZsetListpack = 17,
  kRdbListQuicklist2 = 18,
  kRdbStream2 = 19,
  kRdbSetListpack = 20,     // since version 11
  kRdbStream3 = 21,         // since version 11
  kRdbHashMetadata = 24,    // since version 12
  kRdbHashListpackEx = 25,  // since version 12
};

class RdbWriter {
 public:
  // `compress`: strings of more than 20 bytes may be written as LZF (rdbcompression).
  explicit RdbWriter(bool compress) : compress_(compress) {}

  void Type(RdbType type) { out_.push_back(static_cast<char>(type)); }
  void Byte(uint8_t byte) { out_.push_back(static_cast<char>(byte)); }
  void Length(uint64_t length);
  // Short integers as such, long strings compressed, others as they are.
  void String(std::string_view text);
  // What is compressed already.
  void Lzf(std::string_view compressed, size_t length);
  void Double(double value);
  // A number as a string: its decimal text, or shorter.
  void Integer(int64_t value);
  void Raw(std::string_view bytes) { out_.append(bytes); }

  // What was written is understood from this version on.
  void NeedsVersion(uint16_t version) {
    if (version > version_) version_ = version;
  }
  uint16_t version() const { return version_; }

  const std::string& bytes() const { return out_; }
  std::string& bytes() { return out_; }

 private:
  bool compress_;
  uint16_t version_ = kRdbVersionWritten;
  std::string out_;
};

// Reads from a view. After the first error ok() is false and everything reads as zero or empty.
class RdbReader {
 public:
  explicit RdbReader(std::string_view bytes) : left_(bytes) {}

  bool ok() const { return ok_; }
  bool AtEnd() const { return left_.empty(); }
  size_t left() const { return left_.size(); }
  // Makes it an error, from here on.
  void Fail() {
    ok_ = false;
    left_ = {};
  }

  uint8_t Byte();
  // A plain length.
  uint64_t Length();
  // A view of the input, or of `scratch`, which holds what had to be expanded.
  std::string_view String(std::string& scratch);
  std::string String();
  double Double();
  // A double as old versions wrote it: a text with its length in a byte, 253 NaN, 254 and 255
  // infinities.
  double OldDouble();
  // The next `count` bytes as they are.
  std::string_view Raw(size_t count);

 private:
  std::string_view Lzf(std::string& scratch);
  // The length, or the kind of encoding where `encoded` is set.
  uint64_t LengthOrKind(bool& encoded);

  std::string_view left_;
  bool ok_ = true;
};

}  // namespace gotthard
