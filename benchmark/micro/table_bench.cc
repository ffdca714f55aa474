// The table against absl::flat_hash_map and std::unordered_map: insert, find and erase, from 10^4
// to 10^7 elements.
//
// All three map a 16-byte key to a pointer to an element that holds the key, and all three hash it
// with the same XXH3 inside the clock. The table's elements are found by their address alone; the
// others keep a string_view beside it, as they are used. "find ahead" is the table as the executor
// uses it: groups touched 96 keys before their turn. "longest" is the longest single insert of the
// load, in CPU time: where the others rehash everything at once, the table splits a segment.
#include <absl/container/flat_hash_map.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdio>
#include <cstring>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "base/random.h"
#include "benchmark/micro/measure.h"
#include "types/arena.h"
#include "types/table.h"

namespace gotthard {
namespace {

using micro::Keep;
using micro::ThreadNs;

constexpr size_t kLookups = 1'000'000;
constexpr size_t kGroupsAhead = 96;

struct Element {
  char name[16];
  std::string_view key() const { return {name, sizeof name}; }
};

const KeyHasher& Hasher() {
  static const KeyHasher hasher(1);
  return hasher;
}
struct Hash {
  size_t operator()(std::string_view key) const { return Hasher()(key); }
};

class OurTable {
 public:
  static constexpr const char* kName = "Gotthard's table";
  OurTable() : table_(&arena_, HashOfElement, nullptr) {}
  ~OurTable() { table_.Clear(); }
  void Insert(Element* element) {
    const uint64_t hash = Hasher()(element->key());
    if (Position(element->key(), hash).slot == nullptr) table_.Insert(hash, element);
  }
  bool Find(std::string_view key) const { return Position(key, Hasher()(key)).slot != nullptr; }
  void Erase(std::string_view key) {
    const Table::Position position = Position(key, Hasher()(key));
    if (position.slot != nullptr) table_.Erase(position);
  }
  size_t size() const { return table_.size(); }

  // Nanoseconds per key when the groups of later keys are touched ahead.
  double FindAheadNs(const std::vector<std::string_view>& keys, size_t* found) const {
    std::vector<uint64_t> hashes(kGroupsAhead);
    const double start = ThreadNs();
    for (size_t i = 0; i < keys.size() + kGroupsAhead; ++i) {
      uint64_t& hash = hashes[i % kGroupsAhead];
      if (i >= kGroupsAhead) *found += Position(keys[i - kGroupsAhead], hash).slot != nullptr;
      if (i < keys.size()) {
        hash = Hasher()(keys[i]);
        table_.PrefetchGroup(hash);
      }
    }
    return (ThreadNs() - start) / static_cast<double>(keys.size());
  }

 private:
  static uint64_t HashOfElement(const void* element, const void* /*context*/) {
    return Hasher()(static_cast<const Element*>(element)->key());
  }
  Table::Position Position(std::string_view key, uint64_t hash) const {
    return table_.Find(hash, [key](const void* element) {
      return static_cast<const Element*>(element)->key() == key;
    });
  }

  Arena arena_;
  Table table_;
};

template <typename Map>
class OtherMap {
 public:
  void Insert(Element* element) { map_.emplace(element->key(), element); }
  bool Find(std::string_view key) const { return map_.find(key) != map_.end(); }
  void Erase(std::string_view key) { map_.erase(key); }
  size_t size() const { return map_.size(); }

 private:
  Map map_;
};
struct AbslMap : OtherMap<absl::flat_hash_map<std::string_view, Element*, Hash>> {
  static constexpr const char* kName = "absl::flat_hash_map";
};
struct StdMap : OtherMap<std::unordered_map<std::string_view, Element*, Hash>> {
  static constexpr const char* kName = "std::unordered_map";
};

struct Keys {
  explicit Keys(size_t count) : elements(count) {
    Random random(2);
    for (size_t i = 0; i < count; ++i) {
      char text[32];
      std::snprintf(text, sizeof text, "key:%012zu", i);
      std::memcpy(elements[i].name, text, sizeof elements[i].name);
    }
    for (size_t i = 0; i < kLookups; ++i) lookups.push_back(elements[random.Below(count)].key());
    for (const Element& element : elements) shuffled.push_back(element.key());
    for (size_t i = count; i > 1; --i) std::swap(shuffled[i - 1], shuffled[random.Below(i)]);
  }
  std::vector<Element> elements;
  std::vector<std::string_view> lookups;
  std::vector<std::string_view> shuffled;  // each element's key, once
};

// The clock is read around every insert only in a run of its own, whose mean is not used.
template <typename Map>
double LongestInsertUs(Keys& keys) {
  Map map;
  double longest = 0;
  double last = ThreadNs();
  for (Element& element : keys.elements) {
    map.Insert(&element);
    const double now = ThreadNs();
    longest = std::max(longest, now - last);
    last = now;
  }
  return longest / 1000;
}

template <typename Map>
void Compare(Keys& keys) {
  Map map;
  const auto count = static_cast<double>(keys.elements.size());
  double start = ThreadNs();
  for (Element& element : keys.elements) map.Insert(&element);
  const double insert = (ThreadNs() - start) / count;
  REQUIRE(map.size() == keys.elements.size());
  size_t found = 0;
  std::vector<double> finds;
  for (int round = 0; round < 3; ++round) {
    start = ThreadNs();
    for (const std::string_view key : keys.lookups) found += map.Find(key) ? 1 : 0;
    finds.push_back((ThreadNs() - start) / kLookups);
  }
  REQUIRE(found == 3 * kLookups);
  double ahead = 0;
  if constexpr (std::is_same_v<Map, OurTable>) {
    ahead = map.FindAheadNs(keys.lookups, &found);
    REQUIRE(found == 4 * kLookups);
  }
  start = ThreadNs();
  for (const std::string_view key : keys.shuffled) map.Erase(key);
  const double erase = (ThreadNs() - start) / count;
  REQUIRE(map.size() == 0);
  const double longest = LongestInsertUs<Map>(keys);
  std::printf("%10zu  %-20s %8.1f %8.1f %10.1f %8.1f %11.1f\n", keys.elements.size(), Map::kName,
              insert, micro::Median(finds), ahead, erase, longest);
}

void Run(std::initializer_list<size_t> sizes) {
  std::printf("%10s  %-20s %8s %8s %10s %8s %11s\n", "elements", "ns per operation", "insert",
              "find", "find ahead", "erase", "longest us");
  for (const size_t size : sizes) {
    Keys keys(size);
    Compare<OurTable>(keys);
    Compare<AbslMap>(keys);
    Compare<StdMap>(keys);
  }
}

TEST_CASE("table: against absl and std", "[table]") {
  Run({10'000, 100'000, 1'000'000});
}

TEST_CASE("table: against absl and std at ten million elements", "[table][large]") {
  Run({10'000'000});
}

// The same finds by Catch2's own measure, with its deviation: 1,000 keys a run.
template <typename Map>
void BenchmarkFinds(Keys& keys) {
  Map map;
  for (Element& element : keys.elements) map.Insert(&element);
  size_t at = 0;
  BENCHMARK(std::string(Map::kName) + ": 1,000 finds among 10^6") {
    size_t found = 0;
    for (size_t i = 0; i < 1000; ++i) found += map.Find(keys.lookups[at++ % kLookups]) ? 1 : 0;
    return found;
  };
}

TEST_CASE("table: finds as Catch2 measures them", "[table]") {
  Keys keys(1'000'000);
  BenchmarkFinds<OurTable>(keys);
  BenchmarkFinds<AbslMap>(keys);
  BenchmarkFinds<StdMap>(keys);
}

}  // namespace
}  // namespace gotthard
