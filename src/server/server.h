// Server: builds everything, wires it, and is the execution thread's loop.
//
// main makes one, after the configuration was read. Start opens the sockets and starts threads; Run
// serves until it is told to end and returns the process's exit status. Implements what commands
// need of the layers above them (exec's Host).
//
// Owning thread: main's, which becomes the execution thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/hash.h"
#include "config/config_store.h"
#include "exec/command_table.h"
#include "exec/executor.h"
#include "exec/server_state.h"
#include "net/listener.h"
#include "observe/log.h"
#include "server/chunk_supply.h"
#include "server/crash_report.h"
#include "server/cron.h"
#include "server/lazy_free_thread.h"
#include "server/oom_score.h"
#include "server/process.h"
#include "server/router.h"
#include "server/signals.h"
#include "server/turn_clock.h"
#include "store/keyspace.h"

namespace gotthard {

class Server final : public Host, public Acceptor {
 public:
  // At the end, replies that are under way may leave as long as some do; after this long without
  // one, and after shutdown-timeout in any case, it is over.
  static constexpr int64_t kStopPatienceMs = 2000;
  // With no inline connection the listeners are looked at this often while there is mail.
  static constexpr uint64_t kPollEveryNs = 200'000;

  Server(ConfigStore& config, Log& log, Clock& clock);
  ~Server() override;

  // Errors are a line for a person. `title` must outlive the server.
  Status Start(ProcessTitle& title);
  // Serves. Returns the exit status.
  int Run(Supervisor& supervisor);

  // What a crash report asks for. Valid as long as the server.
  CrashReport::Source crash_source();

  // --- Host
  void CloseConnection(Session& session) override;
  void Push(Session& session, ReplyBuffer&& bytes) override;
  Status Shutdown(const ShutdownRequest& request) override;
  Status AbortShutdown() override;
  std::vector<ThreadReport> Threads() const override;
  uint64_t NetworkBytesReceived() const override;
  uint64_t NetworkBytesSent() const override;
  uint64_t NetworkReads() const override;
  uint64_t NetworkWrites() const override;
  uint64_t QueryBufferDisconnections() const override;
  uint64_t OutputBufferDisconnections() const override;
  std::string_view IoBackend() const override;
  std::string_view IoBackendReason() const override;
  void ResetNetworkCounters() override;

  // --- Acceptor
  void OnAccept(int listener, int fd) override;

 private:
  Status BuildCommands();
  void BuildState();
  Status Listen();

  // server_config.cc: what CONFIG SET changes while running.
  void WireConfig();
  void SetTitle(const Config& config);
  Status SetPassword(const Config& config);
  Status ReadLimits(const Config& config);
  Status SetMaxClients(const Config& config);
  Status ReopenListeners(const Config& config, const char* refusal);
  void Refuse(int fd, std::string_view error);
  bool Admitted(int fd, bool unix_socket);
  void Turn(bool slept);
  void HandleSignals(Supervisor& supervisor);
  void StopOnSignal(int signal_number);
  void BeginStop(Supervisor& supervisor);
  int64_t SleepUs();
  bool StopIsDone();

  ConfigStore& config_;
  Log& log_;
  Clock& clock_;
  KeyHasher hasher_;
  LazyFreeThread lazy_free_;
  ChunkSupply chunk_supply_;
  OomScore oom_score_;
  std::unique_ptr<CommandTable> commands_;
  std::unique_ptr<Keyspace> keyspace_;
  std::unique_ptr<ServerState> state_;
  IoLimits limits_;
  std::unique_ptr<Router> router_;
  std::unique_ptr<Executor> executor_;
  std::unique_ptr<Cron> cron_;
  ListenerSet listeners_;
  std::unique_ptr<SignalWatch> signals_;
  ProcessTitle* title_ = nullptr;
  struct NetworkFigures {
    uint64_t received = 0, sent = 0, reads = 0, writes = 0;
    uint64_t query_buffer_disconnections = 0, output_buffer_disconnections = 0;
  } baseline_;  // subtracted since CONFIG RESETSTAT
  uint64_t next_poll_ns_ = 0;
  uint64_t turn_end_ns_ = 0;
  TurnClock turn_clock_;
  // The end: asked for (the turn goes on to its end), then under way.
  bool stop_asked_ = false;
  bool stop_now_ = false;
  bool stopping_ = false;
  int64_t stop_by_ms_ = 0;        // monotonic, as are the next two
  int64_t stop_progress_ms_ = 0;  // when a reply last left
  uint64_t stop_sent_ = 0;        // bytes sent by then
};

}  // namespace gotthard
