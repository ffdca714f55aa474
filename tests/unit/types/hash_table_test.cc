#include "types/hash_table.h"

#include <catch2/catch.hpp>
#include <map>
#include <set>
#include <string>

#include "base/random.h"

namespace gotthard {
namespace {

struct Expected {
  std::string value;
  int64_t expiry_ms = kFieldNever;
  bool operator==(const Expected& other) const {
    return value == other.value && expiry_ms == other.expiry_ms;
  }
};
using Model = std::map<std::string, Expected>;

Model Contents(const HashTable& table) {
  Model contents;
  table.ForEach([&](const HashField& each) {
    contents[std::string(each.field())] = {std::string(each.value()), each.expiry_ms()};
  });
  return contents;
}

// Short, long and empty texts, and the lengths around which the layout changes.
std::string RandomText(Random& random) {
  static constexpr size_t kLengths[] = {0, 1, 8, 20, 60, 254, 255, 256, 257, 700, 5000};
  return std::string(kLengths[random.Below(std::size(kLengths))],
                     static_cast<char>('a' + random.Below(26)));
}

int64_t RandomExpiry(Random& random) {
  return random.Below(2) == 0 ? kFieldNever : static_cast<int64_t>(1 + random.Below(100'000));
}

void Step(Random& random, HashTable& table, Model& model) {
  std::string name = std::to_string(random.Below(3000));
  if (random.Below(10) == 0) name += RandomText(random);
  const HashTable::Handle handle = table.Find(name);
  const auto expected = model.find(name);
  REQUIRE(static_cast<bool>(handle) == (expected != model.end()));
  if (!handle) {
    const Expected fresh{RandomText(random), RandomExpiry(random)};
    table.Insert(name, fresh.value, fresh.expiry_ms);
    model[name] = fresh;
    return;
  }
  CHECK(handle->value() == expected->second.value);
  switch (random.Below(3)) {
    case 0:
      table.Erase(handle);
      model.erase(expected);
      break;
    case 1:
      expected->second = {RandomText(random), RandomExpiry(random)};
      table.Replace(handle, expected->second.value, expected->second.expiry_ms);
      break;
    default:
      expected->second.expiry_ms = RandomExpiry(random);
      table.SetExpiry(handle, expected->second.expiry_ms);
  }
}

size_t CountExpiring(const Model& model) {
  size_t expiring = 0;
  for (const auto& [name, expected] : model) expiring += expected.expiry_ms != kFieldNever ? 1 : 0;
  return expiring;
}

TEST_CASE("a hash table is what a map would be, through growth and expiry") {
  const KeyHasher hasher(1);
  HashTable table(hasher);
  Model model;
  Random random(7);
  for (int round = 0; round < 60; ++round) {
    for (int i = 0; i < 400; ++i) Step(random, table, model);
    const int64_t now_ms = round * 1000;
    std::set<std::string> told;
    for (size_t removed = 1; table.next_expiry_ms() < now_ms;) {
      removed = table.ExpireDue(now_ms, 50, [&](const HashField& each) {
        CHECK(each.IsExpired(now_ms));
        told.emplace(each.field());
      });
      REQUIRE(removed <= 50);
    }
    for (auto each = model.begin(); each != model.end();) {
      const bool expired = now_ms > each->second.expiry_ms;
      REQUIRE(told.count(each->first) == (expired ? 1 : 0));
      each = expired ? model.erase(each) : std::next(each);
    }
    REQUIRE(Contents(table) == model);
    REQUIRE(table.size() == model.size());
    REQUIRE(table.expiring() == CountExpiring(model));
  }
  CHECK(Contents(*table.Clone()) == model);
}

TEST_CASE("a scan of a hash table meets every field") {
  const KeyHasher hasher(1);
  HashTable table(hasher);
  for (int i = 0; i < 5000; ++i) table.Insert("f" + std::to_string(i), "v");
  std::set<std::string> met;
  uint64_t cursor = 0;
  do {
    cursor = table.Scan(cursor, 10, [&](const HashField& each) { met.emplace(each.field()); });
  } while (cursor != 0);
  CHECK(met.size() == 5000);
}

TEST_CASE("random fields are of the table, and each gets its turn") {
  const KeyHasher hasher(1);
  HashTable table(hasher);
  for (int i = 0; i < 50; ++i) table.Insert("f" + std::to_string(i), "v");
  Random random(3);
  std::map<std::string, int> met;
  for (int i = 0; i < 50'000; ++i) ++met[std::string(table.RandomField(random).field())];
  REQUIRE(met.size() == 50);
  for (const auto& [name, times] : met) {
    CHECK(times > 700);
    CHECK(times < 1300);
  }
}

// Where every object comes from malloc for itself, its padding is counted, too.
#ifndef GOTTHARD_ARENA_MALLOC
TEST_CASE("a field of 16 bytes with a value of 16 takes at most 66 bytes of a big hash") {
  const KeyHasher hasher(1);
  HashTable table(hasher);
  char field[17];
  for (int i = 0; i < 200'000; ++i) {
    std::snprintf(field, sizeof(field), "field-%010d", i);
    table.Insert(field, field);
  }
  CHECK(table.memory_bytes() / table.size() <= 66);
}
#endif

}  // namespace
}  // namespace gotthard
