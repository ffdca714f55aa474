// Mailbox: a queue of batches into one thread, over moodycamel::ConcurrentQueue.
//
// Order: first in, first out per producer (each producing thread has one Producer, which holds the
// queue's producer token). The reader is woken through its reactor only if it sleeps.
//
// Limit: the queue itself has none; what bounds it is that every connection has a limited number of
// batches under way (pipe/batch_builder.h), so at most clients × that limit.
#pragma once

#include <concurrentqueue/concurrentqueue.h>

#include <atomic>
#include <cstddef>
#include <memory>

#include "base/fence.h"
#include "pipe/command_batch.h"

namespace gotthard {

// How a sleeping thread is woken; implemented by the reactor with an eventfd. Any thread.
class Waker {
 public:
  virtual ~Waker() = default;
  virtual void Wake() = 0;
};

class Mailbox {
 public:
  using Queue = moodycamel::ConcurrentQueue<CommandBatch*>;

  explicit Mailbox(Waker& waker) : waker_(waker), consumer_token_(queue_) {}
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;
  ~Mailbox();

  // One per producing thread; must not outlive the mailbox.
  class Producer {
   public:
    explicit Producer(Mailbox& mailbox) : mailbox_(mailbox), token_(mailbox.queue_) {}
    // Puts the batch in without waking the reader: the caller calls Notify once per turn.
    void Push(std::unique_ptr<CommandBatch> batch) {
      TsanRelease(batch.get());
      mailbox_.queue_.enqueue(token_, batch.release());
      pending_ = true;
    }
    // Wakes the reader if something was pushed since the last call and the reader sleeps. Returns
    // whether a wake-up was sent.
    bool Notify() {
      if (!pending_) return false;
      pending_ = false;
      return mailbox_.WakeIfAsleep();
    }

   private:
    Mailbox& mailbox_;
    moodycamel::ProducerToken token_;
    bool pending_ = false;
  };

  // --- The reading thread.

  // Takes up to `max` batches; they are the caller's. Returns how many.
  size_t Take(CommandBatch** out, size_t max) {
    const size_t count = queue_.try_dequeue_bulk(consumer_token_, out, max);
    for (size_t i = 0; i < count; ++i) TsanAcquire(out[i]);
    return count;
  }
  // Announces that the thread is about to sleep. False when something is in the queue: do not
  // sleep.
  bool PrepareSleep() {
    // Partner: WakeIfAsleep. Both sides store, fence and load (Dekker): either this thread sees the
    // producer's batch, or the producer sees asleep_ and wakes.
    asleep_.store(true, std::memory_order_relaxed);
    FullFence();
    if (queue_.size_approx() != 0) {
      asleep_.store(false, std::memory_order_relaxed);
      return false;
    }
    return true;
  }
  void Awake() { asleep_.store(false, std::memory_order_relaxed); }
  size_t SizeApprox() const { return queue_.size_approx(); }

 private:
  bool WakeIfAsleep() {
    FullFence();  // partner: PrepareSleep
    if (!asleep_.load(std::memory_order_relaxed)) return false;
    if (!asleep_.exchange(false, std::memory_order_relaxed)) return false;
    waker_.Wake();
    return true;
  }

  Waker& waker_;
  Queue queue_;
  moodycamel::ConsumerToken consumer_token_;
  alignas(64) std::atomic<bool> asleep_{false};
};

}  // namespace gotthard
