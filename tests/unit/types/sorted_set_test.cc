#include "types/sorted_set.h"

#include <catch2/catch.hpp>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "base/random.h"

namespace gotthard {
namespace {

const KeyHasher& Hasher() {
  static const KeyHasher hasher(42);
  return hasher;
}

TEST_CASE("a sorted set behaves like a map by member and a set by score") {
  constexpr uint64_t kSeed = 17;
  INFO("seed " << kSeed);
  Random random(kSeed);
  SortedSet set(Hasher());
  std::map<std::string, double> by_member;
  std::set<std::pair<double, std::string>> by_score;
  for (int i = 0; i < 60'000; ++i) {
    const std::string member = "member:" + std::to_string(random.Below(4000));
    const double score = static_cast<double>(random.Below(500)) / 4;
    const auto known = by_member.find(member);
    ZsetElement* element = set.Find(member);
    REQUIRE((element != nullptr) == (known != by_member.end()));
    if (element != nullptr) {
      REQUIRE(element->score() == known->second);
      by_score.erase({known->second, member});
    }
    if (element != nullptr && random.Below(3) == 0) {
      set.Remove(element);
      by_member.erase(known);
    } else {
      set.Put(score, member);
      by_member[member] = score;
      by_score.insert({score, member});
    }
    REQUIRE(set.size() == by_member.size());
  }
  REQUIRE(set.order().IsSound());
  auto expected = by_score.begin();
  const std::unique_ptr<SortedSet> copy = set.Clone();
  auto copied = copy->order().First();
  for (auto at = set.order().First(); at; at.Next(), ++expected, copied.Next()) {
    REQUIRE(at->score() == expected->first);
    REQUIRE(at->member() == expected->second);
    REQUIRE(copied->member() == expected->second);
    REQUIRE(copied.get() != at.get());
    REQUIRE(copy->Find(at->member()) == copied.get());
  }
  CHECK(expected == by_score.end());
  std::set<std::string> scanned;
  uint64_t cursor = 0;
  do {
    cursor = set.Scan(cursor, 10, [&](const ZsetElement& e) { scanned.emplace(e.member()); });
  } while (cursor != 0);
  CHECK(scanned.size() == set.size());
}

#if !defined(GOTTHARD_ARENA_MALLOC)
TEST_CASE("a member of 17 bytes costs at most 60 bytes in a big sorted set") {
  constexpr int kMembers = 200'000;
  for (const bool ascending : {true, false}) {
    Random random(2);
    SortedSet set(Hasher());
    for (int i = 0; i < kMembers; ++i) {
      char member[32];
      std::snprintf(member, sizeof(member), "member:%010d", i);
      set.Add(ascending ? i : random.NextUnit(), member);
    }
    const double bytes = static_cast<double>(set.memory_bytes()) / kMembers;
    INFO((ascending ? "ascending " : "random ") << bytes);
    CHECK(bytes <= 60);
  }
}
#endif

}  // namespace
}  // namespace gotthard
