// Bloom filters: the BF family.
#include <algorithm>
#include <optional>
#include <string>

#include "commands/families.h"
#include "commands/family_rows.h"
#include "commands/sketch_helpers.h"
#include "types/bloom_filter.h"

namespace gotthard {
namespace {

constexpr ErrorText kErrNotFound{"ERR not found"};
constexpr ErrorText kErrExists{"ERR item exists"};
constexpr ErrorText kErrFull{"ERR non scaling filter is full"};
constexpr ErrorText kErrProblem{"ERR problem inserting into filter"};
constexpr ErrorText kErrNoMemory{"ERR Insufficient memory to create filter"};
constexpr ErrorText kErrIterator{"ERR Second argument must be numeric"};
constexpr ErrorText kErrHeader{"ERR received bad data"};
constexpr ErrorText kErrChunk{"ERR invalid offset - no link found"};
constexpr ErrorText kErrNotExpanding{"Nonscaling filters cannot expand"};

constexpr int64_t kMaxCapacity = int64_t{1} << 30;
constexpr int64_t kMaxExpansion = 32768;
constexpr double kMaxErrorRate = 0.25;  // what is asked for beyond is cut to this
constexpr size_t kMaxChunkBytes = 16 << 20;

std::optional<double> ParseErrorRate(std::string_view text) {
  const std::optional<double> rate = ParseSketchDouble(text);
  return rate && *rate > 0 && *rate < 1 ? rate : std::nullopt;
}

// EXPANSION and NONSCALING as they act together.
void SetExpansion(BloomFilter::Options& options, int64_t expansion) {
  if (expansion == 0) options.scaling = false;
  options.expansion = static_cast<uint32_t>(expansion);
}

Status ParseReserve(const Args& args, BloomFilter::Options& options) {
  const std::optional<double> rate = ParseSketchDouble(args[2]);
  if (!rate) return Status::Error("ERR bad error rate");
  if (!(*rate > 0 && *rate < 1)) {
    return Status::Error("ERR error rate must be in the range (0.000000, 1.000000)");
  }
  options.error_rate = std::min(*rate, kMaxErrorRate);
  const std::optional<int64_t> capacity = ParseInt64(args[3]);
  if (!capacity) return Status::Error("ERR bad capacity");
  if (*capacity < 1 || *capacity > kMaxCapacity) {
    return Status::Error("ERR capacity must be in the range [1, 1073741824]");
  }
  options.capacity = static_cast<uint64_t>(*capacity);
  if (FindOption(args, 4, "nonscaling")) options.scaling = false;
  const std::optional<size_t> at = FindOption(args, 4, "expansion");
  if (!at) return Status::Ok();
  if (*at + 1 == args.size()) return Status::Error("ERR no expansion");
  const std::optional<int64_t> expansion = ParseInt64(args[*at + 1]);
  if (!expansion) return Status::Error("ERR bad expansion");
  if (*expansion != 0 && !options.scaling) return kErrNotExpanding;
  if (*expansion < 0 || *expansion > kMaxExpansion) {
    return Status::Error("ERR expansion must be in the range [0, 32768]");
  }
  SetExpansion(options, *expansion);
  return Status::Ok();
}

Status BfReserve(Context& ctx, const Args& args) {
  if (args.size() > 7) return WrongArity("bf.reserve");
  BloomFilter::Options options;
  GOTTHARD_RETURN_IF_ERROR(ParseReserve(args, options));
  const Key key = args.key(1);
  Result<EntryHandle> entry = ctx.FindWriteOf(Type::kBloom, key);
  if (!entry) return entry.error();
  if (*entry) return kErrExists;
  auto filter = BloomFilter::Make(options);
  if (filter == nullptr) return kErrNoMemory;
  PutSketch(ctx, key, Type::kBloom, std::move(filter));
  SketchChanged(ctx, key);
  return ctx.reply().Ok();
}

// Adds the items from `first` on; a filter that does not exist is made with `options`, if any. The
// reply is an array that ends with an error when a filter that does not scale is full.
Status AddItems(Context& ctx, const Args& args, size_t first, bool as_array,
                const std::optional<BloomFilter::Options>& options) {
  const Key key = args.key(1);
  Result<EntryHandle> entry = ctx.FindWriteOf(Type::kBloom, key);
  if (!entry) return entry.error();
  if (!*entry && !options) return kErrNotFound;
  BloomFilter* filter = nullptr;
  if (*entry) {
    filter = &SketchOf<BloomFilter>(**entry);
  } else {
    auto made = BloomFilter::Make(*options);
    if (made == nullptr) return kErrNoMemory;
    filter = &PutSketch(ctx, key, Type::kBloom, std::move(made));
  }
  const size_t mark = as_array ? ctx.reply().Defer() : 0;
  uint64_t replies = 0;
  bool changed = !*entry;
  bool full = false;
  for (size_t i = first; i < args.size() && !full; ++i, ++replies) {
    const BloomFilter::Added added = filter->Add(args[i]);
    full = added == BloomFilter::Added::kFull;
    changed |= added == BloomFilter::Added::kNew;
    if (full && !as_array) return kErrFull;
    if (full) {
      ctx.reply().Error(Status(kErrFull));
    } else if (added == BloomFilter::Added::kNoMemory) {
      ctx.reply().Error(Status(kErrProblem));
    } else {
      ReplyTruth(ctx, added == BloomFilter::Added::kNew);
    }
  }
  if (as_array) ctx.reply().SetArrayLength(mark, replies);
  if (changed) SketchChanged(ctx, key);
  return Status::Ok();
}

Status BfAdd(Context& ctx, const Args& args) {
  return AddItems(ctx, args, 2, /*as_array=*/false, BloomFilter::Options());
}

Status BfMadd(Context& ctx, const Args& args) {
  return AddItems(ctx, args, 2, /*as_array=*/true, BloomFilter::Options());
}

// Reads the options of BF.INSERT; the position of the first item in *items.
Status ParseInsert(const Args& args, BloomFilter::Options& options, bool* create, size_t* items) {
  bool nonscaling = false;
  for (size_t i = 2; i < args.size();) {
    if (IsOption(args[i], "items")) {
      *items = i + 1;
      break;
    }
    if (IsOption(args[i], "nocreate")) {
      *create = false;
      ++i;
      continue;
    }
    if (IsOption(args[i], "nonscaling")) {
      nonscaling = true;
      ++i;
      continue;
    }
    const bool error = IsOption(args[i], "error");
    const bool capacity = IsOption(args[i], "capacity");
    if (!error && !capacity && !IsOption(args[i], "expansion")) {
      return Status::Error("Unknown argument received");
    }
    if (i + 1 == args.size()) return WrongArity("bf.insert");
    if (error) {
      const std::optional<double> rate = ParseErrorRate(args[i + 1]);
      if (!rate) return Status::Error("Bad error rate");
      options.error_rate = std::min(*rate, kMaxErrorRate);
    } else {
      const std::optional<int64_t> number = ParseInt64(args[i + 1]);
      if (capacity) {
        if (!number || *number < 1 || *number > kMaxCapacity) return Status::Error("Bad capacity");
        options.capacity = static_cast<uint64_t>(*number);
      } else {
        if (!number || *number < 0 || *number > kMaxExpansion) {
          return Status::Error("Bad expansion");
        }
        SetExpansion(options, *number);
      }
    }
    i += 2;
  }
  if (nonscaling) options.scaling = false;
  if (*items == 0 || *items == args.size()) return WrongArity("bf.insert");
  return Status::Ok();
}

Status BfInsert(Context& ctx, const Args& args) {
  BloomFilter::Options options;
  bool create = true;
  size_t items = 0;
  GOTTHARD_RETURN_IF_ERROR(ParseInsert(args, options, &create, &items));
  return AddItems(ctx, args, items, /*as_array=*/true,
                  create ? std::optional(options) : std::nullopt);
}

Status Check(Context& ctx, const Args& args, bool as_array) {
  Result<EntryHandle> entry = ctx.FindReadOf(Type::kBloom, args.key(1));
  if (!entry) return entry.error();
  if (as_array) ctx.reply().ArrayHeader(args.size() - 2);
  for (size_t i = 2; i < args.size(); ++i) {
    ReplyTruth(ctx, *entry && SketchOf<BloomFilter>(**entry).Contains(args[i]));
  }
  return Status::Ok();
}

Status BfExists(Context& ctx, const Args& args) {
  return Check(ctx, args, /*as_array=*/false);
}

Status BfMexists(Context& ctx, const Args& args) {
  return Check(ctx, args, /*as_array=*/true);
}

Status BfCard(Context& ctx, const Args& args) {
  Result<EntryHandle> entry = ctx.FindReadOf(Type::kBloom, args.key(1));
  if (!entry) return entry.error();
  const uint64_t items = *entry ? SketchOf<BloomFilter>(**entry).items() : 0;
  return ctx.reply().Integer(static_cast<int64_t>(items));
}

struct InfoField {
  std::string_view option;  // the word that asks for this field alone
  std::string_view name;
};
constexpr InfoField kInfoFields[] = {{"capacity", "Capacity"},
                                     {"size", "Size"},
                                     {"filters", "Number of filters"},
                                     {"items", "Number of items inserted"},
                                     {"expansion", "Expansion rate"}};

Replied ReplyField(Context& ctx, const BloomFilter& filter, size_t field) {
  const uint64_t values[] = {filter.capacity(), filter.memory_bytes(), filter.filters(),
                             filter.items(), filter.expansion()};
  if (field == 4 && !filter.scaling()) return ctx.reply().Null();
  return ctx.reply().Integer(static_cast<int64_t>(values[field]));
}

Status BfInfo(Context& ctx, const Args& args) {
  if (args.size() > 3) return WrongArity("bf.info");
  Result<EntryHandle> entry = ctx.FindReadOf(Type::kBloom, args.key(1));
  if (!entry) return entry.error();
  if (!*entry) return kErrNotFound;
  const BloomFilter& filter = SketchOf<BloomFilter>(**entry);
  const bool map = ctx.reply().protocol() == Protocol::kResp3;
  if (args.size() == 2) {
    ctx.reply().MapHeader(std::size(kInfoFields));
    for (size_t i = 0; i < std::size(kInfoFields); ++i) {
      ctx.reply().Simple(kInfoFields[i].name);
      ReplyField(ctx, filter, i);
    }
    return Status::Ok();
  }
  for (size_t i = 0; i < std::size(kInfoFields); ++i) {
    if (!IsOption(args[2], kInfoFields[i].option)) continue;
    if (map) {
      ctx.reply().MapHeader(1);
      ctx.reply().Simple(kInfoFields[i].name);
    } else {
      ctx.reply().ArrayHeader(1);
    }
    return ReplyField(ctx, filter, i);
  }
  return Status::Error("Invalid information value");
}

// Iterator 0 gives the header and 1; n + 1 the data from byte n on, and the iterator behind it; at
// the end 0 and nothing. BF.LOADCHUNK takes each part with the iterator that came with it.
Status BfScandump(Context& ctx, const Args& args) {
  Result<EntryHandle> entry = ctx.FindReadOf(Type::kBloom, args.key(1));
  if (!entry) return entry.error();
  if (!*entry) return kErrNotFound;
  const std::optional<int64_t> iterator = ParseInt64(args[2]);
  if (!iterator || *iterator < 0) return Status::Error("Second argument must be numeric");
  const BloomFilter& filter = SketchOf<BloomFilter>(**entry);
  ctx.reply().ArrayHeader(2);
  if (*iterator == 0) {
    ctx.reply().Integer(1);
    return ctx.reply().Bulk(filter.Header());
  }
  const std::string_view part = filter.DataAt(static_cast<uint64_t>(*iterator - 1), kMaxChunkBytes);
  ctx.reply().Integer(part.empty() ? 0 : *iterator + static_cast<int64_t>(part.size()));
  return ctx.reply().Bulk(part);
}

Status BfLoadchunk(Context& ctx, const Args& args) {
  const std::optional<int64_t> iterator = ParseInt64(args[2]);
  if (!iterator) return kErrIterator;
  const Key key = args.key(1);
  Result<EntryHandle> entry = ctx.FindWriteOf(Type::kBloom, key);
  if (!entry) return entry.error();
  if (!*entry) {
    if (*iterator != 1) return kErrNotFound;
    auto filter = BloomFilter::FromHeader(args[3]);
    if (filter == nullptr) return kErrHeader;
    PutSketch(ctx, key, Type::kBloom, std::move(filter));
  } else {
    const auto size = static_cast<int64_t>(args[3].size());
    if (*iterator < std::max<int64_t>(size, 1)) return kErrHeader;
    const int64_t offset = *iterator - 1 - size;
    if (offset < 0 ||
        !SketchOf<BloomFilter>(**entry).SetData(static_cast<uint64_t>(offset), args[3])) {
      return kErrChunk;
    }
  }
  SketchChanged(ctx, key);
  return ctx.reply().Ok();
}

constexpr CommandSpec kRows[] = {
    Command({.name = "bf.reserve",
             .arity = -4,
             .flags = kWrite | kDenyOom | kModule,
             .acl = kAclBloom,
             .group = CommandGroup::kBloom,
             .keys = {KeyAt(1, kKeyReadWrite | kKeyInsert)},
             .run = BfReserve,
             .since = "1.0.0",
             .complexity = "O(1)",
             .summary = "Makes an empty Bloom filter.",
             .syntax = "key error_rate(double) capacity(integer) [EXPANSION:expansion(integer)] "
                       "[NONSCALING]"}),
    Command({.name = "bf.add",
             .arity = 3,
             .flags = kWrite | kDenyOom | kModule,
             .acl = kAclBloom,
             .group = CommandGroup::kBloom,
             .keys = {KeyAt(1, kKeyReadWrite | kKeyInsert)},
             .run = BfAdd,
             .since = "1.0.0",
             .complexity = "O(k) where k is the number of probes of all sub-filters.",
             .summary = "Adds an item to a Bloom filter, which is made if there is no key.",
             .syntax = "key item"}),
    Command({.name = "bf.madd",
             .arity = -3,
             .flags = kWrite | kDenyOom | kModule,
             .acl = kAclBloom,
             .group = CommandGroup::kBloom,
             .keys = {KeyAt(1, kKeyReadWrite | kKeyInsert)},
             .run = BfMadd,
             .since = "1.0.0",
             .complexity = "O(k * n) where k is the number of probes of all sub-filters and n the "
                           "number of items.",
             .summary = "Adds items to a Bloom filter, which is made if there is no key.",
             .syntax = "key item..."}),
    Command(
        {.name = "bf.insert",
         .arity = -4,
         .flags = kWrite | kDenyOom | kModule,
         .acl = kAclBloom,
         .group = CommandGroup::kBloom,
         .keys = {KeyAt(1, kKeyReadWrite | kKeyInsert)},
         .run = BfInsert,
         .since = "1.0.0",
         .complexity = "O(k * n) where k is the number of probes of all sub-filters and n the "
                       "number of items.",
         .summary =
             "Adds items to a Bloom filter, which is made as the options say if there is no key.",
         .syntax = "key [CAPACITY:capacity(integer)] [ERROR:error(double)] "
                   "[EXPANSION:expansion(integer)] [NOCREATE] [NONSCALING] ITEMS:item..."}),
    Command({.name = "bf.exists",
             .arity = 3,
             .flags = kReadonly | kFast | kModule,
             .acl = kAclBloom,
             .group = CommandGroup::kBloom,
             .keys = {KeyAt(1, kKeyRead)},
             .run = BfExists,
             .since = "1.0.0",
             .complexity = "O(k) where k is the number of probes of all sub-filters.",
             .summary = "Tells whether an item was perhaps added to a Bloom filter.",
             .syntax = "key item"}),
    Command({.name = "bf.mexists",
             .arity = -3,
             .flags = kReadonly | kFast | kModule,
             .acl = kAclBloom,
             .group = CommandGroup::kBloom,
             .keys = {KeyAt(1, kKeyRead)},
             .run = BfMexists,
             .since = "1.0.0",
             .complexity = "O(k * n) where k is the number of probes of all sub-filters and n the "
                           "number of items.",
             .summary = "Tells of each item whether it was perhaps added to a Bloom filter.",
             .syntax = "key item..."}),
    Command({.name = "bf.card",
             .arity = 2,
             .flags = kReadonly | kFast | kModule,
             .acl = kAclBloom,
             .group = CommandGroup::kBloom,
             .keys = {KeyAt(1, kKeyLooked)},
             .run = BfCard,
             .since = "2.4.4",
             .complexity = "O(1)",
             .summary = "Returns how many items were added to a Bloom filter.",
             .syntax = "key"}),
    Command({.name = "bf.info",
             .arity = -2,
             .flags = kReadonly | kFast | kModule,
             .acl = kAclBloom,
             .group = CommandGroup::kBloom,
             .keys = {KeyAt(1, kKeyLooked)},
             .run = BfInfo,
             .since = "1.0.0",
             .complexity = "O(1)",
             .summary = "Returns how large a Bloom filter is and how full.",
             .syntax = "key single_value=[CAPACITY | SIZE | FILTERS | ITEMS | EXPANSION]"}),
    Command({.name = "bf.scandump",
             .arity = 3,
             .flags = kReadonly | kModule,
             .acl = kAclBloom,
             .group = CommandGroup::kBloom,
             .keys = {KeyAt(1, kKeyRead)},
             .run = BfScandump,
             .since = "1.0.0",
             .complexity = "O(n) where n is the number of bytes returned.",
             .summary = "Returns a part of a Bloom filter's bytes, to be loaded elsewhere.",
             .syntax = "key iterator(integer)"}),
    Command({.name = "bf.loadchunk",
             .arity = 4,
             .flags = kWrite | kDenyOom | kModule,
             .acl = kAclBloom,
             .group = CommandGroup::kBloom,
             .keys = {KeyAt(1, kKeyReadWrite | kKeyInsert)},
             .run = BfLoadchunk,
             .since = "1.0.0",
             .complexity = "O(n) where n is the number of bytes loaded.",
             .summary = "Loads a part of a Bloom filter's bytes.",
             .syntax = "key iterator(integer) data"}),
};

}  // namespace

std::span<const CommandSpec> BloomCommands() {
  return kRows;
}

TypeHooks BloomHooks() {
  TypeHooks hooks = SketchHooks<BloomFilter>();
  // For the whole group: they share a type byte.
  hooks.reads_rdb_type = ReadsSketch;
  hooks.load = LoadSketch;
  return hooks;
}

}  // namespace gotthard
