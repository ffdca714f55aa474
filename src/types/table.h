// Table: a hash table that never rehashes as a whole, never leaves tombstones, and can be walked in
// hash order while it changes.
//
// Extendible hashing (Fagin et al. 1979) over Swiss-table groups (Abseil; the overflow counts in
// place of tombstones are F14's, Bronson & Shi 2019).
//
//   hash, from the top:  | directory: `depth` bits | home group: 9 bits | ...        | tag: 7 bits
//   |
//
//   directory, 2^depth words          segment: 128-byte head and 1..31 groups of 128 bytes
//   +-----------------------------+   +------+---------+---------+-- ... --+
//   | depth 5 | groups 11 | ptr 48| ->| head | group 0 | group 1 |         |
//   +-----------------------------+   +------+---------+---------+-- ... --+
//   |  ...                        |   group, two cache lines:
//   +-----------------------------+   +-------------------+----------+-------+---------------+
//                                     | 14 tags, 0 = free | overflow | spare | 14 slots of 8 |
//                                     +-------------------+----------+-------+---------------+
//                                     slot: | stash: 16 hash bits | element's address: 48 bits |
//
// - A segment of local depth L is shared by the 2^(depth-L) directory words with its L-bit prefix.
//   The words repeat L and the number of groups, so that a lookup reads directory, group, element,
//   and never the segment's head.
// - Home group = (the 9 bits after the prefix) * groups >> 9: monotone in the hash. So directory
//   order, then home group, is hash order whatever the sizes: Scan's cursor is a hash prefix.
// - An element that finds its home full goes to the next group with room (round the segment).
//   `overflow` of a group counts the elements that passed it by; a lookup ends at the first group
//   with overflow 0. It saturates at 255 and then stays until the segment is rebuilt, which only
//   costs lookups time. Erase counts down along the same path.
// - The stash holds hash bits [L & ~7, (L & ~7) + 16): with the prefix enough to rebuild, split and
//   merge without touching elements. Only the split from depth 8k+7 to 8k+8 asks for the hashes.
//   Lookups compare tag and stash, so an element with another key is almost never touched.
// - Segments step through the sizes of kGroupSteps, growing at 7/8 load, and split past 31 groups.
//   With hashes in random order the longest insert therefore rebuilds one segment of 379 slots and
//   copies at most three others that the arena wants elsewhere (1,700 slots in all, about 5 us),
//   plus the directory when it doubles: 256 KiB at 10^7 elements (about 50 us), 32 MiB at 10^9
//   (about 10 ms, once per doubling of the data: the one cost that grows with size).
// - Erasing shrinks a segment that became sparse, and merges two neighbours that together fill less
//   than half of one; at most 160 slots move for that. An empty table holds 16 bytes.
// - Elements whose hashes share their top bits more often than chance allows (they arrive in hash
//   order, or the hash is broken) make segments beyond 31 groups instead of deeper directories: the
//   directory has at most size + 4096 words, and more only where a segment could not become
//   larger. The hard limit is 25,000 elements whose top 24 bits all agree; there the process ends
//   with a message.
//
// Owning thread: the execution thread. Any insertion or erasure invalidates Positions, other than
// the one it returns.
#pragma once

#include <array>
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "base/function_ref.h"
#include "base/prefetch.h"
#include "base/random.h"
#include "types/arena.h"

namespace gotthard {

class Table {
 public:
  static constexpr unsigned kSlots = 14;
  static constexpr unsigned kHomeBits = 9;
  static constexpr unsigned kMaxDepth = 31;
  static constexpr unsigned kMaxGroups = 2047;
  // SCAN cursors are prefixes of this many bits: below 2^53, which clients in JavaScript can hold.
  static constexpr unsigned kCursorBits = 48;

  struct alignas(128) Group {
    uint8_t control[16];  // tags (high bit set), then overflow and a spare byte
    uint64_t slots[kSlots];

    static constexpr unsigned kOverflow = 14;
    static constexpr uint8_t kSaturated = 255;
    uint32_t Match(uint8_t tag) const;
    uint32_t Occupied() const;
    uint32_t Free() const { return Occupied() ^ kSlotMask; }
    static constexpr uint32_t kSlotMask = (1u << kSlots) - 1;
  };
  static_assert(sizeof(Group) == 128, "a group is two cache lines, which are fetched as a pair");

  struct alignas(128) Segment {
    uint64_t prefix;        // the `depth` top bits of its elements' hashes, the others zero
    int64_t min_expiry_ms;  // a lower bound over its elements; INT64_MAX: none expires
    uint32_t count;
    uint16_t groups;
    uint8_t depth;

    Group* group(unsigned index) { return reinterpret_cast<Group*>(this + 1) + index; }
    const Group* group(unsigned index) const {
      return reinterpret_cast<const Group*>(this + 1) + index;
    }
    unsigned GroupOf(const uint64_t* slot) const {
      return static_cast<unsigned>(
          (reinterpret_cast<uintptr_t>(slot) - reinterpret_cast<uintptr_t>(this + 1)) /
          sizeof(Group));
    }
  };
  static_assert(sizeof(Segment) == 128, "groups behind it stay aligned to 128");

  struct Position {
    uint64_t* slot = nullptr;
    Segment* segment = nullptr;
  };

  // `hash_of` must give the hash that an element was inserted with.
  using HashOf = uint64_t (*)(const void* element, const void* context);

  // `arena` holds the segments and must outlive the table; the table frees none of them when it is
  // destroyed: whoever drops a table drops its arena or calls Clear.
  Table(Arena* arena, HashOf hash_of, const void* context);
  // A table of a collection: its segments come from the allocator, which has size classes of their
  // sizes, and go with the table.
  Table(HashOf hash_of, const void* context) : Table(nullptr, hash_of, context) {}
  Table(Table&& other) noexcept;
  Table& operator=(Table&& other) noexcept;
  ~Table();

  size_t size() const { return size_; }
  // Directory and segments.
  size_t bytes() const { return segment_bytes_ + (size_t{8} << depth_); }
  size_t segments() const { return segment_count_; }
  size_t segment_bytes() const { return segment_bytes_; }
  size_t capacity() const { return slot_count_; }
  unsigned depth() const { return depth_; }
  // Slots copied by growing, splitting, shrinking and merging so far: what an operation costs
  // beyond its probe is the difference. Directory words copied are counted apart.
  uint64_t slots_moved() const { return slots_moved_; }
  uint64_t directory_words_moved() const { return directory_words_moved_; }

  // A key on its way through the two stages of running ahead over a batch, and afterwards a short
  // cut for Find: whatever was found is good as long as the table has moved nothing since.
  struct Ahead {
    uint64_t hash = 0;
    const Table* table = nullptr;  // null: no key
    uint64_t moves = 0;            // the table's, when the rest was looked up
    uint64_t* slot = nullptr;      // a slot, or, as long as none was found, its home group
    uint64_t stash_segment = 0;    // as a slot: the stash to look for, the segment's address
    // Slots begin behind the control bytes, so none is aligned as a group is.
    bool found() const { return (reinterpret_cast<uintptr_t>(slot) & (sizeof(Group) - 1)) != 0; }
  };

  // The element with this hash for which equal(element) says so; slot is null if there is none.
  template <typename Equal>
  [[gnu::noinline]] Position Find(uint64_t hash, Equal&& equal) const;
  // The same, with what running ahead knows (perhaps of another key): inline as far as that helps.
  template <typename Equal>
  [[gnu::always_inline]] Position Find(uint64_t hash, const Ahead& ahead, Equal&& equal) const;
  static void* ElementAt(uint64_t slot) { return reinterpret_cast<void*>(slot & kPointerMask); }

  // The two stages of running ahead over a batch: first the group; some dozens of keys later
  // visit(element), which prefetches, for the element that the group's tags and stashes point to.
  void PrefetchGroup(uint64_t hash, Ahead* ahead) const;
  void PrefetchGroup(uint64_t hash) const {  // the first stage alone
    Ahead ahead;
    PrefetchGroup(hash, &ahead);
  }
  // REQUIRES: PrefetchGroup has filled `ahead`, which has found nothing yet.
  template <typename Visit>
  void PrefetchElement(Ahead* ahead, Visit&& visit) const;

  // REQUIRES: no equal element is in the table; the address fits 48 bits.
  Position Insert(uint64_t hash, void* element);
  // Points the slot to another element with the same hash.
  static void Replace(Position position, void* element) {
    *position.slot = (*position.slot & ~kPointerMask) | reinterpret_cast<uintptr_t>(element);
  }
  // What PrefetchElement has found; null if nothing, or if something moved since.
  const void* Found(const Ahead& ahead) const {
    return ahead.moves == moves_ && ahead.found() ? ElementAt(*ahead.slot) : nullptr;
  }

  // REQUIRES: position is of an element in the table.
  void Erase(Position position);
  // Between these two, Erase moves nothing: positions other than the erased one stay good. Resume
  // then shrinks the segment given (if it should be).
  void HoldShrinking() { hold_shrinking_ = true; }
  void ResumeShrinking(Segment* segment);
  // Forgets all elements and frees all segments: O(segments).
  void Clear();

  // Lowers the segment's bound; to be called for each element that expires.
  static void NoteExpiry(Position position, int64_t expiry_ms) {
    if (expiry_ms < position.segment->min_expiry_ms) position.segment->min_expiry_ms = expiry_ms;
  }

  // Calls visit(element) for the elements of whole home groups, beginning at the cursor's, until at
  // least `count` were visited or 10 * count + 16 groups were looked at. Returns the next cursor, 0
  // at the end. Every element that is in the table from the call with cursor 0 until the call that
  // returns 0 is visited, whatever happens in between; one may be visited twice only if its segment
  // was rebuilt in between. `visit` must not change the table.
  uint64_t Scan(uint64_t cursor, size_t count, FunctionRef<void(void*)> visit) const;
  // Every element, in the order of segments. `visit` must not change the table.
  void ForEach(FunctionRef<void(void*)> visit) const;
  // An element, each with the same probability. Expected tries: below 10 for a table of random
  // hashes. REQUIRES: size() > 0.
  Position RandomPosition(Random& random) const;

  // The segment that holds the prefix, and the prefix after it (0 after the last).
  Segment* SegmentAt(uint64_t prefix) const { return SegmentOf(directory_[IndexOf(prefix)]); }
  static uint64_t NextPrefix(const Segment* segment) {
    return segment->depth == 0 ? 0 : segment->prefix + (uint64_t{1} << (64 - segment->depth));
  }
  // Asks for the head of the segment some directory words ahead of the prefix.
  void PrefetchSegmentAhead(uint64_t prefix) const;
  // visit(Position) for each element of a segment, elements prefetched some slots ahead. `visit`
  // may erase the position it is given, while shrinking is held.
  template <typename Visit>
  static void ForEachInSegment(Segment* segment, Visit&& visit);

  // --- Copying (types/stepwise_copy.h). Only these, and the destructor, until all are copied.
  // REQUIRES: this table is empty, and has the other's hash function.
  void BeginCopy(const Table& from);
  // A segment as `from`, to whose elements SetCopied has yet to be called one by one. In the order
  // of their prefixes. Of a table without elements there is none.
  Segment* CopySegment(const Segment* from);
  void SetCopied(Segment* copy, Position from, void* element) {
    const auto offset =
        reinterpret_cast<uintptr_t>(from.slot) - reinterpret_cast<uintptr_t>(from.segment);
    auto* slot = reinterpret_cast<uint64_t*>(reinterpret_cast<uintptr_t>(copy) + offset);
    assert((reinterpret_cast<uintptr_t>(element) & ~kPointerMask) == 0);
    *slot = (*from.slot & ~kPointerMask) | reinterpret_cast<uintptr_t>(element);
    ++size_;
  }

 private:
  void Locate(uint64_t hash, Ahead* ahead) const;
  static constexpr uint64_t kPointerMask = (uint64_t{1} << 48) - 1;

  static Segment* SegmentOf(uint64_t word) {
    return reinterpret_cast<Segment*>(word & kPointerMask);
  }
  static unsigned DepthOf(uint64_t word) { return static_cast<unsigned>(word >> 59); }
  static unsigned GroupsOf(uint64_t word) { return static_cast<unsigned>(word >> 48) & kMaxGroups; }
  static uint64_t WordOf(const Segment* segment) {
    return reinterpret_cast<uintptr_t>(segment) | uint64_t{segment->groups} << 48 |
           uint64_t{segment->depth} << 59;
  }
  size_t IndexOf(uint64_t hash) const { return hash >> (64 - depth_); }  // depth_ >= 1
  static uint8_t TagOf(uint64_t hash) { return static_cast<uint8_t>(hash | 0x80); }
  static uint64_t StashOf(uint64_t hash, unsigned depth) { return (hash << (depth & ~7u)) >> 48; }
  static unsigned HomeOf(uint64_t hash, unsigned depth, unsigned groups) {
    return static_cast<unsigned>(((hash << depth) >> (64 - kHomeBits)) * groups >> kHomeBits);
  }
  // The same from a stash that was made for this depth.
  static unsigned HomeOfStash(uint64_t stash, unsigned depth, unsigned groups) {
    const uint64_t bits = (stash >> (7 - (depth & 7))) & ((1u << kHomeBits) - 1);
    return static_cast<unsigned>(bits * groups >> kHomeBits);
  }
  static_assert(7 + kHomeBits == 16, "the stash holds the home bits for eight depths");
  // As much of the hash as prefix and stash tell, the rest zero.
  static uint64_t KnownHash(const Segment* segment, uint64_t slot) {
    return segment->prefix | ((slot >> 48) << (48 - (segment->depth & ~7u)));
  }

  static unsigned GrowLimit(unsigned groups) { return groups * kSlots * 7 / 8; }
  static unsigned ShrinkLimit(unsigned groups) {
    return groups == 1 ? 0 : groups * kSlots * 5 / 16;
  }
  static unsigned GroupsFor(size_t count);
  static unsigned NextStep(unsigned groups);
  unsigned DepthLimit() const;

  Segment* NewSegment(uint64_t prefix, unsigned depth, unsigned groups);
  void FreeSegment(Segment* segment);
  void FreeAllSegments();
  static uint64_t* Place(Segment* segment, unsigned home, uint8_t tag, uint64_t slot);
  void SetWords(const Segment* segment);
  void Grow(Segment* segment);
  void Rebuild(Segment* segment, unsigned groups);
  void Split(Segment* segment);
  void Compact(unsigned groups);
  void MoveInto(const Segment* from, Segment* low, Segment* high);
  void MaybeShrink(Segment* segment);
  bool MaybeMerge(Segment* segment, Segment** merged);
  void ResizeDirectory(unsigned depth);
  uint64_t VisitHome(const Segment* segment, unsigned home, uint64_t from_hash,
                     FunctionRef<void(void*)> visit) const;

  uint64_t* directory_ = nullptr;
  unsigned depth_ = 1;
  bool hold_shrinking_ = false;
  uint64_t moves_ = 1;  // counts whatever makes a slot or its contents another key's
  size_t size_ = 0;
  Arena* arena_;  // null: the allocator
  HashOf hash_of_;
  const void* context_;
  size_t segment_count_ = 0;
  size_t segment_bytes_ = 0;
  size_t slot_count_ = 0;
  uint64_t slots_moved_ = 0;
  uint64_t directory_words_moved_ = 0;
  uint16_t max_groups_ = 1;  // the largest segment since the table was empty
  std::array<uint32_t, kMaxDepth + 1> segments_at_depth_ = {};
};

inline uint32_t Table::Group::Match(uint8_t tag) const {
#if defined(__SSE2__)
  const __m128i bytes = _mm_load_si128(reinterpret_cast<const __m128i*>(control));
  const __m128i equal = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(static_cast<char>(tag)));
  return static_cast<uint32_t>(_mm_movemask_epi8(equal)) & kSlotMask;
#else
  uint32_t matches = 0;
  for (unsigned i = 0; i < kSlots; ++i) matches |= uint32_t{control[i] == tag} << i;
  return matches;
#endif
}

inline uint32_t Table::Group::Occupied() const {
#if defined(__SSE2__)
  const __m128i bytes = _mm_load_si128(reinterpret_cast<const __m128i*>(control));
  return static_cast<uint32_t>(_mm_movemask_epi8(bytes)) & kSlotMask;
#else
  uint32_t occupied = 0;
  for (unsigned i = 0; i < kSlots; ++i) occupied |= uint32_t{control[i] >= 0x80} << i;
  return occupied;
#endif
}

template <typename Equal>
Table::Position Table::Find(uint64_t hash, Equal&& equal) const {
  const uint64_t word = directory_[IndexOf(hash)];
  Segment* const segment = SegmentOf(word);
  const unsigned depth = DepthOf(word);
  const unsigned groups = GroupsOf(word);
  const uint64_t stash = StashOf(hash, depth);
  const uint8_t tag = TagOf(hash);
  unsigned index = HomeOf(hash, depth, groups);
  for (unsigned probes = 0; probes < groups; ++probes) {
    Group* const group = segment->group(index);
    for (uint32_t match = group->Match(tag); match != 0; match &= match - 1) {
      uint64_t* const slot = &group->slots[std::countr_zero(match)];
      if (*slot >> 48 == stash && equal(ElementAt(*slot))) return {slot, segment};
    }
    if (group->control[Group::kOverflow] == 0) [[likely]]
      break;
    if (++index == groups) index = 0;
  }
  return {nullptr, segment};
}

template <typename Equal>
inline Table::Position Table::Find(uint64_t hash, const Ahead& ahead, Equal&& equal) const {
  if (ahead.hash == hash && ahead.table == this && ahead.moves == moves_ && ahead.found() &&
      equal(ElementAt(*ahead.slot))) [[likely]] {
    return {ahead.slot, SegmentOf(ahead.stash_segment)};
  }
  return Find(hash, equal);
}

inline void Table::Locate(uint64_t hash, Ahead* ahead) const {
  const uint64_t word = directory_[IndexOf(hash)];
  Segment* const segment = SegmentOf(word);
  const unsigned depth = DepthOf(word);
  ahead->hash = hash;
  ahead->table = this;
  ahead->moves = moves_;
  ahead->slot = reinterpret_cast<uint64_t*>(segment->group(HomeOf(hash, depth, GroupsOf(word))));
  ahead->stash_segment = reinterpret_cast<uintptr_t>(segment) | StashOf(hash, depth) << 48;
}

inline void Table::PrefetchGroup(uint64_t hash, Ahead* ahead) const {
  Locate(hash, ahead);
  const auto* group = reinterpret_cast<const Group*>(ahead->slot);
  Prefetch(group);
  Prefetch(&group->slots[6]);
}

template <typename Visit>
void Table::PrefetchElement(Ahead* ahead, Visit&& visit) const {
  if (ahead->moves != moves_) [[unlikely]]
    Locate(ahead->hash, ahead);
  auto* const group = reinterpret_cast<Group*>(ahead->slot);
  const uint64_t hash = ahead->hash;
  for (uint32_t match = group->Match(TagOf(hash)); match != 0; match &= match - 1) {
    uint64_t* const slot = &group->slots[std::countr_zero(match)];
    if ((*slot ^ ahead->stash_segment) >> 48 == 0) [[likely]] {
      ahead->slot = slot;
      return visit(ElementAt(*slot));
    }
  }
  // Some elements in a hundred had to go on: at least their group will be there.
  if (group->control[Group::kOverflow] != 0) {
    Segment* const segment = SegmentOf(ahead->stash_segment);
    const unsigned groups = GroupsOf(directory_[IndexOf(hash)]);
    const Group* next = group == segment->group(groups - 1) ? segment->group(0) : group + 1;
    Prefetch(next);
    Prefetch(&next->slots[6]);
  }
}

template <typename Visit>
void Table::ForEachInSegment(Segment* segment, Visit&& visit) {
  for (unsigned i = 0; i < segment->groups; ++i) {
    Group* group = segment->group(i);
    for (uint32_t occupied = group->Occupied(); occupied != 0; occupied &= occupied - 1) {
      Prefetch(ElementAt(group->slots[std::countr_zero(occupied)]));
    }
    for (uint32_t occupied = group->Occupied(); occupied != 0; occupied &= occupied - 1) {
      visit(Position{&group->slots[std::countr_zero(occupied)], segment});
    }
  }
}

}  // namespace gotthard
