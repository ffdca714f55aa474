// Connections that come, go, are refused, are killed and move between threads.
#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "tests/system/daemon_view.h"
#include "tests/system/system_harness.h"

namespace gotthard::test {
namespace {

std::string IoThreads() {
  return "io-threads " + std::string(GENERATE("1", "2")) + "\n";
}

// Closing sends a reset instead of an orderly end.
void CloseWithReset(Client& client) {
  const linger reset{.l_onoff = 1, .l_linger = 0};
  setsockopt(client.fd(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  client.Close();
}

TEST_CASE("clients that vanish with requests under way leave nothing behind") {
  Daemon daemon({}, IoThreads());
  Client watcher = daemon.Connect();
  REQUIRE(watcher.Command({"SET", "big", std::string(50'000, 'b')}) == "OK");
  // The daemon's start left a connection that it may not have seen the end of yet.
  WaitUntil("a quiet daemon", [&] { return InfoNumber(watcher, "connected_clients") == 1; });
  const std::size_t files_before = OpenFiles(daemon.pid());
  constexpr int kThreads = 4;
  std::vector<std::thread> crowd;
  for (int t = 0; t < kThreads; ++t) {
    crowd.emplace_back([&daemon, t] {
      const std::string pipeline = Repeated({"GET", "big"}, 100) + Repeated({"INCR", "n"}, 500) +
                                   Client::Encode({"SUBSTR", "big", "0", "-1"}) +
                                   "*2\r\n$4\r\nECHO\r\n$100\r\nhalf a request";
      for (int i = 0; i < 50; ++i) {
        Client client = daemon.Connect();
        SendWithoutWaiting(client, pipeline);
        if (i % 3 == 0) client.ReadReply();
        if (i % 3 == 1) client.ShutdownWrite();
        if ((i + t) % 2 == 0) CloseWithReset(client);
      }
    });
  }
  for (std::thread& thread : crowd) thread.join();
  WaitUntil("the sessions' end", [&] { return InfoNumber(watcher, "connected_clients") == 1; });
  WaitUntil("the sockets' end", [&] { return OpenFiles(daemon.pid()) <= files_before; });
  CHECK(ClientListLines(watcher) == 1);
  // One that was reset before the daemon saw it has no address any more, and is refused.
  CHECK(InfoNumber(watcher, "total_connections_received") +
            InfoNumber(watcher, "rejected_connections") ==
        2 + kThreads * 50);
}

TEST_CASE("10,000 connections are held and each is answered") {
  constexpr std::size_t kConnections = 10'000;
  constexpr std::size_t kSpare = 200;
  const std::size_t limit = RaiseOpenFileLimit();
  if (limit < kConnections + kSpare) {
    WARN("skipped: this system allows a process " << limit << " open files");
    return;
  }
  Daemon daemon({}, IoThreads() + "maxclients 10100\n");
  Client watcher = daemon.Connect();
  // The daemon's start left a connection that it may not have seen the end of yet.
  WaitUntil("a quiet daemon", [&] { return InfoNumber(watcher, "connected_clients") == 1; });
  const std::size_t files_before = OpenFiles(daemon.pid());
  std::vector<Client> clients;
  clients.reserve(kConnections);
  for (std::size_t i = 0; i < kConnections; ++i) clients.push_back(daemon.Connect());
  std::size_t right = 0;
  for (Client& client : clients) client.Send(Client::Encode({"PING"}));
  for (Client& client : clients) right += client.ReadReply() == "PONG" ? 1 : 0;
  CHECK(right == kConnections);
  CHECK(InfoNumber(watcher, "connected_clients") == kConnections + 1);
  clients.clear();
  WaitUntil("the sockets' end", [&] { return OpenFiles(daemon.pid()) <= files_before; });
  CHECK(InfoNumber(watcher, "connected_clients") == 1);
}

TEST_CASE(
    "INFO tells how long the execution thread's pieces of work took, and how many were long") {
  Daemon daemon({}, IoThreads());
  Client client = daemon.Connect();
  for (int i = 0; i < 20; ++i) REQUIRE(client.Command({"SET", "k", "v"}) == "OK");
  const std::string info = client.Command({"INFO", "threads"}).text;
  const std::string field = "turn_usec_histogram:";
  const std::size_t begin = info.find(field);
  REQUIRE(begin != std::string::npos);
  const std::string histogram =
      info.substr(begin + field.size(), info.find('\r', begin) - begin - field.size());
  // "1=3,2=19,...,64=22": cumulative, so the last count is that of all turns.
  REQUIRE(histogram.find('=') != std::string::npos);
  const long turns = std::stol(histogram.substr(histogram.rfind('=') + 1));
  CHECK(turns >= 20);
  CHECK(turns == std::stol(info.substr(info.find("\r\nturns:") + 8)));
}

TEST_CASE("one client more than maxclients is told so and closed") {
  Daemon daemon({}, IoThreads() + "maxclients 3\n");
  Client first = daemon.Connect();
  // The daemon's start left a connection that it may not have seen the end of yet.
  WaitUntil("a quiet daemon", [&] { return InfoNumber(first, "connected_clients") == 1; });
  Client second = daemon.Connect();
  std::optional<Client> third = daemon.Connect();
  REQUIRE(second.Command({"PING"}) == "PONG");
  REQUIRE(third->Command({"PING"}) == "PONG");
  Client fourth = daemon.Connect();
  CHECK(fourth.ReadReply() == "(error) ERR max number of clients reached");
  CHECK(fourth.WaitForClose());
  CHECK(InfoNumber(first, "rejected_connections") == 1);
  third.reset();
  WaitUntil("a free place", [&] { return InfoNumber(first, "connected_clients") == 2; });
  CHECK(daemon.Connect().Command({"PING"}) == "PONG");
}

TEST_CASE("CLIENT KILL ends another connection, also in the midst of its pipeline") {
  Daemon daemon({}, IoThreads());
  Client killer = daemon.Connect();
  Client idle = daemon.Connect();
  Client busy = daemon.Connect();
  const std::string idle_id = idle.Command({"CLIENT", "ID"}).text;
  const std::string busy_id = busy.Command({"CLIENT", "ID"}).text;
  busy.Send(Repeated({"INCR", "n"}, 20'000));
  CHECK(killer.Command({"CLIENT", "KILL", "ID", busy_id}) == "(integer) 1");
  CHECK(killer.Command({"CLIENT", "KILL", "ID", idle_id}) == "(integer) 1");
  CHECK(idle.WaitForClose());
  CHECK(busy.WaitForClose());
  CHECK(killer.Command({"CLIENT", "KILL", "ID", idle_id}) == "(integer) 0");
  WaitUntil("the killed ones' end", [&] { return ClientListLines(killer) == 1; });
}

TEST_CASE("a client that kills itself gets its reply first") {
  Daemon daemon({}, IoThreads());
  Client client = daemon.Connect();
  const std::string id = client.Command({"CLIENT", "ID"}).text;
  CHECK(client.Command({"CLIENT", "KILL", "ID", id, "SKIPME", "no"}) == "(integer) 1");
  CHECK(client.WaitForClose());
}

TEST_CASE("connections move between threads while they are used") {
  Daemon daemon({}, "io-threads 1\n");
  constexpr int kClients = 20;
  constexpr int kRounds = 6;
  Client control = daemon.Connect();
  std::vector<Client> clients;
  for (int i = 0; i < kClients; ++i) clients.push_back(daemon.Connect());
  std::string wrong;
  for (int round = 0; round < kRounds; ++round) {
    const bool out = round % 2 == 0;
    const std::string pipeline = Repeated({"INCR", "n" + std::to_string(round)}, 200);
    for (Client& client : clients) client.Send(pipeline);
    REQUIRE(control.Command({"CONFIG", "SET", "io-threads", out ? "3" : "1"}) == "OK");
    for (Client& client : clients) {
      std::int64_t last = 0;
      for (int i = 0; i < 200; ++i) {
        const std::int64_t next = client.ReadReply().Integer();
        if (next <= last) wrong = "the replies of a connection are out of order";
        last = next;
      }
    }
    CHECK(control.Command({"GET", "n" + std::to_string(round)}) == std::to_string(kClients * 200));
    WaitUntil("all connections in their places", [&] {
      return InfoPart(control, "thread0", "connections") == (out ? 0 : kClients + 1);
    });
    CHECK(InfoText(control, "io_threads_active") == (out ? "1" : "0"));
  }
  CHECK(wrong.empty());
}

TEST_CASE("io-threads are used when that pays, or always") {
  Daemon daemon({"--io-threads", "2", "--io-threads-always-active", "no"});
  Client alone = daemon.Connect();
  for (int i = 0; i < 1000; ++i) REQUIRE(alone.Command({"INCR", "n"}) != "");
  CHECK(InfoPart(alone, "thread0", "connections") == 1);
  CHECK(InfoText(alone, "io_threads_active") == "0");

  REQUIRE(alone.Command({"CONFIG", "SET", "io-threads-always-active", "yes"}) == "OK");
  WaitUntil("the connection on the thread",
            [&] { return InfoPart(alone, "thread0", "connections") == 0; });
  CHECK(InfoText(alone, "io_threads_active") == "1");

  REQUIRE(alone.Command({"CONFIG", "SET", "io-threads-always-active", "no"}) == "OK");
  WaitUntil("the connection at home",
            [&] { return InfoPart(alone, "thread0", "connections") == 1; });
}

TEST_CASE("io-threads auto reports its threads and answers under load") {
  Daemon daemon({"--io-threads", "auto"});
  Client client = daemon.Connect();
  CHECK(InfoText(client, "io_threads_mode") == "auto");
  CHECK(InfoPart(client, "thread0", "connections") >= 1);
  std::vector<Client> clients;
  for (int i = 0; i < 10; ++i) clients.push_back(daemon.Connect());
  int wrong = 0;
  const std::string pipeline = Repeated({"INCR", "n"}, 5000);
  for (int round = 0; round < 10; ++round) {
    for (Client& each : clients) each.Send(pipeline);
    for (Client& each : clients) {
      for (int i = 0; i < 5000; ++i) wrong += each.ReadReply().type == ':' ? 0 : 1;
    }
  }
  CHECK(wrong == 0);
  CHECK(client.Command({"GET", "n"}) == "500000");
}

TEST_CASE("a Unix socket serves as TCP does, with a place for the administrator") {
  TempDir dir;
  const std::string path = dir.File("gotthard.sock");
  Daemon daemon({}, IoThreads() + "unixsocket " + path + "\nunixsocketperm 700\nmaxclients 2\n");
  Client tcp = daemon.Connect();
  WaitUntil("a quiet daemon", [&] { return InfoNumber(tcp, "connected_clients") == 1; });
  Client local(path);
  CHECK(local.Command({"SET", "k", "v"}) == "OK");
  CHECK(tcp.Command({"GET", "k"}) == "v");
  CHECK(daemon.Connect().ReadReply() == "(error) ERR max number of clients reached");
  Client administrator(path);
  CHECK(administrator.Command({"PING"}) == "PONG");
  CHECK(Client(path).ReadReply() == "(error) ERR max number of clients reached");
}

TEST_CASE("AUTH counts for the commands that follow it in the same pipeline") {
  Daemon daemon({}, IoThreads() + "requirepass secret\n");
  Client client = daemon.Connect();
  client.Send(Client::Encode({"GET", "k"}) + Client::Encode({"AUTH", "wrong"}) +
              Client::Encode({"AUTH", "secret"}) + Client::Encode({"SET", "k", "v"}) +
              Client::Encode({"GET", "k"}));
  CHECK(client.ReadReply() == "(error) NOAUTH Authentication required.");
  CHECK(client.ReadReply() ==
        "(error) WRONGPASS invalid username-password pair or user is disabled.");
  CHECK(client.ReadReply() == "OK");
  CHECK(client.ReadReply() == "OK");
  CHECK(client.ReadReply() == "v");
}

TEST_CASE("a request after AUTH may be larger than those allowed before it") {
  Daemon daemon({}, IoThreads() + "requirepass secret\n");
  Client client = daemon.Connect();
  const std::string large(200'000, 'x');
  client.Send(Client::Encode({"AUTH", "secret"}) + Client::Encode({"ECHO", large}));
  CHECK(client.ReadReply() == "OK");
  CHECK(client.ReadReply().text == large);

  Client stranger = daemon.Connect();
  stranger.Send("*2\r\n$4\r\nECHO\r\n$200000\r\n");
  CHECK(stranger.ReadReply() == "(error) ERR Protocol error: unauthenticated bulk length");
  CHECK(stranger.WaitForClose());
}

}  // namespace
}  // namespace gotthard::test
