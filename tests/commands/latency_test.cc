#include "commands/sparkline.h"
#include "tests/commands/harness.h"

namespace gotthard {
namespace {

void AddEvents(Harness& h) {
  const int64_t now_s = h.now_ms() / 1000;
  LatencyMonitor& monitor = h.server().latency;
  monitor.Add("command", 300, now_s - 100);
  monitor.Add("command", 400, now_s - 50);
  monitor.Add("expire-cycle", 200, now_s - 10);
}

}  // namespace

TEST_CASE("LATENCY HISTORY and LATEST show the samples") {
  Harness h;
  CHECK(h.Run("LATENCY LATEST") == Array({}));
  AddEvents(h);
  const int64_t now_s = h.now_ms() / 1000;
  CHECK(h.Run("LATENCY HISTORY command") ==
        Array({Array({Int(now_s - 100), Int(300)}), Array({Int(now_s - 50), Int(400)})}));
  CHECK(h.Run("LATENCY HISTORY nosuch") == Array({}));
  CHECK(h.Run("LATENCY LATEST") ==
        Array({Array({Bulk("command"), Int(now_s - 50), Int(400), Int(400)}),
               Array({Bulk("expire-cycle"), Int(now_s - 10), Int(200), Int(200)})}));
}

TEST_CASE("LATENCY RESET forgets events") {
  Harness h;
  AddEvents(h);
  CHECK(h.Run("LATENCY RESET command nosuch \"\"") == Int(1));
  CHECK(h.Run("LATENCY HISTORY command") == Array({}));
  CHECK(h.Run("LATENCY RESET") == Int(1));
  CHECK(h.Run("LATENCY LATEST") == Array({}));
}

TEST_CASE("LATENCY GRAPH draws an event") {
  Harness h;
  CHECK(h.Run("LATENCY GRAPH command") == Error("ERR No samples available for event 'command'"));
  AddEvents(h);
  std::string graph = h.Run("LATENCY GRAPH command").text;
  CHECK(graph.rfind("command - high 400 ms, low 300 ms (all time high 400 ms)\n----", 0) == 0);
  CHECK(graph.find("\n #\n |\n |\n_|\n") != std::string::npos);
  CHECK(graph.find("\n15\nm0\n s\n") != std::string::npos);
}

TEST_CASE("a sparkline has a block for every eighty samples") {
  CHECK(Sparkline({}).empty());
  std::vector<SparkSample> samples(81, {1.0, ""});
  std::string text = Sparkline(samples);
  CHECK(std::count(text.begin(), text.end(), '\n') == 9);
}

TEST_CASE("LATENCY DOCTOR says whether the monitor is on, and what events hint at") {
  Harness h;
  CHECK(h.Run("LATENCY DOCTOR").text.find("disabled") != std::string::npos);
  h.Run("CONFIG SET latency-monitor-threshold 100");
  CHECK(h.Run("LATENCY DOCTOR").text.find("No latency spike") != std::string::npos);
  h.server().latency.Reset("");
  AddEvents(h);
  std::string report = h.Run("LATENCY DOCTOR").text;
  CHECK(report.find("1. command: 2 latency spikes (average 350ms, mean deviation 50ms, period "
                    "50.00 sec). Worst all time event 400ms.") != std::string::npos);
  CHECK(report.find("2. expire-cycle") != std::string::npos);
  CHECK(report.find("UNLINK") != std::string::npos);
}

TEST_CASE("LATENCY HISTOGRAM shows how the times of commands are distributed") {
  Harness h;
  h.Run("CONFIG RESETSTAT");
  for (int i = 0; i < 3; ++i) h.Run("TIME");
  h.Run("SLOWLOG LEN");
  ReplyValue time = h.Run("LATENCY HISTOGRAM TIME nosuch");
  REQUIRE(time.elements.size() == 2);
  CHECK(time.elements[0] == Bulk("time"));
  CHECK(time.elements[1].elements[0] == Bulk("calls"));
  CHECK(time.elements[1].elements[1] == Int(3));
  // The test's clock stands still: all took less than a microsecond.
  CHECK(time.elements[1].elements[3] == Array({Int(1), Int(3)}));
  ReplyValue parent = h.Run("LATENCY HISTOGRAM slowlog");
  CHECK(parent.elements[0] == Bulk("slowlog|len"));
  CHECK(h.Run("LATENCY HISTOGRAM nosuch") == Array({}));
  CHECK(h.Run("LATENCY HISTOGRAM").elements.size() >= 4);
}

TEST_CASE("LATENCY HELP names the subcommands") {
  Harness h;
  CHECK(h.Run("LATENCY HELP").elements[0] ==
        Simple("LATENCY <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"));
}

}  // namespace gotthard
