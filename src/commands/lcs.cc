// LCS: what two strings have in common, in order.
#include <limits>
#include <optional>
#include <string>

#include "base/numbers.h"
#include "commands/family_rows.h"
#include "commands/lcs_table.h"
#include "exec/args.h"
#include "exec/context.h"

namespace gotthard {
namespace {

constexpr ErrorText kErrNotStrings{"ERR The specified keys must contain string values"};
constexpr ErrorText kErrLenAndIdx{
    "ERR If you want both the length and indexes, please just use IDX."};
constexpr ErrorText kErrTooLongForLcs{"ERR String too long for LCS"};
constexpr ErrorText kErrTooMuchWork{
    "ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len"};

struct LcsOptions {
  bool length = false;
  bool indexes = false;
  bool with_match_length = false;
  int64_t min_match_length = 0;
};

Status ParseOptions(const Args& args, LcsOptions& options) {
  for (size_t i = 3; i < args.size(); ++i) {
    if (IsOption(args[i], "idx")) {
      options.indexes = true;
    } else if (IsOption(args[i], "len")) {
      options.length = true;
    } else if (IsOption(args[i], "withmatchlen")) {
      options.with_match_length = true;
    } else if (IsOption(args[i], "minmatchlen") && i + 1 < args.size()) {
      const std::optional<int64_t> length = ParseInt64(args[++i]);
      if (!length) return kErrNotInteger;
      options.min_match_length = *length;
    } else {
      return kErrSyntax;
    }
  }
  if (options.length && options.indexes) return kErrLenAndIdx;
  return Status::Ok();
}

// Bounds the time as well as the memory: the lengths are those that Redis accepts, which counts
// four bytes a cell.
Status CheckSize(const Context& ctx, std::string_view a, std::string_view b) {
  constexpr size_t kMaxLength = std::numeric_limits<uint32_t>::max() - 1;
  if (a.size() >= kMaxLength || b.size() >= kMaxLength) return kErrTooLongForLcs;
  uint64_t bytes = 0;
  if (__builtin_mul_overflow((a.size() + 1) * uint64_t{4}, b.size() + 1, &bytes) ||
      bytes > static_cast<uint64_t>(ctx.config().proto_max_bulk_len)) {
    return kErrTooMuchWork;
  }
  return Status::Ok();
}

void ReplyRange(ReplyWriter& reply, uint32_t start, uint32_t length) {
  reply.ArrayHeader(2);
  reply.Integer(start);
  reply.Integer(start + length - 1);
}

void ReplyIndexes(ReplyWriter& reply, const LcsTable& table, const LcsOptions& options) {
  reply.MapHeader(2);
  reply.Bulk("matches");
  const size_t mark = reply.Defer();
  uint64_t shown = 0;
  for (const LcsTable::Run& run : table.Runs()) {
    if (run.length < options.min_match_length) continue;
    reply.ArrayHeader(options.with_match_length ? 3 : 2);
    ReplyRange(reply, run.a_start, run.length);
    ReplyRange(reply, run.b_start, run.length);
    if (options.with_match_length) reply.Integer(run.length);
    ++shown;
  }
  reply.SetArrayLength(mark, shown);
  reply.Bulk("len");
  reply.Integer(table.length());
}

Status Lcs(Context& ctx, const Args& args) {
  const Key key_a = args.key(1);
  const Key key_b = args.key(2);
  // A lookup may remove an expired entry and move others, so both keys are looked up before either
  // one's bytes are taken.
  ctx.FindRead(key_a);
  ctx.FindRead(key_b);
  const EntryHandle entry_a = ctx.Peek(key_a);
  const EntryHandle entry_b = ctx.Peek(key_b);
  if ((entry_a && entry_a->type() != Type::kString) ||
      (entry_b && entry_b->type() != Type::kString)) {
    return kErrNotStrings;
  }
  LcsOptions options;
  GOTTHARD_RETURN_IF_ERROR(ParseOptions(args, options));
  char digits_a[24];
  char digits_b[24];
  const std::string_view a = entry_a ? entry_a->ValueText(digits_a) : std::string_view();
  const std::string_view b = entry_b ? entry_b->ValueText(digits_b) : std::string_view();
  GOTTHARD_RETURN_IF_ERROR(CheckSize(ctx, a, b));

  const LcsTable table(a, b, /*keep_way_back=*/!options.length);
  if (options.length) return ctx.reply().Integer(table.length());
  if (options.indexes) {
    ReplyIndexes(ctx.reply(), table, options);
    return Status::Ok();
  }
  std::string common(table.length(), '\0');
  size_t end = common.size();
  for (const LcsTable::Run& run : table.Runs()) {
    end -= run.length;
    a.copy(common.data() + end, run.length, run.a_start);
  }
  return ctx.reply().Bulk(common);
}

constexpr CommandSpec kRows[] = {
    Command({.name = "lcs",
             .arity = -3,
             .flags = kReadonly,
             .acl = kAclString,
             .group = CommandGroup::kString,
             .keys = {KeyRange(1, 2, 1, kKeyRead)},
             .run = Lcs,
             .since = "7.0.0",
             .complexity = "O(N*M) where N and M are the lengths of the two strings.",
             .summary = "Finds the longest common subsequence of two keys' strings.",
             .syntax = "key1 key2 [LEN] [IDX] [MINMATCHLEN min-match-len] [WITHMATCHLEN]"}),
};

}  // namespace

std::span<const CommandSpec> LcsRows() {
  return kRows;
}

}  // namespace gotthard
