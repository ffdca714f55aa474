#include "benchmark/workload.h"

#include <algorithm>
#include <iterator>

namespace gotthard::bench {
namespace {

using Kind = RequestTemplate::Kind;

struct Placeholder {
  std::string_view text;
  Kind kind;
};
constexpr Placeholder kPlaceholders[] = {
    {"__rand_int__", Kind::kRandInt}, {"__key__", Kind::kKey}, {"__data__", Kind::kData}};

// Splits a word at its placeholders.
RequestTemplate::Word SplitWord(std::string_view word) {
  RequestTemplate::Word pieces;
  while (!word.empty()) {
    size_t at = word.npos;
    const Placeholder* found = nullptr;
    for (const Placeholder& placeholder : kPlaceholders) {
      const size_t position = word.find(placeholder.text);
      if (position < at) {
        at = position;
        found = &placeholder;
      }
    }
    if (at != 0) pieces.push_back({Kind::kText, std::string(word.substr(0, at))});
    if (found == nullptr) break;
    pieces.push_back({found->kind, std::string(found->text)});
    word.remove_prefix(at + found->text.size());
  }
  return pieces;
}

void AppendNumber(uint64_t number, size_t width, std::string& out) {
  char digits[20];
  size_t size = 0;
  do {
    digits[sizeof digits - ++size] = static_cast<char>('0' + number % 10);
    number /= 10;
  } while (number > 0);
  if (size < width) out.append(width - size, '0');
  out.append(digits + sizeof digits - size, size);
}

// A default test: its names for -t, its title, its command, words separated by a blank.
struct Test {
  std::string_view names;
  std::string_view title;
  std::string_view command;
};

constexpr std::string_view kInline = "PING\r\n";
constexpr Test kTests[] = {
    {"ping_inline ping", "PING_INLINE", kInline},
    {"ping_mbulk ping", "PING_MBULK", "PING"},
    {"set", "SET", "SET __key__ __data__"},
    {"get", "GET", "GET __key__"},
    {"incr", "INCR", "INCR counter:__rand_int__"},
    {"lpush", "LPUSH", "LPUSH mylist __data__"},
    {"rpush", "RPUSH", "RPUSH mylist __data__"},
    {"lpop", "LPOP", "LPOP mylist"},
    {"rpop", "RPOP", "RPOP mylist"},
    {"sadd", "SADD", "SADD myset element:__rand_int__"},
    {"hset", "HSET", "HSET myhash element:__rand_int__ __data__"},
    {"spop", "SPOP", "SPOP myset"},
    {"zadd", "ZADD", "ZADD myzset __score__ element:__rand_int__"},
    {"zpopmin", "ZPOPMIN", "ZPOPMIN myzset"},
    {"lrange lrange_100 lrange_300 lrange_500 lrange_600", "LPUSH (needed to benchmark LRANGE)",
     "LPUSH mylist __data__"},
    {"lrange lrange_100", "LRANGE_100 (first 100 elements)", "LRANGE mylist 0 99"},
    {"lrange lrange_300", "LRANGE_300 (first 300 elements)", "LRANGE mylist 0 299"},
    {"lrange lrange_500", "LRANGE_500 (first 500 elements)", "LRANGE mylist 0 499"},
    {"lrange lrange_600", "LRANGE_600 (first 600 elements)", "LRANGE mylist 0 599"},
    {"mset", "MSET (10 keys)",
     "MSET __key__ __data__ __key__ __data__ __key__ __data__ __key__ __data__ __key__ __data__ "
     "__key__ __data__ __key__ __data__ __key__ __data__ __key__ __data__ __key__ __data__"},
    {"xadd", "XADD", "XADD mystream * myfield __data__"},
};

std::vector<std::string> SplitWords(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const size_t blank = text.find(' ');
    words.emplace_back(text.substr(0, blank));
    text.remove_prefix(blank == text.npos ? text.size() : blank + 1);
  }
  return words;
}

RequestTemplate MakeRequest(std::string_view command, const Options& options) {
  if (command == kInline) return RequestTemplate::Verbatim(std::string(command));
  std::vector<std::string> words = SplitWords(command);
  for (std::string& word : words) {
    if (word == "__score__") word = options.keyspace > 0 ? "__rand_int__" : "0";
  }
  if (words[0] == "SET" && options.ttl_s > 0) {
    words.insert(words.end(), {"EX", std::to_string(options.ttl_s)});
  }
  return RequestTemplate::Command(words);
}

bool Selected(const Test& test, const std::vector<std::string>& wanted) {
  const std::vector<std::string> names = SplitWords(test.names);
  return wanted.empty() || std::any_of(names.begin(), names.end(), [&](const std::string& name) {
           return std::find(wanted.begin(), wanted.end(), name) != wanted.end();
         });
}

bool IsTestName(const std::string& name) {
  return std::any_of(std::begin(kTests), std::end(kTests),
                     [&](const Test& test) { return Selected(test, {name}); });
}

Workload OwnCommand(const std::vector<std::string>& words) {
  Workload workload;
  for (const std::string& word : words) {
    if (!workload.title.empty()) workload.title += ' ';
    workload.title += word;
  }
  workload.parts.push_back({RequestTemplate::Command(words), 1});
  return workload;
}

Workload Mix(const Options& options) {
  Workload workload;
  workload.title =
      "SET:GET " + std::to_string(options.ratio_set) + ":" + std::to_string(options.ratio_get);
  workload.parts.push_back({MakeRequest("SET __key__ __data__", options), options.ratio_set});
  workload.parts.push_back({MakeRequest("GET __key__", options), options.ratio_get});
  return workload;
}

// A number drawn per key, the same whenever it is asked for.
uint64_t Mixed(uint64_t number) {
  return Random(number).Next();
}

}  // namespace

RequestTemplate RequestTemplate::Command(const std::vector<std::string>& words) {
  RequestTemplate request;
  for (const std::string& word : words) request.words_.push_back(SplitWord(word));
  return request;
}

RequestTemplate RequestTemplate::Verbatim(std::string bytes) {
  RequestTemplate request;
  request.verbatim_ = std::move(bytes);
  return request;
}

bool RequestTemplate::Has(Kind kind) const {
  return std::any_of(words_.begin(), words_.end(), [&](const Word& word) {
    return std::any_of(word.begin(), word.end(), [&](const Piece& p) { return p.kind == kind; });
  });
}

Result<std::vector<Workload>> ChooseWorkloads(const Options& options) {
  std::vector<Workload> workloads;
  if (!options.command.empty()) {
    workloads.push_back(OwnCommand(options.command));
    return workloads;
  }
  if (options.ratio_set + options.ratio_get > 0) {
    workloads.push_back(Mix(options));
    return workloads;
  }
  for (const std::string& name : options.tests) {
    if (!IsTestName(name)) return Status::Error("-t: there is no test '" + name + "'");
  }
  for (const Test& test : kTests) {
    if (!Selected(test, options.tests)) continue;
    workloads.push_back({std::string(test.title), {{MakeRequest(test.command, options), 1}}});
  }
  return workloads;
}

Workload PreloadWorkload(const Options& options) {
  if (!options.command.empty()) return OwnCommand(options.command);
  return {"preload", {{MakeRequest("SET __key__ __data__", options), 1}}};
}

void RequestRing::Reserve(uint64_t requests, uint64_t most_bytes) {
  const uint64_t size = std::max(bytes_.size(), size_t{1});
  const uint64_t fitting = std::min(requests, most_bytes / size + 1);
  bytes_.reserve((fitting + 1) * size);
  starts_.reserve(fitting + 2);
}

RingBuilder::RingBuilder(const Options& options)
    : options_(options),
      random_(options.seed),
      zipf_(std::max(options.keyspace, uint64_t{1}), options.zipf_exponent),
      scatter_(std::max(options.keyspace, uint64_t{1})) {
  // Larger than any value, so that equal values are rare.
  data_pool_.resize(options.data_size.most + 64 * 1024);
  for (char& c : data_pool_) c = static_cast<char>('0' + random_.Below(64));
}

bool RingBuilder::Varies(const Workload& workload) const {
  if (workload.parts.size() > 1) return true;
  const RequestTemplate& request = workload.parts[0].request;
  if (request.Has(Kind::kData)) return true;
  return options_.keyspace > 0 && (request.Has(Kind::kRandInt) || request.Has(Kind::kKey));
}

RequestRing RingBuilder::Build(const Workload& workload) {
  // Past four draws per key, hardly a key is left that was not drawn.
  uint64_t wanted = std::max(options_.keyspace, uint64_t{16 * 1024}) * 4;
  if (options_.requests > 0) wanted = std::min(wanted, options_.requests);
  if (!Varies(workload)) wanted = 1;
  wanted = std::max(wanted, options_.pipeline);
  uint64_t weights = 0;
  for (const Workload::Part& part : workload.parts) weights += part.weight;
  RequestRing ring;
  sequential_ = false;
  while (ring.count() < wanted) {
    if (ring.bytes_.size() >= options_.ring_bytes && ring.count() >= options_.pipeline) break;
    uint64_t drawn = workload.parts.size() == 1 ? 0 : random_.Below(weights);
    const Workload::Part* part = workload.parts.data();
    while (drawn >= part->weight) drawn -= (part++)->weight;
    AppendRequest(part->request, ring);
    // The first request tells the size of the others roughly enough to spare most of the growing.
    if (ring.count() == 1) ring.Reserve(wanted, std::max(options_.ring_bytes, uint64_t{4096}));
  }
  return ring;
}

RequestRing RingBuilder::BuildPreload(const Workload& workload, uint64_t first, uint64_t number) {
  RequestRing ring;
  sequential_ = true;
  next_number_ = first;
  while (ring.count() < number) {
    AppendRequest(workload.parts[0].request, ring);
    ++next_number_;
  }
  return ring;
}

void RingBuilder::AppendRequest(const RequestTemplate& request, RequestRing& ring) {
  std::string& out = ring.bytes_;
  out += request.verbatim();
  if (!request.words().empty()) {
    out += '*';
    AppendNumber(request.words().size(), 1, out);
    out += "\r\n";
  }
  for (const RequestTemplate::Word& word : request.words()) {
    word_.clear();
    for (const RequestTemplate::Piece& piece : word) AppendPiece(piece);
    out += '$';
    AppendNumber(word_.size(), 1, out);
    out += "\r\n";
    out += word_;
    out += "\r\n";
  }
  ring.starts_.push_back(out.size());
}

void RingBuilder::AppendPiece(const RequestTemplate::Piece& piece) {
  switch (piece.kind) {
    case Kind::kText:
      word_ += piece.text;
      return;
    case Kind::kRandInt:
      // Without -r, redis-benchmark leaves the word as it is: one key, the same for both tools.
      if (sequential_) {
        AppendNumber(next_number_, 12, word_);
      } else if (options_.keyspace == 0) {
        word_ += piece.text;
      } else {
        AppendNumber(DrawNumber(), 12, word_);
      }
      return;
    case Kind::kKey:
      if (sequential_) {
        AppendKey(next_number_);
      } else if (options_.keyspace > 0) {
        AppendKey(DrawNumber());
      } else {
        word_ += options_.key_prefix + "__rand_int__";
      }
      return;
    case Kind::kData:
      AppendData();
      return;
  }
}

void RingBuilder::AppendKey(uint64_t number) {
  const SizeRange& size = options_.key_size;
  const uint64_t spread = size.most - size.least + 1;
  const uint64_t bytes = size.least + (spread == 1 ? 0 : Mixed(number) % spread);
  word_ += options_.key_prefix;
  AppendNumber(number, bytes - options_.key_prefix.size(), word_);
}

void RingBuilder::AppendData() {
  const SizeRange& size = options_.data_size;
  const uint64_t bytes = size.least + random_.Below(size.most - size.least + 1);
  if (!options_.numbers) {
    word_.append(data_pool_, random_.Below(data_pool_.size() - bytes + 1), bytes);
    return;
  }
  uint64_t smallest = 1;  // with this many digits
  for (uint64_t i = 1; i < bytes; ++i) smallest *= 10;
  AppendNumber(smallest + random_.Below(9 * smallest), 1, word_);
}

uint64_t RingBuilder::DrawNumber() {
  if (!options_.zipf) return random_.Below(options_.keyspace);
  return scatter_(zipf_.Next(random_));
}

}  // namespace gotthard::bench
