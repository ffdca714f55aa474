// Streams: XRANGE and XREVRANGE.
#include <optional>

#include "base/numbers.h"
#include "commands/family_rows.h"
#include "commands/stream.h"
#include "commands/stream_args.h"

namespace gotthard {
namespace {

// COUNT, from argument 4 on; -1 if it is not there. A negative one is 0.
Result<int64_t> ParseCount(const Args& args) {
  int64_t count = -1;
  for (size_t i = 4; i < args.size(); i += 2) {
    if (!IsOption(args[i], "count") || i + 1 >= args.size()) return kErrSyntax;
    const auto number = ParseInt64(args[i + 1]);
    if (!number) return kErrNotInteger;
    count = *number < 0 ? 0 : *number;
  }
  return count;
}

Status Range(Context& ctx, const Args& args, StreamCursor::Direction direction) {
  const bool forward = direction == StreamCursor::Direction::kForward;
  StreamInterval interval;
  GOTTHARD_RETURN_IF_ERROR(ParseIntervalStart(args[forward ? 2 : 3], &interval.first));
  GOTTHARD_RETURN_IF_ERROR(ParseIntervalEnd(args[forward ? 3 : 2], &interval.last));
  Result<int64_t> count = ParseCount(args);
  if (!count) return count.error();
  auto stream = ReadStream(ctx, args.key(1));
  if (!stream) return stream.error();
  if (*stream == nullptr) return ctx.reply().EmptyArray();
  if (*count == 0) return ctx.reply().NullArray();
  ReplyStreamEntries(ctx.reply(), StreamCursor(**stream, interval.first, interval.last, direction),
                     *count < 0 ? 0 : static_cast<uint64_t>(*count));
  return Status::Ok();
}

Status Xrange(Context& ctx, const Args& args) {
  return Range(ctx, args, StreamCursor::Direction::kForward);
}
Status Xrevrange(Context& ctx, const Args& args) {
  return Range(ctx, args, StreamCursor::Direction::kBackward);
}

constexpr std::string_view kComplexity =
    "O(N) where N is the number of entries returned: O(1) when it is bounded by COUNT.";

constexpr CommandSpec kRows[] = {
    Command({.name = "xrange",
             .arity = -4,
             .flags = kReadonly,
             .acl = kAclStream,
             .group = CommandGroup::kStream,
             .keys = {KeyAt(1, kKeyRead)},
             .run = Xrange,
             .since = "5.0.0",
             .complexity = kComplexity,
             .summary = "Shows the entries of a stream between two ids.",
             .syntax = "key start end [COUNT count]",
             .history = "6.2.0: Added exclusive ranges."}),
    Command({.name = "xrevrange",
             .arity = -4,
             .flags = kReadonly,
             .acl = kAclStream,
             .group = CommandGroup::kStream,
             .keys = {KeyAt(1, kKeyRead)},
             .run = Xrevrange,
             .since = "5.0.0",
             .complexity = kComplexity,
             .summary = "Shows the entries of a stream between two ids, the last one first.",
             .syntax = "key end start [COUNT count]",
             .history = "6.2.0: Added exclusive ranges."}),
};

}  // namespace

std::span<const CommandSpec> StreamRangeRows() {
  return kRows;
}

}  // namespace gotthard
