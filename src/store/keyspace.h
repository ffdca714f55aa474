// Keyspace: the databases of a server, by number.
//
// A database is made when it is first asked for, so that the usual fifteen unused ones cost a
// pointer each. Handles and Database references survive SwapDatabases: they stay with the data,
// which is afterwards found under the other number.
//
// Owning thread: the execution thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "store/database.h"

namespace gotthard {

class Keyspace {
 public:
  // `hasher` and `chunks` (if not null) must outlive the keyspace. `databases` is the
  // configuration's number, at least 1.
  Keyspace(const KeyHasher& hasher, uint32_t databases, const ObjectTypes& types = {},
           ChunkSource* chunks = nullptr);

  uint32_t count() const { return static_cast<uint32_t>(databases_.size()); }
  // REQUIRES: index < count().
  Database& db(uint32_t index) {
    if (databases_[index] == nullptr) [[unlikely]]
      Create(index);
    return *databases_[index];
  }
  // Null if it was never used: what INFO and FLUSHALL walk over. REQUIRES: index < count().
  Database* IfCreated(uint32_t index) const { return databases_[index].get(); }

  // SWAPDB, O(1). REQUIRES: both < count().
  void SwapDatabases(uint32_t a, uint32_t b);

  // The access bits of entries to come, in all databases (once per batch).
  void SetNewEntryAccess(uint32_t bits);

  // Sums over all databases.
  struct Totals {
    size_t keys = 0;
    size_t expires = 0;
    size_t table_bytes = 0;
    size_t blob_bytes = 0;
    size_t arena_used_bytes = 0;
    size_t arena_resident_bytes = 0;

    size_t data_bytes() const { return table_bytes + blob_bytes + arena_used_bytes; }
  };
  Totals totals() const;

  const ObjectTypes& object_types() const { return types_; }

 private:
  void Create(uint32_t index);

  const KeyHasher& hasher_;
  ObjectTypes types_;
  ChunkSource* chunks_;
  uint32_t new_entry_access_ = 0;
  std::vector<std::unique_ptr<Database>> databases_;
};

}  // namespace gotthard
