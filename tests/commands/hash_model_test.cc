// Hashes against a map from fields to values and moments of expiry.
#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <string>
#include <vector>

#include "base/numbers.h"
#include "tests/commands/model_run.h"

using namespace gotthard;

namespace {

class HashModel {
 public:
  static ModelStep RandomStep(Random& random) {
    const std::string field = random.Below(4) == 0 ? std::to_string(random.Below(30))
                                                   : "field:" + std::to_string(random.Below(30));
    switch (random.Below(16)) {
      case 0:
        return {"HGET", "h", field};
      case 1:
        return {"HDEL", "h", field, "field:1"};
      case 2:
        return {"HSETNX", "h", field, Value(random)};
      case 3:
        return {"HINCRBY", "h", "number:" + field, std::to_string(random.Below(100))};
      case 4:
        return {"HGETALL", "h"};
      case 5:
        return {"HSTRLEN", "h", field};
      case 6:
      case 7:
        return {"HPEXPIRE", "h", std::to_string(random.Below(300)), "FIELDS", "1", field};
      case 8:
        return {"HPERSIST", "h", "FIELDS", "1", field};
      case 9:
        return {"HPTTL", "h", "FIELDS", "2", field, "field:1"};
      case 10:
        return {"HGETDEL", "h", "FIELDS", "1", field};
      case 11:
        return {"ADVANCE", std::to_string(random.Below(60))};
      default:
        return {"HSET", "h", field, Value(random)};
    }
  }

  bool Accepts(const ModelStep& words, const ReplyValue& reply, int64_t now_ms) {
    std::erase_if(fields_, [&](const auto& field) {
      return field.second.expires_ms != 0 && field.second.expires_ms < now_ms;
    });
    if (words[0] == "HGETALL") return IsAll(reply);
    return reply == Reply(words, now_ms);
  }

 private:
  struct Field {
    std::string value;
    int64_t expires_ms = 0;  // 0: never
  };

  static std::string Value(Random& random) {
    if (random.Below(20) == 0) return std::string(200, 'v');
    return random.Below(3) == 0 ? std::to_string(random.Next())
                                : "v" + std::to_string(random.Below(9));
  }
  // The pairs come in any order.
  bool IsAll(const ReplyValue& reply) const {
    if (reply.elements.size() != 2 * fields_.size()) return false;
    std::map<std::string, std::string> pairs;
    for (size_t i = 0; i < reply.elements.size(); i += 2) {
      pairs[reply.elements[i].text] = reply.elements[i + 1].text;
    }
    return std::all_of(fields_.begin(), fields_.end(), [&](const auto& field) {
      const auto at = pairs.find(field.first);
      return at != pairs.end() && at->second == field.second.value;
    });
  }

  ReplyValue Reply(const ModelStep& words, int64_t now_ms) {
    const std::string& name = words[0];
    if (name == "HSET") return Int(Set(words[2], words[3]));
    if (name == "HSETNX") return Int(fields_.count(words[2]) != 0 ? 0 : Set(words[2], words[3]));
    if (name == "HDEL") {
      return Int(static_cast<int64_t>(fields_.erase(words[2]) + fields_.erase(words[3])));
    }
    if (name == "HINCRBY") {
      Field& field = fields_[words[2]];
      const int64_t sum =
          (field.value.empty() ? 0 : *ParseInt64(field.value)) + *ParseInt64(words[3]);
      field.value = std::to_string(sum);
      return Int(sum);
    }
    if (name == "HGET" || name == "HSTRLEN") {
      const auto at = fields_.find(words[2]);
      if (name == "HGET") return at == fields_.end() ? Nil() : Bulk(at->second.value);
      return Int(at == fields_.end() ? 0 : static_cast<int64_t>(at->second.value.size()));
    }
    const size_t first =
        static_cast<size_t>(std::find(words.begin(), words.end(), "FIELDS") - words.begin() + 2);
    std::vector<ReplyValue> replies;
    for (size_t i = first; i < words.size(); ++i) {
      const auto at = fields_.find(words[i]);
      if (at == fields_.end()) {
        replies.push_back(name == "HGETDEL" ? Nil() : Int(-2));
      } else {
        replies.push_back(OfField(words, at, now_ms));
      }
    }
    return Array(replies);
  }
  int64_t Set(const std::string& name, const std::string& value) {
    const bool is_new = fields_.count(name) == 0;
    fields_[name] = {value, 0};
    return is_new ? 1 : 0;
  }
  ReplyValue OfField(const ModelStep& words, std::map<std::string, Field>::iterator at,
                     int64_t now_ms) {
    Field& field = at->second;
    if (words[0] == "HPEXPIRE") {
      const int64_t after_ms = *ParseInt64(words[2]);
      field.expires_ms = now_ms + after_ms;
      if (after_ms > 0) return Int(1);
      fields_.erase(at);
      return Int(2);
    }
    if (words[0] == "HGETDEL") {
      ReplyValue value = Bulk(field.value);
      fields_.erase(at);
      return value;
    }
    const int64_t expires_ms = field.expires_ms;
    if (words[0] == "HPERSIST") field.expires_ms = 0;
    if (expires_ms == 0) return Int(-1);
    return Int(words[0] == "HPERSIST" ? 1 : expires_ms - now_ms);
  }

  std::map<std::string, Field> fields_;
};

}  // namespace

TEST_CASE("a hash behaves like a map whose fields expire, in both forms and across the change") {
  const std::string config = GENERATE(as<std::string>(), "", "hash-max-listpack-entries 0",
                                      "hash-max-listpack-entries 20");
  CheckAgainstModel<HashModel>(config, 52, 1'000);
}
