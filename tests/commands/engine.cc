#include "tests/commands/engine.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "commands/families.h"
#include "commands/type_hooks.h"

namespace gotthard {

Engine::Engine(Delivery delivery, const FakeTime& time, std::string_view directives,
               std::unique_ptr<ConfigFiles> files)
    : delivery_(delivery),
      clock_(&time),
      config_(std::move(files)),
      inbox_(in_waker_),
      outbox_(out_waker_) {
  Status loaded = config_.LoadText(directives, "test");
  if (!loaded.ok()) throw std::runtime_error(std::string(loaded.text()));
  std::vector<CommandTable::Rename> renames;
  for (const auto& rename : config_.values().rename_command) {
    renames.push_back({rename.from, rename.to});
  }
  Result<CommandTable> table = CommandTable::Build(AllFamilies(), renames);
  if (!table.ok()) throw std::runtime_error(std::string(table.error().text()));
  commands_ = std::make_unique<CommandTable>(std::move(*table));
  keyspace_ = std::make_unique<Keyspace>(hasher_, static_cast<uint32_t>(config_.values().databases),
                                         AllObjectTypes());
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

Engine::~Engine() {
  if (thread_.joinable()) {
    stop_ = true;
    OnExecution([] {});
    thread_.join();
  }
  states_.clear();
}

// Runs `work` on the thread that executes commands and waits for it.
void Engine::OnExecution(const std::function<void()>& work) {
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

void Engine::Connect(const std::shared_ptr<EngineClient>& state) {
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

void Engine::Disconnect(EngineClient& state) {
  if (state.closed) return;
  state.closed = true;
  OnExecution([&] {
    if (Session* session = server_->sessions.Find(state.id)) executor_->EndSession(*session);
  });
}

void Engine::Send(EngineClient& state, std::string_view bytes) {
  const size_t step = delivery_ == Delivery::kByteByByte ? 1 : bytes.size();
  for (size_t at = 0; at < bytes.size() && !state.closed; at += step) {
    Receive(state, bytes.substr(at, step));
  }
}

void Engine::CloseConnection(Session& session) {
  session.set(Session::kCloseAsap);
  auto closed = std::make_unique<CommandBatch>();
  closed->session = session.id;
  closed->kind = BatchKind::kClose;
  Deliver(std::move(closed));
}
void Engine::Push(Session& session, ReplyBuffer&& bytes) {
  auto push = std::make_unique<CommandBatch>();
  push->session = session.id;
  push->kind = BatchKind::kPush;
  push->reply = std::move(bytes);
  Deliver(std::move(push));
}
Status Engine::Shutdown(const ShutdownRequest& /*request*/) {
  shutdown_requested_ = true;
  return Status::Ok();
}
Status Engine::AbortShutdown() {
  return Status::Error("ERR No shutdown in progress.");
}

void Engine::Deliver(std::unique_ptr<CommandBatch> batch) {
  if (delivery_ == Delivery::kPiped) {
    producer_out_->Push(std::move(batch));
  } else {
    delivered_.push_back(std::move(batch));
  }
}

void Engine::Receive(EngineClient& state, std::string_view bytes) {
  while (!bytes.empty() && !state.closed && !state.failed) {
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
    state.failed = outcome == BatchBuilder::Outcome::kError;
    builder_->Settle(state.input);
  }
}

void Engine::Execute(std::vector<std::unique_ptr<CommandBatch>>& batches) {
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

void Engine::ExecutionThread() {
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

void Engine::RunInbox() {
  CommandBatch* taken[16];
  while (size_t count = inbox_.Take(taken, 16)) {
    std::vector<std::unique_ptr<CommandBatch>> batches;
    for (size_t i = 0; i < count; ++i) batches.emplace_back(taken[i]);
    executor_->Run(batches);
  }
}

void Engine::TakeReplies() {
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

void Engine::TakeReply(std::unique_ptr<CommandBatch> batch) {
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

}  // namespace gotthard
