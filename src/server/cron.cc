#include "server/cron.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/thread_cpu.h"
#include "commands/hash.h"
#include "commands/info.h"
#include "exec/executor.h"
#include "exec/session_memory.h"

namespace gotthard {
namespace {

constexpr uint64_t kNsPerUs = 1000;
constexpr uint64_t kNsPerMs = 1'000'000;

}  // namespace

Cron::Cron(ServerState& server, Router& router)
    : server_(server), router_(router), policy_(0), idle_cores_(IdleCores::Usable()) {}

Status Cron::Spread(const Config& config) {
  const int64_t allowed =
      config.io_threads != 0 ? config.io_threads : static_cast<int64_t>(IdleCores::Usable().size());
  const int threads = static_cast<int>(allowed) - 1;
  const bool is_fixed = config.io_threads != 0 && config.io_threads_always_active;
  if (is_fixed || threads < 1) {
    max_threads_ = 0;
    return SpreadOver(std::max(threads, 0));
  }
  if (threads != max_threads_) policy_ = ThreadPolicy(threads);
  max_threads_ = threads;
  return Status::Ok();
}

Status Cron::SpreadOver(int threads) {
  if (threads == router_.spread()) return Status::Ok();
  GOTTHARD_RETURN_IF_ERROR(router_.StartThreads(threads));
  router_.set_spread(threads);
  placing_ = true;
  return Status::Ok();
}

int64_t Cron::Hz() const {
  const Config& config = server_.config.values();
  const auto clients = static_cast<int64_t>(server_.sessions.size());
  int64_t hz = config.hz;
  if (!config.dynamic_hz) return hz;
  while (hz < kMaxHz && clients / kClientsPerHz > hz) hz *= 2;
  return std::min(hz, kMaxHz);
}

// A pause is there so that the data stays as it is.
bool Cron::MayExpire() const {
  return server_.active_expire_enabled && server_.pause.until_ms == 0;
}

int64_t Cron::NextInUs() const {
  uint64_t next = next_tick_ns_;
  if (expire_pending_ && MayExpire()) next = std::min(next, next_expire_ns_);
  if (max_threads_ != 0 || placing_) next = std::min(next, next_policy_ns_);
  const uint64_t now = server_.clock.MonotonicNs();
  int64_t in_us = next <= now ? 0 : static_cast<int64_t>((next - now) / kNsPerUs) + 1;
  const int64_t deadline_ms = server_.executor->NextDeadlineMs();
  if (deadline_ms != INT64_MAX) {
    // A deadline may be as far away as a number can say: bounded before it is multiplied.
    const int64_t in_ms = std::min<int64_t>(deadline_ms - server_.clock.NowMs(), 3'600'000);
    in_us = std::min(in_us, std::max<int64_t>(0, in_ms * 1000));
  }
  return in_us;
}

bool Cron::Run(bool busy) {
  const uint64_t now_ns = server_.clock.MonotonicNs();
  const bool copying = server_.copies.any();
  if (server_.executor->NextDeadlineMs() <= server_.clock.NowMs()) server_.executor->Tick();
  const bool tick = now_ns >= next_tick_ns_;
  if (tick) {
    server_.hz = Hz();
    next_tick_ns_ = now_ns + 1'000'000'000 / static_cast<uint64_t>(server_.hz);
    server_.now_ms = server_.clock.NowMs();
    if (!server_.cron_paused) CheckClients();
    SampleFigures(now_ns);
    router_.inline_loop().Tick();
    server_.stats.cron_ns += server_.clock.MonotonicNs() - now_ns;
  }
  if ((tick || (expire_pending_ && (!busy || now_ns >= next_expire_ns_))) && MayExpire()) {
    Expire(now_ns);
  }
  if ((max_threads_ != 0 || placing_) && now_ns >= next_policy_ns_) {
    next_policy_ns_ = now_ns + static_cast<uint64_t>(ThreadPolicy::kPeriodMs) * kNsPerMs;
    if (max_threads_ != 0) PlaceConnections(now_ns);
    if (placing_) placing_ = !router_.Rebalance(kSessionsPerTick);
  }
  return tick || copying;
}

// False when the time was up before all that is due was gone.
bool Cron::ExpireSome(Database& database, FunctionRef<bool()> out_of_time) {
  std::vector<std::string> with_fields;
  const ExpireReport report = database.ActiveExpire(
      server_.now_ms, SIZE_MAX, out_of_time,
      [&](EntryHandle entry) { server_.ExpireEntry(expire_db_, database, entry, entry->key()); },
      [&](EntryHandle entry) { with_fields.emplace_back(entry->key()); });
  bool finished = report.finished;
  for (const std::string& name : with_fields) {
    // Whatever is left over is handed out again by the next sweep.
    if (out_of_time() || !ExpireHashFields(server_, expire_db_, name)) finished = false;
  }
  return finished;
}

// One slice of active expiry over the databases, going on where the last one stopped.
void Cron::Expire(uint64_t now_ns) {
  const uint64_t end_ns = now_ns + static_cast<uint64_t>(kExpireSliceUs) * kNsPerUs;
  auto out_of_time = [&] { return server_.clock.MonotonicNs() >= end_ns; };
  server_.now_ms = server_.clock.NowMs();
  expire_pending_ = false;
  for (uint32_t looked = 0; looked < server_.keyspace.count(); ++looked) {
    Database* database = server_.keyspace.IfCreated(expire_db_);
    if (database != nullptr && !ExpireSome(*database, out_of_time)) {
      expire_pending_ = true;  // the same database goes on next time
      ++server_.stats.expired_time_cap_reached;
      break;
    }
    expire_db_ = (expire_db_ + 1) % server_.keyspace.count();
  }
  const uint64_t done_ns = server_.clock.MonotonicNs();
  server_.stats.expire_cycle_us += (done_ns - now_ns) / kNsPerUs;
  const int64_t effort = server_.config.values().active_expire_effort;
  next_expire_ns_ =
      done_ns + static_cast<uint64_t>(kExpireEveryUs - (effort - 1) * kExpireStepUs) * kNsPerUs;
}

uint64_t Cron::ClientMemoryLimit() const {
  const Config& config = server_.config.values();
  int64_t limit = config.maxmemory_clients;
  if (limit < 0) limit = config.maxmemory / 100 * -limit;  // a share of maxmemory
  return limit <= 0 ? 0 : std::max(static_cast<uint64_t>(limit), kMinClientsBytes);
}

// Looks at some of the clients each time: closes those that have been silent for longer than
// `timeout`, and once it has seen them all, the largest ones if all of them together take more
// than maxmemory-clients.
void Cron::CheckClients() {
  const int64_t timeout_ms = server_.config.values().timeout * 1000;
  const uint64_t limit_bytes = ClientMemoryLimit();
  if (timeout_ms <= 0 && limit_bytes == 0) {
    next_client_ = client_bytes_ = 0;
    return;
  }
  std::vector<SessionId> idle;
  server_.sessions.ForEachFrom(next_client_, kSessionsPerTick, [&](Session& session) {
    client_bytes_ += SessionMemoryBytes(session, server_.now_ms);
    if (timeout_ms <= 0 || session.blocked() || session.has(Session::kCloseAsap)) return;
    if (session.has(Session::kMonitor)) return;
    if (server_.now_ms - session.last_interaction_ms > timeout_ms) idle.push_back(session.id);
  });
  for (SessionId id : idle) {
    Session* session = server_.sessions.Find(id);
    if (server_.log != nullptr) server_.log->Verbose("Closing idle client " + session->address);
    server_.host->CloseConnection(*session);
  }
  if (next_client_ != 0) return;  // the round is not over
  const uint64_t bytes = std::exchange(client_bytes_, 0);
  if (limit_bytes != 0 && bytes > limit_bytes) EvictClients(bytes - limit_bytes);
}

void Cron::EvictClients(uint64_t over_bytes) {
  std::vector<std::pair<size_t, SessionId>> largest;
  server_.sessions.ForEach([&](Session& session) {
    if (session.has(Session::kNoEvict) || session.has(Session::kCloseAsap)) return;
    largest.emplace_back(SessionMemoryBytes(session, server_.now_ms), session.id);
  });
  std::sort(largest.begin(), largest.end(),
            [](const auto& a, const auto& b) { return a.first > b.first; });
  for (const auto& [bytes, id] : largest) {
    Session* session = server_.sessions.Find(id);
    if (server_.log != nullptr) {
      server_.log->Notice("Evicting client " + session->address + ", which takes " +
                          std::to_string(bytes) + " bytes");
    }
    server_.host->CloseConnection(*session);
    ++server_.stats.evicted_clients;
    if (bytes >= over_bytes) return;
    over_bytes -= bytes;
  }
}

void Cron::SampleFigures(uint64_t now_ns) {
  if (now_ns < next_sample_ns_) return;
  next_sample_ns_ = now_ns + kSampleEveryMs * kNsPerMs;
  SampleStats(server_);
}

void Cron::PlaceConnections(uint64_t now_ns) {
  const uint64_t elapsed_ns = now_ns - std::exchange(policy_at_ns_, now_ns);
  uint64_t threads_us = 0;
  for (int i = 1; i <= router_.thread_count(); ++i) threads_us += router_.thread_cpu_us(i);
  const uint64_t own_us = ThreadCpuNs() / kNsPerUs;
  const uint64_t own_used = own_us - std::exchange(execution_cpu_us_, own_us);
  const uint64_t threads_before = std::exchange(threads_cpu_us_, threads_us);
  const uint64_t threads_used = threads_us - std::min(threads_us, threads_before);
  const uint64_t commands = server_.stats.total_commands_processed;
  const uint64_t run = commands - std::min(commands, std::exchange(commands_, commands));
  const double elapsed_us = static_cast<double>(elapsed_ns) / 1000;
  if (elapsed_us < 1) return;
  const double execution_load = static_cast<double>(own_used) / elapsed_us;
  ThreadPolicy::Sample sample{
      .execution_load = execution_load,
      .threads_load = static_cast<double>(threads_used) / elapsed_us,
      .idle_cores = policy_.WantsIdleCores(execution_load) ? idle_cores_.Sample(now_ns) : 0,
      .commands = run,
      .connections = static_cast<uint32_t>(server_.sessions.size())};
  if (Status spread = SpreadOver(policy_.Decide(sample)); !spread.ok()) {
    if (server_.log != nullptr) {
      server_.log->Warning(std::string(spread.text()) +
                           ". Clients stay with the threads there are.");
    }
    max_threads_ = 0;
  }
}

}  // namespace gotthard
