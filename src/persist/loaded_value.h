// LoadedValue: a value that was read from an RDB file or a DUMP payload and is not in a database
// yet. Everything about it has been checked.
//
// Owning thread: the one that reads.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "store/entry.h"

namespace gotthard {

struct LoadedValue {
  Type type = Type::kString;
  Encoding encoding = Encoding::kRaw;
  // A string's text, or the packed bytes of a small collection.
  std::string bytes;
  // The big form of a collection, if not null; owned.
  std::unique_ptr<void, void (*)(void*)> object{nullptr, [](void*) {}};

  // A collection that is to be built from its parts: members, or fields each followed by its value.
  // No two members or fields are alike.
  std::vector<std::string> items;
  std::vector<double> scores;     // of a sorted set's items
  std::vector<int64_t> expiries;  // of a hash's fields, if any has one: ms since 1970

  // Makes it the big form. `ops` is the type's ObjectOps.
  template <typename Ops>
  void SetObject(Type new_type, Encoding new_encoding, void* value, const Ops& ops) {
    type = new_type;
    encoding = new_encoding;
    object = {value, ops.destroy};
  }
  void SetPacked(Type new_type, Encoding new_encoding, std::string_view packed) {
    type = new_type;
    encoding = new_encoding;
    bytes.assign(packed);
  }
};

}  // namespace gotthard
