#include "types/stream.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "types/stream_node.h"

namespace gotthard {
namespace {

using Texts = std::vector<std::string_view>;
using Strings = std::vector<std::string>;
using Direction = StreamCursor::Direction;

constexpr StreamNodeLimits kDefaults;

bool Append(Stream& stream, uint64_t ms, const Texts& texts,
            const StreamNodeLimits& limits = kDefaults) {
  return stream.Append({ms, 0}, texts, limits);
}

std::string TextOf(const StreamId& id) {
  char buffer[kStreamIdTextBytes];
  return std::string(id.Text(buffer));
}

// "id field=value field=value" of each entry.
Strings Read(const Stream& stream, const StreamId& start, const StreamId& end,
             Direction direction = Direction::kForward) {
  Strings lines;
  char buffer[24];
  for (StreamCursor at(stream, start, end, direction); !at.done(); at.Next()) {
    std::string line = TextOf(at.id());
    at.ForEachField([&](const PackedItem& field, const PackedItem& value) {
      line += " " + std::string(field.Text(buffer));
      line += "=" + std::string(value.Text(buffer));
    });
    lines.push_back(line);
  }
  return lines;
}
Strings Read(const Stream& stream) {
  return Read(stream, StreamId::Min(), StreamId::Max());
}

// The elements of each node's listpack, behind the node's id.
Strings Nodes(const Stream& stream) {
  Strings nodes;
  char buffer[24];
  stream.ForEachNode([&](const StreamId& id, std::string_view bytes) {
    REQUIRE(ValidateListpack(bytes));
    const Listpack listpack(bytes);
    std::string line = TextOf(id) + ":";
    for (auto at = listpack.First(); at != Listpack::kNone; at = listpack.Next(at)) {
      line += " " + std::string(listpack.Get(at).Text(buffer));
    }
    nodes.push_back(line);
  });
  return nodes;
}

// A listpack of these elements.
std::string Packed(const Texts& elements) {
  HeapPacked buffer;
  ListpackClear(buffer);
  ListpackAppend(buffer, elements);
  return std::string(buffer.view());
}

TEST_CASE("entries lie in listpacks as RDB files carry them") {
  Stream stream;
  CHECK(Append(stream, 5, {"a", "x", "b", "10"}));
  CHECK(Append(stream, 7, {"a", "y", "b", "-3"}));
  CHECK(stream.Append({7, 4}, Texts{"b", "y", "a", "z"}, kDefaults));
  CHECK(Append(stream, 8, {"c", ""}));
  CHECK(Nodes(stream) == Strings{"5-0: 4 0 2 a b 0 2 0 0 x 10 5 2 2 0 y -3 5 "
                                 "0 2 4 2 b y a z 8 0 3 0 1 c  6"});
  CHECK(stream.Erase({7, 0}));
  CHECK(Nodes(stream) == Strings{"5-0: 3 1 2 a b 0 2 0 0 x 10 5 3 2 0 y -3 5 "
                                 "0 2 4 2 b y a z 8 0 3 0 1 c  6"});
  CHECK(Read(stream) == Strings{"5-0 a=x b=10", "7-4 b=y a=z", "8-0 c="});
  CHECK(Read(stream, {5, 1}, {7, UINT64_MAX}) == Strings{"7-4 b=y a=z"});
  CHECK(Read(stream, {0, 0}, {7, 4}, Direction::kBackward) ==
        Strings{"7-4 b=y a=z", "5-0 a=x b=10"});
  CHECK(Read(stream, {9, 0}, StreamId::Max()).empty());
  CHECK(Read(stream, {6, 0}, {5, 0}).empty());
  CHECK(Read(stream, {0, 0}, {4, 0}, Direction::kBackward).empty());
  CHECK(stream.Contains({7, 4}));
  CHECK(!stream.Contains({7, 0}));
  CHECK(stream.IsSound());
}

TEST_CASE("a node is full by its entries or by its bytes, as configured") {
  Stream by_entries;
  for (uint64_t ms = 1; ms <= 7; ++ms) Append(by_entries, ms, {"f", "v"}, {4096, 3});
  CHECK(by_entries.nodes() == 3);
  // Those deleted count; and the last node takes entries again when it was opened.
  by_entries.Erase({7, 0});
  CHECK(by_entries.nodes() == 2);
  by_entries.Erase({5, 0});
  Append(by_entries, 8, {"f", "v"}, {4096, 3});
  CHECK(by_entries.nodes() == 3);
  Append(by_entries, 9, {"f", "v"}, {4096, 0});
  CHECK(by_entries.nodes() == 3);
  CHECK(by_entries.IsSound());

  Stream by_bytes;
  const std::string value(1'000, 'v');
  for (uint64_t ms = 1; ms <= 10; ++ms) Append(by_bytes, ms, {"f", value}, {4096, 100});
  CHECK(by_bytes.nodes() == 3);
  Append(by_bytes, 11, {"f", "v"}, {1, 100});
  CHECK(by_bytes.nodes() == 4);
  for (uint64_t ms = 12; ms <= 500; ++ms) Append(by_bytes, ms, {"f", value}, {0, 0});
  CHECK(by_bytes.nodes() == 4);
  CHECK(Read(by_bytes).size() == 500);
  CHECK(by_bytes.IsSound());
}

TEST_CASE("the longest entry is one that a listpack holds") {
  Stream stream;
  const std::string huge(kMaxListpackBytes, 'x');
  CHECK(!Append(stream, 1, {"f", huge}));
  CHECK(stream.length() == 0);
  CHECK(stream.nodes() == 0);
  CHECK(stream.last_id() == StreamId{});
  CHECK(Append(stream, 1, {"f", std::string_view(huge).substr(0, 10'000'000)}));
  CHECK(Append(stream, 2, {"f", "after"}));
  CHECK(stream.nodes() == 2);
  CHECK(Read(stream)[1] == "2-0 f=after");
}

TEST_CASE("ids and counters follow what is added and deleted") {
  Stream stream;
  for (uint64_t ms = 1; ms <= 5; ++ms) Append(stream, ms, {"f", "v"}, {4096, 2});
  CHECK(stream.first_id() == StreamId{1, 0});
  CHECK(stream.last_id() == StreamId{5, 0});
  CHECK(stream.Erase({2, 0}));
  CHECK(!stream.Erase({2, 0}));
  CHECK(stream.max_deleted_id() == StreamId{2, 0});
  CHECK(stream.first_id() == StreamId{1, 0});
  CHECK(stream.Erase({1, 0}));
  CHECK(stream.first_id() == StreamId{3, 0});
  CHECK(stream.max_deleted_id() == StreamId{2, 0});
  CHECK(stream.Erase({5, 0}));
  CHECK(stream.LastEntryId() == StreamId{4, 0});
  CHECK(stream.last_id() == StreamId{5, 0});
  CHECK(stream.length() == 2);
  CHECK(stream.entries_added() == 5);
  stream.Erase({3, 0});
  stream.Erase({4, 0});
  CHECK(stream.first_id() == StreamId{});
  CHECK(stream.LastEntryId() == StreamId{});
  CHECK(stream.nodes() == 0);
  CHECK(stream.tree_nodes() == 1);
  Append(stream, 6, {"f", "v"});
  CHECK(stream.first_id() == StreamId{6, 0});
  CHECK(stream.tree_nodes() == 2);
  CHECK(stream.IsSound());
}

TEST_CASE("trimming is exact, or by whole nodes, or limited") {
  Stream stream;
  for (uint64_t ms = 1; ms <= 20; ++ms) Append(stream, ms, {"f", "v"}, {4096, 4});
  const StreamTrim whole_nodes{.approximate = true};
  CHECK(stream.TrimToLength(20, {}) == 0);
  CHECK(stream.TrimToLength(17, whole_nodes) == 0);
  CHECK(stream.TrimToLength(16, whole_nodes) == 4);
  CHECK(stream.TrimToLength(3, {.approximate = true, .limit = 7}) == 4);
  CHECK(stream.first_id() == StreamId{9, 0});
  CHECK(stream.TrimToLength(9, {}) == 3);
  CHECK(stream.first_id() == StreamId{12, 0});
  CHECK(stream.max_deleted_id() == StreamId{});
  CHECK(stream.TrimBefore({12, 0}, {}) == 0);
  CHECK(stream.TrimBefore({16, 0}, whole_nodes) == 1);
  CHECK(stream.TrimBefore({16, 0}, whole_nodes) == 0);
  CHECK(stream.TrimBefore({16, 1}, {.approximate = true, .limit = 3}) == 0);
  CHECK(stream.TrimBefore({16, 1}, whole_nodes) == 4);
  CHECK(stream.first_id() == StreamId{17, 0});
  CHECK(stream.TrimBefore({19, 0}, {}) == 2);
  CHECK(Read(stream) == Strings{"19-0 f=v", "20-0 f=v"});
  CHECK(stream.IsSound());
  CHECK(stream.TrimToLength(0, {}) == 2);
  CHECK(stream.first_id() == StreamId{});
  CHECK(stream.nodes() == 0);
  Append(stream, 21, {"f", "v"});
  CHECK(stream.IsSound());
}

TEST_CASE("a stream that is kept at a length holds its last entries, whatever was cut off") {
  Stream stream;
  for (uint64_t ms = 1; ms <= 3'000; ++ms) {
    // Counters of one byte become counters of two.
    Append(stream, ms, {"f", "v"}, {0, 1'000});
    if (ms <= 300) continue;
    REQUIRE(stream.TrimToLength(300, {}) == 1);
    REQUIRE(stream.first_id() == StreamId{ms - 299, 0});
    if (ms % 100 != 0) continue;
    REQUIRE(stream.IsSound());
    REQUIRE(Read(stream).size() == 300);
  }
}

TEST_CASE("an id may come back behind one that was deleted") {
  Stream stream;
  for (uint64_t ms = 1; ms <= 9; ++ms) Append(stream, ms, {"f", "v"});
  stream.Erase({8, 0});
  stream.Erase({9, 0});
  stream.set_last_id({7, 0});
  CHECK(stream.Append({7, 1}, Texts{"f", "again"}, {4096, 9}));
  CHECK(stream.Append({9, 0}, Texts{"f", "again"}, {4096, 10}));
  CHECK(stream.IsSound());
  CHECK(Read(stream, {7, 0}, {9, 0}) == Strings{"7-0 f=v", "7-1 f=again", "9-0 f=again"});
  CHECK(stream.Erase({9, 0}));
  CHECK(!stream.Erase({9, 0}));
  CHECK(stream.TrimBefore({7, 2}, {}) == 8);
  CHECK(stream.length() == 0);
}

TEST_CASE("what a group has to read is known until something in between was deleted") {
  Stream stream;
  StreamGroup& group = *stream.AddGroup("g", {}, 0);
  CHECK(stream.Lag(group) == 0);
  for (uint64_t ms = 1; ms <= 5; ++ms) Append(stream, ms, {"f", "v"});
  CHECK(stream.Lag(group) == 5);
  stream.Delivered(group, {1, 0});
  stream.Delivered(group, {2, 0});
  CHECK(group.entries_read == 2);
  CHECK(stream.Lag(group) == 3);
  CHECK(stream.EntriesReadAt({0, 1}) == 0);
  CHECK(stream.EntriesReadAt({1, 0}) == 1);
  CHECK(stream.EntriesReadAt({3, 0}) == kUnknownEntriesRead);
  CHECK(stream.EntriesReadAt({5, 0}) == 5);
  CHECK(stream.EntriesReadAt({6, 0}) == kUnknownEntriesRead);
  // Deleted behind the group's place: the lag cannot be told until that was passed.
  stream.Erase({4, 0});
  CHECK(stream.MayHaveGapsFrom({4, 0}));
  CHECK(!stream.MayHaveGapsFrom({4, 1}));
  CHECK(stream.Lag(group) == std::nullopt);
  stream.Delivered(group, {3, 0});
  CHECK(group.entries_read == kUnknownEntriesRead);
  stream.Delivered(group, {5, 0});
  CHECK(group.entries_read == 5);
  CHECK(stream.Lag(group) == 0);
  stream.Delivered(group, {3, 0});
  CHECK(group.last_id == StreamId{5, 0});
  // All before the first entry is one place.
  stream.TrimBefore({5, 0}, {});
  CHECK(stream.EntriesReadAt({2, 0}) == 4);
  stream.TrimToLength(0, {});
  CHECK(stream.EntriesReadAt({2, 0}) == 5);
}

TEST_CASE("a group keeps what it delivered until it is acknowledged") {
  Stream stream;
  CHECK(stream.FindGroup("g") == nullptr);
  StreamGroup& group = *stream.AddGroup("g", {3, 0}, 7);
  CHECK(stream.AddGroup("g", {}, 0) == nullptr);
  CHECK(stream.AddGroup("a", {}, kUnknownEntriesRead) != nullptr);
  CHECK(stream.groups().begin()->first == "a");
  StreamConsumer* alice = group.AddConsumer("alice", 100);
  StreamConsumer* bob = group.AddConsumer("bob", 200);
  CHECK(group.AddConsumer("bob", 300) == nullptr);
  CHECK(group.FindConsumer("alice") == alice);
  CHECK(group.FindConsumer("carol") == nullptr);
  CHECK(alice->active_time_ms == kNeverActive);

  for (uint64_t ms = 1; ms <= 10; ++ms) group.Deliver({ms, 0}, ms % 2 == 0 ? alice : bob, 1'000);
  CHECK(alice->pending().size() == 5);
  StreamNack* nack = group.FindPending({4, 0});
  REQUIRE(nack != nullptr);
  CHECK(nack->consumer == alice);
  nack->delivery_count = 9;
  group.Transfer(nack, bob);
  CHECK(nack->delivery_count == 9);
  CHECK(nack->delivery_time_ms == 1'000);
  CHECK(alice->pending().Find({4, 0}) == nullptr);
  CHECK(bob->pending().Find({4, 0}) == nack);
  CHECK(group.Deliver({4, 0}, alice, 2'000) == nack);
  CHECK(nack->delivery_count == 1);
  CHECK(nack->delivery_time_ms == 2'000);
  CHECK(group.IsSound());

  CHECK(group.Acknowledge({2, 0}));
  CHECK(!group.Acknowledge({2, 0}));
  CHECK(group.pending().AtLeast({2, 0})->id == StreamId{3, 0});
  const auto copy = stream.Clone();
  CHECK(copy->IsSound());
  CHECK(group.RemoveConsumer(bob) == 5);
  CHECK(group.consumers().size() == 1);
  CHECK(group.pending().size() == 4);
  CHECK(group.IsSound());

  const StreamGroup& copied = *copy->FindGroup("g");
  CHECK(copied.pending().size() == 9);
  CHECK(copied.last_id == StreamId{3, 0});
  CHECK(copied.entries_read == 7);
  CHECK(copied.FindPending({4, 0})->delivery_time_ms == 2'000);
  CHECK(copied.FindConsumer("bob")->seen_time_ms == 200);
  CHECK(stream.RemoveGroup("b") == nullptr);
  CHECK(stream.RemoveGroup("g")->pending().size() == 4);
  CHECK(stream.groups().size() == 1);
}

TEST_CASE("nodes that are loaded are taken whole, in order, or not at all") {
  const std::string good = Packed({"2", "1", "1", "f", "0", "2", "0",  "0", "x", "4", "3",
                                   "0", "1", "y", "4", "0", "1", "-2", "1", "g", "z", "6"});
  Stream stream;
  REQUIRE(stream.AppendNode({5, 5}, good));
  CHECK(Read(stream) == Strings{"5-5 f=x", "6-3 g=z"});
  CHECK(stream.last_id() == StreamId{6, 3});
  CHECK(stream.entries_added() == 2);
  // Not before, or among, what is there.
  CHECK(!stream.AppendNode({5, 5}, good));
  CHECK(!stream.AppendNode({6, 3}, good));
  CHECK(!stream.AppendNode({1, 0}, good));
  CHECK(stream.AppendNode({6, 4}, good));
  CHECK(Append(stream, 9, {"f", "next"}));
  CHECK(stream.length() == 5);
  CHECK(stream.nodes() == 2);
  CHECK(stream.IsSound());
  CHECK(stream.Clone()->IsSound());
  CHECK(Read(*stream.Clone()) == Read(stream));
}

TEST_CASE("a listpack that is not a node's is refused") {
  const auto valid = [](const Texts& elements, const StreamId& id = {5, 5}) {
    return ValidateStreamNode(id, Packed(elements)).has_value();
  };
  REQUIRE(valid({"1", "0", "1", "f", "0", "2", "0", "0", "x", "4"}));
  CHECK(valid({"0", "1", "1", "f", "0", "3", "0", "0", "x", "4"}));
  // Counts.
  CHECK(!valid({}));
  CHECK(!valid({"1", "0", "1"}));
  CHECK(!valid({"2", "0", "1", "f", "0", "2", "0", "0", "x", "4"}));
  CHECK(!valid({"1", "1", "1", "f", "0", "2", "0", "0", "x", "4"}));
  CHECK(!valid({"0", "1", "1", "f", "0", "2", "0", "0", "x", "4"}));
  CHECK(!valid({"-1", "2", "1", "f", "0", "2", "0", "0", "x", "4"}));
  CHECK(!valid({"x", "0", "1", "f", "0", "2", "0", "0", "x", "4"}));
  CHECK(!valid({"1", "0", "9223372036854775807", "f", "0", "2", "0", "0", "x", "4"}));
  CHECK(!valid({"1", "0", "2", "f", "0", "2", "0", "0", "x", "4"}));
  CHECK(!valid({"1", "0", "1", "f", "1", "2", "0", "0", "x", "4"}));
  // Entries.
  CHECK(!valid({"1", "0", "1", "f", "0", "2", "0", "0", "x", "5"}));
  CHECK(!valid({"1", "0", "1", "f", "0", "2", "0", "0", "x"}));
  CHECK(!valid({"1", "0", "1", "f", "0", "4", "0", "0", "x", "4"}));
  CHECK(!valid({"1", "0", "1", "f", "0", "2", "0", "0", "x", "4", "7"}));
  CHECK(!valid({"1", "0", "1", "f", "0", "200", "0", "0", "x", "4"}));
  CHECK(!valid({"1", "0", "1", "f", "0", "0", "0", "0", "-1", "4"}));
  CHECK(!valid({"1", "0", "1", "f", "0", "2", "zero", "0", "x", "4"}));
  CHECK(!valid({"1", "0", "1", "f", "0", "0", "0", "0", "4611686018427387904", "f", "x", "6"}));
  // Ids.
  CHECK(!valid({"1", "0", "1", "f", "0", "2", "0", "-1", "x", "4"}));
  CHECK(!valid({"1", "0", "1", "f", "0", "2", "0", "0", "x", "4"}, {0, 0}));
  CHECK(!valid({"2", "0", "1", "f", "0", "2", "0", "1", "x", "4", "2", "0", "1", "x", "4"}));
  std::string broken = Packed({"1", "0", "1", "f", "0", "2", "0", "0", "x", "4"});
  broken[broken.size() - 2] = 'b';
  CHECK(!ValidateStreamNode({5, 5}, broken));
}

TEST_CASE("a million entries of three small fields take 18.6 bytes each at most") {
  Stream stream;
  const Texts texts = {"a", "1", "b", "2", "c", "3"};
  for (uint64_t i = 0; i < 1'000'000; ++i) {
    stream.Append({1'700'000'000'000 + i / 300, i % 300}, texts, kDefaults);
  }
  CHECK(stream.memory_bytes() < 18.6 * 1'000'000);
  CHECK(stream.nodes() == 10'000);
  CHECK(stream.free_effort() >= 10'000);
}

}  // namespace
}  // namespace gotthard
