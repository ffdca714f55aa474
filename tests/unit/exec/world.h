// World: an execution thread's surroundings for tests of the executor, with the test's own
// commands.
#pragma once

#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "exec/executor.h"
#include "pipe/batch_builder.h"
#include "tests/socketless_host.h"

namespace gotthard {

// An execution thread's world; what it sends is gathered in `out`, by client.
class World : public SocketlessHost, public ReplySink {
 public:
  explicit World(std::span<const std::span<const CommandSpec>> families)
      : hasher(1), clock(&time), table(*CommandTable::Build(families, {})) {
    state.host = this;
    state.now_ms = clock.NowMs();
    executor = std::make_unique<Executor>(state, *this);
    state.executor = executor.get();
    builder = std::make_unique<BatchBuilder>(table.index(), hasher, 1);
  }

  Session& NewClient() {
    Session& session = state.sessions.Add();
    session.set(Session::kAuthenticated);
    session.address = "127.0.0.1:" + std::to_string(5000 + session.id.index);
    out.resize(session.id.index + 1);
    return session;
  }
  void Send(const Session& session, std::string_view requests) {
    RequestInput input;
    input.parser.set_authenticated(true);
    const BatchBuilder::Room room = builder->RoomFor(input);
    std::memcpy(room.buffer->data() + room.offset, requests.data(), requests.size());
    builder->Received(input, room, requests.size());
    std::vector<std::unique_ptr<CommandBatch>> batches;
    builder->Build(input, session.id, 1000, [&](std::unique_ptr<CommandBatch> batch) {
      batches.push_back(std::move(batch));
    });
    executor->Run(batches);
  }
  const CommandStats& stats(std::string_view name) {
    return state.stats.commands[table.Find(name)->number];
  }

  void Deliver(std::unique_ptr<CommandBatch> batch) override {
    if (!batch->session_gone) out[batch->session.index] += batch->reply.ToString();
    builder->Recycle(std::move(batch));
  }
  void Push(Session& session, ReplyBuffer&& bytes) override {
    out[session.id.index] += bytes.ToString();
  }
  void CloseConnection(Session& session) override { session.set(Session::kCloseAsap); }
  Status Shutdown(const ShutdownRequest& /*request*/) override { return Status::Ok(); }
  Status AbortShutdown() override { return Status::Ok(); }
  std::vector<ThreadReport> Threads() const override { return {}; }

  FakeTime time;
  KeyHasher hasher;
  Clock clock;
  CommandTable table;
  ConfigStore config;
  Keyspace keyspace{hasher, 16};
  ImmediateFree lazy_free;
  ServerState state{.config = config,
                    .commands = table,
                    .keyspace = keyspace,
                    .clock = clock,
                    .hasher = hasher,
                    .lazy_free = lazy_free};
  std::unique_ptr<Executor> executor;
  std::unique_ptr<BatchBuilder> builder;
  std::vector<std::string> out;
};

}  // namespace gotthard
