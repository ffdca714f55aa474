#include "pipe/command_index.h"

#include <cassert>
#include <cstring>

#include "base/ascii.h"

namespace gotthard {
namespace {

bool EqualsLower(std::string_view text, const char* lower) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (AsciiLower(text[i]) != lower[i]) return false;
  }
  return true;
}

}  // namespace

uint64_t CommandIndex::PrefixOf(std::string_view name) {
  // Overlapping loads instead of a copy of variable length: no call, no loop.
  const char* bytes = name.data();
  const size_t size = name.size();
  uint64_t word = 0;
  if (size >= 8) {
    std::memcpy(&word, bytes, 8);
  } else if (size >= 4) {
    uint32_t head = 0;
    uint32_t tail = 0;
    std::memcpy(&head, bytes, 4);
    std::memcpy(&tail, bytes + size - 4, 4);
    word = head | uint64_t{tail} << (8 * (size - 4));
  } else {
    const auto at = [&](size_t i) { return uint64_t{static_cast<unsigned char>(bytes[i])}; };
    word = at(0) | at(size / 2) << (8 * (size / 2)) | at(size - 1) << (8 * (size - 1));
  }
  // Lower case in all 8 bytes at once: bit 7 of `upper` is set where a byte lies in 'A'..'Z'.
  constexpr uint64_t kOnes = 0x0101010101010101;
  uint64_t ascii = word & (0x7f * kOnes);
  uint64_t from_a = ascii + (0x80 - 'A') * kOnes;
  uint64_t past_z = ascii + (0x80 - 'Z' - 1) * kOnes;
  uint64_t upper = (from_a & ~past_z & ~word) & (0x80 * kOnes);
  return word | (upper >> 2);
}

size_t CommandIndex::BucketOf(uint64_t prefix, size_t length, size_t mask) {
  uint64_t mixed = (prefix ^ (length * 0x9e3779b97f4a7c15)) * 0xff51afd7ed558ccd;
  return (mixed >> 40) & mask;
}

const CommandIndex::Slot* CommandIndex::Probe(std::string_view name) const {
  if (name.empty() || name.size() > kMaxName || slots_.empty()) return nullptr;
  uint64_t prefix = PrefixOf(name);
  size_t mask = slots_.size() - 1;
  for (size_t i = BucketOf(prefix, name.size(), mask);; i = (i + 1) & mask) {
    const Slot& slot = slots_[i];
    if (slot.length == 0) return nullptr;
    if (slot.prefix != prefix || slot.length != name.size()) continue;
    if (name.size() <= 8 || EqualsLower(name.substr(8), &names_[slot.name_at + 8])) return &slot;
  }
}

const IndexedCommand* CommandIndex::Find(std::string_view name) const {
  const Slot* slot = Probe(name);
  // "client list" as one word names nothing.
  return slot == nullptr || slot->command.subcommand ? nullptr : &slot->command;
}

const IndexedCommand* CommandIndex::FindSubcommand(std::string_view parent,
                                                   std::string_view name) const {
  char joined[kMaxName];
  if (parent.size() + 1 + name.size() > kMaxName) return nullptr;
  std::memcpy(joined, parent.data(), parent.size());
  joined[parent.size()] = ' ';
  std::memcpy(joined + parent.size() + 1, name.data(), name.size());
  const Slot* slot = Probe({joined, parent.size() + 1 + name.size()});
  return slot == nullptr || !slot->command.subcommand ? nullptr : &slot->command;
}

void CommandIndex::Add(std::string_view name, const IndexedCommand& command) {
  assert(!name.empty() && name.size() <= kMaxName && Probe(name) == nullptr);
  if ((count_ + 1) * 2 > slots_.size()) Grow();
  Slot slot{.prefix = PrefixOf(name),
            .length = static_cast<uint32_t>(name.size()),
            .name_at = static_cast<uint32_t>(names_.size()),
            .command = command};
  names_.append(name);
  Insert(slot);
  ++count_;
}

void CommandIndex::Grow() {
  std::vector<Slot> old = std::move(slots_);
  slots_.assign(old.empty() ? 512 : old.size() * 2, Slot{});
  for (const Slot& slot : old) {
    if (slot.length != 0) Insert(slot);
  }
}

void CommandIndex::Insert(const Slot& slot) {
  size_t mask = slots_.size() - 1;
  size_t i = BucketOf(slot.prefix, slot.length, mask);
  while (slots_[i].length != 0) i = (i + 1) & mask;
  slots_[i] = slot;
}

}  // namespace gotthard
