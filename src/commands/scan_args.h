// The arguments of the SCAN family: the cursor, MATCH, COUNT, and what one of them takes beside.
//
// Owning thread: the execution thread; pure functions.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/glob.h"
#include "base/numbers.h"
#include "base/status.h"
#include "exec/args.h"
#include "exec/errors.h"
#include "resp/reply_writer.h"

namespace gotthard {

inline constexpr ErrorText kErrCursor{"ERR invalid cursor"};

// A cursor as clients send it: what strtoul reads, so that "" and "007" are cursors too.
inline std::optional<uint64_t> ParseCursor(std::string_view text) {
  bool negative = false;
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
    if (text.empty()) return std::nullopt;
  }
  if (text.empty()) return 0;
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return negative ? uint64_t{0} - value : value;
}

// What a command takes beside MATCH and COUNT.
enum class ScanExtra : uint8_t { kNone, kType, kNoValues };

struct ScanArgs {
  size_t count = 10;
  std::optional<std::string_view> pattern;
  std::optional<std::string_view> type;  // SCAN's TYPE
  bool no_values = false;                // HSCAN's NOVALUES

  bool Matches(std::string_view text) const { return !pattern || GlobMatch(*pattern, text); }
};

// Reads the options from `first` on.
inline Status ParseScanArgs(const Args& args, size_t first, ScanArgs& scan,
                            ScanExtra extra = ScanExtra::kNone) {
  for (size_t i = first; i < args.size(); i += 2) {
    if (extra == ScanExtra::kNoValues && IsOption(args[i], "novalues")) {
      scan.no_values = true;
      --i;  // one argument, not two
      continue;
    }
    if (i + 1 == args.size()) return kErrSyntax;
    const std::string_view value = args[i + 1];
    if (IsOption(args[i], "count")) {
      const std::optional<int64_t> count = ParseInt64(value);
      if (!count) return kErrNotInteger;
      if (*count < 1) return kErrSyntax;
      scan.count = static_cast<size_t>(*count);
    } else if (IsOption(args[i], "match")) {
      scan.pattern.reset();
      if (value != "*") scan.pattern = value;
    } else if (extra == ScanExtra::kType && IsOption(args[i], "type")) {
      scan.type = value;
    } else {
      return kErrSyntax;
    }
  }
  return Status::Ok();
}

// Begins the reply: the next cursor, to be followed by the array of what was found. Cursors are
// below 2^48.
inline void ReplyCursor(ReplyWriter& reply, uint64_t cursor) {
  reply.ArrayHeader(2);
  reply.BulkInteger(static_cast<int64_t>(cursor));
}

}  // namespace gotthard
