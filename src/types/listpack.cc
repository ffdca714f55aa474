#include "types/listpack.h"

#include <bit>
#include <cassert>

namespace gotthard {
namespace {

constexpr uint8_t kTerminator = 0xff;
constexpr size_t kUnknownCount = UINT16_MAX;

uint8_t ByteAt(const char* p) {
  return static_cast<uint8_t>(*p);
}

// Little endian, `bytes` of them.
// Inlined with a constant number they are one instruction.
inline uint64_t LoadLittle(const char* p, size_t bytes) {
  static_assert(std::endian::native == std::endian::little, "bytes are copied as they are");
  uint64_t value = 0;
  std::memcpy(&value, p, bytes);
  return value;
}
inline void StoreLittle(char* p, uint64_t value, size_t bytes) {
  std::memcpy(p, &value, bytes);
}
int64_t SignExtend(uint64_t value, unsigned bits) {
  return static_cast<int64_t>(value << (64 - bits)) >> (64 - bits);
}

// How many bytes the backward length of an element of `length` bytes takes. The format's limits are
// one short of full from the second byte on.
size_t BackLengthBytes(size_t length) {
  if (length <= 127) [[likely]]
    return 1;
  if (length < 16383) return 2;
  if (length < 2097151) return 3;
  if (length < 268435455) return 4;
  return 5;
}

char* WriteBackLength(char* p, size_t length) {
  if (length <= 127) [[likely]] {
    *p = static_cast<char>(length);
    return p + 1;
  }
  const size_t bytes = BackLengthBytes(length);
  for (size_t i = 0; i < bytes; ++i) {
    const size_t group = length >> (7 * (bytes - 1 - i)) & 127;
    p[i] = static_cast<char>(i == 0 ? group : group | 128);
  }
  return p + bytes;
}

// What an element's first byte says.
struct Head {
  size_t head_bytes = 0;  // what comes before the text of a text
  uint8_t integer_bytes = 0;
  bool is_integer = false;
  bool known = true;
};
Head HeadOf(uint8_t first) {
  if (first < 0x80) return {.head_bytes = 1, .is_integer = true};
  if (first < 0xc0) return {.head_bytes = 1};
  if (first < 0xe0) return {.head_bytes = 2, .is_integer = true};
  if (first < 0xf0) return {.head_bytes = 2};
  switch (first) {
    case 0xf0:
      return {.head_bytes = 5};
    case 0xf1:
      return {.head_bytes = 3, .integer_bytes = 2, .is_integer = true};
    case 0xf2:
      return {.head_bytes = 4, .integer_bytes = 3, .is_integer = true};
    case 0xf3:
      return {.head_bytes = 5, .integer_bytes = 4, .is_integer = true};
    case 0xf4:
      return {.head_bytes = 9, .integer_bytes = 8, .is_integer = true};
    default:
      return {.known = false};
  }
}

// The length of a text from its head, which is all there.
size_t TextLength(const char* p) {
  const uint8_t first = ByteAt(p);
  if (first < 0xc0) return first & 0x3f;
  if (first < 0xf0) return (first & 0x0f) << 8 | ByteAt(p + 1);
  return LoadLittle(p + 1, 4);
}

// Head and payload, without the backward length.
size_t BodyBytes(const char* p) {
  const uint8_t first = ByteAt(p);
  if (first < 0x80) return 1;
  if (first < 0xc0) return 1 + (first & 0x3f);
  const Head head = HeadOf(first);
  return head.is_integer ? head.head_bytes : head.head_bytes + TextLength(p);
}

void SetHeader(PackedBuffer& buffer, size_t count) {
  ListpackWriteHeader(buffer.data(), buffer.size(), count);
}

// How many elements the header tells of; kUnknownCount when only a walk can.
size_t HeaderCount(const char* listpack) {
  return LoadLittle(listpack + 4, 2);
}

// Replaces `old_bytes` at `at` by a gap of `new_bytes`, with the header for `added` elements more
// (negative: fewer), and returns the gap.
char* MakeGap(PackedBuffer& buffer, size_t at, size_t old_bytes, size_t new_bytes, int64_t added) {
  const size_t old_size = buffer.size();
  const size_t count = HeaderCount(buffer.data());
  const size_t new_size = old_size - old_bytes + new_bytes;
  assert(new_size <= kMaxListpackBytes);
  if (new_size > old_size) buffer.Resize(new_size);
  char* gap = buffer.data() + at;
  std::memmove(gap + new_bytes, gap + old_bytes, old_size - at - old_bytes);
  if (new_size < old_size) {
    buffer.Resize(new_size);
    gap = buffer.data() + at;
  }
  // An unknown number stays unknown until the listpack is written anew: counting is O(n).
  const auto sum = static_cast<int64_t>(count) + added;
  SetHeader(buffer, count == kUnknownCount ? kUnknownCount : static_cast<size_t>(sum));
  return gap;
}

}  // namespace

PackedNeedle::PackedNeedle(std::string_view needle) : text(needle) {
  if (const auto number = ParseInt64(needle)) {
    integer = *number;
    is_integer = true;
  }
}

size_t Listpack::Count() const {
  size_t count = HeaderCount(data_);
  if (count != kUnknownCount) return count;
  count = 0;
  for (Position at = First(); at != kNone; at = Next(at)) ++count;
  return count;
}

size_t Listpack::EntryBytes(Position at) const {
  const size_t body = BodyBytes(data_ + at);
  return body + BackLengthBytes(body);
}

Listpack::Position Listpack::Previous(Position at) const {
  if (at == kListpackHeaderBytes) return kNone;
  const char* p = data_ + at - 1;
  size_t length = ByteAt(p) & 127;
  for (unsigned shift = 7; (ByteAt(p) & 128) != 0; shift += 7) {
    --p;
    length |= size_t{ByteAt(p) & 127u} << shift;
  }
  return static_cast<size_t>(p - data_) - length;
}

Listpack::Position Listpack::Seek(int64_t index) const {
  const size_t known = HeaderCount(data_);
  if (known != kUnknownCount) {
    const auto count = static_cast<int64_t>(known);
    if (index < 0) index += count;
    if (index < 0 || index >= count) return kNone;
    if (index > count / 2) index -= count;
  }
  Position at = kNone;
  if (index >= 0) {
    for (at = First(); at != kNone && index > 0; --index) at = Next(at);
  } else {
    for (at = Last(); at != kNone && index < -1; ++index) at = Previous(at);
  }
  return at;
}

PackedItem Listpack::Get(Position at) const {
  assert(at >= kListpackHeaderBytes && at + 1 < size_);
  const char* p = data_ + at;
  const uint8_t first = ByteAt(p);
  if (first < 0x80) return {.integer = first, .is_integer = true};
  if (first < 0xc0) return {.text = {p + 1, size_t{first} & 0x3f}};
  if (first < 0xe0) {
    return {.integer = SignExtend((first & 0x1f) << 8 | ByteAt(p + 1), 13), .is_integer = true};
  }
  const Head head = HeadOf(first);
  if (!head.is_integer) return {.text = {p + head.head_bytes, TextLength(p)}};
  const uint64_t bits = LoadLittle(p + 1, head.integer_bytes);
  return {.integer = SignExtend(bits, 8 * head.integer_bytes), .is_integer = true};
}

Listpack::Position Listpack::Find(Position from, const PackedNeedle& needle, size_t skip) const {
  for (Position at = from; at != kNone;) {
    if (needle.Is(Get(at))) return at;
    for (size_t i = 0; i <= skip && at != kNone; ++i) at = Next(at);
  }
  return kNone;
}

ListpackElement::ListpackElement(std::string_view text) {
  const size_t length = text.size();
  const bool may_be_integer = length - 1 < kMaxInt64Chars && static_cast<uint8_t>(text[0]) <= '9';
  if (may_be_integer) {
    if (const auto integer = ParseInt64(text)) {
      SetInteger(*integer);
      return;
    }
  }
  text_ = text.data() != nullptr ? text.data() : "";
  if (length < 64) {
    head_[0] = static_cast<char>(0x80 | length);
    head_bytes_ = 1;
  } else if (length < 4096) {
    head_[0] = static_cast<char>(0xe0 | length >> 8);
    head_[1] = static_cast<char>(length);
    head_bytes_ = 2;
  } else {
    head_[0] = static_cast<char>(0xf0);
    StoreLittle(head_ + 1, length, 4);
    head_bytes_ = 5;
  }
  body_bytes_ = head_bytes_ + length;
  bytes_ = body_bytes_ + BackLengthBytes(body_bytes_);
}

void ListpackElement::SetInteger(int64_t value) {
  const auto bits = static_cast<uint64_t>(value);
  const auto wide = [&](uint8_t head, uint8_t bytes) {
    head_[0] = static_cast<char>(head);
    StoreLittle(head_ + 1, bits, bytes);
    head_bytes_ = static_cast<uint8_t>(1 + bytes);
  };
  if (value >= 0 && value <= 127) {
    head_[0] = static_cast<char>(value);
    head_bytes_ = 1;
  } else if (value >= -4096 && value <= 4095) {
    head_[0] = static_cast<char>(0xc0 | (bits >> 8 & 0x1f));
    head_[1] = static_cast<char>(bits);
    head_bytes_ = 2;
  } else if (value >= INT16_MIN && value <= INT16_MAX) {
    wide(0xf1, 2);
  } else if (value >= -8388608 && value <= 8388607) {
    wide(0xf2, 3);
  } else if (value >= INT32_MIN && value <= INT32_MAX) {
    wide(0xf3, 4);
  } else {
    wide(0xf4, 8);
  }
  body_bytes_ = head_bytes_;
  bytes_ = body_bytes_ + 1;
}

char* ListpackElement::Write(char* out) const {
  std::memcpy(out, head_, head_bytes_);
  if (text_ != nullptr) std::memcpy(out + head_bytes_, text_, body_bytes_ - head_bytes_);
  return WriteBackLength(out + body_bytes_, body_bytes_);
}

void ListpackWriteHeader(char* listpack, size_t bytes, size_t count) {
  StoreLittle(listpack, bytes, 4);
  StoreLittle(listpack + 4, count < kUnknownCount ? count : kUnknownCount, 2);
}

void ListpackClear(PackedBuffer& buffer) {
  buffer.Resize(kEmptyListpackBytes);
  SetHeader(buffer, 0);
  buffer.data()[kListpackHeaderBytes] = static_cast<char>(kTerminator);
}

void ListpackInsert(PackedBuffer& buffer, Listpack::Position at, const ListpackElement& element) {
  element.Write(MakeGap(buffer, at, 0, element.bytes(), 1));
}
void ListpackInsert(PackedBuffer& buffer, Listpack::Position at, std::string_view text) {
  ListpackInsert(buffer, at, ListpackElement(text));
}
void ListpackInsert(PackedBuffer& buffer, Listpack::Position at, int64_t integer) {
  ListpackInsert(buffer, at, ListpackElement(integer));
}
void ListpackAppend(PackedBuffer& buffer, std::string_view text) {
  ListpackInsert(buffer, buffer.size() - 1, ListpackElement(text));
}
void ListpackAppend(PackedBuffer& buffer, int64_t integer) {
  ListpackInsert(buffer, buffer.size() - 1, ListpackElement(integer));
}
void ListpackPrepend(PackedBuffer& buffer, std::string_view text) {
  ListpackInsert(buffer, kListpackHeaderBytes, ListpackElement(text));
}

void ListpackAppend(PackedBuffer& buffer, std::span<const std::string_view> texts) {
  size_t bytes = 0;
  for (const std::string_view text : texts) bytes += ListpackElementBytes(text);
  char* p = MakeGap(buffer, buffer.size() - 1, 0, bytes, static_cast<int64_t>(texts.size()));
  for (const std::string_view text : texts) p = ListpackElement(text).Write(p);
}

void ListpackInsertRaw(PackedBuffer& buffer, Listpack::Position at, std::string_view elements,
                       size_t count) {
  char* gap = MakeGap(buffer, at, 0, elements.size(), static_cast<int64_t>(count));
  if (!elements.empty()) std::memcpy(gap, elements.data(), elements.size());
}

void ListpackReplace(PackedBuffer& buffer, Listpack::Position at, const ListpackElement& element) {
  const size_t old_bytes = Listpack(buffer.view()).EntryBytes(at);
  element.Write(old_bytes == element.bytes() ? buffer.data() + at
                                             : MakeGap(buffer, at, old_bytes, element.bytes(), 0));
}
void ListpackReplace(PackedBuffer& buffer, Listpack::Position at, std::string_view text) {
  ListpackReplace(buffer, at, ListpackElement(text));
}
void ListpackReplace(PackedBuffer& buffer, Listpack::Position at, int64_t integer) {
  ListpackReplace(buffer, at, ListpackElement(integer));
}

size_t ListpackDelete(PackedBuffer& buffer, Listpack::Position at, size_t count) {
  const Listpack list(buffer.view());
  Listpack::Position end = at;
  size_t deleted = 0;
  for (; deleted < count && end != list.End(); ++deleted) end += list.EntryBytes(end);
  if (deleted != 0) MakeGap(buffer, at, end - at, 0, -static_cast<int64_t>(deleted));
  return deleted;
}

void ListpackDeleteEach(PackedBuffer& buffer, std::span<const Listpack::Position> positions) {
  if (positions.empty()) return;
  const Listpack list(buffer.view());
  char* data = buffer.data();
  const size_t size = buffer.size();
  const size_t count = HeaderCount(buffer.data());
  size_t to = positions[0];
  for (size_t i = 0; i < positions.size(); ++i) {
    const size_t from = positions[i] + list.EntryBytes(positions[i]);
    // The bytes behind the last one include the terminator.
    const size_t end = i + 1 < positions.size() ? positions[i + 1] : size;
    std::memmove(data + to, data + from, end - from);
    to += end - from;
  }
  buffer.Resize(to);
  SetHeader(buffer, count == kUnknownCount ? count : count - positions.size());
}

bool ValidateListpack(std::string_view bytes) {
  if (bytes.size() < kEmptyListpackBytes || bytes.size() > kMaxListpackBytes) return false;
  const char* const data = bytes.data();
  const size_t end = bytes.size() - 1;
  if (LoadLittle(data, 4) != bytes.size() || ByteAt(data + end) != kTerminator) return false;
  size_t count = 0;
  for (size_t at = kListpackHeaderBytes; at != end; ++count) {
    const Head head = HeadOf(ByteAt(data + at));
    if (!head.known || head.head_bytes > end - at) return false;
    const size_t body = BodyBytes(data + at);
    const size_t back = BackLengthBytes(body);
    if (body + back > end - at) return false;
    char expected[5];
    WriteBackLength(expected, body);
    if (std::memcmp(expected, data + at + body, back) != 0) return false;
    at += body + back;
  }
  const size_t told = HeaderCount(data);
  return told == kUnknownCount || told == count;
}

}  // namespace gotthard
