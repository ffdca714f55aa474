#include "server/chunk_supply.h"

#include <pthread.h>
#include <sys/mman.h>

#include <utility>

#include "base/alt_stack.h"
#include "server/signals.h"
#include "types/arena.h"

namespace gotthard {
namespace {

constexpr size_t kSmallPage = 4096;

// The write that makes the kernel give the page; with huge pages the first one gives all 2 MiB.
// Not MADV_POPULATE_WRITE, which kernels before 5.14 lack and which holds the lock that the
// execution thread's own mmap would wait for.
void Touch(void* chunk) {
  volatile char* bytes = static_cast<char*>(chunk);
  for (size_t at = 0; at < Arena::kChunkBytes; at += kSmallPage) bytes[at] = 0;
}

}  // namespace

ChunkSupply::~ChunkSupply() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
  if (ready_ != nullptr) munmap(ready_, Arena::kChunkBytes);
}

void* ChunkSupply::Take() {
  std::lock_guard lock(mutex_);
  return std::exchange(ready_, nullptr);
}

void ChunkSupply::Prepare() {
  if (!thread_.joinable()) {
    const ScopedSignalBlock block;
    thread_ = std::thread([this] { Run(); });
  }
  {
    std::lock_guard lock(mutex_);
    if (wanted_ || ready_ != nullptr) return;
    wanted_ = true;
  }
  changed_.notify_all();
}

void ChunkSupply::WaitIdle() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !wanted_; });
}

void ChunkSupply::Run() {
  const AltStack alt_stack;
  pthread_setname_np(pthread_self(), "chunks");
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stop_ || wanted_; });
    if (stop_) return;
    lock.unlock();
    void* chunk = Arena::MapChunk(/*huge_pages=*/true);
    if (chunk != nullptr) Touch(chunk);
    lock.lock();
    ready_ = chunk;
    wanted_ = false;
    changed_.notify_all();
  }
}

}  // namespace gotthard
