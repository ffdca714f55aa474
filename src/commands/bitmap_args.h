// What the commands of the bitmap family share: offsets, the bytes they read, and their rows.
//
// Owning thread: the execution thread.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "base/numbers.h"
#include "exec/command.h"
#include "exec/context.h"

namespace gotthard {

// bitmap.cc joins these.
std::span<const CommandSpec> BitmapRows();
std::span<const CommandSpec> BitopRows();
std::span<const CommandSpec> BitfieldRows();

inline constexpr ErrorText kErrBitOffset{"ERR bit offset is not an integer or out of range"};

// A bit's offset, inside of what a string may be long. `unit` is what an offset of the form "#n"
// counts, 0 where that form is not allowed.
inline std::optional<uint64_t> ParseBitOffset(const Context& ctx, std::string_view text,
                                              unsigned unit) {
  const bool counted = unit != 0 && text.starts_with('#');
  const std::optional<int64_t> number = ParseInt64(counted ? text.substr(1) : text);
  int64_t offset = 0;
  if (!number || *number < 0) return std::nullopt;
  if (__builtin_mul_overflow(*number, counted ? int64_t{unit} : int64_t{1}, &offset)) {
    return std::nullopt;
  }
  if (offset >> 3 >= ctx.config().proto_max_bulk_len) return std::nullopt;
  return static_cast<uint64_t>(offset);
}

// Makes a key's string at least `bytes` long, creating it where `entry` is empty, and returns the
// bytes to be written to until the next write. REQUIRES: an entry is a string.
char* GrowForBits(Context& ctx, const Key& key, EntryHandle& entry, size_t bytes);

}  // namespace gotthard
