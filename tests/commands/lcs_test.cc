// LCS: what two strings have in common.
#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "tests/commands/harness.h"

using namespace gotthard;
using namespace gotthard::reply;

namespace {
const ReplyValue kSyntax = Error("ERR syntax error");
const ReplyValue kNotInteger = Error("ERR value is not an integer or out of range");
}  // namespace

TEST_CASE("LCS finds a longest common subsequence, its length and its places") {
  Harness h;
  auto run = [&](std::string_view line) { return h.Run(line); };
  run("MSET key1 ohmytext key2 mynewtext");
  CHECK(run("LCS key1 key2") == Bulk("mytext"));
  CHECK(run("LCS key1 key2 LEN") == Int(6));
  auto range = [](int64_t a, int64_t b) { return Array({Int(a), Int(b)}); };
  CHECK(run("LCS key1 key2 IDX") ==
        Array({Bulk("matches"),
               Array({Array({range(4, 7), range(5, 8)}), Array({range(2, 3), range(0, 1)})}),
               Bulk("len"), Int(6)}));
  CHECK(run("LCS key1 key2 IDX MINMATCHLEN 4") ==
        Array({Bulk("matches"), Array({Array({range(4, 7), range(5, 8)})}), Bulk("len"), Int(6)}));
  CHECK(run("LCS key1 key2 IDX MINMATCHLEN 4 WITHMATCHLEN") ==
        Array({Bulk("matches"), Array({Array({range(4, 7), range(5, 8), Int(4)})}), Bulk("len"),
               Int(6)}));
  CHECK(run("LCS key1 key2 IDX MINMATCHLEN -1 WITHMATCHLEN") ==
        Array({Bulk("matches"),
               Array({Array({range(4, 7), range(5, 8), Int(4)}),
                      Array({range(2, 3), range(0, 1), Int(2)})}),
               Bulk("len"), Int(6)}));
  CHECK(run("LCS key1 missing") == Bulk(""));
  CHECK(run("LCS key1 missing LEN") == Int(0));
  CHECK(run("LCS missing missing IDX") == Array({Bulk("matches"), Array({}), Bulk("len"), Int(0)}));
  CHECK(run("LCS key1 key1") == Bulk("ohmytext"));
  run("MSET n1 12345 n2 2435");
  CHECK(run("LCS n1 n2 LEN") == Int(3));
  CHECK(run("LCS key1 key2 IDX LEN") ==
        Error("ERR If you want both the length and indexes, please just use IDX."));
  CHECK(run("LCS key1 key2 BAD") == kSyntax);
  CHECK(run("LCS key1 key2 MINMATCHLEN") == kSyntax);
  CHECK(run("LCS key1 key2 MINMATCHLEN x") == kNotInteger);
}

TEST_CASE("LCS of RNA-like strings is as long as any common subsequence can be") {
  Harness h;
  uint64_t state = 20240101;
  auto letters = [&](size_t length) {
    std::string text;
    for (size_t i = 0; i < length; ++i) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      text += "acgu"[state >> 62];
    }
    return text;
  };
  for (int round = 0; round < 10; ++round) {
    std::string a = letters(60 + static_cast<size_t>(round));
    std::string b = letters(50);
    h.Run({"MSET", "a", a, "b", b});
    // The plain recurrence over a full table.
    std::vector<std::vector<int64_t>> table(a.size() + 1, std::vector<int64_t>(b.size() + 1));
    for (size_t i = 1; i <= a.size(); ++i) {
      for (size_t j = 1; j <= b.size(); ++j) {
        table[i][j] = a[i - 1] == b[j - 1] ? table[i - 1][j - 1] + 1
                                           : std::max(table[i - 1][j], table[i][j - 1]);
      }
    }
    CHECK(h.Run("LCS a b LEN") == Int(table[a.size()][b.size()]));
    std::string common = h.Run("LCS a b").text;
    CHECK(static_cast<int64_t>(common.size()) == table[a.size()][b.size()]);
    for (const std::string* text : {&a, &b}) {
      size_t at = 0;
      for (char c : common) {
        at = text->find(c, at);
        REQUIRE(at != std::string::npos);
        ++at;
      }
    }
  }
}

TEST_CASE("LCS refuses strings that are too long to compare") {
  Harness h("proto-max-bulk-len 1mb");
  std::string text(1000, 'a');
  h.Run({"MSET", "a", text, "b", text});
  CHECK(h.Run("LCS a b") ==
        Error("ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len"));
}
