#include "base/hash.h"

#include <catch2/catch.hpp>
#include <set>
#include <string>

#include "base/random.h"

namespace gotthard {
namespace {

TEST_CASE("a seed fixes the hashes, another seed changes them") {
  const KeyHasher a(1);
  const KeyHasher b(1);
  const KeyHasher c(2);
  for (size_t length = 0; length < 600; ++length) {
    const std::string key(length, 'k');
    REQUIRE(a(key) == b(key));
    REQUIRE(a(key) != c(key));
  }
}

TEST_CASE("two servers do not share their secret") {
  const KeyHasher a;
  const KeyHasher b;
  CHECK(a("key") != b("key"));
  CHECK(a("key") == a("key"));
}

TEST_CASE("keys of every length hash apart") {
  const KeyHasher hash(9);
  std::set<uint64_t> seen;
  for (size_t length = 0; length < 600; ++length) seen.insert(hash(std::string(length, 'x')));
  for (int i = 0; i < 10'000; ++i) seen.insert(hash("key:" + std::to_string(i)));
  CHECK(seen.size() == 10'600);
}

TEST_CASE("Random repeats for a seed and stays below its bound") {
  Random a(5);
  Random b(5);
  Random c(6);
  CHECK(a.Next() == b.Next());
  CHECK(a.Next() != c.Next());
  int counts[10] = {};
  for (int i = 0; i < 100'000; ++i) {
    const uint64_t drawn = a.Below(10);
    REQUIRE(drawn < 10);
    ++counts[drawn];
    const double unit = a.NextUnit();
    REQUIRE(unit >= 0);
    REQUIRE(unit < 1);
  }
  for (int count : counts) CHECK(std::abs(count - 10'000) < 600);
  CHECK(Random().Next() != Random().Next());
}

}  // namespace
}  // namespace gotthard
