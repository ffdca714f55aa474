#include "types/score_tree.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "types/arena.h"

namespace gotthard {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// A sorted vector of (score, member), which is what the tree promises to behave like.
using Pair = std::pair<double, std::string>;

class Fixture {
 public:
  Fixture() = default;
  ~Fixture() {
    for (ZsetElement* element : elements) Free(element);
    tree.Clear();
    CHECK(tree.bytes() == 0);
    CHECK(arena.used_bytes() == 0);
  }
  Fixture(const Fixture&) = delete;
  Fixture& operator=(const Fixture&) = delete;

  void Insert(double score, const std::string& member) {
    ZsetElement* element =
        ZsetElement::Make(arena.Allocate(ZsetElement::SizeFor(member.size())), score, member);
    tree.Insert(element);
    const auto at = std::lower_bound(elements.begin(), elements.end(), element, Less);
    elements.insert(at, element);
  }
  void EraseAt(size_t rank) {
    ZsetElement* element = elements[rank];
    tree.Erase(element);
    elements.erase(elements.begin() + static_cast<std::ptrdiff_t>(rank));
    Free(element);
  }
  void SetScoreAt(size_t rank, double score) {
    ZsetElement* element = elements[rank];
    tree.SetScore(element, score);
    elements.erase(elements.begin() + static_cast<std::ptrdiff_t>(rank));
    elements.insert(std::lower_bound(elements.begin(), elements.end(), element, Less), element);
  }
  static bool Less(const ZsetElement* a, const ZsetElement* b) {
    return a->score() != b->score() ? a->score() < b->score() : a->member() < b->member();
  }
  void Free(ZsetElement* element) { arena.Free(element, element->size_bytes()); }

  void CheckEqualsModel() const {
    REQUIRE(tree.IsSound());
    REQUIRE(tree.size() == elements.size());
    size_t rank = 0;
    for (auto at = tree.First(); at; at.Next()) REQUIRE(at.get() == elements[rank++]);
    REQUIRE(rank == elements.size());
    for (auto at = tree.Last(); at; at.Previous()) REQUIRE(at.get() == elements[--rank]);
    REQUIRE(rank == 0);
  }
  void CheckRank(size_t rank) const {
    REQUIRE(tree.At(rank).get() == elements[rank]);
    REQUIRE(tree.RankOf(*elements[rank]) == rank);
    auto above = tree.Find(ScoreBound::Above(elements[rank]->score(), elements[rank]->member()));
    REQUIRE(above.rank == rank + 1);
    REQUIRE(static_cast<bool>(above.position) == (rank + 1 < elements.size()));
    if (above.position) REQUIRE(above.position.get() == elements[rank + 1]);
  }
  void CheckScore(double score) const {
    const auto below = std::partition_point(elements.begin(), elements.end(),
                                            [&](auto* e) { return e->score() < score; });
    const auto above = std::partition_point(elements.begin(), elements.end(),
                                            [&](auto* e) { return e->score() <= score; });
    CheckFound(tree.Find(ScoreBound::BelowScore(score)), below);
    CheckFound(tree.Find(ScoreBound::AboveScore(score)), above);
  }
  // REQUIRES: all scores are equal.
  void CheckMember(const std::string& member) const {
    const auto below = std::partition_point(elements.begin(), elements.end(),
                                            [&](auto* e) { return e->member() < member; });
    const auto above = std::partition_point(elements.begin(), elements.end(),
                                            [&](auto* e) { return e->member() <= member; });
    CheckFound(tree.Find(ScoreBound::BelowMember(member)), below);
    CheckFound(tree.Find(ScoreBound::AboveMember(member)), above);
  }
  void CheckFound(const ScoreTree::Found& found,
                  std::vector<ZsetElement*>::const_iterator expected) const {
    REQUIRE(found.rank == static_cast<size_t>(expected - elements.begin()));
    REQUIRE(static_cast<bool>(found.position) == (expected != elements.end()));
    if (found.position) REQUIRE(found.position.get() == *expected);
  }

  Arena arena;
  ScoreTree tree;
  std::vector<ZsetElement*> elements;
};

// How the scores of a run are drawn.
struct ScoreCase {
  const char* name;
  double (*draw)(Random& random, uint64_t number);
};
constexpr ScoreCase kScoreCases[] = {
    {"spread", [](Random& random, uint64_t) { return random.NextUnit() * 1e6 - 5e5; }},
    {"few", [](Random& random, uint64_t) { return static_cast<double>(random.Below(10)) - 5; }},
    {"equal", [](Random&, uint64_t) { return 7.0; }},
    {"ascending", [](Random&, uint64_t number) { return static_cast<double>(number); }},
    {"descending", [](Random&, uint64_t number) { return -static_cast<double>(number); }},
    {"all magnitudes",
     [](Random& random, uint64_t) {
       const double value =
           std::ldexp(random.NextUnit(), static_cast<int>(random.Below(2000)) - 1000);
       return random.Below(2) == 0 ? value : -value;
     }},
    {"special",
     [](Random& random, uint64_t) {
       constexpr double kSpecial[] = {-kInfinity, -1, -0.0, 0.0, 5e-324, 1, kInfinity};
       return kSpecial[random.Below(std::size(kSpecial))];
     }},
};

TEST_CASE("a score tree behaves like a sorted vector, whatever the scores") {
  constexpr uint64_t kSeed = 5;
  constexpr size_t kOperations = 24'000;
  for (const ScoreCase& with : kScoreCases) {
    INFO(with.name << ", seed " << kSeed);
    Random random(kSeed);
    Fixture fixture;
    const bool equal = std::string_view(with.name) == "equal";
    for (uint64_t i = 0; i < kOperations; ++i) {
      const size_t size = fixture.elements.size();
      // Fills, empties to a part, fills again, empties.
      const bool filling = (i / (kOperations / 4)) % 2 == 0;
      const uint64_t choice = random.Below(10);
      if (size == 0 || choice < (filling ? 7u : 1u)) {
        fixture.Insert(with.draw(random, i),
                       "m" + std::to_string(random.Below(1000) * 100'000 + i));
      } else if (choice < 8) {
        // At random, at the front, at the back.
        const uint64_t where = random.Below(4);
        fixture.EraseAt(where == 0 ? 0 : where == 1 ? size - 1 : random.Below(size));
      } else {
        fixture.SetScoreAt(random.Below(size), with.draw(random, i));
      }
      if (fixture.elements.empty()) continue;
      fixture.CheckRank(random.Below(fixture.elements.size()));
      fixture.CheckScore(with.draw(random, random.Below(i + 1)));
      if (equal) fixture.CheckMember("m" + std::to_string(random.Below(100'000'000)));
      if (i % 1000 == 0) fixture.CheckEqualsModel();
    }
    fixture.CheckEqualsModel();
    while (!fixture.elements.empty()) fixture.EraseAt(random.Below(fixture.elements.size()));
    fixture.CheckEqualsModel();
  }
}

TEST_CASE("small changes of a score keep an element in place, great ones move it") {
  Random random(3);
  Fixture fixture;
  for (int i = 0; i < 2000; ++i) fixture.Insert(i, "m" + std::to_string(i));
  for (int i = 0; i < 20'000; ++i) {
    const size_t rank = random.Below(2000);
    const double score = fixture.elements[rank]->score();
    fixture.SetScoreAt(rank, score + (random.NextUnit() - 0.5) * (i % 100 == 0 ? 1000 : 2));
    fixture.CheckRank(rank);
  }
  fixture.CheckEqualsModel();
}

TEST_CASE("elements that come in order fill the leaves, random ones two thirds of them") {
  const auto bytes_per_element = [](double (*draw)(Random&, uint64_t)) {
    Arena arena;
    ScoreTree tree;
    Random random(1);
    constexpr uint64_t kElements = 100'000;
    for (uint64_t i = 0; i < kElements; ++i) {
      const std::string member = std::to_string(i);
      tree.Insert(ZsetElement::Make(arena.Allocate(ZsetElement::SizeFor(member.size())),
                                    draw(random, i), member));
    }
    CHECK(tree.IsSound());
    return static_cast<double>(tree.bytes()) / kElements;
  };
  CHECK(bytes_per_element(kScoreCases[3].draw) < 9.5);
  CHECK(bytes_per_element(kScoreCases[4].draw) < 9.5);
  CHECK(bytes_per_element(kScoreCases[0].draw) < 14.5);
}

TEST_CASE("members of every length come back, and lie where the layout says") {
  Arena arena;
  for (const size_t length : {0u, 1u, 17u, 254u, 255u, 256u, 70'000u}) {
    const std::string member(length, 'x');
    const size_t size = ZsetElement::SizeFor(length);
    CHECK(size == 9 + length + (length < 255 ? 0 : 4));
    ZsetElement* element = ZsetElement::Make(arena.Allocate(size), -1.5, member);
    CHECK(element->member() == member);
    CHECK(element->score() == -1.5);
    CHECK(element->size_bytes() == size);
    arena.Free(element, size);
  }
  CHECK(Arena::ClassBytes(ZsetElement::SizeFor(17)) == 32);
}

TEST_CASE("scores keep their order as integers") {
  const std::vector<double> ordered = {-kInfinity, -1e300, -2,  -1,     -5e-324,
                                       0,          5e-324, 1.5, 1e-300, kInfinity};
  std::vector<double> sorted = ordered;
  std::sort(sorted.begin(), sorted.end());
  for (size_t i = 1; i < sorted.size(); ++i) CHECK(ScoreKey(sorted[i - 1]) < ScoreKey(sorted[i]));
  CHECK(ScoreKey(-0.0) == ScoreKey(0.0));
}

}  // namespace
}  // namespace gotthard
