// Database: small collections, whose packed bytes lie in the entry or in a blob.

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>
#include <utility>

#include "store/database.h"

namespace gotthard {
namespace {

// The capacity of a packed collection's blob: up to the end of the allocator's size class, which
// are four per doubling. That alone is growth by an eighth on average, and no byte is left unused.
size_t PackedCapacity(size_t size) {
  const size_t total = sizeof(Blob) + size;
  const size_t spacing = std::max<size_t>(std::bit_floor(total - 1) / 4, 16);
  return (total + spacing - 1) / spacing * spacing - sizeof(Blob);
}

// A blob that holds the first `kept` bytes of `bytes` and is `size` long.
BlobRef PackedBlob(std::string_view bytes, size_t size) {
  BlobRef blob = BlobRef::Make(PackedCapacity(size));
  std::memcpy(blob.mutable_data(), bytes.data(), std::min(bytes.size(), size));
  blob.set_size(size);
  return blob;
}

// A blob's bytes come back into the entry only when there is room for this many more, so that a
// collection at the border does not go to and fro.
constexpr size_t kInlineSlack = 64;

}  // namespace

EntryHandle Database::PutPacked(const Key& key, EntryHandle existing, Type type, Encoding encoding,
                                std::string_view bytes, int64_t expiry_ms) {
  assert(type != Type::kString);
  const bool has_expiry =
      expiry_ms == kKeepExpiry ? existing && existing->has_expiry() : expiry_ms != kNoExpiry;
  Value value = FitsInline(key.name.size(), has_expiry, bytes.size())
                    ? InlineValue(encoding, bytes)
                    : BlobValue(PackedBlob(bytes, bytes.size()));
  value.type = type;
  value.encoding = encoding;
  return Put(key, existing, value, expiry_ms);
}

void Database::ReplaceBlob(EntryHandle entry, BlobRef blob) {
  BlobRef old = BlobRef::Adopt(entry->blob_pointer());
  blob_bytes_ += blob->footprint() - old->footprint();
  entry->Store<uintptr_t>(entry->WordOffset(), reinterpret_cast<uintptr_t>(blob.Release()));
}

char* Database::MutablePacked(EntryHandle entry) {
  if (entry->is_inline()) return const_cast<char*>(entry->bytes().data());
  BlobRef blob = BlobRef::Adopt(entry->blob_pointer());
  BlobRef copy = blob.unique() ? BlobRef() : PackedBlob(blob->view(), blob->size());
  static_cast<void>(blob.Release());  // still the entry's
  if (copy) ReplaceBlob(entry, std::move(copy));
  return const_cast<char*>(entry->bytes().data());
}

char* Database::ResizePacked(EntryHandle& entry, size_t new_size) {
  const size_t key_length = entry->key_length();
  const bool has_expiry = entry->has_expiry();
  const Encoding encoding = entry->encoding();
  if (entry->is_inline()) {
    if (FitsInline(key_length, has_expiry, new_size)) {
      return ResizeInline(entry, entry->bytes(), encoding, new_size);
    }
    Value value = BlobValue(PackedBlob(entry->bytes(), new_size));
    value.type = entry->type();
    value.encoding = encoding;
    entry = Rewrite(entry, value, entry->expiry_ms());
    return const_cast<char*>(entry->bytes().data());
  }
  if (FitsInline(key_length, has_expiry, new_size + kInlineSlack)) {
    Value value = InlineValue(encoding, {});
    value.type = entry->type();
    const DetachedValue old = TakeValue(*entry);
    value.inline_bytes = entry->blob_pointer()->view().substr(0, new_size);
    value.inline_length = new_size;
    entry = Rewrite(entry, value, entry->expiry_ms());
    return const_cast<char*>(entry->bytes().data());
  }
  BlobRef blob = BlobRef::Adopt(entry->blob_pointer());
  const bool wasteful = blob->capacity() > 2 * PackedCapacity(new_size);
  if (!blob.unique() || blob->capacity() < new_size || wasteful) {
    BlobRef resized = PackedBlob(blob->view(), new_size);
    static_cast<void>(blob.Release());  // still the entry's
    ReplaceBlob(entry, std::move(resized));
  } else {
    blob.set_size(new_size);
    static_cast<void>(blob.Release());
  }
  return const_cast<char*>(entry->bytes().data());
}

}  // namespace gotthard
