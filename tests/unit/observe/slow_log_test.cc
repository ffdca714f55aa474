#include "observe/slow_log.h"

#include <catch2/catch.hpp>

using namespace gotthard;

TEST_CASE("the slow log keeps the newest entries, newest first, with ids that go on") {
  SlowLog log;
  for (int i = 0; i < 5; ++i) log.Add({"GET", "k"}, 100 + i, 10 * i, "1.2.3.4:5", "me", 3);
  REQUIRE(log.entries().size() == 3);
  CHECK(log.entries()[0].id == 4);
  CHECK(log.entries()[2].id == 2);
  CHECK(log.entries()[0].time_s == 104);
  CHECK(log.entries()[0].duration_us == 40);
  CHECK(log.entries()[0].client_address == "1.2.3.4:5");
  CHECK(log.entries()[0].client_name == "me");

  log.Trim(1);
  CHECK(log.entries().size() == 1);
  log.Reset();
  CHECK(log.entries().empty());
  log.Add({"GET"}, 1, 1, "", "", 3);
  CHECK(log.entries()[0].id == 5);
  log.Add({"GET"}, 1, 1, "", "", 0);
  CHECK(log.entries().empty());
}

TEST_CASE("long commands are shortened in the slow log") {
  SlowLog log;
  std::vector<std::string_view> arguments(33, "x");
  log.Add(arguments, 1, 1, "", "", 10);
  REQUIRE(log.entries()[0].arguments.size() == 32);
  CHECK(log.entries()[0].arguments[30] == "x");
  CHECK(log.entries()[0].arguments[31] == "... (2 more arguments)");

  arguments.resize(32);
  log.Add(arguments, 1, 1, "", "", 10);
  CHECK(log.entries()[0].arguments.size() == 32);
  CHECK(log.entries()[0].arguments[31] == "x");

  std::string longer(129, 'A');
  log.Add({"SET", longer}, 1, 1, "", "", 10);
  CHECK(log.entries()[0].arguments[1] == std::string(128, 'A') + "... (1 more bytes)");
  longer.pop_back();
  log.Add({"SET", longer}, 1, 1, "", "", 10);
  CHECK(log.entries()[0].arguments[1] == longer);
}
