#include "server/lazy_free_thread.h"

#include <catch2/catch.hpp>
#include <condition_variable>
#include <mutex>

#include "tests/unit/server/child.h"

namespace gotthard {
namespace {

// Objects whose destruction waits until the gate opens, and is counted.
class Gate {
 public:
  void Open() {
    std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void Pass() {
    std::unique_lock lock(mutex_);
    ++entered_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return open_; });
    ++passed_;
  }
  void WaitForEntry() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return entered_ > 0; });
  }
  int passed() {
    std::lock_guard lock(mutex_);
    return passed_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
  int entered_ = 0;
  int passed_ = 0;
};

const ObjectOps kGateOps = {
    [](void* gate) { static_cast<Gate*>(gate)->Pass(); },
    nullptr,
    nullptr,
    nullptr,
};

TEST_CASE("what is handed over is freed by another thread and counted") {
  Gate gate;
  {
    LazyFreeThread lazy(LazyFreeThread::AtEnd::kDrain);
    for (int i = 0; i < 3; ++i) lazy.Free(DetachedValue(&kGateOps, &gate));
    gate.WaitForEntry();
    CHECK(lazy.pending_objects() == 3);
    CHECK(lazy.freed_objects() == 0);
    gate.Open();
  }
  CHECK(gate.passed() == 3);
}

TEST_CASE("freed objects are counted until the count is reset") {
  Gate gate;
  gate.Open();
  LazyFreeThread lazy(LazyFreeThread::AtEnd::kDrain);
  for (int i = 0; i < 5; ++i) lazy.Free(DetachedValue(&kGateOps, &gate));
  while (lazy.pending_objects() > 0) std::this_thread::yield();
  CHECK(lazy.freed_objects() == 5);
  lazy.ResetFreed();
  CHECK(lazy.freed_objects() == 0);
}

TEST_CASE("an empty value is not worth a thread's while") {
  LazyFreeThread lazy(LazyFreeThread::AtEnd::kDrain);
  lazy.Free(DetachedValue());
  lazy.Free(std::unique_ptr<DetachedStorage>());
  CHECK(lazy.pending_objects() == 0);
  CHECK(lazy.freed_objects() == 0);
}

TEST_CASE("the end of the server waits for nothing") {
  // The gate stays shut: if the destructor waited, the child would never end.
  const test::ChildEnd end = test::RunInChild([] {
    alarm(20);
    auto* gate = new Gate;
    {
      LazyFreeThread lazy;
      lazy.Free(DetachedValue(&kGateOps, gate));
      gate->WaitForEntry();
      lazy.Free(DetachedValue(&kGateOps, gate));
    }
    _exit(gate->passed() == 0 ? 0 : 1);
  });
  CHECK(end.exit_status == 0);
}

}  // namespace
}  // namespace gotthard
