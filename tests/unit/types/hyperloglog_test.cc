// HyperLogLog: the byte format against a plain model of the registers, the estimate's error, and
// values that are none.
#include "types/hyperloglog.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <string>

#include "base/random.h"
#include "types/hyperloglog_registers.h"

using namespace gotthard;
using namespace gotthard::hyperloglog;

namespace {

constexpr size_t kMaxSparse = 3000;

std::string Element(uint64_t i) {
  return "element:" + std::to_string(i);
}

Registers RegistersOf(std::string_view value) {
  Registers registers{};
  REQUIRE(Merge(registers, value));
  return registers;
}

}  // namespace

TEST_CASE("An empty HyperLogLog is what Redis makes") {
  CHECK(Empty() == std::string("HYLL\1\0\0\0\0\0\0\0\0\0\0\0\x7f\xff", 18));
  CHECK(Count(Empty()) == 0u);
  CHECK(CachedCount(Empty()) == 0u);
  CHECK(Decode(Empty()) == "Z:16384");
}

TEST_CASE("Elements raise the registers that Redis's hash picks") {
  // Taken from what Redis 7.0 stores after PFADD k a b c.
  std::string value = Empty();
  for (const char* element : {"a", "b", "c"}) Add(value, element, kMaxSparse);
  CHECK(Decode(value) == "Z:8436 v:1,1 Z:4274 v:2,1 Z:3068 v:1,1 Z:603");
  CHECK(Count(value) == 3u);
}

TEST_CASE("Sparse and dense registers agree with a model under random raises") {
  Random random(5);
  for (int round = 0; round < 20; ++round) {
    Registers model{};
    std::string value = Empty();
    std::string dense = Empty();
    REQUIRE(MakeDense(dense));
    const size_t spread = 1 + random.Below(kRegisters);
    for (int step = 0; step < 1500; ++step) {
      const size_t index = random.Below(spread);
      const auto count = static_cast<uint8_t>(1 + random.Below(round % 4 == 0 ? 51 : 3));
      const bool raises = count > model[index];
      const Added expected = raises ? Added::kChanged : Added::kNothing;
      REQUIRE(Raise(value, index, count, kMaxSparse) == expected);
      REQUIRE(Raise(dense, index, count, kMaxSparse) == expected);
      if (raises) model[index] = count;
      REQUIRE(value.size() <= std::max(kMaxSparse, kDenseBytes));
    }
    REQUIRE(RegistersOf(value) == model);
    REQUIRE(RegistersOf(dense) == model);
    REQUIRE(Count(value) == Count(dense));
    REQUIRE(Count(value) == Count(model));
    if (IsSparse(value)) {
      REQUIRE(MakeDense(value));
      value[15] = dense[15];
      REQUIRE(value == dense);
    }
  }
}

TEST_CASE("Registers are counted, unpacked and merged like a walk over them does") {
  Random random(6);
  for (int round = 0; round < 50; ++round) {
    Registers a{};
    Registers b{};
    const uint64_t range = 1 + random.Below(64);
    for (size_t i = 0; i < kRegisters; ++i) {
      a[i] = static_cast<uint8_t>(random.Below(range));
      b[i] = static_cast<uint8_t>(random.Below(64));
    }
    Histogram expected{};
    for (uint8_t value : a) ++expected[value];
    REQUIRE(CountValues(a) == expected);
    std::string packed(kDenseBytes - kHeaderBytes, '\0');
    for (size_t i = 0; i < kRegisters; ++i) {
      for (size_t bit = 0; bit < 6; ++bit) {
        const size_t at = i * 6 + bit;
        if ((a[i] >> bit & 1) != 0) packed[at / 8] |= static_cast<char>(1 << at % 8);
      }
    }
    Registers unpacked;
    Unpack(packed.data(), unpacked);
    REQUIRE(unpacked == a);
    Registers merged = a;
    RaiseAll(merged, b);
    for (size_t i = 0; i < kRegisters; ++i) REQUIRE(merged[i] == std::max(a[i], b[i]));
  }
}

TEST_CASE("The standard error is 0.81 %") {
  // Thirty-two independent counters each at four sizes up to a million elements: their mean squared
  // error estimates the standard error to about an eighth of itself.
  double squares = 0;
  int samples = 0;
  constexpr int kCounters = 32;
  for (uint64_t counter = 0; counter < kCounters; ++counter) {
    std::string value = Empty();
    REQUIRE(MakeDense(value));
    Random random(1000 + counter);
    uint64_t checkpoint = 1000;
    for (uint64_t i = 1; i <= 1000000; ++i) {
      const uint64_t element = random.Next();
      AddDense(value.data(), {reinterpret_cast<const char*>(&element), sizeof(element)});
      if (i != checkpoint) continue;
      checkpoint *= 10;
      const double error = static_cast<double>(*Count(value)) / static_cast<double>(i) - 1;
      CHECK(std::abs(error) < 4 * 0.0081);
      squares += error * error;
      ++samples;
    }
  }
  CHECK(std::sqrt(squares / samples) < 0.0081 * 1.15);
}

TEST_CASE("The cached count is written and dropped without touching anything else") {
  std::string value = Empty();
  SetCachedCount(value.data(), 0x0123456789abcdef);
  CHECK(CachedCount(value) == 0x0123456789abcdefu);
  DropCachedCount(value.data());
  CHECK(CachedCount(value) == std::nullopt);
  CHECK(value.substr(8, 8) == "\xef\xcd\xab\x89\x67\x45\x23\x81");
}

TEST_CASE("What is no HyperLogLog is refused, and corrupt registers are noticed") {
  CHECK_FALSE(IsValue(""));
  CHECK_FALSE(IsValue("HYLL"));
  CHECK_FALSE(IsValue(std::string("HYLX\1\0\0\0\0\0\0\0\0\0\0\0\x7f\xff", 18)));
  CHECK_FALSE(IsValue(std::string("HYLL\2\0\0\0\0\0\0\0\0\0\0\0\x7f\xff", 18)));
  CHECK_FALSE(IsValue(std::string("HYLL\0\0\0\0\0\0\0\0\0\0\0\0\x7f\xff", 18)));
  const std::string header("HYLL\1\0\0\0\0\0\0\0\0\0\0\0", 16);
  for (const char* runs : {"", "\x7f", "\x7f\xfe", "\x7f\xff\x80", "\x80\x7f\xff", "\x01"}) {
    std::string value = header + runs;
    INFO(Decode(value));
    REQUIRE(IsValue(value));
    CHECK(Count(value) == std::nullopt);
    Registers registers{};
    CHECK_FALSE(Merge(registers, value));
    const std::string before = value;
    CHECK_FALSE(MakeDense(value));
    CHECK(value == before);
    CHECK(Raise(value, kRegisters - 1, 60, kMaxSparse) == Added::kCorrupt);
  }
}

TEST_CASE("Random bytes behind a header are walked over without harm") {
  Random random(8);
  for (int round = 0; round < 20000; ++round) {
    std::string value = Empty().substr(0, kHeaderBytes);
    const size_t size = random.Below(40);
    for (size_t i = 0; i < size; ++i) {
      value.push_back(static_cast<char>(random.Below(3) == 0 ? 0x7f : random.Next()));
    }
    std::string copy = value;
    Registers registers{};
    const bool whole = Merge(registers, value);
    REQUIRE(whole == Count(value).has_value());
    Decode(value);
    for (int i = 0; i < 5; ++i) {
      Add(copy, Element(random.Next()), round % 2 == 0 ? kMaxSparse : 30);
      REQUIRE(IsValue(copy));
    }
  }
}
