#include <catch2/catch.hpp>
#include <fstream>

#include "memory_files.h"

using namespace gotthard;
using Catch::Matchers::Contains;

TEST_CASE("A file in the style of redis.conf is loaded", "[config]") {
  TestStore t;
  CHECK(t.Load("# comment\n"
               "\n"
               "  PORT 7000\r\n"
               "bind 127.0.0.1 -::1\n"
               "save 900 1\n"
               "save 300 10 60 1000\n"
               "slave-read-only no\n"
               "hash-max-ziplist-entries 20\n"
               "client-output-buffer-limit slave 1gb 64mb 60\n"
               "maxmemory 100mb\n"
               "maxmemory-clients 5%\n"
               "unixsocketperm 700\n"
               "logfile ''\n"
               "appendfilename \"\\\" file seq \\n\\n.aof \\\"\"\n"
               "shutdown-on-sigterm \"nosave now\"\n"
               "list-max-ziplist-value 64\n"
               "user alice on >secret ~* +@all\n"
               "rename-command CONFIG \"\"\n"
               "lua-time-limit 17") == "");
  const Config& config = t.store.values();
  CHECK(config.port == 7000);
  CHECK(config.bind == std::vector<std::string>{"127.0.0.1", "-::1"});
  CHECK(t.Get("save") == "900 1 300 10 60 1000");
  CHECK_FALSE(config.replica_read_only);
  CHECK(config.hash_max_listpack_entries == 20);
  CHECK(t.Get("client-output-buffer-limit") ==
        "normal 0 0 0 slave 1073741824 67108864 60 pubsub 33554432 8388608 60");
  CHECK(t.Get("maxmemory") == "104857600");
  CHECK(config.maxmemory_clients == -5);
  CHECK(config.unixsocketperm == 0700);
  CHECK(config.logfile.empty());
  CHECK(config.appendfilename == "\" file seq \n\n.aof \"");
  CHECK(t.Get("shutdown-on-sigterm") == "nosave now");
  CHECK(config.user ==
        std::vector<std::vector<std::string>>{{"alice", "on", ">secret", "~*", "+@all"}});
  REQUIRE(config.rename_command.size() == 1);
  CHECK(config.rename_command[0].from == "CONFIG");
  CHECK(config.rename_command[0].to.empty());
  CHECK(config.busy_reply_threshold == 17);
}

TEST_CASE("The first save line replaces the default, an empty one starts over", "[config]") {
  TestStore t;
  CHECK(t.Get("save") == "3600 1 300 100 60 10000");
  CHECK(t.Load("save 1 2") == "");
  CHECK(t.Load("save 3 4") == "");
  CHECK(t.Get("save") == "1 2 3 4");
  CHECK(t.Load("save \"\"") == "");
  CHECK(t.Get("save") == "");
}

TEST_CASE("A wrong line is reported with source, number, text and what would be right",
          "[config]") {
  TestStore t;
  CHECK(t.Load("timeout 5\n\nport 70000 \ntimeout 6") ==
        "*** FATAL CONFIG FILE ERROR (Gotthard) ***\n"
        "Reading the test, at line 3\n"
        ">>> 'port 70000'\n"
        "argument must be between 0 and 65535 inclusive\n"
        "'port' takes a whole number from 0 to 65535; the default is 6379.");
  CHECK(t.store.values().timeout == 5);
  CHECK_THAT(t.Load("prot 1"), Contains("did you mean 'port'?"));
  CHECK_THAT(t.Load("appendonly maybe"), Contains("argument must be 'yes' or 'no'"));
  CHECK_THAT(t.Load("loglevel loud"),
             Contains("one of the following: debug, verbose, notice, warning, nothing"));
  CHECK_THAT(t.Load("maxmemory 5pints"), Contains("argument must be a memory value"));
  CHECK_THAT(t.Load("unixsocketperm 999"), Contains("couldn't be parsed as an octal number"));
  CHECK_THAT(t.Load("port"), Contains("wrong number of arguments"));
  CHECK_THAT(t.Load("requirepass \"abc"), Contains("Unbalanced quotes in configuration line"));
  CHECK_THAT(t.Load("include"), Contains("'include' takes a file"));
  CHECK_THAT(t.Load("loadmodule x.so"), Contains("Modules are not supported"));
  CHECK_THAT(t.Load("save 1"), Contains("Invalid save parameters"));
  CHECK_THAT(t.Load("io-threads 129"), Contains("between 1 and 128 inclusive, or 'auto'"));
  CHECK_THAT(t.Load("dbfilename a/b"), Contains("dbfilename can't be a path"));
  CHECK_THAT(t.Load("cluster-enabled yes\nreplicaof h 1"), Contains("not allowed in cluster mode"));
}

TEST_CASE("Checks of the server speak for user and rename-command lines", "[config]") {
  TestStore t;
  t.store.OnDirective("rename-command", [](std::span<const std::string> args) {
    return args[0] == "GET" ? Status::Ok() : Status::Error("ERR No such command in rename-command");
  });
  CHECK(t.Load("rename-command GET hole") == "");
  CHECK_THAT(t.Load("\nrename-command NOPE x"),
             Contains("at line 2") && Contains("\nNo such command in rename-command"));
  CHECK(t.store.values().rename_command.size() == 1);
}

TEST_CASE("Includes are read where they stand", "[config]") {
  TestStore t;
  t.disk.files["/etc/g.conf"] = "port 1\ninclude /etc/g.d/*.conf\ninclude /etc/none/*.conf\n";
  t.disk.files["/etc/g.d/a.conf"] = "port 2\ntimeout 2\n";
  t.disk.files["/etc/g.d/b.conf"] = "port 3\n";
  t.disk.files["/etc/loop.conf"] = "include /etc/loop.conf\n";
  t.disk.files["/etc/bad.conf"] = "\ninclude /etc/broken.conf\n";
  t.disk.files["/etc/broken.conf"] = "port x\n";
  CHECK(t.store.LoadFile("/etc/g.conf").text() == "");
  CHECK(t.store.values().port == 3);
  CHECK(t.store.values().timeout == 2);
  CHECK_THAT(std::string(t.store.LoadFile("/etc/loop.conf").text()), Contains("16 deep"));
  CHECK_THAT(std::string(t.store.LoadFile("/etc/bad.conf").text()),
             Contains("/etc/broken.conf, at line 1"));
  CHECK_THAT(t.Load("include /nope"),
             Contains(">>> 'include /nope'") && Contains("No such file or directory"));
}

TEST_CASE("Files that include each other without end are given up", "[config]") {
  TestStore t;
  for (const char* name : {"/d/1", "/d/2", "/d/3"}) t.disk.files[name] = "include /d/*\n";
  CHECK_THAT(t.Load("include /d/*"), Contains("16 deep"));
}

TEST_CASE("A dir line changes the directory at once", "[config]") {
  TestStore t;
  CHECK(t.Get("dir") == "/start");
  CHECK(t.Load("dir data") == "");
  CHECK(t.Get("dir") == "/start/data");
  CHECK_THAT(t.Load("dir /missing"), Contains("No such file or directory"));
  CHECK(t.Get("dir") == "/start/data");
}

TEST_CASE("Directives without effect are named once", "[config]") {
  TestStore t;
  CHECK(t.Load("appendonly no\nport 1\nactiverehashing yes\nappendonly yes") == "");
  CHECK(t.store.given_without_effect() ==
        std::vector<std::string>{"appendonly", "activerehashing"});
}

TEST_CASE("hz outside of its range is drawn into it", "[config]") {
  TestStore t;
  CHECK(t.Load("hz 0") == "");
  CHECK(t.Get("hz") == "1");
  CHECK(t.Set({{"hz", "100000"}}) == "");
  CHECK(t.Get("hz") == "500");
}

TEST_CASE("The configuration of Debian's package loads, where it is installed", "[config]") {
  std::ifstream file("/etc/redis/redis.conf");
  if (!file) {
    WARN("/etc/redis/redis.conf cannot be read here");
    return;
  }
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  TestStore t;
  CHECK(t.Load(text) == "");
  CHECK(t.Get("daemonize") == "yes");
  CHECK(t.Get("bind") == "127.0.0.1 -::1");
  CHECK(t.Get("dir") == "/var/lib/redis");
}

TEST_CASE("conf/gotthard.conf is what the table prints, and loads", "[config]") {
  std::ifstream file("conf/gotthard.conf");
  REQUIRE(file);  // tests run in the top folder
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  CHECK((text == PrintSampleConfig()));
  TestStore t;
  CHECK(t.Load(text) == "");
  CHECK(t.Get("bind") == "127.0.0.1 -::1");
  CHECK(t.Get("io-threads") == "auto");
}

TEST_CASE("Every commented setting of the sample is a good line", "[config]") {
  const std::string sample = PrintSampleConfig();
  int settings = 0;
  for (size_t at = 0; at < sample.size();) {
    const size_t end = sample.find('\n', at);
    const std::string line = sample.substr(at, end - at);
    at = end + 1;
    CHECK(line.size() < 80);
    if (line.size() < 2 || line[0] != '#' || line[1] == ' ' || line[1] == '#') continue;
    ++settings;
    INFO(line);
    TestStore t;
    CHECK(t.Load(line.substr(1)) == "");
  }
  CHECK(settings > 150);
}
