#include "net/uring_ring.h"

#include <cassert>
#include <cerrno>
#include <cstring>
#include <new>
#include <string>

namespace gotthard {
namespace {

// How often a full submission queue is offered to a kernel that refuses it.
constexpr int kSubmitTries = 1000;

// Whether the kernel has something that only entering it would bring out.
bool NeedsEnter(const io_uring& ring) {
  // Partner: the kernel, which sets the flags after having queued the work.
  const unsigned flags = __atomic_load_n(ring.sq.kflags, __ATOMIC_ACQUIRE);
  return (flags & (IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW)) != 0;
}

}  // namespace

Result<std::unique_ptr<UringRing>> UringRing::Make() {
  std::unique_ptr<UringRing> made(new UringRing);
  io_uring_params params{};
  // Disabled at first: the thread that enables it is the one that it is bound to.
  params.flags = IORING_SETUP_R_DISABLED | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN |
                 IORING_SETUP_TASKRUN_FLAG | IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CQSIZE;
  params.cq_entries = kCqEntries;
  const int failed = io_uring_queue_init_params(kSqEntries, &made->ring_, &params);
  if (failed != 0) {
    made->ring_.ring_fd = -1;
    std::string reason = "io_uring_setup: ";
    reason += strerror(-failed);
    if (failed == -EINVAL) reason += " (it takes Linux 6.1 or later)";
    return Status::Error(reason);
  }
  return made;
}

UringRing::~UringRing() {
  if (ring_.ring_fd >= 0) io_uring_queue_exit(&ring_);
}

void UringRing::Enable() {
  owner_ = std::this_thread::get_id();
  [[maybe_unused]] const int failed = io_uring_register(static_cast<unsigned>(ring_.ring_fd),
                                                        IORING_REGISTER_ENABLE_RINGS, nullptr, 0);
  assert(failed == 0);
}

io_uring_sqe* UringRing::Next() {
  if (owner_ == std::thread::id()) Enable();
  assert(IsOwner());
  io_uring_sqe* request = io_uring_get_sqe(&ring_);
  for (int i = 0; request == nullptr; ++i) {
    if (i == kSubmitTries) throw std::bad_alloc();
    Submit();
    request = io_uring_get_sqe(&ring_);
    // The kernel takes no more while completions wait for room.
    if (request == nullptr) Reap(&early_);
  }
  ++prepared_;
  return request;
}

void UringRing::Submit() {
  // What fails stays in the queue for the next time.
  (void)io_uring_submit(&ring_);
  immediate_ = 0;  // Enter sees them in the queue
}

bool UringRing::HasNothingToFetch() const {
  const unsigned flags = IO_URING_READ_ONCE(*ring_.sq.kflags);
  return early_.empty() && io_uring_cq_ready(&ring_) == 0 && (flags & IORING_SQ_CQ_OVERFLOW) == 0;
}

void UringRing::Enter(int64_t timeout_us, std::vector<Event>* events) {
  if (owner_ == std::thread::id()) Enable();
  assert(IsOwner());
  if (!early_.empty()) {
    events->insert(events->end(), early_.begin(), early_.end());
    early_.clear();
    timeout_us = 0;
  }
  if (timeout_us == 0 || io_uring_cq_ready(&ring_) != 0) {
    if (io_uring_sq_ready(&ring_) != 0 || NeedsEnter(ring_)) {
      (void)io_uring_submit_and_get_events(&ring_);
    }
  } else {
    __kernel_timespec timeout{};
    timeout.tv_sec = timeout_us / 1'000'000;
    timeout.tv_nsec = timeout_us % 1'000'000 * 1000;
    io_uring_cqe* first = nullptr;
    (void)io_uring_submit_and_wait_timeout(&ring_, &first, immediate_ + 1,
                                           timeout_us < 0 ? nullptr : &timeout, nullptr);
  }
  immediate_ = 0;
  Reap(events);
}

void UringRing::Reap(std::vector<Event>* events) {
  io_uring_cqe* completion = nullptr;
  unsigned head = 0;
  unsigned count = 0;
  io_uring_for_each_cqe(&ring_, head, completion) {
    events->push_back({completion->user_data, completion->res, completion->flags});
    ++count;
  }
  io_uring_cq_advance(&ring_, count);
}

}  // namespace gotthard
