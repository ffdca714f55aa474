#include "types/arena.h"

#include <sys/mman.h>

#include <bit>
#include <cassert>
#include <cstdio>
#include <cstdlib>

namespace gotthard {
namespace {

// Above 512 the arena serves segments, whose sizes these are, and entries with long keys.
constexpr uint16_t kCoarseBytes[] = {640,  768,  896,  1024, 1280, 1536,
                                     1792, 2048, 2560, 3072, 3584, 4096};

// An emptied arena keeps its chunk if no more than this much of it was used: a database that goes
// between none and a few keys does not call mmap each time.
constexpr size_t kKeptPages = 4;

// A chunk's pages are taken from the lowest on: when all of the lower half were used and none of
// the upper, the next chunk is asked for. A million inserts a second take 7 ms and more to fill the
// other half; a huge page is there after 3.
constexpr uint32_t kHalfTouched = 0xffff;

[[noreturn]] void OutOfMemory(size_t size) {
  std::fprintf(stderr, "gotthard: out of memory: the system refused %zu bytes\n", size);
  std::abort();
}

// The index in kCoarseBytes of each multiple of 128 up to 4096.
struct CoarseTable {
  uint8_t index[Arena::kMaxPagedBytes / 128 + 1] = {};
  constexpr CoarseTable() {
    uint8_t at = 0;
    for (unsigned i = 0; i <= Arena::kMaxPagedBytes / 128; ++i) {
      while (kCoarseBytes[at] < i * 128) ++at;
      index[i] = at;
    }
  }
};
constexpr CoarseTable kCoarseTable;

}  // namespace

struct Arena::PageHead {
  PageHead* next;
  PageHead* previous;
  void* free;      // freed objects, linked through their first word
  uint64_t live;   // movable objects: a bit for each, if the page has at most 64
  uint32_t used;   // live objects
  uint32_t fresh;  // offset in the chunk of the memory never handed out since the page was taken
  uint32_t end;    // offset in the chunk where the page ends
  uint16_t bytes;  // of an object
  uint8_t size_class;

  unsigned IndexOf(const void* object) const {
    const size_t offset = reinterpret_cast<uintptr_t>(object) % kChunkBytes;
    return static_cast<unsigned>((offset - start()) / bytes);
  }
  // Page 0 shares its 64 KiB with the head.
  uint32_t start() const {
    return end == kPageBytes ? uint32_t{kHeadBytes} : end - uint32_t{kPageBytes};
  }
  unsigned room() const { return (end - start()) / bytes; }
  bool full() const { return free == nullptr && fresh + bytes > end; }
};

struct Arena::Chunk {
  Chunk* next;
  Chunk* previous;
  Chunk* next_roomy;
  Chunk* previous_roomy;
  uint32_t free_pages;     // a bit for each
  uint32_t touched_pages;  // likewise: used at least once
  PageHead pages[kPages];

  static Chunk* Of(const void* inside) {
    return reinterpret_cast<Chunk*>(reinterpret_cast<uintptr_t>(inside) & ~(kChunkBytes - 1));
  }
  char* at(size_t offset) { return reinterpret_cast<char*>(this) + offset; }
};

// In front of an object that has malloc's memory to itself.
struct Arena::Large {
  Large* next;
  Large* previous;

  // 128-byte aligned objects keep their alignment behind the head.
  static size_t HeadBytes(size_t size) {
    return size % kGroupAlignment == 0 ? kGroupAlignment : 32;
  }
};

unsigned Arena::ClassOf(size_t size) {
  if (size <= kMaxFineBytes) return static_cast<unsigned>((size + 7) / 8 - 1);
  return kFineClasses + kCoarseTable.index[(size + 127) / 128];
}

unsigned Arena::MovableClassOf(size_t size) {
  if (size <= kMaxFineBytes) return static_cast<unsigned>(kMovableClass + (size + 127) / 128 - 1);
  return kMovableClass + 4 + kCoarseTable.index[(size + 127) / 128];
}

size_t Arena::BytesOfClass(unsigned size_class) {
  if (size_class < kFineClasses) return (size_class + 1) * size_t{8};
  if (size_class < kMovableClass) return kCoarseBytes[size_class - kFineClasses];
  if (size_class < kMovableClass + 4) return (size_class - kMovableClass + 1) * size_t{128};
  return kCoarseBytes[size_class - kMovableClass - 4];
}

size_t Arena::ClassBytes(size_t size) {
  if (size > kMaxPagedBytes) return (size + 7) & ~size_t{7};
  return BytesOfClass(ClassOf(size));
}

Arena::~Arena() {
  static_assert(sizeof(Chunk) <= kHeadBytes, "the chunk's head fits the room kept for it");
  while (chunks_ != nullptr) {
    Chunk* next = chunks_->next;
    ::munmap(chunks_, kChunkBytes);
    chunks_ = next;
  }
  while (large_ != nullptr) {
    Large* next = large_->next;
    std::free(large_);
    large_ = next;
  }
}

void* Arena::Allocate(size_t size) {
  assert(size > 0);
#if defined(GOTTHARD_ARENA_MALLOC)
  return AllocateLarge(ClassBytes(size));
#else
  if (size > kMaxPagedBytes) [[unlikely]]
    return AllocateLarge(ClassBytes(size));
  return AllocateFrom(ClassOf(size));
#endif
}

void Arena::Free(void* object, size_t size) {
#if defined(GOTTHARD_ARENA_MALLOC)
  FreeLarge(object, ClassBytes(size));
#else
  if (size > kMaxPagedBytes) [[unlikely]]
    return FreeLarge(object, ClassBytes(size));
  FreeInto(object);
#endif
}

void* Arena::AllocateMovable(size_t size) {
#if defined(GOTTHARD_ARENA_MALLOC)
  return AllocateLarge(ClassBytes(size));
#else
  if (size > kMaxPagedBytes) [[unlikely]]
    return AllocateLarge(ClassBytes(size));
  const unsigned size_class = MovableClassOf(size);
  Movable& movable = movable_[size_class - kMovableClass];
  // What moves out of the sparse page must not come back into it.
  PageHead* head = partial_[size_class];
  if (head != nullptr && head == movable.sparse && head->next != nullptr) {
    PageHead* other = head->next;
    UnlinkPage(other);
    LinkPage(other);
  }
  void* object = AllocateFrom(size_class);
  ++movable.used;
  PageHead* page = PageOf(object);
  if (page->room() <= 64) page->live |= uint64_t{1} << page->IndexOf(object);
  return object;
#endif
}

void Arena::FreeMovable(void* object, size_t size) {
#if defined(GOTTHARD_ARENA_MALLOC)
  FreeLarge(object, ClassBytes(size));
#else
  if (size > kMaxPagedBytes) [[unlikely]]
    return FreeLarge(object, ClassBytes(size));
  Movable& movable = movable_[MovableClassOf(size) - kMovableClass];
  --movable.used;
  PageHead* page = PageOf(object);
  if (page->room() <= 64) page->live &= ~(uint64_t{1} << page->IndexOf(object));
  const unsigned room = page->room();
  if (page == movable.sparse && page->used == 1) movable.sparse = nullptr;
  page = FreeInto(object);
  if (page == nullptr) {
    movable.room -= room;
  } else if (room <= 64 && (movable.sparse == nullptr || page->used < movable.sparse->used)) {
    movable.sparse = page;
  }
#endif
}

void* Arena::SparseMovable(size_t size) const {
#if defined(GOTTHARD_ARENA_MALLOC)
  static_cast<void>(size);
  return nullptr;
#else
  if (size > kMaxPagedBytes) return nullptr;
  const Movable& movable = movable_[MovableClassOf(size) - kMovableClass];
  PageHead* page = movable.sparse;
  if (page == nullptr || page->live == 0) return nullptr;
  if (movable.room - movable.used <= page->room() + movable.used / 6) return nullptr;
  const auto index = static_cast<unsigned>(std::countr_zero(page->live));
  return Chunk::Of(page)->at(page->start() + size_t{index} * page->bytes);
#endif
}

Arena::PageHead* Arena::PageOf(const void* object) {
  return &Chunk::Of(object)->pages[(reinterpret_cast<uintptr_t>(object) / kPageBytes) % kPages];
}

void* Arena::AllocateFrom(unsigned size_class) {
  PageHead* page = partial_[size_class];
  if (page == nullptr) [[unlikely]]
    page = NewPage(size_class);
  void* object = page->free;
  if (object != nullptr) {
    page->free = *static_cast<void**>(object);
  } else {
    object = Chunk::Of(page)->at(page->fresh);
    page->fresh += page->bytes;
  }
  ++page->used;
  used_bytes_ += page->bytes;
  if (page->full()) UnlinkPage(page);
  return object;
}

Arena::PageHead* Arena::FreeInto(void* object) {
  PageHead* page = PageOf(object);
  assert(page->used > 0);
  const bool was_full = page->full();
  *static_cast<void**>(object) = page->free;
  page->free = object;
  --page->used;
  used_bytes_ -= page->bytes;
  if (page->used == 0) {
    if (!was_full) UnlinkPage(page);
    ReleasePage(page);
    return nullptr;
  }
  if (was_full) LinkPage(page);
  return page;
}

size_t Arena::resident_bytes() const {
  return touched_pages_ * kPageBytes + chunk_count_ * kHeadBytes + large_bytes_;
}

void* Arena::AllocateLarge(size_t size) {
  const size_t head = Large::HeadBytes(size);
  void* block = head == kGroupAlignment ? std::aligned_alloc(kGroupAlignment, head + size)
                                        : std::malloc(head + size);
  if (block == nullptr) OutOfMemory(size);
  // malloc's start is the Large, which the list needs; the object follows at `head`.
  auto* large = static_cast<Large*>(block);
  large->previous = nullptr;
  large->next = large_;
  if (large_ != nullptr) large_->previous = large;
  large_ = large;
  used_bytes_ += size;
  large_bytes_ += head + size;
  return static_cast<char*>(block) + head;
}

void Arena::FreeLarge(void* object, size_t size) {
  const size_t head = Large::HeadBytes(size);
  auto* large = reinterpret_cast<Large*>(static_cast<char*>(object) - head);
  if (large->next != nullptr) large->next->previous = large->previous;
  (large->previous != nullptr ? large->previous->next : large_) = large->next;
  used_bytes_ -= size;
  large_bytes_ -= head + size;
  std::free(large);
}

Arena::PageHead* Arena::NewPage(unsigned size_class) {
  Chunk* chunk = roomy_ != nullptr ? roomy_ : NewChunk();
  if (chunk->free_pages == UINT32_MAX) --empty_chunks_;
  const auto index = static_cast<unsigned>(std::countr_zero(chunk->free_pages));
  chunk->free_pages &= ~(uint32_t{1} << index);
  if (source_ != nullptr && chunk_count_ >= kAheadChunks && empty_chunks_ == 0 &&
      chunk->touched_pages == kHalfTouched) {
    source_->Prepare();
  }
  if (chunk->free_pages == 0) {
    roomy_ = chunk->next_roomy;
    if (roomy_ != nullptr) roomy_->previous_roomy = nullptr;
  }
  if ((chunk->touched_pages >> index & 1) == 0) {
    chunk->touched_pages |= uint32_t{1} << index;
    ++touched_pages_;
  }
  PageHead* page = &chunk->pages[index];
  page->free = nullptr;
  page->live = 0;
  page->used = 0;
  page->fresh = static_cast<uint32_t>(index == 0 ? kHeadBytes : index * kPageBytes);
  page->end = static_cast<uint32_t>((index + 1) * kPageBytes);
  page->bytes = static_cast<uint16_t>(BytesOfClass(size_class));
  page->size_class = static_cast<uint8_t>(size_class);
  LinkPage(page);
  if (size_class >= kMovableClass) movable_[size_class - kMovableClass].room += page->room();
  return page;
}

void Arena::ReleasePage(PageHead* page) {
  Chunk* chunk = Chunk::Of(page);
  if (chunk->free_pages == 0) {
    chunk->previous_roomy = nullptr;
    chunk->next_roomy = roomy_;
    if (roomy_ != nullptr) roomy_->previous_roomy = chunk;
    roomy_ = chunk;
  }
  chunk->free_pages |= uint32_t{1} << (page - chunk->pages);
  if (chunk->free_pages != UINT32_MAX) return;
  ++empty_chunks_;
  if (used_bytes_ == 0 && touched_pages_ > kKeptPages) {
    while (chunks_ != nullptr) ReleaseChunk(chunks_);
  } else if (empty_chunks_ > 1) {
    ReleaseChunk(chunk);
  }
}

void* Arena::MapChunk(bool huge_pages) {
  // Twice the size, so that an aligned chunk is inside; the rest goes back.
  void* mapped = ::mmap(nullptr, 2 * kChunkBytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapped == MAP_FAILED) return nullptr;
  const auto start = reinterpret_cast<uintptr_t>(mapped);
  const uintptr_t aligned = (start + kChunkBytes - 1) & ~(kChunkBytes - 1);
  if (aligned != start) ::munmap(mapped, aligned - start);
  const uintptr_t end = aligned + kChunkBytes;
  ::munmap(reinterpret_cast<void*>(end), start + 2 * kChunkBytes - end);
  // Advice only: where the kernel has no huge pages, nothing changes. NOHUGEPAGE counters systems
  // whose default would make the first byte of each small database cost 2 MiB.
  void* chunk = reinterpret_cast<void*>(aligned);
  ::madvise(chunk, kChunkBytes, huge_pages ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
  return chunk;
}

Arena::Chunk* Arena::NewChunk() {
  ++chunk_count_;
  const bool is_prepared = source_ != nullptr && chunk_count_ > kAheadChunks;
  void* memory = is_prepared ? source_->Take() : nullptr;
  // Who prepares chunks may come too late. Then this one has small pages, touched one at a time as
  // they are filled: a huge one would have to be touched here and now.
  if (memory == nullptr) memory = MapChunk(!is_prepared && chunk_count_ >= kHugePageChunks);
  if (memory == nullptr) OutOfMemory(kChunkBytes);
  auto* chunk = static_cast<Chunk*>(memory);
  chunk->free_pages = UINT32_MAX;
  chunk->touched_pages = 0;
  ++empty_chunks_;
  chunk->previous = nullptr;
  chunk->next = chunks_;
  if (chunks_ != nullptr) chunks_->previous = chunk;
  chunks_ = chunk;
  chunk->previous_roomy = nullptr;
  chunk->next_roomy = roomy_;
  if (roomy_ != nullptr) roomy_->previous_roomy = chunk;
  roomy_ = chunk;
  return chunk;
}

void Arena::ReleaseChunk(Chunk* chunk) {
  if (chunk->next != nullptr) chunk->next->previous = chunk->previous;
  (chunk->previous != nullptr ? chunk->previous->next : chunks_) = chunk->next;
  if (chunk->next_roomy != nullptr) chunk->next_roomy->previous_roomy = chunk->previous_roomy;
  (chunk->previous_roomy != nullptr ? chunk->previous_roomy->next_roomy : roomy_) =
      chunk->next_roomy;
  touched_pages_ -= static_cast<size_t>(std::popcount(chunk->touched_pages));
  --empty_chunks_;
  --chunk_count_;
  ::munmap(chunk, kChunkBytes);
}

void Arena::LinkPage(PageHead* page) {
  PageHead*& head = partial_[page->size_class];
  page->previous = nullptr;
  page->next = head;
  if (head != nullptr) head->previous = page;
  head = page;
}

void Arena::UnlinkPage(PageHead* page) {
  if (page->next != nullptr) page->next->previous = page->previous;
  (page->previous != nullptr ? page->previous->next : partial_[page->size_class]) = page->next;
}

}  // namespace gotthard
