// Running batches: counting, errors, waits, the slow log, MONITOR. The commands are the test's own.
#include "exec/executor.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "tests/unit/exec/world.h"

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

struct OwnWorld : World {
  OwnWorld() : World(kFamilies) {}
};

TEST_CASE("Every command is counted, whether it came alone or in a run of equal ones") {
  OwnWorld w;
  Session& client = w.NewClient();
  w.Send(client, "PING\r\nPING\r\nPING\r\nFAIL ERR\r\nPING\r\n");
  CHECK(w.stats("ping").calls == 4);
  CHECK(w.stats("fail").calls == 1);
  CHECK(w.state.stats.total_commands_processed == 5);
  CHECK(w.stats("ping").latency->total() == 4);
  CHECK(w.out[0] == "+PONG\r\n+PONG\r\n+PONG\r\n-ERR it went wrong\r\n+PONG\r\n");
}

TEST_CASE("Errors are counted by their first word; requests that do not run are rejected ones") {
  OwnWorld w;
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

TEST_CASE("The error for an unknown command shows 128 bytes of its arguments") {
  OwnWorld w;
  Session& client = w.NewClient();
  const std::string a(200, 'a');
  w.Send(client, "NOSUCH " + a + " b\r\n");
  w.Send(client, "NOSUCH " + a.substr(0, 100) + " " + a + "\r\n");
  w.Send(client, "NOSUCH \"x\\x00y\" \"z\"\r\n");
  const std::string head = "-ERR unknown command 'NOSUCH', with args beginning with: ";
  CHECK(w.out[0] == head + "'" + a.substr(0, 128) + "' \r\n" +                                //
                        head + "'" + a.substr(0, 100) + "' '" + a.substr(0, 25) + "' \r\n" +  //
                        head + "'x' 'z' \r\n");
}

TEST_CASE("What a client sends behind a wait is run after it, in order; others do not wait") {
  OwnWorld w;
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
  OwnWorld w;
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
  OwnWorld w;
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
  OwnWorld w;
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
