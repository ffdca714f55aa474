// Sorted sets: what the family's handlers have in common, and its list of rows.
#include "commands/zset.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <memory>
#include <string>

#include "base/numbers.h"
#include "commands/changed_parts.h"
#include "commands/expiry_args.h"
#include "commands/families.h"
#include "commands/join_rows.h"
#include "commands/type_hooks.h"
#include "commands/zset_rdb.h"
#include "commands/zset_rows.h"
#include "store/entry_packed.h"

namespace gotthard {
namespace {

bool FitsPacked(const Config& config, size_t members, size_t longest) {
  return members <= static_cast<size_t>(config.zset_max_listpack_entries) &&
         longest <= static_cast<size_t>(config.zset_max_listpack_value);
}

// What the flags make of a member's score; the outcome is kUpdated if it is to be stored.
ZaddOutcome NextScore(double current, unsigned flags, double& score) {
  if ((flags & kZaddNx) != 0) return ZaddOutcome::kRefused;
  if ((flags & kZaddIncr) != 0) {
    score += current;
    if (std::isnan(score)) return ZaddOutcome::kNan;
  }
  if (((flags & kZaddLt) != 0 && score >= current) ||
      ((flags & kZaddGt) != 0 && score <= current)) {
    return ZaddOutcome::kRefused;
  }
  return score == current ? ZaddOutcome::kSame : ZaddOutcome::kUpdated;
}

bool Before(const ScoredMember& a, const ScoredMember& b) {
  return a.score != b.score ? a.score < b.score : a.member < b.member;
}

}  // namespace

// --- editing

void ZsetEditor::Reserve(size_t members, size_t first_length) {
  const Config& config = ctx_.config();
  if (entry_) {
    if (!is_big() && members > static_cast<size_t>(config.zset_max_listpack_entries)) MakeBig();
    return;
  }
  const int64_t expiry_ms = ExpiryToStore(ctx_, false, kNoExpiry);
  if (FitsPacked(config, members, first_length)) {
    HeapPacked empty;
    ListpackClear(empty);
    entry_ =
        ctx_.db().PutPacked(key_, {}, Type::kZset, Encoding::kListpack, empty.view(), expiry_ms);
  } else {
    entry_ = ctx_.db().PutObject(key_, {}, Type::kZset, Encoding::kSkiplist,
                                 new SortedSet(ctx_.server().hasher), expiry_ms);
  }
}

EntryHandle MakeBigZset(Context& ctx, const Key& key, EntryHandle entry) {
  auto set = std::make_unique<SortedSet>(ctx.server().hasher);
  ZsetOf(*entry).ForEach([&](std::string_view member, double score) { set->Add(score, member); });
  return ctx.db().PutObject(key, entry, Type::kZset, Encoding::kSkiplist, set.release(),
                            kKeepExpiry);
}

void ZsetEditor::MakeBig() {
  entry_ = MakeBigZset(ctx_, key_, entry_);
}

ZaddOutcome ZsetEditor::Add(double score, std::string_view member, unsigned flags, double* result) {
  if (!entry_) Reserve(1, member.size());
  if (is_big()) return AddBig(score, member, flags, result);
  return AddPacked(score, member, flags, result);
}

ZaddOutcome ZsetEditor::AddBig(double score, std::string_view member, unsigned flags,
                               double* result) {
  SortedSet& set = *big();
  const uint64_t hash = set.HashOf(member);
  if (ZsetElement* element = set.Find(member, hash)) {
    const ZaddOutcome outcome = NextScore(element->score(), flags, score);
    if (outcome == ZaddOutcome::kUpdated) set.SetScore(element, score);
    *result = score;
    return outcome;
  }
  if ((flags & kZaddXx) != 0) return ZaddOutcome::kRefused;
  set.Add(score, member, hash);
  *result = score;
  return ZaddOutcome::kAdded;
}

ZaddOutcome ZsetEditor::AddPacked(double score, std::string_view member, unsigned flags,
                                  double* result) {
  const ZsetListpack set(entry_->bytes());
  if (const auto found = set.Find(member)) {
    const ZaddOutcome outcome = NextScore(found->score, flags, score);
    if (outcome == ZaddOutcome::kUpdated) {
      EntryPacked bytes(ctx_.db(), entry_);
      ZsetListpack::SetScore(bytes, found->position, score);
    }
    *result = score;
    return outcome;
  }
  if ((flags & kZaddXx) != 0) return ZaddOutcome::kRefused;
  // A score takes less than 40 bytes, the heads of both elements 20.
  if (!FitsPacked(ctx_.config(), set.size() + 1, member.size()) ||
      !ListpackHasRoom(entry_->bytes().size(), member.size() + 60)) {
    MakeBig();
    return AddBig(score, member, flags, result);
  }
  EntryPacked bytes(ctx_.db(), entry_);
  ZsetListpack::Insert(bytes, score, member);
  *result = score;
  return ZaddOutcome::kAdded;
}

bool ZsetEditor::Remove(std::string_view member) {
  if (is_big()) {
    ZsetElement* element = big()->Find(member);
    if (element == nullptr) return false;
    big()->Remove(element);
    return true;
  }
  const auto found = ZsetListpack(entry_->bytes()).Find(member);
  if (!found) return false;
  EntryPacked bytes(ctx_.db(), entry_);
  ZsetListpack::Remove(bytes, found->rank, 1);
  return true;
}

void ZsetEditor::RemoveRange(size_t first, size_t count) {
  if (count == 0) return;
  if (count == view().size()) {  // goes as a whole, which may be left to another thread
    emptied_ = true;
  } else if (is_big()) {
    big()->RemoveRange(first, count);
  } else {
    EntryPacked bytes(ctx_.db(), entry_);
    ZsetListpack::Remove(bytes, first, count);
  }
}

void ZsetEditor::DeleteIfEmpty() {
  if (!emptied_ && view().size() != 0) return;
  ctx_.RemoveEmptied(entry_, key_);
  entry_ = {};
}

// --- storing

void SortMembers(std::vector<ScoredMember>& members) {
  std::sort(members.begin(), members.end(), Before);
}

void StoreZset(Context& ctx, const Key& key, const std::vector<ScoredMember>& members,
               std::string_view event, uint64_t parts) {
  if (members.empty()) {
    if (const EntryHandle existing = ctx.FindWrite(key)) {
      ctx.Delete(existing, key, ctx.config().lazyfree_lazy_server_del);
    }
    return;
  }
  size_t longest = 0;
  size_t total = 0;
  for (const ScoredMember& each : members) {
    longest = std::max(longest, each.member.size());
    total += each.member.size() + 60;
  }
  bool overwritten = false;
  const int64_t expiry_ms = ExpiryToStore(ctx, false, kNoExpiry);
  if (FitsPacked(ctx.config(), members.size(), longest) && ListpackHasRoom(0, total)) {
    HeapPacked bytes;
    ListpackClear(bytes);
    for (const ScoredMember& each : members) ZsetListpack::Append(bytes, each.score, each.member);
    overwritten = FreeOverwritten(ctx, key);  // where the members may lie: not before
    ctx.db().PutPacked(key, {}, Type::kZset, Encoding::kListpack, bytes.view(), expiry_ms);
  } else {
    auto set = std::make_unique<SortedSet>(ctx.server().hasher);
    for (const ScoredMember& each : members) set->Add(each.score, each.member);
    overwritten = FreeOverwritten(ctx, key);
    ctx.db().PutObject(key, {}, Type::kZset, Encoding::kSkiplist, set.release(), expiry_ms);
  }
  StoredParts(ctx, key, kEventZset, event, parts, overwritten);
}

// --- arguments

// What strtod reads, as ranges always did: blanks in front, "" for 0, overflow to infinity.
std::optional<ZsetRange::Limit> ZsetRange::ParseScoreLimit(std::string_view text) {
  Limit limit;
  if (!text.empty() && text.front() == '(') {
    limit.open = true;
    text.remove_prefix(1);
  }
  const std::string number(text);
  char* end = nullptr;
  limit.score = std::strtod(number.c_str(), &end);
  if (*end != '\0' || std::isnan(limit.score)) return std::nullopt;
  return limit;
}

std::optional<ZsetRange::Limit> ZsetRange::ParseLexLimit(std::string_view text) {
  Limit limit;
  if (text == "-" || text == "+") {
    limit.at = text == "-" ? Limit::At::kFirst : Limit::At::kLast;
    return limit;
  }
  if (text.empty() || (text.front() != '[' && text.front() != '(')) return std::nullopt;
  limit.open = text.front() == '(';
  limit.member = text.substr(1);
  return limit;
}

Result<ZsetRange> ZsetRange::Parse(Kind kind, std::string_view low, std::string_view high) {
  ZsetRange range;
  range.kind_ = kind;
  if (kind == Kind::kRank) {
    const std::optional<int64_t> start = ParseInt64(low);
    const std::optional<int64_t> stop = ParseInt64(high);
    if (!start || !stop) return kErrNotInteger;
    range.start_ = *start;
    range.stop_ = *stop;
    return range;
  }
  const bool by_score = kind == Kind::kScore;
  const std::optional<Limit> from = by_score ? ParseScoreLimit(low) : ParseLexLimit(low);
  const std::optional<Limit> to = by_score ? ParseScoreLimit(high) : ParseLexLimit(high);
  if (!from || !to) return by_score ? kErrMinMaxNotFloat : kErrMinMaxNotLex;
  range.low_ = *from;
  range.high_ = *to;
  return range;
}

size_t ZsetRange::CountBefore(const ZsetView& set, const Limit& limit, bool with) const {
  if (limit.at == Limit::At::kFirst) return 0;
  if (limit.at == Limit::At::kLast) return set.size();
  if (kind_ == Kind::kLex) {
    return set.CountBefore(with ? ScoreBound::AboveMember(limit.member)
                                : ScoreBound::BelowMember(limit.member));
  }
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (limit.score == -kInfinity && !with) return 0;
  if (limit.score == kInfinity && with) return set.size();
  return set.CountBefore(with ? ScoreBound::AboveScore(limit.score)
                              : ScoreBound::BelowScore(limit.score));
}

ZsetRange::Ranks ZsetRange::Resolve(const ZsetView& set, bool reverse) const {
  const size_t size = set.size();
  if (kind_ != Kind::kRank) {
    const size_t first = CountBefore(set, low_, low_.open);
    const size_t end = CountBefore(set, high_, !high_.open);
    return first < end ? Ranks{first, end - first} : Ranks{};
  }
  const auto length = static_cast<int64_t>(size);
  const int64_t start = std::max<int64_t>(start_ < 0 ? start_ + length : start_, 0);
  const int64_t stop = std::min(stop_ < 0 ? stop_ + length : stop_, length - 1);
  if (start > stop) return {};
  const auto count = static_cast<size_t>(stop - start + 1);
  return {reverse ? size - static_cast<size_t>(start) - count : static_cast<size_t>(start), count};
}

// --- hooks

namespace {

const ObjectOps kZsetOps = {
    .destroy = [](void* object) { delete static_cast<SortedSet*>(object); },
    .clone = [](const void* object) -> void* {
      return static_cast<const SortedSet*>(object)->Clone().release();
    },
    .memory_bytes =
        [](const void* object) { return static_cast<const SortedSet*>(object)->memory_bytes(); },
    .free_effort =
        [](const void* object) { return static_cast<const SortedSet*>(object)->free_effort(); },
    .begin_copy =
        [](const void* object) { return static_cast<const SortedSet*>(object)->BeginCopy(); },
    .elements = [](const void* object) { return &static_cast<const SortedSet*>(object)->table(); },
};

// Each member with its score is mixed for itself, as they have no order of insertion.
void MixZset(const Entry& entry, DataDigest& digest) {
  ZsetOf(entry).ForEach([&](std::string_view member, double score) {
    DataDigest pair;
    pair.Mix(member);
    // As in a reply since Redis 7.2; before, all 17 digits were mixed.
    char text[kMaxDoubleChars];
    pair.Mix({text, FormatDouble(text, score)});
    digest.Add(pair.bytes());
  });
}

}  // namespace

TypeHooks ZsetHooks() {
  return {
      .ops = &kZsetOps,
      .digest = MixZset,
      .table = [](const void* object) { return &static_cast<const SortedSet*>(object)->table(); },
      .save = SaveZset,
      .reads_rdb_type = ReadsAsZset,
      .load = LoadZset,
      .build = BuildZset,
      .count = [](const Entry& entry) { return ZsetOf(entry).size(); },
      .for_each = ForEachZsetMember,
  };
}

std::span<const CommandSpec> ZsetCommands() {
  static const auto kAllRows = JoinRows(
      {ZsetWriteRows(), ZsetReadRows(), ZsetRangeRows(), ZsetPopRows(), ZsetCombineRows()});
  return kAllRows;
}

}  // namespace gotthard
