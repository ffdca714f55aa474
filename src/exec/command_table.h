// CommandTable: all rows, numbered. Built once at start-up from the families' lists (after
// rename-command was applied), immutable afterwards, so every thread may read it.
//
// Row numbers are what a CommandStream carries. The first rows are pseudo rows (CommandIndex):
// requests that name no command still travel to the execution thread, which answers them in order.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "exec/command.h"
#include "pipe/command_index.h"

namespace gotthard {

struct CommandRow {
  const CommandSpec* spec = nullptr;
  std::string name;       // as it is called now (rename-command), lower case; "" when disabled
  std::string full_name;  // "client|list" for a subcommand, as Redis shows it; not renamed
  uint16_t number = 0;
  std::vector<uint16_t> subcommands;  // of a container, in the rows' order
};

class CommandTable {
 public:
  struct Rename {
    std::string from;
    std::string to;  // "" disables
  };
  // Fails when a rename names an unknown command or an existing target.
  static Result<CommandTable> Build(std::span<const std::span<const CommandSpec>> families,
                                    std::span<const Rename> renames);

  // REQUIRES: row is a number this table gave, and not a pseudo row for spec().
  const CommandRow& row(uint16_t number) const { return rows_[number]; }
  const CommandSpec& spec(uint16_t number) const { return *rows_[number].spec; }
  // All rows including subcommands; the first `first_row()` ones are pseudo rows without a spec.
  std::span<const CommandRow> rows() const { return rows_; }
  uint16_t first_row() const { return CommandIndex::kFirstRow; }
  // By the name a client would use ("get"; "client|list" for a subcommand), any case. Null if none.
  const CommandRow* Find(std::string_view name) const;
  // The row of a request: argument 0, and 1 for a container. Null if there is none.
  const CommandRow* Resolve(std::string_view name, std::string_view subcommand) const;
  const CommandIndex& index() const { return index_; }

 private:
  std::vector<CommandRow> rows_;
  CommandIndex index_;
};

}  // namespace gotthard
