#include "base/glob.h"

#include <catch2/catch.hpp>
#include <string>

#include "base/random.h"

namespace gotthard {
namespace {

struct Row {
  std::string_view pattern;
  std::string_view text;
  bool matches;
};

TEST_CASE("patterns mean what the KEYS command documents") {
  const Row table[] = {
      {"h?llo", "hello", true},
      {"h?llo", "hllo", false},
      {"h*llo", "hllo", true},
      {"h*llo", "heeeello", true},
      {"h[ae]llo", "hallo", true},
      {"h[ae]llo", "hillo", false},
      {"h[^e]llo", "hallo", true},
      {"h[^e]llo", "hello", false},
      {"h[a-b]llo", "hbllo", true},
      {"h[b-a]llo", "hallo", true},
      {"h[a-b]llo", "hcllo", false},
      {"h\\?llo", "h?llo", true},
      {"h\\?llo", "hello", false},
      {"[\\]]", "]", true},
      {"[\\-a]", "-", true},
      {"*", "", true},
      {"*", "anything", true},
      {"", "", true},
      {"", "a", false},
      {"a", "", false},
      {"a*", "a", true},
      {"a**", "a", true},
      {"**a", "a", true},
      {"*a*", "bab", true},
      {"a*b*c", "a-b-b-c", true},
      {"a*b*c", "a-c-b", false},
      {"*.rdb", "dump.rdb", true},
      {"*ab", "aab", true},
      {"?", "", false},
      {"??", "a", false},
      {"abc", "abcd", false},
      {"abcd", "abc", false},
      {"a\\", "a\\", true},
      {"\\*", "*", true},
      {"\\*", "a", false},
      {"*\\", "x\\", true},
  };
  for (const Row& row : table) {
    INFO(row.pattern << " ~ " << row.text);
    CHECK(GlobMatch(row.pattern, row.text) == row.matches);
  }
}

TEST_CASE("odd brackets end with the pattern") {
  const Row table[] = {
      {"[", "[", false},    {"[", "a", false},     {"[^", "a", true},      {"[abc", "b", true},
      {"[abc", "d", false}, {"[]", "]", false},    {"[]a]", "a", false},   {"[^]", "x", true},
      {"[a-", "-", true},   {"[a-", "a", true},    {"[a-]", "^", true},    {"[\\", "\\", true},
      {"x[^a", "xb", true}, {"x[^a", "xa", false}, {"[a-c]x", "bx", true},
  };
  for (const Row& row : table) {
    INFO(row.pattern << " ~ " << row.text);
    CHECK(GlobMatch(row.pattern, row.text) == row.matches);
  }
}

TEST_CASE("case folds only when asked") {
  CHECK_FALSE(GlobMatch("ABC", "abc"));
  CHECK(GlobMatch("ABC", "abc", true));
  CHECK(GlobMatch("a*Z", "A---z", true));
  CHECK(GlobMatch("[A-C]", "b", true));
  CHECK(GlobMatch("[xyz]", "Y", true));
  CHECK_FALSE(GlobMatch("[A-C]", "b"));
}

TEST_CASE("patterns and texts are binary") {
  CHECK(GlobMatch(std::string_view("a\0b", 3), std::string_view("a\0b", 3)));
  CHECK_FALSE(GlobMatch(std::string_view("a\0b", 3), std::string_view("a\0c", 3)));
  CHECK(GlobMatch("[\x80-\xff]", "\xc3"));
  CHECK_FALSE(GlobMatch("[\x80-\xff]", "a"));
  CHECK(GlobMatch("?", std::string_view("\0", 1)));
}

// The definition, by recursion: slow, but short enough to be believed.
bool Model(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] == '*') {
    return Model(pattern.substr(1), text) || (!text.empty() && Model(pattern, text.substr(1)));
  }
  if (text.empty()) return false;
  return (pattern[0] == '?' || pattern[0] == text[0]) && Model(pattern.substr(1), text.substr(1));
}

TEST_CASE("stars agree with the definition on random texts") {
  Random random(3);
  const auto draw = [&random](std::string_view alphabet, size_t most) {
    std::string out(random.Below(most + 1), ' ');
    for (char& c : out) c = alphabet[random.Below(alphabet.size())];
    return out;
  };
  int matches = 0;
  for (int i = 0; i < 100'000; ++i) {
    const std::string pattern = draw("ab*?", 8);
    const std::string text = draw("ab", 8);
    INFO(pattern << " ~ " << text);
    const bool expected = Model(pattern, text);
    matches += expected ? 1 : 0;
    REQUIRE(GlobMatch(pattern, text) == expected);
  }
  CHECK(matches > 10'000);
}

TEST_CASE("a hostile pattern costs no more than pattern times text") {
  // Exponential matchers never return from this one.
  std::string pattern;
  for (int i = 0; i < 5'000; ++i) pattern += "a*";
  pattern += "b";
  CHECK_FALSE(GlobMatch(pattern, std::string(10'000, 'a')));
}

TEST_CASE("a pattern of more than a thousand stars matches nothing") {
  std::string stars;
  for (size_t i = 0; i < kMaxGlobStars; ++i) stars += "*a";
  const std::string text(2 * kMaxGlobStars, 'a');
  CHECK(GlobMatch(stars, text));
  CHECK(GlobMatch(stars + "*", text));
  CHECK_FALSE(GlobMatch(stars + "*a", text));
}

}  // namespace
}  // namespace gotthard
