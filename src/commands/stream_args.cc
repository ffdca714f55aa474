#include "commands/stream_args.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <optional>
#include <string>

#include "base/numbers.h"

namespace gotthard {
namespace {

constexpr size_t kMaxIdChars = 127;  // Redis's limit, of what else there may be in front of digits
constexpr size_t kMaxDigits = 19;    // so many cannot overflow

// One half of an id, spelled in digits: the way that clients say it.
[[gnu::always_inline]] inline bool ParseDigits(const char*& at, const char* end, uint64_t* value) {
  const char* begin = at;
  uint64_t number = 0;
  for (; at < end; ++at) {
    const unsigned digit = static_cast<unsigned char>(*at) - unsigned{'0'};
    if (digit > 9) break;
    number = number * 10 + digit;
  }
  *value = number;
  return at > begin && at - begin <= static_cast<ptrdiff_t>(kMaxDigits);
}

// One half as strtoull reads it, but a plain negative number is none.
bool ParseHalf(const std::string& text, uint64_t* value) {
  if (const auto plain = ParseInt64(text)) {
    *value = static_cast<uint64_t>(*plain);
    return *plain >= 0;
  }
  char* end = nullptr;
  errno = 0;
  *value = std::strtoull(text.c_str(), &end, 10);
  return errno == 0 && !text.empty() && *end == '\0';
}

// `any_seq`: set for `<ms>-*`, which is an id then; null where it is not taken.
bool ParseIdSlowly(std::string_view text, uint64_t missing_seq, StreamId* id, bool* any_seq) {
  if (text.size() > kMaxIdChars) return false;
  const std::string spelled(text.substr(0, text.find('\0')));  // as C reads it
  if (spelled == "-" || spelled == "+") return false;
  const size_t dash = spelled.find('-');
  if (!ParseHalf(spelled.substr(0, dash), &id->ms)) return false;
  id->seq = missing_seq;
  if (dash == std::string::npos) return true;
  const std::string seq = spelled.substr(dash + 1);
  if (any_seq != nullptr && seq == "*") {
    *any_seq = true;
    id->seq = 0;
    return true;
  }
  return ParseHalf(seq, &id->seq);
}

bool IsOpen(std::string_view text) {
  return text.size() > 1 && text[0] == '(';
}

// "~" or "=" at `i`, which moves behind it. There has to be an argument behind it.
bool TakeApproximate(const Args& args, size_t* i) {
  if (*i + 1 >= args.size()) return false;
  const bool approximate = args[*i] == "~";
  if (approximate || args[*i] == "=") ++*i;
  return approximate;
}

struct TrimOptions {
  std::optional<int64_t> limit;
  bool approximate = false;
};

// MAXLEN or MINID with what follows it; `i` is at the word and ends at its last argument.
Status TakeStrategy(const Args& args, size_t* i, TrimOptions& options, StreamEdit& edit) {
  static constexpr ErrorText kBoth{
      "ERR syntax error, MAXLEN and MINID options at the same time are not compatible"};
  static constexpr ErrorText kNegative{"ERR The MAXLEN argument must be >= 0."};
  if (edit.strategy != StreamEdit::Strategy::kNone) return kBoth;
  const bool by_length = IsOption(args[*i], "maxlen");
  ++*i;
  options.approximate = TakeApproximate(args, i);
  if (!by_length) {
    edit.strategy = StreamEdit::Strategy::kMinId;
    return TakeStreamId(args[*i], &edit.min_id);
  }
  const auto max_length = ParseInt64(args[*i]);
  if (!max_length) return kErrNotInteger;
  if (*max_length < 0) return kNegative;
  edit.strategy = StreamEdit::Strategy::kMaxLength;
  edit.max_length = static_cast<uint64_t>(*max_length);
  return Status::Ok();
}

Status TakeLimit(std::string_view text, TrimOptions& options) {
  static constexpr ErrorText kNegative{"ERR The LIMIT argument must be >= 0."};
  options.limit = ParseInt64(text);
  if (!options.limit) return kErrNotInteger;
  if (*options.limit < 0) return kNegative;
  return Status::Ok();
}

// How much an approximate trimming does at most where nothing is said: a hundred nodes.
uint64_t DefaultLimit(const Config& config) {
  constexpr int64_t kNodes = 100;
  constexpr int64_t kUnlimitedNodes = 10'000;  // entries, when nodes have no limit of their own
  constexpr int64_t kMost = 1'000'000;
  const int64_t entries = config.stream_node_max_entries;
  if (entries <= 0) return kUnlimitedNodes;
  return static_cast<uint64_t>(std::min(entries, kMost / kNodes) * kNodes);
}

// Checks LIMIT against the rest, when all was read.
Status FinishTrim(const Context& ctx, const TrimOptions& options, bool is_xtrim, StreamEdit& edit) {
  static constexpr ErrorText kLimitAlone{
      "ERR syntax error, LIMIT cannot be used without specifying a trimming strategy"};
  static constexpr ErrorText kNoStrategy{
      "ERR syntax error, XTRIM must be called with a trimming strategy"};
  static constexpr ErrorText kLimitExact{
      "ERR syntax error, LIMIT cannot be used without the special ~ option"};
  const bool trims = edit.strategy != StreamEdit::Strategy::kNone;
  if (options.limit.value_or(0) != 0 && !trims) return kLimitAlone;
  if (is_xtrim && !trims) return kNoStrategy;
  if (options.limit && !options.approximate) return kLimitExact;
  edit.trim.approximate = options.approximate;
  if (options.approximate) {
    edit.trim.limit =
        options.limit ? static_cast<uint64_t>(*options.limit) : DefaultLimit(ctx.config());
  }
  return Status::Ok();
}

}  // namespace

bool ParseStreamId(std::string_view text, uint64_t missing_seq, StreamId* id) {
  const char* at = text.data();
  const char* end = at + text.size();
  if (ParseDigits(at, end, &id->ms)) {
    if (at == end) {
      id->seq = missing_seq;
      return true;
    }
    if (*at == '-' && ParseDigits(++at, end, &id->seq) && at == end) return true;
  }
  return ParseIdSlowly(text, missing_seq, id, nullptr);
}

Status ParseIntervalStart(std::string_view text, StreamId* first) {
  static constexpr ErrorText kNoneAfter{"ERR invalid start ID for the interval"};
  if (text == "-") {
    *first = StreamId::Min();
  } else if (text == "+") {
    *first = StreamId::Max();
  } else if (IsOpen(text)) {
    if (!ParseStreamId(text.substr(1), 0, first)) return kErrStreamId;
    if (!first->Increment()) return kNoneAfter;
  } else if (!ParseStreamId(text, 0, first)) {
    return kErrStreamId;
  }
  return Status::Ok();
}

Status ParseIntervalEnd(std::string_view text, StreamId* last) {
  static constexpr ErrorText kNoneBefore{"ERR invalid end ID for the interval"};
  if (text == "+") {
    *last = StreamId::Max();
  } else if (text == "-") {
    *last = StreamId::Min();
  } else if (IsOpen(text)) {
    if (!ParseStreamId(text.substr(1), UINT64_MAX, last)) return kErrStreamId;
    if (!last->Decrement()) return kNoneBefore;
  } else if (!ParseStreamId(text, UINT64_MAX, last)) {
    return kErrStreamId;
  }
  return Status::Ok();
}

Status ParseStreamAdd(const Context& ctx, const Args& args, StreamEdit& edit) {
  // XADD key * field value ...: what most of them are.
  if (args[2] == "*") {
    edit.id_at = 2;
    return Status::Ok();
  }
  TrimOptions options;
  size_t i = 2;
  for (; i < args.size(); ++i) {
    const bool more = i + 1 < args.size();
    if (args[i] == "*") break;
    if (more && (IsOption(args[i], "maxlen") || IsOption(args[i], "minid"))) {
      GOTTHARD_RETURN_IF_ERROR(TakeStrategy(args, &i, options, edit));
    } else if (more && IsOption(args[i], "limit")) {
      GOTTHARD_RETURN_IF_ERROR(TakeLimit(args[++i], options));
    } else if (IsOption(args[i], "nomkstream")) {
      edit.no_mkstream = true;
    } else {
      bool any_seq = false;
      edit.id_kind = StreamEdit::Id::kGiven;
      if (!ParseStreamId(args[i], 0, &edit.id) && !ParseIdSlowly(args[i], 0, &edit.id, &any_seq)) {
        return kErrStreamId;
      }
      if (any_seq) edit.id_kind = StreamEdit::Id::kAutoSequence;
      break;
    }
  }
  edit.id_at = i;
  return FinishTrim(ctx, options, /*is_xtrim=*/false, edit);
}

Status ParseStreamTrim(const Context& ctx, const Args& args, StreamEdit& edit) {
  TrimOptions options;
  for (size_t i = 2; i < args.size(); ++i) {
    const bool more = i + 1 < args.size();
    if (more && (IsOption(args[i], "maxlen") || IsOption(args[i], "minid"))) {
      GOTTHARD_RETURN_IF_ERROR(TakeStrategy(args, &i, options, edit));
    } else if (more && IsOption(args[i], "limit")) {
      GOTTHARD_RETURN_IF_ERROR(TakeLimit(args[++i], options));
    } else {
      return kErrSyntax;
    }
  }
  return FinishTrim(ctx, options, /*is_xtrim=*/true, edit);
}

}  // namespace gotthard
