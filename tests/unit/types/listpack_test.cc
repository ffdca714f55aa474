#include "types/listpack.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "base/random.h"

namespace gotthard {
namespace {

using Model = std::vector<std::string>;

// A text of a kind that an encoding begins or ends with.
std::string RandomText(Random& random) {
  switch (random.Below(8)) {
    case 0:
      return FormatInt64(static_cast<int64_t>(random.Below(128)));
    case 1:
      return FormatInt64(static_cast<int64_t>(random.Below(8192)) - 4096);
    case 2: {
      const auto bits = static_cast<unsigned>(random.Below(64));
      return FormatInt64(static_cast<int64_t>(random.Next()) >> bits);
    }
    case 3: {
      constexpr int64_t kEdges[] = {
          127,       128,       4095,      4096,      -4096,    -4097,       32767,     32768,
          -32768,    -32769,    8388607,   8388608,   -8388608, -8388609,    INT32_MAX, -1,
          INT32_MIN, INT64_MAX, INT64_MIN, 1ll << 31, 0,        -(1ll << 40)};
      return FormatInt64(kEdges[random.Below(std::size(kEdges))]);
    }
    case 4:
      return std::string(61 + random.Below(6), 'a');
    case 5:
      return random.Below(20) == 0 ? std::string(4090 + random.Below(12), 'b') : "007";
    case 6:
      return std::string(120 + random.Below(10), 'c');
    default: {
      std::string text(random.Below(20), '\0');
      for (char& c : text) c = static_cast<char>(random.Below(256));
      return text;
    }
  }
}

Model Forward(std::string_view bytes) {
  Model texts;
  const Listpack list(bytes);
  char buffer[24];
  for (auto at = list.First(); at != Listpack::kNone; at = list.Next(at)) {
    texts.emplace_back(list.Get(at).Text(buffer));
  }
  return texts;
}

Model Backward(std::string_view bytes) {
  Model texts;
  const Listpack list(bytes);
  char buffer[24];
  for (auto at = list.Last(); at != Listpack::kNone; at = list.Previous(at)) {
    texts.insert(texts.begin(), std::string(list.Get(at).Text(buffer)));
  }
  return texts;
}

// One random edit of both.
void Edit(HeapPacked& packed, Model& model, Random& random) {
  const Listpack list(packed.view());
  const size_t index = random.Below(model.size() + 1);
  const auto found = list.Seek(static_cast<int64_t>(index));
  const auto at = found == Listpack::kNone ? list.End() : found;
  const std::string text = RandomText(random);
  const auto place = model.begin() + static_cast<ptrdiff_t>(index);
  switch (random.Below(model.size() > 60 ? 10 : 7)) {
    case 0:
      ListpackInsert(packed, at, text);
      model.insert(place, text);
      break;
    case 1:
      ListpackAppend(packed, text);
      model.push_back(text);
      break;
    case 2:
      ListpackPrepend(packed, text);
      model.insert(model.begin(), text);
      break;
    case 3: {
      const Model more = {text, "", "12345"};
      const std::vector<std::string_view> views(more.begin(), more.end());
      ListpackAppend(packed, views);
      model.insert(model.end(), more.begin(), more.end());
      break;
    }
    case 4: {
      const auto number = static_cast<int64_t>(random.Next());
      ListpackInsert(packed, at, number);
      model.insert(place, FormatInt64(number));
      break;
    }
    case 5:
      if (index == model.size()) break;
      ListpackReplace(packed, at, text);
      *place = text;
      break;
    case 6: {
      const std::string copy(packed.view());
      const Listpack whole(copy);
      const std::string_view elements =
          std::string_view(copy).substr(kListpackHeaderBytes, copy.size() - kEmptyListpackBytes);
      if (model.size() > 20) break;
      ListpackInsertRaw(packed, at, elements, whole.Count());
      const Model twice = model;
      model.insert(place, twice.begin(), twice.end());
      break;
    }
    default: {
      const size_t count = random.Below(4);
      const size_t there = std::min(count, model.size() - index);
      CHECK(ListpackDelete(packed, at, count) == there);
      model.erase(place, place + static_cast<ptrdiff_t>(there));
    }
  }
}

TEST_CASE("a listpack holds what a vector of strings holds, after any edits") {
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    Random random(seed);
    HeapPacked packed;
    ListpackClear(packed);
    Model model;
    for (int step = 0; step < 400; ++step) {
      CAPTURE(step);
      Edit(packed, model, random);
      REQUIRE(ValidateListpack(packed.view()));
      const Listpack list(packed.view());
      REQUIRE(list.Count() == model.size());
      if (step % 20 != 0) continue;
      REQUIRE(Forward(packed.view()) == model);
      REQUIRE(Backward(packed.view()) == model);
    }
    const Listpack list(packed.view());
    for (size_t i = 0; i < model.size(); ++i) {
      const auto at = list.Seek(static_cast<int64_t>(i));
      REQUIRE(at != Listpack::kNone);
      CHECK(list.Get(at).Equals(model[i]));
      CHECK(list.Seek(static_cast<int64_t>(i) - static_cast<int64_t>(model.size())) == at);
      // The first of its kind, at even places only when asked so.
      const auto first = std::find(model.begin(), model.end(), model[i]) - model.begin();
      CHECK(list.Find(list.First(), model[i]) == list.Seek(first));
      for (size_t j = 0; j <= i; j += 2) {
        if (model[j] != model[i]) continue;
        CHECK(list.Find(list.First(), model[i], 1) == list.Seek(static_cast<int64_t>(j)));
        break;
      }
    }
    CHECK(list.Seek(static_cast<int64_t>(model.size())) == Listpack::kNone);
    CHECK(list.Seek(-static_cast<int64_t>(model.size()) - 1) == Listpack::kNone);
    CHECK(list.Find(list.First(), "not there") == Listpack::kNone);
  }
}

TEST_CASE("a listpack has the documented bytes") {
  HeapPacked packed;
  ListpackClear(packed);
  CHECK(packed.view() == std::string_view("\x07\0\0\0\0\0\xff", 7));
  for (const char* text : {"1", "-1", "hi", "4096"}) ListpackAppend(packed, std::string_view(text));
  CHECK(packed.view() == std::string_view("\x14\0\0\0\x04\0"
                                          "\x01\x01"
                                          "\xdf\xff\x02"
                                          "\x82hi\x03"
                                          "\xf1\x00\x10\x03\xff",
                                          20));
  CHECK(ListpackElementBytes("hi") == 4);
  CHECK(ListpackElementBytes("0123") == 6);
  CHECK(ListpackElementBytes("123") == 2);
}

TEST_CASE("a listpack counts its elements beyond what its header can say") {
  HeapPacked packed;
  ListpackClear(packed);
  for (int i = 0; i < 66'000; ++i) ListpackAppend(packed, int64_t{i});
  CHECK(Listpack(packed.view()).Count() == 66'000);
  CHECK(ValidateListpack(packed.view()));
  CHECK(Listpack(packed.view()).Get(Listpack(packed.view()).Seek(-2)).integer == 65'998);
  CHECK(ListpackDelete(packed, kListpackHeaderBytes, 1'000) == 1'000);
  CHECK(Listpack(packed.view()).Count() == 65'000);
  CHECK(ValidateListpack(packed.view()));
}

TEST_CASE("elements of every length can be walked backwards") {
  for (const size_t length : {63u, 64u, 125u, 126u, 4095u, 4096u, 16'370u, 16'377u, 16'378u,
                              16'380u, 2'097'140u, 2'097'146u, 2'097'150u}) {
    CAPTURE(length);
    HeapPacked packed;
    ListpackClear(packed);
    ListpackAppend(packed, "before");
    ListpackAppend(packed, std::string(length, 'x'));
    ListpackAppend(packed, "behind");
    CHECK(ValidateListpack(packed.view()));
    CHECK(Forward(packed.view()) == Backward(packed.view()));
    CHECK(Backward(packed.view())[1].size() == length);
  }
}

TEST_CASE("a listpack with any one byte changed is refused, or can be read without harm") {
  HeapPacked packed;
  ListpackClear(packed);
  for (const char* text : {"1", "-100", "text", "70000", "-9000000000", "300"}) {
    ListpackAppend(packed, std::string_view(text));
  }
  ListpackAppend(packed, std::string(100, 'y'));
  size_t refused = 0;
  for (size_t i = 0; i < packed.size(); ++i) {
    for (int value = 0; value < 256; ++value) {
      std::vector<char> bytes(packed.view().begin(), packed.view().end());
      bytes[i] = static_cast<char>(value);
      const std::string_view view(bytes.data(), bytes.size());
      if (!ValidateListpack(view)) {
        ++refused;
        continue;
      }
      REQUIRE(Forward(view) == Backward(view));
    }
  }
  CHECK(refused > 255 * 20);
  for (size_t length = 0; length < packed.size(); ++length) {
    CHECK_FALSE(ValidateListpack(packed.view().substr(0, length)));
  }
  CHECK_FALSE(ValidateListpack(std::string(packed.view()) + '\xff'));
}

TEST_CASE("bytes from malloc grow and shrink in few steps") {
  HeapPacked packed;
  size_t moves = 0;
  const char* last = nullptr;
  for (size_t size = 1; size <= 100'000; ++size) {
    packed.Resize(size);
    packed.data()[size - 1] = static_cast<char>(size);
    if (packed.data() != last) ++moves;
    last = packed.data();
    REQUIRE(packed.allocated() >= size);
    REQUIRE(packed.allocated() <= size + size / 4 + 16);
  }
  CHECK(moves < 64);
  packed.Resize(10);
  CHECK(packed.allocated() == 16);
  CHECK(packed.view() == std::string_view("\1\2\3\4\5\6\7\10\11\12", 10));
  HeapPacked moved = std::move(packed);
  CHECK(moved.size() == 10);
}

}  // namespace
}  // namespace gotthard
