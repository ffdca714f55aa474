// SlowLog: the last commands that took longer than slowlog-log-slower-than. Execution thread.
//
// Limits: slowlog-max-len entries; of one entry at most 32 arguments of 128 bytes are kept, the
// rest is told as "... (N more arguments)" / "... (N more bytes)".
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace gotthard {

struct SlowLogEntry {
  uint64_t id;
  int64_t time_s;  // Unix time at which it was run
  int64_t duration_us;
  std::vector<std::string> arguments;
  std::string client_address;
  std::string client_name;
};

class SlowLog {
 public:
  static constexpr size_t kMaxArguments = 32;
  static constexpr size_t kMaxArgumentBytes = 128;

  // Keeps the entry; `arguments` may be whole, they are shortened here.
  void Add(const std::vector<std::string_view>& arguments, int64_t time_s, int64_t duration_us,
           std::string_view client_address, std::string_view client_name, size_t max_len);
  // Newest first.
  const std::deque<SlowLogEntry>& entries() const { return entries_; }
  void Reset() { entries_.clear(); }
  void Trim(size_t max_len);

 private:
  std::deque<SlowLogEntry> entries_;
  uint64_t next_id_ = 0;
};

}  // namespace gotthard
