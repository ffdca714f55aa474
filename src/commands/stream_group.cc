// Streams: XGROUP, which makes and removes consumer groups and consumers; and XACK.
#include <memory>
#include <optional>
#include <string_view>

#include "base/numbers.h"
#include "commands/family_rows.h"
#include "commands/help.h"
#include "commands/stream.h"
#include "commands/stream_args.h"
#include "store/lazy_free.h"

namespace gotthard {
namespace {

// From this effort on a group is freed on the other thread.
constexpr size_t kLazyFreeEffort = 1024;

constexpr ObjectOps kGroupOps = {
    .destroy = [](void* object) { delete static_cast<StreamGroup*>(object); },
    .clone = nullptr,
    .memory_bytes = nullptr,
    .free_effort = nullptr,
};

struct GroupOptions {
  bool make_stream = false;                    // MKSTREAM
  int64_t entries_read = kUnknownEntriesRead;  // ENTRIESREAD
};

// The options of CREATE and SETID, from argument 5 on.
Status ParseOptions(const Args& args, bool may_make, GroupOptions& options) {
  static constexpr ErrorText kNegative{"ERR value for ENTRIESREAD must be positive or -1"};
  for (size_t i = 5; i < args.size(); ++i) {
    if (may_make && IsOption(args[i], "mkstream")) {
      options.make_stream = true;
    } else if (IsOption(args[i], "entriesread") && i + 1 < args.size()) {
      const auto entries_read = ParseInt64(args[++i]);
      if (!entries_read) return kErrNotInteger;
      if (*entries_read < 0 && *entries_read != kUnknownEntriesRead) return kNegative;
      options.entries_read = *entries_read;
    } else {
      return SubcommandSyntaxError(args);
    }
  }
  return Status::Ok();
}

constexpr ErrorText kErrNeedsKey{
    "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use "
    "the MKSTREAM option to create an empty stream automatically."};

// The stream under argument 2. There has to be one.
Result<Stream*> FindStream(Context& ctx, const Args& args) {
  Result<Stream*> stream = WriteStream(ctx, args.key(2));
  if (stream && *stream == nullptr) return kErrNeedsKey;
  return stream;
}

// The group of arguments 2 and 3. There has to be one.
Result<StreamGroup*> FindGroup(Context& ctx, const Args& args) {
  Result<Stream*> stream = FindStream(ctx, args);
  if (!stream) return stream.error();
  StreamGroup* group = (*stream)->FindGroup(args[3]);
  if (group == nullptr) return NoSuchGroup(args[2], args[3]);
  return group;
}

// XGROUP CREATE key group id|$ [MKSTREAM] [ENTRIESREAD entries-read]
Status XgroupCreate(Context& ctx, const Args& args) {
  static constexpr ErrorText kBusy{"BUSYGROUP Consumer Group name already exists"};
  constexpr size_t kMostArgs = 8;
  GroupOptions options;
  GOTTHARD_RETURN_IF_ERROR(ParseOptions(args, /*may_make=*/true, options));
  const Key key = args.key(2);
  Result<Stream*> stream = WriteStream(ctx, key);
  if (!stream) return stream.error();
  if (*stream == nullptr && !options.make_stream) return kErrNeedsKey;
  if (args.size() > kMostArgs) return SubcommandSyntaxError(args);
  StreamId id;
  if (args[4] != "$") {
    GOTTHARD_RETURN_IF_ERROR(TakeStreamId(args[4], &id));
  } else if (*stream != nullptr) {
    id = (*stream)->last_id();
  }
  if (*stream != nullptr) {
    if ((*stream)->AddGroup(args[3], id, options.entries_read) == nullptr) return kBusy;
    ctx.ChangedBeside(key, kEventStream, "xgroup-create");
  } else {
    auto made = std::make_unique<Stream>();
    made->AddGroup(args[3], id, options.entries_read);
    PutStream(ctx, key, std::move(made));
    ctx.Changed(key, kEventStream, "xgroup-create");
  }
  return ctx.reply().Ok();
}

// XGROUP SETID key group id|$ [ENTRIESREAD entries-read]
Status XgroupSetid(Context& ctx, const Args& args) {
  constexpr size_t kMostArgs = 7;
  GroupOptions options;
  GOTTHARD_RETURN_IF_ERROR(ParseOptions(args, /*may_make=*/false, options));
  Result<Stream*> stream = FindStream(ctx, args);
  if (!stream) return stream.error();
  StreamGroup* group = (*stream)->FindGroup(args[3]);
  if (group == nullptr) return NoSuchGroup(args[2], args[3]);
  if (args.size() > kMostArgs) return SubcommandSyntaxError(args);
  StreamId id;
  if (args[4] == "$") {
    id = (*stream)->last_id();
  } else if (args[4] == "+") {
    id = StreamId::Max();
  } else if (args[4] != "-") {
    GOTTHARD_RETURN_IF_ERROR(TakeStreamId(args[4], &id));
  }
  group->last_id = id;
  group->entries_read = options.entries_read;
  ctx.ChangedBeside(args.key(2), kEventStream, "xgroup-setid");
  return ctx.reply().Ok();
}

// XGROUP DESTROY key group
Status XgroupDestroy(Context& ctx, const Args& args) {
  Result<Stream*> stream = FindStream(ctx, args);
  if (!stream) return stream.error();
  std::unique_ptr<StreamGroup> group = (*stream)->RemoveGroup(args[3]);
  if (group == nullptr) return ctx.reply().Integer(0);
  if (group->free_effort() > kLazyFreeEffort) {
    ctx.server().lazy_free.Free(DetachedValue(&kGroupOps, group.release()));
  }
  const Key key = args.key(2);
  ctx.ChangedBeside(key, kEventStream, "xgroup-destroy");
  // Who waits for entries for the group is told that it is gone.
  ctx.server().blocked_keys.OnChange(ctx.session().db, key.name);
  return ctx.reply().Integer(1);
}

// XGROUP CREATECONSUMER key group consumer
Status XgroupCreateconsumer(Context& ctx, const Args& args) {
  Result<StreamGroup*> group = FindGroup(ctx, args);
  if (!group) return group.error();
  if ((*group)->AddConsumer(args[4], ctx.now_ms()) == nullptr) return ctx.reply().Integer(0);
  ctx.ChangedBeside(args.key(2), kEventStream, "xgroup-createconsumer");
  return ctx.reply().Integer(1);
}

// XGROUP DELCONSUMER key group consumer
Status XgroupDelconsumer(Context& ctx, const Args& args) {
  Result<StreamGroup*> group = FindGroup(ctx, args);
  if (!group) return group.error();
  StreamConsumer* consumer = (*group)->FindConsumer(args[4]);
  if (consumer == nullptr) return ctx.reply().Integer(0);
  const size_t pending = (*group)->RemoveConsumer(consumer);
  ctx.ChangedBeside(args.key(2), kEventStream, "xgroup-delconsumer");
  return ctx.reply().Integer(static_cast<int64_t>(pending));
}

Status XgroupHelp(Context& ctx, const Args& args) {
  return ReplyHelp(
      ctx.reply(), args,
      {"CREATE <key> <groupname> <id|$> [option]",
       "    Make a consumer group that reads on behind <id>. Options are:", "    * MKSTREAM",
       "      Make an empty stream if there is none.", "    * ENTRIESREAD entries_read",
       "      How many entries the group has read so far.",
       "CREATECONSUMER <key> <groupname> <consumer>", "    Make a consumer in the group.",
       "DELCONSUMER <key> <groupname> <consumer>",
       "    Remove a consumer of the group, with what is pending for it.",
       "DESTROY <key> <groupname>", "    Remove the group.",
       "SETID <key> <groupname> <id|$> [ENTRIESREAD entries_read]",
       "    Set behind which id the group reads on, and how much it has read."});
}

// XACK key group id [id ...]
Status Xack(Context& ctx, const Args& args) {
  const Key key = args.key(1);
  Result<Stream*> stream = ReadStream(ctx, key);
  if (!stream) return stream.error();
  StreamGroup* group = *stream != nullptr ? (*stream)->FindGroup(args[2]) : nullptr;
  if (group == nullptr) return ctx.reply().Integer(0);
  StreamId id;
  for (size_t i = 3; i < args.size(); ++i) GOTTHARD_RETURN_IF_ERROR(TakeStreamId(args[i], &id));
  int64_t acknowledged = 0;
  for (size_t i = 3; i < args.size(); ++i) {
    if (!ParseStreamId(args[i], 0, &id) || !group->Acknowledge(id)) continue;
    ++acknowledged;
    ctx.ChangedBeside(key, kEventStream, "");
  }
  return ctx.reply().Integer(acknowledged);
}

constexpr CommandSpec kRows[] = {
    Command({.name = "xgroup",
             .arity = -2,
             .flags = kContainer,
             .group = CommandGroup::kStream,
             .since = "5.0.0",
             .complexity = "Depends on subcommand.",
             .summary = "Holds the commands that make and remove consumer groups."}),
    Command({.name = "create",
             .parent = "xgroup",
             .arity = -5,
             .flags = kWrite | kDenyOom,
             .acl = kAclStream,
             .group = CommandGroup::kStream,
             .keys = {KeyAt(2, kKeyReadWrite | kKeyInsert)},
             .run = XgroupCreate,
             .since = "5.0.0",
             .complexity = "O(1)",
             .summary = "Makes a consumer group of a stream.",
             .syntax = "key group id-selector=<id | new-id='$'> [MKSTREAM] "
                       "[ENTRIESREAD entries-read(integer)]",
             .history = "7.0.0: Added the `entries_read` named argument."}),
    Command({.name = "setid",
             .parent = "xgroup",
             .arity = -5,
             .flags = kWrite,
             .acl = kAclStream,
             .group = CommandGroup::kStream,
             .keys = {KeyAt(2, kKeyReadWrite | kKeyUpdate)},
             .run = XgroupSetid,
             .since = "5.0.0",
             .complexity = "O(1)",
             .summary = "Sets behind which id a consumer group reads on.",
             .syntax = "key group id-selector=<id | new-id='$'> "
                       "[ENTRIESREAD entriesread(integer)~entries-read]",
             .history = "7.0.0: Added the optional `entries_read` argument."}),
    Command({.name = "destroy",
             .parent = "xgroup",
             .arity = 4,
             .flags = kWrite,
             .acl = kAclStream,
             .group = CommandGroup::kStream,
             .keys = {KeyAt(2, kKeyReadWrite | kKeyDelete)},
             .run = XgroupDestroy,
             .since = "5.0.0",
             .complexity = "O(N) where N is the number of entries that are pending for the group.",
             .summary = "Removes a consumer group.",
             .syntax = "key group"}),
    Command({.name = "createconsumer",
             .parent = "xgroup",
             .arity = 5,
             .flags = kWrite | kDenyOom,
             .acl = kAclStream,
             .group = CommandGroup::kStream,
             .keys = {KeyAt(2, kKeyReadWrite | kKeyInsert)},
             .run = XgroupCreateconsumer,
             .since = "6.2.0",
             .complexity = "O(1)",
             .summary = "Makes a consumer in a group.",
             .syntax = "key group consumer"}),
    Command({.name = "delconsumer",
             .parent = "xgroup",
             .arity = 5,
             .flags = kWrite,
             .acl = kAclStream,
             .group = CommandGroup::kStream,
             .keys = {KeyAt(2, kKeyReadWrite | kKeyDelete)},
             .run = XgroupDelconsumer,
             .since = "5.0.0",
             .complexity = "O(1)",
             .summary = "Removes a consumer from a group, with what is pending for it.",
             .syntax = "key group consumer"}),
    Command({.name = "help",
             .parent = "xgroup",
             .arity = 2,
             .flags = kLoading | kStale,
             .acl = kAclStream,
             .group = CommandGroup::kStream,
             .run = XgroupHelp,
             .since = "5.0.0",
             .complexity = "O(1)",
             .summary = "Explains the subcommands of XGROUP."}),
    Command({.name = "xack",
             .arity = -4,
             .flags = kWrite | kFast,
             .acl = kAclStream,
             .group = CommandGroup::kStream,
             .keys = {KeyAt(1, kKeyReadWrite | kKeyUpdate)},
             .run = Xack,
             .since = "5.0.0",
             .complexity = "O(1) for each id.",
             .summary = "Acknowledges entries that were delivered to a consumer of a group.",
             .syntax = "key group id..."}),
};

}  // namespace

std::span<const CommandSpec> StreamGroupRows() {
  return kRows;
}

}  // namespace gotthard
