// Running batches: counting, errors, waits, the slow log, MONITOR. The commands are the test's own.
#include "exec/executor.h"

#include <catch2/catch.hpp>
#include <cstring>
#include <string>
#include <vector>

#include "pipe/batch_builder.h"
#include "store/lazy_free.h"

namespace gotthard {
namespace {

Status Ping(Context& ctx, const Args& /*args*/) {
  return ctx.reply().Simple("PONG");
}
Status Fail(Context& /*ctx*/, const Args& args) {
  return Status::Error(std::string(args[1]) + " it went wrong");
}
Status Wait(Context& ctx, const Args& /*args*/) {
  ctx.Block({.kind = BlockKind::kWait,
             .deadline_ms = ctx.now_ms() + 100,
             .on_timeout = [](ServerState&, Session&, ReplyWriter& reply) { reply.Integer(0); }});
  return Status::Ok();
}
Status Secret(Context& ctx, const Args& /*args*/) {
  ctx.executor().Redact(1);
  return ctx.reply().Ok();
}

constexpr CommandSpec kFamily[] = {
    Command(
        {.name = "ping", .arity = 1, .flags = kFast, .run = Ping, .since = "1", .summary = "s"}),
    Command(
        {.name = "fail", .arity = 2, .flags = kFast, .run = Fail, .since = "1", .summary = "s"}),
    Command({.name = "wait", .arity = 1, .run = Wait, .since = "1", .summary = "s"}),
    Command({.name = "secret", .arity = 2, .run = Secret, .since = "1", .summary = "s"}),
};
constexpr std::span<const CommandSpec> kFamilies[] = {kFamily};

class NoLazyFree final : public LazyFree {
 public:
  void Free(std::unique_ptr<DetachedStorage> storage) override { storage.reset(); }
  void Free(DetachedValue value) override { value = DetachedValue(); }
  uint64_t pending_objects() const override { return 0; }
  uint64_t freed_objects() const override { return 0; }
  void ResetFreed() override {}
};

// An execution thread's world; what it sends is gathered in `out`, by client.
class World final : public Host, public ReplySink {
 public:
  World() : hasher(1), clock(&time), table(*CommandTable::Build(kFamilies, {})) {
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
  uint64_t NetworkBytesReceived() const override { return 0; }
  uint64_t NetworkBytesSent() const override { return 0; }
  uint64_t NetworkReads() const override { return 0; }
  uint64_t NetworkWrites() const override { return 0; }
  uint64_t QueryBufferDisconnections() const override { return 0; }
  uint64_t OutputBufferDisconnections() const override { return 0; }
  std::string_view IoBackend() const override { return "none"; }
  void ResetNetworkCounters() override {}

  FakeTime time;
  KeyHasher hasher;
  Clock clock;
  CommandTable table;
  ConfigStore config;
  Keyspace keyspace{hasher, 16};
  NoLazyFree lazy_free;
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

TEST_CASE("Every command is counted, whether it came alone or in a run of equal ones") {
  World w;
  Session& client = w.NewClient();
  w.Send(client, "PING\r\nPING\r\nPING\r\nFAIL ERR\r\nPING\r\n");
  CHECK(w.stats("ping").calls == 4);
  CHECK(w.stats("fail").calls == 1);
  CHECK(w.state.stats.total_commands_processed == 5);
  CHECK(w.stats("ping").latency->total() == 4);
  CHECK(w.out[0] == "+PONG\r\n+PONG\r\n+PONG\r\n-ERR it went wrong\r\n+PONG\r\n");
}

TEST_CASE("Errors are counted by their first word; requests that do not run are rejected ones") {
  World w;
  Session& client = w.NewClient();
  w.Send(client, "FAIL OOPS\r\nFAIL OOPS\r\nPING extra\r\nNOSUCH a\r\n");
  CHECK(w.state.stats.errors["OOPS"] == 2);
  CHECK(w.state.stats.errors["ERR"] == 2);
  CHECK(w.state.stats.total_error_replies == 4);
  CHECK(w.stats("fail").failed_calls == 2);
  CHECK(w.stats("ping").rejected_calls == 1);
  CHECK(w.stats("ping").calls == 0);
  CHECK(w.out[0].find("-ERR unknown command 'NOSUCH', with args beginning with: 'a'") !=
        std::string::npos);
}

TEST_CASE("What a client sends behind a wait is run after it, in order; others do not wait") {
  World w;
  Session& waiting = w.NewClient();
  Session& other = w.NewClient();
  w.Send(waiting, "PING\r\nWAIT\r\nFAIL A\r\n");
  w.Send(waiting, "FAIL B\r\n");
  w.Send(waiting, "FAIL C\r\n");
  w.Send(other, "PING\r\n");
  CHECK(w.out[0] == "+PONG\r\n");  // what came before the wait is not kept back
  CHECK(w.out[1] == "+PONG\r\n");
  CHECK(w.executor->blocked_clients() == 1);
  CHECK(w.executor->NextDeadlineMs() == w.clock.NowMs() + 100);
  w.time.AdvanceMs(99);
  w.executor->Tick();
  CHECK(w.out[0] == "+PONG\r\n");
  w.time.AdvanceMs(1);
  w.executor->Tick();
  CHECK(w.out[0] == "+PONG\r\n:0\r\n-A it went wrong\r\n-B it went wrong\r\n-C it went wrong\r\n");
  CHECK(w.executor->blocked_clients() == 0);
  CHECK(w.executor->NextDeadlineMs() == INT64_MAX);
}

TEST_CASE("A waiting client that goes away takes its work along") {
  World w;
  Session& client = w.NewClient();
  w.Send(client, "WAIT\r\nPING\r\n");
  w.Send(client, "PING\r\n");
  w.executor->EndSession(client);
  CHECK(w.executor->blocked_clients() == 0);
  CHECK(w.state.sessions.size() == 0);
  w.time.AdvanceMs(1000);
  w.executor->Tick();
  CHECK(w.out[0].empty());
  CHECK(w.stats("ping").calls == 0);
}

TEST_CASE("The slow log takes every command when asked to, secrets left out") {
  World w;
  const ConfigStore::NameValueView change{"slowlog-log-slower-than", "0"};
  REQUIRE(w.config.Set({&change, 1}, {}).ok());
  w.executor->ReadConfig();
  Session& client = w.NewClient();
  w.Send(client, "PING\r\nPING\r\nSECRET password\r\n");
  REQUIRE(w.state.slow_log.entries().size() == 3);
  CHECK(w.state.slow_log.entries().front().arguments ==
        std::vector<std::string>{"SECRET", "(redacted)"});
}

TEST_CASE("MONITOR shows requests quoted, with time, database and address, secrets left out") {
  World w;
  Session& client = w.NewClient();
  Session& monitor = w.NewClient();
  monitor.set(Session::kMonitor);
  w.state.monitors = 1;
  client.db = 3;
  w.Send(client, "*2\r\n$4\r\nFAIL\r\n$6\r\na\"\n\x01\\b\r\nSECRET password\r\n");
  CHECK(w.out[1] ==
        "+1704067200.000000 [3 127.0.0.1:5000] \"FAIL\" \"a\\\"\\n\\x01\\\\b\"\r\n"
        "+1704067200.000000 [3 127.0.0.1:5000] \"SECRET\" \"(redacted)\"\r\n");
}

}  // namespace
}  // namespace gotthard
