// Bitmaps: BITFIELD, integers of 1 to 64 bits anywhere in a string.
#include <algorithm>
#include <optional>
#include <vector>

#include "commands/bitmap_args.h"
#include "commands/changed_parts.h"
#include "commands/family_rows.h"
#include "exec/args.h"
#include "exec/context.h"
#include "types/bits.h"

namespace gotthard {
namespace {

constexpr ErrorText kErrFieldType{
    "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 "
    "is."};
constexpr ErrorText kErrOverflowType{"ERR Invalid OVERFLOW type specified"};
constexpr ErrorText kErrReadOnlyField{"ERR BITFIELD_RO only supports the GET subcommand"};

enum class Overflow : uint8_t { kWrap, kSaturate, kFail };
enum class FieldCommand : uint8_t { kGet, kSet, kIncrby };

struct FieldType {
  bool is_signed;
  unsigned width;
};

struct FieldOperation {
  FieldCommand command;
  Overflow overflow;
  FieldType type;
  uint64_t offset;  // of the first bit
  int64_t operand;  // SET's value, INCRBY's increment
};

struct FieldOperations {
  std::vector<FieldOperation> list;
  bool writes = false;
  uint64_t end_bit = 0;  // behind the last bit that is written
};

std::optional<FieldType> ParseFieldType(std::string_view text) {
  if (text.empty() || (text[0] != 'i' && text[0] != 'u')) return std::nullopt;
  const bool is_signed = text[0] == 'i';
  const std::optional<int64_t> width = ParseInt64(text.substr(1));
  // Replies are signed 64-bit integers, which an unsigned one of 64 bits does not fit.
  if (!width || *width < 1 || *width > (is_signed ? 64 : 63)) return std::nullopt;
  return FieldType{is_signed, static_cast<unsigned>(*width)};
}

std::optional<Overflow> ParseOverflow(std::string_view text) {
  if (IsOption(text, "wrap")) return Overflow::kWrap;
  if (IsOption(text, "sat")) return Overflow::kSaturate;
  if (IsOption(text, "fail")) return Overflow::kFail;
  return std::nullopt;
}

std::optional<FieldCommand> ParseFieldCommand(std::string_view text, size_t words_behind) {
  if (IsOption(text, "get") && words_behind >= 2) return FieldCommand::kGet;
  if (IsOption(text, "set") && words_behind >= 3) return FieldCommand::kSet;
  if (IsOption(text, "incrby") && words_behind >= 3) return FieldCommand::kIncrby;
  return std::nullopt;
}

Result<FieldOperations> ParseOperations(const Context& ctx, const Args& args) {
  FieldOperations operations;
  Overflow overflow = Overflow::kWrap;
  for (size_t i = 2; i < args.size();) {
    const size_t behind = args.size() - i - 1;
    if (IsOption(args[i], "overflow") && behind >= 1) {
      const std::optional<Overflow> parsed = ParseOverflow(args[i + 1]);
      if (!parsed) return kErrOverflowType;
      overflow = *parsed;
      i += 2;
      continue;
    }
    const std::optional<FieldCommand> command = ParseFieldCommand(args[i], behind);
    if (!command) return kErrSyntax;
    const std::optional<FieldType> type = ParseFieldType(args[i + 1]);
    if (!type) return kErrFieldType;
    const std::optional<uint64_t> offset = ParseBitOffset(ctx, args[i + 2], type->width);
    if (!offset) return kErrBitOffset;
    std::optional<int64_t> operand = 0;
    if (*command != FieldCommand::kGet) {
      operand = ParseInt64(args[i + 3]);
      if (!operand) return kErrNotInteger;
      operations.writes = true;
      operations.end_bit = std::max(operations.end_bit, *offset + type->width);
    }
    operations.list.push_back({*command, overflow, *type, *offset, *operand});
    i += *command == FieldCommand::kGet ? 3 : 4;
  }
  return operations;
}

// A field's bits as the number they mean.
int64_t Interpret(uint64_t bits, FieldType type) {
  if (!type.is_signed) return static_cast<int64_t>(bits);
  const unsigned unused = 64 - type.width;
  return static_cast<int64_t>(bits << unused) >> unused;
}

__extension__ using Wide = __int128;

// `value` as a field of this type holds it; nullopt where it does not fit and that is a failure.
std::optional<int64_t> Fit(Wide value, FieldType type, Overflow overflow) {
  const unsigned value_bits = type.is_signed ? type.width - 1 : type.width;
  const Wide max = (Wide{1} << value_bits) - 1;
  const Wide min = type.is_signed ? -max - 1 : 0;
  if (value >= min && value <= max) return static_cast<int64_t>(value);
  switch (overflow) {
    case Overflow::kFail:
      return std::nullopt;
    case Overflow::kSaturate:
      return static_cast<int64_t>(value > max ? max : min);
    case Overflow::kWrap:
      break;
  }
  const uint64_t mask = ~uint64_t{0} >> (64 - type.width);
  return Interpret(static_cast<uint64_t>(value) & mask, type);
}

// What a SET may hold: of a field without sign, its argument counts as 64 bits without sign.
Wide OperandOf(const FieldOperation& operation) {
  if (operation.type.is_signed) return operation.operand;
  return static_cast<uint64_t>(operation.operand);
}

// Runs SET or INCRBY, and replies. True when the field was written with another value.
bool RunWrite(Context& ctx, char* bytes, size_t size, const FieldOperation& operation) {
  const int64_t old =
      Interpret(ReadBits({bytes, size}, operation.offset, operation.type.width), operation.type);
  const bool sets = operation.command == FieldCommand::kSet;
  const Wide wanted = sets ? OperandOf(operation) : Wide{old} + operation.operand;
  const std::optional<int64_t> value = Fit(wanted, operation.type, operation.overflow);
  if (!value) {
    ctx.reply().Null();
    return false;
  }
  WriteBits(bytes, size, operation.offset, operation.type.width, static_cast<uint64_t>(*value));
  ctx.reply().Integer(sets ? old : *value);
  return *value != old;
}

void RunGet(Context& ctx, std::string_view bytes, const FieldOperation& operation) {
  ctx.reply().Integer(
      Interpret(ReadBits(bytes, operation.offset, operation.type.width), operation.type));
}

Status RunReads(Context& ctx, const Args& args, const FieldOperations& operations) {
  Result<EntryHandle> entry = ctx.FindReadOf(Type::kString, args.key(1));
  if (!entry) return entry.error();
  char digits[24];
  const std::string_view bytes = *entry ? (*entry)->ValueText(digits) : std::string_view();
  ctx.reply().ArrayHeader(operations.list.size());
  for (const FieldOperation& operation : operations.list) RunGet(ctx, bytes, operation);
  return Status::Ok();
}

Status Bitfield(Context& ctx, const Args& args) {
  Result<FieldOperations> parsed = ParseOperations(ctx, args);
  if (!parsed) return parsed.error();
  if (!parsed->writes) return RunReads(ctx, args, *parsed);
  const Key key = args.key(1);
  Result<EntryHandle> found = ctx.FindWriteOf(Type::kString, key);
  if (!found) return found.error();
  EntryHandle entry = *found;
  const size_t needed = (parsed->end_bit + 7) / 8;
  const size_t old_size = entry ? entry->ValueLength() : 0;
  const bool grows = old_size < needed;
  const size_t size = std::max(old_size, needed);
  char* bytes = GrowForBits(ctx, key, entry, needed);
  ctx.reply().ArrayHeader(parsed->list.size());
  uint64_t changes = 0;
  for (const FieldOperation& operation : parsed->list) {
    if (operation.command == FieldCommand::kGet) {
      RunGet(ctx, {bytes, size}, operation);
    } else if (RunWrite(ctx, bytes, size, operation) || grows) {
      ++changes;
    }
  }
  // Where every write failed, the string may still be longer.
  if (changes == 0 && grows) changes = 1;
  if (changes != 0) ChangedParts(ctx, key, kEventString, "setbit", changes);
  return Status::Ok();
}

Status BitfieldRo(Context& ctx, const Args& args) {
  Result<FieldOperations> parsed = ParseOperations(ctx, args);
  if (!parsed) return parsed.error();
  if (parsed->writes) return kErrReadOnlyField;
  return RunReads(ctx, args, *parsed);
}

constexpr CommandSpec kRows[] = {
    Command({.name = "bitfield",
             .arity = -2,
             .flags = kWrite | kDenyOom,
             .acl = kAclBitmap,
             .group = CommandGroup::kBitmap,
             .keys = {KeyAtVarying(1, kKeyChanged, "set incrby", kKeyRead)},
             .run = Bitfield,
             .since = "3.2.0",
             .complexity = "O(1) for each operation.",
             .summary = "Reads, sets and increments integers of any width inside of a string.",
             .syntax = "key operation=[GET get-block=<encoding offset> | write=<[OVERFLOW "
                       "overflow-block=<WRAP | SAT | FAIL>] write-operation=<SET set-block=<"
                       "encoding offset value(integer)> | INCRBY incrby-block=<encoding offset "
                       "increment>>>]..."}),
    Command({.name = "bitfield_ro",
             .arity = -2,
             .flags = kReadonly | kFast,
             .acl = kAclBitmap,
             .group = CommandGroup::kBitmap,
             .keys = {KeyAt(1, kKeyRead)},
             .run = BitfieldRo,
             .since = "6.0.0",
             .complexity = "O(1) for each operation.",
             .summary = "Reads integers of any width inside of a string.",
             .syntax = "key [GET get-block=<encoding offset>]*..."}),
};

}  // namespace

std::span<const CommandSpec> BitfieldRows() {
  return kRows;
}

}  // namespace gotthard
