#include "types/set_editor.h"

#include <algorithm>
#include <utility>

#include "base/numbers.h"
#include "types/intset.h"
#include "types/listpack.h"

namespace gotthard {
namespace {

// The digits of an integer, with its sign.
size_t Digits(int64_t value) {
  char buffer[24];
  return FormatInt64(buffer, value);
}

}  // namespace

SetForm SetEditor::FormFor(std::string_view first, size_t count, const SetLimits& limits) {
  if (count <= limits.max_intset_entries && ParseInt64(first)) return SetForm::kIntset;
  return count <= limits.max_listpack_entries ? SetForm::kListpack : SetForm::kTable;
}

bool SetEditor::Add(std::string_view member) {
  switch (form_) {
    case SetForm::kIntset:
      return AddToIntset(member);
    case SetForm::kListpack:
      return AddToListpack(member);
    case SetForm::kTable:
      break;
  }
  return AddToTable(member);
}

bool SetEditor::AddToIntset(std::string_view member) {
  if (const std::optional<int64_t> value = ParseInt64(member)) {
    if (!IntsetAdd(*packed_, *value)) return false;
    if (Intset(packed_->view()).Count() > limits_.max_intset_entries) ConvertToTable();
    return true;
  }
  const Intset intset(packed_->view());
  const size_t count = intset.Count();
  // The longest is the first or the last.
  const size_t longest =
      count == 0 ? 0 : std::max(Digits(intset.Get(0)), Digits(intset.Get(count - 1)));
  const bool fits =
      count < limits_.max_listpack_entries &&
      std::max(longest, member.size()) <= limits_.max_listpack_value &&
      ListpackHasRoom(kEmptyListpackBytes, count * (longest + 2) + ListpackElementBytes(member));
  if (!fits) {
    ConvertToTable();
    return AddToTable(member);
  }
  ConvertToListpack();
  ListpackAppend(*packed_, member);
  return true;
}

bool SetEditor::AddToListpack(std::string_view member) {
  const Listpack listpack(packed_->view());
  if (listpack.Find(listpack.First(), member) != Listpack::kNone) return false;
  if (member.size() <= limits_.max_listpack_value &&
      listpack.Count() < limits_.max_listpack_entries &&
      ListpackHasRoom(packed_->size(), ListpackElementBytes(member))) {
    ListpackAppend(*packed_, member);
    return true;
  }
  ConvertToTable();
  return AddToTable(member);
}

bool SetEditor::Remove(std::string_view member) {
  if (form_ == SetForm::kTable) return table_->Remove(member);
  if (form_ == SetForm::kIntset) {
    const std::optional<int64_t> value = ParseInt64(member);
    return value && IntsetRemove(*packed_, *value);
  }
  const Listpack listpack(packed_->view());
  const Listpack::Position at = listpack.Find(listpack.First(), member);
  if (at == Listpack::kNone) return false;
  ListpackDelete(*packed_, at);
  return true;
}

void SetEditor::ExpectMembers(size_t count) {
  if ((form_ == SetForm::kListpack && count > limits_.max_listpack_entries) ||
      (form_ == SetForm::kIntset && count > limits_.max_intset_entries)) {
    ConvertToTable();
  }
}

void SetEditor::ConvertToListpack() {
  HeapPacked listpack;
  ListpackClear(listpack);
  const Intset intset(packed_->view());
  for (size_t i = 0; i < intset.Count(); ++i) ListpackAppend(listpack, intset.Get(i));
  BecomeListpack(listpack.view());
  form_ = SetForm::kListpack;
}

void SetEditor::ConvertToTable() {
  auto table = std::make_unique<HashSet>(hasher_);
  view().ForEach([&](const PackedItem& item) {
    char digits[24];
    return table->Add(item.Text(digits));
  });
  BecomeTable(std::move(table));
  form_ = SetForm::kTable;
}

// --- OwnedSet

OwnedSet::OwnedSet(SetForm form, const SetLimits& limits, const KeyHasher& hasher)
    : SetEditor(limits, hasher) {
  form_ = form;
  packed_ = &heap_;
  if (form == SetForm::kTable) {
    BecomeTable(std::make_unique<HashSet>(hasher));
  } else if (form == SetForm::kIntset) {
    IntsetClear(heap_);
  } else {
    ListpackClear(heap_);
  }
}

void OwnedSet::BecomeListpack(std::string_view bytes) {
  heap_ = HeapPacked(bytes);
}

void OwnedSet::BecomeTable(std::unique_ptr<HashSet> table) {
  owned_table_ = std::move(table);
  table_ = owned_table_.get();
  heap_ = HeapPacked();
}

void OwnedSet::Append(std::string_view member) {
  if (form_ == SetForm::kIntset) {
    IntsetAdd(heap_, *ParseInt64(member));
  } else {
    ListpackAppend(heap_, member);
  }
}

void OwnedSet::ConvertToIntset(size_t max_entries) {
  if (form_ == SetForm::kIntset || Count() > max_entries) return;
  HeapPacked intset;
  IntsetClear(intset);
  view().ForEach([&](const PackedItem& item) {
    IntsetAdd(intset, item.is_integer ? item.integer : *ParseInt64(item.text));
    return true;
  });
  heap_ = std::move(intset);
  owned_table_.reset();
  table_ = nullptr;
  form_ = SetForm::kIntset;
}

}  // namespace gotthard
