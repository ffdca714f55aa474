// What has left a database and only waits to be freed: one value, or a whole database's storage.
//
// Owning thread: whoever holds it; destructors may run on any thread, since nothing in a detached
// value or storage is reachable from a database any more. (A Blob inside may still be referenced by
// a reply; its count is atomic.)
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "base/blob.h"
#include "store/entry.h"
#include "types/arena.h"
#include "types/stepwise_copy.h"
#include "types/table.h"

namespace gotthard {

// What the store must be able to do with the value of a type it knows nothing about. One constant
// per type, kept beside the type; every function may be called on any thread that owns the object.
struct ObjectOps {
  void (*destroy)(void* object);
  void* (*clone)(const void* object);          // a copy, made at once
  size_t (*memory_bytes)(const void* object);  // MEMORY USAGE
  size_t (*free_effort)(const void* object);   // about how many allocations destroy() frees
  // The earliest expiry of what is inside (fields of a hash), ms since 1970, INT64_MAX if there is
  // none; may be too early. Null for types without.
  int64_t (*next_expiry_ms)(const void* object) = nullptr;
  // Begins a copy that is made in steps: COPY. Null, or returning null, where there is only
  // `clone`.
  std::unique_ptr<StepwiseCopy> (*begin_copy)(const void* object) = nullptr;
  // The table in which elements are looked up by name. Null for types without.
  const Table* (*elements)(const void* object) = nullptr;
};

// The ops of each Type; null for types without objects. Static storage.
struct ObjectTypes {
  const ObjectOps* ops[16] = {};
};

// One value, freed with the DetachedValue. Empty when the value needs no freeing (short strings).
class DetachedValue {
 public:
  DetachedValue() = default;
  explicit DetachedValue(BlobRef blob) : blob_(std::move(blob)) {}
  DetachedValue(const ObjectOps* ops, void* object) : ops_(ops), object_(object) {}
  DetachedValue(DetachedValue&& other) noexcept
      : blob_(std::move(other.blob_)),
        ops_(std::exchange(other.ops_, nullptr)),
        object_(std::exchange(other.object_, nullptr)) {}
  DetachedValue& operator=(DetachedValue&& other) noexcept {
    std::swap(blob_, other.blob_);
    std::swap(ops_, other.ops_);
    std::swap(object_, other.object_);
    return *this;
  }
  ~DetachedValue() {
    if (object_ != nullptr) ops_->destroy(object_);
  }

  explicit operator bool() const { return blob_ || object_ != nullptr; }
  // Hands the object over; null if it is none.
  void* ReleaseObject() { return std::exchange(object_, nullptr); }

 private:
  BlobRef blob_;
  const ObjectOps* ops_ = nullptr;
  void* object_ = nullptr;
};

// Everything a database held. Detaching is O(1); the destructor gives all of it back: the arena as
// a whole, and before that each blob and object, which costs a walk only if there are any.
class DetachedStorage {
 public:
  DetachedStorage(std::unique_ptr<Arena> arena, Table table, const ObjectTypes& types,
                  size_t owned_values)
      : arena_(std::move(arena)),
        table_(std::move(table)),
        types_(types),
        owned_values_(owned_values) {}
  DetachedStorage(const DetachedStorage&) = delete;
  DetachedStorage& operator=(const DetachedStorage&) = delete;
  ~DetachedStorage();

  // How many keys are in it.
  size_t size() const { return table_.size(); }

 private:
  std::unique_ptr<Arena> arena_;
  Table table_;  // its segments lie in the arena
  ObjectTypes types_;
  size_t owned_values_;
};

}  // namespace gotthard
