// Cron: what the execution thread does from time to time: active expiry, idle clients, figures that
// are sampled, and where connections live (`io-threads`). Every call is bounded. Owning
// thread: the execution thread.
#pragma once

#include <cstdint>

#include "exec/server_state.h"
#include "observe/log.h"
#include "server/idle_cores.h"
#include "server/router.h"
#include "server/thread_policy.h"

namespace gotthard {

class Cron {
 public:
  // Active expiry works in slices of about this length: the clock is read after each segment, which
  // takes up to 0.3 ms when all its keys go, so that a slice stays below 1 ms.
  static constexpr int64_t kExpireSliceUs = 500;
  // The least time between two slices while clients are being served, with active-expire-effort 1:
  // a fifth of the thread at most. Each step of the option above 1 takes kExpireStepUs off it, up
  // to two fifths with 10.
  static constexpr int64_t kExpireEveryUs = 2000;
  static constexpr int64_t kExpireStepUs = 140;
  static constexpr int kSessionsPerTick = 1000;
  // With dynamic-hz there are at most this many clients for each tick of a second.
  static constexpr int64_t kClientsPerHz = 200;
  static constexpr int64_t kMaxHz = 500;
  // A smaller maxmemory-clients would shut everybody out.
  static constexpr uint64_t kMinClientsBytes = 128 * 1024;
  static constexpr uint64_t kSampleEveryMs = 100;  // INFO's rates and memory figures

  Cron(ServerState& server, Router& router);

  // Does what is due. `busy`: commands were run in this turn. Returns whether a copy was under way,
  // or what is done `hz` times a second was due.
  bool Run(bool busy);
  // Microseconds until Run has something to do again.
  int64_t NextInUs() const;
  // Over how many threads clients are spread, as the options io-threads and
  // io-threads-always-active say. Unless they are fixed the policy decides.
  Status Spread(const Config& config);

 private:
  int64_t Hz() const;
  bool MayExpire() const;
  void Expire(uint64_t now_ns);
  bool ExpireSome(Database& database, FunctionRef<bool()> out_of_time);
  void CheckClients();
  uint64_t ClientMemoryLimit() const;
  void EvictClients(uint64_t over_bytes);
  void SampleFigures(uint64_t now_ns);
  void PlaceConnections(uint64_t now_ns);
  Status SpreadOver(int threads);

  ServerState& server_;
  Router& router_;
  int max_threads_ = 0;   // the policy may spread connections over so many; 0: it is not asked
  bool placing_ = false;  // some connections may not be where the spread wants them
  ThreadPolicy policy_;
  IdleCores idle_cores_;
  uint64_t next_tick_ns_ = 0;
  uint64_t next_policy_ns_ = 0;
  uint64_t next_expire_ns_ = 0;
  uint64_t next_sample_ns_ = 0;
  bool expire_pending_ = false;
  uint32_t expire_db_ = 0;
  size_t next_client_ = 0;
  uint64_t client_bytes_ = 0;  // of the clients looked at in this round
  // The previous sample of the policy.
  uint64_t policy_at_ns_ = 0;
  uint64_t execution_cpu_us_ = 0;
  uint64_t threads_cpu_us_ = 0;
  uint64_t commands_ = 0;
};

}  // namespace gotthard
