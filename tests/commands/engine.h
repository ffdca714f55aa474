// Engine: the execution side of a server in this process, without sockets, and a way to it and
// back. Command tests talk to it through Harness, the fuzzer of command streams directly.
//
// Bytes are parsed into batches by the calling thread and executed there (whole, or one byte at a
// time), or travel through mailboxes to an execution thread of the engine's own and back, as those
// of a piped connection do. Send returns when everything that was sent has been run, so between two
// calls the server's state may be looked at in every delivery.
//
// Owning thread: the one that made it. What is wrong with the set-up throws std::runtime_error.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "config/config_store.h"
#include "exec/command_table.h"
#include "exec/executor.h"
#include "exec/server_state.h"
#include "pipe/batch_builder.h"
#include "pipe/mailbox.h"
#include "pipe/reply_sink.h"
#include "tests/socketless_host.h"

namespace gotthard {

enum class Delivery { kWhole, kByteByByte, kPiped };

// A client's side of its connection.
struct EngineClient {
  SessionId id;
  RequestInput input;
  std::string received;  // replies and pushes; whoever reads them takes them out
  bool closed = false;   // by whichever side
  bool failed = false;   // a protocol error is under way: what follows it is not parsed
};

class Engine final : public SocketlessHost, public ReplySink {
 public:
  // `time` must outlive the engine. `directives` are those of a configuration file.
  Engine(Delivery delivery, const FakeTime& time, std::string_view directives,
         std::unique_ptr<ConfigFiles> files = ConfigFiles::System());
  ~Engine() override;

  ServerState& server() { return *server_; }
  Executor& executor() { return *executor_; }
  bool shutdown_requested() const { return shutdown_requested_; }

  // Runs `work` on the thread that executes commands and waits for it.
  void OnExecution(const std::function<void()>& work);
  void Connect(const std::shared_ptr<EngineClient>& client);
  void Disconnect(EngineClient& client);
  void Send(EngineClient& client, std::string_view bytes);

  // --- Host
  void CloseConnection(Session& session) override;
  void Push(Session& session, ReplyBuffer&& bytes) override;
  Status Shutdown(const ShutdownRequest& request) override;
  Status AbortShutdown() override;
  std::vector<ThreadReport> Threads() const override { return {ThreadReport{}}; }

  // --- ReplySink
  void Deliver(std::unique_ptr<CommandBatch> batch) override;

 private:
  class ConditionWaker final : public Waker {
   public:
    void Wake() override {
      std::lock_guard lock(mutex_);
      awake_ = true;
      condition_.notify_one();
    }
    void Wait() {
      std::unique_lock lock(mutex_);
      condition_.wait(lock, [this] { return awake_; });
      awake_ = false;
    }

   private:
    std::mutex mutex_;
    std::condition_variable condition_;
    bool awake_ = false;
  };

  void Receive(EngineClient& client, std::string_view bytes);
  void Execute(std::vector<std::unique_ptr<CommandBatch>>& batches);
  void ExecutionThread();
  void RunInbox();
  void TakeReplies();
  void TakeReply(std::unique_ptr<CommandBatch> batch);

  const Delivery delivery_;
  Clock clock_;
  ConfigStore config_;
  KeyHasher hasher_{7};
  ImmediateFree lazy_free_;
  std::unique_ptr<CommandTable> commands_;
  std::unique_ptr<Keyspace> keyspace_;
  std::unique_ptr<ServerState> server_;
  std::unique_ptr<Executor> executor_;
  std::unique_ptr<BatchBuilder> builder_;
  std::vector<std::shared_ptr<EngineClient>> states_;
  std::deque<std::unique_ptr<CommandBatch>> delivered_;
  bool shutdown_requested_ = false;

  // Piped delivery.
  ConditionWaker in_waker_;
  ConditionWaker out_waker_;
  Mailbox inbox_;
  Mailbox outbox_;
  std::optional<Mailbox::Producer> producer_out_;
  std::mutex work_mutex_;
  std::condition_variable work_done_;
  const std::function<void()>* work_ = nullptr;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace gotthard
