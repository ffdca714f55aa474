// Hashes: reading fields, walking through them, drawing some at random.
#include <algorithm>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/numbers.h"
#include "commands/family_rows.h"
#include "commands/hash.h"
#include "commands/hash_value.h"
#include "commands/random_count.h"
#include "commands/scan_args.h"
#include "exec/args.h"
#include "exec/context.h"
#include "exec/reply_limit.h"

namespace gotthard {
namespace {

Result<HashValue> ReadHash(Context& ctx, const Args& args) {
  const Key key = args.key(1);
  Result<EntryHandle> found = ctx.FindReadOf(Type::kHash, key);
  if (!found) return found.error();
  return HashValue(ctx, key, *found);
}

Status Hget(Context& ctx, const Args& args) {
  Result<HashValue> hash = ReadHash(ctx, args);
  if (!hash) return hash.error();
  FoundField field;
  if (!hash->Find(args[2], field)) return ctx.reply().Null();
  return ctx.reply().Bulk(field.value);
}

Status Hmget(Context& ctx, const Args& args) {
  Result<HashValue> hash = ReadHash(ctx, args);
  if (!hash) return hash.error();
  ReplyWriter& reply = ctx.reply();
  reply.ArrayHeader(args.size() - 2);
  for (size_t i = 2; i < args.size(); ++i) {
    FoundField field;
    if (hash->Find(args[i], field)) {
      reply.Bulk(field.value);
    } else {
      reply.Null();
    }
  }
  return Status::Ok();
}

Status Hexists(Context& ctx, const Args& args) {
  Result<HashValue> hash = ReadHash(ctx, args);
  if (!hash) return hash.error();
  return ctx.reply().Integer(hash->Has(args[2]) ? 1 : 0);
}

Status Hlen(Context& ctx, const Args& args) {
  Result<HashValue> hash = ReadHash(ctx, args);
  if (!hash) return hash.error();
  return ctx.reply().Integer(static_cast<int64_t>(hash->size()));
}

Status Hstrlen(Context& ctx, const Args& args) {
  Result<HashValue> hash = ReadHash(ctx, args);
  if (!hash) return hash.error();
  FoundField field;
  const bool there = hash->Find(args[2], field);
  return ctx.reply().Integer(there ? static_cast<int64_t>(field.value.size()) : 0);
}

enum class Parts : uint8_t { kBoth, kNames, kValues };

Status ReplyFields(Context& ctx, const Args& args, Parts parts) {
  Result<HashValue> hash = ReadHash(ctx, args);
  if (!hash) return hash.error();
  ReplyWriter& reply = ctx.reply();
  const bool both = parts == Parts::kBoth;
  const bool exact = !hash->MayHoldExpired();
  const size_t mark = exact ? 0 : reply.Defer();
  if (exact) both ? reply.MapHeader(hash->size()) : reply.ArrayHeader(hash->size());
  uint64_t fields = 0;
  hash->ForEach([&](const FoundField& field) {
    if (parts != Parts::kValues) reply.Bulk(field.name);
    if (parts != Parts::kNames) reply.Bulk(field.value);
    ++fields;
  });
  if (exact) return Status::Ok();
  return both ? reply.SetMapLength(mark, fields) : reply.SetArrayLength(mark, fields);
}

Status Hgetall(Context& ctx, const Args& args) {
  return ReplyFields(ctx, args, Parts::kBoth);
}

Status Hkeys(Context& ctx, const Args& args) {
  return ReplyFields(ctx, args, Parts::kNames);
}

Status Hvals(Context& ctx, const Args& args) {
  return ReplyFields(ctx, args, Parts::kValues);
}

Status Hscan(Context& ctx, const Args& args) {
  const std::optional<uint64_t> cursor = ParseCursor(args[2]);
  if (!cursor) return kErrCursor;
  Result<HashValue> hash = ReadHash(ctx, args);
  if (!hash) return hash.error();
  ScanArgs scan;
  if (*hash) GOTTHARD_RETURN_IF_ERROR(ParseScanArgs(args, 3, scan, ScanExtra::kNoValues));
  ReplyWriter& reply = ctx.reply();
  // The cursor is known only after the walk; it comes before what the walk finds.
  std::vector<std::string> found;
  const uint64_t next = hash->Scan(*cursor, scan.count, [&](const FoundField& field) {
    if (!scan.Matches(field.name)) return;
    found.emplace_back(field.name);
    if (!scan.no_values) found.emplace_back(field.value);
  });
  ReplyCursor(reply, next);
  reply.ArrayHeader(found.size());
  for (const std::string& text : found) reply.Bulk(text);
  return Status::Ok();
}

// --- HRANDFIELD

class RandomFields {
 public:
  RandomFields(Context& ctx, const HashValue& hash, bool with_values)
      : ctx_(ctx), hash_(hash), with_values_(with_values) {}

  // `count` draws, each from all fields.
  void Repeated(uint64_t count) {
    const size_t mark = ctx_.reply().Defer();
    uint64_t drawn = 0;
    for (FoundField field; drawn < count && hash_.Random(field); ++drawn) {
      if (ReplyOverLimit(ctx_)) break;
      Reply(field.name, field.value);
    }
    SetLength(mark, drawn);
  }

  // `count` different ones, or all if there are not more.
  void Distinct(uint64_t count) {
    const size_t mark = ctx_.reply().Defer();
    count = std::min<uint64_t>(count, hash_.size());
    // Drawing until enough are different gets slow when most are wanted.
    constexpr size_t kManyFraction = 3;
    const bool drawn = count * kManyFraction <= hash_.size() && Draw(count);
    SetLength(mark, drawn ? count : ByPlace(count));
  }

 private:
  // Draws until `count` are different, then replies with them. False, and nothing replied, when
  // that takes too long: there may be fewer, as expired fields count until they are removed.
  bool Draw(uint64_t count) {
    constexpr uint64_t kTriesEach = 16;  // a third of live fields takes 1.2 on average
    std::unordered_map<std::string, std::string> drawn;
    FoundField field;
    for (uint64_t tries = 0; drawn.size() < count; ++tries) {
      if (tries == count * kTriesEach || !hash_.Random(field)) return false;
      drawn.emplace(field.name, with_values_ ? field.value : std::string_view());
    }
    for (const auto& [name, value] : drawn) Reply(name, value);
    return true;
  }
  uint64_t ByPlace(uint64_t count) {
    size_t live = 0;
    hash_.ForEach([&](const FoundField&) { ++live; });
    // Selection sampling (Knuth, Algorithm S): each field is taken with the chance that is left.
    uint64_t wanted = std::min<uint64_t>(count, live);
    const uint64_t taken = wanted;
    hash_.ForEach([&](const FoundField& field) {
      if (wanted == 0 || ctx_.server().random.Below(live--) >= wanted) return;
      --wanted;
      Reply(field.name, field.value);
    });
    return taken;
  }
  void Reply(std::string_view name, std::string_view value) {
    ReplyWriter& reply = ctx_.reply();
    if (pairs() && with_values_) reply.ArrayHeader(2);
    reply.Bulk(name);
    if (with_values_) reply.Bulk(value);
  }
  void SetLength(size_t mark, uint64_t fields) {
    ctx_.reply().SetArrayLength(mark, with_values_ && !pairs() ? fields * 2 : fields);
  }
  // RESP3 has each field with its value in an array of two.
  bool pairs() const { return ctx_.reply().protocol() == Protocol::kResp3; }

  Context& ctx_;
  const HashValue& hash_;
  bool with_values_;
};

Status Hrandfield(Context& ctx, const Args& args) {
  const bool with_values = args.size() == 4 && IsOption(args[3], "withvalues");
  std::optional<int64_t> count;
  if (args.size() > 2) {
    count = ParseInt64(args[2]);
    if (!count) return kErrNotInteger;
    if (*count == INT64_MIN) return kErrRandomCount;
    if (args.size() > 4 || (args.size() == 4 && !with_values)) return kErrSyntax;
    if (with_values && (*count < -INT64_MAX / 2 || *count > INT64_MAX / 2)) return kErrRandomRange;
  }
  Result<HashValue> hash = ReadHash(ctx, args);
  if (!hash) return hash.error();
  if (!count) {
    FoundField field;
    if (!hash->Random(field)) return ctx.reply().Null();
    return ctx.reply().Bulk(field.name);
  }
  if (!*hash || *count == 0) return ctx.reply().EmptyArray();
  if (*count < -kMaxRepeated) return kErrRandomRange;
  RandomFields fields(ctx, *hash, with_values);
  if (*count > 0) {
    fields.Distinct(static_cast<uint64_t>(*count));
  } else {
    fields.Repeated(static_cast<uint64_t>(-*count));
  }
  return Status::Ok();
}

constexpr CommandSpec kRows[] = {
    Command({.name = "hget",
             .arity = 3,
             .flags = kReadonly | kFast,
             .acl = kAclHash,
             .group = CommandGroup::kHash,
             .keys = {KeyAt(1, kKeyRead)},
             .element = 2,
             .run = Hget,
             .since = "2.0.0",
             .complexity = "O(1)",
             .summary = "Returns the value of a field of a hash.",
             .syntax = "key field"}),
    Command({.name = "hmget",
             .arity = -3,
             .flags = kReadonly | kFast,
             .acl = kAclHash,
             .group = CommandGroup::kHash,
             .keys = {KeyAt(1, kKeyRead)},
             .element = 2,
             .run = Hmget,
             .since = "2.0.0",
             .complexity = "O(N) where N is the number of fields asked for.",
             .summary = "Returns the values of several fields of a hash.",
             .syntax = "key field..."}),
    Command({.name = "hexists",
             .arity = 3,
             .flags = kReadonly | kFast,
             .acl = kAclHash,
             .group = CommandGroup::kHash,
             .keys = {KeyAt(1, kKeyLooked)},
             .element = 2,
             .run = Hexists,
             .since = "2.0.0",
             .complexity = "O(1)",
             .summary = "Tells whether a field is in a hash.",
             .syntax = "key field"}),
    Command({.name = "hlen",
             .arity = 2,
             .flags = kReadonly | kFast,
             .acl = kAclHash,
             .group = CommandGroup::kHash,
             .keys = {KeyAt(1, kKeyLooked)},
             .run = Hlen,
             .since = "2.0.0",
             .complexity = "O(1)",
             .summary = "Tells how many fields a hash has.",
             .syntax = "key"}),
    Command({.name = "hstrlen",
             .arity = 3,
             .flags = kReadonly | kFast,
             .acl = kAclHash,
             .group = CommandGroup::kHash,
             .keys = {KeyAt(1, kKeyLooked)},
             .element = 2,
             .run = Hstrlen,
             .since = "3.2.0",
             .complexity = "O(1)",
             .summary = "Tells how long the value of a field is.",
             .syntax = "key field"}),
    Command({.name = "hgetall",
             .arity = 2,
             .flags = kReadonly,
             .acl = kAclHash,
             .group = CommandGroup::kHash,
             .keys = {KeyAt(1, kKeyRead)},
             .run = Hgetall,
             .since = "2.0.0",
             .complexity = "O(N) where N is the number of fields.",
             .summary = "Returns all fields of a hash with their values.",
             .syntax = "key",
             .tips = "nondeterministic_output_order"}),
    Command({.name = "hkeys",
             .arity = 2,
             .flags = kReadonly,
             .acl = kAclHash,
             .group = CommandGroup::kHash,
             .keys = {KeyAt(1, kKeyRead)},
             .run = Hkeys,
             .since = "2.0.0",
             .complexity = "O(N) where N is the number of fields.",
             .summary = "Returns the names of all fields of a hash.",
             .syntax = "key",
             .tips = "nondeterministic_output_order"}),
    Command({.name = "hvals",
             .arity = 2,
             .flags = kReadonly,
             .acl = kAclHash,
             .group = CommandGroup::kHash,
             .keys = {KeyAt(1, kKeyRead)},
             .run = Hvals,
             .since = "2.0.0",
             .complexity = "O(N) where N is the number of fields.",
             .summary = "Returns all values of a hash.",
             .syntax = "key",
             .tips = "nondeterministic_output_order"}),
    Command({.name = "hscan",
             .arity = -3,
             .flags = kReadonly,
             .acl = kAclHash,
             .group = CommandGroup::kHash,
             .keys = {KeyAt(1, kKeyRead)},
             .run = Hscan,
             .since = "2.8.0",
             .complexity = "O(1) for each call, O(N) for all calls until the cursor is 0 again, "
                           "where N is the number of fields.",
             .summary = "Returns some fields of a hash, and a cursor to go on with.",
             .syntax = "key cursor [MATCH pattern] [COUNT count] [NOVALUES]@7.4.0",
             .tips = "nondeterministic_output"}),
    Command({.name = "hrandfield",
             .arity = -2,
             .flags = kReadonly,
             .acl = kAclHash,
             .group = CommandGroup::kHash,
             .keys = {KeyAt(1, kKeyRead)},
             .run = Hrandfield,
             .since = "6.2.0",
             .complexity = "O(N) where N is the number of fields returned.",
             .summary = "Returns fields of a hash, drawn at random.",
             .syntax = "key options=[count [WITHVALUES]]",
             .tips = "nondeterministic_output"}),
};

}  // namespace

std::span<const CommandSpec> HashReadRows() {
  return kRows;
}

}  // namespace gotthard
