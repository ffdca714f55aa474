// CommandIndex: what the threads that parse need to know of the commands: from a name to its row's
// number and the positions of its keys. Built by exec/command_table, immutable, read by all
// threads.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gotthard {

// One command as the parsing side sees it.
struct IndexedCommand {
  uint16_t row = 0;
  int16_t first_key = 0;  // 0 = no keys at fixed positions
  int16_t last_key = 0;   // negative counts from the end
  uint16_t key_step = 1;
  bool changes_auth = false;  // see kChangesAuth in exec/command.h
  bool container = false;
  bool subcommand = false;
};

class CommandIndex {
 public:
  // Pseudo rows: a request whose first word names no command; one whose second word names no
  // subcommand of a container.
  static constexpr uint16_t kUnknownCommand = 0;
  static constexpr uint16_t kUnknownSubcommand = 1;
  static constexpr uint16_t kFirstRow = 2;

  // `name` is lower case; a subcommand is "parent subcommand" with the parent's present name.
  void Add(std::string_view name, const IndexedCommand& command);
  // The command `name` in any case; nullptr when there is none.
  const IndexedCommand* Find(std::string_view name) const;
  // The subcommand `name` of the container that is called `parent`.
  const IndexedCommand* FindSubcommand(std::string_view parent, std::string_view name) const;

 private:
  struct Slot {
    uint64_t prefix = 0;  // the first 8 bytes, lower case, zero-padded
    uint32_t length = 0;  // 0 = free
    uint32_t name_at = 0;
    IndexedCommand command;
  };
  static constexpr size_t kMaxName = 64;

  const Slot* Probe(std::string_view name) const;
  void Grow();
  void Insert(const Slot& slot);
  static uint64_t PrefixOf(std::string_view name);
  static size_t BucketOf(uint64_t prefix, size_t length, size_t mask);

  std::string names_;
  std::vector<Slot> slots_;
  size_t count_ = 0;
};

}  // namespace gotthard
