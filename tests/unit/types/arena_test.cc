#include "types/arena.h"

#include <sys/mman.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>
#include <utility>
#include <vector>

#include "base/random.h"

namespace gotthard {
namespace {

struct Object {
  unsigned char* bytes;
  size_t size;
  unsigned char fill;
};

bool Intact(const Object& object) {
  for (size_t i = 0; i < object.size; ++i) {
    if (object.bytes[i] != object.fill) return false;
  }
  return true;
}

TEST_CASE("objects keep their bytes while others come and go") {
  constexpr uint64_t kSeed = 20240601;
  INFO("seed " << kSeed);
  Random random(kSeed);
  Arena arena;
  std::vector<Object> live;
  size_t expected_bytes = 0;
  for (int i = 0; i < 200'000; ++i) {
    // Phases of growth and decay, so that pages and chunks are given back and taken again.
    const bool growing = (i / 20'000) % 2 == 0;
    if (live.empty() || random.Below(10) < (growing ? 7u : 3u)) {
      const uint64_t kind = random.Below(100);
      const size_t size =
          1 + random.Below(kind < 90 ? 512 : (kind < 99 ? Arena::kMaxPagedBytes : 20'000));
      auto* bytes = static_cast<unsigned char*>(arena.Allocate(size));
      REQUIRE(reinterpret_cast<uintptr_t>(bytes) % 8 == 0);
      const auto fill = static_cast<unsigned char>(random.Next());
      std::memset(bytes, fill, size);
      expected_bytes += Arena::ClassBytes(size);
      live.push_back({bytes, size, fill});
    } else {
      const size_t victim = random.Below(live.size());
      REQUIRE(Intact(live[victim]));
      arena.Free(live[victim].bytes, live[victim].size);
      expected_bytes -= Arena::ClassBytes(live[victim].size);
      live[victim] = live.back();
      live.pop_back();
    }
    REQUIRE(arena.used_bytes() == expected_bytes);
  }
  for (const Object& object : live) {
    REQUIRE(Intact(object));
    arena.Free(object.bytes, object.size);
  }
  CHECK(arena.used_bytes() == 0);
  CHECK(arena.chunks() == 0);
  CHECK(arena.resident_bytes() == 0);
}

TEST_CASE("multiples of 128 are aligned to 128, for the table's groups") {
  Arena arena;
  for (size_t size = 128; size <= 12'800; size += 128) {
    for (int i = 0; i < 3; ++i) {
      CHECK(reinterpret_cast<uintptr_t>(arena.Allocate(size)) % 128 == 0);
    }
  }
}

TEST_CASE("small sizes waste at most 7 bytes, segment sizes nothing") {
  for (size_t size = 1; size <= 512; ++size) CHECK(Arena::ClassBytes(size) - size < 8);
  for (size_t groups : {1, 2, 3, 4, 5, 6, 7, 9, 11, 13, 15, 19, 23, 27, 31}) {
    CHECK(Arena::ClassBytes((groups + 1) * 128) == (groups + 1) * 128);
  }
  for (size_t size = 513; size <= 4096; ++size) {
    CHECK(Arena::ClassBytes(size) >= size);
    CHECK(Arena::ClassBytes(size) <= size + size / 4 + 128);
  }
}

#if !defined(GOTTHARD_ARENA_MALLOC)
TEST_CASE("what is freed serves the next objects: no growth under steady churn") {
  Random random(7);
  Arena arena;
  std::vector<void*> live;
  for (int i = 0; i < 100'000; ++i) live.push_back(arena.Allocate(56));
  const size_t resident = arena.resident_bytes();
  for (int i = 0; i < 500'000; ++i) {
    void*& object = live[random.Below(live.size())];
    arena.Free(object, 56);
    object = arena.Allocate(56);
  }
  CHECK(arena.resident_bytes() == resident);
}

TEST_CASE("pages emptied by one size serve another") {
  Arena arena;
  std::vector<void*> live;
  for (int i = 0; i < 100'000; ++i) live.push_back(arena.Allocate(64));
  const size_t resident = arena.resident_bytes();
  void* keep = arena.Allocate(8);  // so that the arena is not given back as a whole
  for (void* object : live) arena.Free(object, 64);
  live.clear();
  for (int i = 0; i < 50'000; ++i) live.push_back(arena.Allocate(128));
  CHECK(arena.resident_bytes() <= resident + 3 * Arena::kPageBytes);
  arena.Free(keep, 8);
}

TEST_CASE("moving what the arena asks for keeps the holes of a shrinking class small") {
  Random random(5);
  Arena arena;
  constexpr size_t kBytes = 2560;
  std::vector<void*> live;
  for (int i = 0; i < 4'000; ++i) live.push_back(arena.AllocateMovable(kBytes));
  while (live.size() > 100) {
    const size_t victim = random.Below(live.size());
    arena.FreeMovable(live[victim], kBytes);
    live[victim] = live.back();
    live.pop_back();
    for (int moves = 0; moves < 3; ++moves) {
      void* sparse = arena.SparseMovable(kBytes);
      if (sparse == nullptr) break;
      const auto at = std::find(live.begin(), live.end(), sparse);
      REQUIRE(at != live.end());
      *at = arena.AllocateMovable(kBytes);
      REQUIRE(*at != sparse);
      arena.FreeMovable(sparse, kBytes);
    }
    // What another class could take now: pages, not holes.
    if (live.size() == 1'000) {
      const size_t resident = arena.resident_bytes();
      std::vector<void*> others;
      for (size_t i = 0; i < 2'500'000 / 64 * 2; ++i) others.push_back(arena.Allocate(64));
      CHECK(arena.resident_bytes() == resident);
      for (void* other : others) arena.Free(other, 64);
    }
  }
  for (void* object : live) arena.FreeMovable(object, kBytes);
  CHECK(arena.used_bytes() == 0);
}

TEST_CASE("a small arena holds little, an emptied one gives its chunks back") {
  Arena arena;
  CHECK(arena.resident_bytes() == 0);
  void* first = arena.Allocate(40);
  CHECK(arena.resident_bytes() <= 80 * 1024);
  arena.Free(first, 40);
  CHECK(arena.used_bytes() == 0);
  CHECK(arena.resident_bytes() <= 80 * 1024);
}
#endif

#if !defined(GOTTHARD_ARENA_MALLOC)
// Keeps one chunk ready, as the server's does, but on the spot.
class CountingSource final : public ChunkSource {
 public:
  ~CountingSource() override {
    if (ready != nullptr) munmap(ready, Arena::kChunkBytes);
  }
  void* Take() override {
    if (ready == nullptr) ++missed;
    return std::exchange(ready, nullptr);
  }
  void Prepare() override {
    ++prepared;
    if (ready == nullptr && !exhausted) ready = Arena::MapChunk(false);
  }
  void* ready = nullptr;
  bool exhausted = false;
  size_t prepared = 0;
  size_t missed = 0;
};

TEST_CASE("a growing arena has its next chunk prepared once half of the newest is taken") {
  CountingSource source;
  Arena arena(&source);
  const auto grow_to = [&](size_t chunks) {
    while (arena.chunks() < chunks) arena.Allocate(4096);
  };
  grow_to(Arena::kAheadChunks);
  CHECK(source.prepared == 0);  // a small one costs nothing extra
  CHECK(source.missed == 0);
  grow_to(Arena::kAheadChunks + 20);
  CHECK(source.prepared == 20);
  CHECK(source.missed == 0);

  source.exhausted = true;  // none is ready: the arena helps itself
  grow_to(Arena::kAheadChunks + 23);
  CHECK(source.missed == 3);
  CHECK(arena.used_bytes() > (Arena::kAheadChunks + 21) * Arena::kChunkBytes);
}

TEST_CASE("an arena that does not grow has nothing prepared") {
  CountingSource source;
  Arena arena(&source);
  while (arena.chunks() < Arena::kAheadChunks + 1) arena.Allocate(4096);
  const size_t before = source.prepared;
  for (int i = 0; i < 10'000; ++i) arena.Free(arena.Allocate(4096), 4096);
  CHECK(source.prepared == before);
}
#endif

TEST_CASE("dropping an arena frees large objects too") {
  // The proof is the leak checker's; here it is the accounting.
  Arena arena;
  arena.Allocate(100'000);
  arena.Allocate(5'000);
  void* gone = arena.Allocate(50'000);
  arena.Free(gone, 50'000);
  CHECK(arena.used_bytes() == 105'000);
}

}  // namespace
}  // namespace gotthard
