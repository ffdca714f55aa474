// Where connections are and how they move: the router with real I/O threads and sockets, and
// commands of the test's own.
#include "server/router.h"

#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <stdexcept>
#include <string>

#include "tests/unit/exec/world.h"

namespace gotthard {
namespace {

Status Echo(Context& ctx, const Args& args) {
  return ctx.reply().Bulk(args[1]);
}
constexpr CommandSpec kFamily[] = {
    Command(
        {.name = "echo", .arity = 2, .flags = kFast, .run = Echo, .since = "1", .summary = "s"}),
};
constexpr std::span<const CommandSpec> kFamilies[] = {kFamily};

// The test is the execution thread.
class Routed {
 public:
  Routed() : world(kFamilies), router(world.state, limits_, std::move(*MakeEpollReactor())) {
    executor_ = std::make_unique<Executor>(world.state, router);
    world.state.executor = executor_.get();
    router.set_executor(*executor_);
  }
  ~Routed() {
    for (const int client : clients_) close(client);
    router.JoinThreads();
    world.state.sessions.ForEach([](Session& session) {
      session.parked.clear();
      session.held.clear();
    });
    router.DropMail();
  }

  // A new connection; *client is its other end.
  Session& Connect(int* client) {
    int ends[2];
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
    *client = ends[1];
    clients_.push_back(ends[1]);
    Session& session = world.NewClient();
    auto connection = std::make_unique<Connection>(ends[0], session.id);
    connection->parser().set_authenticated(true);
    router.Place(session, std::move(connection));
    return session;
  }
  void Turn() {
    router.Work();
    router.NotifyThreads();
    router.reactor().RunOnce(router.has_work() ? 0 : 100);
  }
  template <typename Condition>
  void TurnUntil(Condition condition) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > end) throw std::runtime_error("it never came true");
      Turn();
    }
  }
  // Turns until everything the client is to get is there.
  std::string Receive(int client, size_t size) {
    std::string got;
    TurnUntil([&] {
      char bytes[4096];
      const ssize_t count = read(client, bytes, std::min(sizeof(bytes), size - got.size()));
      if (count > 0) got.append(bytes, static_cast<size_t>(count));
      return got.size() == size;
    });
    return got;
  }
  void SpreadOver(int threads) {
    REQUIRE(router.StartThreads(threads).ok());
    router.set_spread(threads);
  }
  void Push(Session& session, std::string_view bytes) {
    ReplyBuffer reply;
    reply.Append(bytes);
    router.Push(session, std::move(reply));
  }

  World world;

 private:
  IoLimits limits_;

 public:
  Router router;

 private:
  std::unique_ptr<Executor> executor_;
  std::vector<int> clients_;
};

void Write(int client, std::string_view bytes) {
  REQUIRE(write(client, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
}

TEST_CASE("A connection moves out and home again under way, and answers stay in order") {
  Routed r;
  int client = -1;
  Session& session = r.Connect(&client);
  std::string expected;
  int sent = 0;
  const auto ask = [&] {
    const std::string word = std::to_string(100000 + sent++);
    Write(client, "ECHO " + word + "\r\n");
    expected += "$6\r\n" + word + "\r\n";
  };
  std::string got;
  const auto hear = [&] {
    char bytes[4096];
    const ssize_t count = read(client, bytes, sizeof(bytes));
    if (count > 0) got.append(bytes, static_cast<size_t>(count));
  };
  for (const int threads : {1, 0, 2, 0}) {
    r.SpreadOver(threads);
    r.TurnUntil([&] {
      if (sent % 50 != 49 || got.size() == expected.size()) ask();
      hear();
      return r.router.Rebalance(10) && !session.moving;
    });
    CHECK((session.home == 0) == (threads == 0));
  }
  r.TurnUntil([&] {
    hear();
    return got.size() >= expected.size();
  });
  CHECK(got == expected);
}

TEST_CASE("Pushes for a connection that moves reach it, in order") {
  Routed r;
  int client = -1;
  Session& session = r.Connect(&client);
  r.Push(session, "+1\r\n");
  r.SpreadOver(1);
  CHECK_FALSE(r.router.Rebalance(10));
  REQUIRE(session.moving);
  r.Push(session, "+2\r\n");
  r.Push(session, "+3\r\n");
  CHECK(r.Receive(client, 12) == "+1\r\n+2\r\n+3\r\n");
  r.TurnUntil([&] { return !session.moving; });
  CHECK(session.home == 1);
  r.Push(session, "+4\r\n");
  CHECK(r.Receive(client, 4) == "+4\r\n");
}

TEST_CASE("More output than is held for a moving connection closes it") {
  Routed r;
  int client = -1;
  Session& session = r.Connect(&client);
  r.SpreadOver(1);
  r.router.Rebalance(10);
  for (size_t i = 0; i < Router::kMaxHeld; ++i) r.Push(session, "+x\r\n");
  CHECK_FALSE(session.has(Session::kCloseAsap));
  r.Push(session, "+x\r\n");
  CHECK(session.has(Session::kCloseAsap));
  r.TurnUntil([&] { return r.world.state.sessions.size() == 0; });
}

TEST_CASE("A connection that is closed while it moves ends, wherever it is by then") {
  for (int turns = 0; turns < 4; ++turns) {
    Routed r;
    int client = -1;
    Session& session = r.Connect(&client);
    r.SpreadOver(1);
    r.router.Rebalance(10);
    for (int i = 0; i < turns; ++i) r.Turn();
    r.router.Close(session);
    r.TurnUntil([&] { return r.world.state.sessions.size() == 0; });
    char byte = 0;
    r.TurnUntil([&] { return read(client, &byte, 1) == 0; });
    CHECK(r.router.connections_at(0) == 0);
    CHECK(r.router.connections_at(1) == 0);
  }
}

TEST_CASE("Connections are spread evenly over the threads, new and old ones") {
  Routed r;
  int client = -1;
  for (int i = 0; i < 12; ++i) r.Connect(&client);
  r.SpreadOver(2);
  r.TurnUntil([&] { return r.router.Rebalance(5); });
  for (int i = 0; i < 4; ++i) r.Connect(&client);
  r.TurnUntil([&] { return r.router.connections_at(1) + r.router.connections_at(2) == 16; });
  CHECK(r.router.connections_at(0) == 0);
  CHECK(r.router.connections_at(1) >= 7);
  CHECK(r.router.connections_at(2) >= 7);
}

TEST_CASE("A client that does not read its replies is not asked to move") {
  Routed r;
  int client = -1;
  Session& session = r.Connect(&client);
  session.output_sent_bytes = Router::kMaxPendingToMove + 1;
  r.SpreadOver(1);
  CHECK_FALSE(r.router.Rebalance(10));
  CHECK_FALSE(session.moving);
  session.output_sent_bytes = 0;
  CHECK_FALSE(r.router.Rebalance(10));
  CHECK(session.moving);
}

TEST_CASE("At the end what was taken is answered, and the threads finish") {
  Routed r;
  r.SpreadOver(1);
  int client = -1;
  r.Connect(&client);
  Write(client, "ECHO first\r\n");
  CHECK(r.Receive(client, 11) == "$5\r\nfirst\r\n");
  r.router.BeginStop();
  r.TurnUntil([&] { return r.router.Stopped(); });
  Write(client, "ECHO second\r\n");
  r.Turn();
  char byte = 0;
  CHECK(read(client, &byte, 1) <= 0);
}

}  // namespace
}  // namespace gotthard
