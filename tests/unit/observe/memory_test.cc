#include "observe/memory.h"

#include <catch2/catch.hpp>
#include <cstring>
#include <memory>

using namespace gotthard;

TEST_CASE("the allocator's count follows what is allocated and freed") {
  constexpr size_t kSize = 64u << 20;
  size_t before = ReadAllocator().allocated_bytes;
  auto block = std::make_unique<char[]>(kSize);
  std::memset(block.get(), 1, kSize);
  AllocatorStats with = ReadAllocator();
  CHECK(with.allocated_bytes >= before + kSize);
  CHECK(with.allocated_bytes < before + kSize + (16u << 20));
  CHECK(with.active_bytes >= with.allocated_bytes);
  CHECK(UsableBytes(block.get()) >= kSize);
  CHECK(ResidentBytes() >= kSize);
  block.reset();
  CHECK(ReadAllocator().allocated_bytes < before + (16u << 20));
}

TEST_CASE("the machine has more memory than the process uses") {
  CHECK(SystemMemoryBytes() > ResidentBytes());
  CHECK(PurgeAllocator());
  CHECK_FALSE(AllocatorName().empty());
}

TEST_CASE("the allocator's report is a text when jemalloc is linked") {
  bool is_jemalloc = AllocatorName().rfind("jemalloc-", 0) == 0;
  CHECK(AllocatorReport().empty() == !is_jemalloc);
}
