#include "server/chunk_supply.h"

#include <sys/mman.h>

#include <catch2/catch.hpp>
#include <cstdint>
#include <vector>

#include "types/arena.h"

namespace gotthard {
namespace {

TEST_CASE("nothing is ready that was not asked for") {
  ChunkSupply supply;
  CHECK(supply.Take() == nullptr);
}

TEST_CASE("one chunk is ready after it was asked for, aligned, zeroed and present") {
  ChunkSupply supply;
  supply.Prepare();
  supply.Prepare();  // the same one
  supply.WaitIdle();
  supply.Prepare();  // there is one already
  supply.WaitIdle();
  void* chunk = supply.Take();
  REQUIRE(chunk != nullptr);
  CHECK(supply.Take() == nullptr);
  CHECK(reinterpret_cast<uintptr_t>(chunk) % Arena::kChunkBytes == 0);
  std::vector<unsigned char> present(Arena::kChunkBytes / 4096);
  REQUIRE(mincore(chunk, Arena::kChunkBytes, present.data()) == 0);
  size_t pages = 0;
  for (const unsigned char page : present) pages += page & 1;
  CHECK(pages == present.size());
  const auto* bytes = static_cast<const uint64_t*>(chunk);
  uint64_t any = 0;
  for (size_t i = 0; i < Arena::kChunkBytes / sizeof(uint64_t); ++i) any |= bytes[i];
  CHECK(any == 0);
  munmap(chunk, Arena::kChunkBytes);
}

TEST_CASE("a supply that ends with a chunk ready or under way takes it along") {
  for (const bool wait : {false, true}) {
    ChunkSupply supply;
    supply.Prepare();
    if (wait) supply.WaitIdle();
  }
  SUCCEED("leak and thread sanitizers judge");
}

}  // namespace
}  // namespace gotthard
