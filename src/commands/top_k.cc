// Top-K: the TOPK family.
#include "types/top_k.h"

#include <optional>
#include <string>
#include <vector>

#include "commands/families.h"
#include "commands/family_rows.h"
#include "commands/sketch_helpers.h"

namespace gotthard {
namespace {

constexpr ErrorText kErrMissing{"TopK: key does not exist"};
constexpr ErrorText kErrExists{"TopK: key already exists"};
constexpr ErrorText kErrNoMemory{"ERR Insufficient memory to create topk data structure"};
constexpr ErrorText kErrDecay{"TopK: invalid decay value. must be '<= 1' & '> 0'"};
constexpr ErrorText kErrIncrement{
    "TopK: increment must be an integer greater or equal to 0 and smaller or equal to 100,000"};
constexpr int64_t kMaxIncrement = 100000;

Result<EntryHandle> Found(Result<EntryHandle> entry) {
  if (entry && !*entry) return kErrMissing;
  return entry;
}

std::optional<uint32_t> ParseSize(std::string_view text) {
  const std::optional<int64_t> number = ParseInt64(text);
  if (!number || *number < 1 || *number > UINT32_MAX) return std::nullopt;
  return static_cast<uint32_t>(*number);
}

Status TopkReserve(Context& ctx, const Args& args) {
  if (args.size() != 3 && args.size() != 6) return WrongArity("topk.reserve");
  const Key key = args.key(1);
  if (ctx.FindWrite(key)) return kErrExists;
  TopK::Options options{};
  const std::optional<uint32_t> k = ParseSize(args[2]);
  if (!k) return Status::Error("TopK: invalid k");
  options.k = *k;
  if (args.size() == 6) {
    const std::optional<uint32_t> width = ParseSize(args[3]);
    if (!width) return Status::Error("TopK: invalid width");
    const std::optional<uint32_t> depth = ParseSize(args[4]);
    if (!depth) return Status::Error("TopK: invalid depth");
    const std::optional<double> decay = ParseSketchDouble(args[5]);
    if (!decay || *decay <= 0 || *decay > 1) return kErrDecay;
    options.width = *width;
    options.depth = *depth;
    options.decay = *decay;
  }
  auto top = TopK::Make(options);
  if (top == nullptr) return kErrNoMemory;
  PutSketch(ctx, key, Type::kTopK, std::move(top));
  SketchChanged(ctx, key);
  return ctx.reply().Ok();
}

void ReplyLeft(Context& ctx, const std::optional<std::string>& left) {
  if (left) {
    ctx.reply().Bulk(*left);
  } else {
    ctx.reply().Null();
  }
}

Status TopkAdd(Context& ctx, const Args& args) {
  const Key key = args.key(1);
  Result<EntryHandle> entry = Found(ctx.FindWriteOf(Type::kTopK, key));
  if (!entry) return entry.error();
  TopK& top = SketchOf<TopK>(**entry);
  ctx.reply().ArrayHeader(args.size() - 2);
  for (size_t i = 2; i < args.size(); ++i) ReplyLeft(ctx, top.Add(args[i], 1));
  SketchChanged(ctx, key);
  return Status::Ok();
}

Status TopkIncrby(Context& ctx, const Args& args) {
  if (args.size() % 2 == 1) return WrongArity("topk.incrby");
  const Key key = args.key(1);
  Result<EntryHandle> entry = Found(ctx.FindWriteOf(Type::kTopK, key));
  if (!entry) return entry.error();
  std::vector<uint32_t> increments;
  increments.reserve(args.size() / 2);
  for (size_t i = 3; i < args.size(); i += 2) {
    const std::optional<int64_t> increment = ParseInt64(args[i]);
    if (!increment || *increment < 0 || *increment > kMaxIncrement) return kErrIncrement;
    increments.push_back(static_cast<uint32_t>(*increment));
  }
  TopK& top = SketchOf<TopK>(**entry);
  ctx.reply().ArrayHeader(increments.size());
  for (size_t i = 0; i < increments.size(); ++i) {
    ReplyLeft(ctx, top.Add(args[2 + i * 2], increments[i]));
  }
  SketchChanged(ctx, key);
  return Status::Ok();
}

Status TopkQuery(Context& ctx, const Args& args) {
  Result<EntryHandle> entry = Found(ctx.FindReadOf(Type::kTopK, args.key(1)));
  if (!entry) return entry.error();
  ctx.reply().ArrayHeader(args.size() - 2);
  for (size_t i = 2; i < args.size(); ++i) {
    ReplyTruth(ctx, SketchOf<TopK>(**entry).Contains(args[i]));
  }
  return Status::Ok();
}

Status TopkCount(Context& ctx, const Args& args) {
  Result<EntryHandle> entry = Found(ctx.FindReadOf(Type::kTopK, args.key(1)));
  if (!entry) return entry.error();
  ctx.reply().ArrayHeader(args.size() - 2);
  for (size_t i = 2; i < args.size(); ++i) {
    ctx.reply().Integer(SketchOf<TopK>(**entry).Count(args[i]));
  }
  return Status::Ok();
}

Status TopkList(Context& ctx, const Args& args) {
  if (args.size() > 3) return WrongArity("topk.list");
  const bool with_count = args.size() == 3;
  if (with_count && !IsOption(args[2], "withcount")) {
    return Status::Error("WITHCOUNT keyword expected");
  }
  Result<EntryHandle> entry = Found(ctx.FindReadOf(Type::kTopK, args.key(1)));
  if (!entry) return entry.error();
  const std::vector<const TopK::Item*> items = SketchOf<TopK>(**entry).List();
  ctx.reply().ArrayHeader(items.size() * (with_count ? 2 : 1));
  for (const TopK::Item* item : items) {
    ctx.reply().Bulk(item->name);
    if (with_count) ctx.reply().Integer(item->count);
  }
  return Status::Ok();
}

Status TopkInfo(Context& ctx, const Args& args) {
  Result<EntryHandle> entry = Found(ctx.FindReadOf(Type::kTopK, args.key(1)));
  if (!entry) return entry.error();
  const TopK::Options& options = SketchOf<TopK>(**entry).options();
  ctx.reply().MapHeader(4);
  ctx.reply().Simple("k");
  ctx.reply().Integer(options.k);
  ctx.reply().Simple("width");
  ctx.reply().Integer(options.width);
  ctx.reply().Simple("depth");
  ctx.reply().Integer(options.depth);
  ctx.reply().Simple("decay");
  return ctx.reply().Double(options.decay);
}

constexpr CommandSpec kRows[] = {
    Command({.name = "topk.reserve",
             .arity = -3,
             .flags = kWrite | kDenyOom | kModule,
             .acl = kAclTopK,
             .group = CommandGroup::kTopK,
             .keys = {KeyAt(1, kKeyReadWrite | kKeyInsert)},
             .run = TopkReserve,
             .since = "2.0.0",
             .complexity = "O(1)",
             .summary = "Makes an empty Top-K.",
             .syntax = "key topk(integer) params=[width(integer) depth(integer) decay(double)]"}),
    Command({.name = "topk.add",
             .arity = -3,
             .flags = kWrite | kDenyOom | kModule,
             .acl = kAclTopK,
             .group = CommandGroup::kTopK,
             .keys = {KeyAt(1, kKeyChanged)},
             .run = TopkAdd,
             .since = "2.0.0",
             .complexity = "O(n * depth) where n is the number of items.",
             .summary = "Counts items in a Top-K and returns those that had to leave.",
             .syntax = "key item..."}),
    Command(
        {.name = "topk.incrby",
         .arity = -4,
         .flags = kWrite | kDenyOom | kModule,
         .acl = kAclTopK,
         .group = CommandGroup::kTopK,
         .keys = {KeyAt(1, kKeyChanged)},
         .run = TopkIncrby,
         .since = "2.0.0",
         .complexity =
             "O(n * depth * i) where n is the number of items and i the increment, at most.",
         .summary = "Counts items in a Top-K by increments and returns those that had to leave.",
         .syntax = "key data=<item increment(integer)>..."}),
    Command({.name = "topk.query",
             .arity = -3,
             .flags = kReadonly | kModule,
             .acl = kAclTopK,
             .group = CommandGroup::kTopK,
             .keys = {KeyAt(1, kKeyRead)},
             .run = TopkQuery,
             .since = "2.0.0",
             .complexity = "O(n) where n is the number of items.",
             .summary = "Tells of each item whether it is among the k most frequent.",
             .syntax = "key item..."}),
    Command({.name = "topk.count",
             .arity = -3,
             .flags = kReadonly | kModule,
             .acl = kAclTopK,
             .group = CommandGroup::kTopK,
             .keys = {KeyAt(1, kKeyRead)},
             .run = TopkCount,
             .since = "2.0.0",
             .complexity = "O(n * depth) where n is the number of items.",
             .summary = "Returns how often items were counted in a Top-K, approximately.",
             .syntax = "key item..."}),
    Command({.name = "topk.list",
             .arity = -2,
             .flags = kReadonly | kModule,
             .acl = kAclTopK,
             .group = CommandGroup::kTopK,
             .keys = {KeyAt(1, kKeyRead)},
             .run = TopkList,
             .since = "2.0.0",
             .complexity = "O(k * log(k)).",
             .summary = "Returns the k most frequent items of a Top-K.",
             .syntax = "key [WITHCOUNT]"}),
    Command({.name = "topk.info",
             .arity = 2,
             .flags = kReadonly | kModule,
             .acl = kAclTopK,
             .group = CommandGroup::kTopK,
             .keys = {KeyAt(1, kKeyLooked)},
             .run = TopkInfo,
             .since = "2.0.0",
             .complexity = "O(1)",
             .summary = "Returns a Top-K's parameters.",
             .syntax = "key"}),
};

}  // namespace

std::span<const CommandSpec> TopKCommands() {
  return kRows;
}

TypeHooks TopKHooks() {
  return SketchHooks<TopK>();
}

}  // namespace gotthard
