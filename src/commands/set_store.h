// Sets where they lie in a database: reading one, editing one, storing a result.
//
// Owning thread: the execution thread. A SetView ends with the next write to the database.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "commands/type_hooks.h"
#include "exec/context.h"
#include "store/entry_packed.h"
#include "types/set_editor.h"
#include "types/set_view.h"

namespace gotthard {

// REQUIRES: entry.type() == Type::kSet.
inline SetView ViewOf(const Entry& entry) {
  if (entry.is_object()) return SetView(*static_cast<const HashSet*>(entry.object()));
  const bool intset = entry.encoding() == Encoding::kIntset;
  return {intset ? SetForm::kIntset : SetForm::kListpack, entry.bytes()};
}

// The set that a key holds, an empty one for an empty handle.
inline SetView ViewOf(const EntryHandle& entry) {
  return entry ? ViewOf(*entry) : SetView();
}

SetLimits LimitsOf(const Config& config);

// Edits the set in an entry. While it lives nobody else writes to the database.
class StoredSet final : public SetEditor {
 public:
  // REQUIRES: entry->type() == Type::kSet. `limits` must outlive it.
  StoredSet(Context& ctx, const SetLimits& limits, const Key& key, EntryHandle entry);

  // Where the set is now.
  EntryHandle entry() const { return entry_; }

 private:
  void BecomeListpack(std::string_view bytes) override;
  void BecomeTable(std::unique_ptr<HashSet> table) override;

  Database& db_;
  const Key& key_;
  EntryHandle entry_;
  std::optional<EntryPacked> bytes_;
};

// Puts the set into `existing` or a new entry. `expiry_ms` as in Database. The set is used up.
EntryHandle PutSet(Context& ctx, const Key& key, EntryHandle existing, OwnedSet& set,
                   int64_t expiry_ms);
// Puts it into a new entry, which gets default-ttl.
EntryHandle PutNewSet(Context& ctx, const Key& key, OwnedSet& set);
// Makes it the whole value of the key, whatever was there, and tells of `event`; an empty one
// deletes the key. Replies with the number of members. The set is used up.
Status StoreSet(Context& ctx, const Key& key, OwnedSet& set, std::string_view event);

TypeHooks SetHooks();

}  // namespace gotthard
