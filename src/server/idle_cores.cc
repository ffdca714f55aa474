#include "server/idle_cores.h"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

namespace gotthard {

std::vector<int> IdleCores::Usable() {
  std::vector<int> usable;
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof(set), &set) != 0) return {0};
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &set)) usable.push_back(cpu);
  }
  return usable;
}

// "cpu3 user nice system idle iowait ..." with one line for each processor that is on.
uint64_t IdleCores::IdleTicks(std::string_view text) const {
  uint64_t sum = 0;
  while (text.starts_with("cpu")) {
    const std::string line(text.substr(0, text.find('\n')));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    int cpu = 0;
    unsigned long long idle = 0;
    // Idle, too, as long as somebody waits there in io_uring, perhaps for a client.
    unsigned long long iowait = 0;
    if (sscanf(line.c_str(), "cpu%d %*u %*u %*u %llu %llu", &cpu, &idle, &iowait) < 2) continue;
    if (std::find(usable_.begin(), usable_.end(), cpu) != usable_.end()) sum += idle + iowait;
  }
  return sum;
}

double IdleCores::Sample(uint64_t now_ns) {
  // The lines of the processors come first; this much holds several hundred of them.
  char text[32 * 1024];
  const int fd = open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  const ssize_t size = read(fd, text, sizeof(text));
  close(fd);
  if (size <= 0) return 0;
  const uint64_t before_ns = std::exchange(at_ns_, now_ns);
  const uint64_t ticks = IdleTicks({text, static_cast<size_t>(size)});
  const uint64_t before = std::exchange(ticks_, ticks);
  if (before_ns == 0 || now_ns <= before_ns || now_ns - before_ns > kStaleNs) return 0;
  const double seconds = static_cast<double>(ticks - std::min(ticks, before)) /
                         static_cast<double>(sysconf(_SC_CLK_TCK));
  return std::min(seconds / (static_cast<double>(now_ns - before_ns) / 1e9),
                  static_cast<double>(usable_.size()));
}

}  // namespace gotthard
