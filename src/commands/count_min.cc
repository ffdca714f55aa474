// Count-Min sketches: the CMS family.
#include <optional>
#include <string>
#include <vector>

#include "commands/families.h"
#include "commands/family_rows.h"
#include "commands/sketch_helpers.h"
#include "types/count_min_sketch.h"

namespace gotthard {
namespace {

constexpr ErrorText kErrMissing{"CMS: key does not exist"};
constexpr ErrorText kErrExists{"CMS: key already exists"};
constexpr ErrorText kErrNoMemory{"CMS: Insufficient memory to create the key"};
constexpr ErrorText kErrOverflow{"CMS: INCRBY overflow"};
constexpr ErrorText kErrMergeOverflow{"CMS: MERGE overflow"};

Result<CountMinSketch*> FindSketch(Context& ctx, const Key& key) {
  Result<EntryHandle> entry = ctx.FindReadOf(Type::kCountMin, key);
  if (!entry) return entry.error();
  if (!*entry) return kErrMissing;
  return &SketchOf<CountMinSketch>(**entry);
}

Status Create(Context& ctx, const Key& key, CountMinSketch::Dimensions dimensions) {
  auto sketch = CountMinSketch::Make(dimensions);
  if (sketch == nullptr) return kErrNoMemory;
  PutSketch(ctx, key, Type::kCountMin, std::move(sketch));
  SketchChanged(ctx, key);
  return ctx.reply().Ok();
}

Status CmsInitbydim(Context& ctx, const Args& args) {
  const Key key = args.key(1);
  if (ctx.FindWrite(key)) return kErrExists;
  const std::optional<int64_t> width = ParseInt64(args[2]);
  if (!width || *width < 1) return Status::Error("CMS: invalid width");
  const std::optional<int64_t> depth = ParseInt64(args[3]);
  if (!depth || *depth < 1) return Status::Error("CMS: invalid depth");
  if (*width > INT64_MAX / *depth) return Status::Error("CMS: invalid init arguments");
  return Create(ctx, key, {static_cast<uint64_t>(*width), static_cast<uint64_t>(*depth)});
}

Status CmsInitbyprob(Context& ctx, const Args& args) {
  const Key key = args.key(1);
  if (ctx.FindWrite(key)) return kErrExists;
  const auto share = [](std::string_view text) {
    const std::optional<double> number = ParseSketchDouble(text);
    return number && *number > 0 && *number < 1 ? number : std::nullopt;
  };
  const std::optional<double> error = share(args[2]);
  if (!error) return Status::Error("CMS: invalid overestimation value");
  const std::optional<double> probability = share(args[3]);
  if (!probability) return Status::Error("CMS: invalid prob value");
  return Create(ctx, key, CountMinSketch::DimensionsFor(*error, *probability));
}

Status CmsIncrby(Context& ctx, const Args& args) {
  if (args.size() % 2 == 1) return WrongArity("cms.incrby");
  const Key key = args.key(1);
  Result<EntryHandle> entry = ctx.FindWriteOf(Type::kCountMin, key);
  if (!entry) return entry.error();
  if (!*entry) return kErrMissing;
  std::vector<uint64_t> increments;
  increments.reserve(args.size() / 2);
  for (size_t i = 3; i < args.size(); i += 2) {
    const std::optional<int64_t> increment = ParseInt64(args[i]);
    if (!increment) return Status::Error("CMS: Cannot parse number");
    if (*increment < 0) return Status::Error("CMS: Number cannot be negative");
    increments.push_back(static_cast<uint64_t>(*increment));
  }
  CountMinSketch& sketch = SketchOf<CountMinSketch>(**entry);
  ctx.reply().ArrayHeader(increments.size());
  for (size_t i = 0; i < increments.size(); ++i) {
    const uint32_t count = sketch.Add(args[2 + i * 2], increments[i]);
    if (count == CountMinSketch::kMaxCount) {
      ctx.reply().Error(Status(kErrOverflow));
    } else {
      ctx.reply().Integer(count);
    }
  }
  SketchChanged(ctx, key);
  return Status::Ok();
}

Status CmsQuery(Context& ctx, const Args& args) {
  Result<CountMinSketch*> sketch = FindSketch(ctx, args.key(1));
  if (!sketch) return sketch.error();
  ctx.reply().ArrayHeader(args.size() - 2);
  for (size_t i = 2; i < args.size(); ++i) ctx.reply().Integer((*sketch)->Estimate(args[i]));
  return Status::Ok();
}

// The sources and weights of CMS.MERGE. A lookup may remove an expired key, which moves no object.
Status ParseMerge(Context& ctx, const Args& args, const CountMinSketch& target,
                  std::vector<CountMinSketch::Weighted>& sources) {
  const std::optional<int64_t> keys = ParseInt64(args[2]);
  if (!keys) return Status::Error("CMS: invalid numkeys");
  if (*keys <= 0) return Status::Error("CMS: Number of keys must be positive");
  const auto count = static_cast<uint64_t>(*keys);
  const size_t rest = args.size() - 3;
  const std::optional<size_t> weights = FindOption(args, 3, "weights");
  if (!weights && rest != count) return Status::Error("CMS: wrong number of keys");
  if (weights && (*weights - 3 != count || rest != 1 + count * 2)) {
    return Status::Error("CMS: wrong number of keys/weights");
  }
  for (size_t i = 0; i < count; ++i) {
    const std::optional<int64_t> weight = weights ? ParseInt64(args[*weights + 1 + i]) : 1;
    if (!weight) return Status::Error("CMS: invalid weight value");
    Result<CountMinSketch*> source = FindSketch(ctx, args.key(3 + i));
    if (!source) return source.error();
    if ((*source)->width() != target.width() || (*source)->depth() != target.depth()) {
      return Status::Error("CMS: width/depth is not equal");
    }
    sources.push_back({*source, *weight});
  }
  return Status::Ok();
}

Status CmsMerge(Context& ctx, const Args& args) {
  const Key key = args.key(1);
  Result<CountMinSketch*> target = FindSketch(ctx, key);
  if (!target) return target.error();
  std::vector<CountMinSketch::Weighted> sources;
  GOTTHARD_RETURN_IF_ERROR(ParseMerge(ctx, args, **target, sources));
  if (!(*target)->Merge(sources)) return kErrMergeOverflow;
  SketchChanged(ctx, key);
  return ctx.reply().Ok();
}

Status CmsInfo(Context& ctx, const Args& args) {
  Result<CountMinSketch*> sketch = FindSketch(ctx, args.key(1));
  if (!sketch) return sketch.error();
  ctx.reply().MapHeader(3);
  ctx.reply().Simple("width");
  ctx.reply().Integer(static_cast<int64_t>((*sketch)->width()));
  ctx.reply().Simple("depth");
  ctx.reply().Integer(static_cast<int64_t>((*sketch)->depth()));
  ctx.reply().Simple("count");
  return ctx.reply().Integer((*sketch)->total());
}

constexpr CommandSpec kRows[] = {
    Command({.name = "cms.initbydim",
             .arity = 4,
             .flags = kWrite | kDenyOom | kModule,
             .acl = kAclCountMin,
             .group = CommandGroup::kCountMin,
             .keys = {KeyAt(1, kKeyReadWrite | kKeyInsert)},
             .run = CmsInitbydim,
             .since = "2.0.0",
             .complexity = "O(1)",
             .summary = "Makes a Count-Min sketch of a width and a depth.",
             .syntax = "key width(integer) depth(integer)"}),
    Command({.name = "cms.initbyprob",
             .arity = 4,
             .flags = kWrite | kDenyOom | kModule,
             .acl = kAclCountMin,
             .group = CommandGroup::kCountMin,
             .keys = {KeyAt(1, kKeyReadWrite | kKeyInsert)},
             .run = CmsInitbyprob,
             .since = "2.0.0",
             .complexity = "O(1)",
             .summary =
                 "Makes a Count-Min sketch that errs by a share of the total with a probability.",
             .syntax = "key error(double) probability(double)"}),
    Command({.name = "cms.incrby",
             .arity = -4,
             .flags = kWrite | kDenyOom | kModule,
             .acl = kAclCountMin,
             .group = CommandGroup::kCountMin,
             .keys = {KeyAt(1, kKeyChanged)},
             .run = CmsIncrby,
             .since = "2.0.0",
             .complexity = "O(n) where n is the number of items.",
             .summary = "Counts items in a Count-Min sketch.",
             .syntax = "key data=<item increment(integer)>..."}),
    Command({.name = "cms.query",
             .arity = -3,
             .flags = kReadonly | kModule,
             .acl = kAclCountMin,
             .group = CommandGroup::kCountMin,
             .keys = {KeyAt(1, kKeyRead)},
             .run = CmsQuery,
             .since = "2.0.0",
             .complexity = "O(n) where n is the number of items.",
             .summary = "Returns how often items were counted in a Count-Min sketch, at most.",
             .syntax = "key item..."}),
    Command({.name = "cms.merge",
             .arity = -4,
             .flags = kWrite | kDenyOom | kModule,
             .acl = kAclCountMin,
             .group = CommandGroup::kCountMin,
             .keys = {KeyAt(1, kKeyChanged), KeysCounted(2, kKeyReadOnly | kKeyAccess)},
             .run = CmsMerge,
             .since = "2.0.0",
             .complexity = "O(n) where n is the number of counters of all sketches.",
             .summary = "Sets a Count-Min sketch to the weighted sum of others.",
             .syntax =
                 "destination(key) numkeys(integer) source(key)... [WEIGHTS:weight(integer)...]"}),
    Command({.name = "cms.info",
             .arity = 2,
             .flags = kReadonly | kModule,
             .acl = kAclCountMin,
             .group = CommandGroup::kCountMin,
             .keys = {KeyAt(1, kKeyLooked)},
             .run = CmsInfo,
             .since = "2.0.0",
             .complexity = "O(1)",
             .summary = "Returns a Count-Min sketch's dimensions and total.",
             .syntax = "key"}),
};

}  // namespace

std::span<const CommandSpec> CountMinCommands() {
  return kRows;
}

TypeHooks CountMinHooks() {
  return SketchHooks<CountMinSketch>();
}

}  // namespace gotthard
