// PackedBuffer: bytes that an editor of a packed format (listpack, intset) may lengthen and
// shorten, wherever they live: in an allocation of their own (HeapPacked), in a database entry.
//
// Owning thread: the execution thread. data() may move with every Resize, views into it end there.
// Limits: as much as the owner of the bytes can hold; editors of a format know the format's limit.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <string_view>
#include <utility>

namespace gotthard {

class PackedBuffer {
 public:
  char* data() const { return data_; }
  size_t size() const { return size_; }
  std::string_view view() const { return {data_, size_}; }
  // Keeps the first min(old, new) bytes; data() may move. New bytes have any value.
  virtual void Resize(size_t size) = 0;

 protected:
  PackedBuffer() = default;
  PackedBuffer(char* data, size_t size) : data_(data), size_(size) {}
  PackedBuffer(const PackedBuffer&) = default;
  PackedBuffer& operator=(const PackedBuffer&) = default;
  ~PackedBuffer() = default;

  char* data_ = nullptr;
  size_t size_ = 0;
};

// Bytes from malloc, in steps of the allocator's size classes (four to a doubling): growing byte by
// byte moves the bytes O(log n) times, and at most a fifth is spare.
class HeapPacked final : public PackedBuffer {
 public:
  HeapPacked() = default;
  explicit HeapPacked(std::string_view bytes);
  HeapPacked(HeapPacked&& other) noexcept
      : PackedBuffer(std::exchange(other.data_, nullptr), std::exchange(other.size_, 0)),
        allocated_(std::exchange(other.allocated_, 0)) {}
  HeapPacked& operator=(HeapPacked&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(allocated_, other.allocated_);
    return *this;
  }
  HeapPacked(const HeapPacked&) = delete;
  HeapPacked& operator=(const HeapPacked&) = delete;
  ~HeapPacked() { std::free(data_); }

  // Gives memory back when less than half of it is in use.
  void Resize(size_t size) override;
  // Bytes taken from the allocator.
  size_t allocated() const { return allocated_; }

 private:
  size_t allocated_ = 0;
};

}  // namespace gotthard
