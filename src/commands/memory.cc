// MEMORY: where the memory goes.
#include <limits>
#include <string>

#include "commands/families.h"
#include "commands/help.h"
#include "commands/memory_use.h"
#include "exec/context.h"

namespace gotthard {
namespace {

// MEMORY USAGE key [SAMPLES count]. What a key costs is known exactly, so the samples are checked
// and not needed.
Status MemoryUsage(Context& ctx, const Args& args) {
  for (size_t i = 3; i < args.size(); i += 2) {
    if (!IsOption(args[i], "samples") || i + 1 == args.size()) return kErrSyntax;
    auto samples = ParseInt64(args[i + 1]);
    if (!samples) return kErrNotInteger;
    if (*samples < 0) return kErrSyntax;
  }
  // As Redis: an expired key still takes its place.
  EntryHandle entry = ctx.db().Find(args.key(2));
  if (!entry) return ctx.reply().Null();
  return ctx.reply().Integer(static_cast<int64_t>(ctx.db().EntryBytes(entry)));
}

class StatsReply {
 public:
  explicit StatsReply(ReplyWriter& reply) : reply_(reply), mark_(reply.Defer()) {}
  void Bytes(std::string_view name, size_t value) { Number(name, static_cast<int64_t>(value)); }
  void Number(std::string_view name, int64_t value) {
    reply_.Bulk(name);
    reply_.Integer(value);
    ++fields_;
  }
  void Double(std::string_view name, double value) {
    reply_.Bulk(name);
    reply_.Double(value);
    ++fields_;
  }
  void Database(const MemoryUse::Db& db) {
    reply_.Bulk("db." + std::to_string(db.number));
    reply_.MapHeader(3);
    reply_.Bulk("overhead.hashtable.main");
    reply_.Integer(static_cast<int64_t>(db.table_bytes));
    reply_.Bulk("overhead.hashtable.expires");
    reply_.Integer(static_cast<int64_t>(db.expiry_bytes));
    reply_.Bulk("overhead.hashtable.slot-to-keys");
    reply_.Integer(0);
    ++fields_;
  }
  Replied End() { return reply_.SetMapLength(mark_, fields_); }

 private:
  ReplyWriter& reply_;
  size_t mark_;
  uint64_t fields_ = 0;
};

Status MemoryStats(Context& ctx, const Args& /*args*/) {
  ServerState& server = ctx.server();
  SampleMemory(server);
  const MemorySample& memory = server.memory;
  const AllocatorStats& allocator = memory.allocator;
  const MemoryUse use = ComputeMemoryUse(server);
  StatsReply stats(ctx.reply());
  stats.Bytes("peak.allocated", server.stats.peak_memory_bytes);
  stats.Bytes("total.allocated", memory.used_bytes);
  stats.Bytes("startup.allocated", memory.startup_bytes);
  stats.Bytes("replication.backlog", 0);
  stats.Bytes("clients.slaves", 0);
  stats.Bytes("clients.normal", use.clients_bytes);
  stats.Bytes("cluster.links", 0);
  stats.Bytes("aof.buffer", 0);
  stats.Bytes("lua.caches", 0);
  stats.Bytes("functions.caches", 0);
  for (const MemoryUse::Db& db : use.databases) stats.Database(db);
  stats.Bytes("overhead.total", use.overhead_bytes);
  stats.Bytes("keys.count", use.keys);
  stats.Bytes("keys.bytes-per-key", use.bytes_per_key);
  stats.Bytes("dataset.bytes", use.dataset_bytes);
  stats.Double("dataset.percentage", use.dataset_percent);
  stats.Double("peak.percentage", use.peak_percent);
  stats.Bytes("allocator.allocated", allocator.allocated_bytes);
  stats.Bytes("allocator.active", allocator.active_bytes);
  stats.Bytes("allocator.resident", allocator.resident_bytes);
  stats.Double("allocator-fragmentation.ratio",
               Ratio(allocator.active_bytes, allocator.allocated_bytes));
  stats.Number("allocator-fragmentation.bytes",
               Difference(allocator.active_bytes, allocator.allocated_bytes));
  stats.Double("allocator-rss.ratio", Ratio(allocator.resident_bytes, allocator.active_bytes));
  stats.Number("allocator-rss.bytes", Difference(allocator.resident_bytes, allocator.active_bytes));
  stats.Double("rss-overhead.ratio", Ratio(memory.resident_bytes, allocator.resident_bytes));
  stats.Number("rss-overhead.bytes", Difference(memory.resident_bytes, allocator.resident_bytes));
  stats.Double("fragmentation", Ratio(memory.resident_bytes, memory.used_bytes));
  stats.Number("fragmentation.bytes", Difference(memory.resident_bytes, memory.used_bytes));
  return stats.End();
}

constexpr size_t kMegabyte = size_t{1} << 20;

// What is worth a word, from the same thresholds that Redis's users know.
std::string DoctorReport(ServerState& server) {
  const MemorySample& memory = server.memory;
  const AllocatorStats& allocator = memory.allocator;
  const MemoryUse use = ComputeMemoryUse(server);
  if (memory.used_bytes < 5 * kMegabyte) {
    return "There is little data here yet (less than 5 MB), so there is nothing to judge. Ask "
           "again when the server is in use.\n";
  }
  auto exceeds = [](size_t a, size_t b, double ratio) {
    return Ratio(a, b) > ratio && a - b > 10 * kMegabyte;
  };
  std::string report;
  if (Ratio(server.stats.peak_memory_bytes, memory.used_bytes) > 1.5) {
    report +=
        " * Peak: at some time more than 1.5 times the present memory was in use. Pages from that "
        "time may still be held; they serve new data, and MEMORY PURGE gives them back.\n";
  }
  if (exceeds(memory.resident_bytes, memory.used_bytes, 1.4)) {
    report +=
        " * Resident memory: the process holds more than 1.4 times what its data takes. Either a "
        "peak is over, or memory is fragmented.\n";
  }
  if (exceeds(allocator.active_bytes, allocator.allocated_bytes, 1.1)) {
    report +=
        " * Fragmentation: pages in use are more than a tenth larger than what lies in them. This "
        "settles when keys of the same sizes are written again.\n";
  }
  if (exceeds(allocator.resident_bytes, allocator.active_bytes, 1.1)) {
    report +=
        " * Unused pages: the allocator keeps more than a tenth on top of what is in use. MEMORY "
        "PURGE gives it back.\n";
  }
  if (exceeds(memory.resident_bytes, allocator.resident_bytes, 1.1)) {
    report +=
        " * Other memory: the process holds more than a tenth on top of what the allocator "
        "knows of.\n";
  }
  const size_t clients = server.sessions.size();
  if (clients != 0 && use.clients_bytes / clients > 200 * 1024) {
    report +=
        " * Clients: their buffers take more than 200 KB each on average. CLIENT LIST shows whose "
        "(omem, qbuf, tot-mem).\n";
  }
  if (report.empty()) return "No memory problem found.\n";
  return "Found some things worth a look:\n\n" + report;
}

Status MemoryDoctor(Context& ctx, const Args& /*args*/) {
  SampleMemory(ctx.server());
  return ctx.reply().Verbatim("txt", DoctorReport(ctx.server()));
}

Status MemoryMallocStats(Context& ctx, const Args& /*args*/) {
  std::string report = AllocatorReport();
  if (report.empty()) return ctx.reply().Bulk("Stats not supported for the current allocator");
  return ctx.reply().Verbatim("txt", report);
}

Status MemoryPurge(Context& ctx, const Args& /*args*/) {
  if (!PurgeAllocator()) return Status::Error("ERR Error purging dirty pages");
  return ctx.reply().Ok();
}

Status MemoryHelp(Context& ctx, const Args& args) {
  return ReplyHelp(ctx.reply(), args,
                   {"DOCTOR", "    Say what looks wrong with the memory.", "MALLOC-STATS",
                    "    Show the allocator's own report.", "PURGE",
                    "    Give pages that are not in use back to the system.", "STATS",
                    "    Show where the memory goes.", "USAGE <key> [SAMPLES <count>]",
                    "    Show how many bytes a key and its value take. SAMPLES is taken for",
                    "    compatibility: the answer is exact."});
}

constexpr std::string_view kShardTips =
    "nondeterministic_output\nrequest_policy:all_shards\nresponse_policy:special";

constexpr CommandSpec kRows[] = {
    Command({.name = "memory",
             .arity = -2,
             .flags = kContainer,
             .group = CommandGroup::kServer,
             .since = "4.0.0",
             .complexity = "Depends on subcommand.",
             .summary = "A container for commands about memory."}),
    Command({.name = "doctor",
             .parent = "memory",
             .arity = 2,
             .group = CommandGroup::kServer,
             .run = MemoryDoctor,
             .since = "4.0.0",
             .complexity = "O(1)",
             .summary = "Says what looks wrong with the memory.",
             .tips = kShardTips}),
    Command({.name = "help",
             .parent = "memory",
             .arity = 2,
             .flags = kLoading | kStale,
             .group = CommandGroup::kServer,
             .run = MemoryHelp,
             .since = "4.0.0",
             .complexity = "O(1)",
             .summary = "Says what the subcommands do."}),
    Command({.name = "malloc-stats",
             .parent = "memory",
             .arity = 2,
             .group = CommandGroup::kServer,
             .run = MemoryMallocStats,
             .since = "4.0.0",
             .complexity = "Depends on how much memory is allocated, could be slow",
             .summary = "Returns the allocator's own report.",
             .tips = kShardTips}),
    Command({.name = "purge",
             .parent = "memory",
             .arity = 2,
             .group = CommandGroup::kServer,
             .run = MemoryPurge,
             .since = "4.0.0",
             .complexity = "Depends on how much memory is allocated, could be slow",
             .summary = "Gives unused pages back to the system.",
             .tips = "request_policy:all_shards\nresponse_policy:all_succeeded"}),
    Command({.name = "stats",
             .parent = "memory",
             .arity = 2,
             .group = CommandGroup::kServer,
             .run = MemoryStats,
             .since = "4.0.0",
             .complexity = "O(1)",
             .summary = "Returns where the memory goes.",
             .tips = kShardTips}),
    Command({.name = "usage",
             .parent = "memory",
             .arity = -3,
             .flags = kReadonly,
             .group = CommandGroup::kServer,
             .keys = {KeyAt(2, kKeyReadOnly)},
             .run = MemoryUsage,
             .since = "4.0.0",
             .complexity = "O(N) where N is the number of samples.",
             .summary = "Returns how many bytes a key and its value take.",
             .syntax = "key [SAMPLES count]"}),
};

}  // namespace

std::span<const CommandSpec> MemoryCommands() {
  return kRows;
}

}  // namespace gotthard
