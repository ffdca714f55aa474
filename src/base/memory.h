// malloc that cannot fail: no caller could go on without the memory, so running out ends the
// process with a message that says how much was wanted. Limits (maxmemory, output limits) act long
// before.
//
// Owning thread: any. Freed with std::free.
#pragma once

#include <cstddef>

namespace gotthard {

// `bytes` of uninitialised memory, aligned for any type.
[[nodiscard]] void* MustMalloc(size_t bytes);

// The same, aligned to a power of two. REQUIRES: `bytes` is a multiple of `alignment`.
[[nodiscard]] void* MustAlignedMalloc(size_t alignment, size_t bytes);

// What an allocation of `bytes` really takes: jemalloc's size classes, 16 bytes apart up to 64 and
// four to a doubling from there. Whoever grows a buffer asks for all of it.
size_t AllocationClass(size_t bytes);

}  // namespace gotthard
