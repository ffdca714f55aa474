// Bitmaps: single bits, counting and searching in a string's bits; and the family's list.
#include <algorithm>
#include <bit>
#include <optional>

#include "commands/bitmap_args.h"
#include "commands/expiry_args.h"
#include "commands/families.h"
#include "commands/family_rows.h"
#include "commands/join_rows.h"
#include "commands/key_helpers.h"
#include "exec/args.h"
#include "exec/context.h"
#include "types/bits.h"

namespace gotthard {

char* GrowForBits(Context& ctx, const Key& key, EntryHandle& entry, size_t bytes) {
  if (!entry) {
    entry = ctx.db().PutRaw(key, entry, "", ExpiryToStore(ctx, /*exists=*/false, kNoExpiry));
  }
  return ctx.db().ResizeString(entry, std::max(bytes, entry->ValueLength()));
}

namespace {

constexpr ErrorText kErrBit{"ERR bit is not an integer or out of range"};
constexpr ErrorText kErrBitArgument{"ERR The bit argument must be 1 or 0."};

Status Setbit(Context& ctx, const Args& args) {
  const std::optional<uint64_t> offset = ParseBitOffset(ctx, args[2], 0);
  if (!offset) return kErrBitOffset;
  const std::optional<int64_t> bit = ParseInt64(args[3]);
  if (!bit || (*bit != 0 && *bit != 1)) return kErrBit;
  const Key key = args.key(1);
  Result<EntryHandle> found = ctx.FindWriteOf(Type::kString, key);
  if (!found) return found.error();
  EntryHandle entry = *found;
  const size_t at = *offset >> 3;
  const bool grows = !entry || entry->ValueLength() <= at;
  char* bytes = GrowForBits(ctx, key, entry, at + 1);
  const auto mask = static_cast<uint8_t>(0x80u >> (*offset & 7));
  const auto byte = static_cast<uint8_t>(bytes[at]);
  const bool was_set = (byte & mask) != 0;
  if (was_set != (*bit != 0)) bytes[at] = static_cast<char>(byte ^ mask);
  if (grows || was_set != (*bit != 0)) ctx.Changed(key, kEventString, "setbit");
  return ctx.reply().Integer(was_set ? 1 : 0);
}

Status Getbit(Context& ctx, const Args& args) {
  const std::optional<uint64_t> offset = ParseBitOffset(ctx, args[2], 0);
  if (!offset) return kErrBitOffset;
  Result<EntryHandle> entry = ctx.FindReadOf(Type::kString, args.key(1));
  if (!entry) return entry.error();
  if (!*entry) return ctx.reply().Integer(0);
  char digits[24];
  return ctx.reply().Integer(
      static_cast<int64_t>(ReadBits((*entry)->ValueText(digits), *offset, 1)));
}

// The bits first..last; none when first > last.
struct BitRange {
  int64_t first = 0;
  int64_t last = -1;
};

// Whether `unit` says BIT; nullopt if it says neither BIT nor BYTE.
std::optional<bool> ParseUnit(std::string_view unit) {
  if (IsOption(unit, "bit")) return true;
  if (IsOption(unit, "byte")) return false;
  return std::nullopt;
}

// The bits that two indices of bytes or bits mean in a string of `bytes` bytes: negative ones count
// from the end, and what lies outside is cut off.
BitRange ClipRange(int64_t start, int64_t end, bool in_bits, size_t bytes) {
  const auto total = static_cast<int64_t>(in_bits ? bytes * 8 : bytes);
  start = std::max<int64_t>(start < 0 ? total + start : start, 0);
  end = std::max<int64_t>(end < 0 ? total + end : end, 0);
  end = std::min(end, total - 1);
  if (start > end) return {};
  return in_bits ? BitRange{start, end} : BitRange{start * 8, end * 8 + 7};
}

// The set bits among first..last. REQUIRES: first <= last < 8 * bytes.size().
int64_t CountRange(std::string_view bytes, BitRange range) {
  const auto first = static_cast<uint64_t>(range.first);
  const auto last = static_cast<uint64_t>(range.last);
  const size_t first_byte = first / 8;
  const size_t last_byte = last / 8;
  uint64_t count = PopulationCount(bytes.substr(first_byte, last_byte - first_byte + 1));
  // Less the bits of the outer bytes that are not meant.
  if (first % 8 != 0) {
    count -= static_cast<uint64_t>(
        std::popcount(ReadBits(bytes, first_byte * 8, static_cast<unsigned>(first % 8))));
  }
  if (last % 8 != 7) {
    count -= static_cast<uint64_t>(
        std::popcount(ReadBits(bytes, last + 1, static_cast<unsigned>(7 - last % 8))));
  }
  return static_cast<int64_t>(count);
}

Status Bitcount(Context& ctx, const Args& args) {
  Result<EntryHandle> entry = ctx.FindReadOf(Type::kString, args.key(1));
  if (!entry) return entry.error();
  if (!*entry) return ctx.reply().Integer(0);
  char digits[24];
  const std::string_view bytes = (*entry)->ValueText(digits);
  if (args.size() == 2) return ctx.reply().Integer(static_cast<int64_t>(PopulationCount(bytes)));
  if (args.size() != 4 && args.size() != 5) return kErrSyntax;
  const std::optional<int64_t> start = ParseInt64(args[2]);
  const std::optional<int64_t> end = ParseInt64(args[3]);
  if (!start || !end) return kErrNotInteger;
  // Before the unit is read, as clients of Redis know it.
  if (*start < 0 && *end < 0 && *start > *end) return ctx.reply().Integer(0);
  const std::optional<bool> in_bits = args.size() == 5 ? ParseUnit(args[4]) : false;
  if (!in_bits) return kErrSyntax;
  const BitRange range = ClipRange(*start, *end, *in_bits, bytes.size());
  return ctx.reply().Integer(range.first > range.last ? 0 : CountRange(bytes, range));
}

Status Bitpos(Context& ctx, const Args& args) {
  const std::optional<int64_t> bit = ParseInt64(args[2]);
  if (!bit) return kErrNotInteger;
  if (*bit != 0 && *bit != 1) return kErrBitArgument;
  Result<EntryHandle> entry = ctx.FindReadOf(Type::kString, args.key(1));
  if (!entry) return entry.error();
  // A missing key is an endless string of zeros.
  if (!*entry) return ctx.reply().Integer(*bit == 1 ? -1 : 0);
  if (args.size() > 6) return kErrSyntax;
  char digits[24];
  const std::string_view bytes = (*entry)->ValueText(digits);
  std::optional<int64_t> start = args.size() > 3 ? ParseInt64(args[3]) : 0;
  if (!start) return kErrNotInteger;
  const std::optional<bool> in_bits = args.size() == 6 ? ParseUnit(args[5]) : false;
  if (!in_bits) return kErrSyntax;
  const bool end_given = args.size() > 4;
  const std::optional<int64_t> end = end_given ? ParseInt64(args[4]) : -1;
  if (!end) return kErrNotInteger;
  const BitRange range = ClipRange(*start, *end, *in_bits, bytes.size());
  if (range.first > range.last) return ctx.reply().Integer(-1);
  const int64_t found = FindBit(bytes, *bit == 1, static_cast<uint64_t>(range.first),
                                static_cast<uint64_t>(range.last));
  // Zeros go on behind the string unless its end was asked for.
  if (found < 0 && *bit == 0 && !end_given) return ctx.reply().Integer(range.last + 1);
  return ctx.reply().Integer(found);
}

constexpr CommandSpec kRows[] = {
    Command({.name = "setbit",
             .arity = 4,
             .flags = kWrite | kDenyOom,
             .acl = kAclBitmap,
             .group = CommandGroup::kBitmap,
             .keys = {KeyAt(1, kKeyChanged)},
             .run = Setbit,
             .since = "2.2.0",
             .complexity = "O(1), and O(N) where the string has to become N bytes longer.",
             .summary = "Sets or clears one bit of a string and returns what it was before.",
             .syntax = "key offset value(integer)"}),
    Command({.name = "getbit",
             .arity = 3,
             .flags = kReadonly | kFast,
             .acl = kAclBitmap,
             .group = CommandGroup::kBitmap,
             .keys = {KeyAt(1, kKeyRead)},
             .run = Getbit,
             .since = "2.2.0",
             .complexity = "O(1)",
             .summary = "Returns one bit of a string, 0 behind its end.",
             .syntax = "key offset"}),
    Command({.name = "bitcount",
             .arity = -2,
             .flags = kReadonly,
             .acl = kAclBitmap,
             .group = CommandGroup::kBitmap,
             .keys = {KeyAt(1, kKeyRead)},
             .run = Bitcount,
             .since = "2.6.0",
             .complexity = "O(N) where N is the number of bytes looked at.",
             .summary = "Counts the bits that are set in a string or in a part of it.",
             .syntax = "key range=[start(integer) end(integer) unit=[BYTE | BIT]@7.0.0]",
             .history = "7.0.0: Added the `BYTE|BIT` option."}),
    Command({.name = "bitpos",
             .arity = -3,
             .flags = kReadonly,
             .acl = kAclBitmap,
             .group = CommandGroup::kBitmap,
             .keys = {KeyAt(1, kKeyRead)},
             .run = Bitpos,
             .since = "2.8.7",
             .complexity = "O(N) where N is the number of bytes looked at.",
             .summary = "Finds the first bit that is set, or clear, in a string or a part of it.",
             .syntax = "key bit range=[start(integer) end-unit-block=[end(integer) "
                       "unit=[BYTE | BIT]@7.0.0]]",
             .history = "7.0.0: Added the `BYTE|BIT` option."}),
};

}  // namespace

std::span<const CommandSpec> BitmapRows() {
  return kRows;
}

std::span<const CommandSpec> BitmapCommands() {
  static const std::vector<CommandSpec> kAll =
      JoinRows({BitmapRows(), BitopRows(), BitfieldRows()});
  return kAll;
}

}  // namespace gotthard
