// PackedHash: a small hash as a listpack.
//
//   "listpack":    field value  field value ...
//   "listpackex":  field value expiry  field value expiry ...
//
// The second form begins with the first HEXPIRE. An expiry is in ms since 1970, 0 for none; triples
// are in the order of their expiries, those without at the end, so that what is due comes first.
// Both are what RDB files and DUMP carry.
//
// Owning thread: the execution thread. Limits: those of a listpack; every call is O(n), so a hash
// is kept in this form only while it is small (hash-max-listpack-entries, -value).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "types/hash_field.h"
#include "types/listpack.h"

namespace gotthard {

// A field of a packed hash. Invalid after any edit.
struct PackedField {
  Listpack::Position at = Listpack::kNone;  // of the field; the value comes next
  PackedItem field;
  PackedItem value;
  int64_t expiry_ms = kFieldNever;
};

// A view for reading. REQUIRES: valid bytes of that form.
class PackedHash {
 public:
  PackedHash(std::string_view bytes, bool with_expiry)
      : list_(bytes), stride_(with_expiry ? 3 : 2) {}

  size_t size() const { return list_.Count() / stride_; }
  std::optional<PackedField> Find(std::string_view field) const;
  // A field by its place. REQUIRES: index < size().
  PackedField At(size_t index) const;
  // Calls visit(const PackedField&) for all in their order.
  template <typename Visit>
  void ForEach(Visit&& visit) const {
    for (Listpack::Position at = list_.First(); at != Listpack::kNone;) visit(Read(&at));
  }
  // The earliest expiry, or kFieldNever. O(1).
  int64_t next_expiry_ms() const;
  // How many of the first fields are expired.
  size_t CountExpired(int64_t now_ms) const;

 private:
  // Reads the field at `*at` and moves on to the next one.
  PackedField Read(Listpack::Position* at) const;

  Listpack list_;
  size_t stride_;
};

// --- editing. REQUIRES: the buffer holds a valid packed hash of the form that the name says or
// `with_expiry` tells; texts do not point into it.

// Adds a field that is not there. Without expiries, `expiry_ms` is kFieldNever.
void PackedHashInsert(PackedBuffer& buffer, bool with_expiry, std::string_view field,
                      std::string_view value, int64_t expiry_ms = kFieldNever);
// Another value for the field at this position; the expiry stays.
void PackedHashSetValue(PackedBuffer& buffer, Listpack::Position at, std::string_view value);
// Another expiry. REQUIRES: the form with expiries.
void PackedHashSetExpiry(PackedBuffer& buffer, const PackedField& field, int64_t expiry_ms);
// Removes `count` fields from this one on.
void PackedHashErase(PackedBuffer& buffer, bool with_expiry, Listpack::Position at,
                     size_t count = 1);
// Turns the form without expiries into the one with.
void PackedHashAddExpiries(PackedBuffer& buffer);

// Whether these bytes are a packed hash of this form: a valid listpack of whole pairs or triples,
// no field twice, expiries in range and in order, none of it empty.
bool ValidatePackedHash(std::string_view bytes, bool with_expiry);

}  // namespace gotthard
