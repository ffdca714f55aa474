#include "base/crc64.h"

#include <array>
#include <bit>
#include <cstring>

namespace gotthard {
namespace {

constexpr uint64_t kPolynomial = 0x95ac9329ac4bc9b5;  // 0xad93d23594c935a9, bits reversed

using Table = std::array<std::array<uint64_t, 256>, 8>;

// Row 0 takes in one byte; row n a byte that is followed by n others.
constexpr Table MakeTable() {
  Table table{};
  for (uint64_t byte = 0; byte < 256; ++byte) {
    uint64_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? kPolynomial : 0);
    table[0][byte] = crc;
  }
  for (size_t row = 1; row < 8; ++row) {
    for (size_t byte = 0; byte < 256; ++byte) {
      const uint64_t before = table[row - 1][byte];
      table[row][byte] = table[0][before & 0xff] ^ (before >> 8);
    }
  }
  return table;
}

constexpr Table kTable = MakeTable();

}  // namespace

uint64_t Crc64(uint64_t crc, std::string_view bytes) {
  static_assert(std::endian::native == std::endian::little, "words are read as they lie");
  const char* p = bytes.data();
  size_t left = bytes.size();
  for (; left >= 8; left -= 8, p += 8) {
    uint64_t word;
    std::memcpy(&word, p, sizeof(word));
    word ^= crc;
    crc = 0;
    for (size_t i = 0; i < 8; ++i) crc ^= kTable[7 - i][word >> (8 * i) & 0xff];
  }
  for (; left > 0; --left, ++p) {
    crc = kTable[0][(crc ^ static_cast<uint8_t>(*p)) & 0xff] ^ (crc >> 8);
  }
  return crc;
}

}  // namespace gotthard
