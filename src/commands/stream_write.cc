// Streams: the commands that add and remove entries: XADD, XDEL, XTRIM, XSETID; and XLEN.
#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/numbers.h"
#include "commands/family_rows.h"
#include "commands/stream.h"
#include "commands/stream_args.h"

namespace gotthard {
namespace {

// So many fields and values are handed over without an allocation.
constexpr size_t kFewTexts = 32;

// The id of an entry to be added behind `last`.
Status NextId(const Context& ctx, const StreamEdit& edit, const StreamId& last, StreamId* id) {
  static constexpr ErrorText kExhausted{
      "ERR The stream has exhausted the last possible ID, unable to add more items"};
  static constexpr ErrorText kNotGreater{
      "ERR The ID specified in XADD is equal or smaller than the target stream top item"};
  if (last == StreamId::Max()) return kExhausted;
  switch (edit.id_kind) {
    case StreamEdit::Id::kAuto:
      *id = {static_cast<uint64_t>(ctx.now_ms()), 0};
      if (id->ms <= last.ms) {
        *id = last;
        id->Increment();
      }
      return Status::Ok();
    case StreamEdit::Id::kAutoSequence:
      *id = {edit.id.ms, 0};
      if (id->ms == last.ms) {
        if (last.seq == UINT64_MAX) return kNotGreater;
        id->seq = last.seq + 1;
      }
      break;
    case StreamEdit::Id::kGiven:
      *id = edit.id;
      break;
  }
  if (*id <= last) return kNotGreater;
  return Status::Ok();
}

uint64_t Trim(Stream& stream, const StreamEdit& edit) {
  if (edit.strategy == StreamEdit::Strategy::kMaxLength) {
    return stream.TrimToLength(edit.max_length, edit.trim);
  }
  return stream.TrimBefore(edit.min_id, edit.trim);
}

// Adds the arguments from `first` on as the fields and values of an entry.
bool Append(Context& ctx, const Args& args, size_t first, const StreamId& id, Stream& stream) {
  std::array<std::string_view, kFewTexts> few;
  std::vector<std::string_view> many;
  const size_t count = args.size() - first;
  if (count > kFewTexts) many.resize(count);
  const std::span<std::string_view> texts{count > kFewTexts ? many.data() : few.data(), count};
  for (size_t i = 0; i < count; ++i) texts[i] = args[first + i];
  return stream.Append(id, texts,
                       {.max_bytes = static_cast<size_t>(ctx.config().stream_node_max_bytes),
                        .max_entries = static_cast<size_t>(ctx.config().stream_node_max_entries)});
}

// XADD key [NOMKSTREAM] [MAXLEN|MINID [=|~] threshold [LIMIT count]] *|id field value ...
Status Xadd(Context& ctx, const Args& args) {
  static constexpr ErrorText kArity{"ERR wrong number of arguments for 'xadd' command"};
  static constexpr ErrorText kZero{"ERR The ID specified in XADD must be greater than 0-0"};
  static constexpr ErrorText kTooLarge{"ERR Elements are too large to be stored"};
  StreamEdit edit;
  GOTTHARD_RETURN_IF_ERROR(ParseStreamAdd(ctx, args, edit));
  const size_t first = edit.id_at + 1;
  if (args.size() < first + 2 || (args.size() - first) % 2 != 0) return kArity;
  if (edit.id_kind == StreamEdit::Id::kGiven && edit.id.IsZero()) return kZero;
  const Key key = args.key(1);
  auto found = WriteStream(ctx, key);
  if (!found) return found.error();
  if (*found == nullptr && edit.no_mkstream) return ctx.reply().Null();
  StreamId id;
  GOTTHARD_RETURN_IF_ERROR(
      NextId(ctx, edit, *found != nullptr ? (*found)->last_id() : StreamId(), &id));
  Stream* stream = *found;
  if (stream != nullptr) [[likely]] {
    if (!Append(ctx, args, first, id, *stream)) return kTooLarge;
  } else {
    auto made = std::make_unique<Stream>();
    if (!Append(ctx, args, first, id, *made)) return kTooLarge;
    stream = made.get();
    PutStream(ctx, key, std::move(made));
  }
  ReplyStreamId(ctx.reply(), id);
  ctx.Changed(key, kEventStream, "xadd");
  if (edit.strategy != StreamEdit::Strategy::kNone && Trim(*stream, edit) != 0) {
    ctx.Notify(kEventStream, "xtrim", key);
  }
  return Status::Ok();
}

// XTRIM key MAXLEN|MINID [=|~] threshold [LIMIT count]
Status Xtrim(Context& ctx, const Args& args) {
  StreamEdit edit;
  GOTTHARD_RETURN_IF_ERROR(ParseStreamTrim(ctx, args, edit));
  const Key key = args.key(1);
  auto stream = WriteStream(ctx, key);
  if (!stream) return stream.error();
  const uint64_t trimmed = *stream != nullptr ? Trim(**stream, edit) : 0;
  if (trimmed != 0) ChangedEntries(ctx, key, "xtrim", trimmed);
  return ctx.reply().Integer(static_cast<int64_t>(trimmed));
}

// XDEL key id [id ...]
Status Xdel(Context& ctx, const Args& args) {
  const Key key = args.key(1);
  auto stream = WriteStream(ctx, key);
  if (!stream) return stream.error();
  if (*stream == nullptr) return ctx.reply().Integer(0);
  StreamId id;
  for (size_t i = 2; i < args.size(); ++i) GOTTHARD_RETURN_IF_ERROR(TakeStreamId(args[i], &id));
  int64_t erased = 0;
  for (size_t i = 2; i < args.size(); ++i) {
    if (ParseStreamId(args[i], 0, &id) && (*stream)->Erase(id)) ++erased;
  }
  if (erased != 0) ChangedEntries(ctx, key, "xdel", static_cast<uint64_t>(erased));
  return ctx.reply().Integer(erased);
}

Status Xlen(Context& ctx, const Args& args) {
  auto stream = ReadStream(ctx, args.key(1));
  if (!stream) return stream.error();
  return ctx.reply().Integer(*stream != nullptr ? static_cast<int64_t>((*stream)->length()) : 0);
}

struct SetIdArgs {
  StreamId last_id;
  StreamId max_deleted_id;               // 0-0: as it is
  std::optional<int64_t> entries_added;  // as it is
};

Status ParseSetId(const Args& args, SetIdArgs& parsed) {
  static constexpr ErrorText kNegative{"ERR entries_added must be positive"};
  static constexpr ErrorText kSmaller{
      "ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id"};
  GOTTHARD_RETURN_IF_ERROR(TakeStreamId(args[2], &parsed.last_id));
  for (size_t i = 3; i < args.size(); i += 2) {
    const bool more = i + 1 < args.size();
    if (more && IsOption(args[i], "entriesadded")) {
      parsed.entries_added = ParseInt64(args[i + 1]);
      if (!parsed.entries_added) return kErrNotInteger;
      if (*parsed.entries_added < 0) return kNegative;
    } else if (more && IsOption(args[i], "maxdeletedid")) {
      GOTTHARD_RETURN_IF_ERROR(TakeStreamId(args[i + 1], &parsed.max_deleted_id));
      if (parsed.last_id < parsed.max_deleted_id) return kSmaller;
    } else {
      return kErrSyntax;
    }
  }
  return Status::Ok();
}

// XSETID key last-id [ENTRIESADDED entries-added] [MAXDELETEDID max-deleted-id]
Status Xsetid(Context& ctx, const Args& args) {
  static constexpr ErrorText kBelowDeleted{
      "ERR The ID specified in XSETID is smaller than current max_deleted_entry_id"};
  static constexpr ErrorText kBelowTop{
      "ERR The ID specified in XSETID is smaller than the target stream top item"};
  static constexpr ErrorText kBelowLength{
      "ERR The entries_added specified in XSETID is smaller than the target stream length"};
  SetIdArgs parsed;
  GOTTHARD_RETURN_IF_ERROR(ParseSetId(args, parsed));
  const Key key = args.key(1);
  auto found = WriteStream(ctx, key);
  if (!found) return found.error();
  if (*found == nullptr) return kErrNoSuchKey;
  Stream& stream = **found;
  if (parsed.last_id < stream.max_deleted_id()) return kBelowDeleted;
  if (stream.length() > 0) {
    if (parsed.last_id < stream.LastEntryId()) return kBelowTop;
    if (parsed.entries_added && static_cast<uint64_t>(*parsed.entries_added) < stream.length()) {
      return kBelowLength;
    }
  }
  stream.set_last_id(parsed.last_id);
  if (parsed.entries_added) {
    stream.set_entries_added(static_cast<uint64_t>(*parsed.entries_added));
  }
  if (!parsed.max_deleted_id.IsZero()) stream.set_max_deleted_id(parsed.max_deleted_id);
  ctx.ChangedBeside(key, kEventStream, "xsetid");
  return ctx.reply().Ok();
}

constexpr CommandSpec kRows[] = {
    Command({.name = "xadd",
             .arity = -5,
             .flags = kWrite | kDenyOom | kFast,
             .acl = kAclStream,
             .group = CommandGroup::kStream,
             .keys = {KeyAt(1, kKeyReadWrite | kKeyUpdate)},
             .run = Xadd,
             .since = "5.0.0",
             .complexity = "O(1) to add an entry, O(N) when it trims, where N is the number of "
                           "entries removed.",
             .summary = "Adds an entry to a stream, which is made if it is missing.",
             .syntax = "key [NOMKSTREAM]@6.2.0 trim=[strategy=<MAXLEN | MINID@6.2.0> "
                       "operator=[equal='=' | approximately='~'] threshold [LIMIT count]@6.2.0] "
                       "id-selector=<auto-id='*' | id> data=<field value>...",
             .history = "6.2.0: Added the `NOMKSTREAM` option, `MINID` trimming strategy and the "
                        "`LIMIT` option.\n"
                        "7.0.0: Added support for the `<ms>-*` explicit ID form.",
             .tips = "nondeterministic_output"}),
    Command({.name = "xtrim",
             .arity = -4,
             .flags = kWrite,
             .acl = kAclStream,
             .group = CommandGroup::kStream,
             .keys = {KeyAt(1, kKeyReadWrite | kKeyDelete)},
             .run = Xtrim,
             .since = "5.0.0",
             .complexity = "O(N), where N is the number of entries removed; whole nodes of them "
                           "are freed at once.",
             .summary = "Removes entries from the beginning of a stream.",
             .syntax = "key trim=<strategy=<MAXLEN | MINID@6.2.0> "
                       "operator=[equal='=' | approximately='~'] threshold [LIMIT count]@6.2.0>",
             .history = "6.2.0: Added the `MINID` trimming strategy and the `LIMIT` option.",
             .tips = "nondeterministic_output"}),
    Command({.name = "xdel",
             .arity = -3,
             .flags = kWrite | kFast,
             .acl = kAclStream,
             .group = CommandGroup::kStream,
             .keys = {KeyAt(1, kKeyReadWrite | kKeyDelete)},
             .run = Xdel,
             .since = "5.0.0",
             .complexity = "O(1) for each entry, however long the stream is.",
             .summary = "Removes entries from a stream by their ids.",
             .syntax = "key id..."}),
    Command({.name = "xlen",
             .arity = 2,
             .flags = kReadonly | kFast,
             .acl = kAclStream,
             .group = CommandGroup::kStream,
             .keys = {KeyAt(1, kKeyLooked)},
             .run = Xlen,
             .since = "5.0.0",
             .complexity = "O(1)",
             .summary = "Tells how many entries a stream has.",
             .syntax = "key"}),
    Command({.name = "xsetid",
             .arity = -3,
             .flags = kWrite | kDenyOom | kFast,
             .acl = kAclStream,
             .group = CommandGroup::kStream,
             .keys = {KeyAt(1, kKeyReadWrite | kKeyUpdate)},
             .run = Xsetid,
             .since = "5.0.0",
             .complexity = "O(1)",
             .summary = "Sets the last id and the counters of a stream, as its copies need it.",
             .syntax = "key last-id [ENTRIESADDED entries-added(integer)]@7.0.0 "
                       "[MAXDELETEDID max-deleted-id]@7.0.0",
             .history = "7.0.0: Added the `entries_added` and `max_deleted_entry_id` arguments."}),
};

}  // namespace

std::span<const CommandSpec> StreamWriteRows() {
  return kRows;
}

}  // namespace gotthard
