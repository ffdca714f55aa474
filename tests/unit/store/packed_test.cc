// Packed collections in entries: where the bytes lie, how they grow, who else sees them.
#include <catch2/catch.hpp>
#include <string>

#include "base/random.h"
#include "store/database.h"
#include "store/entry_packed.h"

namespace gotthard {
namespace {

const KeyHasher& Hasher() {
  static const KeyHasher kHasher(7);
  return kHasher;
}
Key MakeKey(std::string_view name) {
  return {name, Hasher()(name)};
}

TEST_CASE("packed bytes grow and shrink between entry and blob, with all that the key has") {
  const uint64_t seed = GENERATE(1, 2, 3, 4);
  INFO("seed " << seed);
  Random random(seed);
  Database db(Hasher());
  const std::string name(1 + random.Below(400), 'n');
  const int64_t expiry_ms = random.Below(2) == 0 ? kNoExpiry : 12'345;
  std::string model = "begin";
  EntryHandle entry =
      db.PutPacked(MakeKey(name), {}, Type::kSet, Encoding::kIntset, model, expiry_ms);
  entry->set_access(4711);
  for (int step = 0; step < 4'000; ++step) {
    EntryPacked bytes(db, entry);
    const size_t size =
        random.Below(20) == 0 ? random.Below(5'000) : model.size() + random.Below(9);
    bytes.Resize(size);
    REQUIRE(bytes.size() == size);
    for (size_t i = model.size(); i < size; ++i) bytes.data()[i] = static_cast<char>(i);
    for (size_t i = model.size(); i < size; ++i) model.push_back(static_cast<char>(i));
    model.resize(size);
    if (size != 0) {
      const size_t at = random.Below(size);
      bytes.data()[at] = model[at] = static_cast<char>(step);
    }
    entry = db.Find(MakeKey(name));
    REQUIRE(entry->bytes() == model);
    REQUIRE(entry->type() == Type::kSet);
    REQUIRE(entry->encoding() == Encoding::kIntset);
    REQUIRE(entry->expiry_ms() == expiry_ms);
    REQUIRE(entry->access() == 4711);
    REQUIRE((entry->is_inline() || entry->size_bytes() + model.size() + 64 > kMaxInlineEntryBytes));
  }
  db.Erase(db.Find(MakeKey(name)));
  CHECK(db.blob_bytes() == 0);
  CHECK(db.arena().used_bytes() == db.table_bytes() - 16);
}

TEST_CASE("bytes that a copy shares are copied before they are changed") {
  Database db(Hasher());
  const std::string text(2'000, 'x');
  EntryHandle entry =
      db.PutPacked(MakeKey("a"), {}, Type::kHash, Encoding::kListpack, text, kNoExpiry);
  REQUIRE(entry->is_blob());
  db.PutCopy(MakeKey("b"), {}, *entry, kNoExpiry);
  entry = db.Find(MakeKey("a"));
  SECTION("in place") {
    EntryPacked bytes(db, entry);
    bytes.data()[0] = 'y';
    CHECK(db.Find(MakeKey("a"))->bytes()[0] == 'y');
  }
  SECTION("longer") {
    EntryPacked bytes(db, entry);
    bytes.Resize(2'001);
    bytes.data()[0] = 'y';
  }
  SECTION("back inside the entry") {
    EntryPacked bytes(db, entry);
    bytes.Resize(10);
    CHECK(entry->is_inline());
    bytes.data()[0] = 'y';
    CHECK(entry->bytes() == "yxxxxxxxxx");
  }
  CHECK(db.Find(MakeKey("b"))->bytes() == text);
}

TEST_CASE("moving to another database hands the value over") {
  Database from(Hasher());
  Database to(Hasher());
  for (const size_t size : {size_t{10}, size_t{5'000}}) {
    EntryHandle entry = from.PutPacked(MakeKey("k"), {}, Type::kZset, Encoding::kListpack,
                                       std::string(size, 'z'), 777);
    entry->set_access(99);
    const char* bytes = entry->bytes().data();
    const EntryHandle moved = to.PutMoved(MakeKey("k"), from, entry);
    CHECK(from.size() == 0);
    CHECK(from.expires() == 0);
    CHECK(from.blob_bytes() == 0);
    CHECK(moved->bytes() == std::string(size, 'z'));
    CHECK((moved->is_inline() || moved->bytes().data() == bytes));
    CHECK(moved->expiry_ms() == 777);
    CHECK(moved->access() == 99);
    CHECK(moved->type() == Type::kZset);
    to.Erase(moved);
    CHECK(to.blob_bytes() == 0);
  }
}

}  // namespace
}  // namespace gotthard
