// ServerState: everything that commands read and change, gathered for the execution thread.
// Built once by main's Server, passed by reference; no globals.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/hash.h"
#include "base/random.h"
#include "config/config_store.h"
#include "exec/blocked_keys.h"
#include "exec/changes.h"
#include "exec/copy_jobs.h"
#include "exec/session_table.h"
#include "observe/latency_monitor.h"
#include "observe/memory.h"
#include "observe/slow_log.h"
#include "observe/stats.h"
#include "resp/reply_buffer.h"
#include "store/keyspace.h"

namespace gotthard {

class CommandTable;
class Executor;
class LazyFree;
class Log;

// What SHUTDOWN was asked.
struct ShutdownRequest {
  bool save = false;
  bool no_save = false;
  bool now = false;
  bool force = false;
};

// One I/O thread as INFO and the tests see it. Number 0 is the execution thread's own reactor.
struct ThreadReport {
  int number = 0;
  uint32_t connections = 0;
  uint64_t cpu_us = 0;  // the thread's own clock
};

// What commands need of the layers above exec; implemented in server/.
class Host {
 public:
  virtual ~Host() = default;
  // Ends a client's connection. The session stays (flag kCloseAsap) until the connection's end is
  // reported back.
  virtual void CloseConnection(Session& session) = 0;
  // Sends bytes to a client outside of the reply to a command of its own (push messages, MONITOR,
  // the reply of a wait). Order among pushes and replies of one client is kept.
  virtual void Push(Session& session, ReplyBuffer&& bytes) = 0;
  // SHUTDOWN: OK when the process is on its way out (no reply follows).
  virtual Status Shutdown(const ShutdownRequest& request) = 0;
  virtual Status AbortShutdown() = 0;
  virtual std::vector<ThreadReport> Threads() const = 0;
  // Sums over all threads, for INFO.
  virtual uint64_t NetworkBytesReceived() const = 0;
  virtual uint64_t NetworkBytesSent() const = 0;
  virtual uint64_t NetworkReads() const = 0;
  virtual uint64_t NetworkWrites() const = 0;
  // Clients that were closed because of client-query-buffer-limit, client-output-buffer-limit.
  virtual uint64_t QueryBufferDisconnections() const = 0;
  virtual uint64_t OutputBufferDisconnections() const = 0;
  virtual std::string_view IoBackend() const = 0;  // "epoll"
  // What was chosen at the start, and why.
  virtual std::string_view IoBackendReason() const = 0;
  virtual void ResetNetworkCounters() = 0;
};

// The memory figures that INFO and MEMORY show, taken together (commands/memory_use.h).
struct MemorySample {
  AllocatorStats allocator;   // with what the arenas map themselves
  size_t used_bytes = 0;      // all that is allocated: used_memory
  size_t resident_bytes = 0;  // of the process
  size_t startup_bytes = 0;   // used_bytes of the first sample, before there was any data
  size_t data_bytes = 0;      // of used_bytes, what the databases counted
};

// What DEBUG switches for tests, read by the parts that they are about.
struct DebugSwitches {
  bool skip_checksum_validation = false;  // RDB files, RESTORE
  bool disable_deny_scripts = false;      // scripts may run what they otherwise may not
  bool reply_buffer_resizing = true;
  int64_t reply_buffer_peak_reset_ms = 5000;  // -1 = never
  uint64_t quicklist_packed_threshold = 1ull << 30;
};

struct PauseState {
  int64_t until_ms = 0;  // 0 = not paused
  bool writes_only = false;
};

struct ServerState {
  ConfigStore& config;
  const CommandTable& commands;
  Keyspace& keyspace;
  Clock& clock;
  const KeyHasher& hasher;
  LazyFree& lazy_free;
  Host* host = nullptr;          // set before the first command is run
  Executor* executor = nullptr;  // likewise
  Random random{0};
  SessionTable sessions;
  Changes changes;
  BlockedKeys blocked_keys;
  CopyJobs copies;
  Stats stats;
  SlowLog slow_log;
  LatencyMonitor latency;
  MemorySample memory;
  Log* log = nullptr;  // null in tests that need none
  PauseState pause;
  int64_t now_ms = 0;  // the current batch's time
  // The LRU stamp of the present second; kNoStamp where uses are counted instead (LFU).
  static constexpr uint32_t kNoStamp = UINT32_MAX;
  uint32_t access_stamp = kNoStamp;
  int64_t start_time_ms = 0;
  uint64_t start_monotonic_ns = 0;
  std::string run_id;       // 40 hex digits
  std::string config_file;  // absolute path or empty
  std::string executable;
  int64_t hz = 10;  // how often the cron runs; more than configured with dynamic-hz
  bool active_expire_enabled = true;  // DEBUG SET-ACTIVE-EXPIRE
  DebugSwitches debug;
  bool cron_paused = false;  // DEBUG PAUSE-CRON
  bool shutting_down = false;
  int64_t last_save_s = 0;
  uint32_t monitors = 0;  // sessions with kMonitor

  // used_memory at this moment, as the memory limit sees it: the last sample, and how much data
  // came and went since. O(databases).
  size_t UsedMemoryNow() const;
  // Removes an entry that is not wanted any more; its value is freed on the lazy-free thread when
  // `lazy` and worth it.
  void FreeEntry(Database& database, EntryHandle entry, bool lazy);
  // Removes an entry whose time is over, and tells. `name` may point into the entry.
  void ExpireEntry(uint32_t db_index, Database& database, EntryHandle entry, std::string_view name);
};

}  // namespace gotthard
