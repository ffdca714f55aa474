// Counters behind INFO. `Stats` belongs to the execution thread; `IoCounters` has one instance per
// I/O thread, which alone writes it.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "observe/histogram.h"
#include "observe/rates.h"

namespace gotthard {

struct CommandStats {
  uint64_t calls = 0;
  uint64_t duration_ns = 0;
  uint64_t rejected_calls = 0;
  uint64_t failed_calls = 0;
  std::unique_ptr<LatencyHistogram> latency;  // made at the first call
};

struct Stats {
  uint64_t total_connections_received = 0;
  uint64_t rejected_connections = 0;
  uint64_t total_commands_processed = 0;
  uint64_t keyspace_hits = 0;
  uint64_t keyspace_misses = 0;
  uint64_t expired_keys = 0;
  uint64_t expired_subkeys = 0;  // fields of hashes
  uint64_t expired_stale_per_mille = 0;
  uint64_t expired_time_cap_reached = 0;
  uint64_t expire_cycle_us = 0;
  uint64_t evicted_keys = 0;
  uint64_t evicted_clients = 0;
  uint64_t queue_limit_disconnections = 0;  // transactions past client-query-buffer-limit
  uint64_t total_error_replies = 0;
  uint64_t unexpected_error_replies = 0;
  uint64_t acl_access_denied_auth = 0;
  uint64_t acl_access_denied_cmd = 0;
  uint64_t acl_access_denied_key = 0;
  uint64_t acl_access_denied_channel = 0;
  uint64_t peak_memory_bytes = 0;
  uint64_t batches = 0;             // batches run by the execution thread
  uint64_t piped_batches = 0;       // of these, taken from the mailbox
  uint64_t most_turn_commands = 0;  // run in one turn of the execution thread
  uint64_t cron_ns = 0;             // spent on what is done `hz` times a second
  int64_t reset_time_ms = 0;
  std::vector<CommandStats> commands;  // by row
  // Error replies by their first word; at most kMaxErrorKinds are told apart.
  std::map<std::string, uint64_t, std::less<>> errors;
  LatencyHistogram turn_time;  // execution thread: how long it worked in one piece
  // Fed by the cron.
  Rate command_rate;
  Rate input_rate;   // bytes
  Rate output_rate;  // bytes
  Rate turn_rate;
  Rate turn_time_rate;  // ns of work

  static constexpr size_t kMaxErrorKinds = 128;
};

// Written by its I/O thread with relaxed stores, read by the execution thread for INFO: each is a
// number of its own that nothing else is inferred from, so relaxed order suffices.
struct alignas(64) IoCounters {
  std::atomic<uint64_t> bytes_received{0};
  std::atomic<uint64_t> bytes_sent{0};
  std::atomic<uint64_t> reads{0};
  std::atomic<uint64_t> writes{0};
  std::atomic<uint64_t> batches{0};
  std::atomic<uint64_t> wakeups{0};
  std::atomic<uint32_t> connections{0};

  static void Add(std::atomic<uint64_t>& counter, uint64_t n) {
    counter.store(counter.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
};

}  // namespace gotthard
