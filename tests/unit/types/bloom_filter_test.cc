// Bloom filter: nothing that was added is ever missed, and the error rate is what was asked for.
#include "types/bloom_filter.h"

#include <catch2/catch.hpp>
#include <string>

#include "base/random.h"

using namespace gotthard;

namespace {

std::string Item(uint64_t i) {
  return "item:" + std::to_string(i);
}

// The share of a million items that were not added which are taken for present.
double MeasuredError(const BloomFilter& filter) {
  uint64_t wrong = 0;
  for (uint64_t i = 0; i < 1000000; ++i) wrong += filter.Contains("absent:" + std::to_string(i));
  return static_cast<double>(wrong) / 1e6;
}

}  // namespace

TEST_CASE("A Bloom filter of a million items errs as rarely as promised") {
  for (const double error : {0.01, 0.0005}) {
    const auto filter =
        BloomFilter::Make({.error_rate = error, .capacity = 1000000, .scaling = false});
    uint64_t taken_for_present = 0;
    for (uint64_t i = 0; i < 1000000; ++i) {
      taken_for_present += filter->Add(Item(i)) == BloomFilter::Added::kPresent;
    }
    uint64_t missed = 0;
    for (uint64_t i = 0; i < 1000000; ++i) missed += !filter->Contains(Item(i));
    CHECK(missed == 0);
    CHECK(static_cast<double>(taken_for_present) / 1e6 < error);
    CHECK(filter->items() + taken_for_present == 1000000);
    CHECK(MeasuredError(*filter) < error * 1.1);
    // The optimum is 1.44 log2(1 / error) bits per item.
    CHECK(filter->memory_bytes() < (error == 0.01 ? 1250000 : 2050000));
  }
}

TEST_CASE("A Bloom filter that grew from a hundred to a million keeps its error rate") {
  const auto filter = BloomFilter::Make({.error_rate = 0.01, .capacity = 100});
  for (uint64_t i = 0; i < 1000000; ++i) filter->Add(Item(i));
  uint64_t missed = 0;
  for (uint64_t i = 0; i < 1000000; ++i) missed += !filter->Contains(Item(i));
  CHECK(missed == 0);
  CHECK(filter->filters() > 10);
  CHECK(filter->capacity() >= filter->items());
  CHECK(MeasuredError(*filter) < 0.01);
}

TEST_CASE("A Bloom filter that does not scale says when it is full") {
  const auto filter = BloomFilter::Make({.error_rate = 0.001, .capacity = 10, .scaling = false});
  uint64_t i = 0;
  while (filter->items() < 10) filter->Add(Item(i++));
  CHECK(filter->Add("one more") == BloomFilter::Added::kFull);
  CHECK(filter->Add(Item(0)) == BloomFilter::Added::kPresent);
  CHECK(filter->items() == 10);
}

TEST_CASE("A Bloom filter comes back from its bytes, from its chunks, and from its clone") {
  const auto filter = BloomFilter::Make({.error_rate = 0.02, .capacity = 50, .expansion = 3});
  for (uint64_t i = 0; i < 1000; ++i) filter->Add(Item(i));
  const std::string bytes = filter->Serialise();
  const auto parsed = BloomFilter::Parse(bytes);
  REQUIRE(parsed != nullptr);
  CHECK(parsed->Serialise() == bytes);
  CHECK(filter->Clone()->Serialise() == bytes);
  const auto loaded = BloomFilter::FromHeader(filter->Header());
  REQUIRE(loaded != nullptr);
  uint64_t offset = 0;
  for (std::string_view part; !(part = filter->DataAt(offset, 100)).empty();) {
    REQUIRE(loaded->SetData(offset, part));
    offset += part.size();
  }
  CHECK(loaded->Serialise() == bytes);
  CHECK_FALSE(loaded->SetData(offset, "x"));
  CHECK_FALSE(loaded->SetData(offset - 1, "xx"));
  parsed->Add("more");
  CHECK(parsed->items() == filter->items() + 1);
}

TEST_CASE("Damaged bytes of a Bloom filter are refused or harmless") {
  const auto filter = BloomFilter::Make({.error_rate = 0.02, .capacity = 50});
  for (uint64_t i = 0; i < 200; ++i) filter->Add(Item(i));
  const std::string bytes = filter->Serialise();
  for (size_t size = 0; size < bytes.size(); ++size) {
    REQUIRE(BloomFilter::Parse(std::string_view(bytes).substr(0, size)) == nullptr);
  }
  Random random(3);
  for (int round = 0; round < 20000; ++round) {
    std::string damaged = bytes;
    damaged[random.Below(200)] = static_cast<char>(random.Next());
    if (const auto parsed = BloomFilter::Parse(damaged)) {
      parsed->Contains("x");
      parsed->Add("x");
    }
  }
}
