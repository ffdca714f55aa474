// Streams: XINFO, which shows what a stream, its groups and their consumers are like.
#include <algorithm>
#include <string_view>

#include "base/numbers.h"
#include "commands/family_rows.h"
#include "commands/help.h"
#include "commands/stream.h"

namespace gotthard {
namespace {

// The stream under argument 2. There has to be one.
Result<Stream*> FindStream(Context& ctx, const Args& args) {
  Result<Stream*> stream = ReadStream(ctx, args.key(2));
  if (stream && *stream == nullptr) return kErrNoSuchKey;
  return stream;
}

Replied ReplyCount(ReplyWriter& reply, std::string_view name, uint64_t count) {
  reply.Bulk(name);
  return reply.Integer(static_cast<int64_t>(count));
}

Replied ReplyNamedId(ReplyWriter& reply, std::string_view name, const StreamId& id) {
  reply.Bulk(name);
  return ReplyStreamId(reply, id);
}

// What both forms of XINFO STREAM begin with: kBasics pairs.
constexpr size_t kBasics = 7;
void ReplyBasics(ReplyWriter& reply, const Stream& stream) {
  ReplyCount(reply, "length", stream.length());
  ReplyCount(reply, "radix-tree-keys", stream.nodes());
  ReplyCount(reply, "radix-tree-nodes", stream.tree_nodes());
  ReplyNamedId(reply, "last-generated-id", stream.last_id());
  ReplyNamedId(reply, "max-deleted-entry-id", stream.max_deleted_id());
  ReplyCount(reply, "entries-added", stream.entries_added());
  ReplyNamedId(reply, "recorded-first-entry-id", stream.first_id());
}

void ReplyOutermost(ReplyWriter& reply, const Stream& stream, StreamCursor::Direction direction) {
  const StreamCursor at(stream, StreamId::Min(), StreamId::Max(), direction);
  if (at.done()) {
    reply.Null();
  } else {
    ReplyStreamEntry(reply, at);
  }
}

// last-delivered-id, entries-read and lag of a group.
void ReplyProgress(ReplyWriter& reply, const StreamGroup& group) {
  ReplyNamedId(reply, "last-delivered-id", group.last_id);
  reply.Bulk("entries-read");
  if (group.entries_read == kUnknownEntriesRead) {
    reply.Null();
  } else {
    reply.Integer(group.entries_read);
  }
}

// At most `limit` (0: all) of what is pending, for a group with the consumers' names.
void ReplyPending(ReplyWriter& reply, const PendingTree& pending, uint64_t limit, bool with_names) {
  reply.Bulk("pending");
  reply.ArrayHeader(limit == 0 ? pending.size() : std::min<uint64_t>(pending.size(), limit));
  uint64_t shown = 0;
  for (auto nack = pending.First(); !nack.done(); nack.Next()) {
    reply.ArrayHeader(with_names ? 4 : 3);
    ReplyStreamId(reply, nack->id);
    if (with_names) reply.Bulk(nack->consumer->name());
    reply.Integer(nack->delivery_time_ms);
    reply.Integer(static_cast<int64_t>(nack->delivery_count));
    if (++shown == limit) break;
  }
}

void ReplyFullGroup(ReplyWriter& reply, const Stream& stream, const StreamGroup& group,
                    uint64_t limit) {
  reply.MapHeader(7);
  reply.Bulk("name");
  reply.Bulk(group.name());
  ReplyProgress(reply, group);
  reply.Bulk("lag");
  ReplyLag(reply, stream, group);
  ReplyCount(reply, "pel-count", group.pending().size());
  ReplyPending(reply, group.pending(), limit, /*with_names=*/true);
  reply.Bulk("consumers");
  reply.ArrayHeader(group.consumers().size());
  for (const auto& [name, consumer] : group.consumers()) {
    reply.MapHeader(5);
    reply.Bulk("name");
    reply.Bulk(name);
    reply.Bulk("seen-time");
    reply.Integer(consumer->seen_time_ms);
    reply.Bulk("active-time");
    reply.Integer(consumer->active_time_ms);
    ReplyCount(reply, "pel-count", consumer->pending().size());
    ReplyPending(reply, consumer->pending(), limit, /*with_names=*/false);
  }
}

void ReplyFull(ReplyWriter& reply, const Stream& stream, uint64_t limit) {
  reply.MapHeader(kBasics + 2);
  ReplyBasics(reply, stream);
  reply.Bulk("entries");
  ReplyStreamEntries(reply, StreamCursor(stream, StreamId::Min(), StreamId::Max()), limit);
  reply.Bulk("groups");
  reply.ArrayHeader(stream.groups().size());
  for (const auto& [name, group] : stream.groups()) ReplyFullGroup(reply, stream, *group, limit);
}

void ReplySummary(ReplyWriter& reply, const Stream& stream) {
  reply.MapHeader(kBasics + 3);
  ReplyBasics(reply, stream);
  ReplyCount(reply, "groups", stream.groups().size());
  reply.Bulk("first-entry");
  ReplyOutermost(reply, stream, StreamCursor::Direction::kForward);
  reply.Bulk("last-entry");
  ReplyOutermost(reply, stream, StreamCursor::Direction::kBackward);
}

// XINFO STREAM key [FULL [COUNT count]]
Status XinfoStream(Context& ctx, const Args& args) {
  constexpr int64_t kDefaultCount = 10;
  Result<Stream*> stream = FindStream(ctx, args);
  if (!stream) return stream.error();
  if (args.size() == 3) {
    ReplySummary(ctx.reply(), **stream);
    return Status::Ok();
  }
  const bool has_count = args.size() == 6;
  if ((!has_count && args.size() != 4) || !IsOption(args[3], "full") ||
      (has_count && !IsOption(args[4], "count"))) {
    return SubcommandSyntaxError(args);
  }
  int64_t count = kDefaultCount;
  if (has_count) {
    const auto number = ParseInt64(args[5]);
    if (!number) return kErrNotInteger;
    if (*number >= 0) count = *number;
  }
  ReplyFull(ctx.reply(), **stream, static_cast<uint64_t>(count));
  return Status::Ok();
}

// XINFO GROUPS key
Status XinfoGroups(Context& ctx, const Args& args) {
  Result<Stream*> stream = FindStream(ctx, args);
  if (!stream) return stream.error();
  ReplyWriter& reply = ctx.reply();
  reply.ArrayHeader((*stream)->groups().size());
  for (const auto& [name, group] : (*stream)->groups()) {
    reply.MapHeader(6);
    reply.Bulk("name");
    reply.Bulk(name);
    ReplyCount(reply, "consumers", group->consumers().size());
    ReplyCount(reply, "pending", group->pending().size());
    ReplyProgress(reply, *group);
    reply.Bulk("lag");
    ReplyLag(reply, **stream, *group);
  }
  return Status::Ok();
}

// XINFO CONSUMERS key group
Status XinfoConsumers(Context& ctx, const Args& args) {
  Result<Stream*> stream = FindStream(ctx, args);
  if (!stream) return stream.error();
  const StreamGroup* group = (*stream)->FindGroup(args[3]);
  if (group == nullptr) return NoSuchGroup(args[2], args[3]);
  ReplyWriter& reply = ctx.reply();
  reply.ArrayHeader(group->consumers().size());
  for (const auto& [name, consumer] : group->consumers()) {
    reply.MapHeader(4);
    reply.Bulk("name");
    reply.Bulk(name);
    ReplyCount(reply, "pending", consumer->pending().size());
    reply.Bulk("idle");
    reply.Integer(std::max<int64_t>(ctx.now_ms() - consumer->seen_time_ms, 0));
    reply.Bulk("inactive");
    const int64_t active_ms = consumer->active_time_ms;
    reply.Integer(active_ms == kNeverActive ? kNeverActive : ctx.now_ms() - active_ms);
  }
  return Status::Ok();
}

Status XinfoHelp(Context& ctx, const Args& args) {
  return ReplyHelp(
      ctx.reply(), args,
      {"CONSUMERS <key> <groupname>", "    Show the consumers of a group.", "GROUPS <key>",
       "    Show the consumer groups of a stream.", "STREAM <key> [FULL [COUNT <count>]]",
       "    Show what a stream is like, with FULL all of it."});
}

constexpr CommandSpec kRows[] = {
    Command({.name = "xinfo",
             .arity = -2,
             .flags = kContainer,
             .group = CommandGroup::kStream,
             .since = "5.0.0",
             .complexity = "Depends on subcommand.",
             .summary = "Holds the commands that look inside streams."}),
    Command({.name = "stream",
             .parent = "xinfo",
             .arity = -3,
             .flags = kReadonly,
             .acl = kAclStream,
             .group = CommandGroup::kStream,
             .keys = {KeyAt(2, kKeyRead)},
             .run = XinfoStream,
             .since = "5.0.0",
             .complexity = "O(1)",
             .summary = "Shows what a stream is like.",
             .syntax = "key full-block=[FULL [COUNT count]]",
             .history = "6.0.0: Added the `FULL` modifier.\n"
                        "7.0.0: Added the `max-deleted-entry-id`, `entries-added`, "
                        "`recorded-first-entry-id`, `entries-read` and `lag` fields\n"
                        "7.2.0: Added the `active-time` field, and changed the meaning of "
                        "`seen-time`."}),
    Command({.name = "groups",
             .parent = "xinfo",
             .arity = 3,
             .flags = kReadonly,
             .acl = kAclStream,
             .group = CommandGroup::kStream,
             .keys = {KeyAt(2, kKeyRead)},
             .run = XinfoGroups,
             .since = "5.0.0",
             .complexity = "O(1)",
             .summary = "Shows the consumer groups of a stream.",
             .syntax = "key",
             .history = "7.0.0: Added the `entries-read` and `lag` fields"}),
    Command({.name = "consumers",
             .parent = "xinfo",
             .arity = 4,
             .flags = kReadonly,
             .acl = kAclStream,
             .group = CommandGroup::kStream,
             .keys = {KeyAt(2, kKeyRead)},
             .run = XinfoConsumers,
             .since = "5.0.0",
             .complexity = "O(1)",
             .summary = "Shows the consumers of a group.",
             .syntax = "key group",
             .history = "7.2.0: Added the `inactive` field.",
             .tips = "nondeterministic_output"}),
    Command({.name = "help",
             .parent = "xinfo",
             .arity = 2,
             .flags = kLoading | kStale,
             .acl = kAclStream,
             .group = CommandGroup::kStream,
             .run = XinfoHelp,
             .since = "5.0.0",
             .complexity = "O(1)",
             .summary = "Explains the subcommands of XINFO."}),
};

}  // namespace

std::span<const CommandSpec> StreamInfoRows() {
  return kRows;
}

}  // namespace gotthard
