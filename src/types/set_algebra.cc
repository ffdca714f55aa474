#include "types/set_algebra.h"

#include <algorithm>
#include <array>

namespace gotthard {
namespace {

struct Candidate {
  std::string_view text;
  uint64_t hash;
};

// So many lookups are under way at once: more than a core keeps misses open does not help.
constexpr size_t kBatch = 32;

class Selection {
 public:
  Selection(std::span<const SetView> required, std::span<const SetView> excluded,
            const KeyHasher& hasher, FunctionRef<bool(std::string_view)> take)
      : required_(required), excluded_(excluded), hasher_(hasher), take_(take) {
    const auto has_table = [](const SetView& set) { return set.table() != nullptr; };
    needs_hash_ = std::any_of(required.begin(), required.end(), has_table) ||
                  std::any_of(excluded.begin(), excluded.end(), has_table);
  }

  bool Add(const PackedItem& item) {
    Candidate& candidate = batch_[count_];
    candidate.text = item.Text(digits_[count_]);
    return ++count_ < kBatch || Flush();
  }
  bool Flush() {
    if (needs_hash_) {
      for (size_t i = 0; i < count_; ++i) batch_[i].hash = hasher_(batch_[i].text);
    }
    for (const SetView& set : required_) Keep(set, true);
    for (const SetView& set : excluded_) Keep(set, false);
    bool wanted = true;
    for (size_t i = 0; i < count_ && wanted; ++i) wanted = take_(batch_[i].text);
    count_ = 0;
    return wanted;
  }

 private:
  // Keeps those candidates for which `set` has them, or has not.
  void Keep(const SetView& set, bool present) {
    if (const HashSet* table = set.table(); table != nullptr) {
      for (size_t i = 0; i < count_; ++i) table->PrefetchGroup(batch_[i].hash);
      for (size_t i = 0; i < count_; ++i) table->PrefetchMember(batch_[i].hash);
    }
    size_t kept = 0;
    for (size_t i = 0; i < count_; ++i) {
      // Only the candidate moves: its text may be in digits_[i], which stays where it is.
      if (set.Has(batch_[i].text, batch_[i].hash) == present) batch_[kept++] = batch_[i];
    }
    count_ = kept;
  }

  std::span<const SetView> required_;
  std::span<const SetView> excluded_;
  const KeyHasher& hasher_;
  FunctionRef<bool(std::string_view)> take_;
  bool needs_hash_ = false;
  std::array<Candidate, kBatch> batch_ = {};
  std::array<char[24], kBatch> digits_;
  size_t count_ = 0;
};

}  // namespace

void SelectMembers(const SetView& from, std::span<const SetView> required,
                   std::span<const SetView> excluded, const KeyHasher& hasher,
                   FunctionRef<bool(std::string_view)> take) {
  Selection selection(required, excluded, hasher, take);
  bool wanted = true;
  from.ForEach([&](const PackedItem& item) { return wanted = selection.Add(item); });
  if (wanted) selection.Flush();
}

}  // namespace gotthard
