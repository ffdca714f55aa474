// Sorted sets against a map from members to scores.
#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/numbers.h"
#include "tests/commands/model_run.h"

using namespace gotthard;

namespace {

// What a sorted set promises.
class ZsetModel {
 public:
  static ModelStep RandomStep(Random& random);
  bool Accepts(const ModelStep& words, const ReplyValue& reply, int64_t /*now_ms*/) {
    return reply == Run(words);
  }

 private:
  ReplyValue Run(const std::vector<std::string>& words) {
    const std::string& name = words[0];
    if (name == "ZADD") return Add(*ParseDouble(words[2]), words[3]);
    if (name == "ZINCRBY") {
      const double score = Score(words[3]) + *ParseDouble(words[2]);
      scores_[words[3]] = score;
      return Bulk(FormatDouble(score));
    }
    if (name == "ZREM") return Int(static_cast<int64_t>(scores_.erase(words[2])));
    if (name == "ZSCORE") {
      return scores_.count(words[2]) == 0 ? Nil() : Bulk(FormatDouble(Score(words[2])));
    }
    const auto sorted = Sorted();
    if (name == "ZRANK") {
      for (size_t i = 0; i < sorted.size(); ++i) {
        if (sorted[i].second == words[2]) return Int(static_cast<int64_t>(i));
      }
      return Nil();
    }
    if (name == "ZPOPMAX") {
      if (sorted.empty()) return Array({});
      scores_.erase(sorted.back().second);
      return Bulks({sorted.back().second, FormatDouble(sorted.back().first)});
    }
    const double low = *ParseDouble(words[2]);
    const double high = *ParseDouble(words[3]);
    std::vector<ReplyValue> found;
    for (const auto& [score, member] : sorted) {
      if (score < low || score > high) continue;
      found.push_back(Bulk(member));
      if (name == "ZREMRANGEBYSCORE") scores_.erase(member);
    }
    if (name == "ZRANGEBYSCORE") return Array(found);
    return Int(static_cast<int64_t>(found.size()));  // ZCOUNT, ZREMRANGEBYSCORE
  }

  ReplyValue Add(double score, const std::string& member) {
    return Int(scores_.insert_or_assign(member, score).second ? 1 : 0);
  }
  double Score(const std::string& member) const {
    const auto at = scores_.find(member);
    return at == scores_.end() ? 0 : at->second;
  }
  std::vector<std::pair<double, std::string>> Sorted() const {
    std::vector<std::pair<double, std::string>> sorted;
    for (const auto& [member, score] : scores_) sorted.emplace_back(score, member);
    std::sort(sorted.begin(), sorted.end());
    return sorted;
  }

  std::map<std::string, double> scores_;
};

ModelStep ZsetModel::RandomStep(Random& random) {
  const std::string member = random.Below(3) == 0 ? std::to_string(random.Below(60))
                                                  : "member:" + std::to_string(random.Below(60));
  const auto number = [&] {
    constexpr const char* kSpecial[] = {"-inf", "inf", "0.5", "1e300", "-0.25"};
    if (random.Below(8) == 0) return std::string(kSpecial[random.Below(std::size(kSpecial))]);
    return std::to_string(static_cast<int64_t>(random.Below(21)) - 10);
  };
  switch (random.Below(12)) {
    case 0:
      return {"ZREM", "z", member};
    case 1:
      return {"ZSCORE", "z", member};
    case 2:
      return {"ZRANK", "z", member};
    case 3:
      return {"ZPOPMAX", "z"};
    case 4:
      return {"ZCOUNT", "z", number(), number()};
    case 5:
      return {"ZRANGEBYSCORE", "z", number(), number()};
    case 6: {
      const std::string at = number();
      return {"ZREMRANGEBYSCORE", "z", at, at};
    }
    case 7:
      return {"ZINCRBY", "z", std::to_string(random.Below(9)), "plain" + member};
    default:
      return {"ZADD", "z", number(), member};
  }
}

}  // namespace

TEST_CASE("a sorted set behaves like a map, in both forms and across the change of form") {
  const std::string config = GENERATE(as<std::string>(), "", "zset-max-listpack-entries 0",
                                      "zset-max-listpack-entries 20");
  CheckAgainstModel<ZsetModel>(config, 77, 800);
}
