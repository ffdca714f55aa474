#include "types/quicklist.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "base/random.h"

namespace gotthard {
namespace {

using Model = std::vector<std::string>;

std::string RandomItem(Random& random) {
  switch (random.Below(10)) {
    case 0:
      return "needle";
    case 1:
      return FormatInt64(static_cast<int64_t>(random.Next() >> random.Below(64)));
    case 2:
      return std::string(random.Below(300), static_cast<char>('a' + random.Below(26)));
    case 3:
      return random.Below(8) == 0 ? std::string(3'000 + random.Below(9'000), 'B') : "";
    default:
      return "item:" + std::to_string(random.Below(100'000));
  }
}

Model Read(const Quicklist& list, ListCursor::Direction direction) {
  const bool forward = direction == ListCursor::Direction::kForward;
  Model items;
  char buffer[24];
  for (ListCursor at(list, forward ? 0 : -1, direction); !at.done(); at.Next()) {
    items.emplace_back(at.item().Text(buffer));
  }
  if (!forward) std::reverse(items.begin(), items.end());
  return items;
}

// The invariants of the chain that no reader sees.
void CheckChain(const Quicklist& list, const ListOptions& options) {
  const ListpackLimit limit(options.max_listpack_size);
  size_t count = 0;
  size_t nodes = 0;
  const Quicklist::Node* previous = nullptr;
  for (const auto* node = list.head(); node != nullptr; previous = node, node = node->next) {
    REQUIRE(node->previous == previous);
    std::string scratch;
    const std::string_view bytes = node->Bytes(scratch);
    if (!node->plain) {
      REQUIRE(ValidateListpack(bytes));
      REQUIRE(Listpack(bytes).Count() == node->count);
      REQUIRE((node->count == 1 || !limit.Exceeded(bytes.size(), node->count)));
    }
    REQUIRE(node->count > 0);
    const auto depth = static_cast<size_t>(options.compress_depth);
    if (nodes < depth || nodes + depth >= list.nodes() || depth == 0) REQUIRE(!node->compressed);
    count += node->count;
    ++nodes;
  }
  REQUIRE(list.tail() == previous);
  REQUIRE(list.Count() == count);
  REQUIRE(list.nodes() == nodes);
}

size_t RemoveFrom(Model& model, const std::string& needle, size_t limit, bool from_tail) {
  size_t removed = 0;
  if (from_tail) std::reverse(model.begin(), model.end());
  for (auto at = model.begin(); at != model.end() && removed < limit;) {
    if (*at != needle) {
      ++at;
      continue;
    }
    at = model.erase(at);
    ++removed;
  }
  if (from_tail) std::reverse(model.begin(), model.end());
  return removed;
}

void Edit(Quicklist& list, Model& model, Random& random, bool shrink) {
  const std::string item = RandomItem(random);
  const size_t index = random.Below(model.size() + 1);
  const auto place = model.begin() + static_cast<ptrdiff_t>(index);
  switch (random.Below(shrink ? 8 : 6)) {
    case 0:
      list.PushBack(item);
      model.push_back(item);
      break;
    case 1:
      list.PushFront(item);
      model.insert(model.begin(), item);
      break;
    case 2:
    case 3:
      list.Insert(index, item);
      model.insert(place, item);
      break;
    case 4:
      if (index == model.size()) break;
      list.Replace(index, item);
      *place = item;
      break;
    case 5: {
      const size_t limit = random.Below(3) == 0 ? SIZE_MAX : random.Below(3);
      const bool from_tail = random.Below(2) == 0;
      const std::string needle = random.Below(3) == 0 ? item : "needle";
      REQUIRE(list.Remove(needle, limit, from_tail) == RemoveFrom(model, needle, limit, from_tail));
      break;
    }
    default: {
      const size_t most = random.Below(10) == 0 ? model.size() - index : model.size() / 30 + 1;
      const size_t count = std::min(random.Below(most + 1), model.size() - index);
      const auto removed = list.Erase(index, count);
      if (removed != nullptr) REQUIRE(removed->Count() <= count);
      model.erase(place, place + static_cast<ptrdiff_t>(count));
    }
  }
}

TEST_CASE("a quicklist holds what a vector of strings holds, after any edits") {
  for (const int64_t size : {-2, -1, -5, 1, 3, 20, 500}) {
    for (const int64_t depth : {0, 1, 3}) {
      for (const size_t apart : {0, 100}) {
        CAPTURE(size, depth, apart);
        const ListOptions options{size, depth, apart};
        Random random(static_cast<uint64_t>(size * 100 + depth * 10) + apart);
        Quicklist list(options);
        Model model;
        for (int step = 0; step < 1'500; ++step) {
          CAPTURE(step);
          Edit(list, model, random, step / 300 % 2 == 1 || model.size() > 600);
          REQUIRE(list.Count() == model.size());
          if (step % 50 != 0) continue;
          CheckChain(list, options);
          REQUIRE(Read(list, ListCursor::Direction::kForward) == model);
          REQUIRE(Read(list, ListCursor::Direction::kBackward) == model);
          for (int i = 0; i < 10 && !model.empty(); ++i) {
            const size_t index = random.Below(model.size());
            const ListCursor at(list, static_cast<int64_t>(index));
            REQUIRE(at.item().Equals(model[index]));
          }
        }
        CHECK(ListCursor(list, static_cast<int64_t>(model.size())).done());
        const std::unique_ptr<Quicklist> copy = list.Clone();
        CheckChain(*copy, options);
        CHECK(Read(*copy, ListCursor::Direction::kForward) == model);
        list.Erase(0, model.size());
        CHECK((list.Count() == 0 && list.head() == nullptr && list.tail() == nullptr));
      }
    }
  }
}

TEST_CASE("a million items of 16 bytes take 18.6 bytes each at most") {
  for (const bool at_tail : {true, false}) {
    Quicklist list(ListOptions{});
    for (int i = 0; i < 1'000'000; ++i) {
      const std::string item = "element:" + std::to_string(10'000'000 + i);
      at_tail ? list.PushBack(item) : list.PushFront(item);
    }
    CHECK(list.MemoryBytes() < 18.6 * 1'000'000);
  }
}

TEST_CASE("the inner nodes of a list are compressed") {
  Quicklist list(ListOptions{.compress_depth = 1});
  for (int i = 0; i < 10'000; ++i) list.PushBack("something that repeats itself, and itself");
  CHECK(list.MemoryBytes() < 10'000 * 10);
  CHECK(ListCursor(list, 5'000).item().text == "something that repeats itself, and itself");
}

TEST_CASE("a queue does not keep the memory of what has left it") {
  Quicklist list(ListOptions{});
  for (int i = 0; i < 200'000; ++i) {
    list.PushBack("element:" + std::to_string(i));
    if (i >= 100) REQUIRE(list.Erase(0, 1) == nullptr);
  }
  CHECK(list.Count() == 100);
  CHECK(list.MemoryBytes() < 20'000);
}

TEST_CASE("much that is erased at once comes back to be freed elsewhere") {
  Quicklist list(ListOptions{});
  for (int i = 0; i < 100'000; ++i) list.PushBack("element:" + std::to_string(i));
  const auto removed = list.Erase(10, 99'980);
  REQUIRE(removed != nullptr);
  CHECK(removed->Count() > 80'000);
  CHECK(list.Count() == 20);
  CHECK(ListCursor(list, 10).item().text == "element:99990");
}

}  // namespace
}  // namespace gotthard
