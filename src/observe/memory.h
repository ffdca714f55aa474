// What the allocator and the kernel say about the process's memory.
//
// jemalloc is asked where it is linked (its symbols are weak here, so a build without it works
// too); otherwise the sanitizers' counter, or glibc's mallinfo2. What the store maps by itself (its
// arenas) is not in these numbers.
//
// Any thread. ReadAllocator costs some 10 µs (it merges jemalloc's arenas), ResidentBytes one read
// of /proc: for the cron and for INFO, not for a command's path.
#pragma once

#include <cstddef>
#include <string>

namespace gotthard {

struct AllocatorStats {
  size_t allocated_bytes = 0;  // what the program asked for, rounded up to size classes
  size_t active_bytes = 0;     // pages that hold at least one allocation
  size_t resident_bytes = 0;   // active pages, the allocator's own data and unused dirty pages
  size_t dirty_bytes = 0;      // pages that are free but not yet given back
};
AllocatorStats ReadAllocator();

// "jemalloc-5.3.0", or "libc".
const std::string& AllocatorName();
// How many bytes the allocation at `pointer` really takes. REQUIRES: pointer came from malloc.
size_t UsableBytes(const void* pointer);
// Asks the allocator to give unused pages back to the system. False when it failed.
bool PurgeAllocator();
// The allocator's own report as text; empty when it has none.
std::string AllocatorReport();
// Reads (`set` null) or sets a jemalloc control. Returns 0 or an errno value; ENOSYS without
// jemalloc.
int AllocatorControl(const char* name, void* get, size_t* get_size, void* set, size_t set_size);

// Has threads of jemalloc's own give unused pages back to the system (jemalloc-bg-thread), instead
// of whoever allocates next; without them a process that allocates nothing keeps what it has freed.
// False: jemalloc cannot; true also where there is no jemalloc.
bool SetAllocatorThreads(bool run);

// The process's resident set (/proc/self/statm), 0 when it cannot be read.
size_t ResidentBytes();
// The machine's memory.
size_t SystemMemoryBytes();

}  // namespace gotthard
