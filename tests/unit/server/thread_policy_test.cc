// Where connections live, decided on simulated loads.
#include "server/thread_policy.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>

namespace gotthard {
namespace {

// A machine and its clients: what the samples look like with so many I/O threads.
using World = std::function<ThreadPolicy::Sample(int spread)>;

struct Run {
  int steps = 0;        // how often the spread changed
  int last = 0;         // the spread at the end
  int samples_out = 0;  // samples with I/O threads in use
};

Run Simulate(ThreadPolicy& policy, int samples, const World& world) {
  Run run;
  run.last = policy.spread();
  for (int i = 0; i < samples; ++i) {
    const int spread = policy.Decide(world(run.last));
    if (spread != run.last) ++run.steps;
    run.last = spread;
    if (spread > 0) ++run.samples_out;
  }
  return run;
}

// Clients elsewhere who ask for more than one core can do; each thread adds to what is done.
ThreadPolicy::Sample Scaling(int spread, int cores) {
  const double used = spread == 0 ? 1.0 : 0.5 + spread * 0.95;
  return {.execution_load = spread == 0 ? 0.99 : std::min(0.99, 0.3 + 0.2 * spread),
          .threads_load = spread * 0.95,
          .idle_cores = std::max(0.0, cores - used),
          .commands = static_cast<uint64_t>(100'000 * (1 + 0.6 * spread)),
          .connections = 50};
}

constexpr int kMinute = 60'000 / ThreadPolicy::kPeriodMs;

TEST_CASE("Connections move out while the execution thread is the bottleneck and cores are idle") {
  ThreadPolicy policy(7);
  const Run run = Simulate(policy, kMinute, [](int spread) { return Scaling(spread, 8); });
  CHECK(run.last >= 3);
  CHECK(run.steps == run.last);  // never back
}

TEST_CASE("They stay while nothing is idle, and while the execution thread has time to spare") {
  ThreadPolicy policy(1);
  ThreadPolicy::Sample sample = Scaling(0, 2);
  sample.idle_cores = 0.3;
  CHECK(Simulate(policy, kMinute, [&](int) { return sample; }).steps == 0);
  sample = Scaling(0, 2);
  sample.execution_load = 0.8;
  CHECK(Simulate(policy, kMinute, [&](int) { return sample; }).steps == 0);
}

TEST_CASE("A single busy sample moves nothing") {
  ThreadPolicy policy(7);
  ThreadPolicy::Sample calm = Scaling(0, 8);
  calm.execution_load = 0.5;
  int i = 0;
  const Run run = Simulate(policy, kMinute, [&](int spread) {
    return ++i % ThreadPolicy::kPatience == 0 ? calm : Scaling(spread, 8);
  });
  CHECK(run.steps == 0);
}

TEST_CASE("On one core there is nothing to decide") {
  ThreadPolicy policy(0);
  CHECK_FALSE(policy.WantsIdleCores(1.0));
  CHECK(Simulate(policy, kMinute, [](int spread) { return Scaling(spread, 8); }).steps == 0);
}

TEST_CASE("There are never more threads than connections or other cores") {
  ThreadPolicy policy(2);
  CHECK(Simulate(policy, kMinute, [](int spread) { return Scaling(spread, 64); }).last == 2);
  ThreadPolicy few(64);
  const Run run = Simulate(few, kMinute, [](int spread) {
    ThreadPolicy::Sample sample = Scaling(spread, 64);
    sample.connections = 1;
    return sample;
  });
  CHECK(run.last <= 1);
}

TEST_CASE("Under a light load they come home and stay there") {
  ThreadPolicy policy(7);
  REQUIRE(Simulate(policy, kMinute, [](int spread) { return Scaling(spread, 8); }).last > 0);
  const ThreadPolicy::Sample light{.execution_load = 0.1,
                                   .threads_load = 0.2,
                                   .idle_cores = 7,
                                   .commands = 1000,
                                   .connections = 50};
  // A trial may be under way when the load ends.
  const Run run = Simulate(policy, kMinute, [&](int) { return light; });
  CHECK(run.last == 0);
  CHECK(run.samples_out <= ThreadPolicy::kTrial + ThreadPolicy::kLightPatience);
  CHECK(run.steps <= 2);
}

TEST_CASE("A step out whose load ended meanwhile is taken back, and tried again at once") {
  ThreadPolicy policy(3);
  const World load = [](int spread) { return Scaling(spread, 4); };
  const ThreadPolicy::Sample silence{.idle_cores = 4, .connections = 50};
  for (int burst = 0; burst < 5; ++burst) {
    INFO("burst " << burst);
    CHECK(Simulate(policy, ThreadPolicy::kPatience + 1, load).last == 1);
    CHECK(Simulate(policy, 2 * ThreadPolicy::kTrial, [&](int) { return silence; }).last == 0);
  }
}

TEST_CASE("A step out that brings nothing is taken back, and tried again ever more rarely") {
  ThreadPolicy policy(3);
  const World no_gain = [](int spread) {
    ThreadPolicy::Sample sample = Scaling(spread, 4);
    sample.commands = 100'000;
    sample.idle_cores = 1;
    return sample;
  };
  Run run = Simulate(policy, kMinute, no_gain);
  CHECK(run.last == 0);
  CHECK(run.steps >= 2);
  CHECK(run.steps <= 8);
  Simulate(policy, 30 * kMinute, no_gain);
  run = Simulate(policy, 30 * kMinute, no_gain);
  CHECK(run.steps <= 8);
  CHECK(run.samples_out <= 4 * ThreadPolicy::kTrial);
}

TEST_CASE("Where threads take time from the clients, connections come home") {
  ThreadPolicy policy(1);
  // The clients of the first minute leave half a core idle, later ones need a core.
  REQUIRE(Simulate(policy, kMinute, [](int spread) {
            ThreadPolicy::Sample sample = Scaling(spread, 2);
            sample.idle_cores = spread == 0 ? 0.7 : 0.3;
            return sample;
          }).last == 1);
  const Run run = Simulate(policy, kMinute, [](int spread) {
    ThreadPolicy::Sample sample = Scaling(spread, 2);
    sample.idle_cores = 0;
    sample.commands = spread == 0 ? 100'000 : 70'000;
    return sample;
  });
  CHECK(run.last == 0);
  CHECK(run.steps == 1);
}

TEST_CASE("Threads that use up all cores and pay for it stay") {
  ThreadPolicy policy(1);
  const World saturated = [](int spread) {
    ThreadPolicy::Sample sample = Scaling(spread, 2);
    if (spread == 1) sample.idle_cores = 0;
    return sample;
  };
  REQUIRE(Simulate(policy, kMinute, saturated).last == 1);
  const Run run = Simulate(policy, 60 * kMinute, saturated);
  CHECK(run.last == 1);
  CHECK(run.samples_out >= 60 * kMinute * 99 / 100);
}

TEST_CASE("What does not change does not swing") {
  // Every combination of idle cores and of what one thread brings, for an hour.
  for (const double idle : {0.0, 0.05, 0.3, 0.6, 2.0}) {
    for (const double gain : {0.5, 0.9, 0.99, 1.0, 1.02, 1.06, 1.5}) {
      ThreadPolicy policy(1);
      const Run run = Simulate(policy, 60 * kMinute, [&](int spread) {
        ThreadPolicy::Sample sample = Scaling(spread, 2);
        sample.idle_cores = idle;
        sample.commands = static_cast<uint64_t>(100'000 * (spread == 0 ? 1.0 : gain));
        return sample;
      });
      INFO("idle " << idle << ", gain " << gain);
      CHECK(run.steps <= 24);  // a dozen trials, most of them at first
      if (gain < ThreadPolicy::kOutGain) CHECK(run.samples_out <= 60 * kMinute / 100);
    }
  }
}

}  // namespace
}  // namespace gotthard
