// ReadBuffer: memory that a socket is read into and that requests are viewed in.
//
// Two kinds: shared ones of a fixed size from a ReadBufferPool, which a thread's connections fill
// one after the other; and private ones, malloc'd for one connection whose request is not complete,
// sized for what is still to come. A buffer is kept alive by counted references: one of whoever
// fills it, one per CommandBatch with views into it.
//
// A private buffer for a request with a large value is the memory of a Blob: the command that
// stores the value takes the blob over, and nothing is copied.
//
// Owning thread: the I/O thread that made it. The count is not atomic: a batch that travels to the
// execution thread and back gives its reference up only when it is home again.
//
// Limits: a pool keeps at most `kMaxFree` free buffers and gives the rest back to the allocator.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "base/blob.h"

namespace gotthard {

class ReadBufferPool;

class ReadBuffer {
 public:
  // A private buffer with one reference.
  static ReadBuffer* NewPrivate(size_t capacity);
  // The same, in a blob.
  static ReadBuffer* NewForValue(size_t capacity);

  char* data() { return data_; }
  size_t capacity() const { return capacity_; }
  bool for_value() const { return static_cast<bool>(value_); }
  // REQUIRES: for_value().
  BlobRef& value() { return value_; }
  // Whether nobody else can see what is written to it.
  bool exclusive() const { return refs_ == 1 && (!value_ || value_.unique()); }
  // Makes it larger; what it holds may move. REQUIRES: for_value() and exclusive().
  void Enlarge(size_t capacity);
  bool is_private() const { return pool_ == nullptr; }
  uint32_t refs() const { return refs_; }
  void Ref() { ++refs_; }
  // The last one gives the buffer back.
  void Unref();

 private:
  friend class ReadBufferPool;
  ReadBuffer(ReadBufferPool* pool, size_t capacity)
      : data_(reinterpret_cast<char*>(this + 1)), pool_(pool), capacity_(capacity) {}
  explicit ReadBuffer(BlobRef value)
      : data_(value.mutable_data()),
        pool_(nullptr),
        capacity_(value->capacity()),
        value_(std::move(value)) {}
  static void Delete(ReadBuffer* buffer);

  char* data_;
  ReadBufferPool* pool_;
  size_t capacity_;
  BlobRef value_;
  uint32_t refs_ = 1;
};

// A counted reference.
class ReadBufferRef {
 public:
  ReadBufferRef() = default;
  // Takes over a reference that the caller has.
  static ReadBufferRef Adopt(ReadBuffer* buffer) {
    ReadBufferRef ref;
    ref.buffer_ = buffer;
    return ref;
  }
  ReadBufferRef(const ReadBufferRef& other) : buffer_(other.buffer_) {
    if (buffer_ != nullptr) buffer_->Ref();
  }
  ReadBufferRef(ReadBufferRef&& other) noexcept : buffer_(std::exchange(other.buffer_, nullptr)) {}
  ReadBufferRef& operator=(ReadBufferRef other) noexcept {
    std::swap(buffer_, other.buffer_);
    return *this;
  }
  ~ReadBufferRef() { reset(); }
  void reset() {
    if (buffer_ != nullptr) std::exchange(buffer_, nullptr)->Unref();
  }
  ReadBuffer* get() const { return buffer_; }
  ReadBuffer* operator->() const { return buffer_; }
  explicit operator bool() const { return buffer_ != nullptr; }

 private:
  ReadBuffer* buffer_ = nullptr;
};

class ReadBufferPool {
 public:
  static constexpr size_t kBufferBytes = 64 * 1024;
  static constexpr size_t kMaxFree = 64;

  explicit ReadBufferPool(size_t buffer_bytes = kBufferBytes) : buffer_bytes_(buffer_bytes) {}
  ReadBufferPool(const ReadBufferPool&) = delete;
  ReadBufferPool& operator=(const ReadBufferPool&) = delete;
  // REQUIRES: no buffer of the pool is referenced any more.
  ~ReadBufferPool();

  ReadBufferRef Get();
  size_t in_use() const { return in_use_; }

 private:
  friend class ReadBuffer;
  void GiveBack(ReadBuffer* buffer);

  const size_t buffer_bytes_;
  std::vector<ReadBuffer*> free_;  // last in, first out: the next one is warm in the cache
  size_t in_use_ = 0;
};

}  // namespace gotthard
