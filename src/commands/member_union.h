// MemberUnion: members with a score each, gathered from several sources; the scores of a member
// that comes more than once are joined.
//
// An open-addressing table of 32 hash bits and an index, at most half full, over the list of
// members in the order in which they came. Members are taken in batches, so that the table's memory
// is under way while others are hashed.
//
// Owning thread: the execution thread; lives for one command. Limit: 2^32 - 1 members.
#pragma once

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "base/prefetch.h"
#include "commands/zset.h"

namespace gotthard {

enum class Aggregate : uint8_t { kSum, kMin, kMax };

// Joins a further score to `score`. The sum of both infinities counts as 0.
inline void AddScore(double& score, double other, Aggregate aggregate) {
  switch (aggregate) {
    case Aggregate::kSum:
      score += other;
      if (std::isnan(score)) score = 0;
      break;
    case Aggregate::kMin:
      score = other < score ? other : score;
      break;
    case Aggregate::kMax:
      score = other > score ? other : score;
      break;
  }
}

class MemberUnion {
 public:
  // Room for so many different members is there from the start, more is made when they come.
  MemberUnion(const KeyHasher& hasher, size_t room, Aggregate aggregate)
      : hasher_(hasher), aggregate_(aggregate), slots_(std::bit_ceil(room * 2 + 1)) {
    members_.reserve(room);
  }

  // The view must live until Take's result is done with.
  void Add(std::string_view member, double score) {
    const uint64_t hash = hasher_(member);
    Prefetch(&slots_[hash & (slots_.size() - 1)]);
    batch_[batched_++] = {hash, {score, member}};
    if (batched_ == kBatch) Flush();
  }
  // All members, in no special order. The union is empty afterwards.
  std::vector<ScoredMember> Take() {
    Flush();
    return std::move(members_);
  }

 private:
  static constexpr size_t kBatch = 16;

  struct Waiting {
    uint64_t hash;
    ScoredMember scored;
  };

  void Flush() {
    for (size_t i = 0; i < batched_; ++i) {
      const uint64_t slot = slots_[batch_[i].hash & (slots_.size() - 1)];
      if (slot >> 32 == batch_[i].hash >> 32 && slot != 0) {
        Prefetch(members_[(slot & UINT32_MAX) - 1].member.data());
      }
    }
    for (size_t i = 0; i < batched_; ++i) Insert(batch_[i]);
    batched_ = 0;
  }

  void Insert(const Waiting& waiting) {
    const uint64_t mask = slots_.size() - 1;
    for (uint64_t at = waiting.hash & mask;; at = (at + 1) & mask) {
      const uint64_t slot = slots_[at];
      if (slot == 0) {
        members_.push_back(waiting.scored);
        slots_[at] = (waiting.hash >> 32 << 32) | members_.size();
        if (members_.size() * 2 > slots_.size()) Grow();
        return;
      }
      if (slot >> 32 != waiting.hash >> 32) continue;
      ScoredMember& known = members_[(slot & UINT32_MAX) - 1];
      if (known.member != waiting.scored.member) continue;
      AddScore(known.score, waiting.scored.score, aggregate_);
      return;
    }
  }

  void Grow() {
    slots_.assign(slots_.size() * 2, 0);
    const uint64_t mask = slots_.size() - 1;
    for (size_t i = 0; i < members_.size(); ++i) {
      const uint64_t hash = hasher_(members_[i].member);
      uint64_t at = hash & mask;
      while (slots_[at] != 0) at = (at + 1) & mask;
      slots_[at] = (hash >> 32 << 32) | (i + 1);
    }
  }

  const KeyHasher& hasher_;
  const Aggregate aggregate_;
  std::vector<uint64_t> slots_;  // hash bits above the index + 1; 0 when free
  std::vector<ScoredMember> members_;
  std::array<Waiting, kBatch> batch_;
  size_t batched_ = 0;
};

}  // namespace gotthard
