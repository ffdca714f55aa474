#include "net/io_thread.h"

#include <pthread.h>

#include <ctime>
#include <system_error>

#include "base/alt_stack.h"
#include "base/prefetch.h"

namespace gotthard {

void NameThisThread(const std::string& name) {
  pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
}

IoThread::IoThread(uint16_t number, std::unique_ptr<Reactor> reactor, const CommandIndex& index,
                   const KeyHasher& hasher, IoLimits& limits, const Clock& clock,
                   Mailbox& to_execution)
    : reactor_(*reactor),
      loop_(std::move(reactor), index, hasher, number, *this, limits, clock, counters_),
      mailbox_(reactor_),
      to_execution_(to_execution),
      clock_(clock) {}

IoThread::~IoThread() {
  Join();
}

Status IoThread::Start() {
  try {
    thread_ = std::thread([this] { Run(); });
  } catch (const std::system_error& error) {
    return Status::Error(std::string("Can't start an I/O thread: ") + error.what());
  }
  return Status::Ok();
}

void IoThread::Join() {
  if (thread_.joinable()) thread_.join();
}

void IoThread::Abandon() {
  abandoned_.store(true, std::memory_order_relaxed);
  reactor_.Wake();
}

void IoThread::Submit(std::unique_ptr<CommandBatch> batch) {
  producer_->Push(std::move(batch));
}

uint64_t IoThread::CpuTimeUs() const {
  const clockid_t clock = cpu_clock_.load(std::memory_order_relaxed);
  timespec time{};
  if (clock == -1 || clock_gettime(clock, &time) != 0) return 0;
  return static_cast<uint64_t>(time.tv_sec) * 1'000'000 +
         static_cast<uint64_t>(time.tv_nsec) / 1000;
}

size_t IoThread::TakeMail() {
  CommandBatch* taken[kBatchesPerTurn];
  const size_t count = mailbox_.Take(taken, kBatchesPerTurn);
  for (size_t i = 0; i < count; ++i) {
    if (i + 1 < count) Prefetch(taken[i + 1]);
    std::unique_ptr<CommandBatch> batch(taken[i]);
    if (batch->kind == BatchKind::kStop) {
      stopping_ = true;
      loop_.StopReceiving();
    } else {
      loop_.Deliver(std::move(batch));
    }
  }
  return count;
}

void IoThread::Run() {
  const AltStack alt_stack;
  NameThisThread("io-" + std::to_string(number()));
  clockid_t cpu_clock{};
  if (pthread_getcpuclockid(pthread_self(), &cpu_clock) == 0) {
    cpu_clock_.store(cpu_clock, std::memory_order_relaxed);
  }
  producer_ = std::make_unique<Mailbox::Producer>(to_execution_);
  uint64_t next_tick_ns = 0;
  while (!(stopping_ && loop_.all_sent()) && !abandoned_.load(std::memory_order_relaxed)) {
    const size_t mail = TakeMail();
    loop_.EndTurn();
    if (producer_->Notify()) IoCounters::Add(counters_.wakeups, 1);
    if (mail == kBatchesPerTurn || loop_.has_work()) {
      reactor_.RunOnce(0);
    } else if (mailbox_.PrepareSleep()) {
      reactor_.RunOnce(kTickMs * 1000);
      mailbox_.Awake();
    } else {
      reactor_.RunOnce(0);
    }
    const uint64_t now_ns = clock_.MonotonicNs();
    if (now_ns >= next_tick_ns) {
      next_tick_ns = now_ns + static_cast<uint64_t>(kTickMs) * 1'000'000;
      loop_.Tick();
    }
  }
  cpu_clock_.store(-1, std::memory_order_relaxed);
  producer_.reset();
  finished_.store(true, std::memory_order_release);
}

}  // namespace gotthard
