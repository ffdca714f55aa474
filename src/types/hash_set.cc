#include "types/hash_set.h"

namespace gotthard {

HashSet::HashSet(const HashSet& other)
    : hasher_(other.hasher_), table_(HashOfElement, &other.hasher_) {
  other.ForEach([this](std::string_view member) { return Add(member); });
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
