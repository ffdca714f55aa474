// IdleCores: how many of the processors that this process may run on had nothing to do, read from
// the kernel's counters in /proc/stat.
//
// Owning thread: whoever makes it. Cost: one read of a file, up to a tenth of a millisecond on a
// machine with many processors; call it only when the answer matters.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gotthard {

class IdleCores {
 public:
  // Two readings further apart than this say nothing of the present.
  static constexpr uint64_t kStaleNs = 500'000'000;

  // `usable`: the numbers of the processors that count. `path` is for tests.
  explicit IdleCores(std::vector<int> usable, std::string path = "/proc/stat")
      : usable_(std::move(usable)), path_(std::move(path)) {}

  // The processors that the scheduler may run this process on.
  static std::vector<int> Usable();

  // The mean number of idle processors since the call before this one; 0 when that was too long
  // ago, at the first call, and where the kernel does not tell.
  double Sample(uint64_t now_ns);

 private:
  // Sum of the idle time of the usable processors, in clock ticks.
  uint64_t IdleTicks(std::string_view text) const;

  std::vector<int> usable_;
  std::string path_;
  uint64_t at_ns_ = 0;  // of the last reading; 0: none
  uint64_t ticks_ = 0;
};

}  // namespace gotthard
