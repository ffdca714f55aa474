#include "resp/reply_parser.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

namespace gotthard {
namespace {

// NOLINTNEXTLINE(google-build-using-namespace): the short names are made for this.
using namespace reply;

ReplyValue Read(std::string_view bytes) {
  ReplyValue value;
  size_t used = 0;
  INFO(bytes);
  REQUIRE(ParseReply(bytes, &value, &used) == ReplyOutcome::kReply);
  REQUIRE(used == bytes.size());
  return value;
}

const std::pair<std::string, ReplyValue>* Table(size_t* size) {
  static const std::pair<std::string, ReplyValue> table[] = {
      {"+OK\r\n", Ok()},
      {"-ERR no\r\n", Error("ERR no")},
      {"!6\r\nERR no\r\n", Error("ERR no")},
      {":-12\r\n", Int(-12)},
      {"$3\r\na\rb\r\n", Bulk("a\rb")},
      {"$0\r\n\r\n", Bulk("")},
      {"$-1\r\n", Nil()},
      {"_\r\n", Nil()},
      {"*-1\r\n", NilArray()},
      {"*0\r\n", Array({})},
      {"*2\r\n$1\r\na\r\n*1\r\n:1\r\n", Array({Bulk("a"), Array({Int(1)})})},
      {"%1\r\n+k\r\n:1\r\n", Map({Simple("k"), Int(1)})},
      {"~1\r\n:1\r\n", Set({Int(1)})},
      {">1\r\n+m\r\n", Push({Simple("m")})},
      {",1.5\r\n", Double("1.5")},
      {",-inf\r\n", Double("-inf")},
      {",nan\r\n", Double("nan")},
      {"#t\r\n", Bool(true)},
      {"#f\r\n", Bool(false)},
      {"(123\r\n", BigNumber("123")},
      {"=8\r\ntxt:some\r\n", Verbatim("txt", "some")},
  };
  *size = std::size(table);
  return table;
}

TEST_CASE("every kind of reply is read, and no part of it is taken for the whole") {
  size_t rows = 0;
  const auto* table = Table(&rows);
  for (size_t i = 0; i < rows; ++i) {
    const auto& [bytes, expected] = table[i];
    CHECK(Read(bytes) == expected);
    for (size_t size = 0; size < bytes.size(); ++size) {
      ReplyValue value;
      size_t used = 0;
      INFO(bytes << " cut at " << size);
      CHECK(ParseReply(std::string_view(bytes).substr(0, size), &value, &used) ==
            ReplyOutcome::kNeedMore);
    }
  }
}

TEST_CASE("replies differ when kind or content differ") {
  size_t rows = 0;
  const auto* table = Table(&rows);
  for (size_t i = 0; i < rows; ++i) {
    for (size_t j = 0; j < rows; ++j) {
      const bool same_meaning = ToText(table[i].second) == ToText(table[j].second) &&
                                table[i].second.kind == table[j].second.kind;
      CHECK((table[i].second == table[j].second) == same_meaning);
    }
  }
  CHECK_FALSE(Bulk("a") == Simple("a"));
  CHECK_FALSE(Array({Int(1)}) == Set({Int(1)}));
  CHECK(Bulks({"a", "b"}) == Array({Bulk("a"), Bulk("b")}));
}

TEST_CASE("attributes belong to the reply behind them") {
  const ReplyValue value = Read("|1\r\n+ttl\r\n:10\r\n$1\r\nv\r\n");
  CHECK(value.text == "v");
  REQUIRE(value.attributes.size() == 2);
  CHECK(value.attributes[1] == Int(10));
}

TEST_CASE("malformed replies are refused") {
  std::string deep;
  for (int i = 0; i < 1'000; ++i) deep += "*1\r\n";
  for (const std::string& bytes :
       {std::string("\r\n"), std::string("?1\r\n"), std::string(":x\r\n"), std::string("$-2\r\n"),
        std::string("$x\r\n"), std::string("*-2\r\n"), std::string("$1\r\nabc"),
        std::string("#x\r\n"), std::string("_x\r\n"), std::string(",x\r\n"),
        std::string("=3\r\nabc\r\n"), std::string("*99999999999\r\n"),
        std::string("$18446744073709551615\r\n"), deep}) {
    ReplyValue value;
    size_t used = 0;
    INFO(bytes.substr(0, 40));
    CHECK(ParseReply(bytes, &value, &used) == ReplyOutcome::kMalformed);
  }
}

TEST_CASE("replies print as redis-cli prints them") {
  CHECK(ToText(Ok()) == "OK");
  CHECK(ToText(Error("ERR x")) == "(error) ERR x");
  CHECK(ToText(Int(3)) == "(integer) 3");
  CHECK(ToText(Bulk(std::string_view("a\"\n\x01\xff", 5))) == "\"a\\\"\\n\\x01\\xff\"");
  CHECK(ToText(Nil()) == "(nil)");
  CHECK(ToText(Array({})) == "(empty array)");
  CHECK(ToText(Array({Bulk("a"), Array({Int(1), Int(2)}), Nil()})) ==
        "1) \"a\"\n2) 1) (integer) 1\n   2) (integer) 2\n3) (nil)");
  CHECK(ToText(Map({Bulk("k"), Int(1)})) == "1# \"k\" => (integer) 1");
  CHECK(ToText(Set({Int(1)})) == "1~ (integer) 1");
  CHECK(ToText(Bool(true)) == "(true)");
  CHECK(ToText(Verbatim("txt", "some")) == "some");
}

TEST_CASE("requests are encoded as clients encode them") {
  CHECK(EncodeRequest({"GET", ""}) == "*2\r\n$3\r\nGET\r\n$0\r\n\r\n");
}

}  // namespace
}  // namespace gotthard
