// COMMAND: what commands there are, what they take, and where their keys are.
#include <string>
#include <vector>

#include "base/glob.h"
#include "commands/command_reply.h"
#include "commands/families.h"
#include "commands/help.h"
#include "exec/command_table.h"
#include "exec/context.h"
#include "exec/key_extraction.h"

namespace gotthard {
namespace {

// The arguments of a request from `skip` on: those of the command that COMMAND GETKEYS is asked
// about.
class TailOfArgs {
 public:
  TailOfArgs(const Args& args, size_t skip) : args_(args), skip_(skip) {}
  size_t size() const { return args_.size() - skip_; }
  std::string_view operator[](size_t i) const { return args_[i + skip_]; }

 private:
  const Args& args_;
  size_t skip_;
};

// Commands that are no subcommands and have not been renamed away, in the table's order.
template <typename Fn>
void ForEachCommand(const CommandTable& table, Fn&& fn) {
  for (const CommandRow& row : table.rows()) {
    if (row.spec != nullptr && row.spec->parent.empty() && !row.name.empty()) fn(row);
  }
}

uint64_t CountCommands(const CommandTable& table) {
  uint64_t count = 0;
  ForEachCommand(table, [&count](const CommandRow&) { ++count; });
  return count;
}

Status ReplyAllInfo(Context& ctx) {
  const CommandTable& table = ctx.server().commands;
  ctx.reply().ArrayHeader(CountCommands(table));
  ForEachCommand(table, [&](const CommandRow& row) { ReplyCommandInfo(ctx.reply(), table, row); });
  return Status::Ok();
}

Status CommandAll(Context& ctx, const Args& /*args*/) {
  return ReplyAllInfo(ctx);
}

Status CommandCount(Context& ctx, const Args& /*args*/) {
  return ctx.reply().Integer(static_cast<int64_t>(CountCommands(ctx.server().commands)));
}

Status CommandInfo(Context& ctx, const Args& args) {
  if (args.size() == 2) return ReplyAllInfo(ctx);
  const CommandTable& table = ctx.server().commands;
  ctx.reply().ArrayHeader(args.size() - 2);
  for (size_t i = 2; i < args.size(); ++i) {
    const CommandRow* row = table.Find(args[i]);
    if (row == nullptr) {
      ctx.reply().Null();
    } else {
      ReplyCommandInfo(ctx.reply(), table, *row);
    }
  }
  return Status::Ok();
}

Status CommandDocs(Context& ctx, const Args& args) {
  const CommandTable& table = ctx.server().commands;
  size_t mark = ctx.reply().Defer();
  uint64_t count = 0;
  auto add = [&](const CommandRow& row) {
    ctx.reply().Bulk(row.full_name);
    ReplyCommandDocs(ctx.reply(), table, row);
    ++count;
  };
  if (args.size() == 2) ForEachCommand(table, add);
  for (size_t i = 2; i < args.size(); ++i) {
    if (const CommandRow* row = table.Find(args[i])) add(*row);
  }
  return ctx.reply().SetMapLength(mark, count);
}

// Which commands COMMAND LIST shows.
struct ListFilter {
  enum class Kind { kNone, kModule, kAclCategory, kPattern } kind = Kind::kNone;
  std::string_view pattern;
  uint64_t category = 0;

  bool Shows(const CommandRow& row) const {
    switch (kind) {
      case Kind::kModule:
        return false;  // there are no modules
      case Kind::kAclCategory:
        return (row.spec->acl & category) != 0;
      case Kind::kPattern:
        return GlobMatch(pattern, row.full_name, /*nocase=*/true);
      default:
        return true;
    }
  }
};

Status CommandList(Context& ctx, const Args& args) {
  ListFilter filter;
  if (args.size() > 2) {
    if (args.size() != 5 || !IsOption(args[2], "filterby")) return kErrSyntax;
    if (IsOption(args[3], "module")) {
      filter.kind = ListFilter::Kind::kModule;
    } else if (IsOption(args[3], "aclcat")) {
      filter.kind = ListFilter::Kind::kAclCategory;
      filter.category = AclCategoryByName(args[4]);
    } else if (IsOption(args[3], "pattern")) {
      filter.kind = ListFilter::Kind::kPattern;
      filter.pattern = args[4];
    } else {
      return kErrSyntax;
    }
  }
  const CommandTable& table = ctx.server().commands;
  size_t mark = ctx.reply().Defer();
  uint64_t count = 0;
  auto add = [&](const CommandRow& row) {
    if (!filter.Shows(row)) return;
    ctx.reply().Bulk(row.full_name);
    ++count;
  };
  ForEachCommand(table, [&](const CommandRow& row) {
    add(row);
    for (uint16_t number : row.subcommands) add(table.row(number));
  });
  return ctx.reply().SetArrayLength(mark, count);
}

// Finds the keys of the request that follows the subcommand.
Status FindKeys(Context& ctx, const Args& args, std::vector<KeyPosition>* keys) {
  TailOfArgs request(args, 2);
  const CommandRow* row = ctx.server().commands.Resolve(
      request[0], request.size() > 1 ? request[1] : std::string_view());
  if (row == nullptr) return Status::Error("ERR Invalid command specified");
  const CommandSpec& spec = *row->spec;
  if (!HasKeys(spec)) return Status::Error("ERR The command has no key arguments");
  const auto argc = static_cast<int64_t>(request.size());
  if (spec.arity > 0 ? argc != spec.arity : argc < -spec.arity) {
    return Status::Error("ERR Invalid number of arguments specified for command");
  }
  bool found = ExtractKeys(spec, request, keys) && !keys->empty();
  if (!found && (spec.flags & kNoMandatoryKeys) == 0) {
    return Status::Error("ERR Invalid arguments specified for command");
  }
  return Status::Ok();
}

Status CommandGetKeys(Context& ctx, const Args& args) {
  std::vector<KeyPosition> keys;
  GOTTHARD_RETURN_IF_ERROR(FindKeys(ctx, args, &keys));
  ctx.reply().ArrayHeader(keys.size());
  for (const KeyPosition& key : keys) ctx.reply().Bulk(args[key.position + 2]);
  return Status::Ok();
}

Status CommandGetKeysAndFlags(Context& ctx, const Args& args) {
  std::vector<KeyPosition> keys;
  GOTTHARD_RETURN_IF_ERROR(FindKeys(ctx, args, &keys));
  ctx.reply().ArrayHeader(keys.size());
  for (const KeyPosition& key : keys) {
    ctx.reply().ArrayHeader(2);
    ctx.reply().Bulk(args[key.position + 2]);
    ReplyKeyFlags(ctx.reply(), key.flags);
  }
  return Status::Ok();
}

Status CommandHelp(Context& ctx, const Args& args) {
  return ReplyHelp(
      ctx.reply(), args,
      {"(no subcommand)", "    Describe all commands.", "COUNT",
       "    Show how many commands there are.", "LIST [FILTERBY <MODULE|ACLCAT|PATTERN> <value>]",
       "    Show the names of commands.", "INFO [<command-name> ...]",
       "    Describe commands as programs need it: flags, categories, keys.",
       "    Without names, all of them.", "DOCS [<command-name> ...]",
       "    Describe commands as people need it: arguments, history, cost.",
       "    Without names, all of them.", "GETKEYS <full-command>",
       "    Show which arguments of a request are keys.", "GETKEYSANDFLAGS <full-command>",
       "    The same, with what the command does to each key."});
}

constexpr uint64_t kCommandFlags = kLoading | kStale | kSentinel;

// What all rows of COMMAND share.
consteval CommandSpec Row(std::string_view name, int16_t arity, Handler run, std::string_view since,
                          std::string_view complexity, std::string_view summary,
                          std::string_view syntax = "", std::string_view tips = "",
                          std::string_view history = "") {
  return Command({.name = name,
                  .parent = "command",
                  .arity = arity,
                  .flags = kCommandFlags,
                  .acl = kAclConnection,
                  .group = CommandGroup::kServer,
                  .run = run,
                  .since = since,
                  .complexity = complexity,
                  .summary = summary,
                  .syntax = syntax,
                  .history = history,
                  .tips = tips});
}

constexpr std::string_view kPerName = "O(N) where N is the number of commands to look up";
constexpr std::string_view kPerArgument = "O(N) where N is the number of arguments to the command";
constexpr std::string_view kPerCommand = "O(N) where N is the total number of commands";
constexpr std::string_view kAnyOrder = "nondeterministic_output_order";

constexpr CommandSpec kRows[] = {
    Command({.name = "command",
             .arity = -1,
             .flags = kCommandFlags,
             .acl = kAclConnection,
             .group = CommandGroup::kServer,
             .run = CommandAll,
             .since = "2.8.13",
             .complexity = kPerCommand,
             .summary = "Describes all commands.",
             .tips = kAnyOrder}),
    Row("count", 2, CommandCount, "2.8.13", "O(1)", "Returns how many commands there are."),
    Row("docs", -2, CommandDocs, "7.0.0", kPerName,
        "Describes one, several or all commands for people.", "[command-name ...]", kAnyOrder),
    Row("getkeys", -3, CommandGetKeys, "2.8.13", kPerArgument,
        "Returns the keys among the arguments of a command.", "command [arg ...]"),
    Row("getkeysandflags", -3, CommandGetKeysAndFlags, "7.0.0", kPerArgument,
        "Returns the keys among the arguments of a command, with what it does to them.",
        "command [arg ...]"),
    Row("help", 2, CommandHelp, "5.0.0", "O(1)", "Says what the subcommands do."),
    Row("info", -2, CommandInfo, "2.8.13", kPerName,
        "Describes one, several or all commands for programs.", "[command-name ...]", kAnyOrder,
        "7.0.0: Without a name it describes all commands."),
    Row("list", -2, CommandList, "7.0.0", kPerCommand, "Returns the names of commands.",
        "[FILTERBY <MODULE module-name | ACLCAT category | PATTERN pattern>]", kAnyOrder),
};

}  // namespace

std::span<const CommandSpec> CommandCommands() {
  return kRows;
}

}  // namespace gotthard
