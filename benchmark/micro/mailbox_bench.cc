// What it costs to hand a batch from one thread to another: nanoseconds per batch, and how many
// wake-ups it takes.
//
// "alone" is push and take on one thread, without a second core. "streamed" pushes bursts from a
// second thread as fast as the reader keeps up; "trickled" sends the next burst only when the last
// has been taken, so that the reader goes to sleep in between, as with few clients. A burst is what
// one turn of an I/O thread parsed: one Notify after so many batches.
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdio>
#include <iterator>
#include <memory>
#include <thread>
#include <vector>

#include "benchmark/micro/measure.h"
#include "pipe/mailbox.h"

namespace gotthard {
namespace {

using micro::ThreadNs;

// As the reactor wakes: an eventfd that the sleeper reads.
class EventWaker final : public Waker {
 public:
  EventWaker() : fd_(eventfd(0, EFD_CLOEXEC)) { REQUIRE(fd_ >= 0); }
  ~EventWaker() override { close(fd_); }
  void Wake() override {
    const uint64_t one = 1;
    if (write(fd_, &one, sizeof one) == sizeof one) wakes.fetch_add(1, std::memory_order_relaxed);
  }
  void Sleep() {
    uint64_t count = 0;
    while (read(fd_, &count, sizeof count) != sizeof count) {
    }
  }
  std::atomic<uint64_t> wakes{0};  // relaxed: a counter, read once the threads have ended

 private:
  const int fd_;
};

double AloneNs(size_t burst, size_t batches) {
  EventWaker waker;
  Mailbox mailbox(waker);
  Mailbox::Producer producer(mailbox);
  std::vector<std::unique_ptr<CommandBatch>> idle;
  for (size_t i = 0; i < burst; ++i) idle.push_back(std::make_unique<CommandBatch>());
  std::vector<CommandBatch*> taken(burst);
  const double start = ThreadNs();
  for (size_t done = 0; done < batches; done += burst) {
    for (auto& batch : idle) producer.Push(std::move(batch));
    producer.Notify();
    const size_t count = mailbox.Take(taken.data(), burst);
    if (count != burst) FAIL("not all that was pushed could be taken");
    for (size_t i = 0; i < count; ++i) idle[i].reset(taken[i]);
  }
  return (ThreadNs() - start) / static_cast<double>(batches);
}

struct Handoff {
  double wall_ns;      // from one batch to the next
  double producer_ns;  // of the pushing thread's CPU, per batch
  double reader_ns;
  double wakes;  // per batch
};

Handoff AcrossThreads(size_t burst, size_t batches, bool trickle) {
  EventWaker waker;
  Mailbox mailbox(waker);
  std::atomic<size_t> taken_total{0};  // release: what the reader took, acquired by the producer
  double producer_cpu = 0;
  std::vector<std::unique_ptr<CommandBatch>> pool;
  for (size_t i = 0; i < batches; ++i) pool.push_back(std::make_unique<CommandBatch>());
  const auto begin = std::chrono::steady_clock::now();
  std::thread producing([&] {
    const double start = ThreadNs();
    Mailbox::Producer producer(mailbox);
    for (size_t sent = 0; sent < batches; sent += burst) {
      for (size_t i = 0; i < burst; ++i) producer.Push(std::move(pool[sent + i]));
      producer.Notify();
      while (trickle && taken_total.load(std::memory_order_acquire) < sent + burst) {
        std::this_thread::yield();
      }
    }
    producer_cpu = ThreadNs() - start;
  });
  const double start = ThreadNs();
  CommandBatch* taken[32];
  for (size_t total = 0; total < batches;) {
    const size_t count = mailbox.Take(taken, std::size(taken));
    for (size_t i = 0; i < count; ++i) delete taken[i];
    total += count;
    taken_total.store(total, std::memory_order_release);
    if (count == 0 && mailbox.PrepareSleep()) {
      waker.Sleep();
      mailbox.Awake();
    }
  }
  const double reader_cpu = ThreadNs() - start;
  producing.join();
  const std::chrono::duration<double, std::nano> wall = std::chrono::steady_clock::now() - begin;
  const auto count = static_cast<double>(batches);
  return {wall.count() / count, producer_cpu / count, reader_cpu / count,
          static_cast<double>(waker.wakes.load(std::memory_order_relaxed)) / count};
}

void Print(const char* what, size_t burst, const Handoff& figures) {
  std::printf("%-10s %6zu %10.1f %12.1f %10.1f %10.3f\n", what, burst, figures.wall_ns,
              figures.producer_ns, figures.reader_ns, figures.wakes);
}

TEST_CASE("mailbox: nanoseconds and wake-ups per batch", "[mailbox]") {
  std::printf("%-10s %6s %10s %12s %10s %10s\n", "", "burst", "wall ns", "producer ns", "reader ns",
              "wake-ups");
  for (const size_t burst : {1, 8, 32}) {
    const double alone = AloneNs(burst, 3'200'000);
    std::printf("%-10s %6zu %10s %12s %10.1f %10s\n", "alone", burst, "-", "-", alone, "-");
  }
  for (const size_t burst : {1, 8, 32})
    Print("streamed", burst, AcrossThreads(burst, 320'000, false));
  for (const size_t burst : {1, 8, 32})
    Print("trickled", burst, AcrossThreads(burst, 64'000, true));
}

TEST_CASE("mailbox: as Catch2 measures it", "[mailbox]") {
  BENCHMARK("push and take 3,200 batches in bursts of 32, one thread") {
    return AloneNs(32, 3200);
  };
}

}  // namespace
}  // namespace gotthard
