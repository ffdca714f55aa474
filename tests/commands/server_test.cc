#include "commands/lolwut.h"
#include "tests/commands/harness.h"

namespace gotthard {

TEST_CASE("TIME tells seconds and microseconds") {
  Harness h;
  h.SetTimeMs(1'700'000'000'123);
  CHECK(h.Run("TIME") == Bulks({"1700000000", "123000"}));
}

TEST_CASE("LASTSAVE and ROLE") {
  Harness h;
  h.server().last_save_s = 1234;
  CHECK(h.Run("LASTSAVE") == Int(1234));
  CHECK(h.Run("ROLE") == Array({Bulk("master"), Int(0), Array({})}));
}

TEST_CASE("LOLWUT draws and tells the version in its last line") {
  Harness h;
  std::string art = h.Run("LOLWUT").text;
  size_t last = art.rfind('\n', art.size() - 2) + 1;
  CHECK(art.substr(last).rfind("Gotthard ver. ", 0) == 0);
  CHECK(art.find("Redis ver. 7.2") != std::string::npos);
  CHECK_FALSE(h.Run("LOLWUT VERSION 5").is_error());
  CHECK_FALSE(h.Run("LOLWUT VERSION").is_error());
  CHECK_FALSE(h.Run("LOLWUT VERSION 6 100").is_error());
  CHECK(h.Run("LOLWUT VERSION x") == Error("ERR value is not an integer or out of range"));
  CHECK(h.Run("LOLWUT x") == Error("ERR value is not an integer or out of range"));
}

TEST_CASE("LOLWUT's picture keeps to its width") {
  Random random(7);
  for (int columns : {-5, 40, 41, 72, 80, 159, 160, 100000}) {
    for (int i = 0; i < 50; ++i) {
      std::string picture = LolwutPicture(random, columns);
      size_t width = picture.find_last_not_of('\n');
      width -= picture.rfind('\n', width);
      CHECK(width == static_cast<size_t>(std::min(std::max(columns, 40), 160)));
      for (size_t at = 0, end; (end = picture.find('\n', at)) != std::string::npos; at = end + 1) {
        REQUIRE(end - at <= width);
      }
    }
  }
}

TEST_CASE("SHUTDOWN checks its options before it does anything") {
  Harness h;
  for (const char* wrong : {"SHUTDOWN SAVE NOSAVE", "SHUTDOWN ABORT NOW", "SHUTDOWN x"}) {
    CHECK(h.Run(wrong) == Error("ERR syntax error"));
  }
  CHECK_FALSE(h.shutdown_requested());
  CHECK(h.client().Waits("SHUTDOWN NOSAVE"));
  CHECK(h.shutdown_requested());
}

TEST_CASE("SHUTDOWN is not queued in a transaction") {
  Harness h;
  h.Run("MULTI");
  CHECK(h.Run("SHUTDOWN") == Error("ERR Command not allowed inside a transaction"));
  CHECK_FALSE(h.shutdown_requested());
}

TEST_CASE("MONITOR shows what other clients do") {
  Harness h;
  TestClient& watcher = h.NewClient();
  CHECK(watcher.Run("MONITOR") == Ok());
  CHECK(h.server().monitors == 1);
  h.Run("TIME");
  std::vector<ReplyValue> lines = watcher.Receive();
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].text.find(" [0 127.0.0.1:") != std::string::npos);
  CHECK(lines[0].text.find("] \"TIME\"") != std::string::npos);
  watcher.Disconnect();
  CHECK(h.server().monitors == 0);
}

TEST_CASE("MONITOR shows a transaction's commands before its EXEC") {
  Harness h;
  TestClient& watcher = h.NewClient();
  watcher.Run("MONITOR");
  h.client().Send("MULTI\r\nTIME\r\nEXEC\r\n");
  const std::vector<ReplyValue> lines = watcher.Receive();
  REQUIRE(lines.size() == 3);
  CHECK(lines[0].text.ends_with("] \"MULTI\""));
  CHECK(lines[1].text.ends_with("] \"TIME\""));
  CHECK(lines[2].text.ends_with("] \"EXEC\""));
}

TEST_CASE("A monitor sees its own commands behind their replies, and keeps off the keys") {
  Harness h;
  const std::vector<ReplyValue> got = h.client().Send("MONITOR\r\nPING\r\nGET k\r\n");
  REQUIRE(got.size() == 4);
  CHECK(got[0] == Ok());
  CHECK(got[1] == Simple("PONG"));
  CHECK(got[2].text.ends_with("] \"PING\""));
  CHECK(got[3] == Error("ERR Replica can't interact with the keyspace"));
}

TEST_CASE("A monitor whose replies are off sees nothing") {
  Harness h;
  TestClient& watcher = h.NewClient();
  watcher.Run("MONITOR");
  watcher.Send("CLIENT REPLY OFF\r\n");
  h.Run("TIME");
  CHECK(watcher.Receive().empty());
}

TEST_CASE("POST and Host: as commands end the connection, as a tricked browser sends them") {
  Harness h;
  for (const char* request : {"POST / HTTP/1.1\r\n", "host: localhost\r\n",
                              "*2\r\n$4\r\npOsT\r\n$1\r\n/\r\n", "MULTI\r\nPOST\r\n"}) {
    TestClient& c = h.NewClient();
    c.Send(std::string(request) + "SET k broken-in\r\n");
    CHECK(c.closed());
    CHECK(h.Run("EXISTS k") == Int(0));
  }
  CHECK(h.Run("POSTED").is_error());
  CHECK_FALSE(h.client().closed());
}

TEST_CASE("MONITOR is not for transactions") {
  Harness h;
  h.Run("MULTI");
  h.Run("MONITOR");
  CHECK(h.Run("EXEC") == Array({Error("ERR MONITOR isn't allowed for DENY BLOCKING client")}));
}

}  // namespace gotthard
