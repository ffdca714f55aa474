#include "types/intset.h"

#include <catch2/catch.hpp>
#include <set>
#include <string>
#include <vector>

#include "base/random.h"

namespace gotthard {
namespace {

int64_t RandomValue(Random& random, unsigned widest) {
  const auto bits = static_cast<int64_t>(random.Next());
  return bits >> (64 - 3 - random.Below(widest));
}

TEST_CASE("an intset holds what a set of integers holds, after any edits") {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    Random random(seed);
    HeapPacked packed;
    IntsetClear(packed);
    std::set<int64_t> model;
    const unsigned widest = seed % 3 == 0 ? 10 : seed % 3 == 1 ? 25 : 62;
    for (int step = 0; step < 600; ++step) {
      const int64_t value = RandomValue(random, step < 100 ? 5 : widest);
      switch (random.Below(4)) {
        case 0:
        case 1:
          REQUIRE(IntsetAdd(packed, value) == model.insert(value).second);
          break;
        case 2:
          REQUIRE(IntsetRemove(packed, value) == (model.erase(value) == 1));
          break;
        default:
          if (!model.empty()) {
            const size_t index = random.Below(model.size());
            IntsetRemoveAt(packed, index);
            model.erase(std::next(model.begin(), static_cast<ptrdiff_t>(index)));
          }
      }
      const Intset set(packed.view());
      REQUIRE(set.Count() == model.size());
      REQUIRE(set.Has(value) == (model.count(value) == 1));
      REQUIRE(ValidateIntset(packed.view()));
    }
    const Intset set(packed.view());
    size_t index = 0;
    for (const int64_t value : model) {
      CHECK(set.LowerBound(value) == index);
      CHECK(set.Get(index++) == value);
    }
    CHECK(set.LowerBound(INT64_MAX) == index);
  }
}

TEST_CASE("an intset has the documented bytes, and widens with what it holds") {
  HeapPacked packed;
  IntsetClear(packed);
  CHECK(packed.view() == std::string_view("\2\0\0\0\0\0\0\0", 8));
  IntsetAdd(packed, 3);
  IntsetAdd(packed, -2);
  CHECK(packed.view() == std::string_view("\2\0\0\0\2\0\0\0\xfe\xff\3\0", 12));
  IntsetAdd(packed, -40'000);
  CHECK(packed.view().substr(0, 12) == std::string_view("\4\0\0\0\3\0\0\0\xc0\x63\xff\xff", 12));
  IntsetAdd(packed, INT64_MAX);
  CHECK(Intset(packed.view()).width() == 8);
  IntsetAdd(packed, INT64_MIN);
  CHECK(Intset(packed.view()).Get(0) == INT64_MIN);
  CHECK(Intset(packed.view()).Get(4) == INT64_MAX);
}

TEST_CASE("what is no intset is refused") {
  const auto valid = [](std::string_view bytes) { return ValidateIntset(bytes); };
  CHECK(valid({"\2\0\0\0\2\0\0\0\1\0\3\0", 12}));
  CHECK_FALSE(valid({"\2\0\0\0\2\0\0\0\3\0\3\0", 12}));
  CHECK_FALSE(valid({"\2\0\0\0\2\0\0\0\3\0\1\0", 12}));
  CHECK_FALSE(valid({"\3\0\0\0\2\0\0\0\1\0\3\0", 12}));
  CHECK_FALSE(valid({"\2\0\0\0\3\0\0\0\1\0\3\0", 12}));
  CHECK_FALSE(valid({"\2\0\0\0\2\0\0\0\1\0\3", 11}));
  CHECK_FALSE(valid({"\2\0\0\0\2\0\0\0\1\0\3\0\4", 13}));
  CHECK_FALSE(valid({"\10\0\0\0\1\0\0\40\1\0\0\0\0\0\0\0", 16}));
  CHECK_FALSE(valid({"\2\0\0\0\0\0\0", 7}));
  CHECK_FALSE(valid({}));
}

}  // namespace
}  // namespace gotthard
