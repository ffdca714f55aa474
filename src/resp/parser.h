// RequestParser: finds the next request in a buffer of received bytes, RESP arrays and inline
// lines.
//
// The parser owns no bytes and copies none: an argument is an ArgRef, an offset into the caller's
// buffer. It works on what is there and remembers where it stood, so a request may arrive in any
// pieces. It knows no sockets. Format: https://redis.io/docs/reference/protocol-spec; limits and
// error texts are those of Redis 7.2, as is its leniency: the byte after a '\r' is skipped, not
// checked.
//
//   *2\r\n  $3\r\n  GET\r\n  $5\r\n  hello\r\n          GET "hel\x6co"\r\n
//   count   length  bytes    length  bytes              inline: words, quotes, escapes
//
// Two paths. Parse() is inlined and handles a complete request with short lengths: a few
// nanoseconds per argument, written straight into the caller's memory. Everything else (incomplete,
// inline, huge, wrong) is the business of ParseSlowly(), whose arguments collect in the parser
// until the request is complete. A request that the fast path gave up on is scanned once more (at
// most kMaxFastArgs headers, once); after that nothing is scanned twice.
//
// Never trusts a length: memory is reserved only for arguments whose bytes have arrived (an
// argument needs six bytes, an ArgRef eight).
//
// Owning thread: the connection's reactor. Limit: a request of kMaxRequestBytes, so that offsets
// fit 32 bits; a longer one gets "invalid bulk length".
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace gotthard {

// An argument of a request, as an offset from the `base` that was given to Parse().
struct ArgRef {
  uint32_t offset;
  uint32_t length;
};
static_assert(sizeof(ArgRef) == 8, "two words per GET in the command stream");

struct ParserLimits {
  uint64_t max_bulk_len = 512ull * 1024 * 1024;  // proto-max-bulk-len
  uint64_t max_inline = 64 * 1024;               // longest line of any kind
  int64_t max_multibulk = INT32_MAX;             // most arguments
  // A client that has yet to authenticate gets 10 arguments of 16 KB. The caller keeps this
  // current, and so must not parse beyond an AUTH or HELLO before knowing its outcome.
  bool authenticated = true;
};

class RequestParser {
 public:
  enum class Outcome {
    kCommand,   // argc() arguments are in the sink; the request ends at consumed_to()
    kNeedMore,  // an unfinished request begins at consumed_to(); call again with more bytes
    kError,     // error() says what is wrong; nothing more can be parsed
  };

  // A whole request with its lines stays below this; 1 MB is left for what precedes it in a buffer.
  static constexpr uint64_t kMaxRequestBytes = UINT32_MAX - (1u << 20);
  // Longer requests take the slow path, which costs them little per argument.
  static constexpr uint32_t kMaxFastArgs = 1024;
  static constexpr uint32_t kMaxFastBulk = 9999;

  RequestParser() = default;
  explicit RequestParser(const ParserLimits& limits) { set_limits(limits); }

  void set_limits(const ParserLimits& limits) {
    limits_ = limits;
    UpdateFastLimits();
  }
  void set_authenticated(bool authenticated) {
    limits_.authenticated = authenticated;
    UpdateFastLimits();
  }
  const ParserLimits& limits() const { return limits_; }

  // Parses the next request in [base + begin, base + end). Empty requests ("*0", "*-1", blank
  // lines) are skipped. After kNeedMore, `base + begin` must be the same request's first byte,
  // wherever the caller has moved it to since; bytes before consumed_to() are not needed any more.
  //
  // The sink gives memory for arguments: `ArgRef* Reserve(uint32_t argc)` returns room for argc of
  // them, where the caller will look after kCommand. A call that was not followed by kCommand means
  // nothing.
  //
  // Inline requests with quotes are unescaped in place, hence the mutable bytes.
  // REQUIRES: begin <= end <= UINT32_MAX; no kError since the last Reset().
  template <typename Sink>
  Outcome Parse(char* base, size_t begin, size_t end, Sink& sink);

  // Parses one argument "$N\r\n...\r\n" at `p`, if it is complete and short: for a caller that
  // has recognised what precedes it. Returns what follows, or null. REQUIRES: at_start().
  const char* ParseArgument(const char* base, const char* p, const char* limit, ArgRef* out) const;
  // Whether the next byte begins a request.
  bool at_start() const { return phase_ == Phase::kStart; }

  // After kCommand: the number of arguments, at least 1.
  uint32_t argc() const { return argc_; }
  // The offset from `base` up to which bytes are done with.
  size_t consumed_to() const { return consumed_to_; }
  // After kNeedMore: at least this many more bytes are needed to go on. Exact inside an
  // argument, so that the caller can size its buffer; else 1.
  uint64_t need_hint() const { return need_hint_; }
  // After kNeedMore: the length of the argument that is incomplete; 0 if that is not known yet.
  uint64_t argument_bytes() const { return phase_ == Phase::kBulk ? bulk_length_ : 0; }
  // After kNeedMore: whether part of a request is there (an idle connection has none).
  bool in_request() const { return phase_ != Phase::kStart; }
  // After kError: the error's text with its code, for the reply before the connection closes.
  std::string error() const;
  // Forgets an unfinished request or an error.
  void Reset();

 private:
  enum class Phase : uint8_t { kStart, kInline, kCount, kHeader, kBulk, kFailed };
  enum class Problem : uint8_t {
    kNone,
    kBigInline,
    kUnbalancedQuotes,
    kBigCount,
    kBadCount,
    kUnauthenticatedCount,
    kBigHeader,
    kNoDollar,
    kBadLength,
    kUnauthenticatedLength,
  };

  static constexpr uint32_t kMinArgBytes = 6;  // $0\r\n\r\n
  static constexpr int64_t kUnauthenticatedArgs = 10;
  static constexpr uint64_t kUnauthenticatedBulk = 16384;

  static uint32_t Digit(char c) { return static_cast<unsigned char>(c) - uint32_t{'0'}; }
  // Reads digits up to a '\r' at `p`, in its canonical spelling and of at most 4 digits. Returns
  // what follows "\r\n", or null if the text is anything else. REQUIRES: 6 readable bytes.
  static const char* ReadShortLength(const char* p, uint32_t* value);
  // The fast path. Returns the end of the request, or null if it is none for this path.
  template <typename Sink>
  const char* ParseWhole(const char* base, const char* p, const char* limit, Sink& sink);

  void UpdateFastLimits();
  // Parses on; completed arguments are in collected_, relative to the request's start.
  Outcome ParseSlowly(char* base, size_t begin, size_t end);
  Outcome ParseInline(char* data, size_t size);
  Outcome ParseArray(const char* data, size_t size);
  Outcome ParseCount(const char* data, size_t size);
  Outcome ParseHeader(const char* data, size_t size);
  bool FindFrom(const char* data, size_t size, char wanted, size_t* found);
  Outcome NeedMore(uint64_t bytes);
  Outcome Fail(Problem problem);
  void DeliverCollected(ArgRef* out);

  uint32_t argc_ = 0;
  uint32_t fast_max_args_ = kMaxFastArgs;
  uint32_t fast_max_bulk_ = kMaxFastBulk;
  Phase phase_ = Phase::kStart;
  Problem problem_ = Problem::kNone;
  char offending_ = 0;  // what stood where a '$' was expected
  size_t consumed_to_ = 0;
  uint64_t need_hint_ = 0;

  // The unfinished request; offsets count from its first byte.
  size_t request_begin_ = 0;  // of the latest call
  uint64_t position_ = 0;     // the line or argument that is being read
  uint64_t scanned_ = 0;      // up to here that line has no end
  uint64_t bulk_length_ = 0;
  int64_t args_left_ = 0;
  std::vector<ArgRef> collected_;

  ParserLimits limits_;
};

inline const char* RequestParser::ReadShortLength(const char* p, uint32_t* value) {
  uint32_t number = Digit(p[0]);
  if (number > 9) return nullptr;
  if (p[1] == '\r') [[likely]] {
    *value = number;
    return p + 3;
  }
  uint32_t digit = Digit(p[1]);
  if (digit > 9 || number == 0) return nullptr;
  number = number * 10 + digit;
  if (p[2] == '\r') [[likely]] {
    *value = number;
    return p + 4;
  }
  for (int i = 2; i < 4; ++i) {
    digit = Digit(p[i]);
    if (digit > 9) return nullptr;
    number = number * 10 + digit;
    if (p[i + 1] == '\r') {
      *value = number;
      return p + i + 3;
    }
  }
  return nullptr;
}

inline const char* RequestParser::ParseArgument(const char* base, const char* p, const char* limit,
                                                ArgRef* out) const {
  if (limit - p < kMinArgBytes + 1 || *p != '$') return nullptr;
  uint32_t length = 0;
  p = ReadShortLength(p + 1, &length);
  if (p == nullptr || length > fast_max_bulk_) return nullptr;
  if (limit - p < static_cast<ptrdiff_t>(length) + 2) return nullptr;
  *out = {static_cast<uint32_t>(p - base), length};
  return p + length + 2;
}

template <typename Sink>
inline const char* RequestParser::ParseWhole(const char* base, const char* p, const char* limit,
                                             Sink& sink) {
  // The shortest request of all is "*1\r\n" and one argument; so the reads below are inside.
  if (limit - p < 4 + kMinArgBytes || *p != '*') return nullptr;
  uint32_t argc = 0;
  p = ReadShortLength(p + 1, &argc);
  if (p == nullptr || argc - 1 >= fast_max_args_) return nullptr;  // zero wraps around
  if (limit - p < static_cast<ptrdiff_t>(argc) * kMinArgBytes) return nullptr;
  ArgRef* out = sink.Reserve(argc);
  for (uint32_t i = 0; i < argc; ++i) {
    p = ParseArgument(base, p, limit, out + i);
    if (p == nullptr) return nullptr;
  }
  argc_ = argc;
  return p;
}

template <typename Sink>
inline RequestParser::Outcome RequestParser::Parse(char* base, size_t begin, size_t end,
                                                   Sink& sink) {
  assert(begin <= end && end <= UINT32_MAX);
  if (phase_ == Phase::kStart) [[likely]] {
    const char* done = ParseWhole(base, base + begin, base + end, sink);
    if (done != nullptr) [[likely]] {
      consumed_to_ = static_cast<size_t>(done - base);
      return Outcome::kCommand;
    }
  }
  const Outcome outcome = ParseSlowly(base, begin, end);
  if (outcome == Outcome::kCommand) {
    DeliverCollected(sink.Reserve(static_cast<uint32_t>(collected_.size())));
  }
  return outcome;
}

}  // namespace gotthard
