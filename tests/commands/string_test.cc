// Strings: what a client can rely on, as dialogues.
#include <catch2/catch.hpp>

#include "tests/commands/harness.h"

using namespace gotthard;
using namespace gotthard::reply;

namespace {
const ReplyValue kSyntax = Error("ERR syntax error");
const ReplyValue kNotInteger = Error("ERR value is not an integer or out of range");
const ReplyValue kOverflow = Error("ERR increment or decrement would overflow");
const ReplyValue kTooLong = Error("ERR string exceeds maximum allowed size (proto-max-bulk-len)");
}  // namespace

TEST_CASE("A short text is embstr, however long its key is") {
  Harness h;
  for (const size_t length : {10, 255, 480, 505, 5'000}) {
    const std::string key(length, 'k');
    CHECK(h.Run({"SET", key, std::string(44, 'v')}) == Ok());
    CHECK(h.Run({"OBJECT", "ENCODING", key}) == Bulk("embstr"));
    CHECK(h.Run({"APPEND", key, "w"}) == Int(45));
    CHECK(h.Run({"OBJECT", "ENCODING", key}) == Bulk("raw"));
    CHECK(h.Run({"GET", key}) == Bulk(std::string(44, 'v') + "w"));
  }
}

TEST_CASE("GET and SET keep any bytes, integers included") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  CHECK(run("GET missing") == Nil());
  CHECK(run("SET k hello") == Ok());
  CHECK(run("GET k") == Bulk("hello"));
  CHECK(run("SET k ''") == Ok());
  CHECK(run("GET k") == Bulk(""));
  CHECK(run("SET '' empty-name") == Ok());
  CHECK(run("GET ''") == Bulk("empty-name"));
  CHECK(run(R"(SET "a\x00b" "x\r\ny\x00\xff")") == Ok());
  CHECK(run(R"(GET "a\x00b")") == Bulk(std::string_view("x\r\ny\0\xff", 6)));
  for (const char* text : {"0", "-1", "9223372036854775807", "-9223372036854775808", "007", "-0",
                           "+1", "9223372036854775808", "1.0"}) {
    CHECK(h.Run({"SET", "n", text}) == Ok());
    CHECK(run("GET n") == Bulk(text));
  }
  CHECK(run("GET") == Error("ERR wrong number of arguments for 'get' command"));
  CHECK(run("SET k") == Error("ERR wrong number of arguments for 'set' command"));
}

TEST_CASE("Values of every size come back whole, before and after an overwrite") {
  Harness h;
  for (size_t size : {1u, 7u, 31u, 44u, 45u, 255u, 256u, 4095u, 16383u, 16384u, 65536u, 300000u}) {
    std::string value(size, 'x');
    for (size_t i = 0; i < size; ++i) value[i] = static_cast<char>('a' + i % 26);
    CHECK(h.Run({"SET", "k", value}) == Ok());
    CHECK(h.Run({"GET", "k"}) == Bulk(value));
    CHECK(h.Run({"STRLEN", "k"}) == Int(static_cast<int64_t>(size)));
    CHECK(h.Run({"SET", "k", "short"}) == Ok());
    CHECK(h.Run({"GET", "k"}) == Bulk("short"));
  }
}

TEST_CASE("SET with NX and XX") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  CHECK(run("SET k 1 XX") == Nil());
  CHECK(run("EXISTS k") == Int(0));
  CHECK(run("SET k 1 NX") == Ok());
  CHECK(run("SET k 2 nx") == Nil());
  CHECK(run("GET k") == Bulk("1"));
  CHECK(run("SET k 2 xX") == Ok());
  CHECK(run("GET k") == Bulk("2"));
  CHECK(run("SET k 3 NX XX") == kSyntax);
  CHECK(run("SET k 3 XX NX") == kSyntax);
  CHECK(run("SET k 3 BAD") == kSyntax);
  CHECK(run("GET k") == Bulk("2"));
}

TEST_CASE("SET with GET answers the old value, whether or not it sets") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  CHECK(run("SET k 1 GET") == Nil());
  CHECK(run("SET k 2 GET") == Bulk("1"));
  CHECK(run("SET k 3 NX GET") == Bulk("2"));
  CHECK(run("GET k") == Bulk("2"));
  CHECK(run("SET k 3 XX GET") == Bulk("2"));
  CHECK(run("SET other 1 XX GET") == Nil());
  CHECK(run("EXISTS other") == Int(0));
  CHECK(run("SET other 1 NX GET EX 10") == Nil());
  CHECK(run("TTL other") == Int(10));
  CHECK(run("SET k 4 GET GET") == Bulk("3"));
}

TEST_CASE("SET with an expiry in all four units") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  CHECK(run("SET k v EX 10") == Ok());
  CHECK(run("PTTL k") == Int(10000));
  CHECK(run("SET k v PX 1500") == Ok());
  CHECK(run("PTTL k") == Int(1500));
  CHECK(run("SET k v EXAT 33177117420") == Ok());
  CHECK(run("EXPIRETIME k") == Int(33177117420));
  CHECK(run("SET k v PXAT 33177117420123") == Ok());
  CHECK(run("PEXPIRETIME k") == Int(33177117420123));
  CHECK(run("SET k v2 KEEPTTL") == Ok());
  CHECK(run("PEXPIRETIME k") == Int(33177117420123));
  CHECK(run("GET k") == Bulk("v2"));
  CHECK(run("SET k v3") == Ok());
  CHECK(run("TTL k") == Int(-1));
  CHECK(run("SET k v PX 100") == Ok());
  h.AdvanceMs(100);
  CHECK(run("GET k") == Bulk("v"));
  h.AdvanceMs(1);
  CHECK(run("GET k") == Nil());
}

TEST_CASE("SET with a time in the past leaves no key") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  CHECK(run("SET k v") == Ok());
  CHECK(run("SET k w EXAT 1") == Ok());
  CHECK(run("GET k") == Nil());
  CHECK(run("SET k v PXAT 1") == Ok());
  CHECK(run("EXISTS k") == Int(0));
}

TEST_CASE("SET refuses expiries that are no times, and changes nothing") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  const ReplyValue invalid = Error("ERR invalid expire time in 'set' command");
  CHECK(run("SET k v") == Ok());
  for (const char* option : {"EX", "PX", "EXAT", "PXAT"}) {
    std::string set = std::string("SET k w ") + option;
    CHECK(run(set + " 0") == invalid);
    CHECK(run(set + " -1") == invalid);
    CHECK(run(set + " abc") == kNotInteger);
    CHECK(run(set + " 1.5") == kNotInteger);
    CHECK(run(set + " 99999999999999999999") == kNotInteger);
    CHECK(run(set) == kSyntax);
    CHECK(run(set + " 10 KEEPTTL") == kSyntax);
    CHECK(run("SET k w KEEPTTL " + std::string(option) + " 10") == kSyntax);
  }
  CHECK(run("SET k w EX 9223372036854775807") == invalid);
  CHECK(run("SET k w EXAT 9223372036854775807") == invalid);
  CHECK(run("SET k w PX 9223372036854775807") == invalid);
  CHECK(run("SET k w EX 10 PX 10") == kSyntax);
  CHECK(run("SET k w EX 10 EXAT 10") == kSyntax);
  CHECK(run("SET k w PXAT 10 PX 10") == kSyntax);
  CHECK(run("SET k w PERSIST") == kSyntax);
  CHECK(run("GET k") == Bulk("v"));
  CHECK(run("TTL k") == Int(-1));
}

TEST_CASE("SET with IFEQ sets only over an equal value") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  CHECK(run("SET k new IFEQ old") == Nil());
  CHECK(run("EXISTS k") == Int(0));
  CHECK(run("SET k old") == Ok());
  CHECK(run("SET k new IFEQ other") == Nil());
  CHECK(run("GET k") == Bulk("old"));
  CHECK(run("SET k new IFEQ old") == Ok());
  CHECK(run("GET k") == Bulk("new"));
  CHECK(run("SET k newer IFEQ old GET") == Bulk("new"));
  CHECK(run("SET k newer ifeq new GET") == Bulk("new"));
  CHECK(run("GET k") == Bulk("newer"));
  CHECK(run("SET n 12") == Ok());
  CHECK(run("SET n 13 IFEQ 012") == Nil());
  CHECK(run("SET n 13 IFEQ 12 EX 5") == Ok());
  CHECK(run("TTL n") == Int(5));
  CHECK(run("SET missing 1 IFEQ 1 GET") == Nil());
  CHECK(run("SET k v IFEQ") == kSyntax);
  CHECK(run("SET k v NX IFEQ a") == kSyntax);
  CHECK(run("SET k v XX IFEQ a") == kSyntax);
  CHECK(run("SET k v IFEQ a NX") == kSyntax);
  CHECK(run("SET k v IFEQ a XX") == kSyntax);
}

TEST_CASE("DELIFEQ deletes only an equal value") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  CHECK(run("DELIFEQ k v") == Int(0));
  CHECK(run("SET k v") == Ok());
  CHECK(run("DELIFEQ k w") == Int(0));
  CHECK(run("GET k") == Bulk("v"));
  CHECK(run("DELIFEQ k v") == Int(1));
  CHECK(run("EXISTS k") == Int(0));
  CHECK(run("SET n 42") == Ok());
  CHECK(run("DELIFEQ n 42") == Int(1));
  CHECK(run("DELIFEQ n") == Error("ERR wrong number of arguments for 'delifeq' command"));
}

TEST_CASE("SETNX, SETEX and PSETEX") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  CHECK(run("SETNX k 1") == Int(1));
  CHECK(run("SETNX k 2") == Int(0));
  CHECK(run("GET k") == Bulk("1"));
  CHECK(run("SETEX k 10 v") == Ok());
  CHECK(run("PTTL k") == Int(10000));
  CHECK(run("PSETEX k 10 w") == Ok());
  CHECK(run("PTTL k") == Int(10));
  CHECK(run("SETNX k 3") == Int(0));
  h.AdvanceMs(11);
  CHECK(run("SETNX k 3") == Int(1));
  CHECK(run("TTL k") == Int(-1));
  CHECK(run("SETEX k 0 v") == Error("ERR invalid expire time in 'setex' command"));
  CHECK(run("SETEX k -5 v") == Error("ERR invalid expire time in 'setex' command"));
  CHECK(run("SETEX k x v") == kNotInteger);
  CHECK(run("PSETEX k 0 v") == Error("ERR invalid expire time in 'psetex' command"));
  CHECK(run("SETEX k 9223372036854775807 v") ==
        Error("ERR invalid expire time in 'setex' command"));
  CHECK(run("GET k") == Bulk("3"));
}

TEST_CASE("GETSET and GETDEL answer what was there") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  CHECK(run("GETSET k 1") == Nil());
  CHECK(run("GETSET k 2") == Bulk("1"));
  CHECK(run("EXPIRE k 100") == Int(1));
  CHECK(run("GETSET k 3") == Bulk("2"));
  CHECK(run("TTL k") == Int(-1));
  CHECK(run("GETDEL k") == Bulk("3"));
  CHECK(run("GETDEL k") == Nil());
  CHECK(run("EXISTS k") == Int(0));
  std::string big(100000, 'b');
  CHECK(h.Run({"SET", "k", big}) == Ok());
  CHECK(run("GETDEL k") == Bulk(big));
  CHECK(h.Run({"SET", "k", big}) == Ok());
  CHECK(run("GETSET k small") == Bulk(big));
  CHECK(run("GET k") == Bulk("small"));
}

TEST_CASE("GETEX sets, changes and removes an expiry") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  CHECK(run("GETEX k") == Nil());
  CHECK(run("GETEX k EX 10") == Nil());
  CHECK(run("SET k v") == Ok());
  CHECK(run("GETEX k EX 10") == Bulk("v"));
  CHECK(run("PTTL k") == Int(10000));
  CHECK(run("GETEX k PX 1234") == Bulk("v"));
  CHECK(run("PTTL k") == Int(1234));
  CHECK(run("GETEX k") == Bulk("v"));
  CHECK(run("PTTL k") == Int(1234));
  CHECK(run("GETEX k EXAT 33177117420") == Bulk("v"));
  CHECK(run("EXPIRETIME k") == Int(33177117420));
  CHECK(run("GETEX k PXAT 33177117420001") == Bulk("v"));
  CHECK(run("PEXPIRETIME k") == Int(33177117420001));
  CHECK(run("GETEX k PERSIST") == Bulk("v"));
  CHECK(run("TTL k") == Int(-1));
  CHECK(run("GETEX k persist") == Bulk("v"));
  CHECK(run("GETEX k EX 0") == Error("ERR invalid expire time in 'getex' command"));
  CHECK(run("GETEX k EX x") == kNotInteger);
  CHECK(run("GETEX k EX") == kSyntax);
  CHECK(run("GETEX k EX 10 PERSIST") == kSyntax);
  CHECK(run("GETEX k PERSIST EX 10") == kSyntax);
  CHECK(run("GETEX k KEEPTTL") == kSyntax);
  CHECK(run("GETEX k NX") == kSyntax);
  CHECK(run("TTL k") == Int(-1));
  CHECK(run("GETEX k EXAT 1") == Bulk("v"));
  CHECK(run("EXISTS k") == Int(0));
}

TEST_CASE("MGET, MSET and MSETNX") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  CHECK(run("MSET a 1 b two c ''") == Ok());
  CHECK(run("MGET a b missing c a") == Array({Bulk("1"), Bulk("two"), Nil(), Bulk(""), Bulk("1")}));
  CHECK(run("MSET a 1 a 2 a 3") == Ok());
  CHECK(run("GET a") == Bulk("3"));
  CHECK(run("EXPIRE a 100") == Int(1));
  CHECK(run("MSET a 4") == Ok());
  CHECK(run("TTL a") == Int(-1));
  CHECK(run("MSETNX x 1 a 2") == Int(0));
  CHECK(run("EXISTS x") == Int(0));
  CHECK(run("MSETNX x 1 y 2 x 3") == Int(1));
  CHECK(run("MGET x y") == Bulks({"3", "2"}));
  CHECK(run("MSET a 1 b") == Error("ERR wrong number of arguments for 'mset' command"));
  CHECK(run("MSETNX a 1 b") == Error("ERR wrong number of arguments for 'msetnx' command"));
  CHECK(run("MGET") == Error("ERR wrong number of arguments for 'mget' command"));
}

TEST_CASE("MSET and MGET of more keys than are prefetched in one go") {
  Harness h;
  std::vector<std::string> set{"MSET"};
  std::vector<std::string> get{"MGET"};
  std::vector<std::string> del{"DEL"};
  std::vector<std::string> exists{"EXISTS"};
  std::vector<ReplyValue> values;
  for (int i = 0; i < 1000; ++i) {
    std::string key = "key:" + std::to_string(i);
    std::string value = i % 3 == 0 ? std::to_string(i) : "value-" + std::to_string(i);
    set.insert(set.end(), {key, value});
    values.push_back(Bulk(value));
    for (auto* list : {&get, &del, &exists}) list->push_back(key);
  }
  CHECK(h.Run(set) == Ok());
  CHECK(h.Run(get) == Array(values));
  CHECK(h.Run(exists) == Int(1000));
  CHECK(h.Run(del) == Int(1000));
  CHECK(h.Run(exists) == Int(0));
}

TEST_CASE("APPEND grows a value from nothing, from an integer and past its place") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  CHECK(run("APPEND k ''") == Int(0));
  CHECK(run("GET k") == Bulk(""));
  CHECK(run("APPEND k abc") == Int(3));
  CHECK(run("APPEND k def") == Int(6));
  CHECK(run("GET k") == Bulk("abcdef"));
  CHECK(run("SET n 12") == Ok());
  CHECK(run("APPEND n 3") == Int(3));
  CHECK(run("GET n") == Bulk("123"));
  CHECK(run("INCR n") == Int(124));
  CHECK(run("EXPIRE n 10") == Int(1));
  CHECK(run("APPEND n x") == Int(4));
  CHECK(run("TTL n") == Int(10));
  CHECK(run("GET n") == Bulk("124x"));
  std::string whole;
  for (int i = 0; i < 400; ++i) {
    std::string piece(static_cast<size_t>(i), static_cast<char>('a' + i % 26));
    whole += piece;
    REQUIRE(h.Run({"APPEND", "grow", piece}) == Int(static_cast<int64_t>(whole.size())));
  }
  CHECK(run("GET grow") == Bulk(whole));
}

TEST_CASE("STRLEN") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  CHECK(run("STRLEN k") == Int(0));
  CHECK(run("SET k hello") == Ok());
  CHECK(run("STRLEN k") == Int(5));
  CHECK(run("SET k -9223372036854775808") == Ok());
  CHECK(run("STRLEN k") == Int(20));
}

TEST_CASE("INCR, DECR, INCRBY and DECRBY count exactly and stop at the limits") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  CHECK(run("INCR n") == Int(1));
  CHECK(run("INCR n") == Int(2));
  CHECK(run("DECR n") == Int(1));
  CHECK(run("INCRBY n 41") == Int(42));
  CHECK(run("DECRBY n 50") == Int(-8));
  CHECK(run("DECR fresh") == Int(-1));
  CHECK(run("SET n 9223372036854775806") == Ok());
  CHECK(run("INCR n") == Int(INT64_MAX));
  CHECK(run("INCR n") == kOverflow);
  CHECK(run("GET n") == Bulk("9223372036854775807"));
  CHECK(run("SET n -9223372036854775808") == Ok());
  CHECK(run("DECR n") == kOverflow);
  CHECK(run("DECRBY n 1") == kOverflow);
  CHECK(run("INCRBY n -9223372036854775808") == kOverflow);
  CHECK(run("DECRBY n -9223372036854775808") == Error("ERR decrement would overflow"));
  CHECK(run("INCRBY n 9223372036854775807") == Int(-1));
  CHECK(run("INCRBY n 1.5") == kNotInteger);
  CHECK(run("INCRBY n 9223372036854775808") == kNotInteger);
  CHECK(run("EXPIRE n 10") == Int(1));
  CHECK(run("INCR n") == Int(0));
  CHECK(run("TTL n") == Int(10));
  CHECK(run("OBJECT ENCODING n") == Bulk("int"));
}

TEST_CASE("INCR refuses what is not an integer's canonical text") {
  Harness h;
  for (const char* text : {"abc", " 11", "11 ", "", "1.0", "01", "+1", "9223372036854775808"}) {
    CHECK(h.Run({"SET", "k", text}) == Ok());
    CHECK(h.Run("INCR k") == kNotInteger);
    CHECK(h.Run("DECRBY k 3") == kNotInteger);
    CHECK(h.Run("GET k") == Bulk(text));
  }
  CHECK(h.Run("SETRANGE k2 0 11") == Int(2));
  CHECK(h.Run("INCR k2") == Int(12));
}

TEST_CASE("INCRBYFLOAT computes and prints as Redis does") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  CHECK(run("INCRBYFLOAT f 1") == Bulk("1"));
  CHECK(run("INCRBYFLOAT f 0.25") == Bulk("1.25"));
  CHECK(run("GET f") == Bulk("1.25"));
  CHECK(run("SET f 10.50") == Ok());
  CHECK(run("INCRBYFLOAT f 0.1") == Bulk("10.6"));
  CHECK(run("INCRBYFLOAT f -5") == Bulk("5.6"));
  CHECK(run("SET f 5.0e3") == Ok());
  CHECK(run("INCRBYFLOAT f 2.0e2") == Bulk("5200"));
  CHECK(run("SET f 3") == Ok());
  CHECK(run("INCRBYFLOAT f 1.1") == Bulk("4.1"));
  CHECK(run("SET f 17179869184") == Ok());
  CHECK(run("INCRBYFLOAT f 1.5") == Bulk("17179869185.5"));
  CHECK(run("EXPIRE f 10") == Int(1));
  CHECK(run("INCRBYFLOAT f -0.5") == Bulk("17179869185"));
  CHECK(run("TTL f") == Int(10));
  CHECK(run("INCR f") == Int(17179869186));
  const ReplyValue not_float = Error("ERR value is not a valid float");
  CHECK(run("INCRBYFLOAT f abc") == not_float);
  CHECK(run("INCRBYFLOAT f ' 1'") == not_float);
  CHECK(run("INCRBYFLOAT f nan") == not_float);
  CHECK(run("INCRBYFLOAT f +inf") == Error("ERR increment would produce NaN or Infinity"));
  for (const char* text : {" 11", "11 ", "abc", ""}) {
    CHECK(h.Run({"SET", "t", text}) == Ok());
    CHECK(run("INCRBYFLOAT t 1.0") == not_float);
    CHECK(run("GET t") == Bulk(text));
  }
}

TEST_CASE("SETRANGE overwrites, pads and respects the limit") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  CHECK(run("SETRANGE k 0 ''") == Int(0));
  CHECK(run("SETRANGE k 10 ''") == Int(0));
  CHECK(run("EXISTS k") == Int(0));
  CHECK(run("SETRANGE k 3 foo") == Int(6));
  CHECK(run("GET k") == Bulk(std::string_view("\0\0\0foo", 6)));
  CHECK(run("SET k Hello") == Ok());
  CHECK(run("EXPIRE k 10") == Int(1));
  CHECK(run("SETRANGE k 1 ipp") == Int(5));
  CHECK(run("GET k") == Bulk("Hippo"));
  CHECK(run("TTL k") == Int(10));
  CHECK(run("SETRANGE k 7 ''") == Int(5));
  CHECK(run("SETRANGE k 7 s") == Int(8));
  CHECK(run("GET k") == Bulk(std::string_view("Hippo\0\0s", 8)));
  CHECK(run("SET n 1234") == Ok());
  CHECK(run("SETRANGE n 1 3") == Int(4));
  CHECK(run("GET n") == Bulk("1334"));
  CHECK(run("INCR n") == Int(1335));
  CHECK(run("SETRANGE k -1 x") == Error("ERR offset is out of range"));
  CHECK(run("SETRANGE k x x") == kNotInteger);
  CHECK(run("SETRANGE k 536870912 x") == kTooLong);
  CHECK(run("SETRANGE k 9223372036854775807 x") == kTooLong);
  CHECK(run("SETRANGE missing 536870912 x") == kTooLong);
  CHECK(run("EXISTS missing") == Int(0));
  CHECK(run("SETRANGE far 100000 end") == Int(100003));
  CHECK(run("GETRANGE far 99998 -1") == Bulk(std::string_view("\0\0end", 5)));
  CHECK(run("SETRANGE far 50000 mid") == Int(100003));
  CHECK(run("GETRANGE far 49999 50003") == Bulk(std::string_view("\0mid\0", 5)));
}

TEST_CASE("proto-max-bulk-len limits what APPEND and SETRANGE make") {
  Harness h("proto-max-bulk-len 1mb");
  auto run = [&](std::string_view line) { return h.Run(line); };
  std::string value(1000000, 'x');
  CHECK(h.Run({"SET", "k", value}) == Ok());
  CHECK(h.Run({"APPEND", "k", std::string(48576, 'y')}) == Int(1048576));
  CHECK(run("APPEND k z") == kTooLong);
  CHECK(run("SETRANGE k 1048576 z") == kTooLong);
  CHECK(run("SETRANGE k 1048575 z") == Int(1048576));
  CHECK(run("STRLEN k") == Int(1048576));
}

TEST_CASE("GETRANGE and SUBSTR cut with offsets from both ends") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  CHECK(run("GETRANGE missing 0 -1") == Bulk(""));
  CHECK(run("SET k 'Hello World'") == Ok());
  CHECK(run("GETRANGE k 0 3") == Bulk("Hell"));
  CHECK(run("GETRANGE k 0 -1") == Bulk("Hello World"));
  CHECK(run("GETRANGE k -4 -1") == Bulk("orld"));
  CHECK(run("GETRANGE k 5 3") == Bulk(""));
  CHECK(run("GETRANGE k -1 -5") == Bulk(""));
  CHECK(run("GETRANGE k -5000 10000") == Bulk("Hello World"));
  CHECK(run("GETRANGE k -5000 -4000") == Bulk("H"));
  CHECK(run("GETRANGE k 5000 10000") == Bulk(""));
  CHECK(run("GETRANGE k 0 4294967297") == Bulk("Hello World"));
  CHECK(run("GETRANGE k -9223372036854775808 9223372036854775807") == Bulk("Hello World"));
  CHECK(run("GETRANGE k a 1") == kNotInteger);
  CHECK(run("GETRANGE k 1 a") == kNotInteger);
  CHECK(run("GETRANGE missing a 1") == kNotInteger);
  CHECK(run("SET n 1234") == Ok());
  CHECK(run("GETRANGE n 1 2") == Bulk("23"));
  CHECK(run("SUBSTR n -3 -1") == Bulk("234"));
  CHECK(run("SET empty ''") == Ok());
  CHECK(run("GETRANGE empty 0 -1") == Bulk(""));
  std::string big;
  for (int i = 0; i < 20000; ++i) big += std::to_string(i);
  CHECK(h.Run({"SET", "big", big}) == Ok());
  CHECK(run("GETRANGE big 3 -2") == Bulk(std::string_view(big).substr(3, big.size() - 4)));
  CHECK(run("GETRANGE big 70000 70009") == Bulk(std::string_view(big).substr(70000, 10)));
}

TEST_CASE("Encodings are named as Redis names them") {
  Harness h;
  auto encoding = [&](std::string_view key) {
    return h.Run({"OBJECT", "ENCODING", std::string(key)});
  };
  h.Run("SET n 123");
  CHECK(encoding("n") == Bulk("int"));
  h.Run("SET e hello");
  CHECK(encoding("e") == Bulk("embstr"));
  h.Run({"SET", "e44", std::string(44, 'x')});
  CHECK(encoding("e44") == Bulk("embstr"));
  h.Run({"SET", "r45", std::string(45, 'x')});
  CHECK(encoding("r45") == Bulk("raw"));
  h.Run("SET big 99999999999999999999");
  CHECK(encoding("big") == Bulk("embstr"));
  h.Run("SET n 1");
  h.Run("APPEND n 2");
  CHECK(encoding("n") == Bulk("raw"));
  h.Run("SET n 1234");
  h.Run("SETRANGE n 0 2");
  CHECK(encoding("n") == Bulk("raw"));
  h.Run("INCR n");
  CHECK(encoding("n") == Bulk("int"));
  h.Run("INCRBYFLOAT f 3");
  CHECK(encoding("f") == Bulk("embstr"));
  h.Run("APPEND fresh 17");
  CHECK(encoding("fresh") == Bulk("int"));
}

TEST_CASE("default-ttl is given to new values without an expiry of their own") {
  Harness h("default-ttl 100");
  auto run = [&](std::string_view line) { return h.Run(line); };
  CHECK(run("SET k v") == Ok());
  CHECK(run("PTTL k") == Int(100000));
  CHECK(run("SET k v EX 7") == Ok());
  CHECK(run("TTL k") == Int(7));
  CHECK(run("SET k v KEEPTTL") == Ok());
  CHECK(run("TTL k") == Int(7));
  CHECK(run("SET k v") == Ok());
  CHECK(run("TTL k") == Int(100));
  for (const char* line : {"APPEND a x", "SETRANGE b 0 x", "INCRBYFLOAT c 1", "SETNX d 1",
                           "GETSET e 1", "MSET f 1", "MSETNX g 1", "SET h 1 KEEPTTL", "INCR i"}) {
    run(line);
  }
  for (const char* key : {"a", "b", "c", "d", "e", "f", "g", "h", "i"}) {
    CHECK(h.Run({"TTL", key}) == Int(100));
  }
}

TEST_CASE("default-ttl leaves keys alone that are only changed, renamed or moved") {
  Harness h("default-ttl 100");
  auto run = [&](std::string_view line) { return h.Run(line); };
  run("SET k 1");
  CHECK(run("PERSIST k") == Int(1));
  for (const char* line : {"INCR k", "INCRBYFLOAT k 1", "APPEND k 1", "SETRANGE k 0 9",
                           "SET k 5 KEEPTTL", "GETEX k"}) {
    run(line);
    CHECK(run("TTL k") == Int(-1));
  }
  CHECK(run("COPY k copied") == Int(1));
  CHECK(run("TTL copied") == Int(100));
  CHECK(run("RENAME k renamed") == Ok());
  CHECK(run("TTL renamed") == Int(-1));
  h.AdvanceMs(100001);
  CHECK(run("EXISTS copied renamed") == Int(1));
}
