// The command line: redis-benchmark's letters mean what they mean there, and what is wrong is said.
#include "benchmark/options.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

using gotthard::Result;
using gotthard::bench::HelpText;
using gotthard::bench::Options;
using gotthard::bench::ParseOptions;

namespace {

Result<Options> Parse(std::vector<const char*> words) {
  words.insert(words.begin(), "gotthard-benchmark");
  return ParseOptions(static_cast<int>(words.size()), words.data());
}
Options Good(const std::vector<const char*>& words) {
  Result<Options> options = Parse(words);
  INFO((options.ok() ? "" : options.error_text()));
  REQUIRE(options.ok());
  return *options;
}
std::string Wrong(const std::vector<const char*>& words) {
  const Result<Options> options = Parse(words);
  REQUIRE_FALSE(options.ok());
  return std::string(options.error_text());
}

}  // namespace

TEST_CASE("without switches, the defaults are redis-benchmark's") {
  const Options o = Good({});
  CHECK(o.host == "127.0.0.1");
  CHECK(o.port == 6379);
  CHECK(o.connections == 50);
  CHECK(o.requests == 100'000);
  CHECK(o.pipeline == 1);
  CHECK(o.threads == 1);
  CHECK_FALSE(o.multi_threaded);
  CHECK(o.keep_alive);
  CHECK(o.data_size.least == 3);
  CHECK(o.data_size.most == 3);
  CHECK(o.keyspace == 0);
  CHECK(o.precision == 3);
  CHECK(o.tests.empty());
  CHECK(o.command.empty());
}

TEST_CASE("redis-benchmark's letters mean what they mean there") {
  const Options o = Good(
      {"-h",      "db.example", "-p",        "7000", "-a",          "secret", "--user",
       "app",     "-c",         "7",         "-n",   "1234",        "-P",     "16",
       "-t",      "GET,set",    "-r",        "1000", "-d",          "64",     "--seed",
       "5",       "-k",         "0",         "-q",   "-e",          "-3",     "-l",
       "--dbnum", "4",          "--threads", "3",    "--precision", "1",      "--enable-tracking"});
  CHECK(o.host == "db.example");
  CHECK(o.port == 7000);
  CHECK(o.password == "secret");
  CHECK(o.user == "app");
  CHECK(o.connections == 7);
  CHECK(o.requests == 1234);
  CHECK(o.pipeline == 16);
  CHECK(o.tests == std::vector<std::string>{"get", "set"});
  CHECK(o.keyspace == 1000);
  CHECK(o.data_size.most == 64);
  CHECK(o.seed == 5);
  CHECK_FALSE(o.keep_alive);
  CHECK(o.quiet);
  CHECK(o.show_errors);
  CHECK(o.resp3);
  CHECK(o.loop);
  CHECK(o.database == 4);
  CHECK(o.threads == 3);
  CHECK(o.multi_threaded);
  CHECK(o.precision == 1);
  CHECK(o.tracking);
  CHECK(Good({"-s", "/tmp/socket"}).socket == "/tmp/socket");
  CHECK(Good({"-I"}).idle);
  CHECK(Good({"--csv"}).csv);
  CHECK(Good({"--help"}).help);
  CHECK(Good({"--version"}).version);
  CHECK(Good({"-v"}).version);
}

TEST_CASE("numbers that redis-benchmark puts up with are put up with") {
  CHECK(Good({"--threads", "0"}).threads == 1);
  CHECK_FALSE(Good({"--threads", "0"}).multi_threaded);
  CHECK(Good({"-P", "0"}).pipeline == 1);
  CHECK(Good({"-r", "0"}).keyspace == 1);
  CHECK(Good({"--precision", "99"}).precision == 6);
  CHECK(Good({"--threads", "8", "-c", "2"}).threads == 2);
}

TEST_CASE("a URI gives host, port, user, password and database") {
  const Options o = Good({"-u", "redis://app:p%40ss%3Aword@db.example:7000/3"});
  CHECK(o.host == "db.example");
  CHECK(o.port == 7000);
  CHECK(o.user == "app");
  CHECK(o.password == "p@ss:word");
  CHECK(o.database == 3);
  CHECK(Good({"-u", "redis://secret@h"}).password == "secret");
  CHECK(Good({"-u", "redis://h"}).port == 6379);
  CHECK(Good({"-u", "redis://:100%@h"}).password == "100%");
  CHECK(Wrong({"-u", "http://h"}).find("redis://") != std::string::npos);
  CHECK(Wrong({"-u", "redis://h:port"}).find("redis://") != std::string::npos);
}

TEST_CASE("a command of the user's own begins at the first word that is no switch") {
  CHECK(Good({"-n", "10", "set", "-x", "-n"}).command ==
        std::vector<std::string>{"set", "-x", "-n"});
  CHECK(Good({"-q", "--", "-get", "k"}).command == std::vector<std::string>{"-get", "k"});
  CHECK(Good({"--json", "get", "k"}).command == std::vector<std::string>{"get", "k"});
  CHECK(Good({"--threads=2", "ping"}).command == std::vector<std::string>{"ping"});
}

TEST_CASE("sizes are numbers or ranges") {
  const Options o = Good({"-d", "8-1024", "--key-size", "20-64"});
  CHECK(o.data_size.least == 8);
  CHECK(o.data_size.most == 1024);
  CHECK(o.key_size.least == 20);
  CHECK(o.key_size.most == 64);
  for (const char* bad : {"x", "8-", "-8", "9-8", "8-9-10", "1k"}) {
    INFO(bad);
    CHECK(Wrong({"-d", bad}).find("-d") != std::string::npos);
  }
  CHECK(Wrong({"--key-size", "8", "-r", "1000000"}).find("10 bytes at least") != std::string::npos);
  CHECK(Wrong({"-d", "600000000"}).find("at most") != std::string::npos);
  CHECK(Wrong({"--numbers", "-d", "19"}).find("digits") != std::string::npos);
}

TEST_CASE("the load's own switches are read and checked") {
  const Options o =
      Good({"--rate", "5000", "--duration", "2.5", "--ratio", "1:10", "--distribution", "zipf",
            "-r", "100", "--ramp", "50", "--timeline", "100"});
  CHECK(o.rate == 5000);
  CHECK(o.duration_s == 2.5);
  CHECK(o.requests == 0);  // the duration ends it
  CHECK(o.ratio_set == 1);
  CHECK(o.ratio_get == 10);
  CHECK(o.zipf);
  CHECK(o.ramp == 50);
  CHECK(o.timeline_s == Approx(0.1));
  CHECK(Good({"--duration", "1", "-n", "10"}).requests == 10);
  CHECK(Wrong({"--ratio", "1"}).find("--ratio") != std::string::npos);
  CHECK(Wrong({"--ratio", "0:0"}).find("--ratio") != std::string::npos);
  CHECK(Wrong({"--distribution", "gauss"}).find("zipf") != std::string::npos);
  CHECK(Wrong({"--distribution", "zipf"}).find("-r") != std::string::npos);
  CHECK(Wrong({"--rate", "10", "-k", "0"}).find("-k 1") != std::string::npos);
  CHECK(Wrong({"--rate", "-1"}).find("--rate") != std::string::npos);
  CHECK(Wrong({"--timeline", "0.1"}).find("--timeline") != std::string::npos);
}

TEST_CASE("profiles set what was not given") {
  const Options max = Good({"--profile", "pipeline-max"});
  CHECK(max.pipeline == 20'000);
  CHECK(max.connections == 1);
  CHECK(max.keyspace == 1'000'000);
  CHECK(max.tests == std::vector<std::string>{"set", "get"});
  CHECK(Good({"--profile", "realistic"}).pipeline == 100);
  CHECK(Good({"--profile", "unpipelined"}).pipeline == 1);
  const Options connections = Good({"--profile", "connections"});
  CHECK(connections.connections == 10'000);
  CHECK(connections.ramp == 500);
  const Options mine = Good({"--profile", "realistic", "-P", "7", "-n", "70", "-t", "incr"});
  CHECK(mine.pipeline == 7);
  CHECK(mine.requests == 70);
  CHECK(mine.duration_s == 0);
  CHECK(mine.tests == std::vector<std::string>{"incr"});
  CHECK(Wrong({"--profile", "other"}).find("realistic") != std::string::npos);
}

TEST_CASE("what is no switch, or lacks its value, is named") {
  CHECK(Wrong({"--nonsense"}).find("nonsense") != std::string::npos);
  CHECK(Wrong({"-c"}).find("clients") != std::string::npos);
  CHECK(Wrong({"-c", "many"}).find("many") != std::string::npos);
  CHECK(Wrong({"-c", "0"}).find("-c") != std::string::npos);
  CHECK(Wrong({"-n", "0"}).find("-n") != std::string::npos);
  CHECK(Wrong({"--user", "app"}).find("-a") != std::string::npos);
  CHECK(Wrong({"-x"}).find("command") != std::string::npos);
}

TEST_CASE("the help names every switch of redis-benchmark") {
  const std::string help = HelpText();
  for (const char* name : {"-h ",
                           "-p ",
                           "-s ",
                           "-a ",
                           "--user",
                           "-u ",
                           "-c ",
                           "-n ",
                           "-d ",
                           "--dbnum",
                           "-3 ",
                           "--threads",
                           "--enable-tracking",
                           "-k ",
                           "-r ",
                           "-P ",
                           "-q ",
                           "--precision",
                           "--csv",
                           "-l ",
                           "-t ",
                           "-I ",
                           "-x ",
                           "-e ",
                           "--seed",
                           "--help",
                           "--version"}) {
    INFO(name);
    CHECK(help.find(name) != std::string::npos);
  }
}
