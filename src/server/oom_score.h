// OomScore: oom-score-adj, how soon the kernel ends this process when memory runs out.
//
// Of the three values of oom-score-adj-values the first is ours: this server is a master, and it
// never forks. Owning thread: main, then the execution thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "config/config.h"

namespace gotthard {

class OomScore {
 public:
  // The kernel's limits.
  static constexpr int kMin = -1000;
  static constexpr int kMax = 1000;

  // Tests name another file.
  explicit OomScore(std::string_view path = "/proc/self/oom_score_adj") : path_(path) {}

  // Writes what the configuration says: the value itself (absolute), or added to what the process
  // was started with (relative); with "no", what it was started with, if it was changed before.
  // Lowering it takes CAP_SYS_RESOURCE: "Unable to write oom_score_adj: Permission denied".
  Status Apply(const Config& config);

 private:
  const std::string path_;
  std::optional<int> initial_;  // read before the first write
  bool changed_ = false;
};

}  // namespace gotthard
