// What bits and sketches cost: nanoseconds per item, and GB/s over strings of a megabyte. CPU time
// of this thread; the best of some rounds.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdio>
#include <string>
#include <vector>

#include "base/random.h"
#include "benchmark/micro/measure.h"
#include "types/bits.h"
#include "types/bloom_filter.h"
#include "types/count_min_sketch.h"
#include "types/cuckoo_filter.h"
#include "types/hyperloglog.h"
#include "types/t_digest.h"
#include "types/top_k.h"

namespace gotthard {
namespace {

using micro::Keep;

constexpr size_t kItems = 1000000;

const std::vector<std::string>& Items() {
  static const std::vector<std::string> kAll = [] {
    std::vector<std::string> items(kItems);
    for (size_t i = 0; i < kItems; ++i) items[i] = "item:" + std::to_string(i * 7919 % kItems);
    return items;
  }();
  return kAll;
}

template <typename Work>
double BestNs(int rounds, Work work) {
  double best = 1e18;
  for (int round = 0; round < rounds; ++round) {
    const double begin = micro::ThreadNs();
    work();
    best = std::min(best, micro::ThreadNs() - begin);
  }
  return best;
}

template <typename Work>
void PerItem(const char* name, Work work) {
  const double ns = BestNs(1, work) / kItems;
  std::printf("%-40s %7.1f ns %7.2f M/s\n", name, ns, 1e3 / ns);
}

std::string RandomString(size_t size) {
  Random random(1);
  std::string bytes(size, '\0');
  for (char& c : bytes) c = static_cast<char>(random.Next());
  return bytes;
}

}  // namespace

TEST_CASE("sketches: a million items of eleven bytes", "[sketch]") {
  Items();
  const auto bloom = BloomFilter::Make({.error_rate = 0.01, .capacity = kItems});
  PerItem("BloomFilter::Add, 1 %", [&] {
    for (const auto& i : Items()) Keep(bloom->Add(i));
  });
  PerItem("BloomFilter::Contains, present", [&] {
    for (const auto& i : Items()) Keep(bloom->Contains(i));
  });
  const auto grown = BloomFilter::Make({.error_rate = 0.01, .capacity = 100});
  PerItem("BloomFilter::Add, from 100, 14 layers", [&] {
    for (const auto& i : Items()) Keep(grown->Add(i));
  });
  PerItem("BloomFilter::Contains, 14 layers", [&] {
    for (const auto& i : Items()) Keep(grown->Contains(i));
  });
  const auto cuckoo = CuckooFilter::Make({.capacity = 2 * kItems});
  PerItem("CuckooFilter::Add", [&] {
    for (const auto& i : Items()) Keep(cuckoo->Add(i));
  });
  PerItem("CuckooFilter::Contains", [&] {
    for (const auto& i : Items()) Keep(cuckoo->Contains(i));
  });
  const auto counts = CountMinSketch::Make({2000, 7});
  PerItem("CountMinSketch::Add, 2000 x 7", [&] {
    for (const auto& i : Items()) Keep(counts->Add(i, 1));
  });
  const auto top = TopK::Make({.k = 50, .width = 2000, .depth = 7, .decay = 0.9});
  PerItem("TopK::Add, 50 of 2000 x 7", [&] {
    for (const auto& i : Items()) Keep(top->Add(i, 1));
  });
  TDigest digest(100);
  Random random(2);
  PerItem("TDigest::Add", [&] {
    for (size_t i = 0; i < kItems; ++i) digest.Add(random.NextUnit());
  });
  std::string value = hyperloglog::Empty();
  hyperloglog::MakeDense(value);
  PerItem("hyperloglog::AddDense", [&] {
    for (const auto& i : Items()) Keep(hyperloglog::AddDense(value.data(), i));
  });
  std::printf("%-40s %7.2f us\n", "hyperloglog::Count, dense",
              BestNs(1000, [&] { Keep(hyperloglog::Count(value)); }) / 1e3);
}

TEST_CASE("bits: strings of a megabyte", "[bits]") {
  const std::string a = RandomString(1 << 20);
  const std::string b = RandomString(1 << 20);
  std::string out(1 << 20, '\0');
  const std::string_view both[] = {a, b};
  const auto rate = [&](const char* name, auto work) {
    const double ns = BestNs(200, work);
    std::printf("%-40s %7.1f us %7.2f GB/s\n", name, ns / 1e3, static_cast<double>(a.size()) / ns);
  };
  rate("PopulationCount", [&] { Keep(PopulationCount(a)); });
  rate("CombineBits, and of two", [&] {
    CombineBits(BitOperation::kAnd, both, out.data(), out.size());
    Keep(out[0]);
  });
  rate("CombineBits, not", [&] {
    CombineBits(BitOperation::kNot, {both, 1}, out.data(), out.size());
    Keep(out[0]);
  });
  const std::string zeros(1 << 20, '\0');
  rate("FindBit", [&] { Keep(FindBit(zeros, true, 0, (8 << 20) - 1)); });
}

}  // namespace gotthard
