// A text as an element of a big collection keeps it: its length, then its bytes.
//
//   one byte, 0..254 | bytes          or          255 | u64 length | bytes
//
// Owning thread: any; pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace gotthard {

inline constexpr size_t kShortTextLimit = 255;

// Bytes that a text of `length` takes.
inline size_t ElementTextBytes(size_t length) {
  return (length < kShortTextLimit ? 1 : 1 + sizeof(uint64_t)) + length;
}

// Writes the text and returns where it ends. REQUIRES: room for ElementTextBytes(text.size()).
inline char* WriteElementText(char* out, std::string_view text) {
  if (text.size() < kShortTextLimit) [[likely]] {
    *out++ = static_cast<char>(text.size());
  } else {
    const uint64_t length = text.size();
    *out++ = static_cast<char>(kShortTextLimit);
    std::memcpy(out, &length, sizeof(length));
    out += sizeof(length);
  }
  if (!text.empty()) std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

inline std::string_view ReadElementText(const void* at) {
  const auto* bytes = static_cast<const char*>(at);
  const auto first = static_cast<unsigned char>(*bytes);
  if (first < kShortTextLimit) [[likely]]
    return {bytes + 1, first};
  uint64_t length = 0;
  std::memcpy(&length, bytes + 1, sizeof(length));
  return {bytes + 1 + sizeof(length), length};
}

}  // namespace gotthard
