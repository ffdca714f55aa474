// IoLoop: the connections of one thread: reads, parses, submits batches, sends replies.
//
// The execution thread has one for its inline connections, every I/O thread has one. The only
// difference between the two is the BatchSink. Owning thread: the one that runs it.
//
// A turn: the reactor tells what arrived, which is parsed and submitted; replies come in through
// Deliver; EndTurn sends them, one system call per connection, and parses on where a connection had
// been stopped.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "net/connection.h"
#include "net/reactor.h"
#include "observe/stats.h"
#include "pipe/batch_builder.h"
#include "pipe/reply_sink.h"

namespace gotthard {

// What configuration says about connections. Written by the execution thread (start, CONFIG SET),
// read by all I/O threads: single numbers that order nothing, hence relaxed.
struct IoLimits {
  std::atomic<uint64_t> max_bulk_bytes{512ull << 20};           // proto-max-bulk-len
  std::atomic<uint64_t> max_query_buffer_bytes{1024ull << 20};  // client-query-buffer-limit
  struct Output {
    std::atomic<uint64_t> hard_bytes{0};  // 0 = none
    std::atomic<uint64_t> soft_bytes{0};
    std::atomic<int64_t> soft_seconds{0};
  };
  Output output[3];  // by output class: normal, replica, pubsub
  // Counted here, told by INFO.
  std::atomic<uint64_t> query_buffer_disconnections{0};
  std::atomic<uint64_t> output_buffer_disconnections{0};
};

class IoLoop {
 public:
  // Commands of one connection that may be under way. A deep pipeline beyond it waits in the
  // socket, so another client's command has at most this many of each heavy client before it.
  static constexpr uint32_t kMaxInFlight = 1024;
  // The same in bytes of requests, kept in memory by batches under way (all of a waiting client's
  // are). What one read brought is still taken; one request alone may be larger.
  static constexpr uint64_t kMaxInFlightBytes = 4 * 1024 * 1024;
  // A client with this much unsent output is not read from until there is less. Going to and fro
  // about the limit costs nothing: a pause makes itself felt only when bytes arrive.
  static constexpr size_t kOutputStopBytes = 1024 * 1024;
  static constexpr int kMaxIov = 128;
  // How long a client that has shut down its sending side may take to read its last replies.
  static constexpr int64_t kLingerMs = 30'000;
  // A connection that is to leave is not read from so that it becomes idle, but only for so many
  // ticks: a client that waits for ever must be heard when it hangs up.
  static constexpr uint8_t kLeavingTicks = 2;
  static constexpr int64_t kTrimMs = 1000;

  // All references must outlive the loop.
  IoLoop(std::unique_ptr<Reactor> reactor, const CommandIndex& index, const KeyHasher& hasher,
         uint16_t number, BatchSink& sink, IoLimits& limits, const Clock& clock,
         IoCounters& counters);
  ~IoLoop();

  Reactor& reactor() { return *reactor_; }
  BatchBuilder& builder() { return builder_; }
  size_t connection_count() const { return count_; }
  uint16_t number() const { return number_; }

  // Starts to serve a connection.
  void Adopt(std::unique_ptr<Connection> adopted);
  // Takes a batch that comes from the execution thread.
  void Deliver(std::unique_ptr<CommandBatch> batch);
  // Sends what is to be sent and parses on where that was stopped. Returns true when it submitted
  // something (so there is work for the execution thread).
  bool EndTurn();
  // True when EndTurn has work left that no event will announce.
  bool has_work() const { return !resuming_.empty() || !dirty_.empty(); }
  // Checks soft output limits, reports what buffers hold; call about every 100 ms. Costs nothing
  // for connections that are idle.
  void Tick();
  // Graceful end: stop receiving everywhere.
  void StopReceiving();
  // True when no reply is waiting to be sent.
  bool all_sent() const;

 private:
  friend class Connection;

  Connection* Find(SessionId id);
  void ParseAndSubmit(Connection& connection);
  void Submit(Connection& connection, std::unique_ptr<CommandBatch> batch);
  void TakeReply(Connection& connection, std::unique_ptr<CommandBatch> batch);
  void Report(Connection& connection);
  void Stall(Connection& connection);
  void UpdateReading(Connection& connection);
  void MarkDirty(Connection& connection);
  void MarkTicking(Connection& connection);
  void TickOne(Connection& connection);
  void MarkResuming(Connection& connection);
  // Sends as much as the socket takes.
  void Flush(Connection& connection);
  void Sent(Connection& connection, size_t bytes);
  void CheckOutputLimit(Connection& connection);
  // The connection can not go on; `broken` when nothing can be sent any more.
  void BeginEnd(Connection& connection, bool broken);
  void Destroy(Connection& connection);
  void Linger(Connection& connection);
  void LeaveIfIdle(Connection& connection);

  std::unique_ptr<Reactor> reactor_;
  BatchBuilder builder_;
  int64_t next_trim_ms_ = 0;
  const uint16_t number_;
  BatchSink& sink_;
  IoLimits& limits_;
  const Clock& clock_;
  IoCounters& counters_;
  std::vector<std::unique_ptr<Connection>> connections_;  // by session index
  std::vector<std::unique_ptr<Connection>> lingering_;    // sessions ended, replies not all sent
  std::vector<SessionId> dirty_;
  std::vector<SessionId> resuming_;
  std::vector<SessionId> ticking_;
  std::vector<SessionId> scratch_;
  size_t count_ = 0;
  bool submitted_ = false;
  bool stopped_ = false;
};

}  // namespace gotthard
