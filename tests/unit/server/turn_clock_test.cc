#include "server/turn_clock.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <thread>

#include "base/clock.h"

namespace gotthard {
namespace {

TEST_CASE("a short turn is taken by the wall") {
  TurnClock turns;
  CHECK(turns.Work(5'000'000, 5'000'700) == 700);
  CHECK(turns.Work(5'001'000, 5'001'000) == 0);
  CHECK(turns.Work(9'000'000, 9'000'000 + TurnClock::kLongTurnNs - 1) ==
        TurnClock::kLongTurnNs - 1);
}

TEST_CASE("what a thread waits is no work of a long turn, what it computes is") {
  const Clock clock;
  TurnClock turns;
  const uint64_t start = clock.MonotonicNs();
  turns.Work(start, start);
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  const uint64_t woken = clock.MonotonicNs();
  const uint64_t waited = woken - start;
  CHECK(turns.Work(start, woken) < waited / 2);

  timespec before{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
  timespec now = before;
  const auto used_ns = [&] {
    return (now.tv_sec - before.tv_sec) * 1'000'000'000 + now.tv_nsec - before.tv_nsec;
  };
  while (used_ns() < 3'000'000) clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  const uint64_t end = clock.MonotonicNs();
  const uint64_t work = turns.Work(woken, end);
  CHECK(work >= 3'000'000);
  CHECK(work <= end - woken);
}

}  // namespace
}  // namespace gotthard
