#include "types/packed_hash.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <string>
#include <vector>

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

Model Contents(const PackedHash& hash) {
  Model contents;
  hash.ForEach([&](const PackedField& each) {
    char digits[2][24];
    contents[std::string(each.field.Text(digits[0]))] = {std::string(each.value.Text(digits[1])),
                                                         each.expiry_ms};
  });
  return contents;
}

std::string RandomText(Random& random) {
  if (random.Below(3) == 0) return std::to_string(static_cast<int64_t>(random.Next()) >> 40);
  return std::string(random.Below(90), static_cast<char>('a' + random.Below(26)));
}

// One random edit of both. Expiries only in the form that has them.
void Step(Random& random, bool with_expiry, HeapPacked& buffer, Model& model) {
  const std::string name = "f" + std::to_string(random.Below(40));
  const auto found = PackedHash(buffer.view(), with_expiry).Find(name);
  REQUIRE(found.has_value() == (model.count(name) != 0));
  const int64_t expiry_ms = random.Below(2) == 0 || !with_expiry
                                ? kFieldNever
                                : static_cast<int64_t>(1 + random.Below(1000));
  if (!found) {
    const std::string value = RandomText(random);
    PackedHashInsert(buffer, with_expiry, name, value, expiry_ms);
    model[name] = {value, expiry_ms};
    return;
  }
  switch (random.Below(with_expiry ? 3 : 2)) {
    case 0:
      PackedHashErase(buffer, with_expiry, found->at);
      model.erase(name);
      break;
    case 1: {
      const std::string value = RandomText(random);
      PackedHashSetValue(buffer, found->at, value);
      model[name].value = value;
      break;
    }
    default:
      PackedHashSetExpiry(buffer, *found, expiry_ms);
      model[name].expiry_ms = expiry_ms;
  }
}

TEST_CASE("a packed hash is what a map would be, with and without expiries") {
  const bool with_expiry = GENERATE(false, true);
  Random random(11);
  HeapPacked buffer;
  ListpackClear(buffer);
  Model model;
  for (int i = 0; i < 4000; ++i) {
    Step(random, with_expiry, buffer, model);
    const PackedHash hash(buffer.view(), with_expiry);
    REQUIRE(Contents(hash) == model);
    REQUIRE(hash.size() == model.size());
    if (!model.empty()) REQUIRE(ValidatePackedHash(buffer.view(), with_expiry));
    int64_t next_ms = kFieldNever;
    for (const auto& [name, expected] : model) next_ms = std::min(next_ms, expected.expiry_ms);
    REQUIRE(hash.next_expiry_ms() == next_ms);
  }
}

TEST_CASE("expired fields come first, and are counted") {
  HeapPacked buffer;
  ListpackClear(buffer);
  const int64_t moments[] = {300, kFieldNever, 100, 200, 100};
  for (size_t i = 0; i < 5; ++i) {
    PackedHashInsert(buffer, true, "f" + std::to_string(i), "v", moments[i]);
  }
  const PackedHash hash(buffer.view(), true);
  CHECK(hash.next_expiry_ms() == 100);
  CHECK(hash.CountExpired(100) == 0);
  CHECK(hash.CountExpired(101) == 2);
  CHECK(hash.CountExpired(1000) == 4);
  CHECK(hash.At(4).field.Equals("f1"));
}

TEST_CASE("adding expiries to a hash leaves its fields as they were") {
  HeapPacked buffer;
  ListpackClear(buffer);
  Model model;
  for (int i = 0; i < 30; ++i) {
    const std::string name = "field" + std::to_string(i);
    PackedHashInsert(buffer, false, name, std::to_string(i * 1000));
    model[name] = {std::to_string(i * 1000)};
  }
  PackedHashAddExpiries(buffer);
  CHECK(Contents(PackedHash(buffer.view(), true)) == model);
  CHECK(ValidatePackedHash(buffer.view(), true));
  CHECK_FALSE(ValidatePackedHash(buffer.view().substr(0, buffer.size() - 1), true));
}

TEST_CASE("bytes that are no hash are refused") {
  auto list = [](const std::vector<std::string_view>& items) {
    HeapPacked buffer;
    ListpackClear(buffer);
    ListpackAppend(buffer, items);
    return buffer;
  };
  CHECK(ValidatePackedHash(list({"a", "1"}).view(), false));
  CHECK(ValidatePackedHash(list({"a", "1", "0"}).view(), true));
  CHECK_FALSE(ValidatePackedHash(list({}).view(), false));
  CHECK_FALSE(ValidatePackedHash(list({"a"}).view(), false));
  CHECK_FALSE(ValidatePackedHash(list({"a", "1", "a", "2"}).view(), false));
  CHECK_FALSE(ValidatePackedHash(list({"7", "1", "7", "2"}).view(), false));
  CHECK_FALSE(ValidatePackedHash(list({"a", "1", "soon"}).view(), true));
  CHECK_FALSE(ValidatePackedHash(list({"a", "1", "-5"}).view(), true));
  CHECK_FALSE(ValidatePackedHash(list({"a", "1", "9", "b", "1", "8"}).view(), true));
  CHECK_FALSE(ValidatePackedHash(list({"a", "1", "0", "b", "1", "8"}).view(), true));
  CHECK_FALSE(ValidatePackedHash("garbage", false));
}

}  // namespace
}  // namespace gotthard
