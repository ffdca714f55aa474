// ChunkSource: where an arena that grows fast gets memory that is already there.
//
// The first touch of a fresh huge page lets the kernel clear 2 MiB at once: 2.8 to 3.6 ms on the
// machine of benchmark/README.md, in the middle of an insert. So a chunk ahead of need is mapped
// and touched elsewhere: in server/ by a thread. Nothing in types/ is shared with it but the call.
//
// Owning thread: the execution thread calls. Limit: one chunk is kept ready for all arenas
// together.
#pragma once

namespace gotthard {

class ChunkSource {
 public:
  virtual ~ChunkSource() = default;
  // Memory of Arena::kChunkBytes, aligned to its size, from mmap, with huge pages advised and all
  // of it touched; the caller's from now on. Null when none is ready: no waiting.
  virtual void* Take() = 0;
  // A chunk will be wanted soon. Costs a system call at most.
  virtual void Prepare() = 0;
};

}  // namespace gotthard
