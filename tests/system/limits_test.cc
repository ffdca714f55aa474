// Clients that strain the daemon: slow, greedy, broken, too many bytes. Each case runs with the
// connections inline (1 thread that does I/O) and piped (2).
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <string>
#include <thread>

#include "tests/system/daemon_view.h"
#include "tests/system/system_harness.h"

namespace gotthard::test {
namespace {

constexpr std::size_t kMb = 1024 * 1024;

std::string IoThreads() {
  return "io-threads " + std::string(GENERATE("1", "2")) + "\n";
}

TEST_CASE("a client that never reads is not read from, and costs bounded memory") {
  Daemon daemon({}, IoThreads());
  Client greedy = daemon.Connect();
  Client other = daemon.Connect();
  // Four-kilobyte requests with replies as long: what the daemon takes in, it has to hold.
  const std::string padding(4096, 'p');
  const std::size_t resident_before = ResidentBytes(daemon.pid());
  std::string unsent;
  std::size_t sent = 0;
  std::size_t requests = 0;
  // Full means: nothing more was taken while another client was served 200 times.
  for (int quiet = 0; quiet < 200 && sent < 256 * kMb;) {
    if (unsent.empty()) {
      unsent = Client::Encode({"ECHO", std::to_string(requests++) + padding});
    }
    const std::size_t now = SendWithoutWaiting(greedy, unsent);
    unsent.erase(0, now);
    sent += now;
    if (now != 0) {
      quiet = 0;
    } else {
      ++quiet;
      REQUIRE(other.Command({"PING"}) == "PONG");
    }
  }
  CHECK(sent < 128 * kMb);  // mostly the sockets' own buffers
  CHECK(ResidentBytes(daemon.pid()) < resident_before + 64 * kMb);

  // Once it reads, everything it asked for is there and in order.
  std::thread sender([&] { greedy.TrySend(unsent); });
  std::size_t right = 0;
  for (std::size_t i = 0; i < requests; ++i) {
    right += greedy.ReadReply().text == std::to_string(i) + padding ? 1 : 0;
  }
  sender.join();
  CHECK(right == requests);
}

TEST_CASE("a client past its output limit is closed") {
  Daemon daemon({}, IoThreads() + "client-output-buffer-limit normal 2mb 0 0\n");
  Client other = daemon.Connect();
  REQUIRE(other.Command({"SET", "big", std::string(100'000, 'b')}) == "OK");
  Client greedy = daemon.Connect();
  greedy.Send(Repeated({"GET", "big"}, 1000));
  WaitUntil("the end of the greedy client",
            [&] { return InfoNumber(other, "connected_clients") == 1; });
  CHECK(InfoNumber(other, "client_output_buffer_limit_disconnections") == 1);
  CHECK(greedy.WaitForClose());
  CHECK(other.Command({"STRLEN", "big"}) == "(integer) 100000");
}

TEST_CASE("the soft output limit closes a client that stays above it") {
  Daemon daemon({}, IoThreads() + "client-output-buffer-limit normal 0 1mb 1\n");
  Client other = daemon.Connect();
  REQUIRE(other.Command({"SET", "big", std::string(100'000, 'b')}) == "OK");
  Client greedy = daemon.Connect();
  greedy.Send(Repeated({"GET", "big"}, 1000));
  WaitUntil("the end of the greedy client",
            [&] { return InfoNumber(other, "connected_clients") == 1; });
  CHECK(greedy.WaitForClose());
}

TEST_CASE("requests that arrive byte by byte are understood") {
  Daemon daemon({}, IoThreads());
  Client client = daemon.Connect();
  Client other = daemon.Connect();
  const int no_delay = 1;
  setsockopt(client.fd(), IPPROTO_TCP, TCP_NODELAY, &no_delay, sizeof no_delay);
  const std::string value("\0\r\n$3\r\n*1\r\n\xff", 12);
  const std::string bytes = Client::Encode({"SET", "k", value}) + "GET k\r\nINCR n\r\n" +
                            Client::Encode({"MGET", "k", "none"});
  for (const char byte : bytes) {
    client.Send(std::string_view(&byte, 1));
    // Its answer tells that the daemon has had a turn in between.
    REQUIRE(other.Command({"PING"}) == "PONG");
  }
  CHECK(client.ReadReply() == "OK");
  CHECK(client.ReadReply().text == value);
  CHECK(client.ReadReply() == "(integer) 1");
  const Reply both = client.ReadReply();
  REQUIRE(both.elements.size() == 2);
  CHECK(both.elements[0].text == value);
  CHECK(both.elements[1].IsNull());
}

TEST_CASE("pipelines of 20,000 commands and single requests are served side by side") {
  Daemon daemon({}, IoThreads());
  Client deep = daemon.Connect();
  Client single = daemon.Connect();
  constexpr int kDepth = 20'000;
  constexpr int kRounds = 5;
  int wrong_deep = 0;
  std::thread pipeline([&] {
    const std::string requests = Repeated({"INCR", "deep"}, kDepth);
    for (int round = 0; round < kRounds; ++round) {
      deep.Send(requests);
      for (int i = 1; i <= kDepth; ++i) {
        const std::string expected = std::to_string(round * kDepth + i);
        wrong_deep += deep.ReadReply().text == expected ? 0 : 1;
      }
    }
  });
  int wrong_single = 0;
  for (int i = 0; i < 1000; ++i) {
    const std::string value = std::to_string(i);
    wrong_single += single.Command({"SET", "single", value}) == "OK" ? 0 : 1;
    wrong_single += single.Command({"GET", "single"}) == value ? 0 : 1;
  }
  pipeline.join();
  CHECK(wrong_deep == 0);
  CHECK(wrong_single == 0);
  CHECK(single.Command({"GET", "deep"}) == std::to_string(kDepth * kRounds));
}

TEST_CASE("a query buffer past its limit ends the connection") {
  Daemon daemon({}, IoThreads() + "client-query-buffer-limit 1mb\n");
  Client other = daemon.Connect();
  Client greedy = daemon.Connect();
  greedy.Send("*2\r\n$4\r\nECHO\r\n$100000000\r\n");
  const std::string piece(100'000, 'x');
  for (int i = 0; i < 500 && greedy.TrySend(piece); ++i) {
  }
  CHECK(greedy.WaitForClose());
  CHECK(InfoNumber(other, "client_query_buffer_limit_disconnections") == 1);
  CHECK(other.Command({"ECHO", std::string(500'000, 'y')}).text.size() == 500'000);
}

TEST_CASE("a client that has shut down its sending side still gets every reply") {
  Daemon daemon({}, IoThreads());
  Client client = daemon.Connect();
  REQUIRE(client.Command({"SET", "big", std::string(100'000, 'b')}) == "OK");
  constexpr int kReplies = 400;  // 40 MB: more than the sockets hold
  client.Send(Repeated({"GET", "big"}, kReplies) + Client::Encode({"ECHO", "last"}));
  client.ShutdownWrite();
  int right = 0;
  for (int i = 0; i < kReplies; ++i) right += client.ReadReply().text.size() == 100'000 ? 1 : 0;
  CHECK(right == kReplies);
  CHECK(client.ReadReply() == "last");
  CHECK(client.WaitForClose());
}

TEST_CASE("a protocol error is answered after the commands before it, and ends the connection") {
  Daemon daemon({}, IoThreads());
  Client client = daemon.Connect();
  client.Send(Client::Encode({"SET", "k", "v"}) + Client::Encode({"GET", "k"}) + "*1\r\n!bad\r\n" +
              Client::Encode({"SET", "k", "never"}));
  CHECK(client.ReadReply() == "OK");
  CHECK(client.ReadReply() == "v");
  CHECK(client.ReadReply() == "(error) ERR Protocol error: expected '$', got '!'");
  CHECK(client.WaitForClose());
  CHECK(daemon.Connect().Command({"GET", "k"}) == "v");
}

TEST_CASE("a protocol error behind a command that waits is answered in its turn") {
  Daemon daemon({}, IoThreads());
  Client other = daemon.Connect();
  Client client = daemon.Connect();
  REQUIRE(other.Command({"CLIENT", "PAUSE", "100000", "WRITE"}) == "OK");
  // The first batch is answered while the second, with the error, is held back.
  client.Send(Repeated({"PING"}, 64) + Client::Encode({"SET", "k", "v"}) +
              "*1\r\n!bad\r\nPING\r\n");
  for (int i = 0; i < 64; ++i) CHECK(client.ReadReply() == "PONG");
  CHECK(other.Command({"PING"}) == "PONG");
  REQUIRE(other.Command({"CLIENT", "UNPAUSE"}) == "OK");
  CHECK(client.ReadReply() == "OK");
  CHECK(client.ReadReply() == "(error) ERR Protocol error: expected '$', got '!'");
  CHECK(client.WaitForClose());
}

TEST_CASE("a value of 100 MB goes in and comes out") {
  Daemon daemon({}, IoThreads());
  Client client = daemon.Connect();
  std::string value(100 * kMb, '\0');
  for (std::size_t i = 0; i < value.size(); ++i)
    value[i] = static_cast<char>(i * 2654435761u >> 13);
  REQUIRE(client.Command({"SET", "huge", value}) == "OK");
  CHECK(client.Command({"STRLEN", "huge"}).Integer() == 100 * static_cast<int>(kMb));
  CHECK(client.Command({"GET", "huge"}).text == value);
  CHECK(client.Command({"DEL", "huge"}) == "(integer) 1");
}

}  // namespace
}  // namespace gotthard::test
