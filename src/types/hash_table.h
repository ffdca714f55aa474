// HashTable: a hash past the limits of a listpack ("hashtable" to OBJECT ENCODING): a Swiss table
// of HashFields, with an expiry of their own for those fields that were given one.
//
// Every call is O(1) apart from what its comment says; the table never rehashes as a whole.
//
// Expiry: fields whose time is over stay until somebody removes them (ExpireDue); Find, ForEach and
// Scan return them, callers look. The table's segments know a lower bound of the expiries in them,
// so that ExpireDue reads only what is due.
//
// Owning thread: the execution thread; whoever frees a detached one. Any write invalidates Handles,
// HashField pointers and views, other than the handle it returns. Texts passed in may point into
// the table. Limits: fields below 4 GiB; memory as long as the system gives any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/function_ref.h"
#include "base/hash.h"
#include "base/random.h"
#include "types/element_arena.h"
#include "types/hash_field.h"
#include "types/stepwise_copy.h"
#include "types/table.h"

namespace gotthard {

class HashTable {
 public:
  // Where a field is; false when there is none.
  class Handle {
   public:
    Handle() = default;
    explicit operator bool() const { return field_ != nullptr; }
    const HashField* operator->() const { return field_; }
    const HashField& operator*() const { return *field_; }

   private:
    friend class HashTable;
    Handle(HashField* field, Table::Position position) : field_(field), position_(position) {}
    HashField* field_ = nullptr;
    Table::Position position_;
  };

  // `hasher` must outlive the table.
  explicit HashTable(const KeyHasher& hasher);
  HashTable(const HashTable&) = delete;
  HashTable& operator=(const HashTable&) = delete;

  size_t size() const { return table_.size(); }
  // How many fields have an expiry.
  size_t expiring() const { return expiring_; }
  // A lower bound of all expiries; kFieldNever if there are none.
  int64_t next_expiry_ms() const { return expiring_ == 0 ? kFieldNever : next_expiry_ms_; }

  Handle Find(std::string_view field);
  const HashField* Find(std::string_view field) const;
  // REQUIRES: no such field.
  Handle Insert(std::string_view field, std::string_view value, int64_t expiry_ms = kFieldNever);
  // Replaces value and expiry.
  Handle Replace(Handle handle, std::string_view value, int64_t expiry_ms);
  Handle SetExpiry(Handle handle, int64_t expiry_ms);
  void Erase(Handle handle);
  // Asks for the memory of a field that is about to be looked up.
  void Prefetch(std::string_view field) const { table_.PrefetchGroup(hasher_(field)); }

  // A field, each with the same probability. REQUIRES: size() > 0.
  const HashField& RandomField(Random& random) const;
  // As Table::Scan.
  uint64_t Scan(uint64_t cursor, size_t count, FunctionRef<void(const HashField&)> visit) const;
  // All fields, O(n).
  void ForEach(FunctionRef<void(const HashField&)> visit) const;

  // Removes up to `limit` expired fields, telling each before; returns how many. Reads at most
  // `limit` + 64 segment heads, and goes on at the next call where it stopped. O(1) when nothing is
  // due: when next_expiry_ms() is not past.
  size_t ExpireDue(int64_t now_ms, size_t limit, FunctionRef<void(const HashField&)> on_expired);

  // A copy, O(n), or one that is made step by step.
  std::unique_ptr<HashTable> Clone() const;
  std::unique_ptr<StepwiseCopy> BeginCopy() const;
  // The table's own memory with all that it holds.
  size_t memory_bytes() const { return sizeof(*this) + arena_.held_bytes() + table_.bytes(); }
  // How many calls of free destroying it takes, about.
  size_t free_effort() const { return arena_.parts() + table_.segments(); }
  const Table& table() const { return table_; }

 private:
  class Copy;

  static uint64_t HashOfElement(const void* element, const void* hasher);
  HashField* New(std::string_view field, std::string_view value, int64_t expiry_ms);
  static void Fill(HashField* element, std::string_view field, std::string_view value,
                   int64_t expiry_ms);
  void NoteExpiry(Handle handle, int64_t old_ms, int64_t new_ms);
  // Returns the bound of what remains in the segment.
  int64_t ExpireSegment(Table::Segment* segment, int64_t now_ms, size_t limit, size_t& removed,
                        FunctionRef<void(const HashField&)> on_expired);

  const KeyHasher& hasher_;
  ElementArena arena_;
  Table table_;
  size_t expiring_ = 0;
  int64_t next_expiry_ms_ = kFieldNever;
  uint64_t sweep_prefix_ = 0;           // ExpireDue goes on here
  int64_t sweep_min_ms_ = kFieldNever;  // over the segments this sweep has passed
};

}  // namespace gotthard
