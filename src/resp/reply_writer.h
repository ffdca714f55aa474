// ReplyWriter: replies in RESP2 or RESP3 (https://redis.io/docs/reference/protocol-spec), into a
// ReplyBuffer.
//
// A handler says what it means (a map, a double, a truth value) and the writer says it in the
// client's protocol: what RESP2 lacks is written as Redis 7.2 writes it there. Every method returns
// Replied, which turns into an OK Status, so that a handler may end with `return
// reply.Integer(n);`.
//
// Aggregates: a header with the number of elements, then the elements, each by a call of its own;
// the writer does not count them. Where the number is known only afterwards: Defer(), then one of
// Set...Length().
//
// Owning thread: the one that owns the ReplyBuffer. A writer is two words, made where needed.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/numbers.h"
#include "base/status.h"
#include "resp/reply_buffer.h"

namespace gotthard {

enum class Protocol : uint8_t { kResp2 = 2, kResp3 = 3 };

// "The reply is written"; a Status where one is wanted.
struct Replied {
  // NOLINTNEXTLINE(google-explicit-constructor): so that handlers can return it.
  operator Status() const { return {}; }
};

namespace resp_internal {

// A header "$N\r\n" with the digits of a small N, padded so that it is copied as one word.
struct ShortHeader {
  char text[7];
  uint8_t length;
};
inline constexpr uint32_t kShortHeaders = 1000;
consteval std::array<ShortHeader, kShortHeaders> MakeShortHeaders() {
  std::array<ShortHeader, kShortHeaders> table{};
  for (uint32_t n = 0; n < kShortHeaders; ++n) {
    ShortHeader& header = table[n];
    uint8_t at = 0;
    header.text[at++] = '$';
    if (n >= 100) header.text[at++] = static_cast<char>('0' + n / 100);
    if (n >= 10) header.text[at++] = static_cast<char>('0' + n / 10 % 10);
    header.text[at++] = static_cast<char>('0' + n % 10);
    header.text[at++] = '\r';
    header.text[at++] = '\n';
    header.length = at;
  }
  return table;
}
inline constexpr auto kShortHeader = MakeShortHeaders();
static_assert(sizeof(ShortHeader) == 8, "a header is copied with one 8-byte store");

// Copies what is mostly short, up to 128 bytes without a call: overlapping stores, or 32 bytes a
// step with an overlapping tail. A reply of 100 bytes takes 9 ns so, 12.6 with memcpy
// (benchmark/micro/resp_bench).
inline char* CopyShort(char* out, const char* from, size_t length) {
  if (length <= 16) {
    if (length >= 8) {
      std::memcpy(out, from, 8);
      std::memcpy(out + length - 8, from + length - 8, 8);
    } else if (length >= 4) {
      std::memcpy(out, from, 4);
      std::memcpy(out + length - 4, from + length - 4, 4);
    } else if (length > 0) {
      out[0] = from[0];
      out[length / 2] = from[length / 2];
      out[length - 1] = from[length - 1];
    }
  } else if (length <= 32) {
    std::memcpy(out, from, 16);
    std::memcpy(out + length - 16, from + length - 16, 16);
  } else if (length <= 128) {
    for (size_t at = 0; at + 32 < length; at += 32) std::memcpy(out + at, from + at, 32);
    std::memcpy(out + length - 32, from + length - 32, 32);
  } else {
    std::memcpy(out, from, length);
  }
  return out + length;
}

}  // namespace resp_internal

class ReplyWriter {
 public:
  explicit ReplyWriter(ReplyBuffer& out, Protocol protocol = Protocol::kResp2)
      : out_(&out), protocol_(protocol) {}

  ReplyBuffer& buffer() { return *out_; }
  Protocol protocol() const { return protocol_; }
  void set_protocol(Protocol protocol) { protocol_ = protocol; }

  // --- The replies of every day, constant.
  Replied Ok() { return Constant("+OK\r\n"); }
  Replied Queued() { return Constant("+QUEUED\r\n"); }
  Replied Pong() { return Constant("+PONG\r\n"); }
  Replied EmptyArray() { return Constant("*0\r\n"); }
  Replied Null() { return resp3() ? Constant("_\r\n") : Constant("$-1\r\n"); }
  // The null that stands for an array; RESP3 has one null only.
  Replied NullArray() { return resp3() ? Constant("_\r\n") : Constant("*-1\r\n"); }
  Replied Bool(bool value) {
    if (resp3()) return value ? Constant("#t\r\n") : Constant("#f\r\n");
    return value ? Constant(":1\r\n") : Constant(":0\r\n");
  }

  Replied Integer(int64_t value) {
    char* p = out_->Reserve(kHeaderRoom);
    if (static_cast<uint64_t>(value) < 10) {
      const char text[4] = {':', static_cast<char>('0' + value), '\r', '\n'};
      std::memcpy(p, text, 4);
      out_->Commit(p + 4);
      return {};
    }
    *p++ = ':';
    return EndLine(p + FormatInt64(p, value));
  }

  // A string of any bytes, copied.
  Replied Bulk(std::string_view bytes) {
    if (bytes.size() >= resp_internal::kShortHeaders) return LongBulk(bytes);
    char* p = out_->Reserve(bytes.size() + kHeaderRoom);
    const auto& header = resp_internal::kShortHeader[bytes.size()];
    std::memcpy(p, &header, 8);
    return EndLine(resp_internal::CopyShort(p + header.length, bytes.data(), bytes.size()));
  }
  // A string that references `length` bytes of `blob`. Worth it from some kilobytes on; see
  // AppendBlob.
  Replied BulkBlob(BlobRef blob, size_t offset, size_t length);
  // A number as a string.
  Replied BulkInteger(int64_t value);

  // A status line. REQUIRES: no CR or LF in `text`.
  Replied Simple(std::string_view text);
  // An error, its code first and without '-'. CR and LF become spaces, as a line cannot hold them.
  Replied Error(std::string_view text);
  Replied Error(const Status& status) { return Error(status.text()); }

  // --- RESP3's own types. RESP2 gets: a string, an array, a flat array.
  Replied Double(double value);
  // As HINCRBYFLOAT and GEODIST reply: FormatLongDouble's digits.
  Replied LongDouble(long double value);
  // Digits of any length. REQUIRES: no CR or LF in `digits`.
  Replied BigNumber(std::string_view digits);
  // Text with a format of three characters, "txt" or "mkd". REQUIRES: format.size() == 3.
  Replied Verbatim(std::string_view format, std::string_view text);

  Replied ArrayHeader(uint64_t elements) { return Header('*', elements); }
  // `pairs` keys, each followed by its value.
  Replied MapHeader(uint64_t pairs) {
    return resp3() ? Header('%', pairs) : Header('*', pairs * 2);
  }
  Replied SetHeader(uint64_t elements) { return Header(resp3() ? '~' : '*', elements); }
  // A message that no command asked for (RESP2: an array).
  Replied PushHeader(uint64_t elements) { return Header(resp3() ? '>' : '*', elements); }
  // Attributes of the reply that follows. REQUIRES: RESP3.
  Replied AttributeHeader(uint64_t pairs) {
    assert(resp3());
    return Header('|', pairs);
  }

  // --- Aggregates whose length is known only after their elements. Nested ones end innermost
  // first.
  size_t Defer() { return out_->Gap(); }
  Replied SetArrayLength(size_t mark, uint64_t elements) { return FillHeader(mark, '*', elements); }
  Replied SetMapLength(size_t mark, uint64_t pairs) {
    return resp3() ? FillHeader(mark, '%', pairs) : FillHeader(mark, '*', pairs * 2);
  }
  Replied SetSetLength(size_t mark, uint64_t elements) {
    return FillHeader(mark, resp3() ? '~' : '*', elements);
  }

  // Bytes that are a reply already.
  Replied Raw(std::string_view bytes) {
    out_->Append(bytes);
    return {};
  }

 private:
  // A type byte, 20 digits, CRLF, and a multiple of eight.
  static constexpr size_t kHeaderRoom = 32;

  bool resp3() const { return protocol_ == Protocol::kResp3; }

  template <size_t N>
  Replied Constant(const char (&text)[N]) {
    static_assert(N - 1 <= kHeaderRoom);
    char* p = out_->Reserve(N - 1);
    std::memcpy(p, text, N - 1);
    out_->Commit(p + N - 1);
    return {};
  }
  Replied EndLine(char* p) {
    std::memcpy(p, "\r\n", 2);
    out_->Commit(p + 2);
    return {};
  }
  Replied Header(char type, uint64_t count) {
    char* p = out_->Reserve(kHeaderRoom);
    if (count < resp_internal::kShortHeaders) {
      const auto& header = resp_internal::kShortHeader[count];
      std::memcpy(p, &header, 8);
      *p = type;
      out_->Commit(p + header.length);
      return {};
    }
    *p++ = type;
    return EndLine(p + FormatUint64(p, count));
  }
  Replied Line(char type, std::string_view text);
  Replied LongBulk(std::string_view bytes);
  Replied FillHeader(size_t mark, char type, uint64_t count);

  ReplyBuffer* out_;
  Protocol protocol_;
};

}  // namespace gotthard
