#include "observe/log.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <thread>
#include <vector>

using namespace gotthard;

namespace {

// A directory of its own for the files of one case.
struct TempDir {
  TempDir() { path = mkdtemp(name); }
  ~TempDir() { std::system(("rm -rf '" + path + "'").c_str()); }
  char name[32] = "/tmp/gotthard-log-XXXXXX";
  std::string path;
};

std::string ReadFile(const std::string& path) {
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

Log::Options To(const std::string& file, LogLevel level = LogLevel::kNotice) {
  Log::Options options;
  options.file = file;
  options.level = level;
  return options;
}

}  // namespace

TEST_CASE("a log line has Redis's form") {
  TempDir dir;
  setenv("TZ", "UTC", 1);
  tzset();
  FakeTime time(1'704'067'200'123'000);
  Clock clock(&time);
  Log log(clock);
  REQUIRE(log.Configure(To(dir.path + "/log", LogLevel::kDebug)).ok());
  std::string pid = std::to_string(getpid());

  log.Debug("a");
  log.Verbose("b");
  log.Notice("c");
  log.SetRole('S');
  log.Format(LogLevel::kWarning, "d %d %s", 7, "e");
  CHECK(ReadFile(dir.path + "/log") == pid + ":M 01 Jan 2024 00:00:00.123 . a\n" + pid +
                                           ":M 01 Jan 2024 00:00:00.123 - b\n" + pid +
                                           ":M 01 Jan 2024 00:00:00.123 * c\n" + pid +
                                           ":S 01 Jan 2024 00:00:00.123 # d 7 e\n");
}

TEST_CASE("what is below the level is not written, raw bytes always are") {
  TempDir dir;
  Clock clock;
  Log log(clock);
  REQUIRE(log.Configure(To(dir.path + "/log", LogLevel::kWarning)).ok());
  log.Notice("hidden");
  log.Format(LogLevel::kVerbose, "hidden %d", 1);
  log.WriteRaw("banner\n");
  CHECK(ReadFile(dir.path + "/log") == "banner\n");
  CHECK_FALSE(log.IsOn(LogLevel::kNotice));
  CHECK(log.IsOn(LogLevel::kWarning));

  REQUIRE(log.Configure(To(dir.path + "/log", LogLevel::kNothing)).ok());
  log.Warning("hidden");
  CHECK(ReadFile(dir.path + "/log") == "banner\n");
}

TEST_CASE("a log file is appended to, and opened again by its name after a rotation") {
  TempDir dir;
  std::string path = dir.path + "/log";
  std::ofstream(path) << "before\n";
  Clock clock;
  Log log(clock);
  REQUIRE(log.Configure(To(path)).ok());
  log.Notice("one");
  CHECK(ReadFile(path).rfind("before\n", 0) == 0);

  REQUIRE(std::rename(path.c_str(), (path + ".1").c_str()) == 0);
  log.Notice("two");
  CHECK(ReadFile(path + ".1").find("two") != std::string::npos);
  REQUIRE(log.Reopen().ok());
  log.Notice("three");
  CHECK(ReadFile(path + ".1").find("three") == std::string::npos);
  CHECK(ReadFile(path).find("three") != std::string::npos);
}

TEST_CASE("a log file that cannot be opened changes nothing") {
  TempDir dir;
  Clock clock;
  Log log(clock);
  REQUIRE(log.Configure(To(dir.path + "/log")).ok());
  Status status = log.Configure(To(dir.path + "/no/such/folder"));
  CHECK(std::string(status.text()).find("No such file or directory") != std::string::npos);
  log.Notice("still here");
  CHECK(ReadFile(dir.path + "/log").find("still here") != std::string::npos);
}

TEST_CASE("lines of many threads never mix") {
  TempDir dir;
  Clock clock;
  Log log(clock);
  REQUIRE(log.Configure(To(dir.path + "/log")).ok());
  std::vector<std::thread> threads;
  for (char c = 'a'; c < 'e'; ++c) {
    threads.emplace_back([&log, c] {
      for (int i = 0; i < 50; ++i) log.Notice(std::string(3000, c));
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::ifstream in(dir.path + "/log");
  int lines = 0;
  for (std::string line; std::getline(in, line); ++lines) {
    std::string text = line.substr(line.size() - 3000);
    REQUIRE(text == std::string(3000, text[0]));
  }
  CHECK(lines == 200);
}
