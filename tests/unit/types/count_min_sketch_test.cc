// Count-Min sketch: never below the truth, and within the promised error above it.
#include "types/count_min_sketch.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <string>
#include <vector>

#include "base/random.h"

using namespace gotthard;

namespace {

std::string Item(uint64_t i) {
  return "item:" + std::to_string(i);
}

}  // namespace

TEST_CASE("Over a million counts the estimates keep the promised bound") {
  constexpr double kError = 0.001;
  constexpr double kProbability = 0.01;
  const auto sketch = CountMinSketch::Make(CountMinSketch::DimensionsFor(kError, kProbability));
  CHECK(sketch->width() == 2000);
  CHECK(sketch->depth() == 7);
  Random random(1);
  std::vector<uint64_t> truth(50000);
  for (int i = 0; i < 1000000; ++i) {
    // A long tail: half of all counts go to a hundredth of the items.
    const uint64_t item = random.Below(2) == 0 ? random.Below(500) : random.Below(truth.size());
    ++truth[item];
    sketch->Add(Item(item), 1);
  }
  CHECK(sketch->total() == 1000000);
  uint64_t below = 0;
  uint64_t beyond = 0;
  for (uint64_t i = 0; i < truth.size(); ++i) {
    const uint64_t estimate = sketch->Estimate(Item(i));
    below += estimate < truth[i];
    beyond += static_cast<double>(estimate - truth[i]) > kError * 1e6;
  }
  CHECK(below == 0);
  CHECK(static_cast<double>(beyond) / static_cast<double>(truth.size()) < kProbability);
}

TEST_CASE("Counters end at their limit instead of starting over") {
  const auto sketch = CountMinSketch::Make({10, 2});
  CHECK(sketch->Add("a", 4294967290) == 4294967290);
  CHECK(sketch->Add("a", 100) == CountMinSketch::kMaxCount);
  CHECK(sketch->Estimate("a") == CountMinSketch::kMaxCount);
}

TEST_CASE("A merge is the weighted sum, or nothing") {
  const auto a = CountMinSketch::Make({100, 4});
  const auto b = CountMinSketch::Make({100, 4});
  a->Add("x", 3);
  b->Add("x", 4);
  b->Add("y", 5);
  CHECK(a->Merge(std::vector<CountMinSketch::Weighted>{{a.get(), 2}, {b.get(), 3}}));
  CHECK(a->Estimate("x") == 18);
  CHECK(a->Estimate("y") == 15);
  CHECK(a->total() == 33);
  const std::string before = a->Serialise();
  CHECK_FALSE(a->Merge(std::vector<CountMinSketch::Weighted>{{b.get(), -1}}));
  CHECK_FALSE(a->Merge(std::vector<CountMinSketch::Weighted>{{b.get(), INT64_MAX}}));
  CHECK(a->Serialise() == before);
}

TEST_CASE("A Count-Min sketch comes back from its bytes, and damaged ones are refused") {
  const auto sketch = CountMinSketch::Make({20, 3});
  for (uint64_t i = 0; i < 100; ++i) sketch->Add(Item(i), i);
  const std::string bytes = sketch->Serialise();
  const auto parsed = CountMinSketch::Parse(bytes);
  REQUIRE(parsed != nullptr);
  CHECK(parsed->Serialise() == bytes);
  CHECK(sketch->Clone()->Serialise() == bytes);
  for (size_t size = 0; size < bytes.size(); ++size) {
    REQUIRE(CountMinSketch::Parse(std::string_view(bytes).substr(0, size)) == nullptr);
  }
  CHECK(CountMinSketch::Parse(bytes + "x") == nullptr);
  std::string damaged = bytes;
  damaged[0] = 21;
  CHECK(CountMinSketch::Parse(damaged) == nullptr);
  CHECK(CountMinSketch::Make({uint64_t{1} << 40, uint64_t{1} << 40}) == nullptr);
}
