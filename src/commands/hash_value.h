// HashValue: a hash as its commands see it, whichever of its three forms it has: listpack, listpack
// with expiries ("listpackex"), table.
//
// A field whose time is over is not there for Find and ForEach; it is removed when it is written
// to, and by the active expiry. size() counts it until then, as Redis's HLEN does.
//
// Owning thread: the execution thread; lives while one command runs. Writes invalidate views. What
// was changed is the command's to tell (Context::Changed); a hash that became empty is removed by
// Finish().
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/function_ref.h"
#include "exec/context.h"
#include "types/hash_table.h"
#include "types/packed_hash.h"

namespace gotthard {

// Keeps the expiry that a field has; a new field gets none.
inline constexpr int64_t kKeepFieldExpiry = INT64_MIN;

// A field as it was found. Not to be copied: numbers are written into the object itself.
struct FoundField {
  FoundField() = default;
  FoundField(const FoundField&) = delete;
  FoundField& operator=(const FoundField&) = delete;

  std::string_view name;
  std::string_view value;
  int64_t expiry_ms = kFieldNever;
  char digits[2][24];
};

class HashValue {
 public:
  using Visit = FunctionRef<void(const FoundField&)>;

  // `entry` may be empty: a hash without fields, which the first Set makes.
  // REQUIRES: else it is of Type::kHash.
  HashValue(Context& ctx, const Key& key, EntryHandle entry);

  explicit operator bool() const { return static_cast<bool>(entry_); }
  size_t size() const;
  bool Find(std::string_view field, FoundField& found) const;
  bool Has(std::string_view field) const {
    FoundField found;
    return Find(field, found);
  }
  // All fields that are not expired. `visit` must not write.
  void ForEach(Visit visit) const;
  // Whether all fields that are counted by size() are there: then ForEach visits size() of them.
  bool MayHoldExpired() const { return next_expiry_ms() < ctx_.now_ms(); }
  int64_t next_expiry_ms() const;
  // HSCAN of a table; the packed forms are visited whole and end at once.
  uint64_t Scan(uint64_t cursor, size_t count, Visit visit) const;
  // A field that is not expired, each with the same probability; false if none was found.
  bool Random(FoundField& found) const;

  // Sets a field. Returns true if it was not there. `field` and `value` must not point into the
  // hash. `expiry_ms` is a moment, kFieldNever or kKeepFieldExpiry.
  bool Set(std::string_view field, std::string_view value, int64_t expiry_ms = kFieldNever);
  // Returns false if it was not there.
  bool Erase(std::string_view field);
  // REQUIRES: the field is there.
  void SetExpiry(std::string_view field, int64_t expiry_ms);
  // To be called after the last write: removes the key if no field is left.
  void Finish();

 private:
  bool is_table() const { return entry_->is_object(); }
  bool has_expiries() const { return entry_->encoding() == Encoding::kListpackEx; }
  HashTable& table() const { return *static_cast<HashTable*>(entry_->object()); }
  PackedHash packed() const { return {entry_->bytes(), has_expiries()}; }
  bool FitsPacked(std::string_view field, std::string_view value, bool is_new) const;
  void Create();
  void ConvertToTable();
  void AddExpiries();
  bool SetInTable(std::string_view field, std::string_view value, int64_t expiry_ms);
  bool SetInPacked(std::string_view field, std::string_view value, int64_t expiry_ms);
  void NoteExpiry(int64_t expiry_ms);

  Context& ctx_;
  Key key_;
  EntryHandle entry_;
};

// What RemoveExpiredFields did.
struct FieldExpiry {
  size_t removed = 0;
  size_t left = 0;    // fields that the hash has now
  bool more = false;  // some that are due were left
};
// Removes up to `limit` expired fields of a hash; one that is left empty is the caller's to remove.
FieldExpiry RemoveExpiredFields(Database& db, EntryHandle& entry, int64_t now_ms, size_t limit);

}  // namespace gotthard
