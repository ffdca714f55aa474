#include "resp/parser.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "base/ascii.h"
#include "base/numbers.h"

namespace gotthard {
namespace {

// A connection that once sent a long request does not keep its memory.
constexpr size_t kKeptArgs = 256;

// Both are the C locale's, written out so that no locale can change the protocol.
bool IsSpace(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}
bool EndsWord(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

// Copies a quoted part that opens at line[*p] to *w, which never overtakes *p. Returns false if the
// quote is not closed, or is closed in the middle of a word.
bool CopyQuoted(char* line, size_t size, size_t* p, size_t* w) {
  const char quote = line[(*p)++];
  while (*p < size) {
    if (line[*p] == quote) {
      ++*p;
      return *p == size || IsSpace(line[*p]);
    }
    if (line[*p] == '\\' && *p + 1 < size && (quote == '"' || line[*p + 1] == '\'')) {
      ++*p;
      const char c = quote == '"' ? Unescape({line, size}, p) : line[(*p)++];
      line[(*w)++] = c;
      continue;
    }
    line[(*w)++] = line[(*p)++];
  }
  return false;
}

// Splits a line into words and unescapes them where they stand. Returns false on unbalanced quotes.
bool SplitLine(char* line, size_t size, std::vector<ArgRef>* words) {
  size_t p = 0;
  for (;;) {
    while (p < size && IsSpace(line[p])) ++p;
    if (p == size) return true;
    const size_t start = p;
    size_t w = p;
    while (p < size && !EndsWord(line[p])) {
      if (line[p] == '"' || line[p] == '\'') {
        if (!CopyQuoted(line, size, &p, &w)) return false;
        break;  // a closing quote ends the word
      } else {
        line[w++] = line[p++];
      }
    }
    words->push_back({static_cast<uint32_t>(start), static_cast<uint32_t>(w - start)});
  }
}

}  // namespace

void RequestParser::UpdateFastLimits() {
  fast_max_args_ = static_cast<uint32_t>(
      std::clamp<int64_t>(limits_.authenticated ? limits_.max_multibulk : kUnauthenticatedArgs, 0,
                          std::min<int64_t>(limits_.max_multibulk, kMaxFastArgs)));
  fast_max_bulk_ = static_cast<uint32_t>(std::min<uint64_t>(limits_.max_bulk_len, kMaxFastBulk));
}

void RequestParser::Reset() {
  phase_ = Phase::kStart;
  problem_ = Problem::kNone;
  collected_.clear();
}

RequestParser::Outcome RequestParser::NeedMore(uint64_t bytes) {
  need_hint_ = bytes;
  return Outcome::kNeedMore;
}

RequestParser::Outcome RequestParser::Fail(Problem problem) {
  phase_ = Phase::kFailed;
  problem_ = problem;
  return Outcome::kError;
}

void RequestParser::DeliverCollected(ArgRef* out) {
  const auto shift = static_cast<uint32_t>(request_begin_);
  for (const ArgRef& arg : collected_) *out++ = {arg.offset + shift, arg.length};
  argc_ = static_cast<uint32_t>(collected_.size());
  collected_.clear();
  if (collected_.capacity() > kKeptArgs) collected_ = {};
}

RequestParser::Outcome RequestParser::ParseSlowly(char* base, size_t begin, size_t end) {
  assert(phase_ != Phase::kFailed);
  for (;;) {
    request_begin_ = consumed_to_ = begin;
    if (phase_ == Phase::kStart) {
      if (begin == end) return NeedMore(1);
      phase_ = base[begin] == '*' ? Phase::kCount : Phase::kInline;
      position_ = scanned_ = 0;
    }
    const Outcome outcome = phase_ == Phase::kInline ? ParseInline(base + begin, end - begin)
                                                     : ParseArray(base + begin, end - begin);
    if (outcome != Outcome::kCommand) return outcome;
    phase_ = Phase::kStart;
    consumed_to_ = begin + position_;
    if (!collected_.empty()) return Outcome::kCommand;
    begin = consumed_to_;
  }
}

// Looks for the end of the line at position_, beginning where the last search stopped.
bool RequestParser::FindFrom(const char* data, size_t size, char wanted, size_t* found) {
  const void* hit = std::memchr(data + scanned_, wanted, size - scanned_);
  scanned_ = hit != nullptr ? static_cast<size_t>(static_cast<const char*>(hit) - data) : size;
  *found = scanned_;
  return hit != nullptr;
}

RequestParser::Outcome RequestParser::ParseInline(char* data, size_t size) {
  size_t newline = 0;
  if (!FindFrom(data, size, '\n', &newline)) {
    return size > limits_.max_inline ? Fail(Problem::kBigInline) : NeedMore(1);
  }
  const bool has_return = newline > 0 && data[newline - 1] == '\r';
  const size_t length = newline - (has_return ? 1 : 0);
  // The same whether the line came at once or in pieces.
  if (length > limits_.max_inline) return Fail(Problem::kBigInline);
  if (!SplitLine(data, length, &collected_)) {
    return Fail(Problem::kUnbalancedQuotes);
  }
  position_ = newline + 1;
  return Outcome::kCommand;
}

// The line "*<count>\r\n". kCommand means that the count is known.
RequestParser::Outcome RequestParser::ParseCount(const char* data, size_t size) {
  size_t line_end = 0;
  if (!FindFrom(data, size, '\r', &line_end)) {
    return size > limits_.max_inline ? Fail(Problem::kBigCount) : NeedMore(1);
  }
  if (size - line_end < 2) return NeedMore(1);
  const auto count = ParseInt64({data + 1, line_end - 1});
  if (!count || *count > limits_.max_multibulk) return Fail(Problem::kBadCount);
  if (*count > kUnauthenticatedArgs && !limits_.authenticated) {
    return Fail(Problem::kUnauthenticatedCount);
  }
  args_left_ = std::max<int64_t>(*count, 0);
  position_ = scanned_ = line_end + 2;
  phase_ = Phase::kHeader;
  return Outcome::kCommand;
}

// The line "$<length>\r\n". kCommand means that the length is known.
RequestParser::Outcome RequestParser::ParseHeader(const char* data, size_t size) {
  size_t line_end = 0;
  if (!FindFrom(data, size, '\r', &line_end)) {
    return size - position_ > limits_.max_inline ? Fail(Problem::kBigHeader) : NeedMore(1);
  }
  if (size - line_end < 2) return NeedMore(1);
  if (data[position_] != '$') {
    offending_ = data[position_];
    return Fail(Problem::kNoDollar);
  }
  const auto length = ParseInt64({data + position_ + 1, line_end - position_ - 1});
  if (!length || *length < 0) return Fail(Problem::kBadLength);
  const auto bytes = static_cast<uint64_t>(*length);
  const uint64_t request_rest = kMaxRequestBytes - std::min(kMaxRequestBytes, line_end + 4);
  if (bytes > limits_.max_bulk_len || bytes > request_rest) return Fail(Problem::kBadLength);
  if (bytes > kUnauthenticatedBulk && !limits_.authenticated) {
    return Fail(Problem::kUnauthenticatedLength);
  }
  bulk_length_ = bytes;
  position_ = line_end + 2;
  phase_ = Phase::kBulk;
  return Outcome::kCommand;
}

RequestParser::Outcome RequestParser::ParseArray(const char* data, size_t size) {
  if (phase_ == Phase::kCount) {
    const Outcome outcome = ParseCount(data, size);
    if (outcome != Outcome::kCommand) return outcome;
  }
  while (args_left_ > 0) {
    if (phase_ == Phase::kHeader) {
      const Outcome outcome = ParseHeader(data, size);
      if (outcome != Outcome::kCommand) return outcome;
    }
    const uint64_t wanted = bulk_length_ + 2;
    const uint64_t there = size - position_;
    if (there < wanted) return NeedMore(wanted - there);
    collected_.push_back({static_cast<uint32_t>(position_), static_cast<uint32_t>(bulk_length_)});
    position_ += wanted;
    scanned_ = position_;
    phase_ = Phase::kHeader;
    --args_left_;
  }
  return Outcome::kCommand;
}

std::string RequestParser::error() const {
  const auto text = [this]() -> std::string_view {
    switch (problem_) {
      case Problem::kNone:
        return "no error";
      case Problem::kBigInline:
        return "too big inline request";
      case Problem::kUnbalancedQuotes:
        return "unbalanced quotes in request";
      case Problem::kBigCount:
        return "too big mbulk count string";
      case Problem::kBadCount:
        return "invalid multibulk length";
      case Problem::kUnauthenticatedCount:
        return "unauthenticated multibulk length";
      case Problem::kBigHeader:
        return "too big bulk count string";
      case Problem::kNoDollar:
        return "expected '$', got '";
      case Problem::kBadLength:
        return "invalid bulk length";
      case Problem::kUnauthenticatedLength:
        return "unauthenticated bulk length";
    }
    return "";
  }();
  std::string message = "ERR Protocol error: ";
  message += text;
  if (problem_ == Problem::kNoDollar) {
    message += offending_;
    message += '\'';
  }
  return message;
}

}  // namespace gotthard
