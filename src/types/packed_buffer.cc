#include "types/packed_buffer.h"

#include <algorithm>
#include <cstring>

#include "base/memory.h"

namespace gotthard {
HeapPacked::HeapPacked(std::string_view bytes) {
  Resize(bytes.size());
  std::memcpy(data_, bytes.data(), bytes.size());
}

void HeapPacked::Resize(size_t size) {
  if (size > allocated_ || size < allocated_ / 2) {
    const size_t wanted = AllocationClass(size);
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
