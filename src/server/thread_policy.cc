#include "server/thread_policy.h"

#include <algorithm>

namespace gotthard {

void ThreadPolicy::Patience::Failed() {
  wait_left = backoff;
  backoff = std::min(backoff * 2, kMaxBackoff);
}

void ThreadPolicy::Try(int spread) {
  spread_before_ = spread_;
  spread_ = spread;
  trial_left_ = kTrial;
  commands_before_ = recent_commands_;
  commands_since_ = 0;
  load_ended_ = false;
  busy_samples_ = light_samples_ = starved_samples_ = 0;
}

void ThreadPolicy::Judge() {
  const bool out = spread_ > spread_before_;
  recent_commands_ = -1;  // of another arrangement
  if (load_ended_) {
    spread_ = spread_before_;
    return;
  }
  const double mean = static_cast<double>(commands_since_) * 2 / kTrial;
  Patience& patience = out ? out_ : home_;
  if (mean >= commands_before_ * (out ? kOutGain : kHomeGain)) {
    patience.Paid();
    // What was just found not to be worth it is not tried again at once.
    if (!out) out_.Failed();
  } else {
    spread_ = spread_before_;
    patience.Failed();
  }
}

// The threads that serve the connections are the bottleneck, and there is room for one more.
bool ThreadPolicy::WantsMore(const Sample& sample) const {
  if (spread_ >= max_threads_ || sample.connections <= static_cast<uint32_t>(spread_)) return false;
  if (sample.idle_cores < kIdleCores) return false;
  return spread_ == 0 ? sample.execution_load >= kBusy : sample.threads_load >= kBusy * spread_;
}

int ThreadPolicy::Decide(const Sample& sample) {
  if (max_threads_ == 0) return 0;
  const auto commands = static_cast<double>(sample.commands);
  recent_commands_ = recent_commands_ < 0 ? commands : recent_commands_ * 0.7 + commands * 0.3;
  if (trial_left_ > 0) {
    // The first half of the trial is spent on moving; only the second counts.
    if (--trial_left_ < kTrial / 2) commands_since_ += sample.commands;
    if (sample.execution_load + sample.threads_load < kHomeLoad) load_ended_ = true;
    if (trial_left_ == 0) Judge();
    return spread_;
  }
  if (out_.wait_left > 0) --out_.wait_left;
  if (home_.wait_left > 0) --home_.wait_left;

  const bool light = spread_ > 0 && sample.execution_load + sample.threads_load < kHomeLoad;
  light_samples_ = light ? light_samples_ + 1 : 0;
  if (light_samples_ >= kLightPatience) {
    spread_ = 0;
    light_samples_ = busy_samples_ = starved_samples_ = 0;
    recent_commands_ = -1;
    return spread_;
  }
  busy_samples_ = WantsMore(sample) ? busy_samples_ + 1 : 0;
  const bool starved = spread_ > 0 && sample.idle_cores < kStarvedCores;
  starved_samples_ = starved ? starved_samples_ + 1 : 0;
  if (busy_samples_ >= kPatience && out_.wait_left == 0) {
    Try(spread_ + 1);
  } else if (starved_samples_ >= kStarvedPatience && home_.wait_left == 0) {
    Try(spread_ - 1);
  }
  return spread_;
}

}  // namespace gotthard
