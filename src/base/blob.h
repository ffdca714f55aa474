// Blob: a counted buffer of bytes in one allocation; BlobRef: the pointer that counts.
//
// Large values live in blobs so that a reply can reference one until writev ends, on another thread
// than the one that owns the data. Invariant: bytes and size change only while exactly one
// reference exists (unique()); once shared, a blob is immutable until it is unique again.
//
//   +--------------------+----------+--------------+------------------------------------+
//   | refs (4) offset (4)| size (8) | capacity (8) | offset bytes, size bytes, the rest |
//   +--------------------+----------+--------------+------------------------------------+
//                                                  |<------------- capacity ----------->|
//
// The offset is 0 but for blobs that began as something larger: a request that was received into
// one, and of which a value is kept (Narrow).
//
// Owning thread: a BlobRef belongs to one thread at a time, a Blob to everyone who holds a BlobRef.
// A pointer into the bytes is good as long as the BlobRef it was taken from.
#pragma once

#include <atomic>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace gotthard {

class Blob {
 public:
  Blob(const Blob&) = delete;
  Blob& operator=(const Blob&) = delete;

  size_t size() const { return size_; }
  // From data() on.
  size_t capacity() const { return capacity_ - offset_; }
  // What it takes, with its head.
  size_t footprint() const { return sizeof(Blob) + capacity_; }
  const char* data() const { return reinterpret_cast<const char*>(this + 1) + offset_; }
  std::string_view view() const { return {data(), size_}; }

 private:
  friend class BlobRef;
  explicit Blob(size_t capacity) : capacity_(capacity) {}

  // Partners: every BlobRef to this blob. An increment is relaxed: whoever copies a reference has
  // one already, and got it through something that ordered it (a mailbox, the same thread). A
  // decrement is acq_rel: release, so that this holder's reads come before the count that lets
  // another one free or change the bytes; acquire, so that the one who frees comes after all of
  // them.
  std::atomic<uint32_t> refs_{1};
  uint32_t offset_ = 0;
  uint64_t size_ = 0;
  uint64_t capacity_;
};
static_assert(sizeof(Blob) == 24, "three words of overhead per large value");

class BlobRef {
 public:
  BlobRef() = default;
  // A blob of its own with size 0 and room for `capacity` bytes (uninitialised).
  static BlobRef Make(size_t capacity);
  // A blob of its own that holds a copy of `bytes`.
  static BlobRef Copy(std::string_view bytes);

  BlobRef(const BlobRef& other) : blob_(other.blob_) {
    if (blob_ != nullptr) {
      [[maybe_unused]] const uint32_t before = blob_->refs_.fetch_add(1, std::memory_order_relaxed);
      assert(before < UINT32_MAX && "reference count overflow");
    }
  }
  BlobRef(BlobRef&& other) noexcept : blob_(std::exchange(other.blob_, nullptr)) {}
  BlobRef& operator=(BlobRef other) noexcept {
    std::swap(blob_, other.blob_);
    return *this;
  }
  ~BlobRef() { Reset(); }

  // Gives the reference up; the last one frees the blob.
  void Reset() {
    if (blob_ != nullptr && blob_->refs_.fetch_sub(1, std::memory_order_acq_rel) == 1) Free(blob_);
    blob_ = nullptr;
  }
  // Hands the reference over as a plain pointer (to be kept inside an entry), and takes it back.
  Blob* Release() { return std::exchange(blob_, nullptr); }
  static BlobRef Adopt(Blob* blob) {
    BlobRef ref;
    ref.blob_ = blob;
    return ref;
  }
  // Another reference to a blob that is kept as a plain pointer.
  static BlobRef Share(Blob* blob) {
    blob->refs_.fetch_add(1, std::memory_order_relaxed);
    return Adopt(blob);
  }

  explicit operator bool() const { return blob_ != nullptr; }
  const Blob* get() const { return blob_; }
  const Blob* operator->() const { return blob_; }
  const Blob& operator*() const { return *blob_; }

  // Whether nobody else holds the blob, so that it may be changed. Acquire: pairs with the release
  // of the last other holder's decrement, whose reads must be over before we write.
  bool unique() const { return blob_->refs_.load(std::memory_order_acquire) == 1; }

  // REQUIRES: unique(). The bytes to write to, capacity() of them.
  char* mutable_data() {
    assert(unique());
    return reinterpret_cast<char*>(blob_ + 1) + blob_->offset_;
  }
  // REQUIRES: unique() and size <= capacity().
  void set_size(size_t size) {
    assert(unique() && size <= blob_->capacity());
    blob_->size_ = size;
  }
  // From now on the blob is `size` of the bytes it holds, from `offset` on; the others are lost,
  // but not freed. REQUIRES: unique() and offset + size <= capacity().
  void Narrow(uint32_t offset, size_t size) {
    assert(unique() && offset + size <= blob_->capacity());
    blob_->offset_ += offset;
    blob_->size_ = size;
  }
  // Makes room for `capacity` bytes, where the blob is if the allocator can. The first
  // min(capacity, capacity()) bytes stay, whatever size() says. REQUIRES: unique(), never narrowed.
  void Reallocate(size_t capacity);

 private:
  static void Free(Blob* blob);

  Blob* blob_ = nullptr;
};

}  // namespace gotthard
