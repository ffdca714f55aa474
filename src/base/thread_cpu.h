// What the calling thread has used of the processors.
#pragma once

#include <cstdint>
#include <ctime>

namespace gotthard {

// Nanoseconds, user and system, since the thread began. A system call, unlike the clocks of
// base/clock.h.
inline uint64_t ThreadCpuNs() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(time.tv_nsec);
}

}  // namespace gotthard
