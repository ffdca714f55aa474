#include "base/clock.h"

#include <catch2/catch.hpp>

namespace gotthard {
namespace {

TEST_CASE("a fake clock stands still until it is moved") {
  FakeTime time;
  const Clock clock(&time);
  const int64_t wall_ms = clock.NowMs();
  const uint64_t monotonic_ns = clock.MonotonicNs();
  CHECK(clock.NowMs() == wall_ms);
  time.AdvanceMs(1500);
  CHECK(clock.NowMs() == wall_ms + 1500);
  CHECK(clock.NowUs() == wall_ms * 1000 + 1'500'000);
  CHECK(clock.MonotonicNs() == monotonic_ns + 1'500'000'000);
  time.SetWallMs(77);
  CHECK(clock.NowMs() == 77);
  CHECK(clock.MonotonicNs() == monotonic_ns + 1'500'000'000);
}

TEST_CASE("the real clock shows the machine's time") {
  const Clock clock;
  const int64_t before_s = std::time(nullptr);
  const int64_t now_us = clock.NowUs();
  // Some kernels' coarse time() lags behind by a tick.
  CHECK(now_us / 1'000'000 - before_s >= 0);
  CHECK(now_us / 1'000'000 - before_s < 60);
  const uint64_t first = clock.MonotonicNs();
  CHECK(clock.MonotonicNs() >= first);
}

}  // namespace
}  // namespace gotthard
