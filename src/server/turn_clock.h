// TurnClock: how long the execution thread worked in a turn, without the time that it waited for a
// core.
//
// The wall alone cannot tell: where other threads share its core, the scheduler takes it away for
// milliseconds. The thread's own clock can, but reading it is a system call. So it is read at the
// end of a long turn, to compare, and otherwise at most every kMarkEveryNs.
//
// Owning thread: the execution thread.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/thread_cpu.h"

namespace gotthard {

class TurnClock {
 public:
  // A mark that is older than this is set anew: what a long turn is taken for is too much by this
  // at most. A tenth of a per cent of the thread.
  static constexpr uint64_t kMarkEveryNs = 200'000;
  // Shorter turns are taken by the wall.
  static constexpr uint64_t kLongTurnNs = 2 * kMarkEveryNs;

  // The nanoseconds of work in a turn of the calling thread, which is just over, from `begin_ns` to
  // `end_ns` (monotonic). REQUIRES: calls in the order of the turns, all from one thread.
  uint64_t Work(uint64_t begin_ns, uint64_t end_ns) {
    const uint64_t wall_ns = end_ns - begin_ns;
    const bool is_long = wall_ns >= kLongTurnNs;
    if (!is_long && end_ns - mark_ns_ < kMarkEveryNs) return wall_ns;
    const uint64_t used_ns = ThreadCpuNs();
    const uint64_t since_mark_ns = used_ns - marked_cpu_ns_;
    const bool is_marked = mark_ns_ != 0;
    mark_ns_ = end_ns;
    marked_cpu_ns_ = used_ns;
    return is_long && is_marked ? std::min(wall_ns, since_mark_ns) : wall_ns;
  }

 private:
  uint64_t mark_ns_ = 0;  // 0: none so far
  uint64_t marked_cpu_ns_ = 0;
};

}  // namespace gotthard
