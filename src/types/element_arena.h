// ElementArena: memory for the elements of one big collection (the members of a set, the fields of
// a hash, ...), which is given back as a whole.
//
// As types/arena.h a slab allocator without a header per object, but made to begin small: a
// collection of 150 elements must not cost pages of each size.
//
//   regions, until kRegionBytes are held     pages, from then on: 4 KiB each, aligned to their size
//   +------+------+--------+-- ...           +------+--------+--------+-- ... --+
//   | 1 KB | 1 KB | 1.5 KB | any sizes mixed | head | object | object |         |  one size class
//   +------+------+--------+-- ...           +------+--------+--------+-- ... --+
//
// Regions are filled from the front; what is freed in one serves the same size class again. A page
// goes back to the allocator when it is empty.
//
// The size classes are 4 bytes apart up to 64, 8 up to 128, then 16, from 256 on 32, up to
// kMaxSlabBytes. Elements are texts of some dozen bytes and words read by memcpy: aligned to 8 they
// took 4 bytes more each. Larger objects come from the allocator, linked so that they go with the
// arena. All of it comes from malloc, so that used_memory counts it.
//
// Pages stay single: in runs of three the allocator's note of 128 bytes for each would be shared,
// but they do not fit the holes of 4 KiB that the table's segments leave when they split (a million
// members: 6.7 MB of holes).
//
// Allocate and Free are O(1); the destructor costs one free per page, region and large object.
// Under AddressSanitizer each object comes from malloc, so that overflows are seen, at an address
// that is no multiple of 8, so that those are seen who rely on one.
//
// Owning thread: whoever owns the collection; the one that frees it may be another.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace gotthard {

class ElementArena {
 public:
  static constexpr size_t kPageBytes = 4096;
  static constexpr size_t kRegionBytes = 24 * 1024;
  static constexpr size_t kMaxSlabBytes = 512;

  ElementArena() = default;
  ElementArena(const ElementArena&) = delete;
  ElementArena& operator=(const ElementArena&) = delete;
  ~ElementArena();

  // At least `size` bytes, 4-byte aligned, uninitialised. REQUIRES: size > 0.
  void* Allocate(size_t size);
  // REQUIRES: `object` came from Allocate(s) with ClassBytes(s) == ClassBytes(size).
  void Free(void* object, size_t size);
  // What an object of `size` really takes; it may be used up to there.
  static size_t ClassBytes(size_t size);

  // Sum of ClassBytes over live objects.
  size_t used_bytes() const { return used_bytes_; }
  // All that the arena holds: what MEMORY USAGE shows.
  size_t held_bytes() const { return held_bytes_ + sizeof(*this); }
  // How many calls of free the destructor makes.
  size_t parts() const { return part_count_; }

 private:
  static constexpr unsigned kClasses = 15 + 8 + 8 + 8;  // the first of 8 bytes: a pointer fits
  static constexpr size_t kFirstRegionBytes = 1024;
  static constexpr unsigned kMaxRegions = 12;

  struct Page;
  struct Large;
  struct Region {
    char* begin;
    uint32_t size;
    uint32_t used;  // bytes handed out
    bool Holds(const void* object) const {
      return static_cast<size_t>(static_cast<const char*>(object) - begin) < size;
    }
  };

  static unsigned ClassOf(size_t size);
  static size_t BytesOfClass(unsigned size_class);
  void* AllocateSlab(unsigned size_class);
  void FreeSlab(void* object, unsigned size_class);
  void* AllocateFromRegions(unsigned size_class);
  void* AllocateLarge(size_t size, size_t lead);
  void FreeLarge(void* object, size_t size, size_t lead);
  Page* NewPage(unsigned size_class);
  void ReleasePage(Page* page, unsigned size_class);
  void ReleaseRegions();
  void LinkRoomy(Page* page, unsigned size_class);
  void UnlinkRoomy(Page* page, unsigned size_class);

  std::array<Region, kMaxRegions> regions_ = {};
  unsigned region_count_ = 0;
  size_t region_bytes_ = 0;
  std::array<char*, kClasses> loose_ = {};  // freed objects in regions, linked by their first word
  std::unique_ptr<Page*[]> roomy_;          // per class: pages with room; made with the first page
  Page* pages_ = nullptr;                   // all of them
  Large* large_ = nullptr;
  size_t region_objects_ = 0;  // live ones
  size_t used_bytes_ = 0;
  size_t held_bytes_ = 0;
  size_t part_count_ = 0;
};

}  // namespace gotthard
