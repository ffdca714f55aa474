// Where the memory is: the figures behind INFO memory, MEMORY STATS and MEMORY DOCTOR.
//
//   used = allocator's bytes (jemalloc) + live bytes of the arenas' own chunks (mmap)
//        = overhead (startup, clients, tables, entry heads, expiries) + dataset (the rest)
//
// Execution thread.
#pragma once

#include <cstdint>
#include <vector>

#include "exec/server_state.h"

namespace gotthard {

// Takes server.memory anew, and the peak with it. Some 10 µs: for the cron (every 100 ms or so) and
// for commands that show memory. The first call, before any data, fixes what start-up took.
void SampleMemory(ServerState& server);

struct MemoryUse {
  struct Db {
    uint32_t number;
    size_t table_bytes;   // directory, segments and the heads of the entries
    size_t expiry_bytes;  // the entries' expiry fields
  };
  std::vector<Db> databases;  // those that hold keys
  size_t keys = 0;
  size_t clients_bytes = 0;
  size_t overhead_bytes = 0;
  size_t dataset_bytes = 0;
  double dataset_percent = 0;  // of what was allocated since start-up
  double peak_percent = 0;
  size_t bytes_per_key = 0;
};
// Divides server.memory up. O(clients).
MemoryUse ComputeMemoryUse(ServerState& server);

// a / b, and 0 when b is.
double Ratio(size_t a, size_t b);
// a - b, negative when b is larger.
int64_t Difference(size_t a, size_t b);

}  // namespace gotthard
