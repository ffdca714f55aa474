// Rate: how fast a counter grows per second, over the last 16 samples (INFO's instantaneous_*).
// Owning thread: whoever owns the object. The cron feeds it, every 100 ms or so.
#pragma once

#include <array>
#include <cstdint>

namespace gotthard {

class Rate {
 public:
  // The counter stands at `value` at `now_ms`. Samples closer than a millisecond are merged.
  void Sample(int64_t now_ms, uint64_t value) {
    if (last_ms_ != 0 && now_ms > last_ms_) {
      uint64_t grown = value > last_value_ ? value - last_value_ : 0;
      samples_[next_] = grown * 1000 / static_cast<uint64_t>(now_ms - last_ms_);
      next_ = (next_ + 1) % samples_.size();
    }
    if (now_ms != last_ms_) {
      last_ms_ = now_ms;
      last_value_ = value;
    }
  }
  uint64_t PerSecond() const {
    uint64_t sum = 0;
    for (uint64_t sample : samples_) sum += sample;
    return sum / samples_.size();
  }
  void Reset() { *this = Rate(); }

 private:
  std::array<uint64_t, 16> samples_{};
  size_t next_ = 0;
  int64_t last_ms_ = 0;
  uint64_t last_value_ = 0;
};

}  // namespace gotthard
