#include "types/ziplist.h"

#include <cstdint>
#include <cstring>
#include <optional>

namespace gotthard {
namespace {

constexpr uint8_t kLongLength = 254;
constexpr uint8_t kEnd = 255;
constexpr size_t kZiplistHeader = 10;

// Takes bytes off the front; past the end everything is zero and ok() false.
class Bytes {
 public:
  explicit Bytes(std::string_view bytes) : left_(bytes) {}
  bool ok() const { return ok_; }
  size_t left() const { return left_.size(); }
  std::string_view Take(size_t count) {
    if (count > left_.size()) {
      ok_ = false;
      left_ = {};
      return {};
    }
    const std::string_view bytes = left_.substr(0, count);
    left_.remove_prefix(count);
    return bytes;
  }
  uint8_t Byte() {
    const std::string_view byte = Take(1);
    return byte.empty() ? 0 : static_cast<uint8_t>(byte[0]);
  }
  uint64_t Little(size_t width) {
    const std::string_view bytes = Take(width);
    uint64_t value = 0;
    if (bytes.empty()) return value;
    std::memcpy(&value, bytes.data(), bytes.size());
    return value;
  }
  int64_t Signed(size_t width) {
    const auto unused = static_cast<unsigned>(64 - 8 * width);
    return static_cast<int64_t>(Little(width) << unused) >> unused;
  }
  // A length of a ziplist's entry before, or of a zipmap's text.
  uint64_t Length() {
    const uint8_t first = Byte();
    if (first == kEnd) ok_ = false;
    return first < kLongLength ? first : Little(4);
  }

 private:
  std::string_view left_;
  bool ok_ = true;
};

std::optional<PackedItem> ReadEntry(Bytes& in) {
  const uint8_t head = in.Byte();
  PackedItem item;
  item.is_integer = head >= 0xc0;
  if (head < 0x40) {
    item.text = in.Take(head);
  } else if (head < 0x80) {
    const size_t high = head & 0x3fu;
    item.text = in.Take(high << 8 | in.Byte());
  } else if (head == 0x80) {
    size_t length = 0;
    for (int i = 0; i < 4; ++i) length = length << 8 | in.Byte();
    item.text = in.Take(length);
  } else if (head == 0xc0) {
    item.integer = in.Signed(2);
  } else if (head == 0xd0) {
    item.integer = in.Signed(4);
  } else if (head == 0xe0) {
    item.integer = in.Signed(8);
  } else if (head == 0xf0) {
    item.integer = in.Signed(3);
  } else if (head == 0xfe) {
    item.integer = in.Signed(1);
  } else if (head >= 0xf1 && head <= 0xfd) {
    item.integer = head - 0xf1;
  } else {
    return std::nullopt;
  }
  if (!in.ok()) return std::nullopt;
  return item;
}

}  // namespace

bool ReadZiplist(std::string_view bytes, FunctionRef<void(const PackedItem&)> visit) {
  if (bytes.size() <= kZiplistHeader || static_cast<uint8_t>(bytes.back()) != kEnd) return false;
  Bytes in(bytes.substr(0, bytes.size() - 1));
  const uint64_t total = in.Little(4);
  const uint64_t tail = in.Little(4);
  const uint64_t told = in.Little(2);
  if (total != bytes.size()) return false;
  uint64_t count = 0;
  size_t before = 0;
  size_t last = kZiplistHeader;
  while (in.left() > 0) {
    const size_t start = in.left();
    last = bytes.size() - 1 - start;
    if (in.Length() != before) return false;
    const auto item = ReadEntry(in);
    if (!item) return false;
    visit(*item);
    before = start - in.left();
    ++count;
  }
  return in.ok() && tail == last && (told == UINT16_MAX || told == count);
}

bool ReadZipmap(std::string_view bytes,
                FunctionRef<void(std::string_view field, std::string_view value)> visit) {
  if (bytes.size() < 2 || static_cast<uint8_t>(bytes.back()) != kEnd) return false;
  Bytes in(bytes.substr(0, bytes.size() - 1));
  const uint8_t told = in.Byte();
  uint64_t count = 0;
  while (in.left() > 0) {
    const std::string_view field = in.Take(in.Length());
    const uint64_t length = in.Length();
    const uint8_t spare = in.Byte();
    const std::string_view value = in.Take(length);
    in.Take(spare);
    if (!in.ok()) return false;
    visit(field, value);
    ++count;
  }
  return in.ok() && (told >= kLongLength || told == count);
}

}  // namespace gotthard
