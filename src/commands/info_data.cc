// INFO: what is kept, where it is and who has a copy.
#include <string>

#include "commands/info.h"
#include "commands/info_sections.h"
#include "commands/info_text.h"
#include "commands/memory_use.h"
#include "store/lazy_free.h"

namespace gotthard {
namespace {

constexpr std::string_view kPolicyNames[] = {
    "noeviction",   "volatile-lru", "volatile-lfu", "volatile-random",
    "volatile-ttl", "allkeys-lru",  "allkeys-lfu",  "allkeys-random",
};

// Scripts do not exist yet; tools read these lines.
void ScriptFields(InfoSection& section) {
  section.Field("used_memory_lua", 0);
  section.Field("used_memory_vm_eval", 0);
  section.Field("used_memory_lua_human", "0B");
  section.Field("used_memory_scripts_eval", 0);
  section.Field("number_of_cached_scripts", 0);
  section.Field("number_of_functions", 0);
  section.Field("number_of_libraries", 0);
  section.Field("used_memory_vm_functions", 0);
  section.Field("used_memory_vm_total", 0);
  section.Field("used_memory_vm_total_human", "0B");
  section.Field("used_memory_functions", 0);
  section.Field("used_memory_scripts", 0);
  section.Field("used_memory_scripts_human", "0B");
}

void FragmentationFields(const MemorySample& memory, InfoSection& section) {
  const AllocatorStats& allocator = memory.allocator;
  section.Decimal("allocator_frag_ratio", Ratio(allocator.active_bytes, allocator.allocated_bytes));
  section.Field("allocator_frag_bytes",
                Difference(allocator.active_bytes, allocator.allocated_bytes));
  section.Decimal("allocator_rss_ratio", Ratio(allocator.resident_bytes, allocator.active_bytes));
  section.Field("allocator_rss_bytes",
                Difference(allocator.resident_bytes, allocator.active_bytes));
  section.Decimal("rss_overhead_ratio", Ratio(memory.resident_bytes, allocator.resident_bytes));
  section.Field("rss_overhead_bytes", Difference(memory.resident_bytes, allocator.resident_bytes));
  section.Decimal("mem_fragmentation_ratio", Ratio(memory.resident_bytes, memory.used_bytes));
  section.Field("mem_fragmentation_bytes", Difference(memory.resident_bytes, memory.used_bytes));
}

}  // namespace

void InfoMemory(ServerState& server, std::string& out) {
  SampleMemory(server);
  const MemorySample& memory = server.memory;
  const MemoryUse use = ComputeMemoryUse(server);
  const Config& config = server.config.values();
  InfoSection section(out, "Memory");
  auto with_human = [&section](const std::string& name, uint64_t bytes) {
    section.Field(name, bytes);
    section.Field(name + "_human", HumanBytes(bytes));
  };
  with_human("used_memory", memory.used_bytes);
  with_human("used_memory_rss", memory.resident_bytes);
  with_human("used_memory_peak", server.stats.peak_memory_bytes);
  section.Decimal("used_memory_peak_perc", use.peak_percent, "%");
  section.Field("used_memory_overhead", use.overhead_bytes);
  section.Field("used_memory_startup", memory.startup_bytes);
  section.Field("used_memory_dataset", use.dataset_bytes);
  section.Decimal("used_memory_dataset_perc", use.dataset_percent, "%");
  section.Field("allocator_allocated", memory.allocator.allocated_bytes);
  section.Field("allocator_active", memory.allocator.active_bytes);
  section.Field("allocator_resident", memory.allocator.resident_bytes);
  with_human("total_system_memory", SystemMemoryBytes());
  ScriptFields(section);
  with_human("maxmemory", static_cast<uint64_t>(config.maxmemory));
  section.Field("maxmemory_policy", kPolicyNames[config.maxmemory_policy]);
  FragmentationFields(memory, section);
  section.Field("mem_not_counted_for_evict", 0);
  section.Field("mem_replication_backlog", 0);
  section.Field("mem_total_replication_buffers", 0);
  section.Field("mem_clients_slaves", 0);
  section.Field("mem_clients_normal", use.clients_bytes);
  section.Field("mem_cluster_links", 0);
  section.Field("mem_aof_buffer", 0);
  section.Field("mem_allocator", AllocatorName());
  section.Field("active_defrag_running", 0);
  section.Field("lazyfree_pending_objects", server.lazy_free.pending_objects());
  section.Field("lazyfreed_objects", server.lazy_free.freed_objects());
}

// Nothing is written to disk yet: the lines say so in the way that tools understand.
void InfoPersistence(ServerState& server, std::string& out) {
  InfoSection section(out, "Persistence");
  section.Field("loading", 0);
  section.Field("async_loading", 0);
  section.Field("current_cow_peak", 0);
  section.Field("current_cow_size", 0);
  section.Field("current_cow_size_age", 0);
  section.Decimal("current_fork_perc", 0);
  section.Field("current_save_keys_processed", 0);
  section.Field("current_save_keys_total", 0);
  section.Field("rdb_changes_since_last_save", server.changes.dirty);
  section.Field("rdb_bgsave_in_progress", 0);
  section.Field("rdb_last_save_time", server.last_save_s);
  section.Field("rdb_last_bgsave_status", "ok");
  section.Field("rdb_last_bgsave_time_sec", -1);
  section.Field("rdb_current_bgsave_time_sec", -1);
  section.Field("rdb_saves", 0);
  section.Field("rdb_last_cow_size", 0);
  section.Field("rdb_last_load_keys_expired", 0);
  section.Field("rdb_last_load_keys_loaded", 0);
  section.Field("aof_enabled", 0);
  section.Field("aof_rewrite_in_progress", 0);
  section.Field("aof_rewrite_scheduled", 0);
  section.Field("aof_last_rewrite_time_sec", -1);
  section.Field("aof_current_rewrite_time_sec", -1);
  section.Field("aof_last_bgrewrite_status", "ok");
  section.Field("aof_rewrites", 0);
  section.Field("aof_rewrites_consecutive_failures", 0);
  section.Field("aof_last_write_status", "ok");
  section.Field("aof_last_cow_size", 0);
  section.Field("module_fork_in_progress", 0);
  section.Field("module_fork_last_cow_size", 0);
}

void InfoReplication(ServerState& server, std::string& out) {
  InfoSection section(out, "Replication");
  section.Field("role", "master");
  section.Field("connected_slaves", 0);
  section.Field("master_failover_state", "no-failover");
  section.Field("master_replid", server.run_id);
  section.Field("master_replid2", std::string(40, '0'));
  section.Field("master_repl_offset", 0);
  section.Field("second_repl_offset", -1);
  section.Field("repl_backlog_active", 0);
  section.Field("repl_backlog_size", server.config.values().repl_backlog_size);
  section.Field("repl_backlog_first_byte_offset", 0);
  section.Field("repl_backlog_histlen", 0);
}

void InfoKeyspace(ServerState& server, std::string& out) {
  InfoSection section(out, "Keyspace");
  for (uint32_t i = 0; i < server.keyspace.count(); ++i) {
    const Database* db = server.keyspace.IfCreated(i);
    if (db == nullptr || db->size() == 0) continue;
    section.Field("db" + std::to_string(i),
                  "keys=" + std::to_string(db->size()) +
                      ",expires=" + std::to_string(db->expires()) +
                      ",avg_ttl=" + std::to_string(db->AverageTtlMs(server.now_ms)));
  }
}

}  // namespace gotthard
