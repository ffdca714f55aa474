// A family whose rows are spread over several files, as one list.
#pragma once

#include <initializer_list>
#include <span>
#include <vector>

#include "exec/command.h"

namespace gotthard {

inline std::vector<CommandSpec> JoinRows(
    std::initializer_list<std::span<const CommandSpec>> lists) {
  std::vector<CommandSpec> rows;
  for (std::span<const CommandSpec> list : lists) rows.insert(rows.end(), list.begin(), list.end());
  return rows;
}

}  // namespace gotthard
