// ByteFields: how an object whose memory continues behind its declared members reads and writes
// what lies there, at any offset, aligned or not. To be inherited from, privately: costs no byte.
//
// Owning thread: the object's.
#pragma once

#include <cstddef>
#include <cstring>

namespace gotthard {

class ByteFields {
 protected:
  const char* bytes_at(size_t offset) const { return reinterpret_cast<const char*>(this) + offset; }
  char* bytes_at(size_t offset) { return reinterpret_cast<char*>(this) + offset; }
  template <typename T>
  T Load(size_t offset) const {
    T value;
    std::memcpy(&value, bytes_at(offset), sizeof(T));
    return value;
  }
  template <typename T>
  void Store(size_t offset, T value) {
    std::memcpy(bytes_at(offset), &value, sizeof(T));
  }
};

}  // namespace gotthard
