// MemberSource: a sorted set, or a set whose members all score 1, as an input of ZUNION and its
// like.
//
// Owning thread: the execution thread. A source ends with the next write to the database.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "commands/set_store.h"
#include "commands/zset.h"
#include "store/entry.h"

namespace gotthard {

class MemberSource {
 public:
  // An empty one.
  MemberSource() = default;
  // REQUIRES: the entry is a sorted set or a set.
  explicit MemberSource(const Entry& entry) : entry_(&entry) {
    if (entry.type() == Type::kSet) {
      set_ = ViewOf(entry);
    } else {
      zset_ = ZsetOf(entry);
    }
  }

  bool IsSameAs(const MemberSource& other) const {
    return entry_ != nullptr && entry_ == other.entry_;
  }
  size_t size() const { return is_set() ? set_.Count() : zset_.size(); }
  // Whether the members that ForEach shows are views into the source, and not into a buffer that
  // holds one of them at a time.
  bool members_last() const { return is_set() ? set_.table() != nullptr : zset_.big() != nullptr; }
  std::optional<double> Score(std::string_view member) const {
    if (!is_set()) return zset_.Score(member);
    return set_.Has(member) ? std::optional(kSetScore) : std::nullopt;
  }
  // visit(member, score) for each, until it returns false.
  template <typename Visit>
  void ForEach(Visit&& visit) const {
    if (!is_set()) return zset_.ForEachWhile(visit);
    set_.ForEach([&](const PackedItem& member) {
      char digits[24];
      return visit(member.Text(digits), kSetScore);
    });
  }

 private:
  static constexpr double kSetScore = 1;

  bool is_set() const { return entry_ != nullptr && entry_->type() == Type::kSet; }

  const Entry* entry_ = nullptr;
  SetView set_;
  ZsetView zset_;
};

// Keeps copies of members that would not last.
class MemberTexts {
 public:
  std::string_view Keep(const MemberSource& source, std::string_view member) {
    return source.members_last() ? member : std::string_view(copies_.emplace_back(member));
  }

 private:
  std::deque<std::string> copies_;
};

}  // namespace gotthard
