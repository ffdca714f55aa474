#include "types/sorted_set.h"

#include <cassert>
#include <cmath>

namespace gotthard {

SortedSet::SortedSet(const KeyHasher& hasher) : hasher_(hasher), table_(HashOfElement, &hasher_) {}

uint64_t SortedSet::HashOfElement(const void* element, const void* hasher) {
  return (*static_cast<const KeyHasher*>(hasher))(
      static_cast<const ZsetElement*>(element)->member());
}

ZsetElement* SortedSet::Find(std::string_view member, uint64_t hash) const {
  const Table::Position position = table_.Find(hash, [&](const void* element) {
    return static_cast<const ZsetElement*>(element)->member() == member;
  });
  if (position.slot == nullptr) return nullptr;
  return static_cast<ZsetElement*>(Table::ElementAt(*position.slot));
}

ZsetElement* SortedSet::Add(double score, std::string_view member, uint64_t hash) {
  assert(!std::isnan(score));
  ZsetElement* element =
      ZsetElement::Make(arena_.Allocate(ZsetElement::SizeFor(member.size())), score, member);
  table_.Insert(hash, element);
  tree_.Insert(element);
  return element;
}

void SortedSet::Put(double score, std::string_view member) {
  const uint64_t hash = hasher_(member);
  if (ZsetElement* element = Find(member, hash)) {
    tree_.SetScore(element, score);
  } else {
    Add(score, member, hash);
  }
}

void SortedSet::Remove(ZsetElement* element) {
  tree_.Erase(element);
  const uint64_t hash = hasher_(element->member());
  table_.Erase(table_.Find(hash, [&](const void* other) { return other == element; }));
  arena_.Free(element, element->size_bytes());
}

void SortedSet::RemoveRange(size_t first, size_t count) {
  for (; count > 0; --count) Remove(tree_.At(first).get());
}

uint64_t SortedSet::Scan(uint64_t cursor, size_t count,
                         FunctionRef<void(const ZsetElement&)> visit) const {
  return table_.Scan(cursor, count,
                     [&](void* element) { visit(*static_cast<const ZsetElement*>(element)); });
}

class SortedSet::Copy final : public StepwiseCopy {
 public:
  explicit Copy(const SortedSet& from)
      : at_(from.tree_.First()), copy_(std::make_unique<SortedSet>(from.hasher_)) {}

  bool Step() override {
    size_t bytes = 0;
    for (size_t i = 0; at_ && i < kStepElements && bytes < kStepBytes; ++i, at_.Next()) {
      at_.PrefetchAhead(/*reverse=*/false);
      copy_->Add(at_->score(), at_->member());
      bytes += at_->size_bytes();
    }
    return !at_;
  }
  void* Release() override { return copy_.release(); }

 private:
  ScoreTree::Position at_;
  std::unique_ptr<SortedSet> copy_;
};

std::unique_ptr<StepwiseCopy> SortedSet::BeginCopy() const {
  return std::make_unique<Copy>(*this);
}

std::unique_ptr<SortedSet> SortedSet::Clone() const {
  Copy copy(*this);
  return CopyAtOnce<SortedSet>(copy);
}

size_t SortedSet::memory_bytes() const {
  return sizeof(*this) - sizeof(arena_) + arena_.held_bytes() + tree_.bytes() + table_.bytes();
}

}  // namespace gotthard
