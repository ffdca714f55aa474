// SetView: a set to be read, whatever its encoding: intset, listpack or HashSet.
//
// Owning thread: the execution thread. A view of what somebody else owns: it ends with the next
// change of the set, and so do the members that it shows.
#pragma once

#include <cassert>
#include <cstddef>
#include <optional>
#include <string_view>

#include "base/numbers.h"
#include "base/random.h"
#include "types/hash_set.h"
#include "types/intset.h"
#include "types/listpack.h"

namespace gotthard {

enum class SetForm : uint8_t { kIntset, kListpack, kTable };

class SetView {
 public:
  // An empty set: what a missing key is.
  SetView() = default;
  // REQUIRES: valid bytes of the form, which is not kTable.
  SetView(SetForm form, std::string_view bytes) : form_(form), bytes_(bytes) {
    assert(form != SetForm::kTable);
    count_ = form == SetForm::kIntset ? Intset(bytes).Count() : Listpack(bytes).Count();
  }
  explicit SetView(const HashSet& table)
      : form_(SetForm::kTable), table_(&table), count_(table.size()) {}

  SetForm form() const { return form_; }
  // Null unless the form is kTable.
  const HashSet* table() const { return table_; }
  size_t Count() const { return count_; }

  bool Has(std::string_view member) const {
    if (table_ != nullptr) return table_->Has(member);
    return HasPacked(member);
  }
  // The same with the member's hash, which only a table looks at.
  bool Has(std::string_view member, uint64_t hash) const {
    if (table_ != nullptr) return table_->Has(member, hash);
    return HasPacked(member);
  }

  // Calls visit(const PackedItem&) for each member until it returns false.
  template <typename Visit>
  void ForEach(Visit&& visit) const;
  // A member, each with the same probability. REQUIRES: Count() > 0.
  PackedItem RandomMember(Random& random) const {
    if (table_ != nullptr) return {.text = HashSet::MemberAt(table_->RandomPosition(random))};
    return PackedMember(random.Below(count_));
  }
  // Member number `index` of a packed set. O(1) in an intset, O(n) in a listpack.
  PackedItem PackedMember(size_t index) const {
    if (form_ == SetForm::kIntset) {
      return {.text = {}, .integer = Intset(bytes_).Get(index), .is_integer = true};
    }
    const Listpack listpack(bytes_);
    return listpack.Get(listpack.Seek(static_cast<int64_t>(index)));
  }

 private:
  bool HasPacked(std::string_view member) const {
    if (count_ == 0) return false;
    if (form_ == SetForm::kIntset) {
      const std::optional<int64_t> value = ParseInt64(member);
      return value && Intset(bytes_).Has(*value);
    }
    const Listpack listpack(bytes_);
    return listpack.Find(listpack.First(), member) != Listpack::kNone;
  }

  SetForm form_ = SetForm::kListpack;
  std::string_view bytes_;
  const HashSet* table_ = nullptr;
  size_t count_ = 0;
};

template <typename Visit>
void SetView::ForEach(Visit&& visit) const {
  if (count_ == 0) return;
  if (table_ != nullptr) {
    table_->ForEach([&](std::string_view member) { return visit(PackedItem{.text = member}); });
  } else if (form_ == SetForm::kIntset) {
    const Intset intset(bytes_);
    for (size_t i = 0; i < count_; ++i) {
      if (!visit(PackedItem{.text = {}, .integer = intset.Get(i), .is_integer = true})) return;
    }
  } else {
    const Listpack listpack(bytes_);
    for (auto at = listpack.First(); at != Listpack::kNone; at = listpack.Next(at)) {
      if (!visit(listpack.Get(at))) return;
    }
  }
}

}  // namespace gotthard
