#include "exec/command_names.h"

#include <utility>

#include "base/ascii.h"

namespace gotthard {

CommandNames::CommandNames(std::span<const std::span<const CommandSpec>> families) {
  for (const auto& family : families) {
    for (const CommandSpec& spec : family) {
      if (spec.parent.empty()) rows_.emplace(spec.name, spec.name);
    }
  }
}

Status CommandNames::Rename(std::string_view from, std::string_view to) {
  const auto found = rows_.find(AsciiLower(from));
  if (found == rows_.end()) {
    return Status::Error("No such command in rename-command: '" + std::string(from) + "'");
  }
  std::string name = AsciiLower(to);
  if (name == found->first) return Status::Ok();
  if (!name.empty() && rows_.count(name) != 0) {
    return Status::Error("Target command name already exists: '" + std::string(to) + "'");
  }
  const std::string_view row = found->second;
  rows_.erase(found);
  if (!name.empty()) rows_.emplace(std::move(name), row);
  return Status::Ok();
}

std::map<std::string_view, std::string> CommandNames::ByRow() const {
  std::map<std::string_view, std::string> names;
  for (const auto& [name, row] : rows_) names.emplace(row, name);
  return names;
}

}  // namespace gotthard
