// Time: one Clock per server, passed by reference, so that a test can hold the hands.
//
// Wall time (expiry, TIME, LASTSAVE) may jump when the administrator sets it; monotonic time
// (latency, timeouts, pauses) never does. Reading costs about 20 ns (vDSO): a loop reads it once a
// turn, not once a command.
//
// Owning thread: any; a Clock is immutable, and a FakeTime may be set while other threads read it.
#pragma once

#include <atomic>
#include <cstdint>
#include <ctime>

namespace gotthard {

// The time that a test decides. Its fields have no partner and order nothing: a reader may see the
// old or the new time, as with a real clock, hence relaxed everywhere.
class FakeTime {
 public:
  // Starts at 2024-01-01 00:00:00 UTC, so that no test sees the zero time by accident.
  explicit FakeTime(int64_t wall_us = 1'704'067'200'000'000) : wall_us_(wall_us) {}

  void SetWallUs(int64_t wall_us) { wall_us_.store(wall_us, std::memory_order_relaxed); }
  void SetWallMs(int64_t wall_ms) { SetWallUs(wall_ms * 1000); }
  void SetMonotonicNs(uint64_t ns) { monotonic_ns_.store(ns, std::memory_order_relaxed); }
  // Both clocks go on together.
  void AdvanceUs(int64_t us) {
    wall_us_.fetch_add(us, std::memory_order_relaxed);
    monotonic_ns_.fetch_add(static_cast<uint64_t>(us) * 1000, std::memory_order_relaxed);
  }
  void AdvanceMs(int64_t ms) { AdvanceUs(ms * 1000); }

  int64_t wall_us() const { return wall_us_.load(std::memory_order_relaxed); }
  uint64_t monotonic_ns() const { return monotonic_ns_.load(std::memory_order_relaxed); }

 private:
  std::atomic<int64_t> wall_us_;
  std::atomic<uint64_t> monotonic_ns_{1'000'000'000};
};

class Clock {
 public:
  // The machine's clock.
  Clock() = default;
  // A clock that shows `fake`, which must outlive it.
  explicit Clock(const FakeTime* fake) : fake_(fake) {}

  // Microseconds since 1970.
  int64_t NowUs() const {
    if (fake_ != nullptr) [[unlikely]]
      return fake_->wall_us();
    return static_cast<int64_t>(ReadNs(CLOCK_REALTIME) / 1000);
  }
  // Milliseconds since 1970.
  int64_t NowMs() const { return NowUs() / 1000; }
  // Nanoseconds since some moment in the past.
  uint64_t MonotonicNs() const {
    if (fake_ != nullptr) [[unlikely]]
      return fake_->monotonic_ns();
    return ReadNs(CLOCK_MONOTONIC);
  }

 private:
  static uint64_t ReadNs(clockid_t id) {
    timespec now{};
    clock_gettime(id, &now);
    return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
  }

  const FakeTime* fake_ = nullptr;
};

}  // namespace gotthard
