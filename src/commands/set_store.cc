#include "commands/set_store.h"

#include <utility>

#include "commands/changed_parts.h"
#include "commands/expiry_args.h"
#include "commands/set_rdb.h"

namespace gotthard {

SetLimits LimitsOf(const Config& config) {
  return {.max_intset_entries = static_cast<size_t>(config.set_max_intset_entries),
          .max_listpack_entries = static_cast<size_t>(config.set_max_listpack_entries),
          .max_listpack_value = static_cast<size_t>(config.set_max_listpack_value)};
}

StoredSet::StoredSet(Context& ctx, const SetLimits& limits, const Key& key, EntryHandle entry)
    : SetEditor(limits, ctx.server().hasher), db_(ctx.db()), key_(key), entry_(entry) {
  if (entry->is_object()) {
    form_ = SetForm::kTable;
    table_ = static_cast<HashSet*>(entry->object());
  } else {
    form_ = entry->encoding() == Encoding::kIntset ? SetForm::kIntset : SetForm::kListpack;
    packed_ = &bytes_.emplace(db_, entry_);
  }
}

void StoredSet::BecomeListpack(std::string_view bytes) {
  bytes_.reset();
  entry_ = db_.PutPacked(key_, entry_, Type::kSet, Encoding::kListpack, bytes, kKeepExpiry);
  packed_ = &bytes_.emplace(db_, entry_);
}

void StoredSet::BecomeTable(std::unique_ptr<HashSet> table) {
  bytes_.reset();
  packed_ = nullptr;
  table_ = table.release();
  entry_ = db_.PutObject(key_, entry_, Type::kSet, Encoding::kHashtable, table_, kKeepExpiry);
}

EntryHandle PutSet(Context& ctx, const Key& key, EntryHandle existing, OwnedSet& set,
                   int64_t expiry_ms) {
  if (set.form() == SetForm::kTable) {
    return ctx.db().PutObject(key, existing, Type::kSet, Encoding::kHashtable,
                              set.TakeTable().release(), expiry_ms);
  }
  const Encoding encoding =
      set.form() == SetForm::kIntset ? Encoding::kIntset : Encoding::kListpack;
  return ctx.db().PutPacked(key, existing, Type::kSet, encoding, set.bytes(), expiry_ms);
}

EntryHandle PutNewSet(Context& ctx, const Key& key, OwnedSet& set) {
  return PutSet(ctx, key, {}, set, ExpiryToStore(ctx, /*exists=*/false, kNoExpiry));
}

Status StoreSet(Context& ctx, const Key& key, OwnedSet& set, std::string_view event) {
  const size_t count = set.Count();
  if (count == 0) {
    const EntryHandle existing = ctx.Peek(key);
    if (existing) ctx.Delete(existing, key, ctx.config().lazyfree_lazy_server_del);
    return ctx.reply().Integer(0);
  }
  const bool overwritten = FreeOverwritten(ctx, key);
  PutNewSet(ctx, key, set);
  StoredParts(ctx, key, kEventSet, event, 1, overwritten);
  return ctx.reply().Integer(static_cast<int64_t>(count));
}

namespace {

constexpr ObjectOps kHashSetOps = {
    .destroy = [](void* object) { delete static_cast<HashSet*>(object); },
    .clone = [](const void* object) -> void* {
      return static_cast<const HashSet*>(object)->Clone().release();
    },
    .memory_bytes =
        [](const void* object) { return static_cast<const HashSet*>(object)->memory_bytes(); },
    .free_effort =
        [](const void* object) { return static_cast<const HashSet*>(object)->free_effort(); },
    .begin_copy =
        [](const void* object) { return static_cast<const HashSet*>(object)->BeginCopy(); },
    .elements = [](const void* object) { return &static_cast<const HashSet*>(object)->table(); },
};

}  // namespace

TypeHooks SetHooks() {
  return {.ops = &kHashSetOps,
          .digest =
              [](const Entry& entry, DataDigest& digest) {
                ViewOf(entry).ForEach([&](const PackedItem& member) {
                  char digits[24];
                  digest.Add(member.Text(digits));
                  return true;
                });
              },
          .table = [](const void* object) { return &static_cast<const HashSet*>(object)->table(); },
          .save = SaveSet,
          .reads_rdb_type = ReadsAsSet,
          .load = LoadSet,
          .build = BuildSet,
          .count = [](const Entry& entry) { return ViewOf(entry).Count(); },
          .for_each = ForEachSetMember};
}

}  // namespace gotthard
