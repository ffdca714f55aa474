// Lists against a vector of strings, under configurations of small and large nodes, compressed ones
// and items apart.
#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <utility>
#include <vector>

#include "base/numbers.h"
#include "tests/commands/model_run.h"

using namespace gotthard;

namespace {

ReplyValue AllOf(const std::vector<std::string>& items) {
  std::vector<ReplyValue> elements;
  for (const std::string& item : items) elements.push_back(Bulk(item));
  return Array(std::move(elements));
}

class ListModel {
 public:
  static ModelStep RandomStep(Random& random) {
    const auto index = [&] { return std::to_string(static_cast<int64_t>(random.Below(24)) - 12); };
    switch (random.Below(18)) {
      case 0:
        return {"LPOP", "l"};
      case 1:
        return {"RPOP", "l", std::to_string(random.Below(4))};
      case 2:
        return {"LINDEX", "l", index()};
      case 3:
        return {"LSET", "l", index(), Item(random)};
      case 4:
        return {"LRANGE", "l", index(), index()};
      case 5:
        return random.Below(4) == 0 ? ModelStep{"LTRIM", "l", index(), index()}
                                    : ModelStep{"LLEN", "l"};
      case 6:
        return {"LREM", "l", index(), Item(random)};
      case 7:
        return {"LINSERT", "l", "BEFORE", Item(random), Item(random)};
      case 8:
        return {"LINSERT", "l", "AFTER", Item(random), Item(random)};
      case 9:
        return {"LPOS", "l", Item(random), "COUNT", "0"};
      case 10:
        return {"LMOVE", "l", "l", "LEFT", "RIGHT"};
      case 11:
      case 12:
      case 13:
        return {"LPUSH", "l", Item(random), Item(random)};
      case 14:
        return {"RPUSHX", "l", Item(random)};
      default:
        return {"RPUSH", "l", Item(random)};
    }
  }

  bool Accepts(const ModelStep& words, const ReplyValue& reply, int64_t /*now_ms*/) {
    return reply == Reply(words);
  }

 private:
  static std::string Item(Random& random) {
    switch (random.Below(8)) {
      case 0:
        return std::to_string(static_cast<int64_t>(random.Next() >> random.Below(64)));
      case 1:
        return std::string(100 + random.Below(3) * 2'000, static_cast<char>('a' + random.Below(2)));
      default:
        return "item" + std::to_string(random.Below(5));
    }
  }
  // A position from an argument that may count from the end; out of range where it is.
  int64_t At(const std::string& word) const {
    const int64_t index = *ParseInt64(word);
    return index < 0 ? index + Size() : index;
  }
  int64_t Size() const { return static_cast<int64_t>(items_.size()); }
  // The items from one position to another, both included, as [first, first + count).
  std::pair<size_t, size_t> Range(const std::string& from, const std::string& to) const {
    const int64_t first = std::max<int64_t>(At(from), 0);
    const int64_t last = std::min<int64_t>(At(to), Size() - 1);
    if (first > last) return {0, 0};
    return {static_cast<size_t>(first), static_cast<size_t>(last - first + 1)};
  }
  std::vector<std::string> Slice(size_t first, size_t count) const {
    const auto begin = items_.begin() + static_cast<ptrdiff_t>(first);
    return {begin, begin + static_cast<ptrdiff_t>(count)};
  }
  std::string TakeFront() {
    std::string item = items_.front();
    items_.erase(items_.begin());
    return item;
  }

  ReplyValue Reply(const ModelStep& words) {
    const std::string& name = words[0];
    if (name == "LPUSH" || name == "RPUSH" || name == "RPUSHX") return Push(words);
    if (name == "LLEN") return Int(Size());
    if (name == "LPOP") return items_.empty() ? Nil() : Bulk(TakeFront());
    if (name == "RPOP") return PopBack(static_cast<size_t>(*ParseInt64(words[2])));
    if (name == "LMOVE") {
      if (items_.empty()) return Nil();
      items_.push_back(TakeFront());
      return Bulk(items_.back());
    }
    if (name == "LINDEX" || name == "LSET") return IndexOrSet(words);
    if (name == "LRANGE" || name == "LTRIM") {
      const auto [first, count] = Range(words[2], words[3]);
      std::vector<std::string> slice = Slice(first, count);
      if (name == "LRANGE") return AllOf(slice);
      items_ = std::move(slice);
      return Ok();
    }
    if (name == "LREM") return Int(Remove(*ParseInt64(words[2]), words[3]));
    if (name == "LPOS") {
      std::vector<ReplyValue> found;
      for (int64_t i = 0; i < Size(); ++i) {
        if (items_[static_cast<size_t>(i)] == words[2]) found.push_back(Int(i));
      }
      return Array(found);
    }
    if (items_.empty()) return Int(0);  // LINSERT
    auto at = std::find(items_.begin(), items_.end(), words[3]);
    if (at == items_.end()) return Int(-1);
    items_.insert(words[2] == "AFTER" ? at + 1 : at, words[4]);
    return Int(Size());
  }
  ReplyValue Push(const ModelStep& words) {
    if (words[0] == "RPUSHX" && items_.empty()) return Int(0);
    for (size_t i = 2; i < words.size(); ++i) {
      items_.insert(words[0] == "LPUSH" ? items_.begin() : items_.end(), words[i]);
    }
    return Int(Size());
  }
  ReplyValue PopBack(size_t count) {
    if (items_.empty()) return NilArray();
    std::vector<std::string> popped;
    for (; popped.size() < count && !items_.empty(); items_.pop_back()) {
      popped.push_back(items_.back());
    }
    return AllOf(popped);
  }
  ReplyValue IndexOrSet(const ModelStep& words) {
    const bool set = words[0] == "LSET";
    if (set && items_.empty()) return Error("ERR no such key");
    const int64_t at = At(words[2]);
    if (at < 0 || at >= Size()) return set ? Error("ERR index out of range") : Nil();
    std::string& item = items_[static_cast<size_t>(at)];
    if (!set) return Bulk(item);
    item = words[3];
    return Ok();
  }
  int64_t Remove(int64_t limit, const std::string& item) {
    if (limit < 0) std::reverse(items_.begin(), items_.end());
    const int64_t most = limit == 0 ? INT64_MAX : std::abs(limit);
    int64_t removed = 0;
    for (auto at = items_.begin(); at != items_.end() && removed < most;) {
      if (*at != item) {
        ++at;
        continue;
      }
      at = items_.erase(at);
      ++removed;
    }
    if (limit < 0) std::reverse(items_.begin(), items_.end());
    return removed;
  }

  std::vector<std::string> items_;
};

}  // namespace

TEST_CASE("a list behaves like a vector, in one listpack, in many, compressed and apart") {
  const std::string config =
      GENERATE(as<std::string>(), "", "list-max-listpack-size 3",
               "list-max-listpack-size -1\nlist-compress-depth 1", "list-max-listpack-size 1");
  CheckAgainstModel<ListModel>(config, 51, 800);
}
