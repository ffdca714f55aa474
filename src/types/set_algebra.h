// What SINTER, SUNION and SDIFF compute, over sets of any encoding.
//
// Members are looked up in batches: while one set's table answers for a batch, the memory for the
// next lookups is on its way already.
//
// Owning thread: the execution thread. `take` gets a member's text, good until it returns; it must
// not change any of the sets.
#pragma once

#include <span>
#include <string_view>

#include "base/function_ref.h"
#include "types/set_view.h"

namespace gotthard {

// Calls take(member) for each member of `from` that all of `required` and none of `excluded` have,
// until it returns false. O(members of `from` * sets).
void SelectMembers(const SetView& from, std::span<const SetView> required,
                   std::span<const SetView> excluded, const KeyHasher& hasher,
                   FunctionRef<bool(std::string_view)> take);

}  // namespace gotthard
