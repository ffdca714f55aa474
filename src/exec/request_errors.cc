#include "exec/request_errors.h"

#include <algorithm>
#include <string>

#include "base/ascii.h"
#include "pipe/command_index.h"

namespace gotthard {

namespace {

// As much of a word as Redis shows: the first so many bytes, up to a zero byte.
std::string_view Shown(std::string_view word, size_t most) {
  return word.substr(0, std::min(most, word.find('\0')));
}

}  // namespace

Status UnknownCommand(const CommandView& view) {
  constexpr size_t kShown = 128;
  std::string_view name = view.arg(0);
  if (view.header().row == CommandIndex::kUnknownSubcommand) {
    std::string text = "ERR unknown subcommand '";
    text.append(Shown(view.arg(1), kShown)).append("'. Try ");
    for (char c : name) text.push_back(c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c);
    return Status::Error(text.append(" HELP."));
  }
  std::string args;
  for (uint32_t i = 1; i < view.argc() && args.size() < kShown; ++i) {
    const size_t room = kShown - args.size();  // before the quote, as Redis counts
    args.append("'").append(Shown(view.arg(i), room)).append("' ");
  }
  std::string text = "ERR unknown command '";
  text.append(Shown(name, kShown)).append("', with args beginning with: ").append(args);
  return Status::Error(std::move(text));
}

bool IsHttpRequest(const CommandView& view) {
  const std::string_view name = view.arg(0);
  return EqualNoCase(name, "post") || EqualNoCase(name, "host:");
}

Status WrongArity(const CommandTable& commands, uint16_t row) {
  return Status::Error("ERR wrong number of arguments for '" + commands.row(row).full_name +
                       "' command");
}

}  // namespace gotthard
