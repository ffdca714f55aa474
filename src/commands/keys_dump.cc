// DUMP and RESTORE: a key's value as bytes, and back.
#include <algorithm>
#include <cstdint>
#include <optional>

#include "base/numbers.h"
#include "commands/dump_payload.h"
#include "commands/family_rows.h"
#include "exec/args.h"
#include "exec/context.h"
#include "store/eviction_clock.h"

namespace gotthard {
namespace {

Status Dump(Context& ctx, const Args& args) {
  EntryHandle entry = ctx.FindRead(args.key(1));
  if (!entry) return ctx.reply().Null();
  const auto payload = MakeDumpPayload(*entry, ctx.config().rdbcompression);
  if (!payload) return Status::Error("ERR DUMP is not supported for this type");
  return ctx.reply().Bulk(*payload);
}

struct RestoreOptions {
  bool replace = false;
  bool absolute = false;
  int64_t idle_s = -1;
  int64_t frequency = -1;
};

Result<RestoreOptions> ParseRestore(const Args& args) {
  static constexpr ErrorText kIdle{"ERR Invalid IDLETIME value, must be >= 0"};
  static constexpr ErrorText kFrequency{"ERR Invalid FREQ value, must be >= 0 and <= 255"};
  RestoreOptions options;
  for (size_t i = 4; i < args.size(); ++i) {
    const bool more = i + 1 < args.size();
    if (IsOption(args[i], "replace")) {
      options.replace = true;
    } else if (IsOption(args[i], "absttl")) {
      options.absolute = true;
    } else if (IsOption(args[i], "idletime") && more && options.frequency == -1) {
      const auto idle = ParseInt64(args[++i]);
      if (!idle) return kErrNotInteger;
      if (*idle < 0) return kIdle;
      options.idle_s = *idle;
    } else if (IsOption(args[i], "freq") && more && options.idle_s == -1) {
      const auto frequency = ParseInt64(args[++i]);
      if (!frequency) return kErrNotInteger;
      if (*frequency < 0 || *frequency > 255) return kFrequency;
      options.frequency = *frequency;
    } else {
      return kErrSyntax;
    }
  }
  return options;
}

// As it was used where it comes from, if that is kept here.
void SetUse(Context& ctx, EntryHandle entry, const RestoreOptions& options) {
  if (ctx.config().UsesLfu()) {
    if (options.frequency < 0) return;
    entry->set_access(LfuStamp(static_cast<uint8_t>(options.frequency), ctx.now_ms()));
  } else if (options.idle_s >= 0) {
    const auto idle = static_cast<uint32_t>(std::min<int64_t>(options.idle_s, kAccessMask));
    entry->set_access(LruStampIdle(idle, ctx.now_ms()));
  }
}

// RESTORE key ttl serialized-value [REPLACE] [ABSTTL] [IDLETIME seconds] [FREQ frequency]
Status Restore(Context& ctx, const Args& args) {
  static constexpr ErrorText kBusy{"BUSYKEY Target key name already exists."};
  static constexpr ErrorText kTtl{"ERR Invalid TTL value, must be >= 0"};
  static constexpr ErrorText kFooter{"ERR DUMP payload version or checksum are wrong"};
  static constexpr ErrorText kFormat{"ERR Bad data format"};
  auto options = ParseRestore(args);
  if (!options) return options.error();
  const Key key = args.key(1);
  EntryHandle existing = ctx.FindWrite(key);
  if (existing && !options->replace) return kBusy;
  const auto ttl_ms = ParseInt64(args[2]);
  if (!ttl_ms) return kErrNotInteger;
  if (*ttl_ms < 0) return kTtl;
  if (!VerifyDumpFooter(args[3], ctx.server().debug.skip_checksum_validation)) return kFooter;
  auto value = ReadDumpPayload(args[3], ctx.server());
  if (!value) return kFormat;

  int64_t expiry_ms = *ttl_ms == 0 ? kNoExpiry : *ttl_ms;
  if (*ttl_ms != 0 && !options->absolute) {
    expiry_ms = ctx.now_ms() > INT64_MAX - *ttl_ms ? INT64_MAX : ctx.now_ms() + *ttl_ms;
  }
  if (*ttl_ms != 0 && expiry_ms <= ctx.now_ms()) {
    // Over before it began.
    if (existing) ctx.Delete(existing, key, ctx.config().lazyfree_lazy_server_del);
    return ctx.reply().Ok();
  }
  if (existing) {
    ctx.server().FreeEntry(ctx.db(), existing, ctx.config().lazyfree_lazy_server_del);
  }
  SetUse(ctx, PutLoaded(ctx, key, std::move(*value), expiry_ms), *options);
  ctx.Changed(key, kEventGeneric, "restore");
  return ctx.reply().Ok();
}

constexpr std::string_view kRestoreSyntax =
    "key ttl serialized-value [REPLACE]@3.0.0 [ABSTTL]@5.0.0 [IDLETIME seconds]@5.0.0 "
    "[FREQ frequency]@5.0.0";
constexpr std::string_view kRestoreHistory =
    "3.0.0: Added the `REPLACE` modifier.\n5.0.0: Added the `ABSTTL` modifier.\n"
    "5.0.0: Added the `IDLETIME` and `FREQ` options.";
constexpr std::string_view kRestoreCost =
    "O(1) to create the new key and additional O(N*M) to reconstruct the serialized value, where N "
    "is the number of Redis objects composing the value and M their average size. For small string "
    "values the time complexity is thus O(1)+O(1*M) where M is small, so simply O(1). However for "
    "sorted set values the complexity is O(N*M*log(N)) because inserting values into sorted sets "
    "is O(log(N)).";

constexpr CommandSpec kRows[] = {
    Command({.name = "dump",
             .arity = 2,
             .flags = kReadonly,
             .acl = kAclKeyspace,
             .keys = {KeyAt(1, kKeyRead)},
             .run = Dump,
             .since = "2.6.0",
             .complexity = "O(1) to access the key and additional O(N*M) to serialize it, where N "
                           "is the number of Redis objects composing the value and M their average "
                           "size. For small string values the time complexity is thus O(1)+O(1*M) "
                           "where M is small, so simply O(1).",
             .summary = "Returns a key's value as bytes that RESTORE takes.",
             .syntax = "key",
             .tips = "nondeterministic_output"}),
    Command({.name = "restore",
             .arity = -4,
             .flags = kWrite | kDenyOom,
             .acl = kAclKeyspace | kAclDangerous,
             .keys = {KeyAt(1, kKeyReplaced)},
             .run = Restore,
             .since = "2.6.0",
             .complexity = kRestoreCost,
             .summary = "Makes a key from bytes that DUMP returned.",
             .syntax = kRestoreSyntax,
             .history = kRestoreHistory}),
    Command({.name = "restore-asking",
             .arity = -4,
             .flags = kWrite | kDenyOom | kAsking | kSysCommand,
             .acl = kAclKeyspace | kAclDangerous,
             .group = CommandGroup::kServer,
             .keys = {KeyAt(1, kKeyReplaced)},
             .run = Restore,
             .since = "3.0.0",
             .complexity = kRestoreCost,
             .summary = "What RESTORE does, for the servers of a cluster among themselves.",
             .syntax = kRestoreSyntax,
             .history = kRestoreHistory}),
};

}  // namespace

std::span<const CommandSpec> KeyDumpRows() {
  return kRows;
}

}  // namespace gotthard
