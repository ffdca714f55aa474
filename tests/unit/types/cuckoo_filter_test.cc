// Cuckoo filter: counts of what was added and deleted, the error rate, its bytes.
#include "types/cuckoo_filter.h"

#include <catch2/catch.hpp>
#include <map>
#include <string>

#include "base/random.h"

using namespace gotthard;

namespace {

std::string Item(uint64_t i) {
  return "item:" + std::to_string(i);
}

}  // namespace

TEST_CASE("A Cuckoo filter of a million items misses none and errs as rarely as promised") {
  for (const uint32_t bucket_size : {2u, 4u}) {
    const auto filter = CuckooFilter::Make(
        {.capacity = 1 << 20, .bucket_size = bucket_size, .max_iterations = 500});
    for (uint64_t i = 0; i < 1000000; ++i) {
      REQUIRE(filter->Add(Item(i)) == CuckooFilter::Added::kAdded);
    }
    uint64_t missed = 0;
    uint64_t wrong = 0;
    for (uint64_t i = 0; i < 1000000; ++i) {
      missed += !filter->Contains(Item(i));
      wrong += filter->Contains("absent:" + std::to_string(i));
    }
    CHECK(missed == 0);
    const double bound = 2.0 * bucket_size / 255 * static_cast<double>(filter->filters());
    CHECK(static_cast<double>(wrong) / 1e6 < bound);
    CHECK(filter->filters() <= 2);
  }
}

TEST_CASE("A Cuckoo filter counts and deletes like a multiset, but for shared fingerprints") {
  Random random(2);
  const auto filter = CuckooFilter::Make({.capacity = 2000, .bucket_size = 4});
  std::map<uint64_t, uint64_t> model;
  for (int step = 0; step < 20000; ++step) {
    const uint64_t i = random.Below(300);
    if (random.Below(2) == 0 && model[i] < 4) {
      REQUIRE(filter->Add(Item(i)) == CuckooFilter::Added::kAdded);
      ++model[i];
    } else if (model[i] > 0) {
      REQUIRE(filter->Delete(Item(i)));
      --model[i];
    }
    REQUIRE(filter->Count(Item(i)) >= model[i]);
  }
  uint64_t sum = 0;
  for (const auto& [i, count] : model) {
    sum += count;
    REQUIRE(filter->Count(Item(i)) >= count);
  }
  CHECK(filter->items() == sum);
}

TEST_CASE("A Cuckoo filter grows by its expansion, or is full without one") {
  const auto growing = CuckooFilter::Make({.capacity = 8, .bucket_size = 2, .expansion = 2});
  for (uint64_t i = 0; i < 1000; ++i) {
    REQUIRE(growing->Add(Item(i)) == CuckooFilter::Added::kAdded);
  }
  CHECK(growing->filters() > 4);
  const auto fixed = CuckooFilter::Make({.capacity = 8, .bucket_size = 2, .expansion = 0});
  uint64_t added = 0;
  while (fixed->Add(Item(added)) == CuckooFilter::Added::kAdded) ++added;
  CHECK(added >= 4);
  CHECK(added <= 8);
  // What found no place has displaced nobody.
  for (uint64_t i = 0; i < added; ++i) CHECK(fixed->Contains(Item(i)));
  CHECK(fixed->items() == added);
  CHECK(fixed->AddIfAbsent(Item(0)) == CuckooFilter::Added::kPresent);
}

TEST_CASE("A Cuckoo filter comes back from its bytes; damaged ones are refused or harmless") {
  const auto filter = CuckooFilter::Make({.capacity = 16, .bucket_size = 3, .expansion = 2});
  for (uint64_t i = 0; i < 300; ++i) filter->Add(Item(i));
  filter->Delete(Item(7));
  const std::string bytes = filter->Serialise();
  const auto parsed = CuckooFilter::Parse(bytes);
  REQUIRE(parsed != nullptr);
  CHECK(parsed->Serialise() == bytes);
  CHECK(filter->Clone()->Serialise() == bytes);
  const auto loaded = CuckooFilter::FromHeader(filter->Header());
  REQUIRE(loaded != nullptr);
  uint64_t offset = 0;
  for (std::string_view part; !(part = filter->DataAt(offset, 7)).empty(); offset += part.size()) {
    REQUIRE(loaded->SetData(offset, part));
  }
  CHECK(loaded->Serialise() == bytes);
  for (size_t size = 0; size < bytes.size(); ++size) {
    REQUIRE(CuckooFilter::Parse(std::string_view(bytes).substr(0, size)) == nullptr);
  }
  // A number of filters that would take minutes to walk over.
  const std::string endless = std::string(36, '\0') + std::string(4, '\xff');
  CHECK(CuckooFilter::Parse(endless) == nullptr);
  Random random(3);
  for (int round = 0; round < 20000; ++round) {
    std::string damaged = bytes;
    damaged[random.Below(48)] = static_cast<char>(random.Next());
    if (const auto survivor = CuckooFilter::Parse(damaged)) {
      survivor->Add("x");
      survivor->Delete("y");
      survivor->Count("z");
    }
  }
}
