// DUMP and RESTORE.
#include <catch2/catch.hpp>
#include <string>

#include "base/crc64.h"
#include "base/random.h"
#include "tests/commands/harness.h"

using namespace gotthard;
using namespace gotthard::reply;

namespace {

const ReplyValue kBadFooter = Error("ERR DUMP payload version or checksum are wrong");
const ReplyValue kBadFormat = Error("ERR Bad data format");

std::string DumpOf(Harness& h, std::string_view key) {
  return h.Run({"DUMP", key}).text;
}

// A payload with a right footer around any bytes.
std::string Sealed(std::string_view value, char version = 10) {
  std::string payload(value);
  payload += version;
  payload += '\0';
  const uint64_t crc = Crc64(0, payload);
  for (int i = 0; i < 8; ++i) payload += static_cast<char>(crc >> (8 * i));
  return payload;
}

}  // namespace

TEST_CASE("What DUMP returns, RESTORE makes a key of") {
  Harness h("list-max-listpack-size 4\nlist-compress-depth 1");
  CHECK(h.Run("DUMP none") == Nil());
  h.Run({"SET", "text", std::string(1'000, 'x')});
  h.Run("SET number 12345");
  h.Run("SET empty ''");
  h.Run("RPUSH small a 1 b");
  for (int i = 0; i < 30; ++i) h.Run({"RPUSH", "big", "an item that repeats", std::to_string(i)});
  h.Run({"RPUSH", "big", std::string(20'000, 'y'), "last"});
  CHECK(h.Run("OBJECT ENCODING big") == Bulk("quicklist"));
  for (const std::string_view key : {"text", "number", "empty", "small", "big"}) {
    CAPTURE(key);
    CHECK(h.Run({"RESTORE", "copy", "0", DumpOf(h, key), "REPLACE"}) == Ok());
    CHECK(h.Run({"OBJECT", "ENCODING", "copy"}) == h.Run({"OBJECT", "ENCODING", key}));
    CHECK(DumpOf(h, "copy") == DumpOf(h, key));
    const char* const read = key == "small" || key == "big" ? "LRANGE" : "GETRANGE";
    CHECK(h.Run({read, "copy", "0", "-1"}) == h.Run({read, key, "0", "-1"}));
  }
  CHECK(h.Run("LLEN copy") == Int(62));
}

TEST_CASE("RESTORE sets the expiry that it is told") {
  Harness h;
  h.Run("SET k v");
  const std::string payload = DumpOf(h, "k");
  CHECK(h.Run({"RESTORE", "a", "5000", payload}) == Ok());
  CHECK(h.Run("PTTL a") == Int(5'000));
  const std::string later = std::to_string(h.now_ms() + 3'000);
  CHECK(h.Run({"RESTORE", "b", later, payload, "ABSTTL"}) == Ok());
  CHECK(h.Run("PTTL b") == Int(3'000));
  CHECK(h.Run({"RESTORE", "c", "0", payload}) == Ok());
  CHECK(h.Run("PTTL c") == Int(-1));
  // Over already: the key is not made, and one that was there goes.
  CHECK(h.Run({"RESTORE", "d", "1", payload, "ABSTTL"}) == Ok());
  CHECK(h.Run("EXISTS d") == Int(0));
  CHECK(h.Run({"RESTORE", "c", "1", payload, "REPLACE", "ABSTTL"}) == Ok());
  CHECK(h.Run("EXISTS c") == Int(0));
  CHECK(h.Run({"RESTORE", "d", "-1", payload}) == Error("ERR Invalid TTL value, must be >= 0"));
  CHECK(h.Run({"RESTORE", "d", "x", payload}) ==
        Error("ERR value is not an integer or out of range"));
}

TEST_CASE("RESTORE takes over how a key was used") {
  Harness h;
  h.Run("SET k v");
  const std::string payload = DumpOf(h, "k");
  CHECK(h.Run({"RESTORE", "a", "0", payload, "IDLETIME", "1000"}) == Ok());
  CHECK(h.Run("OBJECT IDLETIME a") == Int(1'000));
  h.Run("CONFIG SET maxmemory-policy allkeys-lfu");
  CHECK(h.Run({"RESTORE", "b", "0", payload, "FREQ", "100"}) == Ok());
  CHECK(h.Run("OBJECT FREQ b") == Int(100));
  CHECK(h.Run({"RESTORE", "c", "0", payload, "FREQ", "256"}) ==
        Error("ERR Invalid FREQ value, must be >= 0 and <= 255"));
  CHECK(h.Run({"RESTORE", "c", "0", payload, "IDLETIME", "-1"}) ==
        Error("ERR Invalid IDLETIME value, must be >= 0"));
  CHECK(h.Run({"RESTORE", "c", "0", payload, "FREQ", "1", "IDLETIME", "1"}) ==
        Error("ERR syntax error"));
  CHECK(h.Run({"RESTORE", "c", "0", payload, "IDLETIME"}) == Error("ERR syntax error"));
}

TEST_CASE("RESTORE and DEBUG RELOAD of what is built anew keep expiry and use") {
  Harness h("enable-debug-command yes");
  h.Run("SADD set a b c");
  h.Run("HSET hash f v");
  h.Run("ZADD zset 1 m");
  for (const char* option : {"hash", "zset"}) {
    h.Run("CONFIG SET " + std::string(option) + "-max-listpack-entries 0");
  }
  // Forms that are read element by element.
  h.Run("HSET hash g w");
  h.Run("ZADD zset 2 n");
  for (const std::string_view key : {"set", "hash", "zset"}) {
    CAPTURE(key);
    const std::string payload = DumpOf(h, key);
    CHECK(h.Run({"RESTORE", "copy", "5000", payload, "REPLACE", "IDLETIME", "1000"}) == Ok());
    CHECK(h.Run("PTTL copy") == Int(5'000));
    CHECK(h.Run("OBJECT IDLETIME copy") == Int(1'000));
    h.Run("CONFIG SET default-ttl 100");
    CHECK(h.Run({"RESTORE", "copy", "0", payload, "REPLACE"}) == Ok());
    CHECK(h.Run("TTL copy") == Int(-1));
    h.Run("CONFIG SET default-ttl 0");
  }
  h.Run("CONFIG SET default-ttl 100");
  CHECK(h.Run("EXPIRE set 50") == Int(1));
  CHECK(h.Run("DEBUG RELOAD") == Ok());
  CHECK(h.Run("TTL set") == Int(50));
  CHECK(h.Run("TTL hash") == Int(-1));
}

TEST_CASE("A key is replaced only by REPLACE, and never by a payload that is not one") {
  Harness h;
  h.Run("RPUSH k 1 2 3");
  const std::string payload = DumpOf(h, "k");
  h.Run("SET k v");
  CHECK(h.Run({"RESTORE", "k", "0", payload}) == Error("BUSYKEY Target key name already exists."));
  CHECK(h.Run({"RESTORE", "k", "0", "x", "REPLACE"}) == kBadFooter);
  std::string wrong = payload;
  wrong[1] = static_cast<char>(wrong[1] ^ 1);
  CHECK(h.Run({"RESTORE", "k", "0", wrong, "REPLACE"}) == kBadFooter);
  CHECK(h.Run({"RESTORE", "k", "0", Sealed("\0\1a", 13), "REPLACE"}) == kBadFooter);
  CHECK(h.Run({"RESTORE", "k", "0", Sealed(""), "REPLACE"}) == kBadFormat);
  CHECK(h.Run({"RESTORE", "k", "0",
               Sealed("\x63"
                      "abc"),
               "REPLACE"}) == kBadFormat);
  const std::string value = payload.substr(0, payload.size() - 10);
  CHECK(h.Run({"RESTORE", "k", "0", Sealed(value + "x"), "REPLACE"}) == kBadFormat);
  for (size_t length = 0; length < value.size(); ++length) {
    CHECK(h.Run({"RESTORE", "k", "0", Sealed(value.substr(0, length)), "REPLACE"}) == kBadFormat);
  }
  CHECK(h.Run("GET k") == Bulk("v"));
  CHECK(h.Run({"RESTORE-ASKING", "k", "0", payload, "REPLACE"}) == Ok());
  CHECK(h.Run("LRANGE k 0 -1") == Bulks({"1", "2", "3"}));
}

TEST_CASE("Lists in the forms that other versions write are read, too") {
  Harness h;
  const std::string_view plain(
      "\x01\x02\x01"
      "a\xc0\x05",
      6);
  CHECK(h.Run({"RESTORE", "k", "0", Sealed(plain)}) == Ok());
  CHECK(h.Run("LRANGE k 0 -1") == Bulks({"a", "5"}));
  CHECK(h.Run({"RESTORE", "none", "0", Sealed(std::string_view("\x01\x00", 2))}) == kBadFormat);
  CHECK(h.Run({"RESTORE", "none", "0", Sealed(std::string_view("\x12\x00", 2))}) == kBadFormat);
  CHECK(h.Run({"RESTORE", "none", "0",
               Sealed("\x12\x01\x03\x01"
                      "a")}) == kBadFormat);
}

TEST_CASE("Changed bytes with a right checksum are refused or make a value that can be read") {
  Harness h("list-max-listpack-size 3");
  h.Run("RPUSH k 1 text 300 70000 -5 another x");
  const std::string payload = DumpOf(h, "k");
  const std::string value = payload.substr(0, payload.size() - 10);
  Random random(1);
  int refused = 0;
  for (int i = 0; i < 2'000; ++i) {
    std::string changed = value;
    changed[random.Below(changed.size())] = static_cast<char>(random.Next());
    if (h.Run({"RESTORE", "copy", "0", Sealed(changed), "REPLACE"}) == kBadFormat) {
      ++refused;
      continue;
    }
    CHECK(h.Run("TYPE copy") != Simple("none"));
    h.Run("LRANGE copy 0 -1");
    h.Run("DUMP copy");
    h.Run("LPUSH copy x");
    h.Run("RPOP copy 3");
  }
  CHECK(refused > 500);
}
