// Walking through the keys: KEYS, SCAN, RANDOMKEY, DBSIZE.
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "base/glob.h"
#include "commands/family_rows.h"
#include "commands/scan_args.h"
#include "exec/args.h"
#include "exec/context.h"
#include "exec/reply_limit.h"

namespace gotthard {
namespace {

// Removes entries that were found expired. By name, since each removal may move the others.
void RemoveExpired(Context& ctx, const Args& args, const std::vector<std::string>& names) {
  for (const std::string& name : names) ctx.Peek(args.MakeKey(name));
}

Status Keys(Context& ctx, const Args& args) {
  const std::string_view pattern = args[1];
  const bool all = pattern == "*";
  ReplyWriter& reply = ctx.reply();
  const size_t mark = reply.Defer();
  uint64_t matches = 0;
  ctx.db().ForEach([&](Entry* entry) {
    if (!all && !GlobMatch(pattern, entry->key())) return;
    if (entry->IsExpired(ctx.now_ms()) || ReplyOverLimit(ctx)) return;
    reply.Bulk(entry->key());
    ++matches;
  });
  return reply.SetArrayLength(mark, matches);
}

Status Scan(Context& ctx, const Args& args) {
  const std::optional<uint64_t> cursor = ParseCursor(args[1]);
  if (!cursor) return kErrCursor;
  ScanArgs scan;
  GOTTHARD_RETURN_IF_ERROR(ParseScanArgs(args, 2, scan, ScanExtra::kType));
  std::vector<std::string_view> found;
  std::vector<std::string> expired;
  uint64_t next = 0;
  // A cursor that no SCAN returned begins behind the last key.
  if (*cursor >> Table::kCursorBits == 0) {
    found.reserve(std::min(scan.count, ctx.db().size()) + Table::kSlots);
    next = ctx.db().Scan(*cursor, scan.count, [&](Entry* entry) {
      const std::string_view name = entry->key();
      if (!scan.Matches(name)) return;
      if (entry->IsExpired(ctx.now_ms())) {
        expired.emplace_back(name);
      } else if (!scan.type || IsOption(*scan.type, TypeName(entry->type()))) {
        found.push_back(name);
      }
    });
  }
  ReplyWriter& reply = ctx.reply();
  ReplyCursor(reply, next);
  reply.ArrayHeader(found.size());
  for (std::string_view name : found) reply.Bulk(name);
  RemoveExpired(ctx, args, expired);
  return Status::Ok();
}

Status Randomkey(Context& ctx, const Args& args) {
  while (ctx.db().size() != 0) {
    const EntryHandle entry = ctx.db().RandomEntry(ctx.server().random);
    if (!entry->IsExpired(ctx.now_ms())) return ctx.reply().Bulk(entry->key());
    const size_t before = ctx.db().size();
    RemoveExpired(ctx, args, {std::string(entry->key())});
    if (ctx.db().size() == before) break;  // nothing is removed while clients are paused
  }
  return ctx.reply().Null();
}

Status Dbsize(Context& ctx, const Args& /*args*/) {
  return ctx.reply().Integer(static_cast<int64_t>(ctx.db().size()));
}

constexpr CommandSpec kRows[] = {
    Command({.name = "keys",
             .arity = 2,
             .flags = kReadonly,
             .acl = kAclKeyspace | kAclDangerous,
             .run = Keys,
             .since = "1.0.0",
             .complexity = "O(N) where N is the number of keys in the database.",
             .summary = "Returns the names of all keys that match a pattern.",
             .syntax = "pattern",
             .tips = "request_policy:all_shards\nnondeterministic_output_order"}),
    Command({.name = "scan",
             .arity = -2,
             .flags = kReadonly,
             .acl = kAclKeyspace,
             .run = Scan,
             .since = "2.8.0",
             .complexity = "O(1) for each call, O(N) for all calls until the cursor is 0 again, "
                           "where N is the number of keys.",
             .summary = "Returns some of the keys' names, and a cursor to go on with.",
             .syntax = "cursor [MATCH pattern] [COUNT count] [TYPE type]@6.0.0",
             .history = "6.0.0: Added the `TYPE` subcommand.",
             .tips = "nondeterministic_output\nrequest_policy:special\nresponse_policy:special"}),
    Command({.name = "randomkey",
             .arity = 1,
             .flags = kReadonly,
             .acl = kAclKeyspace,
             .run = Randomkey,
             .since = "1.0.0",
             .complexity = "O(1)",
             .summary = "Returns the name of a key, each with the same chance.",
             .tips = "request_policy:all_shards\nresponse_policy:special\n"
                     "nondeterministic_output"}),
    Command({.name = "dbsize",
             .arity = 1,
             .flags = kReadonly | kFast,
             .acl = kAclKeyspace,
             .group = CommandGroup::kServer,
             .run = Dbsize,
             .since = "1.0.0",
             .complexity = "O(1)",
             .summary = "Tells how many keys the database has.",
             .tips = "request_policy:all_shards\nresponse_policy:agg_sum"}),
};

}  // namespace

std::span<const CommandSpec> KeyScanRows() {
  return kRows;
}

}  // namespace gotthard
