// gotthard-benchmark, whole, against the daemon: what scripts read of redis-benchmark's output can
// be read of its.
#include <algorithm>
#include <catch2/catch.hpp>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "tests/system/system_harness.h"

namespace gotthard::test {
namespace {

std::string Generator() {
  const std::string daemon = Daemon::Program();
  return daemon.substr(0, daemon.rfind('/') + 1) + "gotthard-benchmark";
}

CommandResult Benchmark(const Daemon& daemon, std::vector<std::string> words,
                        std::string_view input = {}) {
  words.insert(words.begin(), {Generator(), "-p", std::to_string(daemon.port())});
  return RunCommand(words, input);
}

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

// Lines without numbers, and without the progress that redis-benchmark writes over itself.
std::vector<std::string> Shape(const std::string& text) {
  std::vector<std::string> shape;
  for (std::string line : Lines(text)) {
    const size_t overwritten = line.rfind('\r');
    if (overwritten != line.npos) line.erase(0, overwritten + 1);
    line = std::regex_replace(line, std::regex("[0-9]+(\\.[0-9]+)?"), "N");
    line = std::regex_replace(line, std::regex(" +"), " ");
    // The distributions have as many lines as the measurement gives them.
    if (line.find("milliseconds (cumulative count") != line.npos && !shape.empty() &&
        shape.back() == line) {
      continue;
    }
    shape.push_back(line);
  }
  return shape;
}

std::string Join(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

TEST_CASE("the normal form has redis-benchmark's lines, and more behind them") {
  Daemon daemon;
  const std::vector<std::string> load{"-n", "500", "-c", "5", "-d", "8", "-t", "get"};
  std::vector<std::string> theirs{"redis-benchmark", "-p", std::to_string(daemon.port())};
  theirs.insert(theirs.end(), load.begin(), load.end());
  std::vector<std::string> expected = Shape(RunCommand(theirs).output);
  const CommandResult ours = Benchmark(daemon, load);
  REQUIRE(ours.exit_status == 0);
  // They show two directives of the server, which it may refuse to tell.
  expected.erase(std::remove_if(expected.begin(), expected.end(),
                                [](const std::string& line) {
                                  return line.find("host configuration") != line.npos ||
                                         line.find("WARNING") == 0;
                                }),
                 expected.end());
  while (!expected.empty() && expected.back().empty()) expected.pop_back();
  std::vector<std::string> got = Shape(ours.output);
  REQUIRE(got.size() >= expected.size());
  got.resize(expected.size());
  CHECK(Join(got) == Join(expected));
}

TEST_CASE("-q and --csv have redis-benchmark's lines") {
  Daemon daemon;
  const std::string form = GENERATE("-q", "--csv");
  const std::vector<std::string> load{"-n", "200", "-c", "3", "-t", "ping,set,incr,mset", form};
  std::vector<std::string> theirs{"redis-benchmark", "-p", std::to_string(daemon.port())};
  theirs.insert(theirs.end(), load.begin(), load.end());
  const CommandResult ours = Benchmark(daemon, load);
  CHECK(ours.exit_status == 0);
  CHECK(Join(Shape(ours.output)) == Join(Shape(RunCommand(theirs).output)));
}

TEST_CASE("the whole default list runs, in order, and errors are counted, not hidden") {
  Daemon daemon;
  const CommandResult bench = Benchmark(daemon, {"-n", "200", "-r", "50", "-P", "4", "-q"});
  std::string rest = bench.output;
  for (const char* title : {"PING_INLINE: ",
                            "PING_MBULK: ",
                            "SET: ",
                            "GET: ",
                            "INCR: ",
                            "LPUSH: ",
                            "RPUSH: ",
                            "LPOP: ",
                            "RPOP: ",
                            "SADD: ",
                            "HSET: ",
                            "SPOP: ",
                            "ZADD: ",
                            "ZPOPMIN: ",
                            "LPUSH (needed to benchmark LRANGE): ",
                            "LRANGE_100 (first 100 elements): ",
                            "LRANGE_300 (first 300 elements): ",
                            "LRANGE_500 (first 500 elements): ",
                            "LRANGE_600 (first 600 elements): ",
                            "MSET (10 keys): ",
                            "XADD: "}) {
    INFO(title << "\n" << bench.output);
    const size_t at = rest.find(title);
    REQUIRE(at != rest.npos);
    rest.erase(0, at + 1);
  }
  const CommandResult wrong = Benchmark(daemon, {"-n", "20", "-q", "-e", "no-such-command"});
  CHECK(wrong.exit_status == 1);
  CHECK(wrong.output.find("20 x ERR unknown command 'no-such-command'") != std::string::npos);
}

TEST_CASE("preload, GET of every key, and JSON that says so") {
  Daemon daemon;
  CHECK(Benchmark(daemon, {"--preload", "5000", "-d", "32"}).exit_status == 0);
  CHECK(daemon.Cli({"DBSIZE"}).output == "5000\n");
  const CommandResult bench = Benchmark(
      daemon, {"-t", "get", "-r", "5000", "-n", "20000", "-P", "50", "--threads", "2", "--json"});
  CHECK(bench.exit_status == 0);
  const CommandResult read = RunCommand(
      {"/usr/bin/python3", "-c",
       "import json, sys\n"
       "test, = json.load(sys.stdin)['tests']\n"
       "print(test['test'], test['requests'], test['errors'], test['nulls'], test['lost'])\n"
       "l = test['latency']\n"
       "print(0 < l['p50_ns'] <= l['p90_ns'] <= l['p99_ns'] <= l['p99_9_ns'] <= l['p99_99_ns']"
       " <= l['max_ns'])"},
      bench.output);
  CHECK(read.output == "GET 20000 0 0 0\nTrue\n");
}

TEST_CASE("a command of the user's own, its last word from stdin") {
  Daemon daemon;
  CHECK(Benchmark(daemon, {"-n", "10", "-q", "-x", "set", "k"}, "from stdin").exit_status == 0);
  CHECK(daemon.Cli({"GET", "k"}).output == "from stdin\n");
  CHECK(Benchmark(daemon, {"--preload", "30", "-q", "append", "k:__rand_int__", "x"}).exit_status ==
        0);
  CHECK(daemon.Cli({"DBSIZE"}).output == "31\n");
}

TEST_CASE("open loop, mix, distribution and timeline in one run") {
  Daemon daemon;
  const CommandResult bench =
      Benchmark(daemon, {"--rate", "2000", "-n", "400", "--ratio", "1:3", "-r", "100",
                         "--distribution", "zipf", "-d", "8-64", "--timeline", "50", "--json"});
  CHECK(bench.exit_status == 0);
  const CommandResult read =
      RunCommand({"/usr/bin/python3", "-c",
                  "import json, sys\n"
                  "test, = json.load(sys.stdin)['tests']\n"
                  "print(test['requests'], sum(i['requests'] for i in test['timeline']))\n"
                  "print(test['seconds'] >= 0.199)"},
                 bench.output);
  CHECK(read.output == "400 400\nTrue\n");
}

TEST_CASE("a password and a user are given to the server") {
  Daemon daemon({"--requirepass", "secret"});
  CHECK(Benchmark(daemon, {"-n", "10", "-q", "-t", "set", "-a", "secret"}).exit_status == 0);
  CHECK(Benchmark(daemon, {"-n", "10", "-q", "-t", "set", "-u",
                           "redis://:secret@127.0.0.1:" + std::to_string(daemon.port())})
            .exit_status == 0);
  const CommandResult refused = Benchmark(daemon, {"-n", "10", "-q", "-t", "set", "-a", "wrong"});
  CHECK(refused.exit_status == 1);
  CHECK(refused.output.find("WRONGPASS") != std::string::npos);
}

TEST_CASE("an interrupt ends the run, and what was measured is told") {
  Daemon daemon;
  const std::string port = std::to_string(daemon.port());
  // The signal comes once the daemon has seen a request; the run itself would take for ever.
  const CommandResult bench =
      RunCommand({"sh", "-c",
                  "\"$0\" -p " + port + " -t set --duration 3600 --json & running=$!\n" +
                      "until [ \"$(redis-cli -p " + port + " DBSIZE)\" = 1 ]; do :; done\n" +
                      "kill -INT $running; wait $running; echo \"exit $?\"",
                  Generator()});
  INFO(bench.output);
  CHECK(bench.output.find("\"test\": \"SET\"") != std::string::npos);
  CHECK(bench.output.find("]}\nexit 130\n") != std::string::npos);
}

}  // namespace
}  // namespace gotthard::test
