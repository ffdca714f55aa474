// ZsetView: a sorted set to be read, whichever of its two forms it has. All ranges are ranges of
// ranks: a bound by score or member is turned into the number of members before it.
//
// Owning thread: the execution thread. A view ends with the next write to the set.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>

#include "types/score_tree.h"
#include "types/sorted_set.h"
#include "types/zset_listpack.h"

namespace gotthard {

class ZsetView {
 public:
  struct Ranked {
    size_t rank;
    double score;
  };

  // An empty set.
  ZsetView() = default;
  // REQUIRES: valid bytes; see ZsetListpack.
  explicit ZsetView(std::string_view packed) : packed_(packed) {}
  explicit ZsetView(const SortedSet& set) : set_(&set) {}

  // The big form, or null.
  const SortedSet* big() const { return set_; }
  size_t size() const {
    if (set_ != nullptr) return set_->size();
    return packed_.empty() ? 0 : ZsetListpack(packed_).size();
  }

  std::optional<double> Score(std::string_view member) const {
    if (set_ != nullptr) {
      const ZsetElement* element = set_->Find(member);
      return element == nullptr ? std::nullopt : std::optional(element->score());
    }
    if (packed_.empty()) return std::nullopt;
    const auto found = ZsetListpack(packed_).Find(member);
    return found ? std::optional(found->score) : std::nullopt;
  }
  std::optional<Ranked> Rank(std::string_view member) const {
    if (set_ != nullptr) {
      const ZsetElement* element = set_->Find(member);
      if (element == nullptr) return std::nullopt;
      return Ranked{set_->order().RankOf(*element), element->score()};
    }
    if (packed_.empty()) return std::nullopt;
    const auto found = ZsetListpack(packed_).Find(member);
    return found ? std::optional(Ranked{found->rank, found->score}) : std::nullopt;
  }
  // How many members are before the bound.
  size_t CountBefore(const ScoreBound& bound) const {
    if (set_ != nullptr) return set_->order().Find(bound).rank;
    return packed_.empty() ? 0 : ZsetListpack(packed_).CountBefore(bound);
  }

  // visit(std::string_view member, double score) for `count` members from rank `first` on, towards
  // the higher ranks or, when `reverse`, towards the lower ones. The member is a view that lives
  // until `visit` returns. REQUIRES: they are there.
  template <typename Visit>
  void ForRange(size_t first, size_t count, bool reverse, Visit&& visit) const;
  // The same for the members alone, which spares reading the scores: visit(std::string_view).
  template <typename Visit>
  void ForMembers(size_t first, size_t count, bool reverse, Visit&& visit) const;
  template <typename Visit>
  void ForEach(Visit&& visit) const {
    ForRange(0, size(), false, visit);
  }
  // The same until `visit` returns false.
  template <typename Visit>
  void ForEachWhile(Visit&& visit) const {
    ForEachWhileFrom(0, false, visit);
  }
  // From a rank on (nothing if there is none such), towards the lower ones when `reverse`.
  template <typename Visit>
  void ForEachWhileFrom(size_t first, bool reverse, Visit&& visit) const;

 private:
  const SortedSet* set_ = nullptr;
  std::string_view packed_;
};

template <typename Visit>
void ZsetView::ForRange(size_t first, size_t count, bool reverse, Visit&& visit) const {
  if (count == 0) return;
  if (set_ != nullptr) {
    auto at = set_->order().At(first);
    for (;;) {
      at.PrefetchAhead(reverse);
      visit(at->member(), at->score());
      if (--count == 0) return;
      if (reverse) {
        at.Previous();
      } else {
        at.Next();
      }
    }
  }
  const ZsetListpack set(packed_);
  char digits[24];
  for (Listpack::Position at = set.At(first);;) {
    visit(set.Member(at).Text(digits), set.Score(at));
    if (--count == 0) return;
    at = reverse ? set.Previous(at) : set.Next(at);
  }
}

template <typename Visit>
void ZsetView::ForEachWhileFrom(size_t first, bool reverse, Visit&& visit) const {
  if (first >= size()) return;
  if (set_ != nullptr) {
    for (auto at = set_->order().At(first); at; reverse ? at.Previous() : at.Next()) {
      at.PrefetchAhead(reverse);
      if (!visit(at->member(), at->score())) return;
    }
    return;
  }
  const ZsetListpack set(packed_);
  char digits[24];
  for (auto at = set.At(first); at != Listpack::kNone;
       at = reverse ? set.Previous(at) : set.Next(at)) {
    if (!visit(set.Member(at).Text(digits), set.Score(at))) return;
  }
}

template <typename Visit>
void ZsetView::ForMembers(size_t first, size_t count, bool reverse, Visit&& visit) const {
  if (set_ != nullptr || count == 0) {
    ForRange(first, count, reverse, [&](std::string_view member, double) { visit(member); });
    return;
  }
  const ZsetListpack set(packed_);
  char digits[24];
  for (Listpack::Position at = set.At(first);;) {
    visit(set.Member(at).Text(digits));
    if (--count == 0) return;
    at = reverse ? set.Previous(at) : set.Next(at);
  }
}

}  // namespace gotthard
