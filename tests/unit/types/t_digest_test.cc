// t-digest: exact while numbers are few, close in the middle and closer at the ends when many.
#include "types/t_digest.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <string>
#include <vector>

#include "base/random.h"

using namespace gotthard;

TEST_CASE("Few numbers are answered exactly") {
  TDigest digest(100);
  for (int n = 1; n <= 5; ++n) {
    for (int i = 0; i < n; ++i) digest.Add(n);
  }
  const double quantiles[] = {1, 2, 3, 3, 4, 4, 4, 5, 5, 5, 5};
  for (int i = 0; i <= 10; ++i) CHECK(digest.Quantile(i / 10.0) == quantiles[i]);
  const double shares[] = {0, 0.5 / 15, 2.0 / 15, 4.5 / 15, 8.0 / 15, 12.5 / 15, 1};
  for (int i = 0; i <= 6; ++i) CHECK(digest.Cdf(i) == Approx(shares[i]));
  CHECK(digest.min() == 1);
  CHECK(digest.max() == 5);
  CHECK(digest.TrimmedMean(0, 1) == Approx(55.0 / 15));
  CHECK(digest.TrimmedMean(0.8, 1) == Approx(5));
  CHECK(digest.observations() == 15);
}

TEST_CASE("An empty digest answers nothing") {
  TDigest digest(100);
  CHECK(std::isnan(digest.min()));
  CHECK(std::isnan(digest.max()));
  CHECK(std::isnan(digest.Quantile(0.5)));
  CHECK(std::isnan(digest.Cdf(1)));
  CHECK(std::isnan(digest.TrimmedMean(0, 1)));
  digest.Add(1);
  digest.Reset();
  CHECK(digest.observations() == 0);
  CHECK(std::isnan(digest.min()));
}

TEST_CASE("A million numbers of three distributions: quantiles and ranks are close") {
  Random random(7);
  for (int distribution = 0; distribution < 3; ++distribution) {
    TDigest digest(100);
    std::vector<double> numbers(1000000);
    for (double& number : numbers) {
      const double unit = random.NextUnit();
      number = distribution == 0   ? unit
               : distribution == 1 ? -std::log(1 - unit)
                                   : 1 / (unit + 1e-4);
      digest.Add(number);
    }
    std::sort(numbers.begin(), numbers.end());
    CHECK(digest.observations() == 1e6);
    CHECK(digest.merged_nodes() + digest.waiting_nodes() <= digest.capacity());
    for (const double q : {0.0001, 0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 0.9999}) {
      const double answer = digest.Quantile(q);
      const auto rank = static_cast<double>(
          std::lower_bound(numbers.begin(), numbers.end(), answer) - numbers.begin());
      // A centroid holds q (1 - q) 2 pi ln(n) / compression of all; half of that is the most an
      // interpolation inside of it can miss.
      const double bound = q * (1 - q) * M_PI * std::log(1e6) / 100 + 1e-5;
      INFO("distribution " << distribution << " q " << q);
      CHECK(std::abs(rank / 1e6 - q) < bound);
      CHECK(std::abs(digest.Cdf(numbers[static_cast<size_t>(q * 1e6)]) - q) < bound);
    }
    CHECK(digest.min() == numbers.front());
    CHECK(digest.max() == numbers.back());
    CHECK(digest.Quantile(0) == numbers.front());
    CHECK(digest.Quantile(1) == numbers.back());
    double sum = 0;
    for (size_t i = 100000; i < 900000; ++i) sum += numbers[i];
    CHECK(digest.TrimmedMean(0.1, 0.9) == Approx(sum / 800000).epsilon(0.01));
  }
}

TEST_CASE("Digests that are merged answer like one that saw everything") {
  Random random(8);
  TDigest whole(200);
  TDigest merged(200);
  for (int part = 0; part < 10; ++part) {
    TDigest one(200);
    for (int i = 0; i < 20000; ++i) {
      const double number = random.NextUnit() + part;
      one.Add(number);
      whole.Add(number);
    }
    merged.Merge(one);
  }
  CHECK(merged.observations() == whole.observations());
  for (const double q : {0.01, 0.3, 0.5, 0.99}) {
    CHECK(merged.Quantile(q) == Approx(whole.Quantile(q)).epsilon(0.02));
  }
  merged.Merge(merged);
  CHECK(merged.observations() == 400000);
}

TEST_CASE("Sorted, equal and extreme numbers keep the digest within its room") {
  TDigest digest(1);
  for (int i = 0; i < 10000; ++i) digest.Add(i);
  CHECK(digest.merged_nodes() + digest.waiting_nodes() <= digest.capacity());
  TDigest extreme(10);
  for (int i = 0; i < 10000; ++i) extreme.Add(i % 2 == 0 ? 1.7e308 : -1.7e308);
  CHECK(std::isfinite(extreme.Quantile(0.5)));
  CHECK(extreme.min() == -1.7e308);
  TDigest equal(100);
  for (int i = 0; i < 10000; ++i) equal.Add(42);
  CHECK(equal.Quantile(0.3) == 42);
  CHECK(equal.Cdf(42) == 0.5);
}

TEST_CASE("A t-digest comes back from its bytes; damaged ones are refused or harmless") {
  Random random(9);
  TDigest digest(50);
  CHECK(TDigest::Parse(digest.Serialise()) != nullptr);
  for (int i = 0; i < 3000; ++i) digest.Add(random.NextUnit());
  const std::string bytes = digest.Serialise();
  const auto parsed = TDigest::Parse(bytes);
  REQUIRE(parsed != nullptr);
  CHECK(parsed->Serialise() == bytes);
  for (size_t size = 0; size < bytes.size(); ++size) {
    REQUIRE(TDigest::Parse(std::string_view(bytes).substr(0, size)) == nullptr);
  }
  for (int round = 0; round < 20000; ++round) {
    std::string damaged = bytes;
    damaged[random.Below(damaged.size())] = static_cast<char>(random.Next());
    if (const auto survivor = TDigest::Parse(damaged)) {
      survivor->Add(0.5);
      survivor->Quantile(0.5);
      survivor->Cdf(0.5);
    }
  }
}
