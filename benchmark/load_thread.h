// One thread of the generator: an epoll loop over its share of the connections.
//
// A connection keeps its flushes (pipelines of requests) in order: sent, being sent, waiting. In
// the closed loop there is one at a time, and the next is sent when its last reply has arrived. In
// the open loop (--rate) flushes are sent when the schedule says so, whether or not answers came,
// and their latency counts from the scheduled time. Latency is that of a whole flush: for depth 1,
// of a request.
//
//   epoll (edge-triggered, in and out) ─► recv until short ─► count replies ─► flush done ─► send
//   next
//
// Sockets are registered once, for both directions; a busy closed loop makes one recv and one send
// per flush and one epoll_wait per turn, and reads the clock once per flush.
//
// Owning thread: the constructor and the results belong to main, Run to the thread itself;
// `answered` and `open` may be read by anybody at any time. Limits: at most kMaxFlushes flushes
// wait on a connection in the open loop; beyond that the schedule waits, and the latency of what it
// sends later counts from when it was due. Replies that have not come drain_s after the end of
// --duration are given up and reported as lost, and so is what the open loop's schedule held but
// could not send by then; their waiting so far is among the latencies.
#pragma once

#include <sys/socket.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "benchmark/histogram.h"
#include "benchmark/options.h"
#include "benchmark/reply_counter.h"
#include "benchmark/timeline.h"
#include "benchmark/workload.h"

namespace gotthard::bench {

// Where to connect to, resolved once.
struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

// What the threads of one test share.
struct LoadShared {
  const Options& options;
  const RequestRing& ring;
  Address address;
  std::string setup;              // requests that every new connection sends first
  uint32_t setup_replies = 0;     // and how many replies they get
  std::atomic<bool> stop{false};  // a thread failed: the others leave. Relaxed: carries no data
};

class LoadThread {
 public:
  // This thread's share of the test; ring requests [ring_first, ring_end) are its own in a preload,
  // otherwise ring_first is where it starts and ring_end the ring's end.
  struct Share {
    uint64_t connections;
    uint64_t requests;  // 0: until the duration ends
    size_t ring_first;
    size_t ring_end;
    double rate;
    double ramp;
  };

  LoadThread(LoadShared& shared, const Share& share);
  ~LoadThread();
  LoadThread(const LoadThread&) = delete;
  LoadThread& operator=(const LoadThread&) = delete;

  void Run();

  // Relaxed counters for the progress line.
  std::atomic<uint64_t> answered{0};
  std::atomic<uint64_t> open{0};

  // Valid when Run has returned.
  Histogram latency_ns;
  Timeline timeline;
  ReplyTally tally;
  uint64_t sent_bytes = 0;
  uint64_t received_bytes = 0;
  uint64_t lost = 0;      // due, or sent, and never answered
  uint64_t first_ns = 0;  // when the first request was sent, and the last reply seen
  uint64_t last_ns = 0;
  uint64_t cpu_ns = 0;
  std::string failure;  // why the thread gave up; empty if it did not

 private:
  static constexpr size_t kMaxFlushes = 4096;
  static constexpr size_t kReadBytes = 256 * 1024;

  struct Flush {
    std::string_view unsent;
    uint32_t owed;  // replies
    bool setup;
    uint64_t start_ns;  // sent at, or due at
    uint32_t count;     // requests in it
  };
  struct Connection {
    int fd = -1;
    bool ready = false;  // connected, and set up
    ReplyCounter counter;
    std::deque<Flush> flushes;
    size_t sending = 0;  // flushes before this one are wholly sent
  };

  void Loop();
  void GiveUpSchedule(uint64_t end_ns);
  void GiveUpReplies();
  void OpenDue();
  void Open(Connection& connection);
  void Close(Connection& connection);
  void OnEvent(Connection& connection, uint32_t events);
  void Receive(Connection& connection);
  void Account(Connection& connection, uint64_t replies);
  void Next(Connection& connection, uint64_t now_ns);
  void SendDue();
  void AddFlush(Connection& connection, uint64_t start_ns);
  void Send(Connection& connection);
  // Nanoseconds until something other than a socket wants attention; -1: nothing does.
  int64_t Timeout() const;
  bool Finished();
  // From one flush of the open loop to the next.
  double StepNs() const { return 1e9 * static_cast<double>(options_.pipeline) / share_.rate; }
  bool MaySend() const { return !draining_ && (share_.requests == 0 || issued_ < share_.requests); }
  void Fail(const std::string& what, int error = 0);

  LoadShared& shared_;
  const Options& options_;
  const Share share_;
  int epoll_ = -1;
  std::vector<Connection> connections_;
  std::vector<char> input_;
  ReplyTally setup_tally_;
  size_t cursor_;
  size_t opened_ = 0;
  size_t turn_ = 0;  // the open loop's next connection
  uint64_t issued_ = 0;
  uint64_t done_ = 0;
  uint64_t begin_ns_ = 0;
  uint64_t now_ns_ = 0;    // at the start of this turn
  double due_ns_ = 0;      // the open loop's next flush
  bool blocked_ = false;   // it is due, but no connection can take it
  bool draining_ = false;  // the duration is over
};

}  // namespace gotthard::bench
