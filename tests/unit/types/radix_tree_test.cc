#include "types/radix_tree.h"

#include <catch2/catch.hpp>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/random.h"

namespace gotthard {
namespace {

struct Object {
  StreamId id;
  int number;
};
using Tree = RadixTree<Object>;
using Model = std::map<StreamId, std::unique_ptr<Object>>;

// Ids as streams have them, and as nobody would make them.
StreamId RandomId(Random& random, unsigned kind) {
  switch (kind) {
    case 0:
      return {1'700'000'000'000, random.Below(600)};
    case 1:
      return {1'700'000'000'000 + random.Below(600), 0};
    case 2:
      return {random.Below(4) << random.Below(64), random.Below(4) << random.Below(64)};
    case 3:
      return {random.Next(), random.Next()};
    default: {
      constexpr uint64_t kEdges[] = {0, 1, 255, 256, UINT64_MAX - 1, UINT64_MAX};
      return {kEdges[random.Below(6)], kEdges[random.Below(6)]};
    }
  }
}

uint8_t ByteOf(const StreamId& id, unsigned position) {
  return static_cast<uint8_t>((position < 8 ? id.ms : id.seq) >> (56 - 8 * (position % 8)));
}

// The nodes of a radix tree over ids[from..to), which agree up to `position`: runs without a
// branch, branches and ends, all counted.
size_t NodeCount(const std::vector<StreamId>& ids, size_t from, size_t to, unsigned position) {
  unsigned branch = position;
  while (branch < 16 && ByteOf(ids[from], branch) == ByteOf(ids[to - 1], branch)) ++branch;
  size_t nodes = (branch > position ? 1 : 0) + 1;
  for (size_t begin = from; branch < 16 && begin < to;) {
    size_t end = begin;
    while (end < to && ByteOf(ids[end], branch) == ByteOf(ids[begin], branch)) ++end;
    nodes += NodeCount(ids, begin, end, branch + 1);
    begin = end;
  }
  return nodes;
}

void CheckEqual(const Tree& tree, const Model& model) {
  REQUIRE(tree.IsSound());
  REQUIRE(tree.size() == model.size());
  REQUIRE(tree.empty() == model.empty());
  auto forward = tree.First();
  std::vector<StreamId> ids;
  for (const auto& [id, object] : model) {
    REQUIRE(!forward.done());
    REQUIRE(forward.get() == object.get());
    forward.Next();
    ids.push_back(id);
  }
  REQUIRE(forward.done());
  auto backward = tree.Last();
  for (auto at = model.rbegin(); at != model.rend(); ++at) {
    REQUIRE(!backward.done());
    REQUIRE(backward.get() == at->second.get());
    backward.Previous();
  }
  REQUIRE(backward.done());
  REQUIRE(tree.node_count() == (ids.empty() ? 1 : NodeCount(ids, 0, ids.size(), 0)));
}

// What is found from an id on: it, and what comes next in either direction.
void CheckSeek(const Tree& tree, const Model& model, const StreamId& id) {
  const auto exact = model.find(id);
  REQUIRE(tree.Find(id) == (exact == model.end() ? nullptr : exact->second.get()));
  const auto object_at = [&model](Model::const_iterator at) {
    return at == model.end() ? nullptr : at->second.get();
  };
  auto behind = model.lower_bound(id);
  auto at_least = tree.AtLeast(id);
  REQUIRE((at_least.done() ? nullptr : at_least.get()) == object_at(behind));
  if (!at_least.done()) {
    at_least.Next();
    REQUIRE((at_least.done() ? nullptr : at_least.get()) == object_at(++behind));
  }
  auto before = model.upper_bound(id);
  auto at_most = tree.AtMost(id);
  REQUIRE(at_most.done() == (before == model.begin()));
  if (at_most.done()) return;
  REQUIRE(at_most.get() == object_at(--before));
  at_most.Previous();
  REQUIRE(at_most.done() == (before == model.begin()));
  if (!at_most.done()) REQUIRE(at_most.get() == object_at(--before));
}

void Edit(Tree& tree, Model& model, const StreamId& id, bool grow, Random& random) {
  const auto found = model.find(id);
  const bool present = found != model.end();
  if (random.Below(10) < (grow ? 7u : 3u)) {
    auto object = std::make_unique<Object>(Object{id, 1});
    REQUIRE(tree.Insert(object.get()) == !present);
    if (!present) {
      model.emplace(id, std::move(object));
    } else if (random.Below(2) == 0) {
      tree.Replace(object.get());
      found->second = std::move(object);
    }
  } else {
    REQUIRE(tree.Erase(id) == (present ? found->second.get() : nullptr));
    if (present) model.erase(found);
  }
}

TEST_CASE("a radix tree holds what a map holds, after any changes, and finds as it does") {
  for (unsigned kind = 0; kind < 5; ++kind) {
    const uint64_t seed = 100 + kind;
    CAPTURE(kind, seed);
    Random random(seed);
    Tree tree;
    Model model;
    for (int step = 0; step < 6'000; ++step) {
      CAPTURE(step);
      const StreamId id = RandomId(random, kind);
      Edit(tree, model, id, step / 1'000 % 2 == 0, random);
      CheckSeek(tree, model, RandomId(random, kind));
      CheckSeek(tree, model, RandomId(random, kind == 0 ? 1 : 0));
      if (step % 100 == 0) CheckEqual(tree, model);
    }
    while (!model.empty()) {
      const StreamId id = model.begin()->first;
      REQUIRE(tree.Erase(id) == model.begin()->second.get());
      model.erase(model.begin());
    }
    CheckEqual(tree, model);
    CHECK(tree.memory_bytes() == 0);
  }
}

TEST_CASE("every id has a place of its own, up to all bytes at a branch") {
  Tree tree;
  std::vector<Object> objects;
  for (uint64_t i = 0; i < 256; ++i) objects.push_back({{i << 56, UINT64_MAX - i}, 0});
  for (size_t i = 0; i < 256; ++i) REQUIRE(tree.Insert(&objects[i * 37 % 256]));
  CHECK(!tree.Insert(&objects[7]));
  CHECK(tree.IsSound());
  CHECK(tree.node_count() == 256 + 256 + 1);
  size_t next = 0;
  for (auto at = tree.First(); !at.done(); at.Next()) CHECK(at.get() == &objects[next++]);
  CHECK(next == 256);
  tree.Clear();
  CHECK(tree.empty());
  CHECK(tree.First().done());
  CHECK(tree.AtMost(StreamId::Max()).done());
  CHECK(tree.IsSound());
}

TEST_CASE("a radix tree of ids that come one after the other takes 12 bytes an id at most") {
  for (const bool by_time : {true, false}) {
    Tree tree;
    std::vector<Object> objects(100'000);
    for (uint64_t i = 0; i < objects.size(); ++i) {
      objects[i].id = by_time ? StreamId{1'700'000'000'000 + i, 0} : StreamId{1'700'000'000'000, i};
      tree.Insert(&objects[i]);
    }
    CHECK(tree.memory_bytes() < 12 * objects.size());
    Tree moved = std::move(tree);
    CHECK(moved.size() == objects.size());
    CHECK(tree.empty());  // NOLINT(bugprone-use-after-move): the promise is that it is empty
  }
}

TEST_CASE("the ids next to an id cross from one time to the other and end at the ends") {
  StreamId id{7, UINT64_MAX};
  CHECK(id.Increment());
  CHECK(id == StreamId{8, 0});
  CHECK(id.Decrement());
  CHECK(id == StreamId{7, UINT64_MAX});
  id = StreamId::Max();
  CHECK(!id.Increment());
  CHECK(id == StreamId::Max());
  id = StreamId::Min();
  CHECK(!id.Decrement());
  CHECK(id == StreamId::Min());
  char buffer[kStreamIdTextBytes];
  CHECK(StreamId{1, 2}.Text(buffer) == "1-2");
  CHECK(StreamId::Max().Text(buffer, '.') == "18446744073709551615.18446744073709551615");
  CHECK(StreamId{1, 9} < StreamId{2, 0});
}

}  // namespace
}  // namespace gotthard
