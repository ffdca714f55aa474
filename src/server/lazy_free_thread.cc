#include "server/lazy_free_thread.h"

#include <pthread.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <utility>
#include <variant>
#include <vector>

#include "base/alt_stack.h"
#include "server/signals.h"

namespace gotthard {

struct LazyFreeThread::State {
  using Thing = std::variant<DetachedValue, std::unique_ptr<DetachedStorage>>;
  struct Item {
    Thing thing;
    uint64_t objects;
  };

  void Push(Thing thing, uint64_t objects) {
    pending.fetch_add(objects, std::memory_order_relaxed);
    {
      std::lock_guard lock(mutex);
      queue.push_back({std::move(thing), objects});
    }
    filled.notify_one();
  }

  std::mutex mutex;
  std::condition_variable filled;
  std::vector<Item> queue;  // guarded by mutex, as are stop and busy
  bool stop = false;        // end once the queue is empty
  bool busy = false;        // something taken out of the queue is not yet freed
  // Numbers for INFO, raised on one thread and lowered on the other: they order nothing, hence
  // relaxed. pending first goes up, then the item is queued, so it never falls below zero.
  std::atomic<uint64_t> pending{0};
  std::atomic<uint64_t> freed{0};
};

LazyFreeThread::LazyFreeThread(AtEnd at_end) : at_end_(at_end), state_(std::make_shared<State>()) {
  const ScopedSignalBlock block;
  thread_ = std::thread([state = state_] { Run(state); });
}

LazyFreeThread::~LazyFreeThread() {
  bool has_work = false;
  {
    std::lock_guard lock(state_->mutex);
    state_->stop = true;
    has_work = state_->busy || !state_->queue.empty();
  }
  state_->filled.notify_one();
  if (has_work && at_end_ == AtEnd::kLetGo) {
    thread_.detach();
  } else {
    thread_.join();
  }
}

void LazyFreeThread::Run(const std::shared_ptr<State>& state) {
  const AltStack alt_stack;
  pthread_setname_np(pthread_self(), "lazy-free");
  std::vector<State::Item> items;
  std::unique_lock lock(state->mutex);
  while (true) {
    state->filled.wait(lock, [&] { return state->stop || !state->queue.empty(); });
    if (state->queue.empty()) return;
    items.swap(state->queue);
    state->busy = true;
    lock.unlock();
    for (State::Item& item : items) {
      item.thing = DetachedValue();  // destroys what was in it
      state->freed.fetch_add(item.objects, std::memory_order_relaxed);
      state->pending.fetch_sub(item.objects, std::memory_order_relaxed);
    }
    items.clear();
    lock.lock();
    state->busy = false;
  }
}

void LazyFreeThread::Free(std::unique_ptr<DetachedStorage> storage) {
  if (storage == nullptr) return;
  const uint64_t keys = storage->size();
  state_->Push(std::move(storage), keys);
}

void LazyFreeThread::Free(DetachedValue value) {
  if (value) state_->Push(std::move(value), 1);
}

uint64_t LazyFreeThread::pending_objects() const {
  return state_->pending.load(std::memory_order_relaxed);
}

uint64_t LazyFreeThread::freed_objects() const {
  return state_->freed.load(std::memory_order_relaxed);
}

void LazyFreeThread::ResetFreed() {
  state_->freed.store(0, std::memory_order_relaxed);
}

}  // namespace gotthard
