// t-digests: the TDIGEST family.
#include "types/t_digest.h"

#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "commands/families.h"
#include "commands/family_rows.h"
#include "commands/sketch_helpers.h"

namespace gotthard {
namespace {

constexpr ErrorText kErrMissing{"ERR T-Digest: key does not exist"};
constexpr ErrorText kErrExists{"ERR T-Digest: key already exists"};
constexpr ErrorText kErrKeyword{"ERR T-Digest: wrong keyword"};
constexpr ErrorText kErrMemory{"ERR T-Digest: allocation failed"};
constexpr int64_t kDefaultCompression = 100;

Result<EntryHandle> Found(Result<EntryHandle> entry) {
  if (entry && !*entry) return kErrMissing;
  return entry;
}

Result<int64_t> ParseCompression(std::string_view text) {
  const std::optional<int64_t> number = ParseInt64(text);
  if (!number) return Status::Error("ERR T-Digest: error parsing compression parameter");
  if (*number <= 0) {
    return Status::Error("ERR T-Digest: compression parameter needs to be a positive integer");
  }
  if (*number > TDigest::kMaxCompression) return kErrMemory;
  return *number;
}

// The arguments from 2 on as numbers; `error` when one is none.
Result<std::vector<double>> ParseNumbers(const Args& args, const ErrorText& error) {
  std::vector<double> numbers;
  numbers.reserve(args.size() - 2);
  for (size_t i = 2; i < args.size(); ++i) {
    const std::optional<double> number = ParseSketchDouble(args[i]);
    if (!number) return error;
    numbers.push_back(*number);
  }
  return numbers;
}

Status TdigestCreate(Context& ctx, const Args& args) {
  if (args.size() != 2 && args.size() != 4) return WrongArity("tdigest.create");
  const Key key = args.key(1);
  Result<EntryHandle> entry = ctx.FindWriteOf(Type::kTDigest, key);
  if (!entry) return entry.error();
  if (*entry) return kErrExists;
  int64_t compression = kDefaultCompression;
  if (args.size() == 4) {
    if (!IsOption(args[2], "compression")) return kErrKeyword;
    Result<int64_t> parsed = ParseCompression(args[3]);
    if (!parsed) return parsed.error();
    compression = *parsed;
  }
  PutSketch(ctx, key, Type::kTDigest, std::make_unique<TDigest>(compression));
  SketchChanged(ctx, key);
  return ctx.reply().Ok();
}

Status TdigestReset(Context& ctx, const Args& args) {
  const Key key = args.key(1);
  Result<EntryHandle> entry = Found(ctx.FindWriteOf(Type::kTDigest, key));
  if (!entry) return entry.error();
  SketchOf<TDigest>(**entry).Reset();
  SketchChanged(ctx, key);
  return ctx.reply().Ok();
}

Status TdigestAdd(Context& ctx, const Args& args) {
  static constexpr ErrorText kErrValue{"ERR T-Digest: error parsing val parameter"};
  const Key key = args.key(1);
  Result<EntryHandle> entry = Found(ctx.FindWriteOf(Type::kTDigest, key));
  if (!entry) return entry.error();
  Result<std::vector<double>> numbers = ParseNumbers(args, kErrValue);
  if (!numbers) return numbers.error();
  for (double number : *numbers) {
    if (!std::isfinite(number)) {
      return Status::Error("ERR T-Digest: val parameter needs to be a finite number");
    }
  }
  TDigest& digest = SketchOf<TDigest>(**entry);
  for (double number : *numbers) digest.Add(number);
  SketchChanged(ctx, key);
  return ctx.reply().Ok();
}

// --- TDIGEST.MERGE

struct MergeRequest {
  size_t sources = 0;  // at argument 3 and behind
  bool over = false;
  std::optional<int64_t> compression;
};

Status ParseMerge(const Args& args, MergeRequest& request) {
  const std::optional<int64_t> keys = ParseInt64(args[2]);
  if (!keys) return Status::Error("ERR T-Digest: error parsing numkeys");
  if (*keys <= 0) return Status::Error("ERR T-Digest: numkeys needs to be a positive integer");
  if (static_cast<uint64_t>(*keys) > args.size() - 3) return WrongArity("tdigest.merge");
  request.sources = static_cast<size_t>(*keys);
  for (size_t i = 3 + request.sources; i < args.size();) {
    if (IsOption(args[i], "override")) {
      request.over = true;
      ++i;
    } else if (IsOption(args[i], "compression")) {
      if (i + 1 == args.size()) return WrongArity("tdigest.merge");
      Result<int64_t> parsed = ParseCompression(args[i + 1]);
      if (!parsed) return parsed.error();
      request.compression = *parsed;
      i += 2;
    } else {
      return kErrKeyword;
    }
  }
  return Status::Ok();
}

Status TdigestMerge(Context& ctx, const Args& args) {
  const Key key = args.key(1);
  Result<EntryHandle> target = ctx.FindWriteOf(Type::kTDigest, key);
  if (!target) return target.error();
  MergeRequest request;
  GOTTHARD_RETURN_IF_ERROR(ParseMerge(args, request));
  // Objects stay where they are when looking up further keys removes expired ones.
  TDigest* existing = *target ? &SketchOf<TDigest>(**target) : nullptr;
  std::vector<TDigest*> sources;
  int64_t most = 1;
  for (size_t i = 0; i < request.sources; ++i) {
    Result<EntryHandle> source = Found(ctx.FindReadOf(Type::kTDigest, args.key(3 + i)));
    if (!source) return source.error();
    sources.push_back(&SketchOf<TDigest>(**source));
    most = std::max(most, sources.back()->compression());
  }
  const bool keeps = existing != nullptr && !request.over;
  auto merged = std::make_unique<TDigest>(
      request.compression.value_or(keeps ? existing->compression() : most));
  if (keeps) merged->Merge(*existing);
  for (TDigest* source : sources) merged->Merge(*source);
  if (existing != nullptr) {
    *existing = std::move(*merged);
  } else {
    PutSketch(ctx, key, Type::kTDigest, std::move(merged));
  }
  SketchChanged(ctx, key);
  return ctx.reply().Ok();
}

// --- questions

Status TdigestMin(Context& ctx, const Args& args) {
  Result<EntryHandle> entry = Found(ctx.FindReadOf(Type::kTDigest, args.key(1)));
  if (!entry) return entry.error();
  return ctx.reply().Double(SketchOf<TDigest>(**entry).min());
}

Status TdigestMax(Context& ctx, const Args& args) {
  Result<EntryHandle> entry = Found(ctx.FindReadOf(Type::kTDigest, args.key(1)));
  if (!entry) return entry.error();
  return ctx.reply().Double(SketchOf<TDigest>(**entry).max());
}

Status TdigestQuantile(Context& ctx, const Args& args) {
  static constexpr ErrorText kErrQuantile{"ERR T-Digest: error parsing quantile"};
  Result<EntryHandle> entry = Found(ctx.FindReadOf(Type::kTDigest, args.key(1)));
  if (!entry) return entry.error();
  Result<std::vector<double>> quantiles = ParseNumbers(args, kErrQuantile);
  if (!quantiles) return quantiles.error();
  for (double quantile : *quantiles) {
    if (quantile < 0 || quantile > 1) {
      return Status::Error("ERR T-Digest: quantile should be in [0,1]");
    }
  }
  ctx.reply().ArrayHeader(quantiles->size());
  for (double quantile : *quantiles) {
    ctx.reply().Double(SketchOf<TDigest>(**entry).Quantile(quantile));
  }
  return Status::Ok();
}

Status TdigestCdf(Context& ctx, const Args& args) {
  static constexpr ErrorText kErrCdf{"ERR T-Digest: error parsing cdf"};
  Result<EntryHandle> entry = Found(ctx.FindReadOf(Type::kTDigest, args.key(1)));
  if (!entry) return entry.error();
  Result<std::vector<double>> values = ParseNumbers(args, kErrCdf);
  if (!values) return values.error();
  ctx.reply().ArrayHeader(values->size());
  for (double value : *values) ctx.reply().Double(SketchOf<TDigest>(**entry).Cdf(value));
  return Status::Ok();
}

Status TdigestTrimmedMean(Context& ctx, const Args& args) {
  Result<EntryHandle> entry = Found(ctx.FindReadOf(Type::kTDigest, args.key(1)));
  if (!entry) return entry.error();
  const std::optional<double> low = ParseSketchDouble(args[2]);
  if (!low) return Status::Error("ERR T-Digest: error parsing low_cut_percentile");
  const std::optional<double> high = ParseSketchDouble(args[3]);
  if (!high) return Status::Error("ERR T-Digest: error parsing high_cut_percentile");
  if (*low < 0 || *low > 1 || *high < 0 || *high > 1) {
    return Status::Error(
        "ERR T-Digest: low_cut_percentile and high_cut_percentile should be in [0,1]");
  }
  if (*low >= *high) {
    return Status::Error(
        "ERR T-Digest: low_cut_percentile should be lower than high_cut_percentile");
  }
  return ctx.reply().Double(SketchOf<TDigest>(**entry).TrimmedMean(*low, *high));
}

// How many numbers are below `value` (above, if reverse), and half of those equal to it.
int64_t RankOf(TDigest& digest, double value, bool reverse) {
  const double size = digest.observations();
  if (size == 0) return -2;
  if (value < digest.min()) return reverse ? static_cast<int64_t>(size) : -1;
  if (value > digest.max()) return reverse ? -1 : static_cast<int64_t>(size);
  const double below = digest.Below(value);
  if (reverse) return std::llround(size - std::round(below));
  // Halves are rounded down.
  return static_cast<int64_t>(std::ceil(below - 0.5));
}

Status ReplyRanks(Context& ctx, const Args& args, bool reverse) {
  static constexpr ErrorText kErrValue{"ERR T-Digest: error parsing value"};
  Result<EntryHandle> entry = Found(ctx.FindReadOf(Type::kTDigest, args.key(1)));
  if (!entry) return entry.error();
  Result<std::vector<double>> values = ParseNumbers(args, kErrValue);
  if (!values) return values.error();
  ctx.reply().ArrayHeader(values->size());
  for (double value : *values) {
    ctx.reply().Integer(RankOf(SketchOf<TDigest>(**entry), value, reverse));
  }
  return Status::Ok();
}

Status TdigestRank(Context& ctx, const Args& args) {
  return ReplyRanks(ctx, args, /*reverse=*/false);
}

Status TdigestRevrank(Context& ctx, const Args& args) {
  return ReplyRanks(ctx, args, /*reverse=*/true);
}

double ValueAt(TDigest& digest, double rank, bool reverse) {
  const double size = digest.observations();
  if (size == 0) return std::numeric_limits<double>::quiet_NaN();
  if (rank == 0) return reverse ? digest.max() : digest.min();
  if (rank >= size) {
    const double infinity = std::numeric_limits<double>::infinity();
    return reverse ? -infinity : infinity;
  }
  return digest.AtRank(reverse ? size - rank - 1 : rank);
}

Status ReplyByRank(Context& ctx, const Args& args, bool reverse) {
  Result<EntryHandle> entry = Found(ctx.FindReadOf(Type::kTDigest, args.key(1)));
  if (!entry) return entry.error();
  std::vector<int64_t> ranks;
  for (size_t i = 2; i < args.size(); ++i) {
    const std::optional<int64_t> rank = ParseInt64(args[i]);
    if (!rank) return Status::Error("ERR T-Digest: error parsing rank");
    if (*rank < 0) return Status::Error("ERR T-Digest: rank needs to be non negative");
    ranks.push_back(*rank);
  }
  ctx.reply().ArrayHeader(ranks.size());
  for (int64_t rank : ranks) {
    ctx.reply().Double(ValueAt(SketchOf<TDigest>(**entry), static_cast<double>(rank), reverse));
  }
  return Status::Ok();
}

Status TdigestByrank(Context& ctx, const Args& args) {
  return ReplyByRank(ctx, args, /*reverse=*/false);
}

Status TdigestByrevrank(Context& ctx, const Args& args) {
  return ReplyByRank(ctx, args, /*reverse=*/true);
}

Status TdigestInfo(Context& ctx, const Args& args) {
  Result<EntryHandle> entry = Found(ctx.FindReadOf(Type::kTDigest, args.key(1)));
  if (!entry) return entry.error();
  const TDigest& digest = SketchOf<TDigest>(**entry);
  const std::pair<std::string_view, int64_t> fields[] = {
      {"Compression", digest.compression()},
      {"Capacity", static_cast<int64_t>(digest.capacity())},
      {"Merged nodes", static_cast<int64_t>(digest.merged_nodes())},
      {"Unmerged nodes", static_cast<int64_t>(digest.waiting_nodes())},
      {"Merged weight", static_cast<int64_t>(digest.merged_weight())},
      {"Unmerged weight", static_cast<int64_t>(digest.waiting_weight())},
      {"Observations", static_cast<int64_t>(digest.observations())},
      {"Total compressions", static_cast<int64_t>(digest.merges())},
      {"Memory usage", static_cast<int64_t>(digest.memory_bytes())},
  };
  ctx.reply().MapHeader(std::size(fields));
  for (const auto& [name, value] : fields) {
    ctx.reply().Simple(name);
    ctx.reply().Integer(value);
  }
  return Status::Ok();
}

constexpr CommandSpec kRows[] = {
    Command({.name = "tdigest.create",
             .arity = -2,
             .flags = kWrite | kDenyOom | kModule,
             .acl = kAclTDigest,
             .group = CommandGroup::kTDigest,
             .keys = {KeyAt(1, kKeyReadWrite | kKeyInsert)},
             .run = TdigestCreate,
             .since = "2.4.0",
             .complexity = "O(1)",
             .summary = "Makes an empty t-digest.",
             .syntax = "key [COMPRESSION:compression(integer)]"}),
    Command({.name = "tdigest.reset",
             .arity = 2,
             .flags = kWrite | kDenyOom | kModule,
             .acl = kAclTDigest,
             .group = CommandGroup::kTDigest,
             .keys = {KeyAt(1, kKeyChanged)},
             .run = TdigestReset,
             .since = "2.4.0",
             .complexity = "O(1)",
             .summary = "Empties a t-digest.",
             .syntax = "key"}),
    Command({.name = "tdigest.add",
             .arity = -3,
             .flags = kWrite | kDenyOom | kModule,
             .acl = kAclTDigest,
             .group = CommandGroup::kTDigest,
             .keys = {KeyAt(1, kKeyChanged)},
             .run = TdigestAdd,
             .since = "2.4.0",
             .complexity = "O(n) where n is the number of values, amortised.",
             .summary = "Adds values to a t-digest.",
             .syntax = "key value(double)..."}),
    Command(
        {.name = "tdigest.merge",
         .arity = -4,
         .flags = kWrite | kDenyOom | kModule,
         .acl = kAclTDigest,
         .group = CommandGroup::kTDigest,
         .keys = {KeyAt(1, kKeyReadWrite | kKeyInsert), KeysCounted(2, kKeyReadOnly | kKeyAccess)},
         .run = TdigestMerge,
         .since = "2.4.0",
         .complexity = "O(n * log(n)) where n is the number of centroids of all t-digests.",
         .summary = "Merges t-digests into one.",
         .syntax = "destination-key(key) numkeys(integer) source-key(key)... "
                   "[COMPRESSION:compression(integer)] [OVERRIDE]"}),
    Command({.name = "tdigest.min",
             .arity = 2,
             .flags = kReadonly | kModule,
             .acl = kAclTDigest,
             .group = CommandGroup::kTDigest,
             .keys = {KeyAt(1, kKeyRead)},
             .run = TdigestMin,
             .since = "2.4.0",
             .complexity = "O(1)",
             .summary = "Returns the smallest value of a t-digest.",
             .syntax = "key"}),
    Command({.name = "tdigest.max",
             .arity = 2,
             .flags = kReadonly | kModule,
             .acl = kAclTDigest,
             .group = CommandGroup::kTDigest,
             .keys = {KeyAt(1, kKeyRead)},
             .run = TdigestMax,
             .since = "2.4.0",
             .complexity = "O(1)",
             .summary = "Returns the largest value of a t-digest.",
             .syntax = "key"}),
    Command({.name = "tdigest.quantile",
             .arity = -3,
             .flags = kReadonly | kModule,
             .acl = kAclTDigest,
             .group = CommandGroup::kTDigest,
             .keys = {KeyAt(1, kKeyRead)},
             .run = TdigestQuantile,
             .since = "2.4.0",
             .complexity = "O(n * log(n)) where n is the number of values that wait to be merged.",
             .summary = "Returns the values below which shares of a t-digest's values lie.",
             .syntax = "key quantile(double)..."}),
    Command({.name = "tdigest.cdf",
             .arity = -3,
             .flags = kReadonly | kModule,
             .acl = kAclTDigest,
             .group = CommandGroup::kTDigest,
             .keys = {KeyAt(1, kKeyRead)},
             .run = TdigestCdf,
             .since = "2.4.0",
             .complexity = "O(n * log(n)) where n is the number of values that wait to be merged.",
             .summary = "Returns which shares of a t-digest's values lie below values.",
             .syntax = "key value(double)..."}),
    Command({.name = "tdigest.trimmed_mean",
             .arity = 4,
             .flags = kReadonly | kModule,
             .acl = kAclTDigest,
             .group = CommandGroup::kTDigest,
             .keys = {KeyAt(1, kKeyRead)},
             .run = TdigestTrimmedMean,
             .since = "2.4.0",
             .complexity = "O(n * log(n)) where n is the number of values that wait to be merged.",
             .summary = "Returns the mean of a t-digest's values between two quantiles.",
             .syntax = "key low_cut_quantile(double) high_cut_quantile(double)"}),
    Command({.name = "tdigest.rank",
             .arity = -3,
             .flags = kReadonly | kModule,
             .acl = kAclTDigest,
             .group = CommandGroup::kTDigest,
             .keys = {KeyAt(1, kKeyRead)},
             .run = TdigestRank,
             .since = "2.4.0",
             .complexity = "O(n * log(n)) where n is the number of values that wait to be merged.",
             .summary = "Returns how many of a t-digest's values are smaller than values.",
             .syntax = "key value(double)..."}),
    Command({.name = "tdigest.revrank",
             .arity = -3,
             .flags = kReadonly | kModule,
             .acl = kAclTDigest,
             .group = CommandGroup::kTDigest,
             .keys = {KeyAt(1, kKeyRead)},
             .run = TdigestRevrank,
             .since = "2.4.0",
             .complexity = "O(n * log(n)) where n is the number of values that wait to be merged.",
             .summary = "Returns how many of a t-digest's values are larger than values.",
             .syntax = "key value(double)..."}),
    Command({.name = "tdigest.byrank",
             .arity = -3,
             .flags = kReadonly | kModule,
             .acl = kAclTDigest,
             .group = CommandGroup::kTDigest,
             .keys = {KeyAt(1, kKeyRead)},
             .run = TdigestByrank,
             .since = "2.4.0",
             .complexity = "O(n * log(n)) where n is the number of values that wait to be merged.",
             .summary = "Returns the values of a t-digest that have ranks, from the smallest.",
             .syntax = "key rank(integer)..."}),
    Command({.name = "tdigest.byrevrank",
             .arity = -3,
             .flags = kReadonly | kModule,
             .acl = kAclTDigest,
             .group = CommandGroup::kTDigest,
             .keys = {KeyAt(1, kKeyRead)},
             .run = TdigestByrevrank,
             .since = "2.4.0",
             .complexity = "O(n * log(n)) where n is the number of values that wait to be merged.",
             .summary = "Returns the values of a t-digest that have ranks, from the largest.",
             .syntax = "key reverse_rank(integer)..."}),
    Command({.name = "tdigest.info",
             .arity = 2,
             .flags = kReadonly | kModule,
             .acl = kAclTDigest,
             .group = CommandGroup::kTDigest,
             .keys = {KeyAt(1, kKeyLooked)},
             .run = TdigestInfo,
             .since = "2.4.0",
             .complexity = "O(1)",
             .summary = "Returns how a t-digest is made up.",
             .syntax = "key"}),
};

}  // namespace

std::span<const CommandSpec> TDigestCommands() {
  return kRows;
}

TypeHooks TDigestHooks() {
  return SketchHooks<TDigest>();
}

}  // namespace gotthard
