// ThreadPolicy: decides, for `io-threads auto`, over how many I/O threads the connections are
// spread. Pure arithmetic on samples, one every kPeriodMs; the server takes the samples.
//
// Out: for kPatience samples in a row the execution thread was busy and the machine had at least
// half a core idle that a thread could use. Home: all threads together, the execution thread
// included, could run on less than kHomeLoad of one core, or the machine has nothing idle left
// while threads outnumber what they use. Each step adds one thread; coming home is one step. After
// a step out that did not pay (throughput per sample did not grow by kMinGain) the policy comes
// home and waits kBackoff samples, doubled each time, before it tries again: where a core is shared
// with a load generator, trying is the only way to know.
#pragma once

#include <cstdint>

namespace gotthard {

class ThreadPolicy {
 public:
  static constexpr int64_t kPeriodMs = 100;
  static constexpr int kPatience = 3;
  static constexpr double kBusy = 0.90;
  static constexpr double kIdleCores = 0.5;
  static constexpr double kHomeLoad = 0.60;
  static constexpr double kMinGain = 1.05;
  static constexpr int kTrial = 10;     // samples after a step before it is judged
  static constexpr int kBackoff = 100;  // 10 s
  static constexpr int kMaxBackoff = 6000;

  struct Sample {
    double execution_load = 0;  // of one core, 0..1
    double threads_load = 0;    // sum over the I/O threads, in cores
    double idle_cores = 0;      // of the whole machine
    uint64_t commands = 0;      // run in the period
    uint32_t connections = 0;
  };

  // `cores` are those the process may run on.
  explicit ThreadPolicy(int cores) : max_threads_(cores > 1 ? cores - 1 : 0) {}

  // Returns the number of I/O threads that connections shall be spread over (0 = inline).
  int Decide(const Sample& sample);
  int spread() const { return spread_; }

 private:
  void StepTo(int spread, const Sample& sample);

  int max_threads_;
  int spread_ = 0;
  int busy_samples_ = 0;
  int light_samples_ = 0;
  int trial_left_ = 0;
  uint64_t commands_before_ = 0;  // mean per sample before the step
  uint64_t commands_since_ = 0;
  double recent_commands_ = 0;  // sliding mean
  int backoff_ = kBackoff;
  int wait_left_ = 0;
};

}  // namespace gotthard
