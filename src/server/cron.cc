#include "server/cron.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <ctime>

#include "commands/info.h"

namespace gotthard {
namespace {

constexpr uint64_t kNsPerUs = 1000;
constexpr uint64_t kNsPerMs = 1'000'000;

int UsableCores() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof(set), &set) != 0) return 1;
  return CPU_COUNT(&set);
}

uint64_t ThreadCpuUs() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<uint64_t>(time.tv_sec) * 1'000'000 +
         static_cast<uint64_t>(time.tv_nsec) / 1000;
}

}  // namespace

Cron::Cron(ServerState& server, Router& router)
    : server_(server), router_(router), policy_(UsableCores()) {}

Status Cron::Spread(int64_t io_threads) {
  if (io_threads != 0) GOTTHARD_RETURN_IF_ERROR(SpreadOver(static_cast<int>(io_threads) - 1));
  auto_threads_ = io_threads == 0;
  return Status::Ok();
}

Status Cron::SpreadOver(int threads) {
  if (threads == router_.spread()) return Status::Ok();
  GOTTHARD_RETURN_IF_ERROR(router_.StartThreads(threads));
  router_.set_spread(threads);
  placing_ = true;
  return Status::Ok();
}

int64_t Cron::NextInUs() const {
  uint64_t next = next_tick_ns_;
  if (expire_pending_) next = std::min(next, next_expire_ns_);
  if (auto_threads_ || placing_) next = std::min(next, next_policy_ns_);
  const uint64_t now = server_.clock.MonotonicNs();
  int64_t in_us = next <= now ? 0 : static_cast<int64_t>((next - now) / kNsPerUs) + 1;
  const int64_t deadline_ms = server_.executor->NextDeadlineMs();
  if (deadline_ms != INT64_MAX) {
    in_us = std::min(in_us, std::max<int64_t>(0, deadline_ms * 1000 - server_.clock.NowUs()));
  }
  return in_us;
}

bool Cron::Run(bool busy) {
  const uint64_t now_ns = server_.clock.MonotonicNs();
  if (server_.executor->NextDeadlineMs() <= server_.clock.NowMs()) server_.executor->Tick();
  const bool tick = now_ns >= next_tick_ns_;
  if (tick) {
    const int64_t hz = std::clamp<int64_t>(server_.config.values().hz, 1, 500);
    next_tick_ns_ = now_ns + 1'000'000'000 / static_cast<uint64_t>(hz);
    server_.now_ms = server_.clock.NowMs();
    if (!server_.cron_paused) CheckClients();
    SampleFigures(now_ns);
    router_.inline_loop().Tick();
    server_.stats.cron_ns += server_.clock.MonotonicNs() - now_ns;
  }
  if ((tick || (expire_pending_ && (!busy || now_ns >= next_expire_ns_))) &&
      server_.active_expire_enabled && server_.pause.until_ms == 0) {
    Expire(now_ns);
  }
  if ((auto_threads_ || placing_) && now_ns >= next_policy_ns_) {
    next_policy_ns_ = now_ns + static_cast<uint64_t>(ThreadPolicy::kPeriodMs) * kNsPerMs;
    if (auto_threads_) PlaceConnections(now_ns);
    if (placing_) placing_ = router_.Rebalance(kSessionsPerTick) != 0;
  }
  return tick;
}

// One slice of active expiry over the databases, going on where the last one stopped.
void Cron::Expire(uint64_t now_ns) {
  const uint64_t end_ns = now_ns + static_cast<uint64_t>(kExpireSliceUs) * kNsPerUs;
  auto out_of_time = [&] { return server_.clock.MonotonicNs() >= end_ns; };
  server_.now_ms = server_.clock.NowMs();
  expire_pending_ = false;
  for (uint32_t looked = 0; looked < server_.keyspace.count(); ++looked) {
    Database* database = server_.keyspace.IfCreated(expire_db_);
    if (database != nullptr && database->expires() != 0) {
      ExpireReport report =
          database->ActiveExpire(server_.now_ms, SIZE_MAX, out_of_time, [&](EntryHandle entry) {
            server_.ExpireEntry(expire_db_, *database, entry, entry->key());
          });
      if (!report.finished) {
        expire_pending_ = true;  // the same database goes on next time
        ++server_.stats.expired_time_cap_reached;
        break;
      }
    }
    expire_db_ = (expire_db_ + 1) % server_.keyspace.count();
  }
  const uint64_t done_ns = server_.clock.MonotonicNs();
  server_.stats.expire_cycle_us += (done_ns - now_ns) / kNsPerUs;
  next_expire_ns_ = done_ns + static_cast<uint64_t>(kExpireEveryUs) * kNsPerUs;
}

// Clients that have been silent for longer than `timeout`: some of them each time.
void Cron::CheckClients() {
  const int64_t timeout_s = server_.config.values().timeout;
  if (timeout_s <= 0) return;
  std::vector<SessionId> idle;
  server_.sessions.ForEachFrom(next_client_, kSessionsPerTick, [&](Session& session) {
    if (session.blocked() || session.has(Session::kMonitor)) return;
    if (server_.now_ms - session.last_interaction_ms > timeout_s * 1000) idle.push_back(session.id);
  });
  for (SessionId id : idle) {
    if (Session* session = server_.sessions.Find(id)) server_.host->CloseConnection(*session);
  }
}

void Cron::SampleFigures(uint64_t now_ns) {
  if (now_ns < next_sample_ns_) return;
  next_sample_ns_ = now_ns + kSampleEveryMs * kNsPerMs;
  SampleStats(server_);
}

double Cron::IdleCores(uint64_t elapsed_ns) {
  FILE* file = fopen("/proc/stat", "re");
  if (file == nullptr) return 0;
  unsigned long long user = 0;
  unsigned long long nice = 0;
  unsigned long long system = 0;
  unsigned long long idle = 0;
  const int read = fscanf(file, "cpu %llu %llu %llu %llu", &user, &nice, &system, &idle);
  fclose(file);
  if (read != 4) return 0;
  const uint64_t before = std::exchange(idle_ticks_, idle);
  if (before == 0 || elapsed_ns == 0) return 0;
  const double seconds =
      static_cast<double>(idle - before) / static_cast<double>(sysconf(_SC_CLK_TCK));
  return seconds / (static_cast<double>(elapsed_ns) / 1e9);
}

void Cron::PlaceConnections(uint64_t now_ns) {
  const uint64_t elapsed_ns = now_ns - std::exchange(policy_at_ns_, now_ns);
  uint64_t threads_us = 0;
  for (int i = 1; i <= router_.thread_count(); ++i) threads_us += router_.thread_cpu_us(i);
  const uint64_t own_us = ThreadCpuUs();
  const uint64_t own_used = own_us - std::exchange(execution_cpu_us_, own_us);
  const uint64_t threads_before = std::exchange(threads_cpu_us_, threads_us);
  const uint64_t threads_used = threads_us - std::min(threads_us, threads_before);
  const uint64_t commands = server_.stats.total_commands_processed;
  const uint64_t run = commands - std::min(commands, std::exchange(commands_, commands));
  const double elapsed_us = static_cast<double>(elapsed_ns) / 1000;
  if (elapsed_us < 1) return;
  ThreadPolicy::Sample sample{
      .execution_load = static_cast<double>(own_used) / elapsed_us,
      .threads_load = static_cast<double>(threads_used) / elapsed_us,
      // Only a thread that has something to do needs to know whether cores are idle.
      .idle_cores = own_used > static_cast<uint64_t>(elapsed_us / 2) ? IdleCores(elapsed_ns) : 0,
      .commands = run,
      .connections = static_cast<uint32_t>(server_.sessions.size())};
  // Without the threads it asked for it goes on with those there are.
  (void)SpreadOver(policy_.Decide(sample));
}

}  // namespace gotthard
