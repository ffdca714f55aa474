#include "observe/latency_monitor.h"

#include <catch2/catch.hpp>

#include "observe/histogram.h"
#include "observe/rates.h"

using namespace gotthard;

TEST_CASE("an event's samples are the worst of each second, the last 160 of them") {
  LatencyMonitor monitor;
  monitor.Add("command", 100, 1000);
  monitor.Add("command", 300, 1000);
  monitor.Add("command", 200, 1000);
  const LatencyMonitor::Event& event = monitor.events().at("command");
  CHECK(event.next == 1);
  CHECK(event.samples[0].latency_ms == 300);
  CHECK(event.max_ms == 300);

  for (int i = 1; i <= 160; ++i) monitor.Add("command", 1, 1000 + i);
  CHECK(event.next == 1);
  CHECK(event.samples[0].time_s == 1160);
  CHECK(event.samples[1].time_s == 1001);
  CHECK(event.max_ms == 300);
}

TEST_CASE("latency events are forgotten one by one or all at once") {
  LatencyMonitor monitor;
  monitor.Add("command", 1, 1);
  monitor.Add("fast-command", 1, 1);
  monitor.Add("expire-cycle", 1, 1);
  CHECK(monitor.Reset("command") == 1);
  CHECK(monitor.Reset("command") == 0);
  CHECK(monitor.Reset("") == 2);
  CHECK(monitor.events().empty());
}

TEST_CASE("a histogram's percentiles are within 6.25 % of the truth") {
  LatencyHistogram histogram;
  CHECK(histogram.Percentile(50) == 0);
  for (uint64_t ns = 1; ns <= 100'000; ++ns) histogram.Record(ns);
  CHECK(histogram.total() == 100'000);
  CHECK(histogram.Percentile(50) >= 50'000);
  CHECK(histogram.Percentile(50) <= 53'125);
  CHECK(histogram.Percentile(100) == 100'000);
  CHECK(histogram.CountUpTo(1023) == 1023);
  histogram.Record(UINT64_MAX);
  CHECK(histogram.max_ns() == UINT64_MAX);
}

TEST_CASE("a rate is the mean of the last sixteen samples") {
  Rate rate;
  CHECK(rate.PerSecond() == 0);
  for (int i = 0; i <= 16; ++i) rate.Sample(1000 + 100 * i, 50 * i);
  CHECK(rate.PerSecond() == 500);
  for (int i = 1; i <= 16; ++i) rate.Sample(2600 + 100 * i, 800);
  CHECK(rate.PerSecond() == 0);
  rate.Sample(4300, 10);  // the counter was reset
  CHECK(rate.PerSecond() == 0);
}
