// ZeroedBytes: an array of bytes that begins as zeros and may be refused.
//
// Sketches are as large as a client asks for, so running out of memory is an answer here and not
// the end of the process. Large arrays are zero pages of the system's: making one costs nothing
// until it is written to.
//
// Owning thread: whoever owns it; a value that moves.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

namespace gotthard {

class ZeroedBytes {
 public:
  ZeroedBytes() = default;
  // Empty (and false) when there is no memory. REQUIRES: size > 0.
  explicit ZeroedBytes(size_t size) : data_(Allocate(size)), size_(data_ == nullptr ? 0 : size) {}
  ZeroedBytes(ZeroedBytes&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  ZeroedBytes& operator=(ZeroedBytes&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~ZeroedBytes() { std::free(data_); }

  // What is still to be copied into arrays that CopyLater made. Ends with either array.
  struct Rest {
    char* to;
    const char* from;
    size_t size;
  };
  // An array that gets a copy of the bytes by CopySome; false when there is no memory.
  ZeroedBytes CopyLater(std::vector<Rest>& rest) const {
    ZeroedBytes copy;
    if (size_ == 0) return copy;
    copy.data_ = static_cast<char*>(std::malloc(size_));
    if (!copy) return copy;
    copy.size_ = size_;
    rest.push_back({copy.data_, data_, size_});
    return copy;
  }
  // Copies up to `most` bytes; true when nothing is left.
  static bool CopySome(std::vector<Rest>& rest, size_t most) {
    if (rest.empty()) return true;
    Rest& last = rest.back();
    const size_t size = std::min(last.size, most);
    std::memcpy(last.to, last.from, size);
    last = {last.to + size, last.from + size, last.size - size};
    if (last.size == 0) rest.pop_back();
    return rest.empty();
  }
  // All of what has CopyLater; null when there is no memory.
  template <typename Sketch>
  static std::unique_ptr<Sketch> CopyAtOnce(const Sketch& sketch) {
    std::vector<Rest> rest;
    std::unique_ptr<Sketch> copy = sketch.CopyLater(rest);
    while (copy != nullptr && !CopySome(rest, SIZE_MAX)) continue;
    return copy;
  }

  explicit operator bool() const { return data_ != nullptr; }
  char* data() { return data_; }
  const char* data() const { return data_; }
  size_t size() const { return size_; }

 private:
  // Zeros, or nullptr.
  static char* Allocate(size_t size);

  char* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace gotthard
