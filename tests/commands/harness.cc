#include "tests/commands/harness.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>

#include "base/split_args.h"
#include "commands/families.h"
#include "config/config_store.h"
#include "exec/command_table.h"
#include "pipe/batch_builder.h"
#include "pipe/mailbox.h"
#include "store/lazy_free.h"

namespace gotthard {
namespace {

// Frees at once, and counts.
class ImmediateFree final : public LazyFree {
 public:
  void Free(std::unique_ptr<DetachedStorage> storage) override {
    storage.reset();
    ++freed_;
  }
  void Free(DetachedValue value) override {
    DetachedValue dropped = std::move(value);
    ++freed_;
  }
  uint64_t pending_objects() const override { return 0; }
  uint64_t freed_objects() const override { return freed_; }
  void ResetFreed() override { freed_ = 0; }

 private:
  uint64_t freed_ = 0;
};

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

}  // namespace

struct TestClient::State {
  SessionId id;
  RequestInput input;
  std::string received;
  bool closed = false;
  bool stop_parsing = false;
};

// The whole execution side, and a way to it and back.
class Harness::Engine final : public Host, public ReplySink {
 public:
  Engine(Delivery delivery, const FakeTime& time, std::string_view directives)
      : delivery_(delivery), clock_(&time), inbox_(in_waker_), outbox_(out_waker_) {
    Status loaded = config_.LoadText(directives, "test");
    INFO(loaded.text());
    REQUIRE(loaded.ok());
    std::vector<CommandTable::Rename> renames;
    for (const auto& rename : config_.values().rename_command) {
      renames.push_back({rename.from, rename.to});
    }
    Result<CommandTable> table = CommandTable::Build(AllFamilies(), renames);
    REQUIRE(table.ok());
    commands_ = std::make_unique<CommandTable>(std::move(*table));
    keyspace_ =
        std::make_unique<Keyspace>(hasher_, static_cast<uint32_t>(config_.values().databases));
    server_.reset(new ServerState{.config = config_,
                                  .commands = *commands_,
                                  .keyspace = *keyspace_,
                                  .clock = clock_,
                                  .hasher = hasher_,
                                  .lazy_free = lazy_free_});
    server_->host = this;
    server_->now_ms = server_->start_time_ms = clock_.NowMs();
    server_->start_monotonic_ns = clock_.MonotonicNs();
    server_->run_id = std::string(40, 'a');
    server_->random = Random(42);
    executor_ = std::make_unique<Executor>(*server_, *this);
    server_->executor = executor_.get();
    builder_ = std::make_unique<BatchBuilder>(commands_->index(), hasher_, 1);
    if (delivery_ == Delivery::kPiped) thread_ = std::thread([this] { ExecutionThread(); });
  }

  ~Engine() override {
    if (thread_.joinable()) {
      stop_ = true;
      OnExecution([] {});
      thread_.join();
    }
    states_.clear();
  }

  ServerState& server() { return *server_; }
  Executor& executor() { return *executor_; }
  bool shutdown_requested() const { return shutdown_requested_; }

  // Runs `work` on the thread that executes commands and waits for it.
  void OnExecution(const std::function<void()>& work) {
    if (delivery_ != Delivery::kPiped) {
      work();
      TakeReplies();
      return;
    }
    {
      std::lock_guard lock(work_mutex_);
      work_ = &work;
    }
    in_waker_.Wake();
    std::unique_lock lock(work_mutex_);
    work_done_.wait(lock, [this] { return work_ == nullptr; });
    lock.unlock();
    TakeReplies();
  }

  void Connect(const std::shared_ptr<TestClient::State>& state) {
    OnExecution([&] {
      Session& session = server_->sessions.Add();
      session.address = "127.0.0.1:" + std::to_string(50'000 + session.client_id);
      session.local_address = "127.0.0.1:6379";
      session.fd = static_cast<int>(10 + session.client_id);
      session.created_ms = session.last_interaction_ms = clock_.NowMs();
      session.set(Session::kAuthenticated, config_.values().requirepass.empty());
      state->id = session.id;
      state->input.parser.set_authenticated(session.has(Session::kAuthenticated));
      ++server_->stats.total_connections_received;
    });
    states_.push_back(state);
  }

  void Disconnect(TestClient::State& state) {
    if (state.closed) return;
    state.closed = true;
    OnExecution([&] {
      if (Session* session = server_->sessions.Find(state.id)) executor_->EndSession(*session);
    });
  }

  void Send(TestClient::State& state, std::string_view bytes) {
    const size_t step = delivery_ == Delivery::kByteByByte ? 1 : bytes.size();
    for (size_t at = 0; at < bytes.size() && !state.closed; at += step) {
      Receive(state, bytes.substr(at, step));
    }
  }

  // --- Host
  void CloseConnection(Session& session) override {
    session.set(Session::kCloseAsap);
    auto closed = std::make_unique<CommandBatch>();
    closed->session = session.id;
    closed->kind = BatchKind::kClose;
    Deliver(std::move(closed));
  }
  void Push(Session& session, ReplyBuffer&& bytes) override {
    auto push = std::make_unique<CommandBatch>();
    push->session = session.id;
    push->kind = BatchKind::kPush;
    push->reply = std::move(bytes);
    Deliver(std::move(push));
  }
  Status Shutdown(const ShutdownRequest& /*request*/) override {
    shutdown_requested_ = true;
    return Status::Ok();
  }
  Status AbortShutdown() override { return Status::Error("ERR No shutdown in progress."); }
  std::vector<ThreadReport> Threads() const override { return {ThreadReport{}}; }
  uint64_t NetworkBytesReceived() const override { return 0; }
  uint64_t NetworkBytesSent() const override { return 0; }
  uint64_t NetworkReads() const override { return 0; }
  uint64_t NetworkWrites() const override { return 0; }
  uint64_t QueryBufferDisconnections() const override { return 0; }
  uint64_t OutputBufferDisconnections() const override { return 0; }
  std::string_view IoBackend() const override { return "epoll"; }
  void ResetNetworkCounters() override {}

  // --- ReplySink
  void Deliver(std::unique_ptr<CommandBatch> batch) override {
    if (delivery_ == Delivery::kPiped) {
      producer_out_->Push(std::move(batch));
    } else {
      delivered_.push_back(std::move(batch));
    }
  }

 private:
  void Receive(TestClient::State& state, std::string_view bytes) {
    while (!bytes.empty() && !state.closed) {
      BatchBuilder::Room room = builder_->RoomFor(state.input);
      const size_t size = std::min(bytes.size(), room.size);
      std::memcpy(room.buffer->data() + room.offset, bytes.data(), size);
      builder_->Received(state.input, room, size);
      bytes.remove_prefix(size);
      BatchBuilder::Outcome outcome{};
      do {
        std::vector<std::unique_ptr<CommandBatch>> batches;
        outcome = builder_->Build(
            state.input, state.id, 1024,
            [&](std::unique_ptr<CommandBatch> batch) { batches.push_back(std::move(batch)); });
        if (!batches.empty()) Execute(batches);
      } while (!state.closed && (outcome == BatchBuilder::Outcome::kLimit ||
                                 outcome == BatchBuilder::Outcome::kBarrier));
      builder_->Settle(state.input);
    }
  }

  void Execute(std::vector<std::unique_ptr<CommandBatch>>& batches) {
    if (delivery_ != Delivery::kPiped) {
      executor_->Run(batches);
      TakeReplies();
      return;
    }
    Mailbox::Producer producer(inbox_);
    for (auto& batch : batches) producer.Push(std::move(batch));
    producer.Notify();
    OnExecution([] {});  // and all that was sent before it has been run
  }

  void ExecutionThread() {
    producer_out_.emplace(outbox_);
    while (true) {
      RunInbox();
      const std::function<void()>* work = nullptr;
      {
        std::lock_guard lock(work_mutex_);
        work = work_;
      }
      if (work != nullptr) {
        RunInbox();
        (*work)();
        std::lock_guard lock(work_mutex_);
        work_ = nullptr;
        work_done_.notify_one();
        if (stop_) break;
      } else if (inbox_.PrepareSleep()) {
        in_waker_.Wait();
        inbox_.Awake();
      }
    }
    producer_out_.reset();
  }

  void RunInbox() {
    CommandBatch* taken[16];
    while (size_t count = inbox_.Take(taken, 16)) {
      std::vector<std::unique_ptr<CommandBatch>> batches;
      for (size_t i = 0; i < count; ++i) batches.emplace_back(taken[i]);
      executor_->Run(batches);
    }
  }

  void TakeReplies() {
    CommandBatch* taken[16];
    while (size_t count = outbox_.Take(taken, 16)) {
      for (size_t i = 0; i < count; ++i) delivered_.emplace_back(taken[i]);
    }
    while (!delivered_.empty()) {
      std::unique_ptr<CommandBatch> batch = std::move(delivered_.front());
      delivered_.pop_front();
      TakeReply(std::move(batch));
    }
  }

  void TakeReply(std::unique_ptr<CommandBatch> batch) {
    for (auto& state : states_) {
      if (state->id != batch->session || state->closed) continue;
      state->received += batch->reply.ToString();
      if (batch->kind == BatchKind::kCommands && !batch->session_gone) {
        state->input.parser.set_authenticated(batch->authenticated);
      }
      if (batch->kind == BatchKind::kClose || batch->close_after_reply) Disconnect(*state);
      break;
    }
    builder_->Recycle(std::move(batch));
  }

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
  std::vector<std::shared_ptr<TestClient::State>> states_;
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

// --- TestClient

TestClient::TestClient(Harness& harness) : harness_(harness), state_(std::make_shared<State>()) {
  harness_.engine_->Connect(state_);
}

std::vector<ReplyValue> TestClient::Receive() {
  raw_ = std::move(state_->received);
  state_->received.clear();
  std::vector<ReplyValue> replies;
  REQUIRE(ParseReplies(raw_, &replies));
  return replies;
}

std::vector<ReplyValue> TestClient::Send(std::string_view bytes) {
  (void)Receive();
  harness_.engine_->Send(*state_, bytes);
  return Receive();
}

ReplyValue TestClient::Run(const std::vector<std::string>& words) {
  std::vector<ReplyValue> replies = Send(EncodeRequest(words));
  if (replies.empty()) return reply::Push({reply::Bulk("(no reply)")});
  return replies.back();
}

ReplyValue TestClient::Run(std::string_view command) {
  std::optional<std::vector<std::string>> words = SplitArgs(command);
  REQUIRE(words.has_value());
  return Run(*words);
}

bool TestClient::Waits(std::string_view command) {
  return Run(command) == reply::Push({reply::Bulk("(no reply)")});
}

bool TestClient::closed() const {
  return state_->closed;
}
void TestClient::Disconnect() {
  harness_.engine_->Disconnect(*state_);
}
SessionId TestClient::id() const {
  return state_->id;
}
Session& TestClient::session() {
  Session* session = harness_.server().sessions.Find(state_->id);
  REQUIRE(session != nullptr);
  return *session;
}

// --- Harness

Harness::Harness(std::string_view config)
    : delivery_(GENERATE(Delivery::kWhole, Delivery::kByteByByte, Delivery::kPiped)),
      engine_(std::make_unique<Engine>(delivery_, time_, config)) {
  NewClient();
}

Harness::~Harness() {
  for (auto& client : clients_) client->Disconnect();
}

TestClient& Harness::NewClient() {
  clients_.push_back(std::unique_ptr<TestClient>(new TestClient(*this)));
  return *clients_.back();
}

void Harness::AdvanceMs(int64_t ms) {
  time_.AdvanceMs(ms);
  engine_->OnExecution([this] { engine_->executor().Tick(); });
}

void Harness::SetTimeMs(int64_t wall_ms) {
  time_.SetWallMs(wall_ms);
  engine_->OnExecution([this] { engine_->executor().Tick(); });
}

ServerState& Harness::server() {
  return engine_->server();
}
bool Harness::shutdown_requested() const {
  return engine_->shutdown_requested();
}

}  // namespace gotthard
