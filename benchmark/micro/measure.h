// Shared by the micro-benchmarks: this thread's own CPU clock, and values that are kept alive.
//
// Owning thread: any; everything here is of the calling thread.
#pragma once

#include <algorithm>
#include <ctime>
#include <vector>

namespace gotthard::micro {

// CPU time, because the machine is shared. A read costs about 0.2 us.
inline double ThreadNs() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

// Work whose result must not be optimised away.
template <typename T>
void Keep(const T& value) {
  asm volatile("" : : "g"(&value) : "memory");
}

inline double Median(std::vector<double> figures) {
  std::sort(figures.begin(), figures.end());
  return figures[figures.size() / 2];
}

}  // namespace gotthard::micro
