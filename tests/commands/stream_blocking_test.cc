// Clients that wait for entries of streams.
#include <catch2/catch.hpp>

#include "tests/commands/harness.h"

using namespace gotthard;
using namespace gotthard::reply;

namespace {

ReplyValue Read(std::string_view key, std::string_view id,
                std::initializer_list<std::string_view> fields) {
  return Array({Array({Bulk(key), Array({Array({Bulk(id), Bulks(fields)})})})});
}

const ReplyValue kNoGroup =
    Error("NOGROUP No such key 's' or consumer group 'g' in XREADGROUP with GROUP option");
const ReplyValue kWrongType =
    Error("WRONGTYPE Operation against a key holding the wrong kind of value");
constexpr const char* kWaitForGroup = "XREADGROUP GROUP g c BLOCK 0 STREAMS s >";

}  // namespace

TEST_CASE("XREAD BLOCK takes what is there, or waits for it") {
  Harness h;
  TestClient& waiting = h.NewClient();
  h.Run("XADD s 1-0 f v");
  CHECK(waiting.Run("XREAD BLOCK 0 STREAMS s 0") == Read("s", "1-0", {"f", "v"}));
  CHECK(waiting.Waits("XREAD BLOCK 0 STREAMS s other $ $"));
  h.Run("XADD s 2-0 f w");
  CHECK(waiting.Receive() == std::vector{Read("s", "2-0", {"f", "w"})});
  CHECK(waiting.Waits("XREAD BLOCK 0 STREAMS s other $ $"));
  h.Run("XADD other 7-0 x y");  // made by this
  CHECK(waiting.Receive() == std::vector{Read("other", "7-0", {"x", "y"})});
  CHECK(waiting.Waits("XREAD BLOCK 0 STREAMS s 5"));
  h.Run("XADD s 4-0 f old");
  CHECK(waiting.Receive().empty());
  h.Run("XADD s 6-0 f new");
  CHECK(waiting.Receive() == std::vector{Read("s", "6-0", {"f", "new"})});
}

TEST_CASE("$ means what it meant when the client began to wait") {
  Harness h;
  TestClient& waiting = h.NewClient();
  h.Run("XADD s 1-0 f old");
  CHECK(waiting.Waits("XREAD BLOCK 0 STREAMS s $"));
  for (const char* line : {"MULTI", "XADD s 2-0 f one", "XADD s 3-0 f two"}) h.Run(line);
  CHECK(h.Run("EXEC") == Bulks({"2-0", "3-0"}));
  CHECK(
      waiting.Receive() ==
      std::vector{Array({Array({Bulk("s"), Array({Array({Bulk("2-0"), Bulks({"f", "one"})}),
                                                  Array({Bulk("3-0"), Bulks({"f", "two"})})})})})});
}

TEST_CASE("+ means the last entry, or the first one to come") {
  Harness h;
  TestClient& waiting = h.NewClient();
  CHECK(waiting.Waits("XREAD BLOCK 0 STREAMS s +"));
  h.Run("XADD s 1-0 f v");
  CHECK(waiting.Receive() == std::vector{Read("s", "1-0", {"f", "v"})});
  CHECK(waiting.Run("XREAD BLOCK 0 STREAMS s +") == Read("s", "1-0", {"f", "v"}));
}

TEST_CASE("A wait for entries ends with its time") {
  Harness h;
  TestClient& waiting = h.NewClient();
  CHECK(waiting.Waits("XREAD BLOCK 100 STREAMS s $"));
  h.AdvanceMs(99);
  CHECK(waiting.Receive().empty());
  h.AdvanceMs(2);
  CHECK(waiting.Receive() == std::vector{NilArray()});
  CHECK(waiting.Run("HELLO 3").kind == ReplyValue::Kind::kMap);
  CHECK(waiting.Waits("XREAD BLOCK 100 STREAMS s $"));
  h.Run("XADD s 1-0 f v");
  CHECK(waiting.Receive() ==
        std::vector{Map({Bulk("s"), Array({Array({Bulk("1-0"), Bulks({"f", "v"})})})})});
}

TEST_CASE("Entries that are gone again wake nobody") {
  Harness h;
  TestClient& waiting = h.NewClient();
  CHECK(waiting.Waits("XREAD BLOCK 0 STREAMS s $"));
  for (const char* line : {"MULTI", "XADD s 1-0 f old", "DEL s", "EXEC"}) h.Run(line);
  CHECK(waiting.Receive().empty());
  for (const char* line : {"MULTI", "XADD s 1-0 f old", "DEL s", "LPUSH s x", "EXEC"}) h.Run(line);
  CHECK(waiting.Receive().empty());
  h.Run("DEL s");
  h.Run("XADD s 2-0 f new");
  CHECK(waiting.Receive() == std::vector{Read("s", "2-0", {"f", "new"})});
  // Trimmed away in the same breath.
  CHECK(waiting.Waits("XREAD BLOCK 0 STREAMS s $"));
  h.Run("XADD s MAXLEN 0 3-0 f v");
  CHECK(waiting.Receive().empty());
}

TEST_CASE("All who read see an entry; of a group only the first") {
  Harness h;
  TestClient& first = h.NewClient();
  TestClient& second = h.NewClient();
  CHECK(first.Waits("XREAD BLOCK 0 STREAMS s $"));
  CHECK(second.Waits("XREAD BLOCK 0 STREAMS s $"));
  h.Run("XADD s 1-0 f v");
  CHECK(first.Receive() == std::vector{Read("s", "1-0", {"f", "v"})});
  CHECK(second.Receive() == std::vector{Read("s", "1-0", {"f", "v"})});
  h.Run("XGROUP CREATE s g $");
  CHECK(first.Waits("XREADGROUP GROUP g c BLOCK 0 STREAMS s >"));
  CHECK(second.Waits("XREADGROUP GROUP g d BLOCK 0 STREAMS s >"));
  h.Run("XADD s 2-0 f v");
  CHECK(first.Receive() == std::vector{Read("s", "2-0", {"f", "v"})});
  CHECK(second.Receive().empty());
  h.Run("XADD s 3-0 f v");
  CHECK(second.Receive() == std::vector{Read("s", "3-0", {"f", "v"})});
  CHECK(h.Run("XPENDING s g").elements[0] == Int(2));
}

TEST_CASE("XREADGROUP does not wait for history") {
  Harness h;
  TestClient& client = h.NewClient();
  h.Run("XGROUP CREATE s g $ MKSTREAM");
  CHECK(client.Run("XREADGROUP GROUP g c BLOCK 0 STREAMS s 0") ==
        Array({Array({Bulk("s"), Array({})})}));
}

TEST_CASE("Who reads for a group is told when the key goes or is another") {
  Harness h;
  TestClient& waiting = h.NewClient();
  h.Run("XGROUP CREATE s g $ MKSTREAM");
  REQUIRE(waiting.Waits(kWaitForGroup));

  SECTION("DEL") {
    h.Run("DEL s");
    CHECK(waiting.Receive() == std::vector{kNoGroup});
  }
  SECTION("UNLINK in a transaction") {
    for (const char* line : {"MULTI", "UNLINK s", "EXEC"}) h.Run(line);
    CHECK(waiting.Receive() == std::vector{kNoGroup});
  }
  SECTION("SET") {
    h.Run("SET s x");
    CHECK(waiting.Receive() == std::vector{kWrongType});
  }
  SECTION("another type by a transaction") {
    for (const char* line : {"MULTI", "DEL s", "SADD s x", "EXEC"}) h.Run(line);
    CHECK(waiting.Receive() == std::vector{kWrongType});
  }
  SECTION("FLUSHALL") {
    h.Run("FLUSHALL");
    CHECK(waiting.Receive() == std::vector{kNoGroup});
  }
  SECTION("SWAPDB with a database without it") {
    h.Run("SWAPDB 0 3");
    CHECK(waiting.Receive() == std::vector{kNoGroup});
  }
  SECTION("SWAPDB with a database that has another type") {
    for (const char* line : {"SELECT 3", "SET s x", "SWAPDB 0 3", "SELECT 0"}) h.Run(line);
    CHECK(waiting.Receive() == std::vector{kWrongType});
  }
  SECTION("RENAME away") {
    h.Run("RENAME s t");
    CHECK(waiting.Receive() == std::vector{kNoGroup});
  }
  SECTION("RENAME over it, of a stream without the group") {
    h.Run("XADD t 1-0 f v");
    h.Run("RENAME t s");
    CHECK(waiting.Receive() == std::vector{kNoGroup});
  }
  SECTION("RENAME over it, of a stream with the group") {
    h.Run("XGROUP CREATE t g $ MKSTREAM");
    h.Run("XADD t 1-0 f v");
    h.Run("RENAME t s");
    CHECK(waiting.Receive() == std::vector{Read("s", "1-0", {"f", "v"})});
  }
  SECTION("XGROUP DESTROY") {
    h.Run("XGROUP CREATE s h $");
    h.Run("XGROUP DESTROY s h");
    CHECK(waiting.Receive().empty());
    h.Run("XGROUP DESTROY s g");
    CHECK(waiting.Receive() == std::vector{kNoGroup});
  }
  SECTION("expiry") {
    h.Run("PEXPIRE s 100");
    CHECK(waiting.Receive().empty());
    h.AdvanceMs(101);
    CHECK(h.Run("EXISTS s") == Int(0));
    CHECK(waiting.Receive() == std::vector{kNoGroup});
  }
  CHECK(h.Text("INFO clients").find("total_blocking_keys_on_nokey:0") != std::string::npos);
}

TEST_CASE("XREAD goes on to wait when the key goes") {
  Harness h;
  TestClient& waiting = h.NewClient();
  h.Run("XADD s 5-0 f v");
  REQUIRE(waiting.Waits("XREAD BLOCK 0 STREAMS s $"));
  h.Run("DEL s");
  h.Run("SET s x");
  CHECK(waiting.Receive().empty());
  h.Run("DEL s");
  h.Run("XADD s 4-0 f v");  // before what `$` meant
  CHECK(waiting.Receive().empty());
  h.Run("XADD s 6-0 f v");
  CHECK(waiting.Receive() == std::vector{Read("s", "6-0", {"f", "v"})});
}

TEST_CASE("Inside MULTI nobody waits for entries") {
  Harness h;
  for (const char* line : {"MULTI", "XREAD BLOCK 0 STREAMS s $", "XGROUP CREATE s g $ MKSTREAM",
                           "XREADGROUP GROUP g c BLOCK 0 STREAMS s >"}) {
    h.Run(line);
  }
  CHECK(h.Run("EXEC") == Array({NilArray(), Ok(), NilArray()}));
}
