// Expiry: setting, reading and removing the time at which a key ends.
#include <catch2/catch.hpp>

#include "tests/commands/harness.h"

using namespace gotthard;
using namespace gotthard::reply;

namespace {
const ReplyValue kNotInteger = Error("ERR value is not an integer or out of range");
}  // namespace

TEST_CASE("EXPIRE and its three sisters set the same time in different words") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  CHECK(run("EXPIRE k 10") == Int(0));
  run("SET k v");
  CHECK(run("TTL k") == Int(-1));
  CHECK(run("EXPIRE k 10") == Int(1));
  CHECK(run("TTL k") == Int(10));
  CHECK(run("PTTL k") == Int(10000));
  CHECK(run("PEXPIRE k 1500") == Int(1));
  CHECK(run("PTTL k") == Int(1500));
  CHECK(run("EXPIREAT k 33177117420") == Int(1));
  CHECK(run("EXPIRETIME k") == Int(33177117420));
  CHECK(run("PEXPIRETIME k") == Int(33177117420000));
  CHECK(run("PEXPIREAT k 33177117420999") == Int(1));
  CHECK(run("PEXPIRETIME k") == Int(33177117420999));
  CHECK(run("GET k") == Bulk("v"));
}

TEST_CASE("TTL, PTTL, EXPIRETIME and PEXPIRETIME of no key and of no expiry") {
  Harness h;
  for (const char* command : {"TTL", "PTTL", "EXPIRETIME", "PEXPIRETIME"}) {
    CHECK(h.Run({command, "missing"}) == Int(-2));
    h.Run("SET k v");
    CHECK(h.Run({command, "k"}) == Int(-1));
  }
}

TEST_CASE("TTL rounds to the nearest second") {
  Harness h;
  h.Run("SET k v PX 2499");
  CHECK(h.Run("TTL k") == Int(2));
  h.Run("SET k v PX 2500");
  CHECK(h.Run("TTL k") == Int(3));
  h.Run("SET k v PXAT 33177117420500");
  CHECK(h.Run("EXPIRETIME k") == Int(33177117421));
}

TEST_CASE("A key is gone when its time has come, not before") {
  Harness h;
  h.Run("MSET a 1 b 2");
  h.Run("PEXPIRE a 100");
  h.AdvanceMs(100);
  CHECK(h.Run("GET a") == Bulk("1"));
  CHECK(h.Run("PTTL a") == Int(0));
  h.AdvanceMs(1);
  CHECK(h.Run("GET a") == Nil());
  CHECK(h.Run("TTL a") == Int(-2));
  CHECK(h.Run("GET b") == Bulk("2"));
}

TEST_CASE("A time in the past deletes the key") {
  Harness h;
  for (const char* line : {"EXPIRE k 0", "EXPIRE k -1", "PEXPIRE k -100", "EXPIREAT k 1",
                           "PEXPIREAT k 0", "EXPIRE k -9000000000000000", "PEXPIRE k 0 XX"}) {
    h.Run("SET k v EX 100");
    CHECK(h.Run(line) == Int(1));
    CHECK(h.Run("EXISTS k") == Int(0));
  }
}

TEST_CASE("NX, XX, GT and LT decide whether the expiry is set") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  run("SET k v");
  CHECK(run("EXPIRE k 100 XX") == Int(0));
  CHECK(run("EXPIRE k 100 GT") == Int(0));
  CHECK(run("TTL k") == Int(-1));
  CHECK(run("EXPIRE k 100 NX") == Int(1));
  CHECK(run("EXPIRE k 200 nx") == Int(0));
  CHECK(run("TTL k") == Int(100));
  CHECK(run("EXPIRE k 200 XX") == Int(1));
  CHECK(run("EXPIRE k 100 GT") == Int(0));
  CHECK(run("EXPIRE k 200 GT") == Int(0));
  CHECK(run("EXPIRE k 300 GT") == Int(1));
  CHECK(run("EXPIRE k 400 LT") == Int(0));
  CHECK(run("EXPIRE k 300 LT") == Int(0));
  CHECK(run("EXPIRE k 50 LT") == Int(1));
  CHECK(run("TTL k") == Int(50));
  CHECK(run("EXPIRE k 60 XX GT") == Int(1));
  CHECK(run("EXPIRE k 40 xx lt") == Int(1));
  CHECK(run("TTL k") == Int(40));
  run("PERSIST k");
  CHECK(run("EXPIRE k 10 LT XX") == Int(0));
  CHECK(run("EXPIRE k 10 LT") == Int(1));
  CHECK(run("PEXPIREAT k 1 GT") == Int(0));
  CHECK(run("EXISTS k") == Int(1));
}

TEST_CASE("Options of EXPIRE that contradict each other are refused") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  const ReplyValue nx =
      Error("ERR NX and XX, GT or LT options at the same time are not compatible");
  const ReplyValue gt_lt = Error("ERR GT and LT options at the same time are not compatible");
  run("SET k v");
  CHECK(run("EXPIRE k 10 NX XX") == nx);
  CHECK(run("EXPIRE k 10 NX GT") == nx);
  CHECK(run("EXPIRE k 10 LT NX") == nx);
  CHECK(run("EXPIRE k 10 GT LT") == gt_lt);
  CHECK(run("EXPIRE missing 10 GT LT") == gt_lt);
  CHECK(run("EXPIRE k 10 AB") == Error("ERR Unsupported option AB"));
  CHECK(run("EXPIRE k 10 XX AB") == Error("ERR Unsupported option AB"));
  CHECK(run("TTL k") == Int(-1));
}

TEST_CASE("Times that are no numbers or overflow are refused") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  run("SET k v");
  CHECK(run("EXPIRE k abc") == kNotInteger);
  CHECK(run("EXPIRE k 1.5") == kNotInteger);
  CHECK(run("EXPIRE missing abc") == kNotInteger);
  CHECK(run("EXPIRE k 9223372036854775807") ==
        Error("ERR invalid expire time in 'expire' command"));
  CHECK(run("EXPIRE k -9223372036854775808") ==
        Error("ERR invalid expire time in 'expire' command"));
  CHECK(run("EXPIRE k 9223372036854775") == Error("ERR invalid expire time in 'expire' command"));
  CHECK(run("PEXPIRE k 9223372036854775807") ==
        Error("ERR invalid expire time in 'pexpire' command"));
  CHECK(run("EXPIREAT k 9223372036854775807") ==
        Error("ERR invalid expire time in 'expireat' command"));
  CHECK(run("TTL k") == Int(-1));
  CHECK(run("PEXPIREAT k 9223372036854775807") == Int(1));
  CHECK(run("PEXPIRETIME k") == Int(INT64_MAX));
}

TEST_CASE("PERSIST makes a key stay") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  CHECK(run("PERSIST k") == Int(0));
  run("SET k v EX 10");
  CHECK(run("PERSIST k") == Int(1));
  CHECK(run("TTL k") == Int(-1));
  CHECK(run("PERSIST k") == Int(0));
  h.AdvanceMs(20000);
  CHECK(run("GET k") == Bulk("v"));
}

TEST_CASE("An expiry survives changes of the value and ends with an overwrite") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  run("SET n 1 EX 100");
  for (const char* line :
       {"INCR n", "DECRBY n 5", "INCRBYFLOAT n 1.5", "APPEND n 0", "SETRANGE n 0 7", "GETEX n"}) {
    run(line);
    CHECK(run("TTL n") == Int(100));
  }
  run("SET n 1");
  CHECK(run("TTL n") == Int(-1));
}

TEST_CASE("Setting an expiry keeps values of every kind as they are") {
  Harness h;
  std::string big(50000, 'q');
  for (const std::string& value :
       {std::string("12345"), std::string("text"), std::string(), std::string(200, 'm'), big}) {
    h.Run({"SET", "k", value});
    CHECK(h.Run("EXPIRE k 100") == Int(1));
    CHECK(h.Run("GET k") == Bulk(value));
    CHECK(h.Run("PERSIST k") == Int(1));
    CHECK(h.Run("GET k") == Bulk(value));
  }
}
