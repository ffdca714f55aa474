#include "types/zeroed_bytes.h"

#include "observe/memory.h"

namespace gotthard {

char* ZeroedBytes::Allocate(size_t size) {
  // The system may promise more than the machine has. But used_memory would count it, and eviction
  // would find no end.
  if (size > SystemMemoryBytes()) return nullptr;
  return static_cast<char*>(std::calloc(size, 1));
}

}  // namespace gotthard
