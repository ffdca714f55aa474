// Fuzzer: any bytes, cut anywhere, give the session that the same bytes give at once.
//
// The first byte of the input seeds the cuts, the second chooses the limits; the rest is what a
// client sends. Every piece arrives in a buffer of its own with its exact size, so that the
// sanitizer sees any access outside of it.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "resp/parser.h"

namespace gotthard {
namespace {

void Check(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "resp_parser_fuzz: %s\n", what);
  std::abort();
}

struct VectorSink {
  std::vector<ArgRef> args;
  size_t allowed = 0;
  ArgRef* Reserve(uint32_t argc) {
    // Memory only for what has arrived: an argument has six bytes on the wire, or is a word.
    Check(argc <= allowed, "reserved for bytes that have not arrived");
    args.resize(argc);
    return args.data();
  }
};

// Commands and their arguments, each with its length in front, then how it ended.
std::string Run(std::string_view bytes, const ParserLimits& limits, Random* cuts) {
  RequestParser parser(limits);
  VectorSink sink;
  std::string session;
  size_t dropped = 0;
  size_t arrived = 0;
  do {
    const size_t rest = bytes.size() - arrived;
    arrived += cuts == nullptr || rest == 0 ? rest : 1 + cuts->Below(rest);
    const std::string_view piece = bytes.substr(dropped, arrived - dropped);
    std::vector<char> buffer(piece.begin(), piece.end());
    sink.allowed = buffer.size();
    size_t at = 0;
    for (;;) {
      const auto outcome = parser.Parse(buffer.data(), at, buffer.size(), sink);
      if (outcome == RequestParser::Outcome::kError) return session + parser.error();
      Check(parser.consumed_to() >= at && parser.consumed_to() <= buffer.size(), "position");
      at = parser.consumed_to();
      if (outcome == RequestParser::Outcome::kNeedMore) break;
      session += std::to_string(parser.argc()) + ';';
      for (uint32_t i = 0; i < parser.argc(); ++i) {
        const ArgRef arg = sink.args[i];
        Check(size_t{arg.offset} + arg.length <= at, "argument outside of its request");
        session += std::to_string(arg.length) + ':';
        session.append(buffer.data() + arg.offset, arg.length);
      }
    }
    dropped += at;
  } while (arrived < bytes.size());
  return session + (parser.in_request() ? "unfinished" : "idle");
}

}  // namespace
}  // namespace gotthard

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace gotthard;  // NOLINT(google-build-using-namespace): one function, one file
  if (size < 2) return 0;
  Random cuts(data[0]);
  ParserLimits limits;
  limits.authenticated = (data[1] & 1) == 0;
  if ((data[1] & 2) != 0) limits.max_inline = 16;
  if ((data[1] & 4) != 0) limits.max_bulk_len = 8;
  if ((data[1] & 8) != 0) limits.max_multibulk = 3;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  const std::string whole = Run(bytes, limits, nullptr);
  const std::string cut = Run(bytes, limits, &cuts);
  if (whole != cut && limits.max_inline == 64 * 1024) Check(false, "cuts change the session");
  return 0;
}
