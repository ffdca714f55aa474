// ElementArena: begins small, gives back what is empty, never mixes two objects up.
#include "types/element_arena.h"

#include <catch2/catch.hpp>
#include <cstring>
#include <vector>

#include "base/random.h"
#include "types/arena.h"

namespace gotthard {
namespace {

struct Object {
  unsigned char* bytes;
  size_t size;
  unsigned char mark;
};

TEST_CASE("elements keep their bytes while others come and go") {
  const uint64_t seed = GENERATE(1, 2, 3);
  INFO("seed " << seed);
  Random random(seed);
  ElementArena arena;
  std::vector<Object> live;
  size_t used = 0;
  for (int step = 0; step < 60'000; ++step) {
    // Grows, shrinks to nothing and grows again, so that regions and pages come and go.
    const bool growing = step / 10'000 % 2 == 0;
    if (live.empty() || random.Below(10) < (growing ? 8u : 2u)) {
      const size_t size = random.Below(50) == 0 ? 400 + random.Below(1'000) : 1 + random.Below(90);
      auto* bytes = static_cast<unsigned char*>(arena.Allocate(size));
      REQUIRE(reinterpret_cast<uintptr_t>(bytes) % 4 == 0);
      const auto mark = static_cast<unsigned char>(random.Next());
      std::memset(bytes, mark, size);
      live.push_back({bytes, size, mark});
      used += ElementArena::ClassBytes(size);
    } else {
      std::swap(live[random.Below(live.size())], live.back());
      const Object gone = live.back();
      live.pop_back();
      for (size_t i = 0; i < gone.size; ++i) REQUIRE(gone.bytes[i] == gone.mark);
      arena.Free(gone.bytes, gone.size);
      used -= ElementArena::ClassBytes(gone.size);
    }
    REQUIRE(arena.used_bytes() == used);
  }
  for (const Object& object : live) {
    for (size_t i = 0; i < object.size; ++i) REQUIRE(object.bytes[i] == object.mark);
    arena.Free(object.bytes, object.size);
  }
  CHECK(arena.used_bytes() == 0);
  CHECK(arena.parts() == 0);
}

#if defined(GOTTHARD_ARENA_MALLOC)
TEST_CASE("sanitizers see elements no better aligned than slabs align them") {
  ElementArena arena;
  for (size_t size = 1; size <= ElementArena::kMaxSlabBytes; ++size) {
    void* element = arena.Allocate(size);
    REQUIRE(reinterpret_cast<uintptr_t>(element) % 8 == 4);
    arena.Free(element, size);
  }
}
#else
TEST_CASE("a collection of some hundred elements costs little more than their bytes") {
  ElementArena arena;
  for (int i = 0; i < 150; ++i) arena.Allocate(18 + static_cast<size_t>(i % 40));
  CHECK(arena.held_bytes() < arena.used_bytes() * 8 / 5 + sizeof(ElementArena));
  for (int i = 0; i < 100'000; ++i) arena.Allocate(18);
  CHECK(arena.held_bytes() < arena.used_bytes() * 103 / 100);
}
#endif

TEST_CASE("size classes are 4 bytes apart for short texts, no more than an eighth for others") {
  for (size_t size = 1; size <= 2'000; ++size) {
    const size_t bytes = ElementArena::ClassBytes(size);
    REQUIRE(bytes >= size);
    if (size > 4 && size <= 64) REQUIRE(bytes - size < 4);
    REQUIRE(bytes - size < std::max<size_t>(8, size / 8));
    REQUIRE(ElementArena::ClassBytes(bytes) == bytes);
  }
}

}  // namespace
}  // namespace gotthard
