#include "commands/memory_use.h"

#include <algorithm>

#include "exec/session_memory.h"

namespace gotthard {

void SampleMemory(ServerState& server) {
  MemorySample sample;
  sample.allocator = ReadAllocator();
  sample.resident_bytes = ResidentBytes();
  // Large objects of an arena come from the allocator, which has counted them.
  size_t mapped_live = 0;
  size_t mapped = 0;
  for (uint32_t i = 0; i < server.keyspace.count(); ++i) {
    const Database* db = server.keyspace.IfCreated(i);
    if (db == nullptr) continue;
    const Arena& arena = db->arena();
    mapped_live += arena.used_bytes() - std::min(arena.used_bytes(), arena.heap_bytes());
    mapped += arena.resident_bytes() - std::min(arena.resident_bytes(), arena.heap_bytes());
  }
  sample.allocator.allocated_bytes += mapped_live;
  sample.allocator.active_bytes += mapped;
  sample.allocator.resident_bytes += mapped;
  sample.used_bytes = sample.allocator.allocated_bytes;
  sample.data_bytes = server.keyspace.totals().data_bytes();
  sample.startup_bytes =
      server.memory.startup_bytes != 0 ? server.memory.startup_bytes : sample.used_bytes;
  server.memory = sample;
  server.stats.peak_memory_bytes =
      std::max<uint64_t>(server.stats.peak_memory_bytes, sample.used_bytes);
}

MemoryUse ComputeMemoryUse(ServerState& server) {
  MemoryUse use;
  server.sessions.ForEach([&](const Session& session) {
    use.clients_bytes += SessionMemoryBytes(session, server.now_ms);
  });
  use.overhead_bytes = server.memory.startup_bytes + use.clients_bytes;
  for (uint32_t i = 0; i < server.keyspace.count(); ++i) {
    const Database* db = server.keyspace.IfCreated(i);
    if (db == nullptr || db->size() == 0) continue;
    MemoryUse::Db part{.number = i,
                       .table_bytes = db->table_bytes() + db->size() * sizeof(Entry),
                       .expiry_bytes = db->expires() * sizeof(int64_t)};
    use.keys += db->size();
    use.overhead_bytes += part.table_bytes + part.expiry_bytes;
    use.databases.push_back(part);
  }
  const size_t used = server.memory.used_bytes;
  // What was there at start-up may have been freed since: the parts never exceed the whole.
  use.overhead_bytes = std::min(use.overhead_bytes, used);
  use.dataset_bytes = used - use.overhead_bytes;
  const size_t since_startup =
      std::max<size_t>(used - std::min(used, server.memory.startup_bytes), 1);
  use.dataset_percent = std::min(100.0 * Ratio(use.dataset_bytes, since_startup), 100.0);
  use.peak_percent = 100.0 * Ratio(used, server.stats.peak_memory_bytes);
  use.bytes_per_key = use.keys == 0 ? 0 : since_startup / use.keys;
  return use;
}

double Ratio(size_t a, size_t b) {
  return b == 0 ? 0 : static_cast<double>(a) / static_cast<double>(b);
}

int64_t Difference(size_t a, size_t b) {
  return static_cast<int64_t>(a) - static_cast<int64_t>(b);
}

}  // namespace gotthard
