#include "pipe/read_buffer.h"

#include <cassert>
#include <cstdlib>
#include <new>

namespace gotthard {
namespace {

void* AllocateOrThrow(size_t bytes) {
  void* memory = std::malloc(bytes);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

ReadBuffer* ReadBuffer::NewPrivate(size_t capacity) {
  return new (AllocateOrThrow(sizeof(ReadBuffer) + capacity)) ReadBuffer(nullptr, capacity);
}

ReadBuffer* ReadBuffer::NewForValue(size_t capacity) {
  return new (AllocateOrThrow(sizeof(ReadBuffer))) ReadBuffer(BlobRef::Make(capacity));
}

void ReadBuffer::Enlarge(size_t capacity) {
  assert(exclusive());
  value_.Reallocate(capacity);
  data_ = value_.mutable_data();
  capacity_ = capacity;
}

void ReadBuffer::Delete(ReadBuffer* buffer) {
  buffer->~ReadBuffer();
  std::free(buffer);
}

void ReadBuffer::Unref() {
  assert(refs_ > 0);
  if (--refs_ != 0) return;
  if (pool_ != nullptr) {
    pool_->GiveBack(this);
  } else {
    Delete(this);
  }
}

ReadBufferPool::~ReadBufferPool() {
  assert(in_use_ == 0);
  for (ReadBuffer* buffer : free_) ReadBuffer::Delete(buffer);
}

ReadBufferRef ReadBufferPool::Get() {
  ++in_use_;
  if (!free_.empty()) {
    ReadBuffer* buffer = free_.back();
    free_.pop_back();
    buffer->refs_ = 1;
    return ReadBufferRef::Adopt(buffer);
  }
  void* memory = AllocateOrThrow(sizeof(ReadBuffer) + buffer_bytes_);
  return ReadBufferRef::Adopt(new (memory) ReadBuffer(this, buffer_bytes_));
}

void ReadBufferPool::GiveBack(ReadBuffer* buffer) {
  --in_use_;
  if (free_.size() < kMaxFree) {
    free_.push_back(buffer);
  } else {
    ReadBuffer::Delete(buffer);
  }
}

}  // namespace gotthard
