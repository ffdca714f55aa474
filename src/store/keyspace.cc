#include "store/keyspace.h"

#include <cassert>
#include <utility>

namespace gotthard {

Keyspace::Keyspace(const KeyHasher& hasher, uint32_t databases, const ObjectTypes& types,
                   ChunkSource* chunks)
    : hasher_(hasher), types_(types), chunks_(chunks), databases_(databases) {
  assert(databases >= 1);
}

void Keyspace::Create(uint32_t index) {
  assert(index < count());
  databases_[index] = std::make_unique<Database>(hasher_, types_, chunks_);
  databases_[index]->set_new_entry_access(new_entry_access_);
}

void Keyspace::SwapDatabases(uint32_t a, uint32_t b) {
  assert(a < count() && b < count());
  std::swap(databases_[a], databases_[b]);
}

void Keyspace::SetNewEntryAccess(uint32_t bits) {
  new_entry_access_ = bits;
  for (const std::unique_ptr<Database>& database : databases_) {
    if (database != nullptr) database->set_new_entry_access(bits);
  }
}

Keyspace::Totals Keyspace::totals() const {
  Totals totals;
  for (const std::unique_ptr<Database>& database : databases_) {
    if (database == nullptr) continue;
    totals.keys += database->size();
    totals.expires += database->expires();
    totals.table_bytes += database->table_bytes();
    totals.blob_bytes += database->blob_bytes();
    totals.arena_used_bytes += database->arena().used_bytes();
    totals.arena_resident_bytes += database->arena().resident_bytes();
  }
  return totals;
}

}  // namespace gotthard
