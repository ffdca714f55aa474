// Streams: entries. Groups are in stream_group_test.cc, waiting in stream_blocking_test.cc.
#include <catch2/catch.hpp>
#include <string>

#include "tests/commands/harness.h"

using namespace gotthard;
using namespace gotthard::reply;

namespace {

const ReplyValue kWrongType =
    Error("WRONGTYPE Operation against a key holding the wrong kind of value");
const ReplyValue kBadId = Error("ERR Invalid stream ID specified as stream command argument");

ReplyValue Item(std::string_view id, std::initializer_list<std::string_view> fields) {
  return Array({Bulk(id), Bulks(fields)});
}

// Entries 1-0 to n-0 with the field "n" and their number.
void Fill(Harness& h, std::string_view key, int n) {
  for (int i = 1; i <= n; ++i) {
    h.Run({"XADD", key, std::to_string(i) + "-0", "n", std::to_string(i)});
  }
}

// What XINFO STREAM says under a name.
ReplyValue Info(Harness& h, std::string_view key, std::string_view name) {
  const ReplyValue info = h.Run({"XINFO", "STREAM", key});
  for (size_t i = 0; i + 1 < info.elements.size(); i += 2) {
    if (info.elements[i] == Bulk(name)) return info.elements[i + 1];
  }
  return Nil();
}

}  // namespace

TEST_CASE("XADD makes a stream and its ids by the clock") {
  Harness h;
  h.SetTimeMs(1'700'000'000'123);
  CHECK(h.Run("XADD s * field value") == Bulk("1700000000123-0"));
  CHECK(h.Run("XADD s * field value") == Bulk("1700000000123-1"));
  h.AdvanceMs(5);
  CHECK(h.Run("XADD s * a 1 b 2") == Bulk("1700000000128-0"));
  h.SetTimeMs(1'600'000'000'000);  // a clock that went back does not take the ids along
  CHECK(h.Run("XADD s * f v") == Bulk("1700000000128-1"));
  CHECK(h.Run("XLEN s") == Int(4));
  CHECK(h.Run("TYPE s") == Simple("stream"));
  CHECK(h.Run("OBJECT ENCODING s") == Bulk("stream"));
  CHECK(h.Run("XRANGE s 1700000000128 +") == Array({Item("1700000000128-0", {"a", "1", "b", "2"}),
                                                    Item("1700000000128-1", {"f", "v"})}));
}

TEST_CASE("XADD takes ids that grow") {
  Harness h;
  CHECK(h.Run("XADD s 5-3 f v") == Bulk("5-3"));
  CHECK(h.Run("XADD s 5-* f v") == Bulk("5-4"));
  CHECK(h.Run("XADD s 6-* f v") == Bulk("6-0"));
  CHECK(h.Run("XADD s 7 f v") == Bulk("7-0"));
  const ReplyValue not_greater =
      Error("ERR The ID specified in XADD is equal or smaller than the target stream top item");
  CHECK(h.Run("XADD s 7-0 f v") == not_greater);
  CHECK(h.Run("XADD s 6-* f v") == not_greater);
  CHECK(h.Run("XADD s 0-0 f v") == Error("ERR The ID specified in XADD must be greater than 0-0"));
  CHECK(h.Run("XADD new 0-* f v") == Bulk("0-1"));
  CHECK(h.Run("XADD s 8-18446744073709551615 f v") == Bulk("8-18446744073709551615"));
  CHECK(h.Run("XADD s 8-* f v") == not_greater);
  CHECK(h.Run("XADD s 007-1 f v") == not_greater);  // leading zeros count for nothing
  for (const char* id :
       {"x", "-", "+", "9-", "-9", "9-1-1", "*-1", "18446744073709551616", "9-x"}) {
    CHECK(h.Run({"XADD", "s", id, "f", "v"}) == kBadId);
  }
  h.Run("XADD s 18446744073709551615-18446744073709551615 f v");
  CHECK(h.Run("XADD s * f v") ==
        Error("ERR The stream has exhausted the last possible ID, unable to add more items"));
}

TEST_CASE("XADD refuses what it cannot store, and then makes no key") {
  Harness h;
  const ReplyValue arity = Error("ERR wrong number of arguments for 'xadd' command");
  CHECK(h.Run("XADD s * f") == arity);
  CHECK(h.Run("XADD s * f v g") == arity);
  CHECK(h.Run("XADD s MAXLEN 1 NOMKSTREAM f") == kBadId);
  CHECK(h.Run("XADD s MAXLEN 1 NOMKSTREAM *") == arity);
  CHECK(h.Run("XADD s NOMKSTREAM 1-1 f v") == Nil());
  CHECK(h.Run("EXISTS s") == Int(0));
  h.Run("SET string x");
  CHECK(h.Run("XADD string * f v") == kWrongType);
  CHECK(h.Run("XLEN string") == kWrongType);
}

TEST_CASE("XADD with many fields") {
  Harness h;
  std::vector<std::string> words = {"XADD", "s", "1-1"};
  for (int i = 0; i < 100; ++i) {
    words.push_back("field" + std::to_string(i));
    words.push_back(std::to_string(i));
  }
  CHECK(h.Run(words) == Bulk("1-1"));
  const ReplyValue entries = h.Run("XRANGE s - +");
  REQUIRE(entries.elements.size() == 1);
  REQUIRE(entries.elements[0].elements[1].elements.size() == 200);
  CHECK(entries.elements[0].elements[1].elements[198] == Bulk("field99"));
  CHECK(entries.elements[0].elements[1].elements[199] == Bulk("99"));
}

TEST_CASE("XADD trims") {
  Harness h;
  Fill(h, "s", 10);
  CHECK(h.Run("XADD s MAXLEN 5 11-0 n 11") == Bulk("11-0"));
  CHECK(h.Run("XLEN s") == Int(5));
  CHECK(h.Run("XADD s MAXLEN = 4 12-0 n 12") == Bulk("12-0"));
  CHECK(h.Run("XLEN s") == Int(4));
  CHECK(h.Run("XADD s MAXLEN ~ 1 13-0 n 13") == Bulk("13-0"));  // the node is not full
  CHECK(h.Run("XLEN s") == Int(5));
  CHECK(h.Run("XADD s NOMKSTREAM MINID 12 14-0 n 14") == Bulk("14-0"));
  CHECK(h.Run("XRANGE s - + COUNT 1") == Array({Item("12-0", {"n", "12"})}));
  CHECK(h.Run("XADD s MAXLEN 0 15-0 n 15") == Bulk("15-0"));
  CHECK(h.Run("XLEN s") == Int(0));
  CHECK(h.Run("EXISTS s") == Int(1));
}

TEST_CASE("How to trim is checked") {
  Harness h;
  Fill(h, "s", 3);
  const auto add = [&](std::string_view options) {
    return h.Run("XADD s " + std::string(options) + " 9-0 f v");
  };
  CHECK(add("MAXLEN -1") == Error("ERR The MAXLEN argument must be >= 0."));
  CHECK(add("MAXLEN x") == Error("ERR value is not an integer or out of range"));
  CHECK(add("MINID x") == kBadId);
  CHECK(add("MAXLEN 1 MINID 1") ==
        Error("ERR syntax error, MAXLEN and MINID options at the same time are not compatible"));
  CHECK(add("LIMIT 1") ==
        Error("ERR syntax error, LIMIT cannot be used without specifying a trimming strategy"));
  CHECK(add("MAXLEN ~ 1 LIMIT -1") == Error("ERR The LIMIT argument must be >= 0."));
  CHECK(add("MAXLEN 1 LIMIT 1") ==
        Error("ERR syntax error, LIMIT cannot be used without the special ~ option"));
  CHECK(h.Run("XTRIM s LIMIT 0 LIMIT 0") ==
        Error("ERR syntax error, XTRIM must be called with a trimming strategy"));
  CHECK(h.Run("XTRIM s MAXLEN 1 x") == Error("ERR syntax error"));
  CHECK(h.Run("XTRIM s MAXLEN ~") == Error("ERR value is not an integer or out of range"));
  CHECK(h.Run("XLEN s") == Int(3));
}

TEST_CASE("XTRIM removes the oldest, approximately by whole nodes") {
  Harness h("stream-node-max-entries 10");
  Fill(h, "s", 100);
  CHECK(h.Run("XTRIM s MAXLEN 95") == Int(5));
  CHECK(h.Run("XTRIM s MAXLEN ~ 81 LIMIT 10") == Int(5));
  CHECK(h.Run("XTRIM s MAXLEN ~ 85") == Int(0));
  CHECK(h.Run("XTRIM s MAXLEN ~ 55") == Int(30));
  CHECK(h.Run("XTRIM s MINID ~ 65-0") == Int(20));
  CHECK(h.Run("XTRIM s MINID 65-0") == Int(4));
  CHECK(h.Run("XTRIM s MINID = 65-0") == Int(0));
  CHECK(h.Run("XRANGE s - + COUNT 1") == Array({Item("65-0", {"n", "65"})}));
  CHECK(Info(h, "s", "recorded-first-entry-id") == Bulk("65-0"));
  CHECK(h.Run("XTRIM none MAXLEN 0") == Int(0));
  h.Run("SET string x");
  CHECK(h.Run("XTRIM string MAXLEN 0") == kWrongType);
  CHECK(h.Run("CONFIG SET stream-node-max-entries 5") == Ok());
  for (int i = 101; i <= 120; ++i) h.Run("XADD s " + std::to_string(i) + "-0 n 1");
  CHECK(h.Run("XTRIM s MAXLEN ~ 17") == Int(36));  // whole nodes of ten, then of five
}

TEST_CASE("stream-node-max-bytes cuts nodes, too") {
  Harness h("stream-node-max-bytes 200");
  const std::string value(50, 'x');
  for (int i = 1; i <= 12; ++i) h.Run({"XADD", "s", std::to_string(i), "f", value});
  CHECK(Info(h, "s", "radix-tree-keys") == Int(4));
}

TEST_CASE("XDEL removes entries, wherever they are") {
  Harness h;
  Fill(h, "s", 5);
  CHECK(h.Run("XDEL s 2-0 4 9-9") == Int(2));
  CHECK(h.Run("XDEL s 2-0") == Int(0));
  CHECK(h.Run("XDEL s 1-0 x") == kBadId);
  CHECK(h.Run("XLEN s") == Int(3));
  CHECK(h.Run("XRANGE s - +") ==
        Array({Item("1-0", {"n", "1"}), Item("3-0", {"n", "3"}), Item("5-0", {"n", "5"})}));
  CHECK(h.Run("XDEL s 1-0") == Int(1));
  CHECK(Info(h, "s", "recorded-first-entry-id") == Bulk("3-0"));
  CHECK(Info(h, "s", "max-deleted-entry-id") == Bulk("4-0"));
  CHECK(h.Run("XDEL s 3-0 5-0") == Int(2));
  CHECK(h.Run("EXISTS s") == Int(1));
  CHECK(h.Run("XADD s 5-0 f v").is_error());  // what was used once is not used again
  CHECK(h.Run("XDEL none x") == Int(0));
  h.Run("SET string x");
  CHECK(h.Run("XDEL string 1-0") == kWrongType);
}

TEST_CASE("XRANGE and XREVRANGE show what is between two ids") {
  Harness h;
  for (const char* id : {"1-1", "1-2", "2-0", "3-7"}) h.Run({"XADD", "s", id, "f", id});
  const ReplyValue a = Item("1-1", {"f", "1-1"});
  const ReplyValue b = Item("1-2", {"f", "1-2"});
  const ReplyValue c = Item("2-0", {"f", "2-0"});
  const ReplyValue d = Item("3-7", {"f", "3-7"});
  CHECK(h.Run("XRANGE s - +") == Array({a, b, c, d}));
  CHECK(h.Run("XREVRANGE s + -") == Array({d, c, b, a}));
  CHECK(h.Run("XRANGE s 1 1") == Array({a, b}));
  CHECK(h.Run("XRANGE s 1-2 3") == Array({b, c, d}));
  CHECK(h.Run("XRANGE s (1-1 (3-7") == Array({b, c}));
  CHECK(h.Run("XREVRANGE s (3-7 (1-1") == Array({c, b}));
  CHECK(h.Run("XRANGE s (1 (2") == Array({a, b, c}));
  CHECK(h.Run("XRANGE s - + COUNT 2") == Array({a, b}));
  CHECK(h.Run("XREVRANGE s + - COUNT 1") == Array({d}));
  CHECK(h.Run("XRANGE s + -") == Array({}));
  CHECK(h.Run("XRANGE s - + COUNT 0") == NilArray());
  CHECK(h.Run("XRANGE s - + COUNT -3") == NilArray());
  CHECK(h.Run("XRANGE none - + COUNT 0") == Array({}));
  CHECK(h.Run("XRANGE s - x") == kBadId);
  CHECK(h.Run("XRANGE s (- +") == kBadId);
  CHECK(h.Run("XRANGE s (18446744073709551615-18446744073709551615 +") ==
        Error("ERR invalid start ID for the interval"));
  CHECK(h.Run("XRANGE s - (0-0") == Error("ERR invalid end ID for the interval"));
  CHECK(h.Run("XRANGE s - + COUNT") == Error("ERR syntax error"));
  CHECK(h.Run("XRANGE s - + COUNT x") == Error("ERR value is not an integer or out of range"));
  h.Run("SET string x");
  CHECK(h.Run("XREVRANGE string + -") == kWrongType);
}

TEST_CASE("XSETID moves the counters of a stream") {
  Harness h;
  CHECK(h.Run("XSETID none 1-1") == Error("ERR no such key"));
  Fill(h, "s", 5);
  h.Run("XDEL s 5-0");
  CHECK(h.Run("XSETID s 4-0") ==
        Error("ERR The ID specified in XSETID is smaller than current max_deleted_entry_id"));
  CHECK(h.Run("XSETID s 9-9") == Ok());
  CHECK(Info(h, "s", "last-generated-id") == Bulk("9-9"));
  CHECK(h.Run("XADD s 9-9 f v").is_error());
  CHECK(
      h.Run("XSETID s 9-9 ENTRIESADDED 3") ==
      Error("ERR The entries_added specified in XSETID is smaller than the target stream length"));
  CHECK(h.Run("XSETID s 9-9 ENTRIESADDED -1") == Error("ERR entries_added must be positive"));
  CHECK(h.Run("XSETID s 9-9 MAXDELETEDID 10-0") ==
        Error("ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id"));
  CHECK(h.Run("XSETID s 9-9 ENTRIESADDED 77 MAXDELETEDID 6-6") == Ok());
  CHECK(Info(h, "s", "entries-added") == Int(77));
  CHECK(Info(h, "s", "max-deleted-entry-id") == Bulk("6-6"));
  h.Run("XADD s 10-0 f v");
  CHECK(h.Run("XSETID s 9-9") ==
        Error("ERR The ID specified in XSETID is smaller than the target stream top item"));
  CHECK(h.Run("XSETID s 11 FOO 1") == Error("ERR syntax error"));
}

TEST_CASE("XREAD shows what is behind ids") {
  Harness h;
  Fill(h, "a", 3);
  h.Run("XADD b 7-7 x y");
  const ReplyValue b = Array({Bulk("b"), Array({Item("7-7", {"x", "y"})})});
  CHECK(h.Run("XREAD STREAMS a b 2 7-6") ==
        Array({Array({Bulk("a"), Array({Item("3-0", {"n", "3"})})}), b}));
  CHECK(h.Run("XREAD COUNT 1 STREAMS a none b 0 0 7-7") ==
        Array({Array({Bulk("a"), Array({Item("1-0", {"n", "1"})})})}));
  CHECK(h.Run("XREAD STREAMS a b $ 0") == Array({b}));
  CHECK(h.Run("XREAD STREAMS a b $ 8") == NilArray());
  CHECK(h.Run("XREAD COUNT 5 STREAMS a none +  +") ==
        Array({Array({Bulk("a"), Array({Item("3-0", {"n", "3"})})})}));
  CHECK(h.Run("HELLO 3").kind == ReplyValue::Kind::kMap);
  CHECK(h.Run("XREAD STREAMS b 0") == Map({Bulk("b"), Array({Item("7-7", {"x", "y"})})}));
  CHECK(h.Run("XREAD STREAMS b $") == Nil());
}

TEST_CASE("XREAD checks its arguments") {
  Harness h;
  Fill(h, "a", 1);
  CHECK(h.Run("XREAD STREAMS a b 0") ==
        Error("ERR Unbalanced 'xread' list of streams: for each stream key an ID or '$' must be "
              "specified."));
  CHECK(h.Run("XREAD COUNT 1 BLOCK 1") == Error("ERR syntax error"));
  CHECK(h.Run("XREAD COUNT x STREAMS a 0") == Error("ERR value is not an integer or out of range"));
  CHECK(h.Run("XREAD BLOCK x STREAMS a 0") ==
        Error("ERR timeout is not an integer or out of range"));
  CHECK(h.Run("XREAD BLOCK -1 STREAMS a 0") == Error("ERR timeout is negative"));
  CHECK(h.Run("XREAD GROUP g c STREAMS a 0") ==
        Error("ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead."));
  CHECK(h.Run("XREAD NOACK STREAMS a 0") ==
        Error("ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead."));
  CHECK(h.Run("XREAD STREAMS a >") ==
        Error("ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> "
              "<consumer> option."));
  CHECK(h.Run("XREAD STREAMS a x") == kBadId);
  h.Run("SET string x");
  CHECK(h.Run("XREAD STREAMS a string 0 0") == kWrongType);
}

TEST_CASE("XREAD takes more streams than a few") {
  Harness h;
  std::string keys;
  std::string ids;
  for (int i = 0; i < 20; ++i) {
    const std::string key = "s" + std::to_string(i);
    h.Run({"XADD", key, "1-1", "k", key});
    keys += " " + key;
    ids += " 0";
  }
  const ReplyValue all = h.Run("XREAD STREAMS" + keys + ids);
  REQUIRE(all.elements.size() == 20);
  CHECK(all.elements[19] == Array({Bulk("s19"), Array({Item("1-1", {"k", "s19"})})}));
}

TEST_CASE("XINFO STREAM shows a stream") {
  Harness h;
  CHECK(h.Run("XINFO STREAM s") == Error("ERR no such key"));
  Fill(h, "s", 3);
  h.Run("XDEL s 2-0");
  CHECK(h.Run("XINFO STREAM s") == Array({Bulk("length"),
                                          Int(2),
                                          Bulk("radix-tree-keys"),
                                          Int(1),
                                          Bulk("radix-tree-nodes"),
                                          Int(2),
                                          Bulk("last-generated-id"),
                                          Bulk("3-0"),
                                          Bulk("max-deleted-entry-id"),
                                          Bulk("2-0"),
                                          Bulk("entries-added"),
                                          Int(3),
                                          Bulk("recorded-first-entry-id"),
                                          Bulk("1-0"),
                                          Bulk("groups"),
                                          Int(0),
                                          Bulk("first-entry"),
                                          Item("1-0", {"n", "1"}),
                                          Bulk("last-entry"),
                                          Item("3-0", {"n", "3"})}));
  h.Run("XTRIM s MAXLEN 0");
  CHECK(Info(h, "s", "first-entry") == Nil());
  CHECK(Info(h, "s", "last-entry") == Nil());
  CHECK(Info(h, "s", "recorded-first-entry-id") == Bulk("0-0"));
  const ReplyValue syntax =
      Error("ERR unknown subcommand or wrong number of arguments for 'STREAM'. Try XINFO HELP.");
  CHECK(h.Run("XINFO STREAM s FOO") == syntax);
  CHECK(h.Run("XINFO STREAM s FULL COUNT") == syntax);
  CHECK(h.Run("XINFO STREAM s FULL COUNT x") ==
        Error("ERR value is not an integer or out of range"));
  CHECK(h.Run("XINFO HELP").elements.size() > 5);
  CHECK(h.Run("HELLO 3").kind == ReplyValue::Kind::kMap);
  CHECK(h.Run("XINFO STREAM s").kind == ReplyValue::Kind::kMap);
}

TEST_CASE("A stream is a key like others") {
  Harness h("enable-debug-command yes");
  Fill(h, "s", 300);
  h.Run("XGROUP CREATE s g 0");
  h.Run("XREADGROUP GROUP g c COUNT 2 STREAMS s >");
  CHECK(h.Run("SCAN 0 TYPE stream").elements[1] == Bulks({"s"}));
  CHECK(h.Run("COPY s t") == Int(1));
  CHECK(h.Run("XRANGE t - +") == h.Run("XRANGE s - +"));
  CHECK(h.Run("XINFO GROUPS t") == h.Run("XINFO GROUPS s"));
  CHECK(h.Run("XPENDING t g") == h.Run("XPENDING s g"));
  CHECK(h.Run("DEBUG DIGEST-VALUE s") == h.Run("DEBUG DIGEST-VALUE t"));
  h.Run("XADD t * f v");
  CHECK(h.Run("XLEN s") == Int(300));
  CHECK(h.Run("DEBUG DIGEST-VALUE s") != h.Run("DEBUG DIGEST-VALUE t"));
  CHECK(h.Run("MEMORY USAGE s").integer > 1'000);
  CHECK(h.Run("SORT s") == kWrongType);
  CHECK(h.Run("GET s") == kWrongType);
  CHECK(h.Run("EXPIRE s 10") == Int(1));
  h.Run("XADD s * f v");
  CHECK(h.Run("TTL s") == Int(10));
  CHECK(h.Run("RENAME s u") == Ok());
  CHECK(h.Run("XLEN u") == Int(301));
  h.AdvanceMs(10'001);
  CHECK(h.Run("XLEN u") == Int(0));
  CHECK(h.Run("UNLINK t") == Int(1));
}

TEST_CASE("WATCH sees entries come and go, but not what groups do") {
  Harness h;
  TestClient& other = h.NewClient();
  Fill(h, "s", 3);
  h.Run("XGROUP CREATE s g 0");
  const auto aborted_by = [&](std::string_view command) {
    h.Run("WATCH s");
    other.Run(command);
    h.Run("MULTI");
    h.Run("PING");
    return h.Run("EXEC") == NilArray();
  };
  CHECK(aborted_by("XADD s * f v"));
  CHECK(aborted_by("XDEL s 1-0"));
  CHECK(aborted_by("XTRIM s MAXLEN 1"));
  CHECK(!aborted_by("XDEL s 1-0"));
  CHECK(!aborted_by("XREADGROUP GROUP g c STREAMS s >"));
  CHECK(!aborted_by("XGROUP CREATE s g2 $"));
  CHECK(!aborted_by("XACK s g 3-0"));
}
