// The command line of gotthard-benchmark. Switches that redis-benchmark has keep their letters and
// their meaning; what is new has a long name only.
//
// Owning thread: main; read-only for everybody once parsed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"

namespace gotthard::bench {

// A size in bytes, drawn anew for each use when least < most.
struct SizeRange {
  uint64_t least = 0;
  uint64_t most = 0;
};

struct Options {
  std::string host = "127.0.0.1";
  uint16_t port = 6379;
  std::string socket;  // a path; replaces host and port
  std::string user;
  std::string password;
  uint64_t database = 0;
  bool resp3 = false;
  bool tracking = false;

  uint64_t connections = 50;
  uint64_t requests = 100000;  // 0: no end but the duration's
  uint64_t pipeline = 1;
  uint64_t threads = 1;
  bool multi_threaded = false;  // --threads was given
  bool keep_alive = true;
  bool idle = false;
  bool loop = false;
  double drain_s = 5;     // what is in flight when the duration ends is waited for this long
  double duration_s = 0;  // 0: until `requests` are answered
  double rate = 0;        // requests a second, sent on schedule; 0: as fast as answers come
  double ramp = 0;        // new connections a second; 0: all at once
  double timeline_s = 0;  // figures for every interval of this length; 0: none

  uint64_t keyspace = 0;  // 0: no random keys
  SizeRange key_size{16, 16};
  std::string key_prefix = "key:";
  SizeRange data_size{3, 3};
  bool numbers = false;  // values are decimal numbers of data_size digits
  uint64_t ttl_s = 0;
  bool zipf = false;
  double zipf_exponent = 0.99;
  uint64_t seed = 0;
  uint64_t ring_bytes = 64 << 20;

  uint64_t preload = 0;
  uint64_t ratio_set = 0;
  uint64_t ratio_get = 0;
  std::vector<std::string> tests;    // lower case; empty: all of them
  std::vector<std::string> command;  // a command of the user's own, instead of the tests

  bool quiet = false;
  bool csv = false;
  bool json = false;
  bool show_errors = false;
  int precision = 3;

  bool help = false;
  bool version = false;
};

// Reads argv; the text of an error is one line for the user.
Result<Options> ParseOptions(int argc, const char* const* argv);

// What --help prints.
std::string HelpText();

}  // namespace gotthard::bench
