#include "exec/element_ahead.h"

#include <algorithm>

#include "base/prefetch.h"
#include "store/entry.h"

namespace gotthard {
namespace {

// An element begins anywhere in its line; names and values of some dozen bytes reach into the next.
constexpr size_t kElementBytes = 48;

// The table of the collection under a key; null if there is no such thing.
const Table* ElementsOf(const Table::Ahead& key, const ObjectTypes& types) {
  if (key.table == nullptr) return nullptr;
  const auto* entry = static_cast<const Entry*>(key.table->Found(key));
  if (entry == nullptr || !entry->is_object()) return nullptr;
  const ObjectOps* ops = types.ops[static_cast<size_t>(entry->type())];
  return ops == nullptr || ops->elements == nullptr ? nullptr : ops->elements(entry->object());
}

}  // namespace

void ElementAhead::Touch(size_t executed, size_t entries,
                         const std::array<Table::Ahead, kRing>& keys, const ObjectTypes& types,
                         const KeyHasher& hasher) {
  const size_t groups_until = std::min({executed + kGroupAhead, entries, end_});
  for (groups_ = std::max(groups_, executed); groups_ < groups_until; ++groups_) {
    Slot& slot = slots_[groups_ % kRing];
    if (slot.element.data() == nullptr) continue;
    const Table* table = ElementsOf(keys[groups_ % kRing], types);
    if (table == nullptr) continue;
    slot.hash = hasher(slot.element);
    slot.hashed = true;
    table->PrefetchGroup(slot.hash);
  }
  const size_t elements_until = std::min(executed + kElementAhead, groups_);
  for (elements_ = std::max(elements_, executed); elements_ < elements_until; ++elements_) {
    const Slot& slot = slots_[elements_ % kRing];
    if (slot.element.data() == nullptr || !slot.hashed) continue;
    const Table* table = ElementsOf(keys[elements_ % kRing], types);
    if (table == nullptr) continue;
    Table::Ahead ahead;
    table->PrefetchGroup(slot.hash, &ahead);  // which is here by now: this finds it again
    table->PrefetchElement(&ahead, [](const void* element) {
      Prefetch(element);
      Prefetch(static_cast<const char*>(element) + kElementBytes - 1);
    });
  }
}

}  // namespace gotthard
