#include "types/table.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "types/stepwise_copy.h"

namespace gotthard {
namespace {

struct Element {
  uint64_t id;
  uint64_t hash;
};

uint64_t HashOf(const void* element, const void* /*context*/) {
  return static_cast<const Element*>(element)->hash;
}

uint64_t Mix(uint64_t id) {
  return Random(id).Next();
}

// How tests make hashes: good ones, and bad ones whose bits agree in places that matter.
struct HashCase {
  const char* name;
  uint64_t (*hash)(uint64_t id);
  size_t elements;
};
constexpr HashCase kHashCases[] = {
    {"good", [](uint64_t id) { return Mix(id); }, 60'000},
    {"top 20 bits zero", [](uint64_t id) { return Mix(id) >> 20; }, 3'000},
    {"top 10 bits one", [](uint64_t id) { return Mix(id) | uint64_t{0x3ff} << 54; }, 5'000},
    {"few distinct homes", [](uint64_t id) { return Mix(id) & 0xff0000000000ffff; }, 5'000},
    {"few distinct tags", [](uint64_t id) { return Mix(id) & ~uint64_t{0x7e}; }, 20'000},
    {"sixteen hashes in all", [](uint64_t id) { return Mix(id) << 60; }, 1'500},
    {"all the same", [](uint64_t) { return uint64_t{0x123456789abcdef0}; }, 600},
    {"counting up", [](uint64_t id) { return id; }, 3'000},
    {"counting up from the top", [](uint64_t id) { return id << 40; }, 20'000},
};

class Fixture {
 public:
  explicit Fixture(uint64_t (*hash)(uint64_t)) : hash_(hash), table(&arena, HashOf, nullptr) {}

  Table::Position Find(uint64_t id) {
    return table.Find(hash_(id), [&](const void* element) {
      return static_cast<const Element*>(element)->id == id;
    });
  }
  bool Has(uint64_t id) { return Find(id).slot != nullptr; }
  void Insert(uint64_t id) {
    auto [at, fresh] = model.emplace(id, std::make_unique<Element>(Element{id, hash_(id)}));
    REQUIRE(fresh);
    const Table::Position position = table.Insert(at->second->hash, at->second.get());
    REQUIRE(Table::ElementAt(*position.slot) == at->second.get());
  }
  void Erase(uint64_t id) {
    const Table::Position position = Find(id);
    REQUIRE(position.slot != nullptr);
    table.Erase(position);
    model.erase(id);
  }
  void CheckEqualsModel() {
    REQUIRE(table.size() == model.size());
    std::unordered_set<uint64_t> seen;
    table.ForEach([&](void* element) {
      const bool fresh = seen.insert(static_cast<Element*>(element)->id).second;
      REQUIRE(fresh);
    });
    REQUIRE(seen.size() == model.size());
    for (const auto& [id, element] : model) {
      REQUIRE(seen.count(id) == 1);
      REQUIRE(Has(id));
    }
  }

  uint64_t (*hash_)(uint64_t);
  Arena arena;
  Table table;
  std::unordered_map<uint64_t, std::unique_ptr<Element>> model;
};

TEST_CASE("a table behaves like a map, with good hashes and bad ones") {
  constexpr uint64_t kSeed = 11;
  for (const HashCase& with : kHashCases) {
    INFO(with.name << ", seed " << kSeed);
    Random random(kSeed);
    Fixture fixture(with.hash);
    const size_t space = with.elements;
    for (size_t i = 0; i < with.elements * 5; ++i) {
      const uint64_t id = random.Below(space);
      // Fills, empties to a tenth, fills again, empties.
      const bool filling = (i / with.elements) % 2 == 0;
      const bool is_there = fixture.model.count(id) != 0;
      REQUIRE(fixture.Has(id) == is_there);
      if (!is_there && random.Below(10) < (filling ? 9u : 1u)) fixture.Insert(id);
      if (is_there && random.Below(10) < (filling ? 1u : 9u)) fixture.Erase(id);
      if (i % (with.elements * 5 / 7) == 0) fixture.CheckEqualsModel();
    }
    fixture.CheckEqualsModel();
    while (!fixture.model.empty()) fixture.Erase(fixture.model.begin()->first);
    fixture.CheckEqualsModel();
    CHECK(fixture.table.segments() == 0);
    CHECK(fixture.table.bytes() <= 64);
    CHECK(fixture.arena.used_bytes() == 0);
  }
}

TEST_CASE("the longest insert or erase rebuilds one segment and copies three, whatever the size") {
  Fixture fixture(Mix);
  uint64_t longest = 0;
  uint64_t longest_directory = 0;
  const auto measured = [&](const std::function<void()>& operation) {
    const uint64_t slots = fixture.table.slots_moved();
    const uint64_t words = fixture.table.directory_words_moved();
    operation();
    longest = std::max(longest, fixture.table.slots_moved() - slots);
    longest_directory = std::max(longest_directory, fixture.table.directory_words_moved() - words);
  };
  for (uint64_t id = 0; id < 400'000; ++id) measured([&] { fixture.Insert(id); });
  CHECK(longest > 300);  // there were splits
  CHECK(longest <= 4 * Table::kSlots * 31);
  // The directory stays in proportion: well below one word per 50 elements.
  CHECK(longest_directory <= 400'000 / 50);
  CHECK(fixture.table.size() * 100 / fixture.table.capacity() >= 72);
  longest = 0;
  for (uint64_t id = 0; id < 400'000; ++id) measured([&] { fixture.Erase(id); });
  CHECK(longest <= 4 * Table::kSlots * 31);
  CHECK(fixture.table.segments() == 0);
}

TEST_CASE("elements that come in the order of their hashes make no segment that is long to split") {
  // As when a table is filled from another one's walk.
  Fixture fixture([](uint64_t id) { return id * 0x0000'0400'0000'0000 + (id & 0x7f); });
  const uint64_t count = uint64_t{1} << 22;
  uint64_t longest = 0;
  uint64_t longest_directory = 0;
  for (uint64_t id = 0; id < count / 8; ++id) {
    const uint64_t slots = fixture.table.slots_moved();
    const uint64_t words = fixture.table.directory_words_moved();
    fixture.Insert(id);
    longest = std::max(longest, fixture.table.slots_moved() - slots);
    longest_directory = std::max(longest_directory, fixture.table.directory_words_moved() - words);
  }
  // The first segment that is full splits a dozen times in a row, later ones now and then.
  CHECK(longest <= 14 * Table::kSlots * 31);
  CHECK(longest_directory <= 2 * 16'384);
  CHECK(fixture.table.size() * 100 / fixture.table.capacity() >= 72);
}

TEST_CASE("a segment that cannot become larger splits, however much the directory grows") {
  // As many as one segment may hold, all alike in the first 17 bits.
  Fixture fixture([](uint64_t id) { return (id * 0x9e37'79b9'7f4a'7c15) >> 17; });
  for (uint64_t id = 0; id < 60'000; ++id) fixture.Insert(id);
  fixture.CheckEqualsModel();
}

// Copies step by step; `steps` at most, of which some may be left over: then false.
bool CopyInSteps(Fixture& from, Fixture& to, size_t steps) {
  TableCopySteps copying(from.table, to.table);
  for (size_t i = 0; i < steps; ++i) {
    const bool done = copying.Step([&](const void* element, size_t* bytes) -> void* {
      *bytes += 1000;  // more than a step takes from a segment of 65
      const auto& original = *static_cast<const Element*>(element);
      auto [at, fresh] = to.model.emplace(original.id, std::make_unique<Element>(original));
      REQUIRE(fresh);
      return at->second.get();
    });
    if (done) return true;
  }
  return false;
}

TEST_CASE("a copied table is as good as the first, with good hashes and bad ones") {
  Random random(5);
  for (const HashCase& with : kHashCases) {
    INFO(with.name);
    Fixture from(with.hash);
    for (uint64_t id = 0; id < with.elements; ++id) from.Insert(id);
    // So that overflow counts, thin segments and holes are copied, too.
    for (uint64_t id = 0; id < with.elements; ++id) {
      if (random.Below(3) != 0) from.Erase(id);
    }
    {
      Fixture dropped(with.hash);
      REQUIRE_FALSE(CopyInSteps(from, dropped, random.Below(from.table.segments())));
      dropped.model.clear();
    }
    Fixture to(with.hash);
    REQUIRE(CopyInSteps(from, to, SIZE_MAX));
    to.CheckEqualsModel();
    CHECK(to.model.size() == from.model.size());
    CHECK(to.table.bytes() == from.table.bytes());
    CHECK(to.table.segments() == from.table.segments());
    for (uint64_t id = 0; id < with.elements * 2; ++id) {
      const bool is_there = to.Has(id);
      if (is_there && random.Below(2) == 0) to.Erase(id);
      if (!is_there && random.Below(2) == 0) to.Insert(id);
    }
    to.CheckEqualsModel();
    from.CheckEqualsModel();
    while (!to.model.empty()) to.Erase(to.model.begin()->first);
    CHECK(to.table.segments() == 0);
    CHECK(to.table.bytes() <= 64);
    CHECK(to.arena.used_bytes() == 0);
  }
}

TEST_CASE("the copy of an empty table can be filled") {
  Fixture from(Mix);
  for (uint64_t id = 0; id < 5000; ++id) from.Insert(id);
  for (uint64_t id = 0; id < 5000; ++id) from.Erase(id);
  Fixture to(Mix);
  REQUIRE(CopyInSteps(from, to, 1));
  to.CheckEqualsModel();
  for (uint64_t id = 0; id < 5000; ++id) to.Insert(id);
  to.CheckEqualsModel();
}

TEST_CASE("a table that lost most of its elements holds little") {
  Fixture fixture(Mix);
  for (uint64_t id = 0; id < 200'000; ++id) fixture.Insert(id);
  for (uint64_t id = 0; id < 199'000; ++id) fixture.Erase(id);
  CHECK(fixture.table.bytes() <= 1'000 * 40);
  CHECK(fixture.table.depth() <= 6);
}

std::vector<uint64_t> ScanAll(const Table& table, size_t count,
                              const std::function<void()>& between) {
  std::vector<uint64_t> seen;
  uint64_t cursor = 0;
  uint64_t calls = 0;
  do {
    cursor = table.Scan(cursor, count,
                        [&](void* element) { seen.push_back(static_cast<Element*>(element)->id); });
    REQUIRE(cursor < uint64_t{1} << 53);
    REQUIRE(++calls < 10'000'000);
    between();
  } while (cursor != 0);
  return seen;
}

TEST_CASE("a scan of a table at rest sees each element once and honours COUNT closely") {
  for (const HashCase& with : kHashCases) {
    INFO(with.name);
    Fixture fixture(with.hash);
    for (uint64_t id = 0; id < with.elements; ++id) fixture.Insert(id);
    const std::vector<uint64_t> seen = ScanAll(fixture.table, 10, [] {});
    CHECK(seen.size() == with.elements);
    CHECK(std::unordered_set<uint64_t>(seen.begin(), seen.end()).size() == with.elements);
  }
  Fixture fixture(Mix);
  for (uint64_t id = 0; id < 50'000; ++id) fixture.Insert(id);
  uint64_t cursor = 0;
  do {
    size_t got = 0;
    cursor = fixture.table.Scan(cursor, 100, [&](void*) { ++got; });
    CHECK(got < 100 + 40);  // at most the rest of one home group more
    CHECK((cursor == 0 || got >= 100));
  } while (cursor != 0);
}

TEST_CASE("a scan during growth and deletion returns everything that was there throughout") {
  constexpr uint64_t kSeed = 99;
  INFO("seed " << kSeed);
  for (const HashCase& with : kHashCases) {
    for (const int direction : {-1, 0, 1}) {
      INFO(with.name << ", direction " << direction);
      Random random(kSeed);
      Fixture fixture(with.hash);
      // Ids that divide by four stay; the others come and go while the scan runs.
      const uint64_t space = with.elements;
      for (uint64_t id = 0; id < space; ++id) {
        if (id % 4 == 0 || direction == -1) fixture.Insert(id);
      }
      const std::vector<uint64_t> seen = ScanAll(fixture.table, 20, [&] {
        for (int i = 0; i < 200; ++i) {
          const uint64_t id = random.Below(space);
          if (id % 4 == 0) continue;
          const bool is_there = fixture.model.count(id) != 0;
          if (is_there && direction <= 0) fixture.Erase(id);
          if (!is_there && direction >= 0) fixture.Insert(id);
        }
      });
      const std::unordered_set<uint64_t> distinct(seen.begin(), seen.end());
      for (uint64_t id = 0; id < space; id += 4) REQUIRE(distinct.count(id) == 1);
    }
  }
}

TEST_CASE("a cursor nobody gave out is harmless") {
  Fixture fixture(Mix);
  for (uint64_t id = 0; id < 5'000; ++id) fixture.Insert(id);
  for (const uint64_t cursor : {uint64_t{1}, uint64_t{12345}, UINT64_MAX, uint64_t{1} << 47}) {
    size_t got = 0;
    fixture.table.Scan(cursor, 10, [&](void*) { ++got; });
    CHECK(got < 60);
  }
}

// Pearson's statistic of how often each element was drawn.
double ChiSquare(const Table& table, size_t elements, size_t draws, uint64_t seed) {
  Random random(seed);
  std::vector<uint32_t> drawn(elements);
  for (size_t i = 0; i < draws; ++i) {
    const Table::Position position = table.RandomPosition(random);
    ++drawn[static_cast<Element*>(Table::ElementAt(*position.slot))->id];
  }
  const double expected = static_cast<double>(draws) / static_cast<double>(elements);
  double sum = 0;
  for (const uint32_t n : drawn) sum += (n - expected) * (n - expected) / expected;
  return sum;
}

TEST_CASE("random elements are drawn uniformly, also from uneven segments") {
  // Half of the elements crowd in one eighth of the hash range: segments of different depth.
  const auto uneven = [](uint64_t id) { return id % 2 == 0 ? Mix(id) : Mix(id) >> 3; };
  for (uint64_t (*hash)(uint64_t) : {+[](uint64_t id) { return Mix(id); }, +uneven}) {
    Fixture fixture(hash);
    constexpr size_t kElements = 3'000;
    for (uint64_t id = 0; id < kElements; ++id) fixture.Insert(id);
    const double statistic = ChiSquare(fixture.table, kElements, 300'000, 5);
    // Mean 2999, standard deviation 77: six deviations either way.
    CHECK(statistic > 2999 - 6 * 77.5);
    CHECK(statistic < 2999 + 6 * 77.5);
  }
}

TEST_CASE("elements of one segment are visited while being erased") {
  Fixture fixture(Mix);
  for (uint64_t id = 0; id < 20'000; ++id) fixture.Insert(id);
  uint64_t prefix = 0;
  size_t visited = 0;
  do {
    Table::Segment* segment = fixture.table.SegmentAt(prefix);
    prefix = Table::NextPrefix(segment);
    fixture.table.HoldShrinking();
    Table::ForEachInSegment(segment, [&](Table::Position position) {
      ++visited;
      const uint64_t id = static_cast<Element*>(Table::ElementAt(*position.slot))->id;
      if (id % 10 == 0) return;
      fixture.table.Erase(position);
      fixture.model.erase(id);
    });
    fixture.table.ResumeShrinking(segment);
  } while (prefix != 0);
  CHECK(visited >= 20'000);
  CHECK(fixture.table.size() == 2'000);
  fixture.CheckEqualsModel();
}

TEST_CASE("clearing a table gives all segments back, and it can be filled again") {
  Fixture fixture(Mix);
  for (uint64_t id = 0; id < 10'000; ++id) fixture.Insert(id);
  fixture.table.Clear();
  fixture.model.clear();
  CHECK(fixture.arena.used_bytes() == 0);
  fixture.CheckEqualsModel();
  for (uint64_t id = 0; id < 1'000; ++id) fixture.Insert(id);
  fixture.CheckEqualsModel();
}

}  // namespace
}  // namespace gotthard
