// Bitmaps: single bits, counting, searching, logic and integers inside of strings.
#include <catch2/catch.hpp>
#include <string>

#include "base/random.h"
#include "tests/commands/harness.h"

using namespace gotthard;
using namespace gotthard::reply;

namespace {

const ReplyValue kSyntax = Error("ERR syntax error");
const ReplyValue kNotInteger = Error("ERR value is not an integer or out of range");
const ReplyValue kBitOffset = Error("ERR bit offset is not an integer or out of range");
const ReplyValue kBit = Error("ERR bit is not an integer or out of range");

}  // namespace

TEST_CASE("SETBIT sets and clears single bits, and makes strings as long as they have to be") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  CHECK(run("SETBIT k 1 1") == Int(0));
  CHECK(run("GET k") == Bulk("@"));
  CHECK(run("SETBIT k 1 1") == Int(1));
  CHECK(run("SETBIT k 1 0") == Int(1));
  CHECK(run("GET k") == Bulk(std::string_view("\0", 1)));
  CHECK(run("SETBIT k 20 1") == Int(0));
  CHECK(run("GET k") == Bulk(std::string_view("\0\0\x08", 3)));
  CHECK(run("SETBIT k 80000 1") == Int(0));
  CHECK(run("STRLEN k") == Int(10001));
  CHECK(run("BITCOUNT k") == Int(2));
  // An integer's digits are its bytes.
  run("SET n 1");
  CHECK(run("SETBIT n 6 1") == Int(0));
  CHECK(run("GET n") == Bulk("3"));
  CHECK(run("SETBIT n 7 0") == Int(1));
  CHECK(run("OBJECT ENCODING n") == Bulk("raw"));
  run("SET t v PX 5000");
  CHECK(run("SETBIT t 100 1") == Int(0));
  CHECK(run("PTTL t") == Int(5000));
}

TEST_CASE("SETBIT refuses what is no bit, no offset, and too long for a string") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  for (const char* offset : {"-1", "x", "4294967296", "1.5", "#1"}) {
    CHECK(h.Run({"SETBIT", "k", offset, "1"}) == kBitOffset);
    CHECK(h.Run({"GETBIT", "k", offset}) == kBitOffset);
  }
  for (const char* bit : {"-1", "2", "x", "-2", "20"})
    CHECK(h.Run({"SETBIT", "k", "0", bit}) == kBit);
  CHECK(run("EXISTS k") == Int(0));
  run("CONFIG SET proto-max-bulk-len 2mb");
  CHECK(run("SETBIT k 16777216 1") == kBitOffset);
  CHECK(run("SETBIT k 16777215 1") == Int(0));
  CHECK(run("STRLEN k") == Int(2097152));
}

TEST_CASE("A reply under way keeps the bytes it was made of when SETBIT changes them") {
  Harness h;
  std::string big(100000, '\0');
  h.Run({"SET", "k", big});
  CHECK(h.Run({"GET", "k"}) == Bulk(big));
  CHECK(h.Run("SETBIT k 799999 1") == Int(0));
  big.back() = '\1';
  CHECK(h.Run({"GET", "k"}) == Bulk(big));
}

TEST_CASE("GETBIT reads any bit, and zeros behind the end") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  CHECK(run("GETBIT missing 0") == Int(0));
  run("SET k `");  // 01100000
  const int expected[] = {0, 1, 1, 0, 0, 0, 0, 0, 0, 0};
  for (int i = 0; i < 10; ++i) CHECK(run("GETBIT k " + std::to_string(i)) == Int(expected[i]));
  CHECK(run("GETBIT k 4294967295") == Int(0));
  run("SET n 1");  // 00110001
  CHECK(run("GETBIT n 2") == Int(1));
  CHECK(run("GETBIT n 7") == Int(1));
  CHECK(run("GETBIT n 8") == Int(0));
}

TEST_CASE("BITCOUNT counts in ranges of bytes and of bits") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  CHECK(run("BITCOUNT missing") == Int(0));
  CHECK(run("BITCOUNT missing 0 x") == Int(0));
  run("SET k foobar");
  CHECK(run("BITCOUNT k") == Int(26));
  CHECK(run("BITCOUNT k 0 0") == Int(4));
  CHECK(run("BITCOUNT k 1 1") == Int(6));
  CHECK(run("BITCOUNT k -2 -1 byte") == Int(7));
  CHECK(run("BITCOUNT k -2 -3") == Int(0));
  CHECK(run("BITCOUNT k 1 0") == Int(0));
  CHECK(run("BITCOUNT k 0 1000") == Int(26));
  CHECK(run("BITCOUNT k 5 30 BIT") == Int(17));
  CHECK(run("BITCOUNT k 1 1 BIT") == Int(1));
  CHECK(run("BITCOUNT k 0 0 BIT") == Int(0));
  CHECK(run("BITCOUNT k -1 -1 BIT") == Int(0));
  CHECK(run("BITCOUNT k -1000 -1 BIT") == Int(26));
  CHECK(run("BITCOUNT k 0") == kSyntax);
  CHECK(run("BITCOUNT k 0 1 HELLO") == kSyntax);
  CHECK(run("BITCOUNT k 0 1 BIT x") == kSyntax);
  CHECK(run("BITCOUNT k a 1") == kNotInteger);
  CHECK(run("BITCOUNT k 0 b BIT") == kNotInteger);
  run("SET n 12345");
  CHECK(run("BITCOUNT n") == Int(17));
}

TEST_CASE("BITPOS finds the first bit of a value") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  CHECK(run("BITPOS missing 0") == Int(0));
  CHECK(run("BITPOS missing 1") == Int(-1));
  run(R"(SET k "\xff\xf0\x00")");
  CHECK(run("BITPOS k 0") == Int(12));
  CHECK(run("BITPOS k 1 2") == Int(-1));
  CHECK(run("BITPOS k 1 0 -1 BIT") == Int(0));
  CHECK(run("BITPOS k 0 0 11 BIT") == Int(-1));
  CHECK(run("BITPOS k 0 0 12 BIT") == Int(12));
  CHECK(run("BITPOS k 1 12 20 BIT") == Int(-1));
  CHECK(run("BITPOS k 1 9 20 BIT") == Int(9));
  CHECK(run("BITPOS k 0 5 3") == Int(-1));
  // Zeros go on behind the end, unless an end is given.
  run(R"(SET ones "\xff\xff\xff")");
  CHECK(run("BITPOS ones 0") == Int(24));
  CHECK(run("BITPOS ones 0 1") == Int(24));
  CHECK(run("BITPOS ones 0 0 -1") == Int(-1));
  CHECK(run("BITPOS ones 0 0 -1 BIT") == Int(-1));
  CHECK(run("BITPOS ones 0 5") == Int(-1));
  run("SET empty ''");
  CHECK(run("BITPOS empty 0") == Int(-1));
  CHECK(run("BITPOS empty 1") == Int(-1));
  CHECK(run("BITPOS k 2") == Error("ERR The bit argument must be 1 or 0."));
  CHECK(run("BITPOS k x") == kNotInteger);
  CHECK(run("BITPOS k 0 x") == kNotInteger);
  CHECK(run("BITPOS k 0 0 x") == kNotInteger);
  CHECK(run("BITPOS k 0 0 1 HELLO") == kSyntax);
  CHECK(run("BITPOS k 0 0 1 BIT x") == kSyntax);
}

TEST_CASE("BITOP combines strings and stores the result") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  run(R"(SET a "\xff\x0f\xaa")");
  run(R"(SET b "\xf0\x3c")");
  CHECK(run("BITOP AND d a b") == Int(3));
  CHECK(run("GET d") == Bulk(std::string_view("\xf0\x0c\0", 3)));
  CHECK(run("BITOP or d a b missing") == Int(3));
  CHECK(run("GET d") == Bulk("\xff\x3f\xaa"));
  CHECK(run("BITOP Xor d a b") == Int(3));
  CHECK(run("GET d") == Bulk("\x0f\x33\xaa"));
  CHECK(run("BITOP NOT d a") == Int(3));
  CHECK(run("GET d") == Bulk(std::string_view("\0\xf0\x55", 3)));
  CHECK(run("BITOP AND d a missing") == Int(3));
  CHECK(run("GET d") == Bulk(std::string_view("\0\0\0", 3)));
  CHECK(run("BITOP NOT a a") == Int(3));  // a source may be the target
  CHECK(run("GET a") == Bulk(std::string_view("\0\xf0\x55", 3)));
  run("SET n 12");
  CHECK(run("BITOP OR d n") == Int(2));
  CHECK(run("GET d") == Bulk("12"));
  CHECK(run("OBJECT ENCODING d") == Bulk("raw"));
  // Nothing to store: the target goes.
  run("SET d x EX 100");
  CHECK(run("BITOP AND d missing missing2") == Int(0));
  CHECK(run("EXISTS d") == Int(0));
  run("SET d x EX 100");
  CHECK(run("BITOP OR d b") == Int(2));
  CHECK(run("TTL d") == Int(-1));
}

TEST_CASE("BITOP's DIFF, DIFF1, ANDOR and ONE") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  run(R"(SET a "\xf0")");
  run(R"(SET b "\x3c")");
  run(R"(SET c "\x07\x80")");
  CHECK(run("BITOP DIFF d a b c") == Int(2));
  CHECK(run("GET d") == Bulk(std::string_view("\xc0\0", 2)));
  CHECK(run("BITOP DIFF1 d a b c") == Int(2));
  CHECK(run("GET d") == Bulk("\x0f\x80"));
  CHECK(run("BITOP ANDOR d a b c") == Int(2));
  CHECK(run("GET d") == Bulk(std::string_view("\x30\0", 2)));
  CHECK(run("BITOP ONE d a b c") == Int(2));
  CHECK(run("GET d") == Bulk("\xcb\x80"));
  CHECK(run("BITOP ONE d a") == Int(1));
  CHECK(run("BITOP DIFF d a") ==
        Error("ERR BITOP DIFF must be called with at least two source keys."));
  CHECK(run("BITOP diff1 d a") ==
        Error("ERR BITOP DIFF1 must be called with at least two source keys."));
  CHECK(run("BITOP ANDOR d a") ==
        Error("ERR BITOP ANDOR must be called with at least two source keys."));
  CHECK(run("BITOP NOT d a b") == Error("ERR BITOP NOT must be called with a single source key."));
  CHECK(run("BITOP NAND d a b") == kSyntax);
}

TEST_CASE("BITOP over strings of a megabyte, one of them under way in a reply") {
  Harness h;
  Random random(11);
  std::string a(1 << 20, '\0');
  std::string b(1 << 20, '\0');
  for (size_t i = 0; i < a.size(); ++i) {
    a[i] = static_cast<char>(random.Next());
    b[i] = static_cast<char>(random.Next());
  }
  h.Run({"SET", "a", a});
  h.Run({"SET", "b", b});
  CHECK(h.Run("BITOP XOR a a b") == Int(1 << 20));
  CHECK(h.Run("BITOP XOR a a b") == Int(1 << 20));
  CHECK(h.Run("GET a") == Bulk(a));
  // Over a target that is there: longer, with a time to live, and under way in a reply.
  h.Run({"SET", "d", std::string(3 << 19, 'x'), "EX", "100"});
  CHECK(h.Run("GET d").text.size() == 3 << 19);
  CHECK(h.Run("BITOP XOR d a b") == Int(1 << 20));
  CHECK(h.Run("TTL d") == Int(-1));
  CHECK(h.Run("BITOP XOR d d b") == Int(1 << 20));
  CHECK(h.Run("GET d") == Bulk(a));
  CHECK(h.Run("OBJECT ENCODING d") == Bulk("raw"));
}

TEST_CASE("BITFIELD reads, sets and increments integers of any width") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  CHECK(run("BITFIELD k GET u8 0") == Array({Int(0)}));
  CHECK(run("EXISTS k") == Int(0));
  CHECK(run("BITFIELD k") == Array({}));
  CHECK(run("BITFIELD k SET i8 0 -100 SET i8 #1 101") == Array({Int(0), Int(0)}));
  CHECK(run("GET k") == Bulk("\x9c\x65"));
  CHECK(run("BITFIELD k SET i8 0 100") == Array({Int(-100)}));
  CHECK(run("BITFIELD k SET u8 #0 255 GET u8 0 GET i8 0 get u4 2") ==
        Array({Int(100), Int(255), Int(-1), Int(15)}));
  CHECK(run("BITFIELD k INCRBY u8 0 10 INCRBY u8 8 100") == Array({Int(9), Int(201)}));
  CHECK(run("BITFIELD k GET u2 100000") == Array({Int(0)}));
  CHECK(run("STRLEN k") == Int(2));
  CHECK(run("BITFIELD k SET i64 3 -1 GET i64 3 GET u63 3") ==
        Array({run("BITFIELD k GET i64 3").elements[0], Int(-1), Int(INT64_MAX)}));
  run("SET n 12");
  CHECK(run("BITFIELD n GET u8 0 INCRBY u8 0 1") == Array({Int(49), Int(50)}));
  CHECK(run("GET n") == Bulk("22"));
}

TEST_CASE("BITFIELD's overflow: wraps, saturates or fails") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  run("BITFIELD k SET u8 0 250 SET i8 8 120");
  CHECK(run("BITFIELD k INCRBY u8 0 10 INCRBY i8 8 10") == Array({Int(4), Int(-126)}));
  run("BITFIELD k SET u8 0 250 SET i8 8 120");
  CHECK(run("BITFIELD k OVERFLOW SAT INCRBY u8 0 10 INCRBY i8 8 10 INCRBY u8 0 -1000 "
            "INCRBY i8 8 -1000") == Array({Int(255), Int(127), Int(0), Int(-128)}));
  run("BITFIELD k SET u8 0 250 SET i8 8 120");
  CHECK(run("BITFIELD k OVERFLOW FAIL INCRBY u8 0 10 INCRBY i8 8 10 OVERFLOW WRAP "
            "INCRBY u8 0 10") == Array({Nil(), Nil(), Int(4)}));
  CHECK(run("BITFIELD k SET u8 0 -1 GET u8 0") == Array({Int(4), Int(255)}));
  CHECK(run("BITFIELD k OVERFLOW FAIL SET u8 0 256 GET u8 0") == Array({Nil(), Int(255)}));
  CHECK(run("BITFIELD k SET i64 0 9223372036854775807 INCRBY i64 0 1") ==
        Array({run("BITFIELD k GET i64 0").elements[0], Int(INT64_MIN)}));
  CHECK(run("BITFIELD k OVERFLOW SAT INCRBY i64 0 -1") == Array({Int(INT64_MIN)}));
  CHECK(run("BITFIELD k OVERFLOW SAT INCRBY u63 0 9223372036854775807") == Array({Int(INT64_MAX)}));
}

TEST_CASE("BITFIELD checks everything before it changes anything") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  const ReplyValue type = Error(
      "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but "
      "i64 is.");
  for (const char* field : {"u64", "i65", "u0", "i0", "x8", "u", "", "8", "i-1", "u8x"}) {
    CHECK(h.Run({"BITFIELD", "k", "SET", "u8", "0", "1", "GET", field, "0"}) == type);
  }
  CHECK(run("BITFIELD k SET u8 -1 1") == kBitOffset);
  CHECK(run("BITFIELD k SET u8 #536870912 1") == kBitOffset);
  CHECK(run("BITFIELD k SET u8 #9223372036854775807 1") == kBitOffset);
  CHECK(run("BITFIELD k SET u8 0 x") == kNotInteger);
  CHECK(run("BITFIELD k SET u8 0") == kSyntax);
  CHECK(run("BITFIELD k GET u8") == kSyntax);
  CHECK(run("BITFIELD k FOO u8 0") == kSyntax);
  CHECK(run("BITFIELD k OVERFLOW NEVER SET u8 0 1") ==
        Error("ERR Invalid OVERFLOW type specified"));
  CHECK(run("BITFIELD k OVERFLOW") == kSyntax);
  CHECK(run("EXISTS k") == Int(0));
}

TEST_CASE("BITFIELD_RO only reads") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  run(R"(SET k "\x12\x34")");
  CHECK(run("BITFIELD_RO k GET u8 0 GET u16 0 GET i4 #3") ==
        Array({Int(0x12), Int(0x1234), Int(4)}));
  CHECK(run("BITFIELD_RO missing GET u8 0") == Array({Int(0)}));
  CHECK(run("BITFIELD_RO k SET u8 0 1") ==
        Error("ERR BITFIELD_RO only supports the GET subcommand"));
  CHECK(run("BITFIELD_RO k GET u8 0 INCRBY u8 0 1") ==
        Error("ERR BITFIELD_RO only supports the GET subcommand"));
  CHECK(run("BITFIELD_RO k OVERFLOW SAT GET u8 0") == Array({Int(0x12)}));
}

TEST_CASE("WATCH hears of bits that change, and of no others") {
  Harness h;
  TestClient& other = h.NewClient();
  h.Run("SETBIT k 7 1");
  h.Run("WATCH k");
  other.Run("SETBIT k 7 1");
  other.Run("BITFIELD k SET u8 0 1");
  h.Run("MULTI");
  h.Run("GET k");
  CHECK(h.Run("EXEC") == Array({Bulk("\x01")}));
  h.Run("WATCH k");
  other.Run("SETBIT k 6 1");
  h.Run("MULTI");
  CHECK(h.Run("EXEC") == NilArray());
}
