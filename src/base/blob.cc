#include "base/blob.h"

#include <cstdlib>
#include <cstring>
#include <new>

#include "base/memory.h"

namespace gotthard {

BlobRef BlobRef::Make(size_t capacity) {
  assert(capacity <= SIZE_MAX - sizeof(Blob));
  return Adopt(new (MustMalloc(sizeof(Blob) + capacity)) Blob(capacity));
}

BlobRef BlobRef::Copy(std::string_view bytes) {
  BlobRef ref = Make(bytes.size());
  if (!bytes.empty()) std::memcpy(ref.mutable_data(), bytes.data(), bytes.size());
  ref.set_size(bytes.size());
  return ref;
}

void BlobRef::Free(Blob* blob) {
  blob->~Blob();
  std::free(blob);
}

}  // namespace gotthard
