#include "observe/memory.h"

#include <fcntl.h>
#include <malloc.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

// Null unless the library that defines them is linked.
extern "C" {
__attribute__((weak)) int mallctl(const char* name, void* get, size_t* get_size, void* set,
                                  size_t set_size);
__attribute__((weak)) void malloc_stats_print(void (*write)(void*, const char*), void* opaque,
                                              const char* options);
__attribute__((weak)) size_t __sanitizer_get_current_allocated_bytes();
__attribute__((weak)) size_t __sanitizer_get_heap_size();

// What jemalloc reads at its start, before MALLOC_CONF in the environment. See SetAllocatorThreads.
// The name is jemalloc's. NOLINTNEXTLINE(readability-identifier-naming)
[[gnu::used]] const char* malloc_conf = "oversize_threshold:0";
}

namespace gotthard {
namespace {

size_t ReadSize(const char* name) {
  size_t value = 0;
  size_t size = sizeof(value);
  if (mallctl(name, &value, &size, nullptr, 0) != 0) return 0;
  return value;
}

AllocatorStats ReadLibc() {
  AllocatorStats stats;
  if (__sanitizer_get_current_allocated_bytes != nullptr) {
    stats.allocated_bytes = __sanitizer_get_current_allocated_bytes();
    stats.active_bytes = stats.allocated_bytes;
    stats.resident_bytes =
        __sanitizer_get_heap_size != nullptr ? __sanitizer_get_heap_size() : stats.allocated_bytes;
    return stats;
  }
  struct mallinfo2 info = mallinfo2();
  stats.allocated_bytes = info.uordblks + info.hblkhd;
  stats.active_bytes = stats.allocated_bytes;
  stats.resident_bytes = info.arena + info.hblkhd;
  return stats;
}

}  // namespace

AllocatorStats ReadAllocator() {
  if (mallctl == nullptr) return ReadLibc();
  // jemalloc answers from a snapshot; writing the epoch takes a new one.
  uint64_t epoch = 1;
  size_t epoch_size = sizeof(epoch);
  mallctl("epoch", &epoch, &epoch_size, &epoch, epoch_size);
  AllocatorStats stats;
  stats.allocated_bytes = ReadSize("stats.allocated");
  stats.active_bytes = ReadSize("stats.active");
  stats.resident_bytes = ReadSize("stats.resident");
  // 4096 is MALLCTL_ARENAS_ALL: the sum over all arenas.
  stats.dirty_bytes = ReadSize("stats.arenas.4096.pdirty") * static_cast<size_t>(getpagesize());
  return stats;
}

const std::string& AllocatorName() {
  static const std::string kName = [] {
    const char* version = nullptr;
    size_t size = sizeof(version);
    if (mallctl == nullptr || mallctl("version", &version, &size, nullptr, 0) != 0) {
      return std::string("libc");
    }
    // "5.3.0-0-g54eaed1d8b56...": the number before the first dash.
    std::string text(version);
    return "jemalloc-" + text.substr(0, text.find('-'));
  }();
  return kName;
}

size_t UsableBytes(const void* pointer) {
  return malloc_usable_size(const_cast<void*>(pointer));
}

bool PurgeAllocator() {
  if (mallctl == nullptr) {
    malloc_trim(0);
    return true;
  }
  mallctl("thread.tcache.flush", nullptr, nullptr, nullptr, 0);
  return mallctl("arena.4096.purge", nullptr, nullptr, nullptr, 0) == 0;
}

std::string AllocatorReport() {
  std::string report;
  if (malloc_stats_print == nullptr) return report;
  malloc_stats_print(
      [](void* out, const char* text) { static_cast<std::string*>(out)->append(text); }, &report,
      nullptr);
  return report;
}

int AllocatorControl(const char* name, void* get, size_t* get_size, void* set, size_t set_size) {
  if (mallctl == nullptr) return ENOSYS;
  return mallctl(name, get, get_size, set, set_size);
}

// By itself jemalloc gives free extents of 8 MiB and more back to the system at once, in the thread
// that frees one or cuts a piece off: 1 to 3 ms in the middle of a command. That is left to its own
// threads, as long as they run. malloc_conf is for the arenas of other threads; jemalloc 5.3 makes
// arena 0, the main thread's, before it reads its options.
bool SetAllocatorThreads(bool run) {
  if (mallctl == nullptr) return true;
  if (mallctl("background_thread", nullptr, nullptr, &run, sizeof(run)) != 0) return false;
  size_t threshold = run ? SIZE_MAX : size_t{8} << 20;
  mallctl("arena.0.oversize_threshold", nullptr, nullptr, &threshold, sizeof(threshold));
  return true;
}

size_t ResidentBytes() {
  int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  char text[128];
  ssize_t size = read(fd, text, sizeof(text) - 1);
  close(fd);
  if (size <= 0) return 0;
  text[size] = '\0';
  char* end = text;
  std::strtoul(end, &end, 10);  // the first number is the address space
  return std::strtoul(end, nullptr, 10) * static_cast<size_t>(getpagesize());
}

size_t SystemMemoryBytes() {
  return static_cast<size_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<size_t>(sysconf(_SC_PAGE_SIZE));
}

}  // namespace gotthard
