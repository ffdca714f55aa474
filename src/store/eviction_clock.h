// The 24 bits that each entry keeps about its use, and the arithmetic of both ways to use them.
//
//   LRU   seconds modulo 2^24 (194 days), as OBJECT IDLETIME reports the distance
//   LFU   | minutes modulo 2^16 when last decayed (16 bits) | logarithmic counter (8 bits) |
//
// The counter grows with probability 1/((counter - 5) * log_factor + 1) per use and loses one per
// `decay_minutes`; this is the published behaviour of maxmemory-policy *-lfu, see Redis's
// documentation of lfu-log-factor and lfu-decay-time.
//
// Owning thread: the execution thread; pure functions.
#pragma once

#include <cstdint>

namespace gotthard {

inline constexpr uint32_t kAccessBits = 24;
inline constexpr uint32_t kAccessMask = (1u << kAccessBits) - 1;
// A new key begins with some credit, so that it is not the first to go.
inline constexpr uint8_t kLfuInitialCounter = 5;

// The LRU stamp of a moment.
inline uint32_t LruStamp(int64_t now_ms) {
  return static_cast<uint32_t>(now_ms / 1000) & kAccessMask;
}

// Seconds between a stamp and now; a stamp of the last turn of the clock counts as one turn ago.
inline uint32_t LruIdleSeconds(uint32_t stamp, int64_t now_ms) {
  return (LruStamp(now_ms) - stamp) & kAccessMask;
}

// The stamp that makes an entry look idle for `seconds` (RESTORE's IDLETIME).
inline uint32_t LruStampIdle(uint32_t seconds, int64_t now_ms) {
  return (LruStamp(now_ms) - seconds) & kAccessMask;
}

// Minutes as an LFU stamp keeps them.
inline uint32_t LfuMinutes(int64_t now_ms) {
  return static_cast<uint32_t>(now_ms / 60'000) & 0xffff;
}

inline uint32_t LfuStamp(uint8_t counter, int64_t now_ms) {
  return LfuMinutes(now_ms) << 8 | counter;
}

// The counter as of now: what the stamp says, less what has decayed. decay_minutes 0 = no decay.
inline uint8_t LfuCounter(uint32_t stamp, int64_t now_ms, uint32_t decay_minutes) {
  const uint32_t counter = stamp & 0xff;
  if (decay_minutes == 0) return static_cast<uint8_t>(counter);
  const uint32_t elapsed = (LfuMinutes(now_ms) - (stamp >> 8)) & 0xffff;
  const uint32_t lost = elapsed / decay_minutes;
  return static_cast<uint8_t>(lost >= counter ? 0 : counter - lost);
}

// The stamp after one more use. `random_unit` is a random number in [0, 1).
inline uint32_t LfuTouch(uint32_t stamp, int64_t now_ms, uint32_t decay_minutes,
                         uint32_t log_factor, double random_unit) {
  uint8_t counter = LfuCounter(stamp, now_ms, decay_minutes);
  if (counter < 255) {
    const uint32_t above = counter > kLfuInitialCounter ? counter - kLfuInitialCounter : 0u;
    if (random_unit < 1.0 / (static_cast<double>(above) * log_factor + 1.0)) ++counter;
  }
  return LfuStamp(counter, now_ms);
}

}  // namespace gotthard
