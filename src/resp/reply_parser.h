// The client's side of the protocol: replies read into a tree. For tests and tools, not for the
// server.
//
// A ReplyValue compares and prints, so that a test reads as a dialogue:
//
//   using namespace gotthard::reply;
//   CHECK(run("INCR n") == Int(1));
//   CHECK(run("KEYS *") == Array({Bulk("a"), Bulk("b")}));
//
// Owning thread: any; values. Limits: kMaxReplyDepth levels; lengths are never trusted for an
// allocation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace gotthard {

inline constexpr int kMaxReplyDepth = 128;

struct ReplyValue {
  enum class Kind : uint8_t {
    kNull,       // $-1 and _
    kNullArray,  // *-1
    kSimple,     // +text
    kError,      // -text and !bulk
    kInteger,    // :n
    kBulk,       // $bytes
    kArray,      // *
    kMap,        // %  elements: key, value, key, value ...
    kSet,        // ~
    kPush,       // >
    kDouble,     // ,text
    kBool,       // #t #f
    kBigNumber,  // (digits
    kVerbatim,   // =fmt:bytes
  };

  Kind kind = Kind::kNull;
  int64_t integer = 0;                 // kInteger; kBool: 0 or 1
  std::string text;                    // what is not in the other two; a double as it was written
  std::vector<ReplyValue> elements;    // aggregates
  std::vector<ReplyValue> attributes;  // of an attribute frame before this reply: key, value, ...

  bool operator==(const ReplyValue& other) const;
  bool is_error() const { return kind == Kind::kError; }
  bool is_null() const { return kind == Kind::kNull || kind == Kind::kNullArray; }
  bool is_aggregate() const {
    return kind == Kind::kArray || kind == Kind::kMap || kind == Kind::kSet || kind == Kind::kPush;
  }
  double as_double() const;
};

// As redis-cli shows it: (integer) 1, "text", (nil), 1) "a" ... without a final newline.
std::string ToText(const ReplyValue& value);
std::ostream& operator<<(std::ostream& out, const ReplyValue& value);

enum class ReplyOutcome { kReply, kNeedMore, kMalformed };

// Reads the reply that `bytes` begin with. On kReply, *used is its length. On kNeedMore the caller
// tries again with more: the reply is read from its start again.
ReplyOutcome ParseReply(std::string_view bytes, ReplyValue* value, size_t* used);
// Reads whole replies until the end. Returns false if the bytes are malformed or end inside a
// reply.
bool ParseReplies(std::string_view bytes, std::vector<ReplyValue>* values);

// What a client sends: the words as a RESP array.
std::string EncodeRequest(const std::vector<std::string>& words);

// Short names for expected replies.
namespace reply {
ReplyValue Nil();
ReplyValue NilArray();
ReplyValue Simple(std::string_view text);
ReplyValue Ok();
ReplyValue Error(std::string_view text);
ReplyValue Int(int64_t value);
ReplyValue Bulk(std::string_view bytes);
ReplyValue Array(std::vector<ReplyValue> elements);
// Strings only, which most arrays are.
ReplyValue Bulks(std::initializer_list<std::string_view> elements);
ReplyValue Map(std::vector<ReplyValue> keys_and_values);
ReplyValue Set(std::vector<ReplyValue> elements);
ReplyValue Push(std::vector<ReplyValue> elements);
ReplyValue Double(std::string_view text);
ReplyValue Bool(bool value);
ReplyValue BigNumber(std::string_view digits);
ReplyValue Verbatim(std::string_view format, std::string_view text);
}  // namespace reply

}  // namespace gotthard
