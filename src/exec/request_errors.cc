#include "exec/request_errors.h"

#include <string>

#include "base/ascii.h"
#include "pipe/command_index.h"

namespace gotthard {

Status UnknownCommand(const CommandView& view) {
  constexpr size_t kShown = 128;
  std::string_view name = view.arg(0);
  if (view.header().row == CommandIndex::kUnknownSubcommand) {
    std::string text = "ERR unknown subcommand '";
    text.append(view.arg(1).substr(0, kShown)).append("'. Try ");
    for (char c : name) text.push_back(c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c);
    return Status::Error(text.append(" HELP."));
  }
  std::string args;
  for (uint32_t i = 1; i < view.argc() && args.size() < kShown; ++i) {
    args.append("'").append(view.arg(i).substr(0, kShown - args.size())).append("' ");
  }
  std::string text = "ERR unknown command '";
  text.append(name.substr(0, kShown)).append("', with args beginning with: ").append(args);
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
