#include "types/packed_buffer.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/memory.h"

namespace gotthard {
namespace {

// The size class that `size` bytes end up in with jemalloc, which other allocators do not mind.
size_t SizeClass(size_t size) {
  if (size <= 64) return std::max<size_t>(16, (size + 15) & ~size_t{15});
  const size_t step = std::bit_ceil(size) / 8;
  return (size + step - 1) & ~(step - 1);
}

}  // namespace

HeapPacked::HeapPacked(std::string_view bytes) {
  Resize(bytes.size());
  std::memcpy(data_, bytes.data(), bytes.size());
}

void HeapPacked::Resize(size_t size) {
  if (size > allocated_ || size < allocated_ / 2) {
    const size_t wanted = SizeClass(size);
    if (wanted != allocated_) {
      char* moved = static_cast<char*>(MustMalloc(wanted));
      if (size_ != 0) std::memcpy(moved, data_, std::min(size, size_));
      std::free(data_);
      data_ = moved;
      allocated_ = wanted;
    }
  }
  size_ = size;
}

}  // namespace gotthard
