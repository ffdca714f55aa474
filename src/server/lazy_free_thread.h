// LazyFreeThread: the LazyFree that the store hands large values and whole databases to: a queue
// and a thread named `lazy-free`.
//
// At the end nobody waits for 10 GB to be freed piece by piece that the kernel takes back in one
// go: if there is something left to free, the thread is let go with it, and ends with the process
// or when it is done.
//
// Owning thread: the execution thread calls; destructors of what was handed over run on the thread
// of this object. The counters may be read from any thread.
//
// Limits: the queue holds what was stored before, so it is bounded by the memory of the store.
#pragma once

#include <cstdint>
#include <memory>
#include <thread>

#include "store/lazy_free.h"

namespace gotthard {

class LazyFreeThread final : public LazyFree {
 public:
  enum class AtEnd { kLetGo, kDrain };  // kDrain waits until all is freed, for tests

  explicit LazyFreeThread(AtEnd at_end = AtEnd::kLetGo);
  ~LazyFreeThread() override;
  LazyFreeThread(const LazyFreeThread&) = delete;
  LazyFreeThread& operator=(const LazyFreeThread&) = delete;

  void Free(std::unique_ptr<DetachedStorage> storage) override;
  void Free(DetachedValue value) override;
  uint64_t pending_objects() const override;
  uint64_t freed_objects() const override;
  void ResetFreed() override;

 private:
  struct State;
  static void Run(const std::shared_ptr<State>& state);

  const AtEnd at_end_;
  const std::shared_ptr<State> state_;  // shared with the thread, which may outlive this object
  std::thread thread_;
};

}  // namespace gotthard
