#include "types/intset.h"

#include <bit>
#include <cassert>
#include <cstring>

namespace gotthard {
namespace {

static_assert(std::endian::native == std::endian::little, "integers are read as they are stored");

template <typename T>
T Load(const char* p) {
  T value;
  std::memcpy(&value, p, sizeof(T));
  return value;
}

int64_t LoadWide(const char* p, size_t width) {
  if (width == 2) return Load<int16_t>(p);
  if (width == 4) return Load<int32_t>(p);
  return Load<int64_t>(p);
}

// Little endian: the lowest `width` bytes come first.
void StoreWide(char* p, int64_t value, size_t width) {
  std::memcpy(p, &value, width);
}

size_t WidthFor(int64_t value) {
  if (value >= INT16_MIN && value <= INT16_MAX) return 2;
  return value >= INT32_MIN && value <= INT32_MAX ? 4 : 8;
}

void SetHeader(PackedBuffer& buffer, size_t width, size_t count) {
  const uint32_t words[2] = {static_cast<uint32_t>(width), static_cast<uint32_t>(count)};
  std::memcpy(buffer.data(), words, sizeof(words));
}

// All integers at the new width, with a gap of one for the value that made it necessary, which is
// below or above all others.
void Widen(PackedBuffer& buffer, int64_t value, size_t width) {
  const Intset old(buffer.view());
  const size_t count = old.Count();
  const size_t old_width = old.width();
  const size_t shift = value < 0 ? 1 : 0;
  buffer.Resize(kIntsetHeaderBytes + (count + 1) * width);
  char* values = buffer.data() + kIntsetHeaderBytes;
  for (size_t i = count; i-- > 0;) {
    StoreWide(values + (i + shift) * width, LoadWide(values + i * old_width, old_width), width);
  }
  StoreWide(values + (shift != 0 ? 0 : count) * width, value, width);
  SetHeader(buffer, width, count + 1);
}

}  // namespace

Intset::Intset(std::string_view bytes)
    : values_(bytes.data() + kIntsetHeaderBytes),
      count_(Load<uint32_t>(bytes.data() + 4)),
      width_(Load<uint32_t>(bytes.data())) {}

int64_t Intset::Get(size_t index) const {
  assert(index < count_);
  return LoadWide(values_ + index * width_, width_);
}

size_t Intset::LowerBound(int64_t value) const {
  size_t low = 0;
  for (size_t length = count_; length > 0;) {
    const size_t half = length / 2;
    if (Get(low + half) < value) {
      low += half + 1;
      length -= half + 1;
    } else {
      length = half;
    }
  }
  return low;
}

void IntsetClear(PackedBuffer& buffer) {
  buffer.Resize(kIntsetHeaderBytes);
  SetHeader(buffer, 2, 0);
}

bool IntsetAdd(PackedBuffer& buffer, int64_t value) {
  const Intset set(buffer.view());
  const size_t width = set.width();
  const size_t count = set.Count();
  if (const size_t wanted = WidthFor(value); wanted > width) {
    Widen(buffer, value, wanted);
    return true;
  }
  const size_t at = set.LowerBound(value);
  if (at < count && set.Get(at) == value) return false;
  buffer.Resize(kIntsetHeaderBytes + (count + 1) * width);
  char* place = buffer.data() + kIntsetHeaderBytes + at * width;
  std::memmove(place + width, place, (count - at) * width);
  StoreWide(place, value, width);
  SetHeader(buffer, width, count + 1);
  return true;
}

bool IntsetRemove(PackedBuffer& buffer, int64_t value) {
  const Intset set(buffer.view());
  const size_t at = set.LowerBound(value);
  if (at == set.Count() || set.Get(at) != value) return false;
  IntsetRemoveAt(buffer, at);
  return true;
}

void IntsetRemoveAt(PackedBuffer& buffer, size_t index) {
  const Intset set(buffer.view());
  const size_t width = set.width();
  const size_t count = set.Count();
  assert(index < count);
  char* place = buffer.data() + kIntsetHeaderBytes + index * width;
  std::memmove(place, place + width, (count - index - 1) * width);
  SetHeader(buffer, width, count - 1);
  buffer.Resize(kIntsetHeaderBytes + (count - 1) * width);
}

bool ValidateIntset(std::string_view bytes) {
  if (bytes.size() < kIntsetHeaderBytes) return false;
  const size_t width = Load<uint32_t>(bytes.data());
  const size_t count = Load<uint32_t>(bytes.data() + 4);
  if (width != 2 && width != 4 && width != 8) return false;
  if (bytes.size() != kIntsetHeaderBytes + count * width) return false;
  const Intset set(bytes);
  for (size_t i = 1; i < count; ++i) {
    if (set.Get(i - 1) >= set.Get(i)) return false;
  }
  return true;
}

}  // namespace gotthard
