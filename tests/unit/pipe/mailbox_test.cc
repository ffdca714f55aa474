// The queue between threads: order for each producer, and a reader that never sleeps on mail.
#include "pipe/mailbox.h"

#include <catch2/catch.hpp>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

namespace gotthard {
namespace {

// Sleeps and wakes as a reactor does: a wake-up that comes before the sleep is not lost.
class TestWaker final : public Waker {
 public:
  void Wake() override {
    {
      const std::lock_guard lock(mutex_);
      ++woken_;
      rung_ = true;
    }
    bell_.notify_one();
  }
  void Sleep() {
    std::unique_lock lock(mutex_);
    bell_.wait(lock, [this] { return rung_; });
    rung_ = false;
  }
  int woken() {
    const std::lock_guard lock(mutex_);
    return woken_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable bell_;
  bool rung_ = false;
  int woken_ = 0;
};

std::unique_ptr<CommandBatch> Numbered(uint32_t producer, uint32_t number) {
  auto batch = std::make_unique<CommandBatch>();
  batch->session = {producer, number};
  return batch;
}

TEST_CASE("One producer's batches come out in the order they went in") {
  TestWaker waker;
  Mailbox mailbox(waker);
  Mailbox::Producer producer(mailbox);
  for (uint32_t i = 0; i < 1000; ++i) producer.Push(Numbered(0, i));
  CHECK(mailbox.SizeApprox() == 1000);
  uint32_t next = 0;
  CommandBatch* taken[7];
  while (const size_t count = mailbox.Take(taken, 7)) {
    for (size_t i = 0; i < count; ++i) {
      const std::unique_ptr<CommandBatch> batch(taken[i]);
      REQUIRE(batch->session.generation == next++);
    }
  }
  CHECK(next == 1000);
}

TEST_CASE("Only a sleeping reader is woken, and only once") {
  TestWaker waker;
  Mailbox mailbox(waker);
  Mailbox::Producer producer(mailbox);
  CHECK_FALSE(producer.Notify());  // nothing was pushed
  producer.Push(Numbered(0, 0));
  CHECK_FALSE(producer.Notify());       // the reader is awake
  CHECK_FALSE(mailbox.PrepareSleep());  // and may not go to sleep on it
  CommandBatch* taken[1];
  REQUIRE(mailbox.Take(taken, 1) == 1);
  delete taken[0];
  REQUIRE(mailbox.PrepareSleep());
  producer.Push(Numbered(0, 1));
  CHECK(waker.woken() == 0);  // pushing alone wakes nobody
  CHECK(producer.Notify());
  CHECK_FALSE(producer.Notify());
  producer.Push(Numbered(0, 2));
  CHECK_FALSE(producer.Notify());  // it is being woken already
  CHECK(waker.woken() == 1);
}

TEST_CASE("A reader that woke by itself needs no wake-up") {
  TestWaker waker;
  Mailbox mailbox(waker);
  Mailbox::Producer producer(mailbox);
  REQUIRE(mailbox.PrepareSleep());
  mailbox.Awake();
  producer.Push(Numbered(0, 0));
  CHECK_FALSE(producer.Notify());
  CHECK(waker.woken() == 0);
}

TEST_CASE("Batches that nobody took are freed with the mailbox") {
  struct Counted final : Traveller {
    explicit Counted(int& count) : alive(count) { ++alive; }
    ~Counted() override { --alive; }
    int& alive;
  };
  int alive = 0;
  {
    TestWaker waker;
    Mailbox mailbox(waker);
    Mailbox::Producer producer(mailbox);
    auto batch = Numbered(0, 0);
    batch->traveller = std::make_unique<Counted>(alive);
    producer.Push(std::move(batch));
    CHECK(alive == 1);
  }
  CHECK(alive == 0);
}

TEST_CASE(
    "With many producers and a reader that sleeps, nothing is lost and each keeps its order") {
  constexpr uint32_t kProducers = 3;
  constexpr uint32_t kEach = 20'000;
  TestWaker waker;
  Mailbox mailbox(waker);
  std::vector<std::thread> threads;
  for (uint32_t p = 0; p < kProducers; ++p) {
    threads.emplace_back([&mailbox, p] {
      Mailbox::Producer producer(mailbox);
      for (uint32_t i = 0; i < kEach; ++i) {
        producer.Push(Numbered(p, i));
        if (i % (p + 1) == 0) producer.Notify();
      }
      producer.Notify();
    });
  }
  std::vector<uint32_t> next(kProducers);
  bool in_order = true;
  for (uint32_t total = 0; total < kProducers * kEach;) {
    CommandBatch* taken[16];
    const size_t count = mailbox.Take(taken, 16);
    for (size_t i = 0; i < count; ++i) {
      const std::unique_ptr<CommandBatch> batch(taken[i]);
      in_order = in_order && batch->session.generation == next[batch->session.index]++;
    }
    total += static_cast<uint32_t>(count);
    // A lost wake-up would leave this thread asleep for good.
    if (count == 0 && mailbox.PrepareSleep()) {
      waker.Sleep();
      mailbox.Awake();
    }
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(in_order);
  CHECK(next == std::vector<uint32_t>(kProducers, kEach));
}

}  // namespace
}  // namespace gotthard
