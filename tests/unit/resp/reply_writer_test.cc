#include "resp/reply_writer.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <functional>
#include <limits>
#include <string>

#include "base/random.h"
#include "resp/reply_parser.h"

namespace gotthard {
namespace {

std::string Written(Protocol protocol, const std::function<void(ReplyWriter&)>& write) {
  ReplyBuffer buffer(64);
  ReplyWriter writer(buffer, protocol);
  write(writer);
  return buffer.ToString();
}

struct Row {
  const char* what;
  std::function<void(ReplyWriter&)> write;
  std::string resp2;
  std::string resp3;
};

TEST_CASE("every kind of reply, in both protocols") {
  using W = ReplyWriter;
  const std::string k = std::string(1000, 'k');
  const Row table[] = {
      {"ok", [](W& w) { w.Ok(); }, "+OK\r\n", "+OK\r\n"},
      {"queued", [](W& w) { w.Queued(); }, "+QUEUED\r\n", "+QUEUED\r\n"},
      {"pong", [](W& w) { w.Pong(); }, "+PONG\r\n", "+PONG\r\n"},
      {"simple", [](W& w) { w.Simple("hello"); }, "+hello\r\n", "+hello\r\n"},
      {"error", [](W& w) { w.Error("ERR a\r\nb"); }, "-ERR a  b\r\n", "-ERR a  b\r\n"},
      {"null", [](W& w) { w.Null(); }, "$-1\r\n", "_\r\n"},
      {"null array", [](W& w) { w.NullArray(); }, "*-1\r\n", "_\r\n"},
      {"empty array", [](W& w) { w.EmptyArray(); }, "*0\r\n", "*0\r\n"},
      {"0", [](W& w) { w.Integer(0); }, ":0\r\n", ":0\r\n"},
      {"9", [](W& w) { w.Integer(9); }, ":9\r\n", ":9\r\n"},
      {"10", [](W& w) { w.Integer(10); }, ":10\r\n", ":10\r\n"},
      {"-1", [](W& w) { w.Integer(-1); }, ":-1\r\n", ":-1\r\n"},
      {"least", [](W& w) { w.Integer(INT64_MIN); }, ":-9223372036854775808\r\n",
       ":-9223372036854775808\r\n"},
      {"bulk", [](W& w) { w.Bulk("abc"); }, "$3\r\nabc\r\n", "$3\r\nabc\r\n"},
      {"empty bulk", [](W& w) { w.Bulk(""); }, "$0\r\n\r\n", "$0\r\n\r\n"},
      {"no bytes", [](W& w) { w.Bulk({}); }, "$0\r\n\r\n", "$0\r\n\r\n"},
      {"long bulk", [&](W& w) { w.Bulk(k); }, "$1000\r\n" + k + "\r\n", "$1000\r\n" + k + "\r\n"},
      {"blob", [](W& w) { w.BulkBlob(BlobRef::Copy("0123456789"), 3, 4); }, "$4\r\n3456\r\n",
       "$4\r\n3456\r\n"},
      {"bulk integer", [](W& w) { w.BulkInteger(-42); }, "$3\r\n-42\r\n", "$3\r\n-42\r\n"},
      {"true", [](W& w) { w.Bool(true); }, ":1\r\n", "#t\r\n"},
      {"false", [](W& w) { w.Bool(false); }, ":0\r\n", "#f\r\n"},
      {"double", [](W& w) { w.Double(3.25); }, "$4\r\n3.25\r\n", ",3.25\r\n"},
      {"infinity", [](W& w) { w.Double(-HUGE_VAL); }, "$4\r\n-inf\r\n", ",-inf\r\n"},
      {"whole double", [](W& w) { w.Double(10); }, "$2\r\n10\r\n", ",10\r\n"},
      {"long double", [](W& w) { w.LongDouble(0.1L); }, "$3\r\n0.1\r\n", ",0.1\r\n"},
      {"big number", [](W& w) { w.BigNumber("-12345678901234567890"); },
       "$21\r\n-12345678901234567890\r\n", "(-12345678901234567890\r\n"},
      {"verbatim", [](W& w) { w.Verbatim("txt", "a\nb"); }, "$3\r\na\nb\r\n", "=7\r\ntxt:a\nb\r\n"},
      {"array", [](W& w) { w.ArrayHeader(3); }, "*3\r\n", "*3\r\n"},
      {"long array", [](W& w) { w.ArrayHeader(123456); }, "*123456\r\n", "*123456\r\n"},
      {"map", [](W& w) { w.MapHeader(6); }, "*12\r\n", "%6\r\n"},
      {"set", [](W& w) { w.SetHeader(100); }, "*100\r\n", "~100\r\n"},
      {"push", [](W& w) { w.PushHeader(2); }, "*2\r\n", ">2\r\n"},
      {"raw", [](W& w) { w.Raw(":1\r\n:2\r\n"); }, ":1\r\n:2\r\n", ":1\r\n:2\r\n"},
  };
  for (const Row& row : table) {
    INFO(row.what);
    CHECK(Written(Protocol::kResp2, row.write) == row.resp2);
    CHECK(Written(Protocol::kResp3, row.write) == row.resp3);
  }
  CHECK(Written(Protocol::kResp3, [](W& w) { w.AttributeHeader(1); }) == "|1\r\n");
}

TEST_CASE("strings of every length around the short paths arrive unharmed") {
  std::string text;
  for (size_t length = 0; length < 1'300; ++length) {
    const std::string bytes = Written(Protocol::kResp2, [&](ReplyWriter& w) { w.Bulk(text); });
    REQUIRE(bytes == "$" + std::to_string(length) + "\r\n" + text + "\r\n");
    text += static_cast<char>(length * 7 + 1);
  }
}

TEST_CASE("lengths may come after the elements, nested and in either protocol") {
  const auto write = [](ReplyWriter& w) {
    const size_t outer = w.Defer();
    w.Integer(1);
    const size_t inner = w.Defer();
    for (int i = 0; i < 1'500; ++i) w.Integer(i);
    w.SetArrayLength(inner, 1'500);
    const size_t set = w.Defer();
    w.SetSetLength(set, 0);
    w.Bulk("last");
    w.SetMapLength(outer, 2);
  };
  for (const Protocol protocol : {Protocol::kResp2, Protocol::kResp3}) {
    std::vector<ReplyValue> values;
    REQUIRE(ParseReplies(Written(protocol, write), &values));
    REQUIRE(values.size() == 1);
    const bool resp3 = protocol == Protocol::kResp3;
    CHECK(values[0].kind == (resp3 ? ReplyValue::Kind::kMap : ReplyValue::Kind::kArray));
    REQUIRE(values[0].elements.size() == 4);
    CHECK(values[0].elements[1].elements.size() == 1'500);
    CHECK(values[0].elements[2] == (resp3 ? reply::Set({}) : reply::Array({})));
    CHECK(values[0].elements[3] == reply::Bulk("last"));
  }
}

TEST_CASE("a handler may end with its reply") {
  ReplyBuffer buffer;
  ReplyWriter writer(buffer);
  const auto handler = [&writer]() -> Status { return writer.Integer(1); };
  CHECK(handler().ok());
  CHECK(buffer.ToString() == ":1\r\n");
}

TEST_CASE("what the writer writes, a client reads") {
  Random random(31);
  for (int round = 0; round < 500; ++round) {
    ReplyBuffer buffer(128);
    ReplyWriter writer(buffer, Protocol::kResp3);
    std::vector<ReplyValue> expected;
    for (int i = 0; i < 20; ++i) {
      const auto number = static_cast<int64_t>(random.Next() >> random.Below(64));
      switch (random.Below(5)) {
        case 0:
          writer.Integer(number);
          expected.push_back(reply::Int(number));
          break;
        case 1: {
          const std::string text(random.Below(2'000), static_cast<char>(number));
          writer.Bulk(text);
          expected.push_back(reply::Bulk(text));
          break;
        }
        case 2:
          writer.Null();
          expected.push_back(reply::Nil());
          break;
        case 3:
          writer.ArrayHeader(2);
          writer.Bool(true);
          writer.BulkInteger(number);
          expected.push_back(
              reply::Array({reply::Bool(true), reply::Bulk(std::to_string(number))}));
          break;
        default: {
          const BlobRef blob = BlobRef::Copy(std::string(300, 'B'));
          writer.BulkBlob(blob, 0, 300);
          expected.push_back(reply::Bulk(blob->view()));
        }
      }
    }
    std::vector<ReplyValue> got;
    REQUIRE(ParseReplies(buffer.ToString(), &got));
    REQUIRE(got == expected);
  }
}

}  // namespace
}  // namespace gotthard
