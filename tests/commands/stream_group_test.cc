// Streams: consumer groups.
#include <catch2/catch.hpp>
#include <string>

#include "tests/commands/harness.h"

using namespace gotthard;
using namespace gotthard::reply;

namespace {

ReplyValue Item(std::string_view id, std::initializer_list<std::string_view> fields) {
  return Array({Bulk(id), Bulks(fields)});
}
ReplyValue Item(int n) {
  const std::string number = std::to_string(n);
  return Item(number + "-0", {"n", number});
}
ReplyValue Read(std::string_view key, std::vector<ReplyValue> entries) {
  return Array({Array({Bulk(key), Array(std::move(entries))})});
}
ReplyValue Pending(std::string_view id, std::string_view consumer, int idle_ms, int count) {
  return Array({Bulk(id), Bulk(consumer), Int(idle_ms), Int(count)});
}

// A stream of entries 1-0 to 5-0 and a group that has read nothing.
void FillGroup(Harness& h) {
  for (int i = 1; i <= 5; ++i) {
    const std::string number = std::to_string(i);
    h.Run({"XADD", "s", number + "-0", "n", number});
  }
  h.Run("XGROUP CREATE s g 0");
}

const ReplyValue kNoKeyOrGroup = Error("NOGROUP No such key 's' or consumer group 'none'");
const ReplyValue kNoGroup = Error("NOGROUP No such consumer group 'none' for key name 's'");
const ReplyValue kNeedsKey = Error(
    "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want "
    "to use the MKSTREAM option to create an empty stream automatically.");

}  // namespace

TEST_CASE("XGROUP CREATE, SETID and DESTROY") {
  Harness h;
  CHECK(h.Run("XGROUP CREATE s g $") == kNeedsKey);
  CHECK(h.Run("XGROUP CREATE s g x MKSTREAM").is_error());
  CHECK(h.Run("EXISTS s") == Int(0));
  CHECK(h.Run("XGROUP CREATE s g $ MKSTREAM") == Ok());
  CHECK(h.Run("XLEN s") == Int(0));
  CHECK(h.Run("XGROUP CREATE s g $") == Error("BUSYGROUP Consumer Group name already exists"));
  h.Run("XADD s 5-5 f v");
  CHECK(h.Run("XGROUP CREATE s h $ ENTRIESREAD 1") == Ok());
  CHECK(h.Run("XGROUP CREATE s i 0 ENTRIESREAD -2") ==
        Error("ERR value for ENTRIESREAD must be positive or -1"));
  CHECK(h.Run("XINFO GROUPS s") ==
        Array({Array({Bulk("name"), Bulk("g"), Bulk("consumers"), Int(0), Bulk("pending"), Int(0),
                      Bulk("last-delivered-id"), Bulk("0-0"), Bulk("entries-read"), Nil(),
                      Bulk("lag"), Int(1)}),
               Array({Bulk("name"), Bulk("h"), Bulk("consumers"), Int(0), Bulk("pending"), Int(0),
                      Bulk("last-delivered-id"), Bulk("5-5"), Bulk("entries-read"), Int(1),
                      Bulk("lag"), Int(0)})}));
  CHECK(h.Run("XGROUP SETID s g 3 ENTRIESREAD 0") == Ok());
  CHECK(h.Run("XGROUP SETID s none 3") == kNoGroup);
  CHECK(h.Run("XGROUP SETID missing g 3") == kNeedsKey);
  CHECK(h.Run("XGROUP SETID s g 3 MKSTREAM") ==
        Error("ERR unknown subcommand or wrong number of arguments for 'SETID'. Try XGROUP HELP."));
  CHECK(h.Run("XGROUP DESTROY s h") == Int(1));
  CHECK(h.Run("XGROUP DESTROY s h") == Int(0));
  CHECK(h.Run("XGROUP DESTROY missing h") == kNeedsKey);
  CHECK(h.Run("XINFO GROUPS s").elements.size() == 1);
  CHECK(h.Run("XGROUP HELP").elements.size() > 10);
}

TEST_CASE("XGROUP CREATECONSUMER and DELCONSUMER") {
  Harness h;
  FillGroup(h);
  CHECK(h.Run("XGROUP CREATECONSUMER s g alice") == Int(1));
  CHECK(h.Run("XGROUP CREATECONSUMER s g alice") == Int(0));
  CHECK(h.Run("XGROUP CREATECONSUMER s none alice") == kNoGroup);
  h.Run("XREADGROUP GROUP g alice COUNT 2 STREAMS s >");
  h.Run("XREADGROUP GROUP g bob COUNT 1 STREAMS s >");
  CHECK(h.Run("XGROUP DELCONSUMER s g alice") == Int(2));
  CHECK(h.Run("XGROUP DELCONSUMER s g alice") == Int(0));
  CHECK(h.Run("XGROUP DELCONSUMER s none alice") == kNoGroup);
  CHECK(h.Run("XPENDING s g - + 10") == Array({Pending("3-0", "bob", 0, 1)}));
}

TEST_CASE("XREADGROUP gives each entry to one consumer") {
  Harness h;
  FillGroup(h);
  CHECK(h.Run("XREADGROUP GROUP g alice COUNT 2 STREAMS s >") == Read("s", {Item(1), Item(2)}));
  CHECK(h.Run("XREADGROUP GROUP g bob COUNT 1 STREAMS s >") == Read("s", {Item(3)}));
  CHECK(h.Run("XREADGROUP GROUP g bob NOACK COUNT 1 STREAMS s >") == Read("s", {Item(4)}));
  CHECK(h.Run("XREADGROUP GROUP g alice STREAMS s 0") == Read("s", {Item(1), Item(2)}));
  CHECK(h.Run("XREADGROUP GROUP g alice COUNT 1 STREAMS s 1-0") == Read("s", {Item(2)}));
  CHECK(h.Run("XREADGROUP GROUP g bob STREAMS s 0") == Read("s", {Item(3)}));
  CHECK(h.Run("XREADGROUP GROUP g carol STREAMS s 0") == Read("s", {}));
  h.Run("XDEL s 1-0");
  CHECK(h.Run("XREADGROUP GROUP g alice STREAMS s 0") ==
        Read("s", {Array({Bulk("1-0"), NilArray()}), Item(2)}));
  CHECK(h.Run("XREADGROUP GROUP g bob STREAMS s >") == Read("s", {Item(5)}));
  CHECK(h.Run("XREADGROUP GROUP g bob STREAMS s >") == NilArray());
  // A group that is set back delivers again, whoever had the entry.
  h.Run("XGROUP SETID s g 1-0");
  CHECK(h.Run("XREADGROUP GROUP g carol COUNT 1 STREAMS s >") == Read("s", {Item(2)}));
  CHECK(h.Run("XREADGROUP GROUP g alice STREAMS s 1") == Read("s", {}));
}

TEST_CASE("XREADGROUP checks its arguments") {
  Harness h;
  FillGroup(h);
  CHECK(h.Run("XREADGROUP GROUP none c STREAMS s >") ==
        Error("NOGROUP No such key 's' or consumer group 'none' in XREADGROUP with GROUP option"));
  CHECK(h.Run("XREADGROUP GROUP g c STREAMS s missing > >") ==
        Error("NOGROUP No such key 'missing' or consumer group 'g' in XREADGROUP with GROUP "
              "option"));
  CHECK(h.Run("XINFO CONSUMERS s g") == Array({}));  // nothing was done
  CHECK(h.Run("XREADGROUP COUNT 1 NOACK BLOCK 1 STREAMS s >") ==
        Error("ERR Missing GROUP option for XREADGROUP"));
  CHECK(h.Run("XREADGROUP GROUP g c STREAMS s s >") ==
        Error("ERR Unbalanced 'xreadgroup' list of streams: for each stream key an ID or '>' must "
              "be specified."));
  CHECK(h.Text("XREADGROUP GROUP g c STREAMS s $").find("The $ ID is meaningless") !=
        std::string::npos);
  CHECK(h.Text("XREADGROUP GROUP g c STREAMS s +").find("The + ID is meaningless") !=
        std::string::npos);
  h.Run("SET string x");
  CHECK(h.Run("XREADGROUP GROUP g c STREAMS s string > >") ==
        Error("WRONGTYPE Operation against a key holding the wrong kind of value"));
}

TEST_CASE("XACK takes entries off the list") {
  Harness h;
  FillGroup(h);
  h.Run("XREADGROUP GROUP g alice COUNT 3 STREAMS s >");
  CHECK(h.Run("XACK s g 1-0 2-0 4-0") == Int(2));
  CHECK(h.Run("XACK s g 1-0") == Int(0));
  CHECK(h.Run("XACK s g 3-0 x") ==
        Error("ERR Invalid stream ID specified as stream command argument"));
  CHECK(h.Run("XACK s none x") == Int(0));
  CHECK(h.Run("XACK missing g x") == Int(0));
  CHECK(h.Run("XPENDING s g") ==
        Array({Int(1), Bulk("3-0"), Bulk("3-0"), Array({Bulks({"alice", "1"})})}));
}

TEST_CASE("XPENDING shows what is not acknowledged") {
  Harness h;
  FillGroup(h);
  CHECK(h.Run("XPENDING s g") == Array({Int(0), Nil(), Nil(), NilArray()}));
  h.Run("XREADGROUP GROUP g alice COUNT 2 STREAMS s >");
  h.AdvanceMs(1'000);
  h.Run("XREADGROUP GROUP g bob COUNT 1 STREAMS s >");
  h.AdvanceMs(500);
  CHECK(h.Run("XPENDING s g") == Array({Int(3), Bulk("1-0"), Bulk("3-0"),
                                        Array({Bulks({"alice", "2"}), Bulks({"bob", "1"})})}));
  const ReplyValue first = Pending("1-0", "alice", 1'500, 1);
  const ReplyValue second = Pending("2-0", "alice", 1'500, 1);
  const ReplyValue third = Pending("3-0", "bob", 500, 1);
  CHECK(h.Run("XPENDING s g - + 10") == Array({first, second, third}));
  CHECK(h.Run("XPENDING s g - + 2") == Array({first, second}));
  CHECK(h.Run("XPENDING s g (1-0 (3-0 10") == Array({second}));
  CHECK(h.Run("XPENDING s g - + 10 bob") == Array({third}));
  CHECK(h.Run("XPENDING s g - + 10 nobody") == Array({}));
  CHECK(h.Run("XPENDING s g IDLE 1000 - + 10") == Array({first, second}));
  CHECK(h.Run("XPENDING s g IDLE 1000 - + 10 bob") == Array({}));
  CHECK(h.Run("XPENDING s g - + -1") == Array({}));
  CHECK(h.Run("XPENDING s g - +") == Error("ERR syntax error"));
  CHECK(h.Run("XPENDING s g IDLE 1 - +") == Error("ERR syntax error"));
  CHECK(h.Run("XPENDING s g - + x") == Error("ERR value is not an integer or out of range"));
  CHECK(h.Run("XPENDING s none") == kNoKeyOrGroup);
}

TEST_CASE("XCLAIM gives pending entries to another consumer") {
  Harness h;
  FillGroup(h);
  h.Run("XREADGROUP GROUP g alice COUNT 3 STREAMS s >");
  h.AdvanceMs(100);
  CHECK(h.Run("XCLAIM s g bob 200 1-0") == Array({}));
  CHECK(h.Run("XCLAIM s g bob 100 1-0 4-0") == Array({Item(1)}));
  CHECK(h.Run("XCLAIM s g bob 0 2-0 JUSTID") == Bulks({"2-0"}));
  CHECK(h.Run("XPENDING s g - + 10") ==
        Array({Pending("1-0", "bob", 0, 2), Pending("2-0", "bob", 0, 1),
               Pending("3-0", "alice", 100, 1)}));
  CHECK(h.Run("XCLAIM s g bob 0 3-0 IDLE 5000 RETRYCOUNT 7 LASTID 4-0") == Array({Item(3)}));
  CHECK(h.Run("XPENDING s g 3-0 3-0 1") == Array({Pending("3-0", "bob", 5'000, 7)}));
  const std::string time = std::to_string(h.now_ms() - 42);
  CHECK(h.Run("XCLAIM s g bob 0 3-0 JUSTID TIME " + time) == Bulks({"3-0"}));
  CHECK(h.Run("XPENDING s g 3-0 3-0 1") == Array({Pending("3-0", "bob", 42, 7)}));
  CHECK(h.Run("XCLAIM s g bob 0 5-0") == Array({}));
  CHECK(h.Run("XCLAIM s g bob 0 5-0 FORCE") == Array({Item(5)}));
  CHECK(h.Run("XCLAIM s g bob 0 6-0 FORCE") == Array({}));
  CHECK(h.Run("XPENDING s g 5-0 + 9") == Array({Pending("5-0", "bob", 0, 2)}));
  h.Run("XDEL s 1-0");
  CHECK(h.Run("XCLAIM s g bob 0 1-0 2-0") == Array({Item(2)}));
  CHECK(h.Run("XPENDING s g - (2-0 9") == Array({}));
  // The group went on with LASTID.
  CHECK(h.Run("XREADGROUP GROUP g carol STREAMS s >") == Read("s", {Item(5)}));
}

TEST_CASE("XCLAIM checks its arguments") {
  Harness h;
  FillGroup(h);
  CHECK(h.Run("XCLAIM s none c 0 1-0") == kNoKeyOrGroup);
  CHECK(h.Run("XCLAIM s g c x 1-0") == Error("ERR Invalid min-idle-time argument for XCLAIM"));
  CHECK(h.Run("XCLAIM s g c 0 1-0 WHAT") == Error("ERR Unrecognized XCLAIM option 'WHAT'"));
  CHECK(h.Run("XCLAIM s g c 0 1-0 IDLE x") == Error("ERR Invalid IDLE option argument for XCLAIM"));
  CHECK(h.Run("XCLAIM s g c 0 1-0 TIME x") == Error("ERR Invalid TIME option argument for XCLAIM"));
  CHECK(h.Run("XCLAIM s g c 0 1-0 RETRYCOUNT x") ==
        Error("ERR Invalid RETRYCOUNT option argument for XCLAIM"));
  CHECK(h.Run("XCLAIM s g c 0 1-0 LASTID x") ==
        Error("ERR Invalid stream ID specified as stream command argument"));
  CHECK(h.Run("XINFO CONSUMERS s g") == Array({}));
}

TEST_CASE("XAUTOCLAIM goes through the pending entries") {
  Harness h;
  FillGroup(h);
  h.Run("XREADGROUP GROUP g alice STREAMS s >");
  h.AdvanceMs(100);
  CHECK(h.Run("XAUTOCLAIM s g bob 101 -") == Array({Bulk("0-0"), Array({}), Array({})}));
  CHECK(h.Run("XAUTOCLAIM s g bob 100 - COUNT 2") ==
        Array({Bulk("3-0"), Array({Item(1), Item(2)}), Array({})}));
  h.Run("XDEL s 4-0");
  CHECK(h.Run("XAUTOCLAIM s g bob 100 3-0 COUNT 2 JUSTID") ==
        Array({Bulk("5-0"), Bulks({"3-0"}), Bulks({"4-0"})}));
  CHECK(h.Run("XAUTOCLAIM s g bob 0 (3-0") == Array({Bulk("0-0"), Array({Item(5)}), Array({})}));
  CHECK(h.Run("XPENDING s g - + 9") ==
        Array({Pending("1-0", "bob", 0, 2), Pending("2-0", "bob", 0, 2),
               Pending("3-0", "bob", 0, 1), Pending("5-0", "bob", 0, 2)}));
  CHECK(h.Run("XAUTOCLAIM s g bob x 0") ==
        Error("ERR Invalid min-idle-time argument for XAUTOCLAIM"));
  CHECK(h.Run("XAUTOCLAIM s g bob 0 0 COUNT 0") == Error("ERR COUNT must be > 0"));
  CHECK(h.Run("XAUTOCLAIM s g bob 0 0 COUNT") == Error("ERR syntax error"));
  CHECK(h.Run("XAUTOCLAIM s none bob 0 0") == kNoKeyOrGroup);
}

TEST_CASE("XINFO CONSUMERS tells when consumers were seen and active") {
  Harness h;
  h.Run("XGROUP CREATE s g $ MKSTREAM");
  h.Run("XREADGROUP GROUP g alice STREAMS s >");
  h.AdvanceMs(100);
  const auto alice = [](int pending, int idle_ms, int inactive_ms) {
    return Array({Array({Bulk("name"), Bulk("alice"), Bulk("pending"), Int(pending), Bulk("idle"),
                         Int(idle_ms), Bulk("inactive"), Int(inactive_ms)})});
  };
  CHECK(h.Run("XINFO CONSUMERS s g") == alice(0, 100, -1));
  h.Run("XADD s 1-0 n 1");
  h.Run("XREADGROUP GROUP g alice STREAMS s >");
  h.AdvanceMs(100);
  CHECK(h.Run("XINFO CONSUMERS s g") == alice(1, 100, 100));
  h.Run("XREADGROUP GROUP g alice STREAMS s >");
  CHECK(h.Run("XINFO CONSUMERS s g") == alice(1, 0, 100));
  CHECK(h.Run("XINFO CONSUMERS s none") == kNoGroup);
}

TEST_CASE("XINFO STREAM FULL shows groups with what is pending") {
  Harness h;
  FillGroup(h);
  h.Run("XREADGROUP GROUP g alice COUNT 2 STREAMS s >");
  const int64_t now_ms = h.now_ms();
  const ReplyValue full = h.Run("XINFO STREAM s FULL COUNT 1");
  REQUIRE(full.elements.size() == 18);
  CHECK(full.elements[14] == Bulk("entries"));
  CHECK(full.elements[15] == Array({Item(1)}));
  CHECK(full.elements[16] == Bulk("groups"));
  CHECK(full.elements[17] ==
        Array({Array(
            {Bulk("name"), Bulk("g"), Bulk("last-delivered-id"), Bulk("2-0"), Bulk("entries-read"),
             Int(2), Bulk("lag"), Int(3), Bulk("pel-count"), Int(2), Bulk("pending"),
             Array({Array({Bulk("1-0"), Bulk("alice"), Int(now_ms), Int(1)})}), Bulk("consumers"),
             Array({Array({Bulk("name"), Bulk("alice"), Bulk("seen-time"), Int(now_ms),
                           Bulk("active-time"), Int(now_ms), Bulk("pel-count"), Int(2),
                           Bulk("pending"),
                           Array({Array({Bulk("1-0"), Int(now_ms), Int(1)})})})})})}));
  const ReplyValue all = h.Run("XINFO STREAM s FULL COUNT 0");
  CHECK(all.elements[15].elements.size() == 5);
}

TEST_CASE("A group's lag is told as long as it can be") {
  Harness h;
  FillGroup(h);
  const auto lag = [&] { return h.Run("XINFO GROUPS s").elements[0].elements[11]; };
  CHECK(lag() == Int(5));
  h.Run("XREADGROUP GROUP g c COUNT 2 STREAMS s >");
  CHECK(lag() == Int(3));
  h.Run("XDEL s 4-0");
  CHECK(lag() == Nil());
  h.Run("XREADGROUP GROUP g c STREAMS s >");
  CHECK(lag() == Int(0));
  h.Run("XADD s * f v");
  CHECK(lag() == Int(1));
}

TEST_CASE("A group with much that is pending goes without a stall") {
  Harness h;
  for (int i = 1; i <= 3'000; ++i) h.Run({"XADD", "s", std::to_string(i), "n", "1"});
  h.Run("XGROUP CREATE s g 0");
  h.Run("XREADGROUP GROUP g c STREAMS s >");
  CHECK(h.Run("XPENDING s g").elements[0] == Int(3'000));
  const uint64_t freed = h.server().lazy_free.freed_objects();
  CHECK(h.Run("XGROUP DESTROY s g") == Int(1));
  CHECK(h.server().lazy_free.freed_objects() == freed + 1);
}
