#include "types/hash_set.h"

#include <cstring>

namespace gotthard {

class HashSet::Copy final : public StepwiseCopy {
 public:
  explicit Copy(const HashSet& from)
      : copy_(std::make_unique<HashSet>(from.hasher_)), steps_(from.table_, copy_->table_) {}

  bool Step() override {
    return steps_.Step([this](const void* element, size_t* bytes) {
      const size_t size = ElementTextBytes(ReadElementText(element).size());
      *bytes += size;
      return std::memcpy(copy_->arena_.Allocate(size), element, size);
    });
  }
  void* Release() override { return copy_.release(); }

 private:
  std::unique_ptr<HashSet> copy_;
  TableCopySteps steps_;
};

std::unique_ptr<StepwiseCopy> HashSet::BeginCopy() const {
  return std::make_unique<Copy>(*this);
}

std::unique_ptr<HashSet> HashSet::Clone() const {
  Copy copy(*this);
  return CopyAtOnce<HashSet>(copy);
}

bool HashSet::Add(std::string_view member, uint64_t hash) {
  if (Find(member, hash).slot != nullptr) return false;
  auto* element = static_cast<char*>(arena_.Allocate(ElementTextBytes(member.size())));
  WriteElementText(element, member);
  table_.Insert(hash, element);
  return true;
}

bool HashSet::Remove(std::string_view member) {
  const Table::Position position = Find(member, HashOf(member));
  if (position.slot == nullptr) return false;
  RemoveAt(position);
  return true;
}

void HashSet::RemoveAt(Table::Position position) {
  void* element = Table::ElementAt(*position.slot);
  const size_t bytes = ElementTextBytes(ReadElementText(element).size());
  // The table first: merging segments may ask for the hashes of elements, though never this one's.
  table_.Erase(position);
  arena_.Free(element, bytes);
}

}  // namespace gotthard
