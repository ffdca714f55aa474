// Arena: where a database's entries and segments live.
//
// A slab allocator in the tradition of Bonwick (USENIX 1994), with mimalloc's free list per page
// (Leijen et al. 2019), for one thread. Why not malloc: no per-object header or class wider than
// 8 bytes below 512, one place to ask for huge pages (a page walk per lookup costs more than the
// lookup), exact accounting, and a whole database is given back without visiting its entries.
//
//   chunk: 2 MiB, aligned to its size, from mmap
//   +--------------+-----------------------+---------+-- ... --+----------+
//   | head, 4 KiB  | rest of page 0, 60 KiB| page 1  |         | page 31  |  pages of 64 KiB
//   +--------------+-----------------------+---------+-- ... --+----------+
//   head: Chunk { which pages are free } and a PageHead per page { class, free list, used }
//
// A page holds objects of one size class: steps of 8 bytes up to 512, then 128-byte multiples
// about a fifth apart up to 4096. Objects whose size is a multiple of 128 are 128-byte aligned.
// Larger objects come from malloc, linked so that they go with the arena.
//
// The head of the chunk, not the object, tells the class: found by masking the pointer. Allocate
// and Free are O(1), apart from one mmap per 2 MiB. An empty page serves any class again; an empty
// chunk goes back to the system, except for one. Memory is touched only when first used, so a small
// arena stays small; from the chunk kHugePageChunks on, huge pages are asked for. Chunks that have
// small pages keep them: the kernel would stop their owner for 0.8 to 2.8 ms to put them together.
//
// Segments have size classes of their own, because they can be moved: as a table grows, all its
// segments pass from one class to the next at about the same time, and would leave pages behind
// that are mostly holes (8 bytes per key at 10^6 keys). So whoever frees a segment asks
// SparseMovable for one to move out of the emptiest page known.
//
// From kAheadChunks chunks on, the next chunk is prepared elsewhere (types/chunk_source.h) once
// half of the newest one is taken, and the owner touches no huge page for the first time: when none
// is ready, that chunk makes do with small pages.
//
// Under AddressSanitizer each object comes from malloc, so that overflows are seen.
//
// Limit: the address space; when the system refuses memory, the process ends with a message, as
// there is no state to go back to in the middle of a write.
//
// Owning thread: one at a time (the execution thread; later perhaps the one that frees it).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "types/chunk_source.h"

namespace gotthard {

#if defined(__SANITIZE_ADDRESS__)
#define GOTTHARD_ARENA_MALLOC 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define GOTTHARD_ARENA_MALLOC 1
#endif
#endif

class Arena {
 public:
  static constexpr size_t kChunkBytes = size_t{2} << 20;
  static constexpr size_t kPageBytes = size_t{64} << 10;
  static constexpr size_t kMaxFineBytes = 512;
  static constexpr size_t kMaxPagedBytes = 4096;
  // Objects of size k * 128 are aligned to this.
  static constexpr size_t kGroupAlignment = 128;
  // 4 MiB of data: below it, pages of 4 KiB keep idle databases small.
  static constexpr size_t kHugePageChunks = 3;
  // So that the first chunk of huge pages is prepared already. It would be resident from its first
  // byte on anyway: what is in reserve is there half a chunk earlier.
  static constexpr size_t kAheadChunks = kHugePageChunks - 1;

  // `source` must outlive all calls but the destructor; null: none.
  explicit Arena(ChunkSource* source = nullptr) : source_(source) {}
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  // Gives everything back, whatever is still allocated.
  ~Arena();

  // At least `size` bytes, 8-byte aligned, uninitialised. REQUIRES: size > 0.
  void* Allocate(size_t size);
  // REQUIRES: `object` came from Allocate(s) with ClassBytes(s) == ClassBytes(size).
  void Free(void* object, size_t size);
  // The same for objects that can be moved. REQUIRES: size <= kMaxPagedBytes goes by the class; a
  // larger one is never asked to move.
  void* AllocateMovable(size_t size);
  void FreeMovable(void* object, size_t size);
  // When the movable objects of this size class have more than a page and a sixth of holes: one of
  // them that lies in a sparse page and should be moved (allocate, copy, free), else null. O(1).
  void* SparseMovable(size_t size) const;

  // What an object of `size` really takes: it may grow up to this in place. The page's share of the
  // chunk's head is not included.
  static size_t ClassBytes(size_t size);

  // Sum of ClassBytes over live objects.
  size_t used_bytes() const { return used_bytes_; }
  // Memory held: pages in use or once used, chunk heads, large objects.
  size_t resident_bytes() const;
  // What of resident_bytes() comes from malloc: large objects with their heads.
  size_t heap_bytes() const { return large_bytes_; }
  size_t chunks() const { return chunk_count_; }

  // kChunkBytes from the system, aligned to their size, untouched; null when it refuses.
  static void* MapChunk(bool huge_pages);

 private:
  static constexpr size_t kPages = kChunkBytes / kPageBytes;
  static constexpr size_t kHeadBytes = 4096;
  static constexpr unsigned kFineClasses = kMaxFineBytes / 8;
  static constexpr unsigned kCoarseClasses = 12;
  // Movable objects: the fine classes' multiples of 128 (4), then the coarse ones again.
  static constexpr unsigned kMovableClass = kFineClasses + kCoarseClasses;
  static constexpr unsigned kMovableClasses = 4 + kCoarseClasses;
  static constexpr unsigned kClasses = kMovableClass + kMovableClasses;

  struct PageHead;
  struct Chunk;
  struct Large;

  // What is known of a class of movable objects.
  struct Movable {
    PageHead* sparse = nullptr;  // the emptiest page that a Free has seen lately
    size_t room = 0;             // objects that fit all its pages
    size_t used = 0;
  };

  static unsigned ClassOf(size_t size);
  static unsigned MovableClassOf(size_t size);
  static size_t BytesOfClass(unsigned size_class);

  static PageHead* PageOf(const void* object);
  void* AllocateFrom(unsigned size_class);
  PageHead* FreeInto(void* object);  // the page, or null if it was released

  void* AllocateLarge(size_t size);
  void FreeLarge(void* object, size_t size);
  // A page for `size_class`, at the head of its list. Mmaps a chunk if no chunk has a free page.
  PageHead* NewPage(unsigned size_class);
  void ReleasePage(PageHead* page);
  Chunk* NewChunk();
  void ReleaseChunk(Chunk* chunk);
  void LinkPage(PageHead* page);
  void UnlinkPage(PageHead* page);

  ChunkSource* source_;
  std::array<PageHead*, kClasses> partial_ = {};  // pages of a class that have room
  std::array<Movable, kMovableClasses> movable_ = {};
  Chunk* chunks_ = nullptr;  // all of them
  Chunk* roomy_ = nullptr;   // those with a free page
  Large* large_ = nullptr;
  size_t chunk_count_ = 0;
  size_t empty_chunks_ = 0;
  size_t touched_pages_ = 0;
  size_t used_bytes_ = 0;
  size_t large_bytes_ = 0;
};

}  // namespace gotthard
