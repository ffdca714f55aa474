// The forms of the command line that redis-server takes, and what it makes of them.
#include <catch2/catch.hpp>

#include "memory_files.h"

using namespace gotthard;
using Catch::Matchers::Contains;

TEST_CASE("Options win over the file, and the file over standard input's absence", "[config]") {
  TestStore t;
  t.disk.files["g.conf"] = "port 1\ntimeout 9\nsave 900 1\n";
  CHECK(t.Start({"g.conf", "--port", "7000", "--save", "100", "100", "--loglevel", "verbose"}) ==
        "");
  CHECK(t.Get("port") == "7000");
  CHECK(t.Get("timeout") == "9");
  CHECK(t.Get("save") == "900 1 100 100");
  CHECK(t.Get("loglevel") == "verbose");
  CHECK(t.store.config_file() == "/start/g.conf");
}

TEST_CASE("Name and value may stand in one word, or without dashes after a file", "[config]") {
  TestStore t;
  t.disk.files["g.conf"] = "port 1\n";
  CHECK(t.Start({"g.conf", "loglevel", "verbose", "--maxmemory '700mb'",
                 "--maxmemory-policy volatile-lru"}) == "");
  CHECK(t.Get("loglevel") == "verbose");
  CHECK(t.Get("maxmemory") == "734003200");
  CHECK(t.Get("maxmemory-policy") == "volatile-lru");
}

TEST_CASE("The first value of an option may begin with dashes", "[config]") {
  TestStore t;
  CHECK(t.Start({"--proc-title-template", "--my--title", "--list-max-listpack-size", "-3",
                 "--requirepass", "--help"}) == "");
  CHECK(t.Get("proc-title-template") == "--my--title");
  CHECK(t.Get("list-max-listpack-size") == "-3");
  CHECK(t.Get("requirepass") == "--help");
}

TEST_CASE("A bare --save turns snapshots off", "[config]") {
  const std::vector<std::vector<const char*>> kForms = {
      {"--save", "--loglevel", "verbose"},
      {"--loglevel", "verbose", "--save"},
      {"--save", "", "--loglevel", "verbose"},
      {"--loglevel", "verbose", "--save", ""},
      {"--proc-title-template", "--save", "--save", "", "--loglevel", "verbose"}};
  for (const auto& form : kForms) {
    TestStore t;
    CHECK(t.Start(form) == "");
    CHECK(t.Get("save") == "");
    CHECK(t.Get("loglevel") == "verbose");
  }
}

TEST_CASE("Lists are taken as several words or as one", "[config]") {
  TestStore t;
  CHECK(t.Start({"--shutdown-on-sigint", "nosave", "force", "now", "--shutdown-on-sigterm",
                 "nosave force"}) == "");
  CHECK(t.Get("shutdown-on-sigint") == "nosave now force");
  CHECK(t.Get("shutdown-on-sigterm") == "nosave force");
}

TEST_CASE("A wrong command line is shown as the lines it was read as", "[config]") {
  const auto start = [](std::vector<const char*> words) {
    TestStore t;
    return t.Start(std::move(words));
  };
  CHECK_THAT(start({"--invalid"}), Contains("Bad directive or wrong number of arguments"));
  CHECK_THAT(start({"--port"}), Contains("'port'\nwrong number of arguments"));
  CHECK_THAT(start({"--port", "6380", "--loglevel"}), Contains("'loglevel'\nwrong number"));
  CHECK_THAT(start({"--port", "6379", "6380"}), Contains("'port \"6379\" \"6380\"'\nwrong number"));
  CHECK_THAT(start({"--port", "--loglevel", "verbose"}),
             Contains("'port \"--loglevel\" \"verbose\"'\nwrong number of arguments"));
  CHECK_THAT(start({"--port", "--bla", "--loglevel", "verbose"}),
             Contains("'port \"--bla\"'\nargument couldn't be parsed into an integer"));
  CHECK_THAT(start({"--shutdown-on-sigint"}), Contains("'shutdown-on-sigint'\nargument(s) must"));
  CHECK_THAT(start({"--replicaof", "127.0.0.1", "abc"}),
             Contains("'replicaof \"127.0.0.1\" \"abc\"'\nInvalid master port"));
  CHECK_THAT(start({"--replicaof", "--127.0.0.1", "--abc"}),
             Contains("'replicaof \"--127.0.0.1\"'\nwrong number of arguments"));
  CHECK_THAT(start({"none.conf"}), Contains("can't open config file 'none.conf'"));
}

TEST_CASE("A lone dash at an end is standard input", "[config]") {
  for (const auto& form : std::vector<std::vector<const char*>>{
           {"-"}, {"-", "--timeout", "3"}, {"--timeout", "3", "-"}, {"--check-config", "-"}}) {
    TestStore t;
    t.disk.files["-"] = "port 77\n";
    CHECK(t.Start(form) == "");
    CHECK(t.Get("port") == "77");
    CHECK(t.store.config_file().empty());
  }
}

TEST_CASE("Our own switches are found before, between and after options", "[config]") {
  const auto parse = [](std::vector<const char*> words) {
    words.insert(words.begin(), "gotthard-server");
    auto line = ParseCommandLine(static_cast<int>(words.size()), words.data());
    REQUIRE(line);
    return *line;
  };
  CHECK(parse({}).file.empty());
  CHECK(parse({"-h"}).help);
  CHECK(parse({"--help"}).help);
  CHECK(parse({"-v"}).version);
  CHECK(parse({"--version"}).version);
  CHECK(parse({"--print-config"}).print_config);
  CHECK(parse({"--check-config", "g.conf"}).file == "g.conf");
  const CommandLine line = parse({"g.conf", "--port", "1", "--check-config", "--timeout", "-h"});
  CHECK(line.check_config);
  CHECK_FALSE(line.help);
  CHECK(line.options == "port \"1\" \ntimeout \"-h\" ");
  CHECK_THAT(CommandLineHelp(), Contains("--check-config"));
}
