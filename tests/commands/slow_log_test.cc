#include "tests/commands/harness.h"

namespace gotthard {

TEST_CASE("SLOWLOG GET shows the newest entries with their client") {
  Harness h("slowlog-log-slower-than -1");
  SlowLog& log = h.server().slow_log;
  for (int i = 0; i < 12; ++i) log.Add({"GET", "k"}, 100 + i, 10 + i, "1.2.3.4:5", "me", 128);
  CHECK(h.Run("SLOWLOG LEN") == Int(12));
  CHECK(h.Run("SLOWLOG GET").elements.size() == 10);
  CHECK(h.Run("SLOWLOG GET -1").elements.size() == 12);
  CHECK(h.Run("SLOWLOG GET 0") == Array({}));
  CHECK(h.Run("SLOWLOG GET 1") == Array({Array({Int(11), Int(111), Int(21), Bulks({"GET", "k"}),
                                                Bulk("1.2.3.4:5"), Bulk("me")})}));
  const ReplyValue wrong = Error("ERR count should be greater than or equal to -1");
  CHECK(h.Run("SLOWLOG GET -2") == wrong);
  CHECK(h.Run("SLOWLOG GET x") == wrong);
  CHECK(h.Run("SLOWLOG GET 1 2") ==
        Error("ERR unknown subcommand or wrong number of arguments for 'GET'. Try SLOWLOG HELP."));
}

TEST_CASE("SLOWLOG RESET forgets, and a lower slowlog-max-len cuts") {
  Harness h("slowlog-log-slower-than -1");
  SlowLog& log = h.server().slow_log;
  for (int i = 0; i < 12; ++i) log.Add({"GET", "k"}, 1, 1, "", "", 128);
  CHECK(h.Run("CONFIG SET slowlog-max-len 3") == Ok());
  CHECK(h.Run("SLOWLOG GET -1").elements.size() == 3);
  CHECK(h.Run("SLOWLOG RESET") == Ok());
  CHECK(h.Run("SLOWLOG LEN") == Int(0));
}

TEST_CASE("with slowlog-log-slower-than 0 every command is logged") {
  Harness h("slowlog-log-slower-than 0");
  h.Run("SLOWLOG RESET");
  h.Run("SET key value");
  ReplyValue entries = h.Run("SLOWLOG GET");
  REQUIRE(entries.elements.size() >= 1);
  CHECK(entries.elements[0].elements[3] == Bulks({"SET", "key", "value"}));
  CHECK(entries.elements[0].elements[4].text.rfind("127.0.0.1:", 0) == 0);
}

TEST_CASE("SLOWLOG HELP names the subcommands") {
  Harness h;
  CHECK(h.Run("SLOWLOG HELP").elements[0] ==
        Simple("SLOWLOG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"));
}

}  // namespace gotthard
