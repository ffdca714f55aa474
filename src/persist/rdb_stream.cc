#include "persist/rdb_stream.h"

#include <liblzf/lzf.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <optional>

#include "base/numbers.h"

namespace gotthard {
namespace {

enum Kind : uint8_t { kInt8 = 0, kInt16 = 1, kInt32 = 2, kLzf = 3 };

// Longer texts are no 32-bit integer.
constexpr size_t kMaxInt32Chars = 11;
constexpr size_t kMinLzfBytes = 20;
// A back reference of 3 bytes stands for 264 at most.
constexpr size_t kMaxLzfRatio = 264;

template <typename T>
T FromBigEndian(std::string_view bytes) {
  T value = 0;
  for (const char c : bytes) value = static_cast<T>(value << 8 | static_cast<uint8_t>(c));
  return value;
}

}  // namespace

void RdbWriter::Length(uint64_t length) {
  if (length < 64) return Byte(static_cast<uint8_t>(length));
  if (length < 16384) {
    Byte(static_cast<uint8_t>(0x40 | length >> 8));
    return Byte(static_cast<uint8_t>(length));
  }
  const bool wide = length > UINT32_MAX;
  Byte(wide ? 0x81 : 0x80);
  for (int shift = wide ? 56 : 24; shift >= 0; shift -= 8) {
    Byte(static_cast<uint8_t>(length >> shift));
  }
}

void RdbWriter::Integer(int64_t value) {
  const auto write = [&](Kind kind, int bytes) {
    Byte(static_cast<uint8_t>(0xc0 | kind));
    for (int i = 0; i < bytes; ++i) Byte(static_cast<uint8_t>(value >> (8 * i)));
  };
  if (value >= INT8_MIN && value <= INT8_MAX) return write(kInt8, 1);
  if (value >= INT16_MIN && value <= INT16_MAX) return write(kInt16, 2);
  if (value >= INT32_MIN && value <= INT32_MAX) return write(kInt32, 4);
  char digits[kMaxInt64Chars];
  const std::string_view text(digits, FormatInt64(digits, value));
  Length(text.size());
  Raw(text);
}

void RdbWriter::String(std::string_view text) {
  if (text.size() <= kMaxInt32Chars) {
    if (const auto value = ParseInt64(text)) {
      if (*value >= INT32_MIN && *value <= INT32_MAX) return Integer(*value);
    }
  } else if (compress_ && text.size() > kMinLzfBytes && text.size() <= UINT32_MAX) {
    std::string compressed(text.size() - 4, '\0');
    const unsigned bytes =
        lzf_compress(text.data(), static_cast<unsigned>(text.size()), compressed.data(),
                     static_cast<unsigned>(compressed.size()));
    if (bytes != 0) return Lzf(std::string_view(compressed).substr(0, bytes), text.size());
  }
  Length(text.size());
  Raw(text);
}

void RdbWriter::Lzf(std::string_view compressed, size_t length) {
  Byte(0xc0 | kLzf);
  Length(compressed.size());
  Length(length);
  Raw(compressed);
}

void RdbWriter::Double(double value) {
  static_assert(std::endian::native == std::endian::little, "doubles are written as they lie");
  Raw({reinterpret_cast<const char*>(&value), sizeof(value)});
}

std::string_view RdbReader::Raw(size_t count) {
  if (count > left_.size()) {
    Fail();
    return {};
  }
  const std::string_view bytes = left_.substr(0, count);
  left_.remove_prefix(count);
  return bytes;
}

uint8_t RdbReader::Byte() {
  const std::string_view bytes = Raw(1);
  return bytes.empty() ? 0 : static_cast<uint8_t>(bytes[0]);
}

uint64_t RdbReader::LengthOrKind(bool& encoded) {
  const uint8_t first = Byte();
  encoded = first >= 0xc0;
  if (encoded || first < 0x40) return first & 0x3f;
  if (first < 0x80) return uint64_t{first & 0x3fu} << 8 | Byte();
  if (first == 0x80) return FromBigEndian<uint64_t>(Raw(4));
  if (first == 0x81) return FromBigEndian<uint64_t>(Raw(8));
  Fail();
  return 0;
}

uint64_t RdbReader::Length() {
  bool encoded = false;
  const uint64_t length = LengthOrKind(encoded);
  if (encoded) Fail();
  return ok_ ? length : 0;
}

std::string_view RdbReader::Lzf(std::string& scratch) {
  const uint64_t compressed = Length();
  const uint64_t length = Length();
  const std::string_view bytes = Raw(compressed);
  if (!ok_ || bytes.empty() || length == 0 || length > bytes.size() * kMaxLzfRatio ||
      length > UINT32_MAX || bytes.size() > UINT32_MAX) {
    Fail();
    return {};
  }
  scratch.resize(length);
  const unsigned expanded = lzf_decompress(bytes.data(), static_cast<unsigned>(bytes.size()),
                                           scratch.data(), static_cast<unsigned>(length));
  if (expanded == length) return scratch;
  Fail();
  return {};
}

std::string_view RdbReader::String(std::string& scratch) {
  bool encoded = false;
  const uint64_t length = LengthOrKind(encoded);
  if (!encoded) return Raw(length);
  if (length == kLzf) return Lzf(scratch);
  if (length > kLzf) {
    Fail();
    return {};
  }
  const size_t width = size_t{1} << length;
  const std::string_view bytes = Raw(width);
  if (!ok_) return {};
  uint64_t bits = 0;
  for (size_t i = 0; i < width; ++i) bits |= uint64_t{static_cast<uint8_t>(bytes[i])} << (8 * i);
  const unsigned unused = static_cast<unsigned>(64 - 8 * width);
  scratch = FormatInt64(static_cast<int64_t>(bits << unused) >> unused);
  return scratch;
}

std::string RdbReader::String() {
  std::string scratch;
  const std::string_view text = String(scratch);
  return text.data() == scratch.data() ? scratch : std::string(text);
}

double RdbReader::Double() {
  double value = 0;
  const std::string_view bytes = Raw(sizeof(value));
  if (ok_) std::memcpy(&value, bytes.data(), sizeof(value));
  return value;
}

double RdbReader::OldDouble() {
  const uint8_t length = Byte();
  if (length == 255) return -HUGE_VAL;
  if (length == 254) return HUGE_VAL;
  if (length == 253) return std::nan("");
  const auto value = ParseDouble(Raw(length));
  if (!value) Fail();
  return value.value_or(0);
}

}  // namespace gotthard
