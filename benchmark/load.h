// Runs one test: splits it over the threads, shows progress, collects the outcome.
//
// Owning thread: main.
#pragma once

#include <cstdint>
#include <string>

#include "benchmark/histogram.h"
#include "benchmark/load_thread.h"
#include "benchmark/options.h"
#include "benchmark/reply_counter.h"
#include "benchmark/timeline.h"
#include "benchmark/workload.h"

namespace gotthard::bench {

struct Outcome {
  std::string title;
  uint64_t requests = 0;  // answered
  double seconds = 0;     // from the first request to the last reply
  Histogram latency_ns;
  Timeline timeline;
  ReplyTally tally;
  uint64_t sent_bytes = 0;
  uint64_t received_bytes = 0;
  uint64_t lost = 0;
  double cpu_seconds = 0;    // of the generator's threads
  bool interrupted = false;  // by SIGINT or SIGTERM: these are the figures so far

  double rate() const { return seconds > 0 ? static_cast<double>(requests) / seconds : 0; }
  double cpu_us_per_request() const {
    return requests == 0 ? 0 : cpu_seconds * 1e6 / static_cast<double>(requests);
  }
};

// Resolves the server's host, or takes the socket's path.
Result<Address> Resolve(const Options& options);

// Keeps SIGINT and SIGTERM for RunLoad, which ends its test and tells what it has. Call it before
// any thread is started.
void HoldInterrupts();

// Sends the ring's requests as the options say. With `once`, sends each exactly once.
Result<Outcome> RunLoad(const Options& options, const Address& address, const std::string& title,
                        const RequestRing& ring, bool once);

}  // namespace gotthard::bench
