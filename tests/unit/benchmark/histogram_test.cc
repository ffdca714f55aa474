// The histogram says what was recorded, to within a sixty-fourth.
#include "benchmark/histogram.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <memory>
#include <vector>

#include "benchmark/random.h"

using gotthard::bench::Histogram;
using gotthard::bench::Random;
using gotthard::bench::Scatter;
using gotthard::bench::Zipf;

TEST_CASE("an empty histogram reports zeros") {
  const auto h = std::make_unique<Histogram>();
  CHECK(h->count() == 0);
  CHECK(h->min() == 0);
  CHECK(h->max() == 0);
  CHECK(h->mean() == 0);
  CHECK(h->Percentile(99) == 0);
}

TEST_CASE("small values are exact") {
  Histogram h;
  for (uint64_t value = 1; value <= 100; ++value) h.Record(value);
  CHECK(h.Percentile(0) == 1);
  CHECK(h.Percentile(50) == 50);
  CHECK(h.Percentile(99) == 99);
  CHECK(h.Percentile(99.9) == 100);
  CHECK(h.Percentile(100) == 100);
  CHECK(h.mean() == Approx(50.5));
}

TEST_CASE("any value is reported from itself to a sixty-fourth above") {
  for (int bit = 0; bit < 64; ++bit) {
    for (const int64_t offset : {-1, 0, 1}) {
      const uint64_t value = (uint64_t{1} << bit) + static_cast<uint64_t>(offset);
      INFO("value " << value);
      Histogram h;
      h.Record(value);
      h.Record(UINT64_MAX);
      CHECK(h.Percentile(50) >= value);
      CHECK(h.Percentile(50) - value <= value / 64);
      CHECK(h.min() == value);
      CHECK(h.max() == UINT64_MAX);
      CHECK(h.Percentile(100) == UINT64_MAX);
    }
  }
}

TEST_CASE("percentiles of many values agree with the sorted list, merged or not") {
  Random random(20240117);
  std::vector<uint64_t> values;
  Histogram whole;
  Histogram left;
  Histogram right;
  for (int i = 0; i < 50'000; ++i) {
    const uint64_t value = random.Next() >> random.Below(60);
    values.push_back(value);
    whole.Record(value);
    (i % 3 == 0 ? left : right).Record(value);
  }
  left.Merge(right);
  std::sort(values.begin(), values.end());
  CHECK(left.count() == values.size());
  CHECK(left.min() == values.front());
  CHECK(left.max() == values.back());
  for (const double percent : {1.0, 50.0, 90.0, 99.0, 99.9, 99.99}) {
    const auto rank = static_cast<size_t>(std::ceil(percent / 100 * 50'000)) - 1;
    INFO("percentile " << percent);
    CHECK(whole.Percentile(percent) >= values[rank]);
    CHECK(whole.Percentile(percent) - values[rank] <= values[rank] / 64);
    CHECK(left.Percentile(percent) == whole.Percentile(percent));
  }
}

TEST_CASE("zipf draws ranks in proportion to 1/rank^exponent") {
  const double exponent = GENERATE(0.5, 0.99, 1.0, 1.5);
  constexpr uint64_t kRanks = 1000;
  constexpr int kDraws = 400'000;
  const Zipf zipf(kRanks, exponent);
  Random random(7);
  std::vector<double> seen(kRanks);
  for (int i = 0; i < kDraws; ++i) {
    const uint64_t rank = zipf.Next(random);
    REQUIRE(rank < kRanks);
    ++seen[rank];
  }
  double total = 0;
  for (uint64_t k = 1; k <= kRanks; ++k) total += std::pow(static_cast<double>(k), -exponent);
  for (const uint64_t rank : {0, 1, 2, 9, 50}) {
    const double expected = kDraws * std::pow(static_cast<double>(rank + 1), -exponent) / total;
    INFO("exponent " << exponent << " rank " << rank);
    // Six standard deviations: the seed is fixed, so this is not a matter of luck.
    CHECK(std::fabs(seen[rank] - expected) <= 6 * std::sqrt(expected));
  }
}

TEST_CASE("scatter moves every rank to a place of its own") {
  for (const uint64_t n : {1, 2, 3, 10, 97, 1000, 4096}) {
    const Scatter scatter(n);
    std::vector<bool> taken(n);
    for (uint64_t rank = 0; rank < n; ++rank) {
      const uint64_t place = scatter(rank);
      REQUIRE(place < n);
      REQUIRE_FALSE(taken[place]);
      taken[place] = true;
    }
  }
}

TEST_CASE("records up to a value are counted by whole buckets") {
  Histogram h;
  for (uint64_t value = 1; value <= 100; ++value) h.Record(value);
  h.Record(1'000'000);
  CHECK(h.CountUpTo(0) == 0);
  CHECK(h.CountUpTo(50) == 50);
  CHECK(h.CountUpTo(999'999) == 100);
  CHECK(h.CountUpTo(1'000'000) == 101);
  CHECK(h.CountUpTo(UINT64_MAX) == 101);
}
