// ThreadPolicy: decides over how many I/O threads, of those that `io-threads` allows, connections
// are spread. Pure arithmetic on samples, one every kPeriodMs; the server takes the samples.
//
// Out, one thread at a time: for kPatience samples in a row the threads that serve connections were
// busy (inline that is the execution thread) and at least half a core was idle that another thread
// could use. No more threads than connections.
// Home, in one step: all threads together have needed less than kHomeLoad of one core for a while.
// Home, one thread at a time: the cores have had nothing idle left for a while, so that the threads
// take time from one another or from other processes, such as the clients.
//
// Whether a step pays is not to be known beforehand where cores are shared with other processes, so
// each step but the one for light load is a trial: the commands run after it are compared with
// those run before it, and a step that did not pay is taken back. A further try in its direction
// then waits kBackoff samples, doubled each time up to kMaxBackoff, so that the time spent on
// trials is bounded and the connections do not swing to and fro. A step home that paid makes the
// next one out wait as if it had failed. A trial during which the load came to an end says nothing:
// it is taken back, and nobody waits for that. During a trial nothing else is decided.
#pragma once

#include <cstdint>

namespace gotthard {

class ThreadPolicy {
 public:
  static constexpr int64_t kPeriodMs = 100;
  static constexpr int kPatience = 3;
  static constexpr int kLightPatience = 10;
  static constexpr int kStarvedPatience = 20;
  static constexpr double kBusy = 0.90;
  static constexpr double kIdleCores = 0.5;     // so much has to be idle before a step out
  static constexpr double kStarvedCores = 0.1;  // with less idle than this, fewer threads are tried
  static constexpr double kHomeLoad = 0.60;
  static constexpr double kOutGain = 1.05;   // a thread more has to bring this much
  static constexpr double kHomeGain = 1.00;  // a thread less must not cost anything
  static constexpr int kTrial = 10;          // samples after a step before it is judged
  static constexpr int kBackoff = 100;       // 10 s
  static constexpr int kMaxBackoff = 6000;

  struct Sample {
    double execution_load = 0;  // of one core, 0..1
    double threads_load = 0;    // sum over the I/O threads, in cores
    double idle_cores = 0;      // of those the process may run on
    uint64_t commands = 0;      // run in the period
    uint32_t connections = 0;
  };

  explicit ThreadPolicy(int max_threads) : max_threads_(max_threads) {}

  // Whether the next Decide looks at idle_cores, which costs something to find out.
  bool WantsIdleCores(double execution_load) const {
    return max_threads_ != 0 && trial_left_ == 0 && (spread_ != 0 || execution_load >= kBusy);
  }
  // Returns the number of I/O threads that connections shall be spread over (0 = inline).
  int Decide(const Sample& sample);
  int spread() const { return spread_; }

 private:
  // Waiting times between trials in one direction.
  struct Patience {
    int wait_left = 0;
    int backoff = kBackoff;

    void Failed();
    void Paid() { backoff = kBackoff; }
  };

  void Try(int spread);
  void Judge();
  bool WantsMore(const Sample& sample) const;

  int max_threads_;
  int spread_ = 0;
  int busy_samples_ = 0;
  int light_samples_ = 0;
  int starved_samples_ = 0;
  double recent_commands_ = -1;  // sliding mean per sample; negative: none yet
  // The trial under way.
  int trial_left_ = 0;
  int spread_before_ = 0;
  double commands_before_ = 0;   // mean per sample
  uint64_t commands_since_ = 0;  // sum over the second half
  bool load_ended_ = false;      // there was a sample of light load
  Patience out_;
  Patience home_;
};

}  // namespace gotthard
