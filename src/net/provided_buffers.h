// ProvidedBuffers: read buffers that the kernel chooses from when bytes arrive (a buffer ring,
// Linux 5.19): a connection that waits holds none, and what arrives is parsed where it landed.
//
// A buffer takes one receive. It is then an ordinary counted ReadBuffer, kept by the batches that
// view it; the ring is filled up from the pool, so slow batches never leave it empty. In front of
// what is received there is room for the beginning of a request that the last receive had cut.
//
// Owning thread: the ring's. Batches that come home later give buffers back on that thread, too;
// the object must outlive them.
//
// Limits: kFirst buffers are provided at the beginning; each turn in which many connections at once
// found none (Starved) doubles that, up to kSlots. Few at first, because one deep pipeline takes as
// many as there are: 4 × 32 KB at once are still in the cache when they are parsed. After kRests
// waits in which no connection found none the number is halved; as long as more are provided, the
// pages of all of them are given back to the system: 10,000 connections that all spoke at once may
// be silent from now on.
#pragma once

#include <cstdint>
#include <vector>

#include "base/status.h"
#include "net/uring_library.h"
#include "pipe/read_buffer.h"

namespace gotthard {

class ProvidedBuffers {
 public:
  static constexpr uint32_t kSlots = 1024;  // a power of two, as the kernel wants
  static constexpr uint32_t kFirst = 4;
  // With its head a whole size class of the allocator.
  static constexpr size_t kBufferBytes = 32 * 1024 - sizeof(ReadBuffer);
  static constexpr size_t kHeadroom = 2048;
  static constexpr int kGroup = 0;
  static constexpr uint32_t kRests = 256;
  static constexpr uint32_t kSlotsPerRest = 32;

  ProvidedBuffers() : pool_(kBufferBytes) {}
  // REQUIRES: the ring does not use them any more.
  ~ProvidedBuffers();
  ProvidedBuffers(const ProvidedBuffers&) = delete;
  ProvidedBuffers& operator=(const ProvidedBuffers&) = delete;

  // Fails when the kernel is short of memory. `ring` must not be entered after this object is gone.
  Status Register(io_uring* ring);
  // Provides as many as are wanted; to be called before entering.
  void Fill();
  // The buffer that a completion has named; the kernel has forgotten it.
  ReadBufferRef Take(uint16_t slot);
  // So many connections found no buffer in one turn.
  void Starved(size_t connections);
  // The thread is about to wait. REQUIRES: the kernel has written to no buffer that is still
  // provided, and writes to none until this returns: no completion waits, no request is entered.
  void Rest();

  uint32_t wanted() const { return wanted_; }
  uint32_t provided() const { return provided_; }

 private:
  ReadBufferPool pool_;
  io_uring_buf_ring* entries_ = nullptr;
  std::vector<ReadBufferRef> buffers_;  // by slot; empty: not provided
  std::vector<uint16_t> free_slots_;
  uint32_t wanted_ = kFirst;
  uint32_t provided_ = 0;
  uint32_t rests_ = 0;           // since the number was changed or a connection found none
  uint32_t next_slot_ = kSlots;  // whose pages are to be given back; kSlots: none is
};

}  // namespace gotthard
