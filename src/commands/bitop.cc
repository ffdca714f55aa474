// Bitmaps: BITOP, logic over whole strings.
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "commands/bitmap_args.h"
#include "commands/expiry_args.h"
#include "commands/family_rows.h"
#include "commands/key_helpers.h"
#include "exec/args.h"
#include "exec/context.h"
#include "types/bits.h"

namespace gotthard {
namespace {

constexpr ErrorText kErrNotSources{"ERR BITOP NOT must be called with a single source key."};

struct NamedOperation {
  std::string_view name;  // lower case
  BitOperation operation;
  ErrorText too_few = {};  // where two sources are needed
};

constexpr NamedOperation kOperations[] = {
    {"and", BitOperation::kAnd},
    {"or", BitOperation::kOr},
    {"xor", BitOperation::kXor},
    {"not", BitOperation::kNot},
    {"diff", BitOperation::kDiff, {"ERR BITOP DIFF must be called with at least two source keys."}},
    {"diff1",
     BitOperation::kDiff1,
     {"ERR BITOP DIFF1 must be called with at least two source keys."}},
    {"andor",
     BitOperation::kAndOr,
     {"ERR BITOP ANDOR must be called with at least two source keys."}},
    {"one", BitOperation::kOne},
};

const NamedOperation* FindOperation(std::string_view name) {
  for (const NamedOperation& operation : kOperations) {
    if (IsOption(name, operation.name)) return &operation;
  }
  return nullptr;
}

// The source strings, kept alive while looking up further keys may remove expired ones: large ones
// by a reference, short ones as copies.
class Sources {
 public:
  Status Read(Context& ctx, const Args& args, size_t first) {
    blobs_.reserve(args.size() - first);
    texts_.reserve(args.size() - first);
    for (size_t i = first; i < args.size(); ++i) {
      Result<EntryHandle> found = ctx.FindReadOf(Type::kString, args.key(i));
      if (!found) return found.error();
      Add(*found);
    }
    return Status::Ok();
  }

  std::span<const std::string_view> views() const { return views_; }
  size_t longest() const { return longest_; }

 private:
  void Add(EntryHandle entry) {
    if (!entry) {
      views_.emplace_back();
      return;
    }
    if (entry->is_blob()) {
      blobs_.push_back(entry->blob());
      views_.push_back(blobs_.back()->view());
    } else {
      char digits[24];
      texts_.emplace_back(entry->ValueText(digits));
      views_.emplace_back(texts_.back());
    }
    longest_ = std::max(longest_, views_.back().size());
  }

  std::vector<BlobRef> blobs_;
  std::vector<std::string> texts_;  // reserved: a short one's bytes lie in the element itself
  std::vector<std::string_view> views_;
  size_t longest_ = 0;
};

// Results up to this length are made on the stack: the store may keep them inside the entry.
constexpr size_t kShortResultBytes = kMaxInlineEntryBytes;

// Whether the target's own bytes may take the result: no source, and neither too short nor mostly
// left over. Writing over what is in the cache is worth a third of the time at a megabyte.
bool FitsTarget(EntryHandle existing, const Sources& sources) {
  if (!existing || existing->type() != Type::kString || !existing->is_blob()) return false;
  const std::string_view old = existing->bytes();
  const size_t length = sources.longest();
  return old.size() >= length && old.size() / 2 <= length &&
         std::none_of(sources.views().begin(), sources.views().end(),
                      [&](std::string_view source) { return source.data() == old.data(); });
}

void StoreResult(Context& ctx, const Key& key, EntryHandle existing, BitOperation operation,
                 const Sources& sources) {
  const size_t length = sources.longest();
  const int64_t expiry_ms = ExpiryToStore(ctx, /*exists=*/false, kNoExpiry);
  if (FitsTarget(existing, sources)) {
    EntryHandle target = expiry_ms == kNoExpiry ? ctx.db().ClearExpiry(existing)
                                                : ctx.db().SetExpiry(existing, expiry_ms);
    CombineBits(operation, sources.views(), ctx.db().ResizeString(target, length), length);
    return;
  }
  existing = ReleaseReplaced(ctx, existing);
  if (length <= kShortResultBytes) {
    char result[kShortResultBytes];
    CombineBits(operation, sources.views(), result, length);
    ctx.db().PutRaw(key, existing, {result, length}, expiry_ms);
    return;
  }
  BlobRef result = BlobRef::Make(length);
  CombineBits(operation, sources.views(), result.mutable_data(), length);
  result.set_size(length);
  ctx.db().PutBlob(key, existing, std::move(result), expiry_ms);
}

Status Bitop(Context& ctx, const Args& args) {
  const NamedOperation* named = FindOperation(args[1]);
  if (named == nullptr) return kErrSyntax;
  if (named->operation == BitOperation::kNot && args.size() != 4) return kErrNotSources;
  if (!named->too_few.text.empty() && args.size() < 5) return named->too_few;
  Sources sources;
  GOTTHARD_RETURN_IF_ERROR(sources.Read(ctx, args, 3));
  const Key key = args.key(2);
  EntryHandle existing = ctx.FindWrite(key);
  if (sources.longest() > 0) {
    StoreResult(ctx, key, existing, named->operation, sources);
    ctx.Changed(key, kEventString, "set");
  } else if (existing) {
    ctx.Delete(existing, key, ctx.config().lazyfree_lazy_server_del);
  }
  return ctx.reply().Integer(static_cast<int64_t>(sources.longest()));
}

constexpr CommandSpec kRows[] = {
    Command({.name = "bitop",
             .arity = -4,
             .flags = kWrite | kDenyOom,
             .acl = kAclBitmap,
             .group = CommandGroup::kBitmap,
             .keys = {KeyAt(2, kKeyReplaced), KeyRange(3, -1, 1, kKeyRead)},
             .run = Bitop,
             .since = "2.6.0",
             .complexity = "O(N) where N is the number of bytes of all sources.",
             .summary = "Combines strings bit by bit and stores the result.",
             .syntax = "operation=<AND | OR | XOR | NOT | DIFF@8.2.0 | DIFF1@8.2.0 | ANDOR@8.2.0 | "
                       "ONE@8.2.0> destkey key...",
             .history = "8.2.0: Added `DIFF`, `DIFF1`, `ANDOR` and `ONE`."}),
};

}  // namespace

std::span<const CommandSpec> BitopRows() {
  return kRows;
}

}  // namespace gotthard
