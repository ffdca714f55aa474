// SetEditor: adding to and removing from a set, with the changes of encoding that users of Redis
// know from set-max-intset-entries, set-max-listpack-entries and set-max-listpack-value.
//
// Where the set lives is the derived class's matter: OwnedSet below holds one of its own (the
// result of SUNIONSTORE), another one edits it inside a database. A set never goes back to a
// smaller encoding by being edited.
//
// Owning thread: the execution thread. Members handed in must not be views into the edited set.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "base/hash.h"
#include "types/hash_set.h"
#include "types/packed_buffer.h"
#include "types/set_view.h"

namespace gotthard {

struct SetLimits {
  size_t max_intset_entries;
  size_t max_listpack_entries;
  size_t max_listpack_value;
};

class SetEditor {
 public:
  // The encoding that a new set gets whose first member is `first` and which will have `count`.
  static SetForm FormFor(std::string_view first, size_t count, const SetLimits& limits);

  SetForm form() const { return form_; }
  size_t Count() const { return view().Count(); }
  SetView view() const {
    return form_ == SetForm::kTable ? SetView(*table_) : SetView(form_, packed_->view());
  }

  // False, and nothing done, when it is there already.
  bool Add(std::string_view member);
  // False when it was not there.
  bool Remove(std::string_view member);
  // A set that is about to get `count` members need not pass through the encodings one by one.
  void ExpectMembers(size_t count);

 protected:
  SetEditor(const SetLimits& limits, const KeyHasher& hasher) : limits_(limits), hasher_(hasher) {}
  SetEditor(const SetEditor&) = delete;
  SetEditor& operator=(const SetEditor&) = delete;
  ~SetEditor() = default;

  // Called when the set takes another form; the derived class keeps the new one from now on and
  // sets packed_ or table_.
  virtual void BecomeListpack(std::string_view bytes) = 0;
  virtual void BecomeTable(std::unique_ptr<HashSet> table) = 0;

  SetForm form_ = SetForm::kIntset;
  PackedBuffer* packed_ = nullptr;  // unless the form is kTable
  HashSet* table_ = nullptr;        // if it is

 private:
  bool AddToIntset(std::string_view member);
  bool AddToListpack(std::string_view member);
  bool AddToTable(std::string_view member) { return table_->Add(member); }
  void ConvertToListpack();
  void ConvertToTable();

  const SetLimits& limits_;
  const KeyHasher& hasher_;
};

// A set of its own.
class OwnedSet final : public SetEditor {
 public:
  // Empty. `limits` and `hasher` must outlive it.
  OwnedSet(SetForm form, const SetLimits& limits, const KeyHasher& hasher);

  // Turns a set of nothing but integers into an intset, if that may be as large.
  void ConvertToIntset(size_t max_entries);
  // Adds a member that is known not to be there, integers in ascending order. No encoding changes.
  // REQUIRES: it fits the form, which is not kTable.
  void Append(std::string_view member);
  // REQUIRES: the form is not kTable.
  std::string_view bytes() const { return heap_.view(); }
  // REQUIRES: the form is kTable. The set is not to be used any more.
  std::unique_ptr<HashSet> TakeTable() { return std::move(owned_table_); }

 private:
  void BecomeListpack(std::string_view bytes) override;
  void BecomeTable(std::unique_ptr<HashSet> table) override;

  HeapPacked heap_;
  std::unique_ptr<HashSet> owned_table_;
};

}  // namespace gotthard
