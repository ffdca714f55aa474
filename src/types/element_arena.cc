#include "types/element_arena.h"

#include <algorithm>
#include <cassert>
#include <cstdlib>
#include <cstring>

#include "base/memory.h"
#include "types/arena.h"

namespace gotthard {

struct ElementArena::Page {
  Page* next;  // of all pages
  Page* previous;
  Page* next_roomy;  // of the class's pages with room
  Page* previous_roomy;
  char* free;      // freed objects, linked by their first word
  uint16_t used;   // live objects
  uint16_t fresh;  // offset of the memory never handed out
  uint16_t bytes;  // of an object

  static Page* Of(void* object) {
    return reinterpret_cast<Page*>(reinterpret_cast<uintptr_t>(object) & ~(kPageBytes - 1));
  }
  char* at(size_t offset) { return reinterpret_cast<char*>(this) + offset; }
  bool full() const { return free == nullptr && size_t{fresh} + bytes > kPageBytes; }
};

// In front of an object that has malloc's memory to itself.
struct ElementArena::Large {
  Large* next;
  Large* previous;
};

#if defined(GOTTHARD_ARENA_MALLOC)
namespace {
// What lies between a Large and its object: where slabs would hold it, it gets the alignment that
// they promise and no better one.
constexpr size_t LeadOf(size_t size) {
  return size > ElementArena::kMaxSlabBytes ? 0 : 4;
}
}  // namespace
#endif

unsigned ElementArena::ClassOf(size_t size) {
  if (size <= 64) return static_cast<unsigned>((std::max<size_t>(size, 8) + 3) / 4 - 2);
  if (size <= 128) return static_cast<unsigned>(15 + (size - 64 + 7) / 8 - 1);
  if (size <= 256) return static_cast<unsigned>(23 + (size - 128 + 15) / 16 - 1);
  return static_cast<unsigned>(31 + (size - 256 + 31) / 32 - 1);
}

size_t ElementArena::BytesOfClass(unsigned size_class) {
  if (size_class < 15) return (size_class + 2) * size_t{4};
  if (size_class < 23) return 64 + (size_class - 14) * size_t{8};
  if (size_class < 31) return 128 + (size_class - 22) * size_t{16};
  return 256 + (size_class - 30) * size_t{32};
}

size_t ElementArena::ClassBytes(size_t size) {
  if (size > kMaxSlabBytes) return (size + 7) & ~size_t{7};
  return BytesOfClass(ClassOf(size));
}

ElementArena::~ElementArena() {
  while (pages_ != nullptr) {
    Page* next = pages_->next;
    std::free(pages_);
    pages_ = next;
  }
  while (large_ != nullptr) {
    Large* next = large_->next;
    std::free(large_);
    large_ = next;
  }
  ReleaseRegions();
}

void* ElementArena::Allocate(size_t size) {
  assert(size > 0);
#if defined(GOTTHARD_ARENA_MALLOC)
  return AllocateLarge(ClassBytes(size), LeadOf(size));
#else
  if (size > kMaxSlabBytes) [[unlikely]]
    return AllocateLarge(ClassBytes(size), 0);
  return AllocateSlab(ClassOf(size));
#endif
}

void ElementArena::Free(void* object, size_t size) {
#if defined(GOTTHARD_ARENA_MALLOC)
  FreeLarge(object, ClassBytes(size), LeadOf(size));
#else
  if (size > kMaxSlabBytes) [[unlikely]]
    return FreeLarge(object, ClassBytes(size), 0);
  FreeSlab(object, ClassOf(size));
#endif
}

// --- regions and pages

void* ElementArena::AllocateFromRegions(unsigned size_class) {
  const size_t bytes = BytesOfClass(size_class);
  Region* region = region_count_ == 0 ? nullptr : &regions_[region_count_ - 1];
  if (region == nullptr || region->used + bytes > region->size) {
    // A half more each time, so that no more than a third of what is held waits to be used.
    if (region_bytes_ >= kRegionBytes || region_count_ == kMaxRegions) return nullptr;
    const size_t size = std::max(kFirstRegionBytes, region_bytes_ / 2) & ~size_t{7};
    region = &regions_[region_count_++];
    *region = {.begin = static_cast<char*>(MustMalloc(size)),
               .size = static_cast<uint32_t>(size),
               .used = 0};
    region_bytes_ += size;
    held_bytes_ += size;
    ++part_count_;
  }
  void* object = region->begin + region->used;
  region->used += static_cast<uint32_t>(bytes);
  return object;
}

void* ElementArena::AllocateSlab(unsigned size_class) {
  const size_t bytes = BytesOfClass(size_class);
  used_bytes_ += bytes;
  if (char* loose = loose_[size_class]; loose != nullptr) {
    std::memcpy(&loose_[size_class], loose, sizeof(char*));
    ++region_objects_;
    return loose;
  }
  Page* page = roomy_ == nullptr ? nullptr : roomy_[size_class];
  if (page == nullptr) [[unlikely]] {
    if (void* object = AllocateFromRegions(size_class); object != nullptr) {
      ++region_objects_;
      return object;
    }
    page = NewPage(size_class);
  }
  char* object = page->free;
  if (object != nullptr) {
    std::memcpy(&page->free, object, sizeof(page->free));
  } else {
    object = page->at(page->fresh);
    page->fresh = static_cast<uint16_t>(page->fresh + page->bytes);
  }
  ++page->used;
  if (page->full()) UnlinkRoomy(page, size_class);
  return object;
}

void ElementArena::FreeSlab(void* object, unsigned size_class) {
  used_bytes_ -= BytesOfClass(size_class);
  const auto end = regions_.begin() + region_count_;
  if (std::any_of(regions_.begin(), end, [&](const Region& r) { return r.Holds(object); })) {
    std::memcpy(object, &loose_[size_class], sizeof(char*));
    loose_[size_class] = static_cast<char*>(object);
    if (--region_objects_ == 0) ReleaseRegions();
    return;
  }
  Page* page = Page::Of(object);
  assert(page->used > 0);
  const bool was_full = page->full();
  std::memcpy(object, &page->free, sizeof(page->free));
  page->free = static_cast<char*>(object);
  --page->used;
  if (was_full) LinkRoomy(page, size_class);
  if (page->used == 0) ReleasePage(page, size_class);
}

void ElementArena::ReleaseRegions() {
  for (unsigned i = 0; i < region_count_; ++i) std::free(regions_[i].begin);
  part_count_ -= region_count_;
  held_bytes_ -= region_bytes_;
  region_count_ = 0;
  region_bytes_ = 0;
  loose_.fill(nullptr);
}

ElementArena::Page* ElementArena::NewPage(unsigned size_class) {
  if (roomy_ == nullptr) {
    roomy_ = std::make_unique<Page*[]>(kClasses);
    // A pointer's own size is meant. NOLINTNEXTLINE(bugprone-sizeof-expression)
    held_bytes_ += kClasses * sizeof(roomy_[0]);
  }
  auto* page = static_cast<Page*>(MustAlignedMalloc(kPageBytes, kPageBytes));
  page->previous = nullptr;
  page->next = pages_;
  if (pages_ != nullptr) pages_->previous = page;
  pages_ = page;
  page->free = nullptr;
  page->used = 0;
  page->fresh = sizeof(Page);
  page->bytes = static_cast<uint16_t>(BytesOfClass(size_class));
  held_bytes_ += kPageBytes;
  ++part_count_;
  LinkRoomy(page, size_class);
  return page;
}

void ElementArena::ReleasePage(Page* page, unsigned size_class) {
  UnlinkRoomy(page, size_class);
  if (page->next != nullptr) page->next->previous = page->previous;
  (page->previous != nullptr ? page->previous->next : pages_) = page->next;
  held_bytes_ -= kPageBytes;
  --part_count_;
  std::free(page);
}

void ElementArena::LinkRoomy(Page* page, unsigned size_class) {
  Page*& head = roomy_[size_class];
  page->previous_roomy = nullptr;
  page->next_roomy = head;
  if (head != nullptr) head->previous_roomy = page;
  head = page;
}

void ElementArena::UnlinkRoomy(Page* page, unsigned size_class) {
  if (page->next_roomy != nullptr) page->next_roomy->previous_roomy = page->previous_roomy;
  (page->previous_roomy != nullptr ? page->previous_roomy->next_roomy : roomy_[size_class]) =
      page->next_roomy;
}

// --- large objects

// `lead`: bytes in front of the object that are not its own.
void* ElementArena::AllocateLarge(size_t size, size_t lead) {
  auto* large = static_cast<Large*>(MustMalloc(sizeof(Large) + lead + size));
  large->previous = nullptr;
  large->next = large_;
  if (large_ != nullptr) large_->previous = large;
  large_ = large;
  used_bytes_ += size;
  held_bytes_ += sizeof(Large) + size;
  ++part_count_;
  return reinterpret_cast<char*>(large + 1) + lead;
}

void ElementArena::FreeLarge(void* object, size_t size, size_t lead) {
  Large* large = reinterpret_cast<Large*>(static_cast<char*>(object) - lead) - 1;
  if (large->next != nullptr) large->next->previous = large->previous;
  (large->previous != nullptr ? large->previous->next : large_) = large->next;
  used_bytes_ -= size;
  held_bytes_ -= sizeof(Large) + size;
  --part_count_;
  std::free(large);
}

}  // namespace gotthard
