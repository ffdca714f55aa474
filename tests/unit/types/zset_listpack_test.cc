#include "types/zset_listpack.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "types/zset_view.h"

namespace gotthard {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

using Pairs = std::vector<std::pair<double, std::string>>;

HeapPacked Packed(const Pairs& pairs) {
  HeapPacked bytes;
  ListpackClear(bytes);
  for (const auto& [score, member] : pairs) ZsetListpack::Insert(bytes, score, member);
  return bytes;
}

Pairs PairsOf(const ZsetView& view, bool reverse = false) {
  Pairs pairs;
  view.ForRange(reverse ? view.size() - 1 : 0, view.size(), reverse,
                [&](std::string_view member, double score) { pairs.emplace_back(score, member); });
  return pairs;
}

TEST_CASE("a packed sorted set behaves like a sorted vector") {
  constexpr uint64_t kSeed = 23;
  INFO("seed " << kSeed);
  Random random(kSeed);
  for (int run = 0; run < 20; ++run) {
    HeapPacked bytes = Packed({});
    Pairs model;
    for (int i = 0; i < 400; ++i) {
      const uint64_t number = random.Below(60);
      const std::string member = number % 3 == 0
                                     ? std::to_string(number)
                                     : std::string(number, 'x') + std::to_string(number);
      constexpr double kSpecial[] = {-kInfinity, kInfinity, 1e300, -2.5, 4611686018427387904.0,
                                     1e19,       0.1,       3};
      const double score = random.Below(4) == 0 ? kSpecial[random.Below(std::size(kSpecial))]
                                                : static_cast<double>(random.Below(20)) - 5;
      const auto known = std::find_if(model.begin(), model.end(),
                                      [&](const auto& pair) { return pair.second == member; });
      const auto found = ZsetListpack(bytes.view()).Find(member);
      REQUIRE(found.has_value() == (known != model.end()));
      if (found) {
        REQUIRE(found->rank == static_cast<size_t>(known - model.begin()));
        REQUIRE(found->score == known->first);
        model.erase(known);
        if (random.Below(2) == 0) {
          ZsetListpack::Remove(bytes, found->rank, 1);
        } else {
          ZsetListpack::SetScore(bytes, found->position, score);
          model.emplace_back(score, member);
        }
      } else {
        ZsetListpack::Insert(bytes, score, member);
        model.emplace_back(score, member);
      }
      std::sort(model.begin(), model.end());
      const ZsetView view(bytes.view());
      REQUIRE(ValidateListpack(bytes.view()));
      REQUIRE(ZsetListpack::IsValid(bytes.view()));
      REQUIRE(PairsOf(view) == model);
      const auto below = std::partition_point(model.begin(), model.end(),
                                              [&](const auto& p) { return p.first < score; });
      const auto above = std::partition_point(model.begin(), model.end(),
                                              [&](const auto& p) { return p.first <= score; });
      REQUIRE(view.CountBefore(ScoreBound::BelowScore(score)) ==
              static_cast<size_t>(below - model.begin()));
      REQUIRE(view.CountBefore(ScoreBound::AboveScore(score)) ==
              static_cast<size_t>(above - model.begin()));
      if (model.empty()) continue;
      std::reverse(model.begin(), model.end());
      REQUIRE(PairsOf(view, true) == model);
      std::reverse(model.begin(), model.end());
    }
  }
}

TEST_CASE("bounds by member count in a packed set whose scores are equal") {
  const HeapPacked bytes = Packed({{0, "a"}, {0, "b"}, {0, "7"}, {0, "bb"}});
  const ZsetView view(bytes.view());
  CHECK(view.CountBefore(ScoreBound::BelowMember("b")) == 2);
  CHECK(view.CountBefore(ScoreBound::AboveMember("b")) == 3);
  CHECK(view.CountBefore(ScoreBound::BelowMember("")) == 0);
  CHECK(view.CountBefore(ScoreBound::AboveMember("c")) == 4);
  CHECK(view.CountBefore(ScoreBound::AboveMember("7")) == 1);
}

TEST_CASE("integral scores are stored as integers, others as the shortest text") {
  const auto score_item = [](double score) {
    const HeapPacked bytes = Packed({{score, "m"}});
    const Listpack list(bytes.view());
    const PackedItem item = list.Get(list.Seek(1));
    return item.is_integer ? "int " + std::to_string(item.integer) : std::string(item.text);
  };
  CHECK(score_item(3) == "int 3");
  CHECK(score_item(-0.0) == "int 0");
  CHECK(score_item(4611686018427387904.0) == "int 4611686018427387904");
  CHECK(score_item(1e19) == "1e+19");
  CHECK(score_item(0.1) == "0.1");
  CHECK(score_item(kInfinity) == "inf");
  CHECK(score_item(-kInfinity) == "-inf");
}

TEST_CASE("bytes that are no sorted set are told from those that are") {
  const auto packed = [](std::initializer_list<std::string_view> items) {
    HeapPacked bytes;
    ListpackClear(bytes);
    for (const std::string_view item : items) ListpackAppend(bytes, item);
    return bytes;
  };
  CHECK(ZsetListpack::IsValid(packed({}).view()));
  CHECK(ZsetListpack::IsValid(packed({"a", "1", "b", "1.5"}).view()));
  CHECK(ZsetListpack::IsValid(packed({"a", "-inf", "b", "inf"}).view()));
  CHECK(!ZsetListpack::IsValid(packed({"a", "1", "b"}).view()));
  CHECK(!ZsetListpack::IsValid(packed({"a", "one"}).view()));
  CHECK(!ZsetListpack::IsValid(packed({"a", "nan"}).view()));
  CHECK(!ZsetListpack::IsValid(packed({"a", "2", "b", "1"}).view()));
  CHECK(!ZsetListpack::IsValid(packed({"b", "1", "a", "1"}).view()));
  CHECK(!ZsetListpack::IsValid(packed({"a", "1", "a", "2"}).view()));
}

}  // namespace
}  // namespace gotthard
