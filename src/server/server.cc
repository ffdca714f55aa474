#include "server/server.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "commands/families.h"
#include "commands/info.h"
#include "commands/type_hooks.h"
#include "observe/memory.h"

namespace gotthard {
namespace {

constexpr std::string_view kProtectedModeError =
    "-DENIED This server is in protected mode: it has no password and accepts connections from its "
    "own machine only. To reach it from elsewhere, set a password with CONFIG SET requirepass (or "
    "the directive requirepass), or, where nobody else can reach the port, turn the protection off "
    "with CONFIG SET protected-mode no sent from this machine, or the directive protected-mode no."
    "\r\n";
constexpr std::string_view kMaxClientsError = "-ERR max number of clients reached\r\n";

std::string MakeRunId(Random& random) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string id;
  for (int i = 0; i < 40; ++i) id.push_back(kHex[random.Next() & 15]);
  return id;
}

}  // namespace

Server::Server(ConfigStore& config, Log& log, Clock& clock)
    : config_(config), log_(log), clock_(clock), listeners_(log) {}

// An end that was cut short leaves work behind.
Server::~Server() {
  if (router_ == nullptr) return;
  router_->JoinThreads();
  state_->sessions.ForEach([](Session& session) {
    session.parked.clear();
    session.held.clear();
  });
  router_->DropMail();
}

// --- Start

Status Server::BuildCommands() {
  std::vector<CommandTable::Rename> renames;
  for (const Config::RenameCommand& rename : config_.values().rename_command) {
    renames.push_back({rename.from, rename.to});
  }
  Result<CommandTable> table = CommandTable::Build(AllFamilies(), renames);
  if (!table.ok()) return table.error();
  commands_ = std::make_unique<CommandTable>(std::move(*table));
  return Status::Ok();
}

void Server::BuildState() {
  keyspace_ = std::make_unique<Keyspace>(hasher_, static_cast<uint32_t>(config_.values().databases),
                                         AllObjectTypes(), &chunk_supply_);
  // NOLINTNEXTLINE(modernize-make-unique): an aggregate with named members.
  state_.reset(new ServerState{.config = config_,
                               .commands = *commands_,
                               .keyspace = *keyspace_,
                               .clock = clock_,
                               .hasher = hasher_,
                               .lazy_free = lazy_free_});
  ServerState& state = *state_;
  state.host = this;
  state.log = &log_;
  state.random = Random(clock_.MonotonicNs() ^ static_cast<uint64_t>(getpid()) << 32);
  state.now_ms = state.start_time_ms = clock_.NowMs();
  state.start_monotonic_ns = clock_.MonotonicNs();
  state.last_save_s = state.now_ms / 1000;
  state.run_id = MakeRunId(state.random);
  state.config_file = config_.config_file();
  char path[4096];
  const ssize_t length = readlink("/proc/self/exe", path, sizeof(path));
  if (length > 0) state.executable.assign(path, static_cast<size_t>(length));
}

Status Server::Start(ProcessTitle& title) {
  title_ = &title;
  GOTTHARD_RETURN_IF_ERROR(BuildCommands());
  BuildState();
  IoBackendChoice backend =
      ChooseIoBackend(static_cast<Config::IoBackend>(config_.values().io_backend));
  log_.Write(backend.denied ? LogLevel::kWarning : LogLevel::kNotice,
             "I/O back end: " + backend.reason);
  Result<std::unique_ptr<Reactor>> reactor = MakeReactor(backend);
  if (!reactor.ok()) return reactor.error();
  if (IsReplaced(backend, **reactor)) log_.Warning(kNoRing);
  router_ = std::make_unique<Router>(*state_, limits_, std::move(*reactor), std::move(backend));
  executor_ = std::make_unique<Executor>(*state_, *router_);
  state_->executor = executor_.get();
  router_->set_executor(*executor_);
  GOTTHARD_RETURN_IF_ERROR(ReadLimits(config_.values()));

  Result<int64_t> maxclients =
      FitMaxClients(config_.values().maxclients, 4 * Router::kMaxThreads, log_);
  if (!maxclients.ok()) return maxclients.error();
  config_.mutable_values().maxclients = *maxclients;

  GOTTHARD_RETURN_IF_ERROR(Listen());
  Result<std::unique_ptr<SignalWatch>> signals = SignalWatch::Install();
  if (!signals.ok()) return signals.error();
  signals_ = std::move(*signals);
  cron_ = std::make_unique<Cron>(*state_, *router_);
  GOTTHARD_RETURN_IF_ERROR(cron_->Spread(config_.values()));
  WireConfig();
  if (!SetAllocatorThreads(config_.values().jemalloc_bg_thread)) {
    log_.Warning("The allocator has no background threads: it returns memory when it is used.");
  }
  if (Status scored = oom_score_.Apply(config_.values()); !scored.ok()) log_.Warning(scored.text());
  SetTitle(config_.values());
  return Status::Ok();
}

Status Server::Listen() {
  GOTTHARD_RETURN_IF_ERROR(listeners_.Open(ListenOptions::From(config_.values())));
  for (const Listener& listener : listeners_.listeners()) {
    GOTTHARD_RETURN_IF_ERROR(router_->reactor().AddListener(listener.fd, *this));
  }
  return Status::Ok();
}

// --- Connections

void Server::Refuse(int fd, std::string_view error) {
  // Best effort: whoever does not get it sees the connection close.
  (void)!send(fd, error.data(), error.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  close(fd);
  ++state_->stats.rejected_connections;
}

// Whether there is room for one more client. One place beyond maxclients is kept for a connection
// over the Unix socket, so that the machine's administrator gets in when all others are taken.
bool Server::Admitted(int fd, bool unix_socket) {
  const auto maxclients = static_cast<size_t>(config_.values().maxclients);
  if (state_->sessions.size() < maxclients) return true;
  if (unix_socket && state_->sessions.size() == maxclients) return true;
  Refuse(fd, kMaxClientsError);
  return false;
}

void Server::OnAccept(int listener, int fd) {
  auto found = std::find_if(listeners_.listeners().begin(), listeners_.listeners().end(),
                            [&](const Listener& each) { return each.fd == listener; });
  const bool unix_socket =
      found != listeners_.listeners().end() && found->kind == Listener::Kind::kUnix;
  if (stopping_) {
    close(fd);
    return;
  }
  if (!Admitted(fd, unix_socket)) return;
  const Config& config = config_.values();
  if (config.protected_mode && config.requirepass.empty() && !unix_socket && !IsLoopbackPeer(fd)) {
    Refuse(fd, kProtectedModeError);
    return;
  }
  TuneClientSocket(fd, config.tcp_keepalive);
  Session& session = state_->sessions.Add();
  session.fd = fd;
  session.address = unix_socket ? found->address : PeerAddress(fd);
  session.local_address = unix_socket ? found->address : LocalAddress(fd);
  session.created_ms = session.last_interaction_ms = clock_.NowMs();
  session.set(Session::kUnixSocket, unix_socket);
  session.set(Session::kAuthenticated, config.requirepass.empty());
  ++state_->stats.total_connections_received;
  auto connection = std::make_unique<Connection>(fd, session.id);
  connection->parser().set_authenticated(session.has(Session::kAuthenticated));
  router_->Place(session, std::move(connection));
}

// --- The loop

void Server::HandleSignals(Supervisor& supervisor) {
  while (const int signal_number = signals_->Next()) {
    if (signal_number == SIGHUP) {
      supervisor.Reloading();
      if (Status reopened = log_.Reopen(); !reopened.ok()) log_.Warning(reopened.text());
      log_.Notice("Received SIGHUP, log file reopened");
      supervisor.Ready();
    } else {
      StopOnSignal(signal_number);
    }
  }
}

// shutdown-on-sigterm and shutdown-on-sigint. There is nothing to save to yet; unlike a client's
// SHUTDOWN SAVE, which is refused, whoever sends a signal would end the process anyway.
void Server::StopOnSignal(int signal_number) {
  const bool is_term = signal_number == SIGTERM;
  const int flags =
      is_term ? config_.values().shutdown_on_sigterm : config_.values().shutdown_on_sigint;
  log_.Warning(is_term ? "Received SIGTERM scheduling shutdown..."
                       : "Received SIGINT scheduling shutdown...");
  if ((flags & Config::kShutdownSave) != 0) {
    log_.Warning("Saving at the end was asked for, but this version keeps data in memory only.");
  }
  stop_asked_ = true;
  stop_now_ = (flags & Config::kShutdownNow) != 0;
}

// A piece of work: from the last one's end if the thread has not slept since, so that receiving and
// parsing count, too; else from when the events that woke it were told.
void Server::Turn(bool slept) {
  const uint64_t begin_ns = slept ? clock_.MonotonicNs() : turn_end_ns_;
  const uint64_t commands = state_->stats.total_commands_processed;
  const bool worked = router_->Work();
  const bool ticked = cron_->Run(worked);
  router_->NotifyThreads();
  Stats& stats = state_->stats;
  turn_end_ns_ = clock_.MonotonicNs();
  const uint64_t work_ns = turn_clock_.Work(begin_ns, turn_end_ns_);
  if (worked || ticked) stats.turn_time.Record(work_ns);
  // CONFIG RESETSTAT may have set the counter back within the turn.
  if (stats.total_commands_processed > commands) {
    stats.most_turn_commands =
        std::max(stats.most_turn_commands, stats.total_commands_processed - commands);
  }
}

// How long to wait for events after this turn: 0 when there is more to do.
int64_t Server::SleepUs() {
  if (router_->has_work() || router_->inbox().SizeApprox() != 0) return 0;
  int64_t sleep_us = cron_->NextInUs();
  if (stopping_) sleep_us = std::min<int64_t>(sleep_us, 10'000);
  return sleep_us;
}

int Server::Run(Supervisor& supervisor) {
  // This thread keeps the name that it was started with: pidof, pgrep and killall go by it.
  Reactor& reactor = router_->reactor();
  if (Status watched = reactor.Watch(signals_->fd()); !watched.ok()) {
    log_.Warning(watched.text());
  }
  log_.Notice("Ready to accept connections");
  supervisor.Ready();
  bool slept = true;
  while (!StopIsDone()) {
    Turn(std::exchange(slept, false));
    const int64_t sleep_us = SleepUs();
    if (sleep_us != 0 && router_->inbox().PrepareSleep()) {
      reactor.RunOnce(sleep_us);
      router_->inbox().Awake();
      slept = true;
    } else if (router_->inline_loop().connection_count() != 0 || turn_end_ns_ >= next_poll_ns_) {
      reactor.RunOnce(0);
      next_poll_ns_ = turn_end_ns_ + kPollEveryNs;
    }
    HandleSignals(supervisor);
    if (stop_asked_ && !stopping_) BeginStop(supervisor);
  }
  router_->JoinThreads();
  listeners_.Close();
  log_.Warning("Gotthard is now ready to exit, bye bye...");
  return 0;
}

// --- The end

void Server::BeginStop(Supervisor& supervisor) {
  stopping_ = state_->shutting_down = true;
  supervisor.Stopping();
  log_.Notice("User requested shutdown...");
  const int64_t now_ms = static_cast<int64_t>(clock_.MonotonicNs() / 1'000'000);
  stop_by_ms_ = now_ms + (stop_now_ ? 0 : config_.values().shutdown_timeout * 1000);
  stop_progress_ms_ = now_ms;
  for (const Listener& listener : listeners_.listeners()) {
    router_->reactor().RemoveListener(listener.fd);
  }
  state_->sessions.ForEach([&](Session& session) {
    if (session.blocked()) router_->Close(session);
  });
  router_->BeginStop();
}

bool Server::StopIsDone() {
  if (!stopping_) return false;
  if (router_->Stopped()) return true;
  const int64_t now_ms = static_cast<int64_t>(clock_.MonotonicNs() / 1'000'000);
  const uint64_t sent = router_->Sum(&IoCounters::bytes_sent);
  if (std::exchange(stop_sent_, sent) != sent) stop_progress_ms_ = now_ms;
  return now_ms >= stop_by_ms_ || now_ms - stop_progress_ms_ >= kStopPatienceMs;
}

// Only asks: the client that sends SHUTDOWN has to be waiting before the end begins.
Status Server::Shutdown(const ShutdownRequest& request) {
  if (request.save && !request.force) {
    static constexpr ErrorText kFailed{"ERR Errors trying to SHUTDOWN. Check logs."};
    log_.Warning("SHUTDOWN SAVE refused: this version keeps data in memory only.");
    return kFailed;
  }
  stop_asked_ = true;
  stop_now_ = request.now;
  return Status::Ok();
}

Status Server::AbortShutdown() {
  static constexpr ErrorText kNone{"ERR No shutdown in progress."};
  return kNone;
}

CrashReport::Source Server::crash_source() {
  return {.argument = this,
          .current_command = [](void* server) -> std::string_view {
            const auto& executor = static_cast<Server*>(server)->executor_;
            return executor == nullptr ? std::string_view() : executor->current_command();
          },
          .info = [](void* server) -> std::string {
            const auto& state = static_cast<Server*>(server)->state_;
            return state == nullptr ? std::string() : InfoText(*state, {});
          }};
}

// --- Host

void Server::CloseConnection(Session& session) {
  router_->Close(session);
}
void Server::Push(Session& session, ReplyBuffer&& bytes) {
  router_->Push(session, std::move(bytes));
}
std::vector<ThreadReport> Server::Threads() const {
  return router_->Report();
}
uint64_t Server::NetworkBytesReceived() const {
  return router_->Sum(&IoCounters::bytes_received) - baseline_.received;
}
uint64_t Server::NetworkBytesSent() const {
  return router_->Sum(&IoCounters::bytes_sent) - baseline_.sent;
}
uint64_t Server::NetworkReads() const {
  return router_->Sum(&IoCounters::reads) - baseline_.reads;
}
uint64_t Server::NetworkWrites() const {
  return router_->Sum(&IoCounters::writes) - baseline_.writes;
}
uint64_t Server::QueryBufferDisconnections() const {
  return limits_.query_buffer_disconnections.load(std::memory_order_relaxed) -
         baseline_.query_buffer_disconnections;
}
uint64_t Server::OutputBufferDisconnections() const {
  return limits_.output_buffer_disconnections.load(std::memory_order_relaxed) -
         baseline_.output_buffer_disconnections;
}
std::string_view Server::IoBackend() const {
  return router_->reactor().name();
}
std::string_view Server::IoBackendReason() const {
  return router_->backend().reason;
}
void Server::ResetNetworkCounters() {
  baseline_ = {.received = router_->Sum(&IoCounters::bytes_received),
               .sent = router_->Sum(&IoCounters::bytes_sent),
               .reads = router_->Sum(&IoCounters::reads),
               .writes = router_->Sum(&IoCounters::writes),
               .query_buffer_disconnections =
                   limits_.query_buffer_disconnections.load(std::memory_order_relaxed),
               .output_buffer_disconnections =
                   limits_.output_buffer_disconnections.load(std::memory_order_relaxed)};
}

}  // namespace gotthard
