// Top-K: the frequent items of a long tail are found, with counts close to the truth.
#include "types/top_k.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "base/random.h"

using namespace gotthard;

namespace {

std::string Item(uint64_t i) {
  return "item:" + std::to_string(i);
}

}  // namespace

TEST_CASE("Of a million draws from a Zipf distribution the most frequent are found") {
  const auto top = TopK::Make({.k = 20, .width = 2000, .depth = 7, .decay = 0.9});
  Random random(4);
  std::vector<double> cumulative(100000);
  double sum = 0;
  for (size_t i = 0; i < cumulative.size(); ++i) {
    sum += 1 / static_cast<double>(i + 1);
    cumulative[i] = sum;
  }
  std::vector<uint32_t> truth(cumulative.size());
  for (int draw = 0; draw < 1000000; ++draw) {
    const double at = random.NextUnit() * sum;
    const size_t item = static_cast<size_t>(
        std::lower_bound(cumulative.begin(), cumulative.end(), at) - cumulative.begin());
    ++truth[item];
    top->Add(Item(item), 1);
  }
  int found = 0;
  for (uint64_t i = 0; i < 20; ++i) {
    if (!top->Contains(Item(i))) continue;
    ++found;
    const double counted = top->Count(Item(i));
    CHECK(std::abs(counted - truth[i]) < 0.02 * truth[i]);
  }
  CHECK(found >= 18);
  const auto list = top->List();
  REQUIRE(list.size() == 20);
  CHECK(list[0]->name == Item(0));
  for (size_t i = 1; i < list.size(); ++i) CHECK(list[i - 1]->count >= list[i]->count);
}

TEST_CASE("With room for all, counts are exact and the smallest leaves first") {
  const auto top = TopK::Make({.k = 3, .width = 1000, .depth = 5, .decay = 0.9});
  CHECK_FALSE(top->Add("a", 5));
  CHECK_FALSE(top->Add("b", 3));
  CHECK_FALSE(top->Add("c", 4));
  CHECK_FALSE(top->Add("d", 2));
  CHECK(top->Add("e", 10) == "b");
  CHECK(top->Add("d", 3) == "c");
  CHECK(top->Count("b") == 3);
  CHECK_FALSE(top->Contains("b"));
  const auto list = top->List();
  REQUIRE(list.size() == 3);
  CHECK(list[0]->name == "e");
  CHECK(list[1]->count == 5);
}

TEST_CASE("The heap keeps the k largest under random increments") {
  Random random(5);
  const auto top = TopK::Make({.k = 10, .width = 5000, .depth = 6, .decay = 0.9});
  std::map<std::string, uint32_t> truth;
  for (int step = 0; step < 20000; ++step) {
    const std::string item = Item(random.Below(60));
    const auto by = static_cast<uint32_t>(1 + random.Below(50));
    truth[item] += by;
    top->Add(item, by);
  }
  uint32_t smallest = UINT32_MAX;
  for (const TopK::Item* item : top->List()) {
    CHECK(item->count == truth[item->name]);
    smallest = std::min(smallest, item->count);
  }
  uint64_t larger = 0;
  for (const auto& [name, count] : truth) larger += count > smallest;
  CHECK(larger < 10);
}

TEST_CASE("A Top-K comes back from its bytes; damaged ones are refused or harmless") {
  const auto top = TopK::Make({.k = 5, .width = 4, .depth = 3, .decay = 0.9});
  for (uint64_t i = 0; i < 100; ++i) top->Add(Item(i % 17), 1 + i % 3);
  const std::string bytes = top->Serialise();
  const auto parsed = TopK::Parse(bytes);
  REQUIRE(parsed != nullptr);
  CHECK(parsed->Serialise() == bytes);
  const auto clone = top->Clone();
  CHECK(clone->Serialise() == bytes);
  clone->Add("new", 1000);
  parsed->Add("new", 1000);
  CHECK(clone->Serialise() == parsed->Serialise());
  for (size_t size = 0; size < bytes.size(); ++size) {
    REQUIRE(TopK::Parse(std::string_view(bytes).substr(0, size)) == nullptr);
  }
  Random random(3);
  for (int round = 0; round < 20000; ++round) {
    std::string damaged = bytes;
    damaged[random.Below(damaged.size())] = static_cast<char>(random.Next());
    if (const auto survivor = TopK::Parse(damaged)) {
      survivor->Add("x", 100000);
      survivor->List();
    }
  }
}
