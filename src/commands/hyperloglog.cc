// HyperLogLog: PFADD, PFCOUNT, PFMERGE, and what looks inside: PFDEBUG and PFSELFTEST.
#include "types/hyperloglog.h"

#include <cmath>
#include <cstring>
#include <optional>
#include <string>

#include "commands/changed_parts.h"
#include "commands/expiry_args.h"
#include "commands/families.h"
#include "commands/family_rows.h"
#include "exec/args.h"
#include "exec/context.h"

namespace gotthard {
namespace {

constexpr ErrorText kErrNotHyperLogLog{"WRONGTYPE Key is not a valid HyperLogLog string value."};
constexpr ErrorText kErrCorrupt{"INVALIDOBJ Corrupted HLL object detected"};
constexpr ErrorText kErrNoKey{"ERR The specified key does not exist"};
constexpr ErrorText kErrNotSparse{"ERR HLL encoding is not sparse"};

Status CheckValue(EntryHandle entry) {
  if (!entry) return Status::Ok();
  if (entry->type() != Type::kString) return kErrWrongType;
  if (entry->is_integer() || !hyperloglog::IsValue(entry->bytes())) return kErrNotHyperLogLog;
  return Status::Ok();
}

size_t MaxSparseBytes(const Context& ctx) {
  return static_cast<size_t>(ctx.config().hll_sparse_max_bytes);
}

// Writes a value that was worked on outside of the entry.
EntryHandle Store(Context& ctx, const Key& key, EntryHandle entry, std::string_view value) {
  if (!entry) {
    return ctx.db().PutRaw(key, entry, value, ExpiryToStore(ctx, /*exists=*/false, kNoExpiry));
  }
  std::memcpy(ctx.db().ResizeString(entry, value.size()), value.data(), value.size());
  return entry;
}

// The bytes of an entry that keeps its length, to be written to.
char* Writable(Context& ctx, EntryHandle& entry) {
  return ctx.db().ResizeString(entry, entry->bytes().size());
}

Status AddToDense(Context& ctx, const Key& key, EntryHandle entry, const Args& args) {
  char* value = Writable(ctx, entry);
  uint64_t changes = 0;
  for (size_t i = 2; i < args.size(); ++i) {
    changes += hyperloglog::AddDense(value, args[i]) == hyperloglog::Added::kChanged ? 1 : 0;
  }
  if (changes != 0) ChangedParts(ctx, key, kEventString, "pfadd", changes);
  return ctx.reply().Integer(changes != 0 ? 1 : 0);
}

Status Pfadd(Context& ctx, const Args& args) {
  const Key key = args.key(1);
  EntryHandle entry = ctx.FindWrite(key);
  GOTTHARD_RETURN_IF_ERROR(CheckValue(entry));
  if (entry && !hyperloglog::IsSparse(entry->bytes())) return AddToDense(ctx, key, entry, args);
  // Sparse values change their length all the time and are short: a copy is worked on, and a
  // corrupt one is noticed before anything has changed.
  std::string value = entry ? std::string(entry->bytes()) : hyperloglog::Empty();
  uint64_t changes = entry ? 0 : 1;
  for (size_t i = 2; i < args.size(); ++i) {
    const hyperloglog::Added added = hyperloglog::Add(value, args[i], MaxSparseBytes(ctx));
    if (added == hyperloglog::Added::kCorrupt) return kErrCorrupt;
    changes += added == hyperloglog::Added::kChanged ? 1 : 0;
  }
  if (changes != 0) {
    hyperloglog::DropCachedCount(value.data());
    Store(ctx, key, entry, value);
    ChangedParts(ctx, key, kEventString, "pfadd", changes);
  }
  return ctx.reply().Integer(changes != 0 ? 1 : 0);
}

// Raises `registers` to those of the keys from `first` on. Sets *any_dense if one of them is dense.
Status MergeKeys(Context& ctx, const Args& args, size_t first, hyperloglog::Registers& registers,
                 bool* any_dense) {
  for (size_t i = first; i < args.size(); ++i) {
    EntryHandle entry = ctx.FindRead(args.key(i));
    GOTTHARD_RETURN_IF_ERROR(CheckValue(entry));
    if (!entry) continue;
    if (!hyperloglog::IsSparse(entry->bytes())) *any_dense = true;
    if (!hyperloglog::Merge(registers, entry->bytes())) return kErrCorrupt;
  }
  return Status::Ok();
}

Status Pfcount(Context& ctx, const Args& args) {
  if (args.size() > 2) {
    hyperloglog::Registers registers{};
    bool any_dense = false;
    GOTTHARD_RETURN_IF_ERROR(MergeKeys(ctx, args, 1, registers, &any_dense));
    return ctx.reply().Integer(static_cast<int64_t>(hyperloglog::Count(registers)));
  }
  const Key key = args.key(1);
  EntryHandle entry = ctx.FindRead(key);
  GOTTHARD_RETURN_IF_ERROR(CheckValue(entry));
  if (!entry) return ctx.reply().Integer(0);
  std::optional<uint64_t> count = hyperloglog::CachedCount(entry->bytes());
  if (!count) {
    count = hyperloglog::Count(entry->bytes());
    if (!count) return kErrCorrupt;
    hyperloglog::SetCachedCount(Writable(ctx, entry), *count);
    // The value has changed, if only in what it remembers; there is no event for that.
    ctx.Changed(key, kEventString, "");
  }
  return ctx.reply().Integer(static_cast<int64_t>(*count));
}

Status Pfmerge(Context& ctx, const Args& args) {
  hyperloglog::Registers registers{};
  bool any_dense = false;
  // The target counts as one of the sources.
  GOTTHARD_RETURN_IF_ERROR(MergeKeys(ctx, args, 1, registers, &any_dense));
  const Key key = args.key(1);
  EntryHandle entry = ctx.FindWrite(key);
  std::string value = entry ? std::string(entry->bytes()) : hyperloglog::Empty();
  if (any_dense && !hyperloglog::MakeDense(value)) return kErrCorrupt;
  for (size_t i = 0; i < registers.size(); ++i) {
    if (registers[i] == 0) continue;
    if (hyperloglog::Raise(value, i, registers[i], MaxSparseBytes(ctx)) ==
        hyperloglog::Added::kCorrupt) {
      return kErrCorrupt;
    }
  }
  hyperloglog::DropCachedCount(value.data());
  Store(ctx, key, entry, value);
  ctx.Changed(key, kEventString, "pfadd");
  return ctx.reply().Ok();
}

// --- PFDEBUG

// Makes a key's value dense. Sets *changed when it was sparse.
Status MakeKeyDense(Context& ctx, const Key& key, EntryHandle& entry, bool* changed) {
  if (!hyperloglog::IsSparse(entry->bytes())) return Status::Ok();
  std::string value(entry->bytes());
  if (!hyperloglog::MakeDense(value)) return kErrCorrupt;
  entry = Store(ctx, key, entry, value);
  ctx.ChangedBeside(key, kEventString, "");
  *changed = true;
  return Status::Ok();
}

Status ReplyRegisters(Context& ctx, const Key& key, EntryHandle entry) {
  bool changed = false;
  GOTTHARD_RETURN_IF_ERROR(MakeKeyDense(ctx, key, entry, &changed));
  hyperloglog::Registers registers{};
  hyperloglog::Merge(registers, entry->bytes());
  ctx.reply().ArrayHeader(registers.size());
  for (uint8_t value : registers) ctx.reply().Integer(value);
  return Status::Ok();
}

Status Pfdebug(Context& ctx, const Args& args) {
  const Key key = args.key(2);
  EntryHandle entry = ctx.FindWrite(key);
  if (!entry) return kErrNoKey;
  GOTTHARD_RETURN_IF_ERROR(CheckValue(entry));
  const bool sparse = hyperloglog::IsSparse(entry->bytes());
  if (IsOption(args[1], "getreg")) return ReplyRegisters(ctx, key, entry);
  if (IsOption(args[1], "decode")) {
    if (!sparse) return kErrNotSparse;
    return ctx.reply().Bulk(hyperloglog::Decode(entry->bytes()));
  }
  if (IsOption(args[1], "encoding")) return ctx.reply().Simple(sparse ? "sparse" : "dense");
  if (IsOption(args[1], "todense")) {
    bool changed = false;
    GOTTHARD_RETURN_IF_ERROR(MakeKeyDense(ctx, key, entry, &changed));
    return ctx.reply().Integer(changed ? 1 : 0);
  }
  return Status::Error("ERR Unknown PFDEBUG subcommand '" + std::string(args[1]) + "'");
}

// --- PFSELFTEST

// Whether an estimate is within six standard errors; ten elements may collide by chance.
bool IsPlausible(uint64_t estimate, uint64_t elements) {
  const double standard_error = 1.04 / std::sqrt(double{hyperloglog::kRegisters});
  const double most =
      elements == 10 ? 1 : std::ceil(6 * standard_error * static_cast<double>(elements));
  return std::abs(static_cast<double>(estimate) - static_cast<double>(elements)) <= most;
}

// The same elements into a dense and a sparse value, compared at every power of ten. A million of
// them take about 50 ms; Redis adds ten million, for seconds.
Status Pfselftest(Context& ctx, const Args& /*args*/) {
  constexpr uint64_t kElements = 1000000;
  const size_t max_sparse_bytes = MaxSparseBytes(ctx);
  std::string sparse = hyperloglog::Empty();
  std::string dense = hyperloglog::Empty();
  hyperloglog::MakeDense(dense);
  const uint64_t seed = ctx.server().random.Next();
  for (uint64_t i = 1, checkpoint = 1; i <= kElements; ++i) {
    const uint64_t element = i ^ seed;
    const std::string_view bytes(reinterpret_cast<const char*>(&element), sizeof(element));
    hyperloglog::AddDense(dense.data(), bytes);
    hyperloglog::Add(sparse, bytes, max_sparse_bytes);
    if (i != checkpoint) continue;
    checkpoint *= 10;
    if (i < max_sparse_bytes / 2 && !hyperloglog::IsSparse(sparse)) {
      return Status::Error("ERR TESTFAILED sparse encoding not used");
    }
    const std::optional<uint64_t> estimate = hyperloglog::Count(dense);
    if (estimate != hyperloglog::Count(sparse)) {
      return Status::Error("ERR TESTFAILED dense/sparse disagree");
    }
    if (!IsPlausible(*estimate, i)) {
      return Status::Error("ERR TESTFAILED Too big error. card:" + std::to_string(i) +
                           " estimate:" + std::to_string(*estimate));
    }
  }
  return ctx.reply().Ok();
}

constexpr CommandSpec kRows[] = {
    Command({.name = "pfadd",
             .arity = -2,
             .flags = kWrite | kDenyOom | kFast,
             .acl = kAclHyperLogLog,
             .group = CommandGroup::kHyperLogLog,
             .keys = {KeyAt(1, kKeyReadWrite | kKeyInsert)},
             .run = Pfadd,
             .since = "2.8.9",
             .complexity = "O(1) for each element.",
             .summary = "Adds elements to a HyperLogLog, which is made if there is no key.",
             .syntax = "key [element]..."}),
    Command({.name = "pfcount",
             .arity = -2,
             .flags = kReadonly | kMayReplicate,
             .acl = kAclHyperLogLog,
             .group = CommandGroup::kHyperLogLog,
             .keys = {KeyRange(1, -1, 1, kKeyReadWrite | kKeyAccess)},
             .run = Pfcount,
             .since = "2.8.9",
             .complexity = "O(1) with one key, whose count is remembered; O(N) with N keys, some "
                           "microseconds each.",
             .summary = "Estimates how many different elements were added to one or more "
                        "HyperLogLogs together.",
             .syntax = "key..."}),
    Command({.name = "pfmerge",
             .arity = -2,
             .flags = kWrite | kDenyOom,
             .acl = kAclHyperLogLog,
             .group = CommandGroup::kHyperLogLog,
             .keys = {KeyAt(1, kKeyReadWrite | kKeyAccess | kKeyInsert),
                      KeyRange(2, -1, 1, kKeyReadOnly | kKeyAccess)},
             .run = Pfmerge,
             .since = "2.8.9",
             .complexity = "O(N) with N keys, some microseconds each.",
             .summary = "Merges HyperLogLogs into one, as if all elements had been added to it.",
             .syntax = "destkey [sourcekey(key)]..."}),
    Command({.name = "pfdebug",
             .arity = 3,
             .flags = kWrite | kDenyOom | kAdmin | kSysCommand,
             .acl = kAclHyperLogLog,
             .group = CommandGroup::kHyperLogLog,
             .keys = {KeyAt(2, kKeyReadWrite | kKeyAccess)},
             .run = Pfdebug,
             .since = "2.8.9",
             .complexity = "N/A",
             .summary = "Shows how a HyperLogLog is encoded, or makes it dense.",
             .syntax = "subcommand key"}),
    Command({.name = "pfselftest",
             .arity = 1,
             .flags = kAdmin | kSysCommand,
             .acl = kAclHyperLogLog,
             .group = CommandGroup::kHyperLogLog,
             .run = Pfselftest,
             .since = "2.8.9",
             .complexity = "N/A",
             .summary = "Checks that HyperLogLogs count as they should."}),
};

}  // namespace

std::span<const CommandSpec> HyperLogLogCommands() {
  return kRows;
}

}  // namespace gotthard
