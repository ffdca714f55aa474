#include "store/eviction_clock.h"

#include <catch2/catch.hpp>

namespace gotthard {
namespace {

constexpr int64_t kNow = 1'700'000'000'000;

TEST_CASE("LRU stamps tell idle seconds, also over the clock's turn") {
  CHECK(LruIdleSeconds(LruStamp(kNow), kNow + 999) <= 1);
  CHECK(LruIdleSeconds(LruStamp(kNow), kNow + 42'000) == 42);
  const int64_t turn_ms = int64_t{1000} << kAccessBits;
  CHECK(LruIdleSeconds(LruStamp(turn_ms - 1'000), turn_ms + 1'000) == 2);
  CHECK(LruIdleSeconds(LruStampIdle(12'345, kNow), kNow) == 12'345);
}

TEST_CASE("LFU counters decay by time and grow slower the higher they are") {
  uint32_t stamp = LfuStamp(100, kNow);
  CHECK(LfuCounter(stamp, kNow, 1) == 100);
  CHECK(LfuCounter(stamp, kNow + 3 * 60'000, 1) == 97);
  CHECK(LfuCounter(stamp, kNow + 4 * 60'000, 2) == 98);
  CHECK(LfuCounter(stamp, kNow + 500 * 60'000, 1) == 0);
  CHECK(LfuCounter(stamp, kNow + 500 * 60'000, 0) == 100);
  // Up to the initial credit each use counts; above, with probability 1/(95 * 10 + 1).
  CHECK(LfuCounter(LfuTouch(LfuStamp(0, kNow), kNow, 1, 10, 0.999), kNow, 1) == 1);
  CHECK(LfuCounter(LfuTouch(stamp, kNow, 1, 10, 1.0 / 952), kNow, 1) == 101);
  CHECK(LfuCounter(LfuTouch(stamp, kNow, 1, 10, 1.0 / 950), kNow, 1) == 100);
  CHECK(LfuCounter(LfuTouch(LfuStamp(255, kNow), kNow, 1, 0, 0.0), kNow, 1) == 255);
  stamp = LfuTouch(stamp, kNow + 2 * 60'000, 1, 10, 0.999);
  CHECK(LfuCounter(stamp, kNow + 2 * 60'000, 1) == 98);
}

}  // namespace
}  // namespace gotthard
