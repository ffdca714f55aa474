// Sets against std::set: two of them, with their algebra, in every encoding.
#include <algorithm>
#include <catch2/catch.hpp>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/numbers.h"
#include "tests/commands/model_run.h"

using namespace gotthard;

namespace {

using Members = std::set<std::string>;

class SetModel {
 public:
  static ModelStep RandomStep(Random& random) {
    const std::string key = random.Below(2) == 0 ? "s" : "t";
    const std::string other = key == "s" ? "t" : "s";
    constexpr const char* kAlgebra[] = {"SINTER", "SUNION", "SDIFF"};
    switch (random.Below(18)) {
      case 0:
      case 1:
        return {"SREM", key, Member(random), Member(random)};
      case 2:
        return {"SMISMEMBER", key, Member(random), Member(random)};
      case 3:
        return {"SMEMBERS", key};
      case 4:
        return {"SPOP", key, std::to_string(random.Below(random.Below(8) == 0 ? 40 : 3))};
      case 5:
        return {"SRANDMEMBER", key, std::to_string(random.Below(20))};
      case 6:
        return {"SMOVE", key, other, Member(random)};
      case 7:
        return {kAlgebra[random.Below(3)], key, other};
      case 8:
        if (random.Below(6) != 0) return {"SCARD", key};
        return {std::string(kAlgebra[random.Below(3)]) + "STORE", key, key, other};
      case 9:
        return {"SINTERCARD", "2", key, other, "LIMIT", std::to_string(random.Below(5))};
      default:
        return {"SADD", key, Member(random), Member(random)};
    }
  }

  bool Accepts(const ModelStep& words, const ReplyValue& reply, int64_t /*now_ms*/) {
    const std::string& name = words[0];
    if (name == "SPOP" || name == "SRANDMEMBER") return IsDrawn(words, reply);
    if (name == "SMEMBERS") return IsSet(reply, sets_[words[1]]);
    if (name == "SINTER" || name == "SUNION" || name == "SDIFF") {
      return IsSet(reply, Combine(name, words[1], words[2]));
    }
    return reply == Reply(words);
  }

 private:
  static std::string Member(Random& random) {
    switch (random.Below(12)) {
      case 0:
        return "word" + std::to_string(random.Below(20));
      case 1:
        return std::to_string(static_cast<int64_t>(random.Below(9)) * 10'000'000'000 -
                              40'000'000'000);
      case 2:
        return std::string(70, static_cast<char>('a' + random.Below(3)));
      default:
        return std::to_string(static_cast<int64_t>(random.Below(40)) - 20);
    }
  }
  static bool IsSet(const ReplyValue& reply, const Members& members) {
    if (reply.elements.size() != members.size()) return false;
    Members told;
    for (const ReplyValue& element : reply.elements) told.insert(element.text);
    return told == members;
  }
  // As many different members as asked for, of those that are there; SPOP takes them out.
  bool IsDrawn(const ModelStep& words, const ReplyValue& reply) {
    Members& set = sets_[words[1]];
    const auto count = static_cast<size_t>(*ParseInt64(words[2]));
    Members drawn;
    for (const ReplyValue& element : reply.elements) drawn.insert(element.text);
    if (drawn.size() != reply.elements.size() || drawn.size() != std::min(count, set.size()) ||
        !std::includes(set.begin(), set.end(), drawn.begin(), drawn.end())) {
      return false;
    }
    if (words[0] == "SPOP") {
      for (const std::string& member : drawn) set.erase(member);
    }
    return true;
  }
  Members Combine(const std::string& name, const std::string& first, const std::string& second) {
    const Members& a = sets_[first];
    const Members& b = sets_[second];
    Members result;
    const auto out = std::inserter(result, result.end());
    if (name == "SINTER") std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), out);
    if (name == "SUNION") std::set_union(a.begin(), a.end(), b.begin(), b.end(), out);
    if (name == "SDIFF") std::set_difference(a.begin(), a.end(), b.begin(), b.end(), out);
    return result;
  }
  ReplyValue Reply(const ModelStep& words) {
    const std::string& name = words[0];
    if (name == "SINTERCARD") {
      const auto limit = static_cast<size_t>(*ParseInt64(words[5]));
      const size_t common = Combine("SINTER", words[2], words[3]).size();
      return Int(static_cast<int64_t>(limit == 0 ? common : std::min(limit, common)));
    }
    Members& set = sets_[words[1]];
    if (name == "SCARD") return Int(static_cast<int64_t>(set.size()));
    if (name == "SADD") {
      return Int(static_cast<int64_t>(set.insert(words[2]).second) +
                 static_cast<int64_t>(set.insert(words[3]).second));
    }
    if (name == "SREM") return Int(static_cast<int64_t>(set.erase(words[2]) + set.erase(words[3])));
    if (name == "SMISMEMBER") {
      return Array({Int(static_cast<int64_t>(set.count(words[2]))),
                    Int(static_cast<int64_t>(set.count(words[3])))});
    }
    if (name == "SMOVE") {
      const size_t moved = set.erase(words[3]);
      if (moved != 0) sets_[words[2]].insert(words[3]);
      return Int(static_cast<int64_t>(moved));
    }
    set = Combine(name.substr(0, name.size() - 5), words[2], words[3]);  // ...STORE
    return Int(static_cast<int64_t>(set.size()));
  }

  std::map<std::string, Members> sets_;
};

}  // namespace

TEST_CASE("sets and their algebra behave like sets of strings, in every encoding") {
  const std::string config =
      GENERATE(as<std::string>(), "", "set-max-intset-entries 8\nset-max-listpack-entries 16",
               "set-max-intset-entries 0\nset-max-listpack-entries 0");
  CheckAgainstModel<SetModel>(config, 53, 1'000);
}
