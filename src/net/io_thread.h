// IoThread: a thread that serves piped connections. It runs an IoLoop; what it parses goes to the
// execution thread's mailbox, what is answered comes through its own.
//
// It sleeps in its reactor when there is nothing to do and is woken by its sockets or its mailbox.
// Limits: as many batches per turn as kBatchesPerTurn before the sockets get their turn.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "net/io_loop.h"
#include "pipe/mailbox.h"

namespace gotthard {

class IoThread final : public BatchSink {
 public:
  static constexpr size_t kBatchesPerTurn = 64;
  static constexpr int64_t kTickMs = 100;

  // `to_execution` must outlive the thread. Does not start it.
  IoThread(uint16_t number, std::unique_ptr<Reactor> reactor, const CommandIndex& index,
           const KeyHasher& hasher, IoLimits& limits, const Clock& clock, Mailbox& to_execution);
  ~IoThread() override;

  // Fails when the system grants no further thread.
  Status Start();
  // The execution thread's way to it (with a Producer of the execution thread's own). A kStop batch
  // ends the thread.
  Mailbox& mailbox() { return mailbox_; }
  void Join();
  // True when a kStop was received and all that was under way has been answered and sent.
  bool finished() const { return finished_.load(std::memory_order_acquire); }
  // Ends the thread whatever is still under way. Any thread.
  void Abandon();

  uint16_t number() const { return loop_.number(); }
  IoCounters& counters() { return counters_; }
  const IoCounters& counters() const { return counters_; }
  // CPU time the thread has used, in microseconds; from any thread while it runs.
  uint64_t CpuTimeUs() const;

  // BatchSink, for its own loop.
  void Submit(std::unique_ptr<CommandBatch> batch) override;

 private:
  void Run();
  // Takes what the mailbox holds. Returns how many batches.
  size_t TakeMail();

  IoCounters counters_;
  Reactor& reactor_;
  IoLoop loop_;
  Mailbox mailbox_;
  Mailbox& to_execution_;
  std::unique_ptr<Mailbox::Producer> producer_;  // made and used by the thread itself
  const Clock& clock_;
  bool stopping_ = false;
  // Set by the thread at its end, read by the execution thread, which then looks at nothing that
  // the thread wrote but through Join; acquire/release all the same, to order its last counters.
  std::atomic<bool> finished_{false};
  // Partner: Abandon. A lone flag; the wake-up that follows makes the thread look.
  std::atomic<bool> abandoned_{false};
  std::atomic<clockid_t> cpu_clock_{-1};  // set once by the thread; -1 until then
  std::thread thread_;
};

// Gives the calling thread a name as `top -H` and gdb show it (at most 15 characters).
void NameThisThread(const std::string& name);

}  // namespace gotthard
