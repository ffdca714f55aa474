#include "benchmark/options.h"

#include <algorithm>
#include <boost/program_options.hpp>
#include <cctype>
#include <charconv>
#include <iostream>
#include <iterator>
#include <random>
#include <sstream>
#include <string_view>

namespace gotthard::bench {
namespace {

namespace po = boost::program_options;

constexpr uint64_t kMaxDataSize = uint64_t{512} << 20;  // as the protocol allows by default
constexpr uint64_t kMaxKeySize = 64 * 1024;
constexpr uint64_t kMaxPipeline = 10'000'000;

// What is given as text and becomes something else.
struct RawOptions {
  std::string uri;
  std::string tests;
  std::string key_size;
  std::string data_size;
  std::string ratio;
  std::string distribution;
  std::string profile;
  int keep_alive = 1;
  double timeline_ms = 0;
  uint64_t ring_mb = 64;
  bool read_stdin = false;
};

po::options_description Description(Options& o, RawOptions& raw) {
  po::options_description all;
  po::options_description server("Server");
  server.add_options()("host,h", po::value(&o.host)->value_name("HOST"), "host (127.0.0.1)")(
      "port,p", po::value(&o.port)->value_name("PORT"), "port (6379)")(
      "socket,s", po::value(&o.socket)->value_name("PATH"), "Unix socket; replaces host and port")(
      "pass,a", po::value(&o.password)->value_name("PASSWORD"), "password for AUTH")(
      "user", po::value(&o.user)->value_name("NAME"), "user for AUTH; needs -a")(
      "uri,u", po::value(&raw.uri)->value_name("URI"), "redis://user:password@host:port/db")(
      "dbnum", po::value(&o.database)->value_name("N"), "database to SELECT (0)")(
      "resp3,3", po::bool_switch(&o.resp3), "speak RESP3")(
      "enable-tracking", po::bool_switch(&o.tracking), "send CLIENT TRACKING on first");
  po::options_description load("Load");
  load.add_options()("clients,c", po::value(&o.connections)->value_name("N"), "connections (50)")(
      "requests,n", po::value(&o.requests)->value_name("N"), "requests in all (100000)")(
      "pipeline,P", po::value(&o.pipeline)->value_name("N"), "requests per pipeline (1)")(
      "threads", po::value(&o.threads)->value_name("N"), "threads of the generator (1)")(
      "keepalive,k", po::value(&raw.keep_alive)->value_name("0|1"),
      "0: reconnect per pipeline (1)")(
      "duration", po::value(&o.duration_s)->value_name("SECONDS"),
      "run this long instead of -n requests; with -n, whichever ends first")(
      "rate", po::value(&o.rate)->value_name("N"),
      "open loop: N requests a second on schedule, latency from the scheduled time")(
      "ramp", po::value(&o.ramp)->value_name("N"), "open N connections a second (all at once)")(
      "idle,I", po::bool_switch(&o.idle), "only open the connections, and wait")(
      "loop,l", po::bool_switch(&o.loop), "repeat the tests for ever")(
      "timeline", po::value(&raw.timeline_ms)->value_name("MS"),
      "in the JSON, throughput and latency of every interval of MS")(
      "profile", po::value(&raw.profile)->value_name("NAME"),
      "pipeline-max: -c 1 -P 20000; realistic: -c 10 -P 100; unpipelined: -c 50 -P 1; "
      "connections: -c 10000 --ramp 500; each with -t set,get -r 1000000 unless given");
  po::options_description data("Requests");
  data.add_options()("keyspace,r", po::value(&o.keyspace)->value_name("N"),
                     "random keys out of N; also expands __rand_int__ (one key)")(
      "data-size,d", po::value(&raw.data_size)->value_name("BYTES"), "value size, N or A-B (3)")(
      "key-size", po::value(&raw.key_size)->value_name("BYTES"), "key size, N or A-B (16)")(
      "key-prefix", po::value(&o.key_prefix)->value_name("TEXT"), "keys begin with TEXT (key:)")(
      "numbers", po::bool_switch(&o.numbers), "values are numbers of -d digits")(
      "ttl", po::value(&o.ttl_s)->value_name("SECONDS"), "SET gives keys this TTL (none)")(
      "distribution", po::value(&raw.distribution)->value_name("uniform|zipf"),
      "how keys are drawn (uniform)")("zipf-exponent", po::value(&o.zipf_exponent)->value_name("X"),
                                      "(0.99)")("seed", po::value(&o.seed)->value_name("N"),
                                                "seed of all random choices (drawn)")(
      "ring-mb", po::value(&raw.ring_mb)->value_name("MB"), "memory for prebuilt requests (64)")(
      "tests,t", po::value(&raw.tests)->value_name("LIST"), "tests to run, comma separated (all)")(
      "ratio", po::value(&raw.ratio)->value_name("S:G"), "one test: S SETs for G GETs, mixed")(
      "preload", po::value(&o.preload)->value_name("N"),
      "SET keys 0..N-1, or send COMMAND with these numbers, each once, and exit")(
      "stdin,x", po::bool_switch(&raw.read_stdin), "the command's last argument is on stdin");
  po::options_description output("Output");
  output.add_options()("quiet,q", po::bool_switch(&o.quiet), "one line per test")(
      "csv", po::bool_switch(&o.csv), "CSV, columns as redis-benchmark's")(
      "json", po::bool_switch(&o.json), "one JSON document")(
      "errors,e", po::bool_switch(&o.show_errors), "show every kind of error reply")(
      "precision", po::value(&o.precision)->value_name("N"), "decimals of latencies (3)")(
      "help", po::bool_switch(&o.help), "this text")("version,v", po::bool_switch(&o.version),
                                                     "the version");
  all.add(server).add(load).add(data).add(output);
  return all;
}

// How many words of argv are switches: a command of the user's own starts at the first word that is
// neither a switch nor a switch's value, and may itself hold words that begin with '-'.
int CountSwitchWords(int argc, const char* const* argv,
                     const po::options_description& description) {
  int i = 1;
  while (i < argc) {
    const std::string_view word = argv[i];
    if (word == "--") return i;
    if (word.size() < 2 || word[0] != '-') return i;
    const bool is_long = word[1] == '-';
    const std::string name(is_long ? word.substr(2) : word.substr(0, 2));
    const bool adjacent = is_long ? name.find('=') != std::string::npos : word.size() > 2;
    const po::option_description* option = description.find_nothrow(name, false);
    const bool takes_value = option != nullptr && option->semantic()->max_tokens() > 0;
    i += takes_value && !adjacent ? 2 : 1;
  }
  return std::min(i, argc);
}

template <typename Number>
bool ReadNumber(std::string_view text, Number& number) {
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && stop == text.data() + text.size();
}

bool ReadRange(const std::string& text, SizeRange& range) {
  const size_t dash = text.find('-');
  if (!ReadNumber(std::string_view(text).substr(0, dash), range.least)) return false;
  range.most = range.least;
  if (dash == std::string::npos) return true;
  return ReadNumber(std::string_view(text).substr(dash + 1), range.most) &&
         range.most >= range.least;
}

std::vector<std::string> SplitList(const std::string& text) {
  std::vector<std::string> words;
  std::stringstream stream(text);
  for (std::string word; std::getline(stream, word, ',');) {
    std::transform(word.begin(), word.end(), word.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (!word.empty()) words.push_back(std::move(word));
  }
  return words;
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// %XX in a URI's user or password; anything else stays as it is.
std::string PercentDecoded(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? HexDigit(text[i + 1]) : -1;
    const int low = high < 0 ? -1 : HexDigit(text[i + 2]);
    if (low < 0) {
      out += text[i];
    } else {
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return out;
}

constexpr ErrorText kBadUri{"-u takes redis://[[user:]password@]host[:port][/db]"};

Status ApplyUri(const std::string& uri, Options& o) {
  constexpr std::string_view kScheme = "redis://";
  std::string_view rest = uri;
  if (rest.substr(0, kScheme.size()) != kScheme) return kBadUri;
  rest.remove_prefix(kScheme.size());
  if (const size_t slash = rest.find('/'); slash != rest.npos) {
    if (slash + 1 < rest.size() && !ReadNumber(rest.substr(slash + 1), o.database)) {
      return kBadUri;
    }
    rest = rest.substr(0, slash);
  }
  if (const size_t at = rest.rfind('@'); at != rest.npos) {
    const std::string_view login = rest.substr(0, at);
    const size_t colon = login.find(':');
    if (colon != login.npos) o.user = PercentDecoded(login.substr(0, colon));
    o.password = PercentDecoded(colon == login.npos ? login : login.substr(colon + 1));
    rest.remove_prefix(at + 1);
  }
  if (const size_t colon = rest.rfind(':'); colon != rest.npos) {
    if (!ReadNumber(rest.substr(colon + 1), o.port)) return kBadUri;
    rest = rest.substr(0, colon);
  }
  if (!rest.empty()) o.host = rest;
  return {};
}

struct Profile {
  std::string_view name;
  uint64_t connections;
  uint64_t pipeline;
  double ramp;
  double duration_s;
};

constexpr Profile kProfiles[] = {
    {"pipeline-max", 1, 20'000, 0, 10},
    {"realistic", 10, 100, 0, 10},
    {"unpipelined", 50, 1, 0, 10},
    {"connections", 10'000, 1, 500, 30},  // 20 s of them opening, 10 s all of them
};

Status ApplyProfile(const RawOptions& raw, const po::variables_map& given, Options& o) {
  if (raw.profile.empty()) return {};
  const auto* profile = std::find_if(std::begin(kProfiles), std::end(kProfiles),
                                     [&](const Profile& p) { return p.name == raw.profile; });
  if (profile == std::end(kProfiles)) {
    return Status::Error("--profile takes pipeline-max, realistic, unpipelined or connections");
  }
  if (given.count("clients") == 0) o.connections = profile->connections;
  if (given.count("pipeline") == 0) o.pipeline = profile->pipeline;
  if (given.count("ramp") == 0) o.ramp = profile->ramp;
  if (given.count("keyspace") == 0) o.keyspace = 1'000'000;
  if (o.tests.empty()) o.tests = {"set", "get"};
  if (given.count("requests") == 0 && given.count("duration") == 0) {
    o.duration_s = profile->duration_s;
  }
  return {};
}

Status ApplyRaw(const RawOptions& raw, const po::variables_map& given, Options& o) {
  if (!raw.uri.empty()) GOTTHARD_RETURN_IF_ERROR(ApplyUri(raw.uri, o));
  o.tests = SplitList(raw.tests);
  GOTTHARD_RETURN_IF_ERROR(ApplyProfile(raw, given, o));
  if (!raw.key_size.empty() && !ReadRange(raw.key_size, o.key_size)) {
    return Status::Error("--key-size takes a size or a range, as 16 or 16-64");
  }
  if (!raw.data_size.empty() && !ReadRange(raw.data_size, o.data_size)) {
    return Status::Error("-d takes a size or a range, as 32 or 8-1024");
  }
  if (!raw.ratio.empty()) {
    const size_t colon = raw.ratio.find(':');
    const std::string_view text = raw.ratio;
    if (colon == text.npos || !ReadNumber(text.substr(0, colon), o.ratio_set) ||
        !ReadNumber(text.substr(colon + 1), o.ratio_get) || o.ratio_set + o.ratio_get == 0) {
      return Status::Error("--ratio takes SETs:GETs, as 1:10");
    }
  }
  if (!raw.distribution.empty() && raw.distribution != "uniform" && raw.distribution != "zipf") {
    return Status::Error("--distribution takes uniform or zipf");
  }
  o.zipf = raw.distribution == "zipf";
  o.keep_alive = raw.keep_alive != 0;
  o.ring_bytes = raw.ring_mb << 20;
  o.timeline_s = raw.timeline_ms / 1000;
  // As redis-benchmark has it: 0 threads are one, a pipeline of 0 is none, -r 0 is one random key.
  o.multi_threaded = given.count("threads") != 0 && o.threads > 0;
  o.threads = std::max(o.threads, uint64_t{1});
  o.pipeline = std::max(o.pipeline, uint64_t{1});
  if (given.count("keyspace") != 0) o.keyspace = std::max(o.keyspace, uint64_t{1});
  if (given.count("seed") == 0) o.seed = std::random_device{}();
  if (given.count("requests") == 0 && o.duration_s > 0) o.requests = 0;
  if (raw.read_stdin) {
    if (o.command.empty()) return Status::Error("-x needs a command");
    o.command.emplace_back(std::istreambuf_iterator<char>(std::cin),
                           std::istreambuf_iterator<char>());
  }
  return {};
}

Status CheckSizes(const Options& o) {
  if (o.data_size.most > kMaxDataSize) return Status::Error("-d: at most 536870912 bytes");
  if (o.numbers && (o.data_size.least < 1 || o.data_size.most > 18)) {
    return Status::Error("--numbers: -d is the number of digits, 1 to 18");
  }
  if (o.key_size.most > kMaxKeySize) return Status::Error("--key-size: at most 65536 bytes");
  const uint64_t last_key = std::max({o.keyspace, o.preload, uint64_t{1}}) - 1;
  const uint64_t digits = std::to_string(last_key).size();
  if (o.key_size.least < o.key_prefix.size() + digits) {
    return Status::Error("--key-size: " + std::to_string(o.key_prefix.size() + digits) +
                         " bytes at least, for the prefix and " + std::to_string(digits) +
                         " digits");
  }
  return {};
}

Status Check(Options& o) {
  if (o.connections == 0) return Status::Error("-c: at least one connection");
  o.threads = std::min(o.threads, o.connections);
  if (o.pipeline > kMaxPipeline) return Status::Error("-P: at most 10000000");
  if (!(o.duration_s >= 0 && o.rate >= 0 && o.ramp >= 0)) {
    return Status::Error("--duration, --rate and --ramp: not below 0");
  }
  if (!(o.timeline_s == 0 || o.timeline_s >= 0.001)) {
    return Status::Error("--timeline: 1 millisecond at least");
  }
  if (o.requests == 0 && o.duration_s == 0 && !o.idle)
    return Status::Error("-n: at least one request");
  if (o.rate > 0 && !o.keep_alive) return Status::Error("--rate needs -k 1");
  if (o.zipf && (o.keyspace == 0 || o.zipf_exponent <= 0)) {
    return Status::Error("--distribution zipf needs -r and an exponent above 0");
  }
  if (!o.user.empty() && o.password.empty()) return Status::Error("--user needs -a");
  o.precision = std::clamp(o.precision, 0, 6);
  return CheckSizes(o);
}

}  // namespace

Result<Options> ParseOptions(int argc, const char* const* argv) {
  Options o;
  RawOptions raw;
  const po::options_description description = Description(o, raw);
  int words = CountSwitchWords(argc, argv, description);
  po::variables_map given;
  try {
    namespace style = po::command_line_style;
    const std::vector<std::string> switches(argv + 1, argv + words);
    po::store(po::command_line_parser(switches)
                  .options(description)
                  .style(style::unix_style & ~style::allow_guessing & ~style::allow_sticky)
                  .run(),
              given);
    po::notify(given);
  } catch (const po::error& error) {
    return Status::Error(error.what());
  }
  if (words < argc && std::string_view(argv[words]) == "--") ++words;
  o.command.assign(argv + words, argv + argc);
  if (o.help || o.version) return o;
  GOTTHARD_RETURN_IF_ERROR(ApplyRaw(raw, given, o));
  GOTTHARD_RETURN_IF_ERROR(Check(o));
  return o;
}

std::string HelpText() {
  Options o;
  RawOptions raw;
  std::stringstream out;
  out << "gotthard-benchmark [SWITCH ...] [COMMAND ARGUMENT ...]\n\n"
         "Loads a server that speaks the Redis protocol and reports throughput and latency. "
         "Without a\n"
         "command, runs the tests of redis-benchmark. In a command, __rand_int__ becomes a number "
         "of\n"
         "12 digits below -r, __key__ a key as the tests use it, __data__ a value of -d bytes.\n"
      << Description(o, raw);
  return out.str();
}

}  // namespace gotthard::bench
