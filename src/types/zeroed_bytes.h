// ZeroedBytes: an array of bytes that begins as zeros and may be refused.
//
// Sketches are as large as a client asks for, so running out of memory is an answer here and not
// the end of the process. Large arrays are zero pages of the system's: making one costs nothing
// until it is written to.
//
// Owning thread: whoever owns it; a value that moves.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace gotthard {

class ZeroedBytes {
 public:
  ZeroedBytes() = default;
  // Empty (and false) when there is no memory. REQUIRES: size > 0.
  explicit ZeroedBytes(size_t size)
      : data_(static_cast<char*>(std::calloc(size, 1))), size_(data_ == nullptr ? 0 : size) {}
  ZeroedBytes(ZeroedBytes&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  ZeroedBytes& operator=(ZeroedBytes&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~ZeroedBytes() { std::free(data_); }

  // A copy; false when there is no memory.
  ZeroedBytes Copy() const {
    if (size_ == 0) return {};
    ZeroedBytes copy(size_);
    if (copy) std::memcpy(copy.data_, data_, size_);
    return copy;
  }

  explicit operator bool() const { return data_ != nullptr; }
  char* data() { return data_; }
  const char* data() const { return data_; }
  size_t size() const { return size_; }

 private:
  char* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace gotthard
