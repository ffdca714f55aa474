#include "benchmark/report.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <iterator>
#include <string>

namespace gotthard::bench {
namespace {

struct Point {
  const char* name;       // in text
  const char* json_name;  // in JSON
  double percent;
};
constexpr Point kPoints[] = {{"p50", "p50_ns", 50},       {"p90", "p90_ns", 90},
                             {"p95", "p95_ns", 95},       {"p99", "p99_ns", 99},
                             {"p99.9", "p99_9_ns", 99.9}, {"p99.99", "p99_99_ns", 99.99}};

double Milliseconds(uint64_t ns) {
  return static_cast<double>(ns) / 1e6;
}
double Percentile(const Outcome& outcome, double percent) {
  return Milliseconds(outcome.latency_ns.Percentile(percent));
}

void PrintShare(double percent, double milliseconds, uint64_t count) {
  std::printf("%3.3f%% <= %.3f milliseconds (cumulative count %" PRIu64 ")\n", percent,
              milliseconds, count);
}

// Each step halves the distance to 100 %.
void AddPercentileDistribution(const Histogram& latency_ns) {
  std::puts("\nLatency by percentile distribution:");
  uint64_t printed = 0;
  for (double rest = 100; printed < latency_ns.count(); rest /= 2) {
    const uint64_t value = latency_ns.Percentile(100 - rest);
    const uint64_t count = latency_ns.CountUpTo(value);
    if (count == printed) continue;
    printed = count;
    PrintShare(count == latency_ns.count() ? 100 : 100 - rest, Milliseconds(value), count);
  }
}

// Steps of 0.1 ms up to 2 ms, then of 1 ms, then of a tenth of what is reached: a stall of minutes
// must not print a line per millisecond.
void AddCumulativeDistribution(const Histogram& latency_ns) {
  std::puts("\nCumulative distribution of latencies:");
  uint64_t printed = 0;
  uint64_t bound = 0;
  while (printed < latency_ns.count()) {
    bound += bound < 2'000'000 ? 100'000 : std::max(uint64_t{1'000'000}, bound / 10);
    const uint64_t count = latency_ns.CountUpTo(bound);
    if (count == printed) continue;
    printed = count;
    PrintShare(100 * static_cast<double>(count) / static_cast<double>(latency_ns.count()),
               Milliseconds(bound), count);
  }
}

std::string Quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7e) {
      char code[8];
      std::snprintf(code, sizeof code, "\\u%04x", static_cast<unsigned>(c) & 0xff);
      out += code;
    } else {
      out += c;
    }
  }
  return out + '"';
}

}  // namespace

void Reporter::Begin() {
  if (options_.json) std::fputs("{\"tests\": [", stdout);
  if (options_.csv) {
    std::puts(
        "\"test\",\"rps\",\"avg_latency_ms\",\"min_latency_ms\",\"p50_latency_ms\","
        "\"p95_latency_ms\",\"p99_latency_ms\",\"max_latency_ms\"");
  }
}

void Reporter::Add(const Outcome& o) {
  if (options_.json) {
    AddJson(o);
  } else if (options_.csv) {
    std::printf("\"%s\",\"%.2f\",\"%.3f\",\"%.3f\",\"%.3f\",\"%.3f\",\"%.3f\",\"%.3f\"\n",
                o.title.c_str(), o.rate(), o.latency_ns.mean() / 1e6,
                Milliseconds(o.latency_ns.min()), Percentile(o, 50), Percentile(o, 95),
                Percentile(o, 99), Milliseconds(o.latency_ns.max()));
  } else if (options_.quiet) {
    std::printf("%s: %.2f requests per second, p50=%.*f msec\n", o.title.c_str(), o.rate(),
                options_.precision, Percentile(o, 50));
  } else {
    AddText(o);
  }
  AddErrors(o);
  std::fflush(stdout);
  first_ = false;
}

void Reporter::End() {
  if (options_.json) {
    std::puts("\n]}");
  } else if (!options_.csv && options_.command.empty()) {
    std::puts("");
  }
}

// The parts and their wording are redis-benchmark's, line for line, so that what reads its output
// reads this too; what is ours comes after its last line.
void Reporter::AddText(const Outcome& o) const {
  std::printf("====== %s ======\n", o.title.c_str());
  std::printf("  %" PRIu64 " requests completed in %.2f seconds\n", o.requests, o.seconds);
  std::printf("  %" PRIu64 " parallel clients\n", options_.connections);
  const SizeRange& data = options_.data_size;
  std::printf("  %s bytes payload\n",
              data.least == data.most
                  ? std::to_string(data.least).c_str()
                  : (std::to_string(data.least) + "-" + std::to_string(data.most)).c_str());
  std::printf("  keep alive: %d\n", options_.keep_alive ? 1 : 0);
  std::printf("  multi-thread: %s\n", options_.multi_threaded ? "yes" : "no");
  if (options_.multi_threaded) std::printf("  threads: %" PRIu64 "\n", options_.threads);
  if (o.latency_ns.count() > 0) {
    AddPercentileDistribution(o.latency_ns);
    AddCumulativeDistribution(o.latency_ns);
  }
  std::printf("\nSummary:\n  throughput summary: %.2f requests per second\n", o.rate());
  std::puts("  latency summary (msec):");
  std::printf("    %9s %9s %9s %9s %9s %9s\n", "avg", "min", "p50", "p95", "p99", "max");
  const int digits = options_.precision;
  std::printf("    %9.*f %9.*f %9.*f %9.*f %9.*f %9.*f\n", digits, o.latency_ns.mean() / 1e6,
              digits, Milliseconds(o.latency_ns.min()), digits, Percentile(o, 50), digits,
              Percentile(o, 95), digits, Percentile(o, 99), digits,
              Milliseconds(o.latency_ns.max()));
  std::printf("  tail: p90 %.*f, p99.9 %.*f, p99.99 %.*f%s\n", digits, Percentile(o, 90), digits,
              Percentile(o, 99.9), digits, Percentile(o, 99.99),
              options_.pipeline > 1 ? "; all of whole pipelines" : "");
  std::printf("  sent %.1f MB, received %.1f MB; the generator used %.3f us of CPU per request\n",
              static_cast<double>(o.sent_bytes) / 1e6, static_cast<double>(o.received_bytes) / 1e6,
              o.cpu_us_per_request());
  if (options_.rate > 0) {
    std::printf("  open loop: %.0f requests per second asked for\n", options_.rate);
  }
  if (o.tally.nulls > 0) std::printf("  %" PRIu64 " null replies\n", o.tally.nulls);
  std::puts("");
}

void Reporter::AddJson(const Outcome& o) {
  std::printf("%s\n  {\"test\": %s, \"requests\": %" PRIu64 ", \"seconds\": %.6f, \"rps\": %.2f",
              first_ ? "" : ",", Quoted(o.title).c_str(), o.requests, o.seconds, o.rate());
  std::printf(", \"connections\": %" PRIu64 ", \"pipeline\": %" PRIu64 ", \"threads\": %" PRIu64,
              options_.connections, options_.pipeline, options_.threads);
  std::printf(", \"seed\": %" PRIu64 ", \"errors\": %" PRIu64 ", \"nulls\": %" PRIu64
              ", \"lost\": %" PRIu64,
              options_.seed, o.tally.errors, o.tally.nulls, o.lost);
  std::printf(", \"sent_bytes\": %" PRIu64 ", \"received_bytes\": %" PRIu64
              ", \"generator_cpu_us_per_request\": %.4f",
              o.sent_bytes, o.received_bytes, o.cpu_us_per_request());
  std::printf(", \"latency\": {\"avg_ns\": %.0f, \"min_ns\": %" PRIu64, o.latency_ns.mean(),
              o.latency_ns.min());
  for (const Point& point : kPoints) {
    std::printf(", \"%s\": %" PRIu64, point.json_name, o.latency_ns.Percentile(point.percent));
  }
  std::printf(", \"max_ns\": %" PRIu64 "}", o.latency_ns.max());
  if (options_.timeline_s > 0) AddTimeline(o.timeline);
  std::fputs("}", stdout);
}

void Reporter::AddTimeline(const Timeline& timeline) const {
  std::fputs(", \"timeline\": [", stdout);
  double at_s = 0;
  const char* separator = "";
  for (const Interval& interval : timeline.intervals()) {
    std::printf("%s{\"at_s\": %.3f, \"requests\": %" PRIu64 ", \"p50_ns\": %" PRIu64
                ", \"p99_ns\": %" PRIu64 ", \"max_ns\": %" PRIu64 "}",
                separator, at_s, interval.requests, interval.p50_ns, interval.p99_ns,
                interval.max_ns);
    at_s += options_.timeline_s;
    separator = ", ";
  }
  std::fputs("]", stdout);
}

void Reporter::AddErrors(const Outcome& o) const {
  if (o.lost > 0) {
    std::fprintf(stderr, "%s: %" PRIu64 " requests were never answered\n", o.title.c_str(), o.lost);
  }
  if (o.tally.errors == 0) return;
  std::fprintf(stderr, "%s: %" PRIu64 " error replies", o.title.c_str(), o.tally.errors);
  if (!options_.show_errors) {
    std::fprintf(stderr, ", such as: %s\n", o.tally.texts.begin()->first.c_str());
    return;
  }
  std::fputs(":\n", stderr);
  for (const auto& [text, count] : o.tally.texts) {
    std::fprintf(stderr, "  %10" PRIu64 " x %s\n", count, text.c_str());
  }
}

}  // namespace gotthard::bench
