// Router: knows where every connection is, and carries batches between the execution thread and it.
//
// Place 0 is the execution thread's own IoLoop (inline connections), place i > 0 the I/O thread i.
// A session's `home` says where its connection is. Moving: the connection is asked back
// (BatchKind::kGiveBack), comes home when nothing of it is under way (kReturned), and is handed to
// its new place (kAdopt). Meanwhile bytes for it that belong to none of its batches are held here,
// so that their order is kept.
//
// Owning thread: the execution thread, except where a mailbox says otherwise.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "exec/executor.h"
#include "exec/server_state.h"
#include "net/io_backend.h"
#include "net/io_loop.h"
#include "net/io_thread.h"
#include "pipe/mailbox.h"
#include "pipe/reply_sink.h"

namespace gotthard {

class Router final : public BatchSink, public ReplySink {
 public:
  static constexpr int kMaxThreads = 128;
  // Batches taken from the mailbox at once: with 64 commands each about 200 us of GETs.
  static constexpr size_t kBatchesPerTurn = 32;

  // `reactor` is the execution thread's; those of the I/O threads are made as `backend` says.
  Router(ServerState& server, IoLimits& limits, std::unique_ptr<Reactor> reactor,
         IoBackendChoice backend = {});
  ~Router() override;

  void set_executor(Executor& executor) { executor_ = &executor; }
  Reactor& reactor() { return inline_.reactor(); }
  // What was chosen for all of them.
  const IoBackendChoice& backend() const { return backend_; }
  IoLoop& inline_loop() { return inline_; }
  Mailbox& inbox() { return inbox_; }

  // Output held for a connection that moves; one that gets more meanwhile is closed.
  static constexpr size_t kMaxHeld = 1024;
  // A client with this much unsent output stays where it is: it would hold the move up.
  static constexpr uint64_t kMaxPendingToMove = 64 * 1024;

  // Makes sure that I/O threads 1..count run. Stops at the first failure.
  Status StartThreads(int count);
  int thread_count() const { return static_cast<int>(threads_.size()); }
  // New connections go to these places: 0 = inline only, n = spread over the threads 1..n.
  void set_spread(int threads) { spread_ = threads; }
  int spread() const { return spread_; }

  // A new connection for `session`: hands it to its home.
  void Place(Session& session, std::unique_ptr<Connection> connection);
  // Looks at `max` sessions and asks those to move that are not where the spread says, evenly over
  // its threads. Returns whether all are there. Costs nothing then.
  bool Rebalance(int max);

  // One round of work: the mailbox, then the inline connections. Returns true if anything was done.
  bool Work();
  // True when there is work that no event announces.
  bool has_work() const { return !pending_.empty() || inline_.has_work(); }
  // Wakes the I/O threads that have mail.
  void NotifyThreads();

  void Push(Session& session, ReplyBuffer&& bytes);
  void Close(Session& session);

  // Graceful end: nobody receives any more, the threads end when all is sent.
  void BeginStop();
  // True when all that was under way has been answered and sent.
  bool Stopped() const;
  void JoinThreads();
  // Drops what is still under way: batches keep buffers alive that belong to the threads' pools.
  // REQUIRES: JoinThreads was called, and no session has parked work.
  void DropMail();

  std::vector<ThreadReport> Report() const;
  uint64_t Sum(std::atomic<uint64_t> IoCounters::*counter) const;
  // Connections at a place, as its thread counts them.
  uint32_t connections_at(int place) const;
  uint64_t thread_cpu_us(int place) const { return threads_[place - 1]->CpuTimeUs(); }

  // BatchSink of the inline loop; ReplySink of the executor.
  void Submit(std::unique_ptr<CommandBatch> batch) override;
  void Deliver(std::unique_ptr<CommandBatch> batch) override;

 private:
  void Process(std::vector<std::unique_ptr<CommandBatch>>& batches);
  void RunCollected();
  void EndSession(std::unique_ptr<CommandBatch> closed);
  void Returned(std::unique_ptr<CommandBatch> returned);
  void SendHeld(Session& session);
  void Send(uint16_t place, std::unique_ptr<CommandBatch> batch);
  uint16_t ChoosePlace() const;
  bool IsPlaced() const;
  size_t FairShare() const;

  ServerState& server_;
  IoLimits& limits_;
  const IoBackendChoice backend_;
  Executor* executor_ = nullptr;
  IoCounters counters_;  // of the inline loop
  IoLoop inline_;
  Mailbox inbox_;
  std::vector<std::unique_ptr<IoThread>> threads_;
  std::vector<std::unique_ptr<Mailbox::Producer>> producers_;  // to the threads, same order
  int spread_ = 0;
  size_t next_to_move_ = 0;                                 // where Rebalance goes on
  uint32_t moving_ = 0;                                     // sessions that move
  std::vector<uint32_t> homes_ = std::vector<uint32_t>(1);  // sessions by place
  std::vector<std::unique_ptr<CommandBatch>> pending_;      // from the inline loop
  std::vector<std::unique_ptr<CommandBatch>> taken_;        // being processed
  std::vector<std::unique_ptr<CommandBatch>> collected_;    // to be run in one go
};

}  // namespace gotthard
