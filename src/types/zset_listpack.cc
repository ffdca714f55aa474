#include "types/zset_listpack.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "base/numbers.h"

namespace gotthard {
namespace {

// The integer that stands for a score. The limits are Redis's: beyond them (2^62) not every
// integer is told from its neighbours, and texts are stored.
std::optional<int64_t> IntegerScore(double score) {
  constexpr double kLimit = 4611686018427387904.0;
  if (!(score >= -kLimit && score <= kLimit)) return std::nullopt;
  const auto integer = static_cast<int64_t>(score);
  if (static_cast<double>(integer) != score) return std::nullopt;
  return integer;
}

// Whether `member` at `score` comes before an element.
bool ComesBefore(double score, std::string_view member, double other_score,
                 std::string_view other) {
  return score != other_score ? score < other_score : member < other;
}

}  // namespace

double ZsetListpack::ScoreOf(const PackedItem& item) {
  if (item.is_integer) return static_cast<double>(item.integer);
  double score = 0;
  const char* end = item.text.data() + item.text.size();
  const auto [parsed, error] = std::from_chars(item.text.data(), end, score);
  if (error == std::errc() && parsed == end) [[likely]]
    return score;
  return ParseDouble(item.text).value_or(std::numeric_limits<double>::quiet_NaN());
}

std::optional<ZsetListpack::Found> ZsetListpack::Find(std::string_view member) const {
  const PackedNeedle needle(member);
  size_t rank = 0;
  for (auto at = list_.First(); at != Listpack::kNone; ++rank) {
    const auto score_at = list_.Next(at);
    if (needle.Is(list_.Get(at))) return Found{at, rank, ScoreOf(list_.Get(score_at))};
    at = list_.Next(score_at);
  }
  return std::nullopt;
}

size_t ZsetListpack::CountBefore(const ScoreBound& bound) const {
  size_t count = 0;
  char digits[24];
  for (auto at = list_.First(); at != Listpack::kNone; ++count) {
    const auto score_at = list_.Next(at);
    const uint64_t key = bound.has_key() ? ScoreKey(ScoreOf(list_.Get(score_at))) : bound.key();
    if (key > bound.key()) break;
    if (key == bound.key() && !bound.IsAfter(list_.Get(at).Text(digits))) break;
    at = list_.Next(score_at);
  }
  return count;
}

void ZsetListpack::InsertAt(PackedBuffer& buffer, Listpack::Position at, double score,
                            std::string_view member) {
  // The score first: the member then goes before it, at the same place.
  if (const std::optional<int64_t> integer = IntegerScore(score)) {
    ListpackInsert(buffer, at, *integer);
  } else {
    char text[kMaxDoubleChars];
    ListpackInsert(buffer, at, std::string_view(text, FormatDouble(text, score)));
  }
  ListpackInsert(buffer, at, member);
}

void ZsetListpack::Append(PackedBuffer& buffer, double score, std::string_view member) {
  InsertAt(buffer, Listpack(buffer.view()).End(), score, member);
}

void ZsetListpack::Insert(PackedBuffer& buffer, double score, std::string_view member) {
  const ZsetListpack set(buffer.view());
  char digits[24];
  Listpack::Position at = set.First();
  while (at != Listpack::kNone &&
         !ComesBefore(score, member, set.Score(at), set.Member(at).Text(digits))) {
    at = set.Next(at);
  }
  InsertAt(buffer, at == Listpack::kNone ? set.list_.End() : at, score, member);
}

void ZsetListpack::SetScore(PackedBuffer& buffer, Listpack::Position at, double score) {
  const ZsetListpack set(buffer.view());
  char digits[24];
  const std::string member(set.Member(at).Text(digits));
  const auto before = set.Previous(at);
  const auto after = set.Next(at);
  const bool stays =
      (before == Listpack::kNone ||
       ComesBefore(set.Score(before), set.Member(before).Text(digits), score, member)) &&
      (after == Listpack::kNone ||
       ComesBefore(score, member, set.Score(after), set.Member(after).Text(digits)));
  if (!stays) {
    ListpackDelete(buffer, at, 2);
    Insert(buffer, score, member);
    return;
  }
  const Listpack::Position score_at = set.list_.Next(at);
  if (const std::optional<int64_t> integer = IntegerScore(score)) {
    ListpackReplace(buffer, score_at, *integer);
  } else {
    char text[kMaxDoubleChars];
    ListpackReplace(buffer, score_at, std::string_view(text, FormatDouble(text, score)));
  }
}

void ZsetListpack::Remove(PackedBuffer& buffer, size_t first, size_t count) {
  if (count == 0) return;
  ListpackDelete(buffer, ZsetListpack(buffer.view()).At(first), count * 2);
}

bool ZsetListpack::IsValid(std::string_view bytes) {
  const Listpack list(bytes);
  if (list.Count() % 2 != 0) return false;
  std::vector<std::string> members;
  double last_score = 0;
  char digits[24];
  for (auto at = list.First(); at != Listpack::kNone;) {
    const std::string_view member = list.Get(at).Text(digits);
    at = list.Next(at);
    const double score = ScoreOf(list.Get(at));
    at = list.Next(at);
    if (std::isnan(score)) return false;
    if (!members.empty() && !ComesBefore(last_score, members.back(), score, member)) return false;
    members.emplace_back(member);
    last_score = score;
  }
  std::sort(members.begin(), members.end());
  return std::adjacent_find(members.begin(), members.end()) == members.end();
}

}  // namespace gotthard
