#include "exec/key_extraction.h"

#include <catch2/catch.hpp>
#include <string>

using namespace gotthard;

namespace {

using Words = std::vector<std::string_view>;

CommandSpec Spec(std::array<KeySpec, 3> keys) {
  CommandSpec spec;
  spec.keys = keys;
  return spec;
}

// "1 3 5", or "no" when the request does not fit.
std::string Positions(const CommandSpec& spec, const Words& words) {
  std::vector<KeyPosition> keys;
  if (!ExtractKeys(spec, words, &keys)) {
    CHECK(keys.empty());
    return "no";
  }
  std::string text;
  for (const KeyPosition& key : keys) {
    text += (text.empty() ? "" : " ") + std::to_string(key.position);
  }
  return text;
}

constexpr KeySpec kStreams = {.begin = KeySpec::Begin::kKeyword,
                              .flags = kKeyReadOnly,
                              .index = 1,
                              .keyword = "STREAMS",
                              .last = -1,
                              .limit = 2};
constexpr KeySpec kLastKeys = {.begin = KeySpec::Begin::kKeyword,
                               .flags = kKeyReadWrite,
                               .index = -2,
                               .keyword = "KEYS",
                               .last = -1};

}  // namespace

TEST_CASE("keys at fixed positions and in ranges are found") {
  CHECK(Positions(Spec({KeyAt(1, kKeyReadOnly)}), {"get", "k"}) == "1");
  CHECK(Positions(Spec({KeyRange(1, -1, 1, kKeyReadOnly)}), {"mget", "a", "b", "c"}) == "1 2 3");
  CHECK(Positions(Spec({KeyRange(1, -1, 2, kKeyOverwrite)}), {"mset", "a", "1", "b", "2"}) ==
        "1 3");
  CHECK(Positions(Spec({KeyRange(1, -2, 1, kKeyReadWrite)}), {"blpop", "a", "b", "0"}) == "1 2");
  CHECK(Positions(Spec({KeyRange(1, 2, 1, kKeyReadOnly)}), {"lcs", "a", "b"}) == "1 2");
  CHECK(Positions(Spec({KeyAt(1, kKeyReadWrite), KeyAt(2, kKeyOverwrite)}), {"rename", "a", "b"}) ==
        "1 2");
  CHECK(Positions(Spec({}), {"ping", "a"}) == "");
}

TEST_CASE("a request that is too short has no keys") {
  CHECK(Positions(Spec({KeyAt(1, kKeyReadOnly)}), {"get"}) == "no");
  CHECK(Positions(Spec({KeyRange(1, -1, 1, kKeyReadOnly)}), {"mget"}) == "no");
  CHECK(Positions(Spec({KeyAt(1, 0), KeyAt(2, 0)}), {"rename", "a"}) == "no");
}

TEST_CASE("counted keys are found, and a bad count is noticed") {
  CommandSpec eval = Spec({KeysCounted(2, kKeyReadWrite)});
  CHECK(Positions(eval, {"eval", "s", "2", "a", "b", "x"}) == "3 4");
  CHECK(Positions(eval, {"eval", "s", "0"}) == "no");
  CHECK(Positions(eval, {"eval", "s", "-1", "a"}) == "no");
  CHECK(Positions(eval, {"eval", "s", "x", "a"}) == "no");
  CHECK(Positions(eval, {"eval", "s", "2", "a"}) == "no");
  CHECK(Positions(eval, {"eval", "s", "9223372036854775807", "a"}) == "no");
  CHECK(Positions(eval, {"eval", "s"}) == "no");
  CommandSpec zunionstore = Spec({KeyAt(1, kKeyOverwrite), KeysCounted(2, kKeyReadOnly)});
  CHECK(Positions(zunionstore, {"zunionstore", "t", "2", "a", "b", "weights", "1", "2"}) ==
        "1 3 4");
}

TEST_CASE("keys behind a word are found in any case of it") {
  CHECK(Positions(Spec({kStreams}), {"xread", "count", "1", "streams", "a", "b", "0", "0"}) ==
        "4 5");
  CHECK(Positions(Spec({kStreams}), {"xread", "count", "1"}) == "");
  CHECK(Positions(Spec({kLastKeys}), {"migrate", "h", "1", "", "0", "1", "Keys", "a", "b"}) ==
        "7 8");
}

TEST_CASE("keys that are none, and those that only the data name") {
  CHECK(Positions(Spec({KeyAt(1, kKeyNotKey)}), {"spublish", "c"}) == "");
  CHECK_FALSE(HasKeys(Spec({KeyAt(1, kKeyNotKey)})));
  CHECK(HasKeys(Spec({KeyAt(1, kKeyReadOnly)})));
  KeySpec unknown = {.begin = KeySpec::Begin::kUnknown, .find = KeySpec::Find::kUnknown};
  CHECK(Positions(Spec({KeyAt(1, 0), unknown}), {"sort", "k"}) == "1");
}

TEST_CASE("a key that an option names is its last, among options of known widths") {
  const KeySpec store = {.begin = KeySpec::Begin::kUnknown,
                         .find = KeySpec::Find::kUnknown,
                         .index = 2,
                         .keyword = "store",
                         .widths = "limit:2 by:1"};
  const CommandSpec sort = Spec({KeyAt(1, 0), store});
  CHECK(Positions(sort, {"sort", "store"}) == "1");
  CHECK(Positions(sort, {"sort", "k", "desc", "STORE", "a"}) == "1 4");
  CHECK(Positions(sort, {"sort", "k", "store", "a", "Limit", "store", "1", "store", "b"}) == "1 8");
  CHECK(Positions(sort, {"sort", "k", "by", "store", "a"}) == "1");
  CHECK(Positions(sort, {"sort", "k", "store"}) == "1");
}

TEST_CASE("flags may depend on what else was asked") {
  KeySpec set = KeyAt(1, kKeyReadWrite | kKeyAccess | kKeyUpdate | kKeyVariable);
  set.flags_if_any = "get incrby";
  set.flags_otherwise = kKeyOverwrite | kKeyUpdate;
  std::vector<KeyPosition> keys;
  REQUIRE(ExtractKeys(Spec({set}), Words{"set", "k", "v"}, &keys));
  REQUIRE(ExtractKeys(Spec({set}), Words{"set", "k", "v", "GET"}, &keys));
  CHECK(keys == std::vector<KeyPosition>{{1, kKeyOverwrite | kKeyUpdate},
                                         {1, kKeyReadWrite | kKeyAccess | kKeyUpdate}});
}

TEST_CASE("the oldest form of COMMAND sees one range and whether there is more") {
  auto print = [](const CommandSpec& spec) {
    LegacyKeyRange range = LegacyKeys(spec);
    return std::to_string(range.first) + " " + std::to_string(range.last) + " " +
           std::to_string(range.step) + (range.movable ? " movable" : "");
  };
  CHECK(print(Spec({})) == "0 0 0");
  CHECK(print(Spec({KeyAt(1, 0)})) == "1 1 1");
  CHECK(print(Spec({KeyRange(1, -1, 2, 0)})) == "1 -1 2");
  CHECK(print(Spec({KeyAt(1, 0), KeyAt(2, 0)})) == "1 2 1");
  CHECK(print(Spec({KeysCounted(2, 0)})) == "0 0 0 movable");
  CHECK(print(Spec({KeyAt(1, 0), KeysCounted(2, 0)})) == "1 1 1 movable");
  CHECK(print(Spec({KeyAt(1, kKeyIncomplete)})) == "1 1 1 movable");
}
