// Sets against a plain model: every encoding, their conversions, what the algebra selects.
#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/random.h"
#include "types/set_algebra.h"
#include "types/set_editor.h"

namespace gotthard {
namespace {

using Model = std::set<std::string, std::less<>>;

const KeyHasher& Hasher() {
  static const KeyHasher kHasher(11);
  return kHasher;
}
constexpr SetLimits kLimits = {
    .max_intset_entries = 64, .max_listpack_entries = 24, .max_listpack_value = 40};

Model Members(const SetView& set) {
  Model members;
  set.ForEach([&](const PackedItem& member) {
    char digits[24];
    REQUIRE(members.emplace(member.Text(digits)).second);
    return true;
  });
  return members;
}

// A member of one of the kinds that encodings differ about.
std::string RandomMember(Random& random, size_t range, int kind) {
  const uint64_t number = random.Below(range);
  if (kind == 0) return std::to_string(static_cast<int64_t>(number * number) - 50);
  if (kind == 1) return "member:" + std::to_string(number);
  if (random.Below(40) == 0)
    return std::string(30 + number % 300, static_cast<char>('a' + number % 7));
  return number % 3 == 0 ? std::to_string(number) : "m" + std::to_string(number);
}

TEST_CASE("a set is what was added and not removed, in whichever encoding") {
  const uint64_t seed = GENERATE(1, 2, 3, 4, 5, 6);
  const int kind = static_cast<int>(seed % 3);
  INFO("seed " << seed);
  Random random(seed);
  const size_t range = seed > 3 ? 5'000 : 40;
  OwnedSet set(kind == 0 ? SetForm::kIntset : SetForm::kListpack, kLimits, Hasher());
  Model model;
  for (int step = 0; step < 20'000; ++step) {
    const std::string member = RandomMember(random, range, kind);
    // Phases of growing and of shrinking.
    if (random.Below(10) < (step / 4'000 % 2 == 0 ? 8u : 2u)) {
      REQUIRE(set.Add(member) == model.insert(member).second);
    } else {
      REQUIRE(set.Remove(member) == (model.erase(member) == 1));
    }
    REQUIRE(set.Count() == model.size());
    const std::string other = RandomMember(random, range, kind);
    REQUIRE(set.view().Has(other) == model.contains(other));
    if (step % 500 == 0) REQUIRE(Members(set.view()) == model);
    if (!model.empty()) {
      char digits[24];
      REQUIRE(model.contains(set.view().RandomMember(random).Text(digits)));
    }
  }
  CHECK(Members(set.view()) == model);
}

TEST_CASE("encodings change where the limits say, and never back") {
  OwnedSet set(SetForm::kIntset, kLimits, Hasher());
  SECTION("integers up to the intset's limit") {
    for (int i = 0; i < 64; ++i) set.Add(std::to_string(i));
    CHECK(set.form() == SetForm::kIntset);
    set.Add("64");
    CHECK(set.form() == SetForm::kTable);
    for (int i = 0; i < 60; ++i) set.Remove(std::to_string(i));
    CHECK(set.form() == SetForm::kTable);
    CHECK(set.Count() == 5);
  }
  SECTION("a word makes few integers a listpack, many a table") {
    for (int i = 0; i < 23; ++i) set.Add(std::to_string(i));
    set.Add("word");
    CHECK(set.form() == SetForm::kListpack);
    CHECK(set.Count() == 24);
    CHECK(set.view().Has("22"));
    set.Add("another");
    CHECK(set.form() == SetForm::kTable);
    CHECK(set.Count() == 25);
  }
  SECTION("a long word makes a table at once") {
    set.Add("1");
    set.Add(std::string(41, 'x'));
    CHECK(set.form() == SetForm::kTable);
  }
  SECTION("many expected members do without the steps between") {
    set.Add("1");
    set.ExpectMembers(65);
    CHECK(set.form() == SetForm::kTable);
    CHECK(set.view().Has("1"));
  }
  SECTION("forms of new sets") {
    CHECK(SetEditor::FormFor("12", 64, kLimits) == SetForm::kIntset);
    CHECK(SetEditor::FormFor("012", 24, kLimits) == SetForm::kListpack);
    CHECK(SetEditor::FormFor("x", 25, kLimits) == SetForm::kTable);
    CHECK(SetEditor::FormFor("12", 65, kLimits) == SetForm::kTable);
  }
  SECTION("nothing but integers may become an intset") {
    OwnedSet words(SetForm::kListpack, kLimits, Hasher());
    for (int i = 30; i > 0; --i) words.Add(std::to_string(i));
    REQUIRE(words.form() == SetForm::kTable);
    words.ConvertToIntset(29);
    CHECK(words.form() == SetForm::kTable);
    words.ConvertToIntset(30);
    CHECK(words.form() == SetForm::kIntset);
    CHECK(words.Count() == 30);
  }
}

TEST_CASE("selecting members is intersection and difference, for all encodings") {
  const uint64_t seed = GENERATE(range(1, 25));
  INFO("seed " << seed);
  Random random(seed);
  std::vector<std::unique_ptr<OwnedSet>> sets;
  std::vector<Model> models;
  for (int i = 0; i < 4; ++i) {
    sets.push_back(std::make_unique<OwnedSet>(SetForm::kIntset, kLimits, Hasher()));
    models.emplace_back();
    const size_t members = random.Below(3) == 0 ? random.Below(500) : random.Below(30);
    const int kind = static_cast<int>(random.Below(2)) * 2;
    for (size_t m = 0; m < members; ++m) {
      const std::string member = RandomMember(random, 300, kind);
      sets.back()->Add(member);
      models.back().insert(member);
    }
  }
  const std::vector<SetView> required = {sets[1]->view()};
  const std::vector<SetView> excluded = {sets[2]->view(), sets[3]->view()};
  Model expected;
  for (const std::string& member : models[0]) {
    if (models[1].contains(member) && !models[2].contains(member) && !models[3].contains(member)) {
      expected.insert(member);
    }
  }
  Model selected;
  SelectMembers(sets[0]->view(), required, excluded, Hasher(), [&](std::string_view member) {
    REQUIRE(selected.emplace(member).second);
    return true;
  });
  CHECK(selected == expected);
  size_t taken = 0;
  SelectMembers(sets[0]->view(), {}, {}, Hasher(), [&](std::string_view) { return ++taken < 5; });
  CHECK(taken == std::min<size_t>(models[0].size(), 5));
}

TEST_CASE("a scan of a table set returns what stays, whatever comes and goes") {
  HashSet set(Hasher());
  for (int i = 0; i < 3'000; ++i) set.Add("stays:" + std::to_string(i));
  std::set<std::string> seen;
  uint64_t cursor = 0;
  int round = 0;
  do {
    cursor = set.table().Scan(cursor, 10,
                              [&](void* element) { seen.emplace(ReadElementText(element)); });
    for (int i = 0; i < 20; ++i) set.Add("comes:" + std::to_string(round * 20 + i));
    if (round % 3 == 0) {
      for (int i = 0; i < 40; ++i) set.Remove("comes:" + std::to_string(round * 10 + i));
    }
    ++round;
  } while (cursor != 0);
  for (int i = 0; i < 3'000; ++i) REQUIRE(seen.contains("stays:" + std::to_string(i)));
}

TEST_CASE("a copy of a table set is one of its own, and its memory is told") {
  HashSet set(Hasher());
  for (int i = 0; i < 1'000; ++i) set.Add("member:" + std::to_string(i));
  const std::unique_ptr<HashSet> clone = set.Clone();
  HashSet& copy = *clone;
  set.Remove("member:7");
  CHECK(copy.Has("member:7"));
  CHECK(copy.size() == 1'000);
  CHECK(copy.memory_bytes() > 1'000 * 20);
  CHECK(copy.memory_bytes() < 1'000 * 60);
  CHECK(copy.free_effort() > 5);
}

TEST_CASE("members of any length keep their bytes") {
  HashSet set(Hasher());
  for (const size_t length : {0, 1, 253, 254, 255, 256, 5'000}) {
    std::string member(length, 'x');
    CHECK(set.Add(member));
    CHECK_FALSE(set.Add(member));
  }
  size_t total = 0;
  set.ForEach([&](std::string_view member) {
    total += member.size();
    return true;
  });
  CHECK(total == 0 + 1 + 253 + 254 + 255 + 256 + 5'000);
  CHECK(set.Remove(std::string(255, 'x')));
  CHECK_FALSE(set.Has(std::string(255, 'x')));
}

}  // namespace
}  // namespace gotthard
