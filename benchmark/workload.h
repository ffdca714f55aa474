// What is sent: request templates, the default tests, and the ring of requests built beforehand.
//
// Building a request costs more than sending one, so all of it is done before the clock starts: a
// ring of requests, each with keys and values of its own, is built once per test and shared,
// read-only, by all threads. A thread sends consecutive requests straight out of the ring and
// starts over at its end. A ring holds up to --ring-mb of requests (64 MB: 1.8 million GETs), so
// that the keys drawn cover the key space well, and always at least one whole pipeline.
//
// Owning thread: main builds; then read-only, by any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "benchmark/options.h"
#include "benchmark/random.h"

namespace gotthard::bench {

// One command with placeholders. Text between placeholders is sent as it is.
class RequestTemplate {
 public:
  // An array of bulk strings. Words may hold __rand_int__, __key__ and __data__.
  static RequestTemplate Command(const std::vector<std::string>& words);
  // Sent as it is, for inline requests.
  static RequestTemplate Verbatim(std::string bytes);

  enum class Kind { kText, kRandInt, kKey, kData };
  struct Piece {
    Kind kind;
    std::string text;
  };
  using Word = std::vector<Piece>;

  const std::vector<Word>& words() const { return words_; }
  const std::string& verbatim() const { return verbatim_; }
  bool Has(Kind kind) const;

 private:
  std::vector<Word> words_;
  std::string verbatim_;
};

// Templates drawn with probabilities in proportion to their weights.
struct Workload {
  struct Part {
    RequestTemplate request;
    uint64_t weight;
  };
  std::string title;
  std::vector<Part> parts;
};

// The tests that the options ask for, in redis-benchmark's order and with its titles; or the user's
// own command; or the mix of --ratio.
Result<std::vector<Workload>> ChooseWorkloads(const Options& options);

// What --preload sends: the user's own command, or SET.
Workload PreloadWorkload(const Options& options);

// Requests back to back, with where each begins.
class RequestRing {
 public:
  size_t count() const { return starts_.size() - 1; }
  // The bytes of requests [first, first + number). REQUIRES: first + number <= count().
  std::string_view Slice(size_t first, size_t number) const {
    return std::string_view(bytes_).substr(starts_[first],
                                           starts_[first + number] - starts_[first]);
  }

 private:
  friend class RingBuilder;
  // Makes room for so many requests like the first, or for most_bytes of them.
  void Reserve(uint64_t requests, uint64_t most_bytes);

  std::string bytes_;
  std::vector<uint64_t> starts_{0};
};

class RingBuilder {
 public:
  explicit RingBuilder(const Options& options);

  // A ring for the workload: as many requests as will be sent, or as many as fit in --ring-mb, or
  // one pipeline if nothing in them varies.
  RequestRing Build(const Workload& workload);
  // The workload's requests for the numbers first..first+number-1, in order: what is drawn
  // otherwise, key or __rand_int__, is the request's number.
  RequestRing BuildPreload(const Workload& workload, uint64_t first, uint64_t number);

 private:
  void AppendRequest(const RequestTemplate& request, RequestRing& ring);
  void AppendPiece(const RequestTemplate::Piece& piece);
  void AppendKey(uint64_t number);
  void AppendData();
  uint64_t DrawNumber();
  bool Varies(const Workload& workload) const;

  const Options& options_;
  Random random_;
  Zipf zipf_;
  Scatter scatter_;
  std::string data_pool_;  // random printable bytes; values are slices of it
  std::string word_;       // the word being built
  bool sequential_ = false;
  uint64_t next_number_ = 0;
};

}  // namespace gotthard::bench
