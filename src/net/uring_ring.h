// UringRing: one io_uring instance: its two queues, and one system call for both directions.
//
// Requests are written into the submission queue by Next and leave with the following Enter, which
// also fetches what has completed; only a full queue, or Submit, sends them earlier. The ring is
// made for one submitting thread and defers its work into that thread's own Enter calls
// (IORING_SETUP_SINGLE_ISSUER, IORING_SETUP_DEFER_TASKRUN): nothing is received, sent or written
// to memory between two of them. Kernels without the two (before 6.1) lack other things that the
// back end wants as well, so they are all that is asked for.
//
// Owning thread: the first that calls Next or Enter; making and destroying may be done elsewhere.
//
// Limits: kSqEntries requests per submission; completions beyond kCqEntries wait in the kernel.
#pragma once

#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "base/status.h"
#include "net/uring_library.h"

namespace gotthard {

class UringRing {
 public:
  static constexpr unsigned kSqEntries = 1024;
  static constexpr unsigned kCqEntries = 4096;

  struct Event {
    uint64_t tag;
    int32_t result;
    uint32_t flags;
  };

  // Fails where the kernel has no io_uring, forbids it, or is too old.
  static Result<std::unique_ptr<UringRing>> Make();
  ~UringRing();
  UringRing(const UringRing&) = delete;
  UringRing& operator=(const UringRing&) = delete;

  // An empty request, to be filled in before the next call. Throws std::bad_alloc when the kernel
  // takes no more of them for want of memory.
  io_uring_sqe* Next();
  // Announces that the last request surely completes while it is submitted (a send that does not
  // wait): Enter then waits for something else besides.
  void WillCompleteAtOnce() { ++immediate_; }
  // Submits what is there without fetching anything.
  void Submit();
  // Submits, waits up to `timeout_us` (0: not at all; negative: for ever) for a completion that
  // was not announced, and appends all completions to `events`. Spends no system call when there
  // is nothing to submit, to fetch or to wait for.
  void Enter(int64_t timeout_us, std::vector<Event>* events);

  // Counts requests: those up to `submitted` were seen by the kernel.
  uint64_t prepared() const { return prepared_; }
  uint64_t submitted() const { return prepared_ - io_uring_sq_ready(&ring_); }
  // False while completions wait to be fetched: what they tell of is in the buffers already.
  bool HasNothingToFetch() const;
  // False on every thread but the owner, and as long as there is none.
  bool IsOwner() const { return owner_ == std::this_thread::get_id(); }

  io_uring* raw() { return &ring_; }

 private:
  UringRing() = default;
  void Enable();
  void Reap(std::vector<Event>* events);

  io_uring ring_{};
  std::thread::id owner_;
  uint64_t prepared_ = 0;
  unsigned immediate_ = 0;    // announced requests among those not submitted yet
  std::vector<Event> early_;  // fetched because the queues were full
};

}  // namespace gotthard
