// Cuckoo filters: the CF family.
#include <optional>
#include <string>

#include "commands/families.h"
#include "commands/family_rows.h"
#include "commands/sketch_helpers.h"
#include "types/cuckoo_filter.h"

namespace gotthard {
namespace {

constexpr ErrorText kErrNotFound{"ERR not found"};
constexpr ErrorText kErrExists{"ERR item exists"};
constexpr ErrorText kErrNoMemory{"ERR Insufficient memory to create filter"};
constexpr ErrorText kErrFull{"Filter is full"};
constexpr ErrorText kErrExpansions{"Maximum expansions reached"};
constexpr ErrorText kErrPosition{"Invalid position"};
constexpr ErrorText kErrHeader{"Invalid header"};
constexpr ErrorText kErrChunk{"Couldn't load chunk!"};
constexpr ErrorText kErrCapacity{"Capacity must be in the range [2 * BUCKETSIZE, 1073741824]"};
constexpr ErrorText kErrInsertCapacity{
    "Capacity must be in the range [cf-bucket-size * 2, 1073741824]"};

constexpr int64_t kMaxCapacity = int64_t{1} << 30;
constexpr size_t kMaxChunkBytes = 16 << 20;

// An option of CF.RESERVE: a number within a range.
struct ReserveOption {
  std::string_view name;
  std::string_view shown;
  int64_t min;
  int64_t max;
  uint32_t CuckooFilter::Options::*member;
};
constexpr ReserveOption kReserveOptions[] = {
    {"maxiterations", "MAXITERATIONS", 1, 65535, &CuckooFilter::Options::max_iterations},
    {"bucketsize", "BUCKETSIZE", 1, 255, &CuckooFilter::Options::bucket_size},
    {"expansion", "EXPANSION", 0, 32768, &CuckooFilter::Options::expansion},
};

Status ParseReserve(const Args& args, CuckooFilter::Options& options) {
  const std::optional<int64_t> capacity = ParseInt64(args[2]);
  if (!capacity) return Status::Error("Bad capacity");
  for (const ReserveOption& option : kReserveOptions) {
    const std::optional<size_t> at = FindOption(args, 3, option.name);
    if (!at) continue;
    if (*at + 1 == args.size()) return WrongArity("cf.reserve");
    const std::optional<int64_t> number = ParseInt64(args[*at + 1]);
    if (!number) return Status::Error("Couldn't parse " + std::string(option.shown));
    if (*number < option.min || *number > option.max) {
      return Status::Error(std::string(option.shown) + ": value must be in the range [" +
                           std::to_string(option.min) + ", " + std::to_string(option.max) + "]");
    }
    options.*option.member = static_cast<uint32_t>(*number);
  }
  if (*capacity < int64_t{options.bucket_size} * 2 || *capacity > kMaxCapacity) return kErrCapacity;
  options.capacity = static_cast<uint64_t>(*capacity);
  return Status::Ok();
}

Status CfReserve(Context& ctx, const Args& args) {
  if (args.size() % 2 == 0) return WrongArity("cf.reserve");
  CuckooFilter::Options options;
  GOTTHARD_RETURN_IF_ERROR(ParseReserve(args, options));
  const Key key = args.key(1);
  Result<EntryHandle> entry = ctx.FindWriteOf(Type::kCuckoo, key);
  if (!entry) return entry.error();
  if (*entry) return kErrExists;
  auto filter = CuckooFilter::Make(options);
  if (filter == nullptr) return kErrNoMemory;
  PutSketch(ctx, key, Type::kCuckoo, std::move(filter));
  SketchChanged(ctx, key);
  return ctx.reply().Ok();
}

struct Insertion {
  size_t first = 2;  // of the items
  bool only_new = false;
  bool as_array = false;
  bool create = true;
  CuckooFilter::Options options = {};
};

// Replies with what one insertion came to. CF.INSERTNX has three answers, so integers always.
void ReplyAdded(Context& ctx, const Insertion& insertion, CuckooFilter::Added added) {
  const int64_t number = added == CuckooFilter::Added::kAdded     ? 1
                         : added == CuckooFilter::Added::kPresent ? 0
                                                                  : -1;
  if (insertion.as_array && (insertion.only_new || ctx.reply().protocol() == Protocol::kResp2)) {
    ctx.reply().Integer(number);
  } else {
    ctx.reply().Bool(number == 1);
  }
}

Status Insert(Context& ctx, const Args& args, const Insertion& insertion) {
  const Key key = args.key(1);
  Result<EntryHandle> entry = ctx.FindWriteOf(Type::kCuckoo, key);
  if (!entry) return entry.error();
  if (!*entry && !insertion.create) return kErrNotFound;
  CuckooFilter* filter = nullptr;
  if (*entry) {
    filter = &SketchOf<CuckooFilter>(**entry);
    if (filter->filters() >= CuckooFilter::kMaxFilters) return kErrExpansions;
  } else {
    auto made = CuckooFilter::Make(insertion.options);
    if (made == nullptr) return kErrNoMemory;
    filter = &PutSketch(ctx, key, Type::kCuckoo, std::move(made));
  }
  if (insertion.as_array) ctx.reply().ArrayHeader(args.size() - insertion.first);
  bool changed = !*entry;
  for (size_t i = insertion.first; i < args.size(); ++i) {
    const CuckooFilter::Added added =
        insertion.only_new ? filter->AddIfAbsent(args[i]) : filter->Add(args[i]);
    if (added == CuckooFilter::Added::kFull && !insertion.as_array) return kErrFull;
    changed |= added == CuckooFilter::Added::kAdded;
    ReplyAdded(ctx, insertion, added);
  }
  if (changed) SketchChanged(ctx, key);
  return Status::Ok();
}

Status CfAdd(Context& ctx, const Args& args) {
  return Insert(ctx, args, {});
}

Status CfAddnx(Context& ctx, const Args& args) {
  return Insert(ctx, args, {.only_new = true});
}

Status ParseAndInsert(Context& ctx, const Args& args, bool only_new) {
  const std::string_view command = only_new ? "cf.insertnx" : "cf.insert";
  Insertion insertion{.first = 0, .only_new = only_new, .as_array = true};
  for (size_t i = 2; i < args.size() && insertion.first == 0;) {
    if (IsOption(args[i], "items")) {
      insertion.first = ++i;
    } else if (IsOption(args[i], "nocreate")) {
      insertion.create = false;
      ++i;
    } else if (IsOption(args[i], "capacity")) {
      if (i + 1 == args.size()) return WrongArity(command);
      const std::optional<int64_t> capacity = ParseInt64(args[i + 1]);
      if (!capacity) return Status::Error("Bad capacity");
      if (*capacity < 4 || *capacity > kMaxCapacity) return kErrInsertCapacity;
      insertion.options.capacity = static_cast<uint64_t>(*capacity);
      i += 2;
    } else {
      return Status::Error("Unknown argument received");
    }
  }
  if (insertion.first == 0 || insertion.first == args.size()) return WrongArity(command);
  return Insert(ctx, args, insertion);
}

Status CfInsert(Context& ctx, const Args& args) {
  return ParseAndInsert(ctx, args, /*only_new=*/false);
}

Status CfInsertnx(Context& ctx, const Args& args) {
  return ParseAndInsert(ctx, args, /*only_new=*/true);
}

Status CfExists(Context& ctx, const Args& args) {
  Result<EntryHandle> entry = ctx.FindReadOf(Type::kCuckoo, args.key(1));
  if (!entry) return entry.error();
  return ReplyTruth(ctx, *entry && SketchOf<CuckooFilter>(**entry).Contains(args[2]));
}

Status CfMexists(Context& ctx, const Args& args) {
  Result<EntryHandle> entry = ctx.FindReadOf(Type::kCuckoo, args.key(1));
  if (!entry) return entry.error();
  ctx.reply().ArrayHeader(args.size() - 2);
  for (size_t i = 2; i < args.size(); ++i) {
    ReplyTruth(ctx, *entry && SketchOf<CuckooFilter>(**entry).Contains(args[i]));
  }
  return Status::Ok();
}

Status CfCount(Context& ctx, const Args& args) {
  Result<EntryHandle> entry = ctx.FindReadOf(Type::kCuckoo, args.key(1));
  if (!entry) return entry.error();
  const uint64_t count = *entry ? SketchOf<CuckooFilter>(**entry).Count(args[2]) : 0;
  return ctx.reply().Integer(static_cast<int64_t>(count));
}

Status CfDel(Context& ctx, const Args& args) {
  const Key key = args.key(1);
  Result<EntryHandle> entry = ctx.FindWriteOf(Type::kCuckoo, key);
  if (!entry) return entry.error();
  if (!*entry) return Status::Error("Not found");
  const bool deleted = SketchOf<CuckooFilter>(**entry).Delete(args[2]);
  if (deleted) SketchChanged(ctx, key);
  return ReplyTruth(ctx, deleted);
}

Status CfInfo(Context& ctx, const Args& args) {
  Result<EntryHandle> entry = ctx.FindReadOf(Type::kCuckoo, args.key(1));
  if (!entry) return entry.error();
  if (!*entry) return kErrNotFound;
  const CuckooFilter& filter = SketchOf<CuckooFilter>(**entry);
  const std::pair<std::string_view, uint64_t> fields[] = {
      {"Size", filter.memory_bytes()},
      {"Number of buckets", filter.buckets()},
      {"Number of filters", filter.filters()},
      {"Number of items inserted", filter.items()},
      {"Number of items deleted", filter.deleted()},
      {"Bucket size", filter.bucket_size()},
      {"Expansion rate", filter.expansion()},
      {"Max iterations", filter.max_iterations()},
  };
  ctx.reply().MapHeader(std::size(fields));
  for (const auto& [name, value] : fields) {
    ctx.reply().Simple(name);
    ctx.reply().Integer(static_cast<int64_t>(value));
  }
  return Status::Ok();
}

// As BF.SCANDUMP; nil instead of nothing at the end.
Status CfScandump(Context& ctx, const Args& args) {
  const std::optional<int64_t> iterator = ParseInt64(args[2]);
  if (!iterator || *iterator < 0) return kErrPosition;
  Result<EntryHandle> entry = ctx.FindReadOf(Type::kCuckoo, args.key(1));
  if (!entry) return entry.error();
  if (!*entry) return kErrNotFound;
  const CuckooFilter& filter = SketchOf<CuckooFilter>(**entry);
  ctx.reply().ArrayHeader(2);
  if (*iterator == 0) {
    ctx.reply().Integer(1);
    return ctx.reply().Bulk(filter.Header());
  }
  const std::string_view part = filter.DataAt(static_cast<uint64_t>(*iterator - 1), kMaxChunkBytes);
  if (part.empty()) {
    ctx.reply().Integer(0);
    return ctx.reply().Null();
  }
  ctx.reply().Integer(*iterator + static_cast<int64_t>(part.size()));
  return ctx.reply().Bulk(part);
}

Status CfLoadchunk(Context& ctx, const Args& args) {
  const std::optional<int64_t> iterator = ParseInt64(args[2]);
  if (!iterator || *iterator == 0) return kErrPosition;
  const Key key = args.key(1);
  Result<EntryHandle> entry = ctx.FindWriteOf(Type::kCuckoo, key);
  if (!entry) return entry.error();
  if (!*entry) {
    if (*iterator != 1) return kErrNotFound;
    auto filter = CuckooFilter::FromHeader(args[3]);
    if (filter == nullptr) return kErrHeader;
    PutSketch(ctx, key, Type::kCuckoo, std::move(filter));
  } else {
    if (*iterator == 1) return kErrExists;
    if (*iterator < 0) return kErrChunk;
    const int64_t offset = *iterator - 1 - static_cast<int64_t>(args[3].size());
    if (offset < 0 ||
        !SketchOf<CuckooFilter>(**entry).SetData(static_cast<uint64_t>(offset), args[3])) {
      return kErrChunk;
    }
  }
  SketchChanged(ctx, key);
  return ctx.reply().Ok();
}

constexpr CommandSpec kRows[] = {
    Command({.name = "cf.reserve",
             .arity = -3,
             .flags = kWrite | kDenyOom | kModule,
             .acl = kAclCuckoo,
             .group = CommandGroup::kCuckoo,
             .keys = {KeyAt(1, kKeyReadWrite | kKeyInsert)},
             .run = CfReserve,
             .since = "1.0.0",
             .complexity = "O(1)",
             .summary = "Makes an empty Cuckoo filter.",
             .syntax = "key capacity(integer) [BUCKETSIZE:bucketsize(integer)] "
                       "[MAXITERATIONS:maxiterations(integer)] [EXPANSION:expansion(integer)]"}),
    Command(
        {.name = "cf.add",
         .arity = 3,
         .flags = kWrite | kDenyOom | kModule,
         .acl = kAclCuckoo,
         .group = CommandGroup::kCuckoo,
         .keys = {KeyAt(1, kKeyReadWrite | kKeyInsert)},
         .run = CfAdd,
         .since = "1.0.0",
         .complexity = "O(k + i) where k is the number of sub-filters and i the most iterations.",
         .summary = "Adds an item to a Cuckoo filter, which is made if there is no key.",
         .syntax = "key item"}),
    Command(
        {.name = "cf.addnx",
         .arity = 3,
         .flags = kWrite | kDenyOom | kModule,
         .acl = kAclCuckoo,
         .group = CommandGroup::kCuckoo,
         .keys = {KeyAt(1, kKeyReadWrite | kKeyInsert)},
         .run = CfAddnx,
         .since = "1.0.0",
         .complexity = "O(k + i) where k is the number of sub-filters and i the most iterations.",
         .summary = "Adds an item to a Cuckoo filter unless it is perhaps there.",
         .syntax = "key item"}),
    Command(
        {.name = "cf.insert",
         .arity = -4,
         .flags = kWrite | kDenyOom | kModule,
         .acl = kAclCuckoo,
         .group = CommandGroup::kCuckoo,
         .keys = {KeyAt(1, kKeyReadWrite | kKeyInsert)},
         .run = CfInsert,
         .since = "1.0.0",
         .complexity = "O(n * (k + i)) where n is the number of items, k that of sub-filters and i "
                       "the most iterations.",
         .summary =
             "Adds items to a Cuckoo filter, which is made as the options say if there is no key.",
         .syntax = "key [CAPACITY:capacity(integer)] [NOCREATE] ITEMS:item..."}),
    Command({.name = "cf.insertnx",
             .arity = -4,
             .flags = kWrite | kDenyOom | kModule,
             .acl = kAclCuckoo,
             .group = CommandGroup::kCuckoo,
             .keys = {KeyAt(1, kKeyReadWrite | kKeyInsert)},
             .run = CfInsertnx,
             .since = "1.0.0",
             .complexity = "O(n * (k + i)) where n is the number of items, k that of sub-filters "
                           "and i the most iterations.",
             .summary = "Adds those items to a Cuckoo filter that are certainly not there.",
             .syntax = "key [CAPACITY:capacity(integer)] [NOCREATE] ITEMS:item..."}),
    Command({.name = "cf.exists",
             .arity = 3,
             .flags = kReadonly | kFast | kModule,
             .acl = kAclCuckoo,
             .group = CommandGroup::kCuckoo,
             .keys = {KeyAt(1, kKeyRead)},
             .run = CfExists,
             .since = "1.0.0",
             .complexity = "O(k) where k is the number of sub-filters.",
             .summary = "Tells whether an item is perhaps in a Cuckoo filter.",
             .syntax = "key item"}),
    Command(
        {.name = "cf.mexists",
         .arity = -3,
         .flags = kReadonly | kFast | kModule,
         .acl = kAclCuckoo,
         .group = CommandGroup::kCuckoo,
         .keys = {KeyAt(1, kKeyRead)},
         .run = CfMexists,
         .since = "1.0.0",
         .complexity = "O(k * n) where k is the number of sub-filters and n the number of items.",
         .summary = "Tells of each item whether it is perhaps in a Cuckoo filter.",
         .syntax = "key item..."}),
    Command({.name = "cf.del",
             .arity = 3,
             .flags = kWrite | kFast | kModule,
             .acl = kAclCuckoo,
             .group = CommandGroup::kCuckoo,
             .keys = {KeyAt(1, kKeyReadWrite | kKeyDelete)},
             .run = CfDel,
             .since = "1.0.0",
             .complexity = "O(k) where k is the number of sub-filters.",
             .summary = "Deletes an item once from a Cuckoo filter.",
             .syntax = "key item"}),
    Command({.name = "cf.count",
             .arity = 3,
             .flags = kReadonly | kFast | kModule,
             .acl = kAclCuckoo,
             .group = CommandGroup::kCuckoo,
             .keys = {KeyAt(1, kKeyRead)},
             .run = CfCount,
             .since = "1.0.0",
             .complexity = "O(k) where k is the number of sub-filters.",
             .summary = "Returns how often an item is perhaps in a Cuckoo filter.",
             .syntax = "key item"}),
    Command({.name = "cf.info",
             .arity = 2,
             .flags = kReadonly | kFast | kModule,
             .acl = kAclCuckoo,
             .group = CommandGroup::kCuckoo,
             .keys = {KeyAt(1, kKeyLooked)},
             .run = CfInfo,
             .since = "1.0.0",
             .complexity = "O(1)",
             .summary = "Returns how large a Cuckoo filter is and how full.",
             .syntax = "key"}),
    Command({.name = "cf.scandump",
             .arity = 3,
             .flags = kReadonly | kModule,
             .acl = kAclCuckoo,
             .group = CommandGroup::kCuckoo,
             .keys = {KeyAt(1, kKeyRead)},
             .run = CfScandump,
             .since = "1.0.0",
             .complexity = "O(n) where n is the number of bytes returned.",
             .summary = "Returns a part of a Cuckoo filter's bytes, to be loaded elsewhere.",
             .syntax = "key iterator(integer)"}),
    Command({.name = "cf.loadchunk",
             .arity = 4,
             .flags = kWrite | kDenyOom | kModule,
             .acl = kAclCuckoo,
             .group = CommandGroup::kCuckoo,
             .keys = {KeyAt(1, kKeyReadWrite | kKeyInsert)},
             .run = CfLoadchunk,
             .since = "1.0.0",
             .complexity = "O(n) where n is the number of bytes loaded.",
             .summary = "Loads a part of a Cuckoo filter's bytes.",
             .syntax = "key iterator(integer) data"}),
};

}  // namespace

std::span<const CommandSpec> CuckooCommands() {
  return kRows;
}

TypeHooks CuckooHooks() {
  return SketchHooks<CuckooFilter>();
}

}  // namespace gotthard
