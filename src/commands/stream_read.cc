// Streams: XREAD and XREADGROUP, which wait for entries where BLOCK asks for it.
//
// A client that waits has its request run again whenever one of its keys is changed, with `$`
// replaced by the id that it meant. One that reads for a group is told as well when the key or the
// group goes: running the request again finds the error.
#include <array>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/numbers.h"
#include "commands/deadline.h"
#include "commands/family_rows.h"
#include "commands/stream.h"
#include "commands/stream_args.h"

namespace gotthard {
namespace {

// So many streams are read without an allocation.
constexpr size_t kFewStreams = 8;

struct ReadRequest {
  bool for_group = false;  // XREADGROUP
  bool has_group = false;
  std::string_view group;
  std::string_view consumer;
  bool no_ack = false;
  bool blocks = false;
  int64_t deadline_ms = 0;
  uint64_t count = 0;  // 0: all
  size_t keys_at = 0;  // 0: no STREAMS
  size_t streams = 0;

  size_t id_at(size_t i) const { return keys_at + streams + i; }
};

// One of the streams to be read; `stream` is null where there is no key.
struct Source {
  Stream* stream = nullptr;
  StreamGroup* group = nullptr;
  StreamId after;         // entries behind this one ...
  bool only_new = false;  // ... or those that the group has not delivered yet
};

Status TakeStreams(const Args& args, size_t keys_at, ReadRequest& request) {
  const size_t rest = args.size() - keys_at;
  if (rest % 2 != 0) {
    return Status::Error(std::string("ERR Unbalanced '") +
                         (request.for_group ? "xreadgroup" : "xread") +
                         "' list of streams: for each stream key an ID or '" +
                         (request.for_group ? '>' : '$') + "' must be specified.");
  }
  request.keys_at = keys_at;
  request.streams = rest / 2;
  return Status::Ok();
}

// GROUP or NOACK at `i`, which moves to its last argument.
Status TakeGroupOption(const Args& args, size_t* i, ReadRequest& request) {
  static constexpr ErrorText kGroup{
      "ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead."};
  static constexpr ErrorText kNoAck{
      "ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead."};
  if (IsOption(args[*i], "noack")) {
    if (!request.for_group) return kNoAck;
    request.no_ack = true;
    return Status::Ok();
  }
  if (!IsOption(args[*i], "group") || *i + 2 >= args.size()) return kErrSyntax;
  if (!request.for_group) return kGroup;
  request.has_group = true;
  request.group = args[*i + 1];
  request.consumer = args[*i + 2];
  *i += 2;
  return Status::Ok();
}

Status ParseRead(const Context& ctx, const Args& args, ReadRequest& request) {
  static constexpr ErrorText kNoGroup{"ERR Missing GROUP option for XREADGROUP"};
  for (size_t i = 1; i < args.size() && request.keys_at == 0; ++i) {
    const bool more = i + 1 < args.size();
    if (more && IsOption(args[i], "streams")) {
      GOTTHARD_RETURN_IF_ERROR(TakeStreams(args, i + 1, request));
    } else if (more && IsOption(args[i], "count")) {
      const auto count = ParseInt64(args[++i]);
      if (!count) return kErrNotInteger;
      request.count = *count < 0 ? 0 : static_cast<uint64_t>(*count);
    } else if (more && IsOption(args[i], "block")) {
      Result<int64_t> deadline_ms = ParseDeadlineMs(ctx, args[++i]);
      if (!deadline_ms) return deadline_ms.error();
      request.blocks = true;
      request.deadline_ms = *deadline_ms;
    } else {
      GOTTHARD_RETURN_IF_ERROR(TakeGroupOption(args, &i, request));
    }
  }
  if (request.keys_at == 0) return kErrSyntax;
  if (request.for_group && !request.has_group) return kNoGroup;
  return Status::Ok();
}

// What an id that is no id means: `$` the last entry, `+` all from the last entry on, `>` what is
// new to the group. False if it is an id.
Result<bool> TakeSpecialId(std::string_view id, bool for_group, Source& source) {
  static constexpr ErrorText kDollar{
      "ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history of "
      "this consumer by specifying a proper ID, or use the > ID to get new messages. The $ ID "
      "would "
      "just return an empty result set."};
  static constexpr ErrorText kPlus{
      "ERR The + ID is meaningless in the context of XREADGROUP: you want to read the history of "
      "this consumer by specifying a proper ID, or use the > ID to get new messages. The + ID "
      "would "
      "just return an empty result set."};
  static constexpr ErrorText kGreater{
      "ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> "
      "<consumer> option."};
  if (id.size() != 1) return false;
  if (id[0] == '$' || id[0] == '+') {
    if (for_group) return id[0] == '$' ? kDollar : kPlus;
    if (source.stream != nullptr) source.after = source.stream->last_id();
    if (id[0] == '+') source.after.Decrement();
    return true;
  }
  if (id[0] == '>') {
    if (!for_group) return kGreater;
    source.only_new = true;
    return true;
  }
  return false;
}

Status FindSources(Context& ctx, const Args& args, const ReadRequest& request,
                   std::span<Source> sources) {
  for (size_t i = 0; i < sources.size(); ++i) {
    Source& source = sources[i];
    const size_t key_at = request.keys_at + i;
    auto stream = ReadStream(ctx, args.key(key_at));
    if (!stream) return stream.error();
    source.stream = *stream;
    if (request.for_group) {
      if (source.stream != nullptr) source.group = source.stream->FindGroup(request.group);
      if (source.group == nullptr) {
        return NoSuchKeyOrGroup(args[key_at], request.group, " in XREADGROUP with GROUP option");
      }
    }
    const std::string_view id = args[request.id_at(i)];
    Result<bool> special = TakeSpecialId(id, request.for_group, source);
    if (!special) return special.error();
    if (*special) continue;
    GOTTHARD_RETURN_IF_ERROR(TakeStreamId(id, &source.after));
    // The greatest id means the same as `>` to Redis, too.
    source.only_new = request.for_group && source.after == StreamId::Max();
  }
  return Status::Ok();
}

// Replies what the group has not delivered yet, and delivers it to the consumer.
void ReadNew(Context& ctx, const ReadRequest& request, const Source& source,
             StreamConsumer* consumer) {
  ReplyWriter& reply = ctx.reply();
  StreamGroup& group = *source.group;
  StreamId first = group.last_id;
  first.Increment();
  const size_t length = reply.Defer();
  uint64_t entries = 0;
  for (StreamCursor at(*source.stream, first, StreamId::Max()); !at.done(); at.Next()) {
    source.stream->Delivered(group, at.id());
    ReplyStreamEntry(reply, at);
    if (!request.no_ack) {
      group.Deliver(at.id(), consumer, ctx.now_ms());
      consumer->active_time_ms = ctx.now_ms();
    }
    if (++entries == request.count) break;
  }
  reply.SetArrayLength(length, entries);
}

// Replies what was delivered to the consumer before and not acknowledged: a null for the fields
// where the entry itself is gone.
void ReadHistory(Context& ctx, const ReadRequest& request, const Source& source,
                 const StreamConsumer& consumer) {
  ReplyWriter& reply = ctx.reply();
  StreamId first = source.after;
  first.Increment();
  const size_t length = reply.Defer();
  uint64_t entries = 0;
  for (auto nack = consumer.pending().AtLeast(first); !nack.done(); nack.Next()) {
    const StreamCursor entry(*source.stream, nack->id, nack->id);
    if (entry.done()) {
      reply.ArrayHeader(2);
      ReplyStreamId(reply, nack->id);
      reply.NullArray();
    } else {
      ReplyStreamEntry(reply, entry);
      nack->delivery_time_ms = ctx.now_ms();
      ++nack->delivery_count;
    }
    if (++entries == request.count) break;
  }
  reply.SetArrayLength(length, entries);
}

// Whether there is something to be replied for this stream.
bool IsReady(const Source& source) {
  const Stream* stream = source.stream;
  if (stream == nullptr) return false;
  if (source.group != nullptr && !source.only_new) return true;
  const StreamId& after = source.only_new ? source.group->last_id : source.after;
  return stream->length() != 0 && stream->last_id() > after && stream->LastEntryId() > after;
}

// Reads what there is; the number of streams that had something.
size_t ReadSources(Context& ctx, const Args& args, const ReadRequest& request,
                   std::span<const Source> sources) {
  ReplyWriter& reply = ctx.reply();
  size_t length = 0;
  size_t read = 0;
  for (size_t i = 0; i < sources.size(); ++i) {
    const Source& source = sources[i];
    const Key key = args.key(request.keys_at + i);
    const bool ready = IsReady(source);
    StreamConsumer* consumer = nullptr;
    if (source.group != nullptr) {
      consumer = SeeConsumer(ctx, key, *source.group, request.consumer);
    }
    if (!ready) continue;
    if (read++ == 0) length = reply.Defer();
    if (reply.protocol() == Protocol::kResp2) reply.ArrayHeader(2);
    reply.Bulk(key.name);
    if (source.group == nullptr) {
      StreamId first = source.after;
      first.Increment();
      ReplyStreamEntries(reply, StreamCursor(*source.stream, first, StreamId::Max()),
                         request.count);
      continue;
    }
    if (source.only_new) {
      ReadNew(ctx, request, source, consumer);
    } else {
      ReadHistory(ctx, request, source, *consumer);
    }
    ctx.ChangedBeside(key, kEventStream, "");
  }
  if (read == 0) return 0;
  if (reply.protocol() == Protocol::kResp2) {
    reply.SetArrayLength(length, read);
  } else {
    reply.SetMapLength(length, read);
  }
  return read;
}

Status WaitForEntries(Context& ctx, const Args& args, const ReadRequest& request,
                      std::span<const Source> sources) {
  std::vector<std::string_view> keys;
  std::vector<std::pair<size_t, std::string>> replace;
  char id[kStreamIdTextBytes];
  for (size_t i = 0; i < sources.size(); ++i) {
    keys.push_back(args[request.keys_at + i]);
    if (args[request.id_at(i)] == "$") {
      replace.emplace_back(request.id_at(i), sources[i].after.Text(id));
    }
  }
  return ctx.BlockForKeys(args, {.type = Type::kStream,
                                 .keys = keys,
                                 .deadline_ms = request.deadline_ms,
                                 .on_deletion = request.for_group,
                                 .replace = replace});
}

Status Read(Context& ctx, const Args& args, bool for_group) {
  ReadRequest request;
  request.for_group = for_group;
  GOTTHARD_RETURN_IF_ERROR(ParseRead(ctx, args, request));
  std::array<Source, kFewStreams> few;
  std::vector<Source> many;
  if (request.streams > kFewStreams) many.resize(request.streams);
  const std::span<Source> sources{request.streams > kFewStreams ? many.data() : few.data(),
                                  request.streams};
  GOTTHARD_RETURN_IF_ERROR(FindSources(ctx, args, request, sources));
  if (ReadSources(ctx, args, request, sources) != 0) return Status::Ok();
  if (!request.blocks || ctx.deny_blocking()) return ctx.reply().NullArray();
  return WaitForEntries(ctx, args, request, sources);
}

// XREAD [COUNT count] [BLOCK milliseconds] STREAMS key ... id ...
Status Xread(Context& ctx, const Args& args) {
  return Read(ctx, args, /*for_group=*/false);
}
// XREADGROUP GROUP group consumer [COUNT count] [BLOCK milliseconds] [NOACK] STREAMS key ... id ...
Status Xreadgroup(Context& ctx, const Args& args) {
  return Read(ctx, args, /*for_group=*/true);
}

// The first half of what is behind STREAMS.
consteval KeySpec StreamKeys(int16_t start) {
  KeySpec spec = KeyAfter("STREAMS", start, kKeyRead);
  spec.last = -1;
  spec.limit = 2;
  return spec;
}

constexpr CommandSpec kRows[] = {
    Command({.name = "xread",
             .arity = -4,
             .flags = kReadonly | kBlocking | kMovableKeys,
             .acl = kAclStream,
             .group = CommandGroup::kStream,
             .keys = {StreamKeys(1)},
             .run = Xread,
             .since = "5.0.0",
             .summary = "Shows the entries of streams behind given ids, and waits for some where "
                        "there are none.",
             .syntax = "[COUNT count] [BLOCK milliseconds] STREAMS <key... id...>"}),
    Command({.name = "xreadgroup",
             .arity = -7,
             .flags = kWrite | kBlocking | kMovableKeys,
             .acl = kAclStream,
             .group = CommandGroup::kStream,
             .keys = {StreamKeys(4)},
             .run = Xreadgroup,
             .since = "5.0.0",
             .complexity = "O(M) for each stream, where M is the number of entries returned. XADD "
                           "takes O(N) to serve the N clients that wait for it.",
             .summary = "Gives new entries of streams to a consumer of a group, or shows what it "
                        "has not acknowledged, and waits for some where there are none.",
             .syntax = "GROUP group-block=<group consumer> [COUNT count] [BLOCK milliseconds] "
                       "[NOACK] STREAMS <key... id...>"}),
};

}  // namespace

std::span<const CommandSpec> StreamReadRows() {
  return kRows;
}

}  // namespace gotthard
