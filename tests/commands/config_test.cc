#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "tests/commands/harness.h"

namespace gotthard {

TEST_CASE("CONFIG GET answers names and patterns") {
  Harness h;
  CHECK(h.Run("CONFIG GET maxclients") == Bulks({"maxclients", "10000"}));
  CHECK(h.Run("CONFIG GET nosuch") == Array({}));
  ReplyValue several = h.Run("CONFIG GET slowlog-* maxclients");
  CHECK(several.elements.size() == 6);
  CHECK(h.Run("CONFIG GET *").elements.size() > 300);
  h.Run("HELLO 3");
  CHECK(h.Run("CONFIG GET maxclients") == reply::Map({Bulk("maxclients"), Bulk("10000")}));
}

TEST_CASE("CONFIG SET changes all or nothing") {
  Harness h;
  CHECK(h.Run("CONFIG SET slowlog-max-len 5 slowlog-log-slower-than 7") == Ok());
  CHECK(h.Run("CONFIG GET slowlog-max-len") == Bulks({"slowlog-max-len", "5"}));
  CHECK(h.server().config.values().slowlog_log_slower_than == 7);
  ReplyValue failed = h.Run("CONFIG SET slowlog-max-len 6 nosuch 1");
  CHECK(failed.is_error());
  CHECK(h.Run("CONFIG GET slowlog-max-len") == Bulks({"slowlog-max-len", "5"}));
  CHECK(h.Run("CONFIG SET slowlog-max-len 6 maxclients") == Error("ERR syntax error"));
  CHECK(h.Run("CONFIG SET slowlog-max-len").is_error());
}

TEST_CASE("CONFIG RESETSTAT empties the statistics and keeps the peak") {
  Harness h;
  h.Run("TIME");
  h.Run("nosuch");
  h.server().stats.peak_memory_bytes = 12345;
  h.server().stats.keyspace_hits = 5;
  CHECK(h.Run("CONFIG RESETSTAT") == Ok());
  CHECK(h.server().stats.keyspace_hits == 0);
  CHECK(h.server().stats.total_error_replies == 0);
  CHECK(h.server().stats.errors.empty());
  CHECK(h.server().stats.peak_memory_bytes == 12345);
  CHECK(h.Text("INFO commandstats").find("cmdstat_time") == std::string::npos);
}

TEST_CASE("CONFIG REWRITE needs a file, and writes what was changed") {
  Harness h;
  CHECK(h.Run("CONFIG REWRITE") == Error("ERR The server is running without a config file"));

  char path[] = "/tmp/gotthard-config-XXXXXX";
  close(mkstemp(path));
  std::ofstream(path) << "# mine\nslowlog-max-len 3\n";
  REQUIRE(h.server().config.LoadFile(path).ok());
  CHECK(h.Run("CONFIG SET slowlog-max-len 4") == Ok());
  CHECK(h.Run("CONFIG REWRITE") == Ok());
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  CHECK(text.str().rfind("# mine\nslowlog-max-len 4\n", 0) == 0);
  unlink(path);
}

TEST_CASE("CONFIG HELP names the subcommands") {
  Harness h;
  CHECK(h.Run("CONFIG HELP").elements[0] ==
        Simple("CONFIG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"));
}

}  // namespace gotthard
