// Key: a key's name and its hash, computed once by the thread that parsed the request.
//
// The hash comes from the one KeyHasher of the server. The name is a view: whoever made the Key
// keeps the bytes alive while the call that takes it runs.
//
// Owning thread: any; a Key is a value.
#pragma once

#include <cstdint>
#include <string_view>

namespace gotthard {

struct Key {
  std::string_view name;
  uint64_t hash;
};

}  // namespace gotthard
