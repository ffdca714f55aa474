// A small sorted set as a listpack: member, score, member, score, ... in the order of (score,
// member). The form is the one of RDB files and DUMP: a score that is an integer is stored as one,
// another as the shortest text that reads back as it.
//
// Owning thread: the execution thread. Views and positions end with the next edit.
// Limits: whoever adds keeps it small (zset-max-listpack-entries), as everything here is O(n).
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "types/listpack.h"
#include "types/packed_buffer.h"
#include "types/score_tree.h"

namespace gotthard {

// A read-only view. REQUIRES: bytes that ZsetListpack::Append or Insert made, or IsValid accepts.
class ZsetListpack {
 public:
  struct Found {
    Listpack::Position position;  // of the member
    size_t rank;
    double score;
  };

  explicit ZsetListpack(std::string_view bytes) : list_(bytes) {}

  size_t size() const { return list_.Count() / 2; }
  std::optional<Found> Find(std::string_view member) const;
  // How many members are before the bound.
  size_t CountBefore(const ScoreBound& bound) const;
  // The member at this rank; kNone if there is none.
  Listpack::Position At(size_t rank) const { return list_.Seek(static_cast<int64_t>(rank) * 2); }

  PackedItem Member(Listpack::Position at) const { return list_.Get(at); }
  double Score(Listpack::Position member_at) const {
    return ScoreOf(list_.Get(list_.Next(member_at)));
  }
  // The neighbours of a member, kNone past the ends.
  Listpack::Position First() const { return list_.First(); }
  Listpack::Position Next(Listpack::Position at) const { return list_.Next(list_.Next(at)); }
  Listpack::Position Previous(Listpack::Position at) const {
    const Listpack::Position score = list_.Previous(at);
    return score == Listpack::kNone ? score : list_.Previous(score);
  }

  // --- editing; O(n). REQUIRES: the buffer holds such a listpack.
  // REQUIRES: `member` is not there.
  static void Insert(PackedBuffer& buffer, double score, std::string_view member);
  // REQUIRES: (score, member) comes after all that is there.
  static void Append(PackedBuffer& buffer, double score, std::string_view member);
  // Gives the member at `at` another score, and its new place.
  static void SetScore(PackedBuffer& buffer, Listpack::Position at, double score);
  // Removes `count` members from rank `first` on. REQUIRES: they are there.
  static void Remove(PackedBuffer& buffer, size_t first, size_t count);

  // Whether valid listpack bytes (ValidateListpack) are a sorted set: pairs of different members
  // and numbers, in order. O(n log n).
  static bool IsValid(std::string_view bytes);

 private:
  static double ScoreOf(const PackedItem& item);
  static void InsertAt(PackedBuffer& buffer, Listpack::Position at, double score,
                       std::string_view member);

  Listpack list_;
};

}  // namespace gotthard
