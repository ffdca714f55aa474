#include "store/database.h"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <map>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "store/keyspace.h"
#include "store/lazy_free.h"

namespace gotthard {
namespace {

const KeyHasher& Hasher() {
  static const KeyHasher hasher(42);
  return hasher;
}

Key MakeKey(std::string_view name) {
  return {name, Hasher()(name)};
}

std::string Text(const Entry& entry) {
  char buffer[24];
  return std::string(entry.ValueText(buffer));
}

constexpr int64_t kT0 = 1'700'000'000'000;

EntryHandle Set(Database& db, std::string_view name, std::string_view value,
                int64_t expiry_ms = kNoExpiry) {
  const Key key = MakeKey(name);
  return db.PutString(key, db.Find(key), value, expiry_ms);
}

// For values without fields that could expire.
const auto kNoFields = [](EntryHandle) { FAIL("a string has no fields"); };

TEST_CASE("entries take the bytes that the layout promises") {
  Database db(Hasher());
  const std::string key16 = "key:000000000001";
  CHECK(Set(db, key16, "12345678")->size_bytes() == 32);
  CHECK(Set(db, key16, std::string(32, 'v'))->size_bytes() == 56);
  CHECK(Set(db, key16, std::string(32, 'v'), kT0)->size_bytes() == 64);
  CHECK(Set(db, std::string(30, 'k'), std::string(100, 'v'))->size_bytes() == 138);
  CHECK(Arena::ClassBytes(138) == 144);
}

TEST_CASE("encodings are chosen as SET's clients expect") {
  Database db(Hasher());
  const auto encoding = [&](std::string_view value) {
    return EncodingName(Set(db, "k", value)->encoding());
  };
  CHECK(encoding("0") == "int");
  CHECK(encoding("-9223372036854775808") == "int");
  CHECK(encoding("9223372036854775808") == "embstr");
  CHECK(encoding("007") == "embstr");
  CHECK(encoding("") == "embstr");
  CHECK(encoding(std::string(44, 'x')) == "embstr");
  CHECK(encoding(std::string(45, 'x')) == "raw");
  CHECK(encoding(std::string(100'000, 'x')) == "raw");
  const Key key = MakeKey("raw");
  CHECK(db.PutRaw(key, {}, "12", kNoExpiry)->encoding() == Encoding::kRaw);
  CHECK(TypeName(db.Find(key)->type()) == "string");
}

TEST_CASE("keys and values of every length come back as they were put") {
  Database db(Hasher());
  const std::vector<size_t> lengths = {0,   1,   7,   8,    9,    44,     45,
                                       200, 254, 255, 256,  400,  495,    496,
                                       500, 504, 505, 1000, 5000, 70'000, 300'000};
  for (const size_t key_length : lengths) {
    for (const size_t value_length : lengths) {
      for (const int64_t expiry_ms : {kNoExpiry, kT0}) {
        const std::string name(key_length, 'k');
        const std::string value(value_length, 'v');
        const EntryHandle entry = Set(db, name, value, expiry_ms);
        REQUIRE(entry->key() == name);
        REQUIRE(Text(*entry) == value);
        REQUIRE(entry->ValueLength() == value_length);
        REQUIRE(entry->expiry_ms() == expiry_ms);
        REQUIRE(entry.get() == db.Find(MakeKey(name)).get());
      }
    }
  }
  CHECK(db.size() == lengths.size());
  CHECK(db.expires() == lengths.size());
}

TEST_CASE("an overwritten entry keeps its access bits and, if asked, its expiry") {
  Database db(Hasher());
  db.set_new_entry_access(77);
  Set(db, "k", "short", kT0)->set_access(0xabcdef);
  const Key key = MakeKey("k");
  const EntryHandle entry = db.PutString(key, db.Find(key), std::string(900, 'x'), kKeepExpiry);
  CHECK(entry->access() == 0xabcdef);
  CHECK(entry->expiry_ms() == kT0);
  CHECK(db.PutInteger(key, entry, 5, kNoExpiry)->has_expiry() == false);
  CHECK(db.expires() == 0);
  CHECK(Set(db, "other", "x", kKeepExpiry)->access() == 77);
  CHECK_FALSE(db.Find(MakeKey("other"))->has_expiry());
}

TEST_CASE("a value taken from the very entry may be put back into it") {
  Database db(Hasher());
  for (const size_t length : {10, 100, 480, 3000}) {
    std::string expected;
    for (size_t i = 0; i < length; ++i) expected += static_cast<char>('a' + i % 26);
    EntryHandle entry = Set(db, "k", expected);
    entry = db.PutString({entry->key(), MakeKey("k").hash}, entry, entry->bytes(), kT0);
    CHECK(Text(*entry) == expected);
    entry = db.PutRaw(MakeKey("k"), entry, entry->bytes().substr(3), kNoExpiry);
    CHECK(Text(*entry) == expected.substr(3));
  }
}

TEST_CASE("a blob that a reply still references outlives and is not changed by writes") {
  Database db(Hasher());
  EntryHandle entry = Set(db, "k", std::string(2'000, 'a'));
  REQUIRE(entry->is_blob());
  const BlobRef reply = entry->blob();
  std::memcpy(db.ResizeString(entry, 2'001) + 2'000, "b", 1);
  CHECK(Text(*entry) == std::string(2'000, 'a') + "b");
  CHECK(reply->view() == std::string(2'000, 'a'));
  const BlobRef second = entry->blob();
  db.Erase(entry);
  CHECK(second->view() == std::string(2'000, 'a') + "b");
  CHECK(second.unique());
}

TEST_CASE("PutBlob takes long values over without copying") {
  Database db(Hasher());
  BlobRef blob = BlobRef::Copy(std::string(10'000, 'z'));
  const char* bytes = blob->data();
  const EntryHandle entry = db.PutBlob(MakeKey("k"), {}, std::move(blob), kNoExpiry);
  CHECK(entry->bytes().data() == bytes);
  CHECK(db.blob_bytes() == 10'000 + sizeof(Blob));
  const EntryHandle number = db.PutBlob(MakeKey("n"), {}, BlobRef::Copy("123"), kNoExpiry);
  CHECK(number->is_integer());
}

TEST_CASE("appending grows through integer, inline and blob, zero-filling gaps") {
  Database db(Hasher());
  EntryHandle entry = Set(db, "k", "42", kT0);
  std::string expected = "42";
  Random random(3);
  uint64_t moved = 0;
  const char* last = nullptr;
  while (expected.size() < 3'000'000) {
    const size_t gap = random.Below(4);
    const size_t old_size = expected.size();
    const size_t more = 1 + random.Below(expected.size() < 2'000 ? 20 : 20'000);
    char* bytes = db.ResizeString(entry, old_size + gap + more);
    std::memset(bytes + old_size + gap, 'x', more);
    expected.append(gap, '\0').append(more, 'x');
    REQUIRE(entry->encoding() == Encoding::kRaw);
    if (expected.size() > 2'000 && bytes != last) ++moved;
    last = bytes;
    if (old_size < 2'000) REQUIRE(Text(*entry) == expected);
  }
  CHECK(Text(*entry) == expected);
  CHECK(entry->expiry_ms() == kT0);
  CHECK(moved < 20);  // by a factor each time, not by what is appended
  db.ResizeString(entry, 3);
  CHECK(Text(*entry) == expected.substr(0, 3));
  std::memcpy(db.ResizeString(entry, 5) + 3, "no", 2);
  CHECK(Text(*entry) == expected.substr(0, 3) + "no");
  db.Erase(entry);
  CHECK(db.blob_bytes() == 0);
  CHECK(db.arena().used_bytes() == 0);
}

TEST_CASE("rename moves the value, its expiry and its access bits") {
  Database db(Hasher());
  for (const std::string& value :
       {std::string("12"), std::string("text"), std::string(9'000, 'b')}) {
    Set(db, "from", value, kT0)->set_access(99);
    const EntryHandle to = db.Rename(db.Find(MakeKey("from")), MakeKey("a longer name"));
    CHECK(Text(*to) == value);
    CHECK(to->key() == "a longer name");
    CHECK(to->expiry_ms() == kT0);
    CHECK(to->access() == 99);
    CHECK_FALSE(db.Find(MakeKey("from")));
    CHECK(db.size() == 1);
    CHECK(db.expires() == 1);
    db.Erase(to);
  }
  CHECK(db.blob_bytes() == 0);
}

TEST_CASE("copies share blobs between databases and can replace what is there") {
  Database a(Hasher());
  Database b(Hasher());
  const EntryHandle source = Set(a, "k", std::string(4'000, 'q'), kT0);
  Set(b, "k", "old");
  const EntryHandle copy =
      b.PutCopy(MakeKey("k"), b.Find(MakeKey("k")), *source, source->expiry_ms());
  CHECK(copy->bytes().data() == source->bytes().data());
  a.Erase(source);
  CHECK(Text(*copy) == std::string(4'000, 'q'));
  CHECK(copy->expiry_ms() == kT0);
  const EntryHandle twin = b.PutCopy(MakeKey("k2"), {}, *copy, kNoExpiry);
  CHECK(Text(*twin) == std::string(4'000, 'q'));
}

struct Counted {
  static inline int alive = 0;
  int effort;
  explicit Counted(int its_effort) : effort(its_effort) { ++alive; }
  Counted(const Counted& other) : effort(other.effort) { ++alive; }
  ~Counted() { --alive; }
};
constexpr ObjectOps kCountedOps = {
    .destroy = [](void* object) { delete static_cast<Counted*>(object); },
    .clone = [](const void* object) -> void* {
      return new Counted(*static_cast<const Counted*>(object));
    },
    .memory_bytes = [](const void*) { return size_t{1'000}; },
    .free_effort =
        [](const void* object) {
          return static_cast<size_t>(static_cast<const Counted*>(object)->effort);
        },
};

TEST_CASE("objects are owned: replaced, copied, detached and dropped with their database") {
  ObjectTypes types;
  types.ops[static_cast<unsigned>(Type::kSet)] = &kCountedOps;
  {
    Database db(Hasher(), types);
    const auto put = [&](std::string_view name, int effort) {
      return db.PutObject(MakeKey(name), db.Find(MakeKey(name)), Type::kSet, Encoding::kHashtable,
                          new Counted(effort), kT0);
    };
    EntryHandle entry = put("a", 500);
    CHECK(db.FreeEffort(entry) == 500);
    CHECK(db.EntryBytes(entry) > 1'000);
    CHECK(static_cast<Counted*>(entry->object())->effort == 500);
    entry = db.ClearExpiry(entry);
    CHECK(Counted::alive == 1);
    put("a", 3);
    CHECK(Counted::alive == 1);
    db.PutCopy(MakeKey("b"), {}, *db.Find(MakeKey("a")), kNoExpiry);
    CHECK(Counted::alive == 2);
    Set(db, "b", "a string now");
    CHECK(Counted::alive == 1);
    DetachedValue value = db.Detach(db.Find(MakeKey("a")));
    CHECK(value);
    CHECK(Counted::alive == 1);
    value = DetachedValue();
    put("c", 1);
    put("d", 1);
    auto all = db.DetachAll();
    CHECK(all->size() == 3);
    CHECK(Counted::alive >= 2);
    all.reset();
    CHECK(db.size() == 0);
    put("e", 1);
  }
  CHECK(Counted::alive == 0);
}

TEST_CASE("detaching all leaves an empty, working database") {
  Database db(Hasher());
  for (int i = 0; i < 5'000; ++i) Set(db, "key:" + std::to_string(i), std::string(600, 'x'), kT0);
  std::unique_ptr<DetachedStorage> detached = db.DetachAll();
  CHECK(detached->size() == 5'000);
  CHECK(db.size() == 0);
  CHECK(db.expires() == 0);
  CHECK(db.blob_bytes() == 0);
  CHECK(db.AverageTtlMs(kT0) == 0);
  Set(db, "k", "v");
  detached.reset();
  CHECK(Text(*db.Find(MakeKey("k"))) == "v");
}

TEST_CASE("mean TTL is exact") {
  Database db(Hasher());
  Set(db, "a", "1", kT0 + 1'000);
  Set(db, "b", "1", kT0 + 3'000);
  Set(db, "c", "1");
  CHECK(db.AverageTtlMs(kT0) == 2'000);
  db.SetExpiry(db.Find(MakeKey("b")), kT0 + 5'000);
  CHECK(db.AverageTtlMs(kT0) == 3'000);
  db.ClearExpiry(db.Find(MakeKey("a")));
  CHECK(db.AverageTtlMs(kT0) == 5'000);
  CHECK(db.AverageTtlMs(kT0 + 9'000) == 0);
  Set(db, "far", "1", INT64_MAX);
  Set(db, "farther", "1", INT64_MAX);
  CHECK(db.AverageTtlMs(kT0) > int64_t{1} << 60);
}

// The database against a map, under everything that changes it.
struct ModelValue {
  std::string text;
  int64_t expiry_ms;
};
using Model = std::unordered_map<std::string, ModelValue>;

void CheckEqual(const Database& db, const Model& model) {
  REQUIRE(db.size() == model.size());
  size_t expires = 0;
  size_t visited = 0;
  db.ForEach([&](Entry* entry) {
    const auto at = model.find(std::string(entry->key()));
    REQUIRE(at != model.end());
    REQUIRE(Text(*entry) == at->second.text);
    REQUIRE(entry->expiry_ms() == at->second.expiry_ms);
    expires += at->second.expiry_ms != kNoExpiry;
    ++visited;
  });
  REQUIRE(visited == model.size());
  REQUIRE(db.expires() == expires);
}

std::string RandomValue(Random& random) {
  const uint64_t kind = random.Below(10);
  if (kind < 3) return std::to_string(static_cast<int64_t>(random.Next()));
  return std::string(random.Below(kind < 9 ? 120 : 3'000), static_cast<char>('a' + kind));
}

void Step(Database& db, Model& model, Random& random, size_t space) {
  const std::string name = "key:" + std::to_string(random.Below(space));
  const Key key = MakeKey(name);
  EntryHandle entry = db.Find(key);
  REQUIRE(static_cast<bool>(entry) == (model.count(name) != 0));
  const int64_t expiry_ms =
      random.Below(2) == 0 ? kNoExpiry : kT0 + static_cast<int64_t>(random.Below(100'000));
  const uint64_t what = random.Below(12);
  if (what < 4) {
    const std::string value = RandomValue(random);
    const bool keep = what == 0;
    const int64_t kept_ms = entry ? entry->expiry_ms() : kNoExpiry;
    db.PutString(key, entry, value, keep ? kKeepExpiry : expiry_ms);
    model[name] = {value, keep ? kept_ms : expiry_ms};
    return;
  }
  if (!entry) return;
  ModelValue& value = model[name];
  if (what < 7) {
    if (random.Below(2) == 0) {
      db.Erase(entry);
    } else {
      const DetachedValue detached = db.Detach(entry);
    }
    model.erase(name);
  } else if (what == 7) {
    const size_t size = random.Below(700);
    char* bytes = db.ResizeString(entry, size);
    value.text.resize(size);
    if (size > 0) bytes[size - 1] = value.text[size - 1] = 'Z';
  } else if (what == 8 && expiry_ms != kNoExpiry) {
    db.SetExpiry(entry, expiry_ms);
    value.expiry_ms = expiry_ms;
  } else if (what == 9) {
    db.ClearExpiry(entry);
    value.expiry_ms = kNoExpiry;
  } else if (what == 10 && entry->is_integer()) {
    db.SetIntegerInPlace(entry, -5);
    value.text = "-5";
  } else if (what == 11) {
    const std::string to = "renamed:" + std::to_string(random.Below(space));
    if (model.count(to) != 0) return;
    db.Rename(entry, MakeKey(to));
    model[to] = value;
    model.erase(name);
  }
}

TEST_CASE("a database behaves like a map under random commands") {
  for (const uint64_t seed : {1, 2, 3}) {
    INFO("seed " << seed);
    Random random(seed);
    Database db(Hasher());
    Model model;
    for (int i = 0; i < 60'000; ++i) {
      Step(db, model, random, seed == 1 ? 50 : 5'000);
      if (i % 10'000 == 0) CheckEqual(db, model);
    }
    CheckEqual(db, model);
    for (const auto& [name, value] : model) db.Erase(db.Find(MakeKey(name)));
    CHECK(db.size() == 0);
    CHECK(db.expires() == 0);
    CHECK(db.AverageTtlMs(0) == 0);
    CHECK(db.blob_bytes() == 0);
    CHECK(db.arena().used_bytes() == 0);
  }
}

TEST_CASE("what running ahead found misleads no lookup, whatever happened since") {
  Database db(Hasher());
  std::map<std::string, std::string> model;
  Random random(11);
  std::array<Table::Ahead, 64> ring;
  const auto random_name = [&] { return "key:" + std::to_string(random.Below(3'000)); };
  size_t used = 0;
  for (int round = 0; round < 3'000; ++round) {
    std::array<std::string, 64> names;
    for (size_t i = 0; i < names.size(); ++i) {
      names[i] = random_name();
      db.PrefetchGroup(MakeKey(names[i]).hash, &ring[i]);
    }
    for (size_t i = 0; i < names.size(); ++i) {
      if (i % 2 == 0) Database::PrefetchEntry(&ring[i], 56);
      // Rarely in long stretches that grow and shrink the table, often not at all.
      const uint64_t what = random.Below(round % 300 < 150 ? 12 : 40);
      const Key key = MakeKey(names[i]);
      const EntryHandle entry = db.Find(key, ring[i]);
      const auto expected = model.find(names[i]);
      REQUIRE(static_cast<bool>(entry) == (expected != model.end()));
      if (entry) REQUIRE((entry->key() == names[i] && Text(*entry) == expected->second));
      used += entry && ring[i].found();
      if (what < 4) {
        const std::string value(random.Below(90), 'v');
        db.PutString(key, entry, value, kNoExpiry);
        model[names[i]] = value;
      } else if (what < (round % 600 < 300 ? 5 : 9) && entry) {
        db.Erase(entry);
        model.erase(names[i]);
      } else if (what == 9 && random.Below(200) == 0) {
        db.DetachAll();
        model.clear();
      }
    }
  }
  CHECK(used > 1'000);
}

TEST_CASE("scan returns keys that were there throughout while others change and expire") {
  Random random(17);
  Database db(Hasher());
  std::unordered_set<std::string> stable;
  for (int i = 0; i < 3'000; ++i) {
    stable.insert("stable:" + std::to_string(i));
    Set(db, "stable:" + std::to_string(i), "x");
  }
  Model model;
  uint64_t cursor = 0;
  do {
    cursor = db.Scan(cursor, 10, [&](Entry* entry) { stable.erase(std::string(entry->key())); });
    for (int i = 0; i < 100; ++i) Step(db, model, random, 20'000);
  } while (cursor != 0);
  CHECK(stable.empty());
}

TEST_CASE("random entries come from everything there is") {
  Random random(23);
  Database db(Hasher());
  CHECK_FALSE(db.RandomEntry(random));
  std::unordered_set<std::string> missing;
  for (int i = 0; i < 500; ++i) {
    missing.insert(std::to_string(i));
    Set(db, std::to_string(i), "x");
  }
  for (int i = 0; i < 20'000; ++i) missing.erase(std::string(db.RandomEntry(random)->key()));
  CHECK(missing.empty());
}

TEST_CASE("active expiry removes what is due, nothing else, in bounded slices") {
  Random random(31);
  Database db(Hasher());
  std::map<std::string, int64_t> expiries;
  for (int i = 0; i < 50'000; ++i) {
    const std::string name = std::to_string(i);
    const int64_t expiry_ms =
        i % 3 == 0 ? kNoExpiry : kT0 + static_cast<int64_t>(random.Below(10'000));
    Set(db, name, "v", expiry_ms);
    expiries[name] = expiry_ms;
  }
  for (int64_t now_ms = kT0 - 1'000; now_ms <= kT0 + 12'000; now_ms += 1'000) {
    ExpireReport report;
    do {
      report = db.ActiveExpire(
          now_ms, 1'000, [] { return false; },
          [&](EntryHandle entry) {
            const std::string name(entry->key());
            REQUIRE(expiries.at(name) != kNoExpiry);
            REQUIRE(expiries.at(name) < now_ms);
            expiries.erase(name);
            db.Erase(entry);
          },
          kNoFields);
      CHECK(report.examined <= 1'000 + 31 * Table::kSlots);
      // Meanwhile another key comes and is due at once or later.
      const std::string name = "new:" + std::to_string(random.Below(1'000'000));
      const int64_t expiry_ms = now_ms + static_cast<int64_t>(random.Below(2'000)) - 1'000;
      Set(db, name, "v", expiry_ms);
      expiries[name] = expiry_ms;
    } while (!report.finished);
    // A whole sweep without newcomers leaves nothing that is due.
    do {
      report = db.ActiveExpire(
          now_ms, 1'000, [] { return false; },
          [&](EntryHandle entry) {
            expiries.erase(std::string(entry->key()));
            db.Erase(entry);
          },
          kNoFields);
    } while (!report.finished);
    for (const auto& [name, expiry_ms] : expiries) {
      REQUIRE((expiry_ms == kNoExpiry || expiry_ms >= now_ms));
    }
    REQUIRE(db.size() == expiries.size());
  }
  db.ActiveExpire(
      kT0 + 100'000, SIZE_MAX, [] { return false; }, [&](EntryHandle entry) { db.Erase(entry); },
      kNoFields);
  CHECK(db.expires() == 0);
  const ExpireReport idle = db.ActiveExpire(
      kT0 + 200'000, SIZE_MAX, [] { return false; }, [](EntryHandle) { FAIL("nothing is due"); },
      kNoFields);
  CHECK(idle.finished);
  CHECK(idle.segments == 0);
}

TEST_CASE("active expiry stops when the time is up and goes on from there") {
  Database db(Hasher());
  for (int i = 0; i < 20'000; ++i) Set(db, std::to_string(i), "v", kT0);
  size_t slices = 0;
  ExpireReport report;
  do {
    report = db.ActiveExpire(
        kT0 + 1, SIZE_MAX, [] { return true; }, [&](EntryHandle entry) { db.Erase(entry); },
        kNoFields);
    CHECK(report.examined <= 31 * Table::kSlots);
    CHECK(report.out_of_time == !report.finished);
    REQUIRE(++slices < 20'000);
  } while (!report.finished);
  CHECK(db.size() == 0);
  CHECK(db.table().segments() == 0);
}

TEST_CASE("keyspace: databases appear on use, swap in place, and add up") {
  Keyspace keyspace(Hasher(), 4);
  CHECK(keyspace.count() == 4);
  CHECK(keyspace.IfCreated(2) == nullptr);
  keyspace.SetNewEntryAccess(7);
  Set(keyspace.db(0), "zero", "0", kT0);
  CHECK(Set(keyspace.db(2), "two", std::string(1'000, '2'))->access() == 7);
  keyspace.SwapDatabases(0, 3);
  CHECK(keyspace.db(3).Find(MakeKey("zero")));
  CHECK(keyspace.db(0).size() == 0);
  keyspace.SwapDatabases(2, 2);
  CHECK(keyspace.db(2).size() == 1);
  const Keyspace::Totals totals = keyspace.totals();
  CHECK(totals.keys == 2);
  CHECK(totals.expires == 1);
  CHECK(totals.blob_bytes == 1'000 + sizeof(Blob));
  CHECK(totals.arena_used_bytes > 0);
  CHECK(totals.arena_resident_bytes >= totals.arena_used_bytes);
}

}  // namespace
}  // namespace gotthard
