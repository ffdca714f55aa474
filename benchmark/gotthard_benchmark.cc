// gotthard-benchmark: a load generator for servers that speak the Redis protocol.
// The way through: options ─► workloads ─► ring of prebuilt requests ─► load threads ─► report.
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>

#include "benchmark/load.h"
#include "benchmark/options.h"
#include "benchmark/report.h"
#include "benchmark/workload.h"

namespace gotthard::bench {
namespace {

constexpr const char* kVersion = "0.1.0";
constexpr int kInterrupted = 130;  // as a shell says of a program that Ctrl-C ended

int Complain(std::string_view what) {
  std::fprintf(stderr, "gotthard-benchmark: %.*s\n", static_cast<int>(what.size()), what.data());
  return 1;
}

// A server that cannot be reached is named.
int ComplainAbout(const Options& options, std::string_view what) {
  const std::string server =
      options.socket.empty() ? options.host + ":" + std::to_string(options.port) : options.socket;
  return Complain(server + ": " + std::string(what));
}

// 10,000 connections need more descriptors than a shell gives by default.
void RaiseDescriptorLimit() {
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);  // if it fails, making a socket will say so
}

// Loads the keys in portions that fit in the ring's memory.
int Preload(const Options& options, const Address& address) {
  RingBuilder builder(options);
  const Workload workload = PreloadWorkload(options);
  const uint64_t request_bytes = options.key_size.most + options.data_size.most + 64;
  const uint64_t portion = std::max(options.ring_bytes / request_bytes, uint64_t{1});
  uint64_t errors = 0;
  double seconds = 0;
  for (uint64_t loaded = 0; loaded < options.preload;) {
    const uint64_t number = std::min(portion, options.preload - loaded);
    const RequestRing ring = builder.BuildPreload(workload, loaded, number);
    Result<Outcome> outcome = RunLoad(options, address, "preload", ring, /*once=*/true);
    if (!outcome.ok()) return ComplainAbout(options, outcome.error_text());
    if (outcome->interrupted) return kInterrupted;
    if (outcome->tally.errors > 0 && errors == 0) {
      Complain(outcome->tally.texts.begin()->first);
    }
    errors += outcome->tally.errors;
    seconds += outcome->seconds;
    loaded += number;
  }
  if (!options.quiet) {
    std::printf("loaded %llu keys in %.2f seconds, %llu errors\n",
                static_cast<unsigned long long>(options.preload), seconds,
                static_cast<unsigned long long>(errors));
  }
  return errors == 0 ? 0 : 1;
}

int RunTests(const Options& options, const Address& address) {
  Result<std::vector<Workload>> workloads = ChooseWorkloads(options);
  if (!workloads.ok()) return Complain(workloads.error_text());
  if (options.idle) {
    std::printf("Creating %llu idle connections and waiting forever (Ctrl+C when done)\n",
                static_cast<unsigned long long>(options.connections));
    std::fflush(stdout);
  }
  Reporter reporter(options);
  reporter.Begin();
  bool faultless = true;
  do {
    for (const Workload& workload : *workloads) {
      const RequestRing ring = RingBuilder(options).Build(workload);
      Result<Outcome> outcome = RunLoad(options, address, workload.title, ring, /*once=*/false);
      if (!outcome.ok()) return ComplainAbout(options, outcome.error_text());
      reporter.Add(*outcome);
      if (outcome->interrupted) {
        reporter.End();
        return kInterrupted;
      }
      faultless = faultless && outcome->tally.errors == 0 && outcome->lost == 0;
    }
  } while (options.loop);
  reporter.End();
  // Errors are quickly answered: figures with some among them must not pass for good ones.
  return faultless ? 0 : 1;
}

int Main(int argc, const char* const* argv) {
  Result<Options> options = ParseOptions(argc, argv);
  if (!options.ok()) return Complain(options.error_text());
  if (options->help) {
    std::fputs(HelpText().c_str(), stdout);
    return 0;
  }
  if (options->version) {
    std::printf("gotthard-benchmark %s\n", kVersion);
    return 0;
  }
  Result<Address> address = Resolve(*options);
  if (!address.ok()) return Complain(address.error_text());
  RaiseDescriptorLimit();
  HoldInterrupts();
  if (options->preload > 0) {
    Options preload = *options;
    // Without -c and -P of the user's own, loading takes few connections and long pipelines.
    if (preload.pipeline == 1) preload.pipeline = 1000;
    preload.connections = std::min(preload.connections, uint64_t{4});
    preload.threads = std::min(preload.threads, preload.connections);
    preload.duration_s = 0;
    preload.rate = 0;
    preload.idle = false;
    return Preload(preload, *address);
  }
  return RunTests(*options, *address);
}

}  // namespace
}  // namespace gotthard::bench

int main(int argc, char** argv) {
  try {
    return gotthard::bench::Main(argc, argv);
  } catch (...) {  // memory or threads ran out: nothing to go on with
    std::fputs("gotthard-benchmark: out of memory or threads\n", stderr);
    return 1;
  }
}
