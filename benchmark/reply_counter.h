// Counts the replies in a RESP2 or RESP3 byte stream without building them.
//
// A load generator needs to know how many replies have arrived and which of them were errors,
// nothing else. So a payload is stepped over unread, and an aggregate needs no stack: it is enough
// to know how many values are still owed before the top-level reply ends.
//
//   owed   `*3`: one value arrived (the array itself), three more owed       owed += 3 - 1
//          `%2`: map, two values per pair                                    owed += 4 - 1
//          `|1`: attributes belong to the value that follows them            owed += 2
//          `>4`: a push at top level is read like an array, but not counted
//
// Replies of a load test are mostly alike ("$32\r\n" + 34 bytes, or "+OK\r\n"), so the counter
// keeps the last top-level header (at most 8 bytes) and, while the next 8 bytes match it, steps a
// whole reply at a time: one load, one compare and one add each.
//
// Owning thread: one counter per connection, used by that connection's thread.
// Limits: a header line of at most 64 KB, a payload or an aggregate of at most 2^40; more, a kind
// that the protocol does not have, or a malformed length is a protocol error, after which the
// counter is of no more use. Streamed strings and aggregates (`$?`), which no server sends, are
// protocol errors too.
#pragma once

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <string_view>

namespace gotthard::bench {

// What was odd in the replies; shared by all connections of one thread.
struct ReplyTally {
  static constexpr size_t kMaxTexts = 16;

  void AddError(std::string_view text) {
    ++errors;
    auto it = texts.find(text);
    if (it != texts.end()) {
      ++it->second;
    } else if (texts.size() < kMaxTexts) {  // further texts are counted, but not kept
      texts.emplace(text, 1);
    }
  }
  void Merge(const ReplyTally& other) {
    errors += other.errors;
    nulls += other.nulls;
    for (const auto& [text, count] : other.texts) {
      if (texts.size() < kMaxTexts || texts.count(text) != 0) texts[text] += count;
    }
  }

  uint64_t errors = 0;  // `-` and `!`, nested ones too
  uint64_t nulls = 0;   // `$-1`, `*-1` and `_`, nested ones too: a GET that missed
  std::map<std::string, uint64_t, std::less<>> texts;
};

class ReplyCounter {
 public:
  static constexpr int64_t kProtocolError = -1;

  // Takes the next bytes of the stream, cut anywhere. Returns how many replies ended in them, or
  // kProtocolError.
  int64_t Feed(const char* data, size_t size, ReplyTally& tally) {
    const char* p = data;
    const char* const end = data + size;
    done_ = 0;
    while (p < end) {
      if (skip_ > 0) {
        const auto step = std::min<uint64_t>(skip_, static_cast<uint64_t>(end - p));
        p += step;
        skip_ -= step;
        if (skip_ > 0) break;
        EndValue();
        continue;
      }
      if (owed_ == 0 && partial_.empty()) {
        p = SkipAlike(p, end);
        if (p == end) break;
      }
      p = TakeHeader(p, end, tally);
      if (p == nullptr) return kProtocolError;
    }
    return done_;
  }

 private:
  static constexpr size_t kMaxLine = 64 * 1024;
  static constexpr int64_t kMaxLength = int64_t{1} << 40;

  // Steps over whole replies that begin with the remembered header.
  const char* SkipAlike(const char* p, const char* end) {
    if constexpr (std::endian::native != std::endian::little) return p;
    const uint64_t mask = alike_mask_;
    const uint64_t header = alike_header_;
    const size_t size = alike_size_;
    int64_t done = 0;
    while (static_cast<size_t>(end - p) >= std::max(size, sizeof(uint64_t))) {
      uint64_t word;
      std::memcpy(&word, p, sizeof word);
      if ((word & mask) != header) break;
      p += size;
      ++done;
    }
    done_ += done;
    return p;
  }

  // Reads one header line, whose beginning may have come with an earlier Feed. Returns the first
  // byte after it, `end` if its end has not come yet, or nullptr for a protocol error.
  const char* TakeHeader(const char* p, const char* end, ReplyTally& tally) {
    const auto left = static_cast<size_t>(end - p);
    const auto* newline = static_cast<const char*>(std::memchr(p, '\n', left));
    const size_t taken = newline == nullptr ? left : static_cast<size_t>(newline - p) + 1;
    if (partial_.size() + taken > kMaxLine) return nullptr;
    if (newline == nullptr) {
      partial_.append(p, taken);
      return end;
    }
    std::string_view line(p, taken);
    if (!partial_.empty()) {
      partial_.append(p, taken);
      line = partial_;
    }
    const bool good = line.size() >= 3 && line[line.size() - 2] == '\r' && ReadHeader(line, tally);
    partial_.clear();
    return good ? p + taken : nullptr;
  }

  // REQUIRES: the line ends in CRLF and has at least one byte before it.
  bool ReadHeader(std::string_view line, ReplyTally& tally) {
    const std::string_view rest = line.substr(1, line.size() - 3);
    const bool top = owed_ == 0;
    if (top) owed_ = 1;
    switch (line[0]) {
      case '+':
      case ':':
        if (top) Remember(line, 0);
        return EndValue();
      case ',':
      case '#':
      case '(':
        return EndValue();
      case '_':
        ++tally.nulls;
        return EndValue();
      case '-':
        tally.AddError(rest);
        return EndValue();
      case '$':
      case '=':
      case '!':
        return ReadBulk(line, rest, top, tally);
      default:
        return ReadAggregate(line[0], rest, top, tally);
    }
  }

  bool ReadBulk(std::string_view line, std::string_view rest, bool top, ReplyTally& tally) {
    int64_t length;
    if (!ReadLength(rest, length)) return false;
    if (length < 0) {
      ++tally.nulls;
      return EndValue();
    }
    if (line[0] == '!') tally.AddError("(error sent as a bulk string)");
    skip_ = static_cast<uint64_t>(length) + 2;
    if (top && line[0] == '$') Remember(line, skip_);
    return true;
  }

  bool ReadAggregate(char kind, std::string_view rest, bool top, ReplyTally& tally) {
    int64_t length;
    if (!ReadLength(rest, length)) return false;
    switch (kind) {
      case '>':
        if (!top) return false;
        push_ = true;
        [[fallthrough]];
      case '*':
      case '~':
        if (length < 0) {
          ++tally.nulls;
        } else {
          owed_ += length;
        }
        return EndValue();
      case '%':
      case '|':
        if (length < 0) return false;
        owed_ += 2 * length;
        return kind == '|' || EndValue();
      default:
        return false;
    }
  }

  // -1 (null) or 0..kMaxLength.
  static bool ReadLength(std::string_view text, int64_t& length) {
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, length);
    return error == std::errc() && stop == end && length >= -1 && length <= kMaxLength;
  }

  bool EndValue() {
    if (--owed_ > 0) return true;
    if (!push_) ++done_;
    push_ = false;
    return true;
  }

  void Remember(std::string_view header, uint64_t payload) {
    if (header.size() > sizeof(uint64_t)) return;
    alike_header_ = 0;
    std::memcpy(&alike_header_, header.data(), header.size());
    alike_mask_ = ~uint64_t{0} >> (64 - 8 * header.size());
    alike_size_ = header.size() + payload;
  }

  uint64_t skip_ = 0;  // payload bytes and their CRLF still to come
  int64_t owed_ = 0;   // values before the top-level reply ends; 0 between replies
  int64_t done_ = 0;   // replies ended in this Feed
  bool push_ = false;
  // Nothing masked equals 1, so no header matches before one has been remembered.
  uint64_t alike_header_ = 1;
  uint64_t alike_mask_ = 0;
  size_t alike_size_ = 0;
  std::string partial_;  // the beginning of a header line
};

}  // namespace gotthard::bench
