// ElementAhead: the two stages of running ahead that are about elements of big collections: the
// field of HGET, the member of ZADD.
//
// The executor has touched a command's key by then. From its entry on it is a lookup like that of
// the key: some commands later the element's group in the collection's table, and, when the group
// has arrived, the element. In a hash of a million fields HGET waited for these two for half of its
// time. Nothing is kept but the hash: the collection may be freed by any command in between, so it
// is looked for anew at each stage.
//
// Owning thread: the execution thread. Limit: kRing commands under way.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/hash.h"
#include "store/detached.h"
#include "types/table.h"

namespace gotthard {

class ElementAhead {
 public:
  static constexpr size_t kRing = 128;
  // In commands. Both lie inside of what the executor runs ahead over the entries.
  static constexpr size_t kGroupAhead = 24;
  static constexpr size_t kElementAhead = 12;

  // Command numbers start at 0 again.
  void Begin() { end_ = groups_ = elements_ = 0; }
  // Command `number` will look up `element`, which stays where it is until the command is run.
  void Note(size_t number, std::string_view element) {
    // Those between have none; further back than the ring reaches nobody looks.
    const size_t first = number < kRing ? 0 : number - kRing + 1;
    for (end_ = std::max(end_, first); end_ < number; ++end_) slots_[end_ % kRing].element = {};
    slots_[number % kRing] = {element, 0, false};
    end_ = number + 1;
  }
  bool waits_for(size_t executed) const { return end_ > executed && end_ > elements_; }
  // Touches memory for the commands behind the first `executed` ones. `keys` has what running ahead
  // found of each command's key, up to command `entries`.
  void Touch(size_t executed, size_t entries, const std::array<Table::Ahead, kRing>& keys,
             const ObjectTypes& types, const KeyHasher& hasher);

 private:
  struct Slot {
    std::string_view element;  // null: none
    uint64_t hash = 0;
    bool hashed = false;  // the group was asked for
  };

  std::array<Slot, kRing> slots_;
  size_t end_ = 0;       // behind the last command noted
  size_t groups_ = 0;    // commands before this one had their turn in the first stage
  size_t elements_ = 0;  // and in the second
};

}  // namespace gotthard
