#include "server/thread_policy.h"

#include <algorithm>

namespace gotthard {

void ThreadPolicy::StepTo(int spread, const Sample& /*sample*/) {
  spread_ = spread;
  trial_left_ = kTrial;
  commands_before_ = static_cast<uint64_t>(recent_commands_);
  commands_since_ = 0;
  busy_samples_ = light_samples_ = 0;
}

int ThreadPolicy::Decide(const Sample& sample) {
  if (max_threads_ == 0) return 0;
  const double mean = recent_commands_;
  recent_commands_ = mean == 0 ? static_cast<double>(sample.commands)
                               : mean * 0.7 + static_cast<double>(sample.commands) * 0.3;
  if (trial_left_ > 0) {
    // The first half of the trial is spent on moving; only the second counts.
    if (--trial_left_ < kTrial / 2) commands_since_ += sample.commands;
    if (trial_left_ == 0 && spread_ > 0) {
      const double gained = static_cast<double>(commands_since_) / (kTrial / 2);
      if (gained < static_cast<double>(commands_before_) * kMinGain) {
        wait_left_ = backoff_;
        backoff_ = std::min(backoff_ * 2, kMaxBackoff);
        spread_ = std::max(0, spread_ - 1);
      } else {
        backoff_ = kBackoff;
      }
    }
    return spread_;
  }
  if (wait_left_ > 0) --wait_left_;

  const bool light = spread_ > 0 && sample.execution_load + sample.threads_load < kHomeLoad;
  light_samples_ = light ? light_samples_ + 1 : 0;
  if (light_samples_ >= kPatience * 3) {
    spread_ = 0;
    light_samples_ = busy_samples_ = 0;
    return spread_;
  }
  const bool bottleneck = sample.execution_load >= kBusy && sample.idle_cores >= kIdleCores &&
                          spread_ < max_threads_ && sample.connections > 0;
  // With I/O threads at work it is they who are the bottleneck when they are all busy.
  const bool threads_full = spread_ > 0 && sample.threads_load >= kBusy * spread_ &&
                            sample.idle_cores >= kIdleCores && spread_ < max_threads_;
  const bool wants_more = spread_ == 0 ? bottleneck : threads_full;
  busy_samples_ = wants_more ? busy_samples_ + 1 : 0;
  if (busy_samples_ >= kPatience && wait_left_ == 0) StepTo(spread_ + 1, sample);
  return spread_;
}

}  // namespace gotthard
