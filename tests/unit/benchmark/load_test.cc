// The load itself, against a server of a few lines: closed and open loop, and their accounting.
//
// The server answers +OK per request, and holds all answers back until `hold` requests have come.
// Times are only ever bounded from below, by the schedule itself.
#include "benchmark/load.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <string>
#include <thread>
#include <vector>

#include "benchmark/timeline.h"

using gotthard::Result;
using gotthard::bench::Address;
using gotthard::bench::ChooseWorkloads;
using gotthard::bench::Interval;
using gotthard::bench::Options;
using gotthard::bench::Outcome;
using gotthard::bench::RequestRing;
using gotthard::bench::Resolve;
using gotthard::bench::RingBuilder;
using gotthard::bench::RunLoad;
using gotthard::bench::Timeline;

namespace {

constexpr uint64_t kNever = UINT64_MAX;
constexpr uint64_t kMillisecond = 1'000'000;

class PingServer {
 public:
  explicit PingServer(uint64_t hold) : hold_(hold) {
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(listen(listener_, 64) == 0);
    REQUIRE(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port = ntohs(address.sin_port);
    REQUIRE(pipe(stop_) == 0);
    thread_ = std::thread([this] { Serve(); });
  }
  ~PingServer() {
    close(stop_[1]);
    thread_.join();
    close(stop_[0]);
    close(listener_);
  }
  PingServer(const PingServer&) = delete;
  PingServer& operator=(const PingServer&) = delete;

  uint16_t port = 0;
  // Relaxed: a counter that is read when the load has ended.
  std::atomic<uint64_t> received{0};

 private:
  struct Peer {
    int fd;
    uint64_t owed = 0;
    size_t partial_bytes = 0;
  };

  void Serve() {
    std::vector<Peer> peers;
    while (true) {
      std::vector<pollfd> watched{{stop_[0], POLLIN, 0}, {listener_, POLLIN, 0}};
      for (const Peer& peer : peers) watched.push_back({peer.fd, POLLIN, 0});
      poll(watched.data(), watched.size(), -1);
      if (watched[0].revents != 0) break;
      for (size_t i = peers.size(); i-- > 0;) {
        if (watched[i + 2].revents != 0 && !Read(peers[i])) {
          close(peers[i].fd);
          peers.erase(peers.begin() + static_cast<std::ptrdiff_t>(i));
        }
      }
      if (watched[1].revents != 0) peers.push_back({accept(listener_, nullptr, nullptr)});
      if (received.load(std::memory_order_relaxed) < hold_) continue;
      for (Peer& peer : peers) Answer(peer);
    }
    for (const Peer& peer : peers) close(peer.fd);
  }
  // Requests are the 14 bytes "*1\r\n$4\r\nPING\r\n".
  bool Read(Peer& peer) {
    char bytes[65536];
    const ssize_t got = recv(peer.fd, bytes, sizeof bytes, 0);
    if (got <= 0) return false;
    peer.partial_bytes += static_cast<size_t>(got);
    peer.owed += peer.partial_bytes / 14;
    received.fetch_add(peer.partial_bytes / 14, std::memory_order_relaxed);
    peer.partial_bytes %= 14;
    return true;
  }
  static void Answer(Peer& peer) {
    std::string replies;
    for (; peer.owed > 0; --peer.owed) replies += "+OK\r\n";
    if (!replies.empty()) send(peer.fd, replies.data(), replies.size(), MSG_NOSIGNAL);
  }

  const uint64_t hold_;
  int listener_ = -1;
  int stop_[2] = {-1, -1};
  std::thread thread_;
};

Options Ping(const PingServer& server) {
  Options options;
  options.port = server.port;
  options.tests = {"ping_mbulk"};
  options.connections = 2;
  options.drain_s = 0.05;
  return options;
}

Outcome Run(const Options& options) {
  const auto workloads = ChooseWorkloads(options);
  REQUIRE(workloads.ok());
  const RequestRing ring = RingBuilder(options).Build((*workloads)[0]);
  const Result<Address> address = Resolve(options);
  REQUIRE(address.ok());
  Result<Outcome> outcome = RunLoad(options, *address, "PING", ring, /*once=*/false);
  INFO((outcome.ok() ? "" : outcome.error_text()));
  REQUIRE(outcome.ok());
  return std::move(*outcome);
}

}  // namespace

TEST_CASE("the closed loop sends exactly what -n says, however it is cut") {
  const uint64_t pipeline = GENERATE(1, 7, 100);
  const uint64_t threads = GENERATE(1, 2);
  PingServer server(0);
  Options options = Ping(server);
  options.requests = 1001;
  options.pipeline = pipeline;
  options.threads = threads;
  const Outcome outcome = Run(options);
  CHECK(outcome.requests == 1001);
  CHECK(server.received == 1001);
  CHECK(outcome.lost == 0);
  CHECK(outcome.sent_bytes == 1001 * 14);
  CHECK(outcome.received_bytes == 1001 * 5);
  CHECK(outcome.latency_ns.count() >= 1001 / pipeline);
}

TEST_CASE("reconnecting after each pipeline loses nothing") {
  PingServer server(0);
  Options options = Ping(server);
  options.requests = 60;
  options.pipeline = 3;
  options.keep_alive = false;
  CHECK(Run(options).requests == 60);
}

TEST_CASE("the open loop sends on schedule while nothing is answered, and counts the waiting") {
  // In a closed loop two connections would send two requests and wait for ever.
  PingServer server(100);
  Options options = Ping(server);
  options.requests = 100;
  options.rate = 1000;
  const Outcome outcome = Run(options);
  CHECK(outcome.requests == 100);
  CHECK(outcome.lost == 0);
  // The first was due 99 ms before the last, which was sent before any answer; and so on.
  CHECK(outcome.latency_ns.count() == 100);
  CHECK(outcome.latency_ns.max() >= 99 * kMillisecond);
  CHECK(outcome.latency_ns.CountUpTo(48 * kMillisecond) <= 50);
}

TEST_CASE("what was never answered is lost, and its waiting is not forgotten") {
  PingServer server(kNever);
  Options options = Ping(server);
  options.requests = 0;
  options.rate = 1000;
  options.duration_s = 1;
  const Outcome outcome = Run(options);
  CHECK(outcome.requests == 0);
  CHECK(outcome.lost > 0);
  CHECK(outcome.latency_ns.count() == outcome.lost);
  CHECK(outcome.latency_ns.min() >= 40 * kMillisecond);  // the drain, but for rounding
}

TEST_CASE("what the schedule held and could not be sent is lost as well") {
  PingServer server(kNever);
  Options options = Ping(server);
  options.connections = 1;
  options.requests = 5000;  // 4,096 of them fit on one connection
  options.rate = 1e6;
  options.duration_s = 1;
  const Outcome outcome = Run(options);
  CHECK(outcome.requests == 0);
  CHECK(outcome.lost == 5000);
  CHECK(outcome.latency_ns.count() == 5000);
  CHECK(server.received <= 4096);
}

TEST_CASE("a server that is not there is said to be so") {
  Options options;
  {
    PingServer server(0);
    options = Ping(server);
  }
  const auto workloads = ChooseWorkloads(options);
  REQUIRE(workloads.ok());
  const RequestRing ring = RingBuilder(options).Build((*workloads)[0]);
  const Result<Outcome> outcome = RunLoad(options, *Resolve(options), "PING", ring, false);
  REQUIRE_FALSE(outcome.ok());
  CHECK(std::string(outcome.error_text()).find("Could not connect") != std::string::npos);
}

TEST_CASE("a timeline has an interval for every span in which something was answered") {
  Timeline timeline;
  timeline.Start(1000, 100);
  timeline.Record(1005, 2, 30);
  timeline.Record(1099, 1, 50);
  timeline.Record(1310, 4, 7);
  timeline.Close();
  const std::vector<Interval>& intervals = timeline.intervals();
  REQUIRE(intervals.size() == 4);
  CHECK(intervals[0].requests == 3);
  CHECK(intervals[0].p50_ns == 30);
  CHECK(intervals[0].max_ns == 50);
  CHECK(intervals[1].requests == 0);
  CHECK(intervals[3].requests == 4);
  CHECK(intervals[3].p99_ns == 7);

  Timeline other;
  other.Start(1000, 100);
  other.Record(1001, 5, 90);
  other.Close();
  timeline.Merge(other);
  CHECK(timeline.intervals()[0].requests == 8);
  CHECK(timeline.intervals()[0].max_ns == 90);
  CHECK(timeline.intervals().size() == 4);
}

TEST_CASE("no timeline is kept unless asked for") {
  Timeline timeline;
  timeline.Start(0, 0);
  timeline.Record(5, 1, 1);
  timeline.Close();
  CHECK(timeline.intervals().empty());
}
