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

void BlobRef::Reallocate(size_t capacity) {
  assert(unique() && blob_->offset_ == 0 && capacity <= SIZE_MAX - sizeof(Blob));
  void* const moved = std::realloc(static_cast<void*>(blob_), sizeof(Blob) + capacity);
  if (moved == nullptr) throw std::bad_alloc();
  // The head is plain words, and nobody else holds the counter.
  blob_ = static_cast<Blob*>(moved);
  blob_->capacity_ = capacity;
}

void BlobRef::Free(Blob* blob) {
  blob->~Blob();
  std::free(blob);
}

}  // namespace gotthard
