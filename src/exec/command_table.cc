#include "exec/command_table.h"

#include <map>

#include "exec/command_names.h"

namespace gotthard {
namespace {

// The fixed key positions of a row: its first key specification, when that is a plain range.
IndexedCommand IndexEntry(const CommandSpec& spec, uint16_t number) {
  IndexedCommand entry{.row = number};
  entry.changes_auth = (spec.flags & kChangesAuth) != 0;
  entry.subcommand = !spec.parent.empty();
  const KeySpec& keys = spec.keys[0];
  if (keys.begin == KeySpec::Begin::kIndex && keys.find == KeySpec::Find::kRange &&
      keys.limit <= 1 && (keys.flags & kKeyNotKey) == 0) {
    entry.first_key = keys.index;
    entry.last_key = keys.last < 0 ? keys.last : static_cast<int16_t>(keys.index + keys.last);
    entry.key_step = static_cast<uint16_t>(keys.step > 0 ? keys.step : 1);
  }
  return entry;
}

bool HasSubcommands(std::span<const std::span<const CommandSpec>> families, std::string_view name) {
  for (const auto& family : families) {
    for (const CommandSpec& spec : family) {
      if (spec.parent == name) return true;
    }
  }
  return false;
}

}  // namespace

Result<CommandTable> CommandTable::Build(std::span<const std::span<const CommandSpec>> families,
                                         std::span<const Rename> renames) {
  CommandNames present(families);
  for (const Rename& rename : renames) {
    GOTTHARD_RETURN_IF_ERROR(present.Rename(rename.from, rename.to));
  }
  std::map<std::string_view, std::string> names = present.ByRow();
  CommandTable table;
  table.rows_.resize(CommandIndex::kFirstRow);
  std::map<std::string_view, uint16_t> containers;
  for (bool subcommands : {false, true}) {
    for (const auto& family : families) {
      for (const CommandSpec& spec : family) {
        if (spec.parent.empty() == subcommands) continue;
        CommandRow row{.spec = &spec, .number = static_cast<uint16_t>(table.rows_.size())};
        IndexedCommand entry = IndexEntry(spec, row.number);
        if (subcommands) {
          row.name = spec.name;
          row.full_name = std::string(spec.parent) + "|" + std::string(spec.name);
          auto parent = containers.find(spec.parent);
          if (parent == containers.end()) {
            return Status::Error("subcommand without its container: " + row.full_name);
          }
          CommandRow& container = table.rows_[parent->second];
          container.subcommands.push_back(row.number);
          if (!container.name.empty()) {
            table.index_.Add(container.name + " " + std::string(spec.name), entry);
          }
        } else {
          row.name = names[spec.name];
          row.full_name = spec.name;
          entry.container = HasSubcommands(families, spec.name);
          if (entry.container) containers[spec.name] = row.number;
          if (!row.name.empty()) table.index_.Add(row.name, entry);
        }
        table.rows_.push_back(std::move(row));
      }
    }
  }
  return table;
}

const CommandRow* CommandTable::Find(std::string_view name) const {
  size_t bar = name.find('|');
  if (bar != std::string_view::npos) {
    const IndexedCommand* entry = index_.FindSubcommand(name.substr(0, bar), name.substr(bar + 1));
    return entry == nullptr ? nullptr : &rows_[entry->row];
  }
  const IndexedCommand* entry = index_.Find(name);
  return entry == nullptr ? nullptr : &rows_[entry->row];
}

const CommandRow* CommandTable::Resolve(std::string_view name, std::string_view subcommand) const {
  const CommandRow* row = Find(name);
  if (row == nullptr || row->subcommands.empty() || subcommand.empty()) return row;
  const IndexedCommand* entry = index_.FindSubcommand(name, subcommand);
  return entry == nullptr ? nullptr : &rows_[entry->row];
}

}  // namespace gotthard
