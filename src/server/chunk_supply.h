// ChunkSupply: the ChunkSource of the databases' arenas: a thread named `chunks` that maps and
// touches the next chunk while the execution thread fills the present one.
//
// The thread begins with the first Prepare, which only arenas of some size call: a small server has
// neither the thread nor the 2 MiB. Where the system refuses memory there is just never a chunk
// ready, and the arena finds out for itself.
//
// Owning thread: the execution thread calls. Limit: one chunk ready.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "types/chunk_source.h"

namespace gotthard {

class ChunkSupply final : public ChunkSource {
 public:
  ChunkSupply() = default;
  ~ChunkSupply() override;
  ChunkSupply(const ChunkSupply&) = delete;
  ChunkSupply& operator=(const ChunkSupply&) = delete;

  void* Take() override;
  void Prepare() override;
  // Until a chunk that was asked for is ready or was refused. For tests.
  void WaitIdle();

 private:
  void Run();

  std::mutex mutex_;  // guards all below but the thread
  std::condition_variable changed_;
  void* ready_ = nullptr;
  bool wanted_ = false;  // being prepared, or about to be
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace gotthard
