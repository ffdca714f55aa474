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

TEST_CASE("MONITOR is not for transactions") {
  Harness h;
  h.Run("MULTI");
  h.Run("MONITOR");
  CHECK(h.Run("EXEC") == Array({Error("ERR MONITOR isn't allowed for DENY BLOCKING client")}));
}

}  // namespace gotthard
