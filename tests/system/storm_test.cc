// Thousands of clients with mixed traffic that all vanish in the middle of what they do: nothing of
// them stays, neither descriptors nor sessions nor memory.
#include <sys/socket.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "tests/system/daemon_view.h"
#include "tests/system/system_harness.h"

namespace gotthard::test {
namespace {

constexpr std::int64_t kMb = 1024 * 1024;

// What a client of this kind sends before it is gone; answered by as many replies as it waits for.
struct Traffic {
  std::string bytes;
  int replies;
};

std::vector<Traffic> MixedTraffic() {
  const std::string half_value = "*3\r\n$3\r\nSET\r\n$4\r\nnone\r\n$1000000\r\n";
  return {
      {Client::Encode({"PING"}), 1},
      {Repeated({"INCR", "n"}, 300), 1},
      {Repeated({"GET", "big"}, 40), 2},
      {Client::Encode({"SET", "k", std::string(3000, 'v')}) + "*2\r\n$4\r\nECHO\r\n$100\r\nhalf",
       1},
      {half_value + std::string(70'000, 'x'), 0},
      {Client::Encode({"SET", "k", std::string(100'000, 'v')}) + half_value + "some", 1},
      {Client::Encode({"MULTI"}) + Client::Encode({"SET", "k", std::string(5000, 'q')}), 2},
      {Client::Encode({"WATCH", "a", "b", "n"}) + Client::Encode({"HELLO", "3"}), 1},
      {Client::Encode({"BLPOP", "nothing", "0"}) + Repeated({"PING"}, 5), 0},
      {Client::Encode({"LPUSH", "list", "x"}) + Client::Encode({"CLIENT", "SETNAME", "stormy"}), 2},
      {"PING\r\nSET inline 1\r\nGET inl", 2},
      {Client::Encode({"CLIENT", "REPLY", "OFF"}) + Repeated({"GET", "big"}, 5), 0},
  };
}

// `count` clients come, work, and go, every second one with a reset.
void Storm(const Daemon& daemon, std::size_t count) {
  const std::vector<Traffic> kinds = MixedTraffic();
  std::vector<Client> clients;
  clients.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    clients.push_back(daemon.Connect());
    SendWithoutWaiting(clients.back(), kinds[i % kinds.size()].bytes);
  }
  for (std::size_t i = 0; i < count; ++i) {
    for (int reply = 0; reply < kinds[i % kinds.size()].replies; ++reply) {
      REQUIRE_FALSE(clients[i].ReadReply().IsError());
    }
  }
  // Once more, and away without waiting.
  for (std::size_t i = 0; i < count; ++i) {
    const Traffic& kind = kinds[i % kinds.size()];
    if (kind.replies != 0) SendWithoutWaiting(clients[i], kinds[1].bytes);
    if (i % 2 == 0) {
      const linger reset{.l_onoff = 1, .l_linger = 0};
      setsockopt(clients[i].fd(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    }
    clients[i].Close();
  }
}

bool OnUring(Client& watcher) {
  const std::string info = watcher.Command({"INFO", "server"}).text;
  return info.find("multiplexing_api:uring") != std::string::npos;
}

TEST_CASE("a storm of clients that vanish in mid-pipeline leaves nothing behind") {
  const std::string io_threads = GENERATE("1", "3");
  const std::size_t limit = RaiseOpenFileLimit();
  REQUIRE(limit > 300);
  const std::size_t count = std::min<std::size_t>(2000, limit - 200);
  Daemon daemon({}, "io-threads " + io_threads + "\nmaxclients 10100\n");
  Client watcher = daemon.Connect();
  REQUIRE(watcher.Command({"SET", "big", std::string(50'000, 'b')}) == "OK");
  WaitUntil("a quiet daemon", [&] { return InfoNumber(watcher, "connected_clients") == 1; });
  const std::size_t files_before = OpenFiles(daemon.pid());
  std::int64_t used_when_warm = 0;
  std::size_t resident_when_warm = 0;
  for (int round = 0; round < 4; ++round) {
    CAPTURE(io_threads, round);
    Storm(daemon, count);
    WaitUntil("the sessions' end", [&] { return InfoNumber(watcher, "connected_clients") == 1; });
    WaitUntil("the sockets' end", [&] { return OpenFiles(daemon.pid()) <= files_before; });
    CHECK(ClientListLines(watcher) == 1);
    CHECK(InfoNumber(watcher, "blocked_clients") == 0);
    // Keys that grew are no leak.
    REQUIRE(watcher.Command({"DEL", "list", "k", "none", "inline", "n"}).Integer() > 0);
    if (round == 1) {
      used_when_warm = InfoNumber(watcher, "used_memory");
      resident_when_warm = ResidentBytes(daemon.pid());
    }
  }
  // The first rounds have mostly filled the pools of batches and buffers; what 4,000 more clients
  // have left would be seen from 4 KB each (12 with io_uring, to which up to 32 MB of buffers are
  // provided when many clients speak at once).
  const std::int64_t spread = OnUring(watcher) ? 48 * kMb : 16 * kMb;
  CHECK(InfoNumber(watcher, "used_memory") < used_when_warm + spread);
  CHECK(ResidentBytes(daemon.pid()) < resident_when_warm + 64 * kMb);
}

}  // namespace
}  // namespace gotthard::test
