// COPY of values that are copied in slices, a few steps per turn (exec/copy_jobs.h). Here a slice
// is a single step, and turns pass only when a test says so.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "commands/hash.h"
#include "tests/commands/harness.h"

using namespace gotthard;
using namespace gotthard::reply;

namespace {

constexpr int kMaxTurns = 1000;

// Lets turns pass until the client is answered; how many it took.
int TurnsUntil(Harness& h, TestClient& client, const ReplyValue& expected) {
  for (int turns = 1; turns <= kMaxTurns; ++turns) {
    h.AdvanceMs(0);
    const std::vector<ReplyValue> replies = client.Receive();
    if (replies.empty()) continue;
    CHECK(replies == std::vector{expected});
    return turns;
  }
  FAIL("no reply");
  return 0;
}

void Fill(Harness& h, const std::string& command, const std::string& key, int count,
          const std::string& tail) {
  for (int i = 0; i < count; i += 100) {
    std::vector<std::string> words{command, key};
    for (int j = i; j < i + 100; ++j) {
      if (command == "ZADD") words.push_back(std::to_string(j % 50));
      words.push_back("element:" + std::to_string(j) + tail);
      if (command == "HSET") words.push_back("value:" + std::to_string(j));
    }
    h.Run(words);
  }
}

void FillHash(Harness& h, const std::string& key) {
  Fill(h, "HSET", key, 3000, "");
}

void FillStream(Harness& h, const std::string& key) {
  const std::string text(3000, 'x');
  for (int i = 1; i <= 200; ++i) {
    h.Run({"XADD", key, std::to_string(i) + "-1", "field", text});
  }
  h.Run({"XGROUP", "CREATE", key, "g", "0"});
  h.Run({"XGROUP", "CREATE", key, "idle", "5"});
  h.Run({"XGROUP", "CREATECONSUMER", key, "g", "silent"});
  h.Run({"XREADGROUP", "GROUP", "g", "ann", "COUNT", "150", "STREAMS", key, ">"});
  h.Run({"XREADGROUP", "GROUP", "g", "bob", "COUNT", "20", "STREAMS", key, ">"});
  h.Run({"XACK", key, "g", "3-1", "160-1"});
}

// A server whose slices are single steps, with a big hash `h`.
struct SlicedHarness : Harness {
  SlicedHarness() {
    server().copies.set_slice_us(0);
    FillHash(*this, "h");
  }
};

}  // namespace

TEST_CASE("A big value is copied over many turns, and then it is the same") {
  Harness h;
  h.server().copies.set_slice_us(0);
  const std::string long_tail(200, '-');
  FillHash(h, "hash");
  h.Run("HPEXPIRE hash 100000 FIELDS 2 element:1 element:2999");
  Fill(h, "SADD", "set", 3000, "");
  Fill(h, "ZADD", "zset", 3000, "");
  Fill(h, "RPUSH", "list", 3000, long_tail);
  FillStream(h, "stream");
  h.Run("BF.RESERVE bloom 0.001 400000");
  h.Run("BF.MADD bloom a b c");
  h.Run("CF.RESERVE cuckoo 400000");
  h.Run("CF.ADD cuckoo a");
  h.Run("CMS.INITBYDIM cms 50000 5");
  h.Run("CMS.INCRBY cms a 7");
  for (const std::string key :
       {"hash", "set", "zset", "list", "stream", "bloom", "cuckoo", "cms"}) {
    INFO(key);
    const uint64_t changes = h.server().changes.dirty;
    CHECK(h.client().Waits("COPY " + key + " copy"));
    CHECK(h.server().copies.any());
    h.AdvanceMs(0);
    TestClient& other = h.NewClient();
    CHECK(other.Run("EXISTS copy") == Int(0));
    CHECK(other.Run({"TYPE", key}).text != "none");
    CHECK(TurnsUntil(h, h.client(), Int(1)) > 4);
    CHECK(!h.server().copies.any());
    CHECK(h.server().changes.dirty == changes + 1);
    CHECK(h.Run("DEBUG DIGEST-VALUE copy") == h.Run({"DEBUG", "DIGEST-VALUE", key}));
    // Hashes and sets have no order that a copy would have to keep.
    if (key != "hash" && key != "set") CHECK(h.Run("DUMP copy") == h.Run({"DUMP", key}));
    CHECK(h.Run("OBJECT ENCODING copy") == h.Run({"OBJECT", "ENCODING", key}));
    CHECK(h.Run("DEL copy") == Int(1));
  }
  CHECK(h.Text("INFO commandstats").find("cmdstat_copy:calls=8,") != std::string::npos);
}

TEST_CASE("The copy of a hash or a stream has all that belongs to it") {
  Harness h;
  h.server().copies.set_slice_us(0);
  FillHash(h, "hash");
  h.Run("HPEXPIRE hash 100000 FIELDS 2 element:1 element:2999");
  FillStream(h, "stream");
  REQUIRE(h.client().Waits("COPY hash hash2"));
  TurnsUntil(h, h.client(), Int(1));
  CHECK(h.Run("HPTTL hash2 FIELDS 3 element:1 element:2 element:2999") ==
        Array({Int(100'000), Int(-1), Int(100'000)}));
  CHECK(h.Run("HGET hash2 element:77") == Bulk("value:77"));
  REQUIRE(h.client().Waits("COPY stream stream2"));
  TurnsUntil(h, h.client(), Int(1));
  CHECK(h.Run("XINFO STREAM stream2 FULL COUNT 0") == h.Run("XINFO STREAM stream FULL COUNT 0"));
  CHECK(h.Run("XPENDING stream2 g - + 200") == h.Run("XPENDING stream g - + 200"));
  // They are two values, not one.
  h.Run("XADD stream2 * a b");
  h.Run("XACK stream2 g 5-1");
  CHECK(h.Run("XLEN stream") == Int(200));
  CHECK(h.Run("XPENDING stream g 5-1 5-1 1").elements.size() == 1);
}

TEST_CASE("A value that one slice is enough for is copied at once") {
  Harness h;
  FillHash(h, "h");  // the clock of tests stands still, so that a slice never ends
  CHECK(h.Run("COPY h copy") == Int(1));
  CHECK(!h.server().copies.any());
  h.server().copies.set_slice_us(0);
  Fill(h, "HSET", "small", 200, "");
  CHECK(h.Run("COPY small small2") == Int(1));
  CHECK(h.Run("HLEN small2") == Int(200));
}

TEST_CASE("Who would write to what is being copied waits, all others do not") {
  SlicedHarness h;
  TestClient& writer = h.NewClient();
  TestClient& second = h.NewClient();
  TestClient& reader = h.NewClient();
  REQUIRE(h.client().Waits("COPY h copy"));
  CHECK(writer.Waits("HSET h element:1 changed"));
  CHECK(writer.Waits("SET behind it"));
  CHECK(second.Waits("RENAME h elsewhere"));
  CHECK(reader.Run("HGET h element:1") == Bulk("value:1"));
  CHECK(reader.Run("HLEN h") == Int(3000));
  CHECK(reader.Run("SET other x") == Ok());
  CHECK(reader.Run("GET behind") == Nil());
  CHECK(reader.Run("COPY other third") == Int(1));
  TurnsUntil(h, h.client(), Int(1));
  CHECK(writer.Receive() == std::vector{Int(0), Ok()});
  CHECK(second.Receive() == std::vector{Ok()});
  CHECK(h.Run("HGET copy element:1") == Bulk("value:1"));
  CHECK(h.Run("HGET elsewhere element:1") == Bulk("changed"));
  CHECK(h.Run("EXISTS h") == Int(0));
}

TEST_CASE("What a client sends behind its COPY runs behind it, too") {
  SlicedHarness h;
  TestClient& client = h.NewClient();
  CHECK(client.Send(EncodeRequest({"PING"}) + EncodeRequest({"COPY", "h", "copy"}) +
                    EncodeRequest({"HLEN", "copy"}) + EncodeRequest({"HSET", "h", "new", "x"})) ==
        std::vector{Simple("PONG")});
  for (int turns = 0; h.server().copies.any() && turns < kMaxTurns; ++turns) h.AdvanceMs(0);
  CHECK(client.Receive() == std::vector{Int(1), Int(3000), Int(1)});
}

TEST_CASE("Commands that may write to any key wait for a copy") {
  const std::string command = GENERATE("FLUSHALL", "FLUSHDB", "SWAPDB 0 1");
  SlicedHarness h;
  TestClient& other = h.NewClient();
  REQUIRE(h.client().Waits("COPY h copy DB 2"));
  CHECK(other.Waits(command));
  TurnsUntil(h, h.client(), Int(1));
  CHECK(other.Receive() == std::vector{Ok()});
  CHECK(h.Run("EXISTS h") == Int(0));
  h.Run("SELECT 2");
  CHECK(h.Run("EXISTS copy") == Int(command == "FLUSHALL" ? 0 : 1));
}

TEST_CASE("The destination is free to anybody until the copy is there") {
  SlicedHarness h;
  TestClient& other = h.NewClient();
  REQUIRE(h.client().Waits("COPY h copy"));
  h.AdvanceMs(0);
  CHECK(other.Run("SET copy mine") == Ok());
  const uint64_t changes = h.server().changes.dirty;
  TurnsUntil(h, h.client(), Int(0));
  CHECK(h.server().changes.dirty == changes);
  CHECK(h.Run("GET copy") == Bulk("mine"));

  REQUIRE(h.client().Waits("COPY h copy REPLACE"));
  CHECK(other.Run("APPEND copy !") == Int(5));
  TurnsUntil(h, h.client(), Int(1));
  CHECK(h.Run("HLEN copy") == Int(3000));
  CHECK(h.Run("COPY h copy") == Int(0));  // it is there: nothing to copy for
}

TEST_CASE("A copy is one change, at its end, to those who watch and wait for it") {
  Harness h;
  h.server().copies.set_slice_us(0);
  Fill(h, "RPUSH", "list", 1000, std::string(200, '-'));
  TestClient& watching = h.NewClient();
  TestClient& blocked = h.NewClient();
  CHECK(watching.Run("WATCH copy list") == Ok());
  CHECK(blocked.Waits("BLPOP copy 0"));
  REQUIRE(h.client().Waits("COPY list copy"));
  CHECK(!watching.session().has(Session::kDirtyCas));
  TurnsUntil(h, h.client(), Int(1));
  CHECK(watching.session().has(Session::kDirtyCas));
  CHECK(blocked.Receive() == std::vector{Bulks({"copy", "element:0" + std::string(200, '-')})});
  CHECK(h.Run("LLEN copy") == Int(999));
  CHECK(h.Run("LLEN list") == Int(1000));
}

TEST_CASE("A client that leaves takes its copy with it") {
  const bool killed = GENERATE(false, true);
  SlicedHarness h;
  TestClient& copying = h.NewClient();
  TestClient& writer = h.NewClient();
  REQUIRE(copying.Waits("COPY h copy"));
  CHECK(writer.Waits("DEL h"));
  h.AdvanceMs(0);
  if (killed) {
    CHECK(h.Run("CLIENT KILL ID " + std::to_string(copying.session().client_id)) == Int(1));
  } else {
    copying.Disconnect();
  }
  h.AdvanceMs(0);
  CHECK(!h.server().copies.any());
  CHECK(writer.Receive() == std::vector{Int(1)});
  CHECK(h.Run("EXISTS copy h") == Int(0));
}

TEST_CASE("A client that waits for a copy may leave, and cannot be unblocked") {
  SlicedHarness h;
  TestClient& leaving = h.NewClient();
  TestClient& writer = h.NewClient();
  TestClient& other = h.NewClient();
  REQUIRE(h.client().Waits("COPY h copy"));
  CHECK(leaving.Waits("DEL h"));
  CHECK(writer.Waits("HDEL h element:5"));
  const auto unblock = [&](TestClient& client) {
    return other.Run("CLIENT UNBLOCK " + std::to_string(client.session().client_id));
  };
  CHECK(unblock(writer) == Int(0));
  CHECK(unblock(h.client()) == Int(0));
  leaving.Disconnect();
  TurnsUntil(h, h.client(), Int(1));
  CHECK(writer.Receive() == std::vector{Int(1)});
  CHECK(h.Run("HLEN h") == Int(2999));
}

TEST_CASE("A transaction waits for a copy if it writes to the source, and copies in one piece") {
  SlicedHarness h;
  TestClient& reading = h.NewClient();
  TestClient& writing = h.NewClient();
  REQUIRE(h.client().Waits("COPY h copy"));
  reading.Run("MULTI");
  CHECK(reading.Run("HLEN h") == Simple("QUEUED"));
  CHECK(reading.Run("SET x y") == Simple("QUEUED"));
  CHECK(reading.Run("COPY h inside") == Simple("QUEUED"));
  CHECK(reading.Run("EXEC") == Array({Int(3000), Ok(), Int(1)}));
  CHECK(h.server().copies.any());
  writing.Run("MULTI");
  CHECK(writing.Run("SET x z") == Simple("QUEUED"));
  CHECK(writing.Run("HDEL h element:1") == Simple("QUEUED"));
  CHECK(writing.Waits("EXEC"));
  CHECK(reading.Run("GET x") == Bulk("y"));
  TurnsUntil(h, h.client(), Int(1));
  CHECK(writing.Receive() == std::vector{Array({Ok(), Int(1)})});
  CHECK(h.Run("HLEN copy") == Int(3000));
  CHECK(h.Run("HLEN inside") == Int(3000));
}

TEST_CASE("A source that expires while it is copied was not there") {
  SlicedHarness h;
  TestClient& other = h.NewClient();
  TestClient& reader = h.NewClient();
  h.Run("PEXPIRE h 1000");
  REQUIRE(h.client().Waits("COPY h copy"));
  h.AdvanceMs(0);
  CHECK(other.Waits("HSET h element:1 changed"));
  h.AdvanceMs(1001);
  CHECK(reader.Run("EXISTS h") == Int(0));  // removes it; the copy hears of it
  h.AdvanceMs(0);
  CHECK(h.client().Receive() == std::vector{Int(0)});
  CHECK(!h.server().copies.any());
  h.AdvanceMs(0);
  CHECK(other.Receive() == std::vector{Int(1)});
  CHECK(h.Run("EXISTS copy") == Int(0));
}

TEST_CASE("A source that expires with the last slice was not there, either") {
  SlicedHarness h;
  h.Run("PEXPIRE h 1000");
  REQUIRE(h.client().Waits("COPY h copy"));
  h.AdvanceMs(1001);  // nobody looks at it until the copy is whole
  TurnsUntil(h, h.client(), Int(0));
  CHECK(h.Run("EXISTS copy h") == Int(0));
}

TEST_CASE("Fields of a hash do not expire while it is copied") {
  SlicedHarness h;
  h.Run("HPEXPIRE h 100 FIELDS 1 element:9");
  REQUIRE(h.client().Waits("COPY h copy"));
  h.AdvanceMs(101);
  CHECK(ExpireHashFields(h.server(), 0, "h"));
  CHECK(h.server().stats.expired_subkeys == 0);
  TurnsUntil(h, h.client(), Int(1));
  CHECK(ExpireHashFields(h.server(), 0, "h"));
  CHECK(h.server().stats.expired_subkeys == 1);
  CHECK(h.Run("HEXISTS copy element:9") == Int(0));
}

TEST_CASE("Copies of several values follow one another, small ones in between") {
  SlicedHarness h;
  FillHash(h, "h2");
  Fill(h, "HSET", "small", 200, "");
  TestClient& second = h.NewClient();
  TestClient& third = h.NewClient();
  TestClient& writer = h.NewClient();
  REQUIRE(h.client().Waits("COPY h copy"));
  CHECK(second.Waits("COPY h2 copy2"));
  CHECK(third.Waits("COPY h copy3"));
  CHECK(writer.Run("COPY small small2") == Int(1));
  CHECK(writer.Waits("HSET h new x"));
  TurnsUntil(h, h.client(), Int(1));
  CHECK(second.Receive().empty());
  TurnsUntil(h, second, Int(1));
  CHECK(writer.Receive().empty());
  TurnsUntil(h, third, Int(1));
  CHECK(writer.Receive() == std::vector{Int(1)});
  CHECK(h.Run("HLEN copy2") == Int(3000));
  CHECK(h.Run("HLEN copy3") == Int(3000));
}

TEST_CASE("A copy goes to the same name in another database") {
  SlicedHarness h;
  TestClient& other = h.NewClient();
  REQUIRE(h.client().Waits("COPY h h DB 3"));
  other.Run("SELECT 3");
  CHECK(other.Waits("SET h mine"));  // names are compared, not databases
  TurnsUntil(h, h.client(), Int(1));
  CHECK(other.Receive() == std::vector{Ok()});
  h.Run("SELECT 3");
  CHECK(h.Run("GET h") == Bulk("mine"));
}

TEST_CASE("One copy's destination is another one's source") {
  SlicedHarness h;
  FillHash(h, "other");
  h.Run("HSET other only here");
  TestClient& second = h.NewClient();
  REQUIRE(h.client().Waits("COPY other h REPLACE"));
  CHECK(second.Waits("COPY h copy"));  // begun with the h that is there
  TurnsUntil(h, h.client(), Int(1));
  TurnsUntil(h, second, Int(1));  // and begun again
  CHECK(h.Run("HGET copy only") == Bulk("here"));
}

TEST_CASE("A client that waited for a key does not write to what is being copied") {
  Harness h;
  h.server().copies.set_slice_us(0);
  Fill(h, "RPUSH", "list", 1000, std::string(200, '-'));
  TestClient& moving = h.NewClient();
  TestClient& popping = h.NewClient();
  TestClient& other = h.NewClient();
  CHECK(moving.Waits("BLMOVE queue list LEFT RIGHT 0"));
  CHECK(popping.Waits("BLPOP queue 0"));
  REQUIRE(h.client().Waits("COPY list copy"));
  CHECK(other.Run("RPUSH queue a b") == Int(2));
  CHECK(moving.Receive().empty());
  CHECK(popping.Receive().empty());  // it is behind
  TurnsUntil(h, h.client(), Int(1));
  CHECK(moving.Receive() == std::vector{Bulk("a")});
  CHECK(popping.Receive() == std::vector{Bulks({"queue", "b"})});
  CHECK(h.Run("LLEN list") == Int(1001));
  CHECK(h.Run("LLEN copy") == Int(1000));
}

TEST_CASE("No copy goes on while clients are paused") {
  SlicedHarness h;
  TestClient& other = h.NewClient();
  REQUIRE(h.client().Waits("COPY h copy"));
  CHECK(other.Run("CLIENT PAUSE 1000 WRITE") == Ok());
  for (int i = 0; i < 100; ++i) h.AdvanceMs(0);
  CHECK(h.client().Receive().empty());
  CHECK(other.Run("EXISTS copy") == Int(0));
  h.AdvanceMs(1000);
  TurnsUntil(h, h.client(), Int(1));
}

TEST_CASE("A reply that is off stays off for a copy in slices") {
  SlicedHarness h;
  TestClient& client = h.NewClient();
  CHECK(client
            .Send(EncodeRequest({"CLIENT", "REPLY", "SKIP"}) +
                  EncodeRequest({"COPY", "h", "copy"}) + EncodeRequest({"PING"}))
            .empty());
  for (int turns = 0; h.server().copies.any() && turns < kMaxTurns; ++turns) h.AdvanceMs(0);
  CHECK(client.Receive() == std::vector{Simple("PONG")});
  CHECK(h.Run("HLEN copy") == Int(3000));
}

TEST_CASE("Reading for a group writes to the stream, and waits for a copy") {
  const bool transaction = GENERATE(false, true);
  Harness h;
  h.server().copies.set_slice_us(0);
  FillStream(h, "s");
  TestClient& reader = h.NewClient();
  REQUIRE(h.client().Waits("COPY s copy"));
  h.AdvanceMs(0);
  if (transaction) {
    reader.Run("MULTI");
    reader.Run("XREADGROUP GROUP g new COUNT 1 STREAMS s >");
    CHECK(reader.Waits("EXEC"));
  } else {
    CHECK(reader.Waits("XREADGROUP GROUP g new COUNT 1 STREAMS s >"));
  }
  TurnsUntil(h, h.client(), Int(1));
  CHECK(reader.Receive().size() == 1);
  CHECK(h.Run("XPENDING s g - + 1000 new").elements.size() == 1);
  CHECK(h.Run("XPENDING copy g - + 1000 new").elements.empty());
}

TEST_CASE("A client that waits to read for a group is served when the copy is there") {
  Harness h;
  h.server().copies.set_slice_us(0);
  FillStream(h, "s");
  h.Run("XREADGROUP GROUP g ann STREAMS s >");
  TestClient& reader = h.NewClient();
  CHECK(reader.Waits("XREADGROUP GROUP g bob BLOCK 0 STREAMS s >"));
  FillHash(h, "h");
  REQUIRE(h.client().Waits("COPY s copy"));
  h.AdvanceMs(0);
  CHECK(reader.Receive().empty());
  TurnsUntil(h, h.client(), Int(1));
  CHECK(h.Run("XADD s 900-1 a b") == Bulk("900-1"));
  CHECK(reader.Receive().size() == 1);
}

TEST_CASE("DEBUG RELOAD makes a copy begin anew") {
  Harness h("enable-debug-command yes");
  h.server().copies.set_slice_us(0);
  FillHash(h, "h");
  TestClient& other = h.NewClient();
  REQUIRE(h.client().Waits("COPY h copy"));
  h.AdvanceMs(0);
  CHECK(other.Run("DEBUG RELOAD") == Ok());
  TurnsUntil(h, h.client(), Int(1));
  CHECK(h.Run("HLEN copy") == Int(3000));
}

TEST_CASE("A writer's turn comes however many copies of its key follow one another") {
  SlicedHarness h;
  TestClient& writer = h.NewClient();
  TestClient& second = h.NewClient();
  TestClient& third = h.NewClient();
  // A pipeline of copies, and others that come after the writer.
  std::string pipeline;
  for (int i = 0; i < 3; ++i) pipeline += EncodeRequest({"COPY", "h", "mine", "REPLACE"});
  CHECK(h.client().Send(pipeline).empty());
  CHECK(writer.Waits("HSET h new x"));
  CHECK(second.Waits("COPY h theirs REPLACE"));
  CHECK(third.Waits("COPY h another REPLACE"));
  TurnsUntil(h, h.client(), Int(1));
  CHECK(writer.Receive() == std::vector{Int(1)});  // though two more copy it already
  CHECK(second.Receive().empty());
  TurnsUntil(h, second, Int(1));
  TestClient& reader = h.NewClient();
  CHECK(reader.Run("HLEN theirs") == Int(3001));
}

TEST_CASE("A key that is pushed to often while its waiting client is held is served once") {
  Harness h;
  h.server().copies.set_slice_us(0);
  Fill(h, "RPUSH", "list", 1000, std::string(200, '-'));
  TestClient& moving = h.NewClient();
  TestClient& other = h.NewClient();
  CHECK(moving.Waits("BLMOVE queue list LEFT RIGHT 0"));
  REQUIRE(h.client().Waits("COPY list copy"));
  for (int i = 1; i <= 100; ++i) CHECK(other.Run("RPUSH queue a") == Int(i));
  CHECK(h.server().copies.TakeHeld().ready_keys.size() == 1);
  CHECK(other.Run("RPUSH queue b") == Int(101));
  TurnsUntil(h, h.client(), Int(1));
  CHECK(moving.Receive() == std::vector{Bulk("a")});
}

TEST_CASE("Clients that wait for a copy and leave are forgotten") {
  SlicedHarness h;
  REQUIRE(h.client().Waits("COPY h copy"));
  for (int i = 0; i < 10; ++i) {
    TestClient& leaving = h.NewClient();
    CHECK(leaving.Waits("DEL h"));
    leaving.Disconnect();
  }
  CHECK(h.server().copies.held_sessions() == 0);
  TurnsUntil(h, h.client(), Int(1));
  CHECK(h.Run("EXISTS h") == Int(1));
}

TEST_CASE("A copy of a stream that ends within a group is freed whole") {
  Harness h;
  h.server().copies.set_slice_us(0);
  FillStream(h, "s");
  for (int turns = 1; turns < 12; ++turns) {
    TestClient& copying = h.NewClient();
    REQUIRE(copying.Waits("COPY s copy"));
    for (int i = 0; i < turns && h.server().copies.any(); ++i) h.AdvanceMs(0);
    copying.Disconnect();
    h.AdvanceMs(0);
    CHECK(!h.server().copies.any());
    h.Run("DEL copy");
  }
}
