// Sorted sets: what the handlers of the family, and geo's, have in common: reading one of either
// form, editing it, ranges as arguments, and replies of members.
//
// Owning thread: the execution thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "commands/type_hooks.h"
#include "exec/args.h"
#include "exec/context.h"
#include "store/database.h"
#include "types/zset_view.h"

namespace gotthard {

inline constexpr ErrorText kErrMinMaxNotFloat{"ERR min or max is not a float"};
inline constexpr ErrorText kErrMinMaxNotLex{"ERR min or max not valid string range item"};

TypeHooks ZsetHooks();

// The sorted set that an entry holds. REQUIRES: entry.type() == Type::kZset.
inline ZsetView ZsetOf(const Entry& entry) {
  if (entry.is_object()) return ZsetView(*static_cast<const SortedSet*>(entry.object()));
  return ZsetView(entry.bytes());
}

// The key's sorted set, counted as a read; an empty one if there is no key.
inline Result<ZsetView> ReadZset(Context& ctx, const Key& key) {
  Result<EntryHandle> entry = ctx.FindReadOf(Type::kZset, key);
  if (!entry) return entry.error();
  return *entry ? ZsetOf(**entry) : ZsetView();
}

// What ZADD and its like do to a member.
enum ZaddFlag : uint8_t {
  kZaddNx = 1,
  kZaddXx = 2,
  kZaddGt = 4,
  kZaddLt = 8,
  kZaddIncr = 16,
};
enum class ZaddOutcome : uint8_t { kAdded, kUpdated, kSame, kRefused, kNan };

// Gives a small sorted set the form of a big one ("skiplist"). REQUIRES: it is packed.
EntryHandle MakeBigZset(Context& ctx, const Key& key, EntryHandle entry);

// One key's sorted set, to be changed. The key is made with the first member; whoever removes
// members calls DeleteIfEmpty in the end, after telling of the change.
class ZsetEditor {
 public:
  // `entry` is what FindWrite returned for the key: empty, or a sorted set.
  ZsetEditor(Context& ctx, const Key& key, EntryHandle entry)
      : ctx_(ctx), key_(key), entry_(entry) {}

  // To be called before Add with the number of members that may come, and the first one's length:
  // a set that would soon outgrow the packed form is made big at once.
  void Reserve(size_t members, size_t first_length);
  // `score` becomes the member's, in *result too, as the flags say. REQUIRES: no NaN.
  ZaddOutcome Add(double score, std::string_view member, unsigned flags, double* result);
  bool Remove(std::string_view member);
  // Removes `count` members from rank `first` on. REQUIRES: they are there.
  void RemoveRange(size_t first, size_t count);

  bool exists() const { return static_cast<bool>(entry_); }
  ZsetView view() const { return entry_ ? ZsetOf(*entry_) : ZsetView(); }
  // Removes the key when no member is left, and tells of it.
  void DeleteIfEmpty();

 private:
  SortedSet* big() const { return static_cast<SortedSet*>(entry_->object()); }
  bool is_big() const { return entry_ && entry_->is_object(); }
  void MakeBig();
  ZaddOutcome AddBig(double score, std::string_view member, unsigned flags, double* result);
  ZaddOutcome AddPacked(double score, std::string_view member, unsigned flags, double* result);

  Context& ctx_;
  const Key& key_;
  EntryHandle entry_;
  bool emptied_ = false;  // all members are to go with the key
};

// A member on its way into a stored result. The view must live until it is stored.
struct ScoredMember {
  double score;
  std::string_view member;
};
// What ZADD does with parsed arguments, and its reply. REQUIRES: no NaN; one member with kZaddIncr.
Status AddMembers(Context& ctx, const Key& key, std::span<const ScoredMember> members,
                  unsigned flags, bool count_changed);
// Sorts by score and member.
void SortMembers(std::vector<ScoredMember>& members);
// Makes `members` (in order, no two alike) the value of `key`, whatever it held, and tells `event`;
// without members the key is removed. The members may be views into what the key held. `parts` as
// ChangedParts has them.
void StoreZset(Context& ctx, const Key& key, const std::vector<ScoredMember>& members,
               std::string_view event, uint64_t parts = 1);

// --- arguments

// A range as the commands take it: by rank, score or member.
class ZsetRange {
 public:
  enum class Kind : uint8_t { kRank, kScore, kLex };
  struct Ranks {
    size_t first = 0;
    size_t count = 0;
  };

  static Result<ZsetRange> Parse(Kind kind, std::string_view low, std::string_view high);
  // The ranks of the members in the range. Ranges by rank count from the other end when `reverse`.
  Ranks Resolve(const ZsetView& set, bool reverse = false) const;

 private:
  // One end of a range by score or member: where it is, and whether a member right there is in.
  struct Limit {
    double score = 0;
    std::string_view member;
    enum class At : uint8_t { kHere, kFirst, kLast } at = At::kHere;
    bool open = false;
  };
  static std::optional<Limit> ParseScoreLimit(std::string_view text);
  static std::optional<Limit> ParseLexLimit(std::string_view text);
  // How many members are before the limit; those right there count when `with`.
  size_t CountBefore(const ZsetView& set, const Limit& limit, bool with) const;

  Kind kind_ = Kind::kRank;
  int64_t start_ = 0;  // kRank
  int64_t stop_ = 0;
  Limit low_;  // the others
  Limit high_;
};

// --- replies

// Begins an array of `members`, to be followed by as many calls of ReplyMember: pairs are flat in
// RESP2 and nested in RESP3.
inline void ReplyMembersHeader(ReplyWriter& reply, size_t members, bool with_scores) {
  const bool flat = with_scores && reply.protocol() == Protocol::kResp2;
  reply.ArrayHeader(flat ? members * 2 : members);
}
inline void ReplyMember(ReplyWriter& reply, std::string_view member, double score,
                        bool with_scores) {
  if (with_scores && reply.protocol() == Protocol::kResp3) reply.ArrayHeader(2);
  reply.Bulk(member);
  if (with_scores) reply.Double(score);
}

}  // namespace gotthard
