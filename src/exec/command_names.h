// The names that commands go by while rename-command lines are applied, each to the names as the
// lines before it have left them.
//
// Owning thread: any; used at start-up. The families must outlive it.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"
#include "exec/command.h"

namespace gotthard {

class CommandNames {
 public:
  explicit CommandNames(std::span<const std::span<const CommandSpec>> families);
  // Fails when there is no command of the first name, or already one of the second; "" takes the
  // command away.
  Status Rename(std::string_view from, std::string_view to);
  // The present name of each command (in lower case) by the name of its row; none if it is away.
  std::map<std::string_view, std::string> ByRow() const;

 private:
  std::map<std::string, std::string_view> rows_;  // present name -> the row's
};

}  // namespace gotthard
