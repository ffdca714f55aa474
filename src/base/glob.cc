#include "base/glob.h"

#include <utility>

namespace gotthard {
namespace {

unsigned char Fold(char c, bool nocase) {
  if (nocase && c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  return static_cast<unsigned char>(c);
}

// Matches `c` against the bracket expression whose '[' is at *pos; leaves *pos behind it.
bool MatchBracket(std::string_view pattern, size_t* pos, char c, bool nocase) {
  size_t p = *pos + 1;
  const bool negated = p < pattern.size() && pattern[p] == '^';
  if (negated) ++p;
  bool matched = false;
  while (p < pattern.size() && pattern[p] != ']') {
    const size_t left = pattern.size() - p;
    if (pattern[p] == '\\' && left >= 2) {
      matched |= pattern[p + 1] == c;
      p += 2;
    } else if (left >= 3 && pattern[p + 1] == '-') {
      auto low = static_cast<unsigned char>(pattern[p]);
      auto high = static_cast<unsigned char>(pattern[p + 2]);
      if (low > high) std::swap(low, high);
      low = Fold(static_cast<char>(low), nocase);
      high = Fold(static_cast<char>(high), nocase);
      const unsigned char byte = Fold(c, nocase);
      matched |= low <= byte && byte <= high;
      p += 3;
    } else {
      matched |= Fold(pattern[p], nocase) == Fold(c, nocase);
      ++p;
    }
  }
  *pos = p < pattern.size() ? p + 1 : p;
  return matched != negated;
}

// Matches one byte of text against the pattern element at *pos (which is no star) and steps over
// it.
bool MatchOne(std::string_view pattern, size_t* pos, char c, bool nocase) {
  switch (pattern[*pos]) {
    case '?':
      ++*pos;
      return true;
    case '[':
      return MatchBracket(pattern, pos, c, nocase);
    case '\\':
      if (*pos + 1 < pattern.size()) ++*pos;
      [[fallthrough]];
    default:
      return Fold(pattern[(*pos)++], nocase) == Fold(c, nocase);
  }
}

}  // namespace

bool GlobMatch(std::string_view pattern, std::string_view text, bool nocase) {
  constexpr size_t kNoStar = std::string_view::npos;
  size_t p = 0;
  size_t t = 0;
  size_t after_star = kNoStar;  // where the pattern goes on behind the latest star
  size_t star_text = 0;         // and where in the text that was last tried
  size_t stars = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      while (p < pattern.size() && pattern[p] == '*') ++p;
      if (p == pattern.size()) return true;
      if (++stars > kMaxGlobStars) return false;
      after_star = p;
      star_text = t;
      continue;
    }
    if (p < pattern.size() && MatchOne(pattern, &p, text[t], nocase)) {
      ++t;
      continue;
    }
    if (after_star == kNoStar) return false;
    p = after_star;
    t = ++star_text;
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace gotthard
