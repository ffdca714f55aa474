// EntryPacked: the packed bytes of a small collection where they lie in a database, to be edited.
//
//   EntryHandle entry = ...;            // a listpack, say
//   EntryPacked bytes(ctx.db(), entry); // unshared, may be written to from here on
//   bytes.Resize(bytes.size() + 3);     // may move the entry: `entry` is kept up to date
//
// Invariant: data() and size() are those of `entry` at any time. Every other handle, Entry pointer
// and view into the database ends with the constructor and with each Resize, as with any write.
// The encoding stays; Database::SetEncoding changes it, Database::PutObject ends the packed form.
//
// Owning thread: the execution thread.
#pragma once

#include "store/database.h"
#include "types/packed_buffer.h"

namespace gotthard {

class EntryPacked final : public PackedBuffer {
 public:
  // Both must outlive this. REQUIRES: the entry holds packed bytes (not an object).
  EntryPacked(Database& database, EntryHandle& entry) : database_(database), entry_(entry) {
    data_ = database.MutablePacked(entry);
    size_ = entry->bytes().size();
  }
  EntryPacked(const EntryPacked&) = delete;
  EntryPacked& operator=(const EntryPacked&) = delete;

  void Resize(size_t size) override {
    if (size == size_) return;
    data_ = database_.ResizePacked(entry_, size);
    size_ = size;
  }

 private:
  Database& database_;
  EntryHandle& entry_;
};

}  // namespace gotthard
