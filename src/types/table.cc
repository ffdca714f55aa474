#include "types/table.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <new>

#include "base/memory.h"

namespace gotthard {
namespace {

// Head and groups together are (groups + 1) * 128 bytes, which up to 31 groups are exactly the
// arena's size classes. Beyond 31 only hashes that agree more than chance allows get a segment.
constexpr uint16_t kGroupSteps[] = {1,  2,  3,  4,  5,  6,   7,   9,   11,   13,  15,
                                    19, 23, 27, 31, 63, 127, 255, 511, 1023, 2047};
constexpr unsigned kSplitGroups = 31;
// A rebuilt segment is filled to this (in percent) at most, so that it takes some inserts until the
// next rebuild. With growth at 7/8 the load is 0.79 on average; see bytes per key in the benchmark.
constexpr unsigned kFreshLoadPercent = 80;
// Neighbours are merged when they have together no more than this: less than half of what makes a
// segment split, so that a few erasures and insertions cannot make it split and merge in turns.
constexpr uint32_t kMergeCount = 160;
// After each freed segment so many others are moved out of sparse pages, at most. Three keep the
// pages 6/7 full on average; measured in bytes per key at 10^6 keys: 51.7 without, 45.1 with it.
constexpr int kMovesPerFree = 3;
// A directory may have so many words more than there are elements. Elements that arrive in the
// order of their hashes (a copy, one key space filled by walking another) crowd into a few deep
// segments: with 256 words and one for every 8 elements, as it once was, copying 2 million split
// segments of 10,000 slots, 2.5 ms each.
constexpr size_t kSpareWords = 4096;
// As deep as a segment may get that cannot become larger: a directory of 128 MiB.
constexpr unsigned kLastDepth = 24;
// Directories of this size get huge pages.
constexpr size_t kHugeBytes = size_t{2} << 20;

struct EmptySegment {
  Table::Segment segment;
  Table::Group group;
};
// What the directory of an empty table points at, so that lookups need no check. Never written.
constexpr EmptySegment kEmpty = {
    .segment = {.prefix = 0, .min_expiry_ms = INT64_MAX, .count = 0, .groups = 1, .depth = 0},
    .group = {},
};

Table::Segment* Empty() {
  return const_cast<Table::Segment*>(&kEmpty.segment);
}

uint64_t* NewDirectory(unsigned depth) {
  const size_t bytes = sizeof(uint64_t) << depth;
  if (bytes < kHugeBytes) return static_cast<uint64_t*>(MustMalloc(bytes));
  void* memory = std::aligned_alloc(kHugeBytes, bytes);
  if (memory == nullptr) {
    std::fprintf(stderr, "gotthard: out of memory: no %zu bytes for a table's directory\n", bytes);
    std::abort();
  }
  ::madvise(memory, bytes, MADV_HUGEPAGE);
  return static_cast<uint64_t*>(memory);
}

[[noreturn]] void HashesCollide(size_t count) {
  std::fprintf(stderr, "gotthard: %zu keys have hashes that agree in all bits used\n", count);
  std::abort();
}

size_t SegmentBytes(unsigned groups) {
  return sizeof(Table::Segment) + groups * sizeof(Table::Group);
}

}  // namespace

Table::Table(Arena* arena, HashOf hash_of, const void* context)
    : arena_(arena), hash_of_(hash_of), context_(context) {
  directory_ = NewDirectory(depth_);
  directory_[0] = directory_[1] = WordOf(Empty());
}

Table::Table(Table&& other) noexcept
    : directory_(std::exchange(other.directory_, nullptr)),
      depth_(other.depth_),
      hold_shrinking_(other.hold_shrinking_),
      moves_(other.moves_++),
      size_(std::exchange(other.size_, 0)),
      arena_(other.arena_),
      hash_of_(other.hash_of_),
      context_(other.context_),
      segment_count_(other.segment_count_),
      segment_bytes_(other.segment_bytes_),
      slot_count_(other.slot_count_),
      slots_moved_(other.slots_moved_),
      directory_words_moved_(other.directory_words_moved_),
      max_groups_(other.max_groups_),
      segments_at_depth_(other.segments_at_depth_) {}

Table& Table::operator=(Table&& other) noexcept {
  if (this != &other) {
    const uint64_t moves = moves_;
    this->~Table();
    new (this) Table(std::move(other));
    moves_ = std::max(moves, moves_) + 1;  // nothing found before is good any more
  }
  return *this;
}

Table::~Table() {
  if (directory_ != nullptr && arena_ == nullptr) FreeAllSegments();
  std::free(directory_);
}

void Table::FreeAllSegments() {
  for (uint64_t prefix = 0; segment_count_ != 0;) {
    Segment* segment = SegmentAt(prefix);
    prefix = NextPrefix(segment);
    FreeSegment(segment);
    if (prefix == 0) break;
  }
}

void Table::Clear() {
  FreeAllSegments();
  std::free(directory_);
  depth_ = 1;
  directory_ = NewDirectory(depth_);
  directory_[0] = directory_[1] = WordOf(Empty());
  size_ = 0;
  max_groups_ = 1;
  ++moves_;
}

// --- segments ---

unsigned Table::GroupsFor(size_t count) {
  for (const unsigned groups : kGroupSteps) {
    if (count * 100 <= size_t{groups} * kSlots * kFreshLoadPercent) return groups;
  }
  return kMaxGroups;
}

unsigned Table::NextStep(unsigned groups) {
  return *std::upper_bound(std::begin(kGroupSteps), std::end(kGroupSteps) - 1, groups);
}

unsigned Table::DepthLimit() const {
  return std::min<unsigned>(kMaxDepth,
                            static_cast<unsigned>(std::bit_width(size_ + kSpareWords)) - 1);
}

Table::Segment* Table::NewSegment(uint64_t prefix, unsigned depth, unsigned groups) {
  const size_t bytes = SegmentBytes(groups);
  void* memory = arena_ != nullptr ? arena_->AllocateMovable(bytes)
                                   : MustAlignedMalloc(alignof(Segment), bytes);
  auto* segment = new (memory) Segment;
  segment->prefix = prefix;
  segment->min_expiry_ms = INT64_MAX;
  segment->count = 0;
  segment->groups = static_cast<uint16_t>(groups);
  segment->depth = static_cast<uint8_t>(depth);
  // The slots need no value as long as their tags say that they are free.
  for (unsigned i = 0; i < groups; ++i) {
    std::memset(segment->group(i)->control, 0, sizeof(Group::control));
  }
  ++segment_count_;
  segment_bytes_ += SegmentBytes(groups);
  slot_count_ += size_t{groups} * kSlots;
  ++segments_at_depth_[depth];
  max_groups_ = std::max(max_groups_, segment->groups);
  return segment;
}

void Table::FreeSegment(Segment* segment) {
  ++moves_;
  --segment_count_;
  segment_bytes_ -= SegmentBytes(segment->groups);
  slot_count_ -= size_t{segment->groups} * kSlots;
  --segments_at_depth_[segment->depth];
  if (arena_ != nullptr) {
    arena_->FreeMovable(segment, SegmentBytes(segment->groups));
  } else {
    std::free(segment);
  }
}

uint64_t* Table::Place(Segment* segment, unsigned home, uint8_t tag, uint64_t slot) {
  assert(segment->count < segment->groups * kSlots);
  for (unsigned index = home;;) {
    Group* group = segment->group(index);
    if (const uint32_t room = group->Free(); room != 0) {
      const auto i = static_cast<unsigned>(std::countr_zero(room));
      group->control[i] = tag;
      group->slots[i] = slot;
      ++segment->count;
      return &group->slots[i];
    }
    if (group->control[Group::kOverflow] != Group::kSaturated) ++group->control[Group::kOverflow];
    if (++index == segment->groups) index = 0;
  }
}

void Table::SetWords(const Segment* segment) {
  const size_t words = size_t{1} << (depth_ - segment->depth);
  std::fill_n(directory_ + IndexOf(segment->prefix), words, WordOf(segment));
}

// Moves everything into `low`, or into the half that the first bit after the prefix says. The new
// segments' depth is that of `from`, one more, or one less.
void Table::MoveInto(const Segment* from, Segment* low, Segment* high) {
  const bool rehash = (low->depth & ~7u) > (from->depth & ~7u);
  const auto prefetch = [&](unsigned index) {
    if (!rehash || index >= from->groups) return;
    const Group* group = from->group(index);
    for (uint32_t some = group->Occupied(); some != 0; some &= some - 1) {
      const char* element =
          static_cast<const char*>(ElementAt(group->slots[std::countr_zero(some)]));
      Prefetch(element);
      Prefetch(element + 63);
    }
  };
  prefetch(0);
  for (unsigned index = 0; index < from->groups; ++index) {
    prefetch(index + 1);
    const Group* group = from->group(index);
    for (uint32_t some = group->Occupied(); some != 0; some &= some - 1) {
      const auto i = static_cast<unsigned>(std::countr_zero(some));
      const uint64_t slot = group->slots[i];
      const uint64_t hash = rehash ? hash_of_(ElementAt(slot), context_) : KnownHash(from, slot);
      Segment* to = high != nullptr && (hash >> (63 - from->depth) & 1) != 0 ? high : low;
      Place(to, HomeOf(hash, to->depth, to->groups), group->control[i],
            (slot & kPointerMask) | StashOf(hash, to->depth) << 48);
    }
  }
  slots_moved_ += from->count;
  low->min_expiry_ms = std::min(low->min_expiry_ms, from->min_expiry_ms);
  if (high != nullptr) high->min_expiry_ms = from->min_expiry_ms;
}

// --- growing ---

Table::Position Table::Insert(uint64_t hash, void* element) {
  assert((reinterpret_cast<uintptr_t>(element) & ~kPointerMask) == 0);
  Segment* segment = SegmentAt(hash);
  if (segment == Empty()) [[unlikely]] {
    segment = NewSegment(0, 0, 1);
    SetWords(segment);
  }
  while (segment->count >= GrowLimit(segment->groups)) {
    Grow(segment);
    segment = SegmentAt(hash);
  }
  const uint64_t slot = reinterpret_cast<uintptr_t>(element) | StashOf(hash, segment->depth) << 48;
  const unsigned home = HomeOf(hash, segment->depth, segment->groups);
  ++size_;
  return {Place(segment, home, TagOf(hash), slot), segment};
}

void Table::Grow(Segment* segment) {
  if (segment->groups < kSplitGroups) return Rebuild(segment, NextStep(segment->groups));
  const bool is_last = segment->groups == kMaxGroups;
  const unsigned limit = is_last ? std::max(kLastDepth, DepthLimit()) : DepthLimit();
  if (segment->depth < limit) return Split(segment);
  if (is_last) HashesCollide(segment->count);
  Rebuild(segment, NextStep(segment->groups));
}

void Table::Rebuild(Segment* segment, unsigned groups) {
  const unsigned old_groups = segment->groups;
  Segment* rebuilt = NewSegment(segment->prefix, segment->depth, groups);
  MoveInto(segment, rebuilt, nullptr);
  FreeSegment(segment);
  SetWords(rebuilt);
  Compact(old_groups);
}

// Moves segments of this size out of pages that are mostly holes, as the arena asks for.
void Table::Compact(unsigned groups) {
  if (arena_ == nullptr) return;
  const size_t bytes = SegmentBytes(groups);
  for (int i = 0; i < kMovesPerFree; ++i) {
    void* sparse = arena_->SparseMovable(bytes);
    if (sparse == nullptr) return;
    void* moved = arena_->AllocateMovable(bytes);
    std::memcpy(moved, sparse, bytes);
    ++moves_;
    arena_->FreeMovable(sparse, bytes);
    SetWords(static_cast<const Segment*>(moved));
    slots_moved_ += static_cast<const Segment*>(moved)->count;
  }
}

void Table::Split(Segment* segment) {
  const unsigned depth = segment->depth + 1u;
  if (depth > depth_) ResizeDirectory(depth);
  // The stash always holds the bit that decides.
  size_t high_count = 0;
  for (unsigned index = 0; index < segment->groups; ++index) {
    const Group* group = segment->group(index);
    for (uint32_t some = group->Occupied(); some != 0; some &= some - 1) {
      const uint64_t slot = group->slots[std::countr_zero(some)];
      high_count += KnownHash(segment, slot) >> (63 - segment->depth) & 1;
    }
  }
  // When all go to one side, that one splits next: room for more would only put it off.
  const unsigned old_groups = segment->groups;
  const auto groups_for = [&](size_t count) {
    return count == segment->count ? old_groups : GroupsFor(count);
  };
  Segment* low = NewSegment(segment->prefix, depth, groups_for(segment->count - high_count));
  Segment* high =
      NewSegment(segment->prefix | uint64_t{1} << (64 - depth), depth, groups_for(high_count));
  MoveInto(segment, low, high);
  FreeSegment(segment);
  SetWords(low);
  SetWords(high);
  Compact(old_groups);
}

void Table::ResizeDirectory(unsigned depth) {
  uint64_t* resized = NewDirectory(depth);
  const size_t words = size_t{1} << depth;
  if (depth > depth_) {
    const unsigned shift = depth - depth_;
    for (size_t i = 0; i < words; ++i) resized[i] = directory_[i >> shift];
  } else {
    const unsigned shift = depth_ - depth;
    for (size_t i = 0; i < words; ++i) resized[i] = directory_[i << shift];
  }
  directory_words_moved_ += words;
  std::free(directory_);
  directory_ = resized;
  depth_ = depth;
}

// --- copying ---

void Table::BeginCopy(const Table& from) {
  assert(segment_count_ == 0);
  if (from.size_ == 0) return;
  std::free(directory_);
  depth_ = from.depth_;
  directory_ = NewDirectory(depth_);
  // The words are set as segments come, in their order; who destroys the table before the last one
  // counts them.
}

Table::Segment* Table::CopySegment(const Segment* from) {
  Segment* segment = NewSegment(from->prefix, from->depth, from->groups);
  segment->min_expiry_ms = from->min_expiry_ms;
  segment->count = from->count;
  for (unsigned i = 0; i < from->groups; ++i) {
    std::memcpy(segment->group(i)->control, from->group(i)->control, sizeof(Group::control));
  }
  SetWords(segment);
  return segment;
}

// --- erasing ---

void Table::Erase(Position position) {
  Segment* segment = position.segment;
  const unsigned at = segment->GroupOf(position.slot);
  unsigned index = HomeOfStash(*position.slot >> 48, segment->depth, segment->groups);
  while (index != at) {
    uint8_t& overflow = segment->group(index)->control[Group::kOverflow];
    assert(overflow > 0);
    if (overflow != Group::kSaturated) --overflow;
    if (++index == segment->groups) index = 0;
  }
  Group* group = segment->group(at);
  group->control[position.slot - group->slots] = 0;
  ++moves_;
  --segment->count;
  --size_;
  if (!hold_shrinking_ && segment->count <= ShrinkLimit(segment->groups)) MaybeShrink(segment);
}

void Table::ResumeShrinking(Segment* segment) {
  hold_shrinking_ = false;
  if (segment->count <= ShrinkLimit(segment->groups)) MaybeShrink(segment);
}

void Table::MaybeShrink(Segment* segment) {
  if (segment == Empty()) return;
  bool merged = false;
  while (MaybeMerge(segment, &segment)) merged = true;
  if (segment->count == 0 && segment->depth == 0) {
    FreeSegment(segment);
    directory_[0] = WordOf(Empty());
    std::fill_n(directory_, size_t{1} << depth_, WordOf(Empty()));
    max_groups_ = 1;
  } else if (const unsigned groups = GroupsFor(segment->count);
             !merged && groups < segment->groups) {
    Rebuild(segment, groups);
  }
  // One level of slack, so that a segment that splits and merges does not copy the directory.
  unsigned depth = depth_;
  while (depth > 1 && segments_at_depth_[depth] == 0 && segments_at_depth_[depth - 1] == 0) --depth;
  if (depth != depth_) ResizeDirectory(depth);
}

bool Table::MaybeMerge(Segment* segment, Segment** merged) {
  const unsigned depth = segment->depth;
  if (depth == 0) return false;
  const uint64_t bit = uint64_t{1} << (64 - depth);
  Segment* buddy = SegmentAt(segment->prefix ^ bit);
  if (buddy->depth != depth || segment->count + buddy->count > kMergeCount) return false;
  Segment* both =
      NewSegment(segment->prefix & ~bit, depth - 1, GroupsFor(segment->count + buddy->count));
  MoveInto(segment, both, nullptr);
  MoveInto(buddy, both, nullptr);
  FreeSegment(segment);
  FreeSegment(buddy);
  SetWords(both);
  *merged = both;
  return true;
}

// --- walking ---

uint64_t Table::VisitHome(const Segment* segment, unsigned home, uint64_t from_hash,
                          FunctionRef<void(void*)> visit) const {
  const uint64_t unknown = (uint64_t{1} << (48 - (segment->depth & ~7u))) - 1;
  uint64_t visited = 0;
  unsigned index = home;
  for (unsigned probes = 0; probes < segment->groups; ++probes) {
    const Group* group = segment->group(index);
    uint32_t here = 0;
    for (uint32_t some = group->Occupied(); some != 0; some &= some - 1) {
      const uint64_t slot = group->slots[std::countr_zero(some)];
      if (HomeOfStash(slot >> 48, segment->depth, segment->groups) != home) continue;
      // Already visited, when the segment was cut into other groups than now.
      if ((KnownHash(segment, slot) | unknown) < from_hash) continue;
      Prefetch(ElementAt(slot));
      here |= some & (0 - some);
    }
    visited += static_cast<uint64_t>(std::popcount(here));
    for (; here != 0; here &= here - 1) {
      visit(ElementAt(group->slots[std::countr_zero(here)]));
    }
    if (group->control[Group::kOverflow] == 0) break;
    if (++index == segment->groups) index = 0;
  }
  return visited;
}

uint64_t Table::Scan(uint64_t cursor, size_t count, FunctionRef<void(void*)> visit) const {
  uint64_t hash = cursor << (64 - kCursorBits);
  count = std::min(count, size_t{1} << 48);
  const size_t group_limit = count * 10 + 16;
  uint64_t visited = 0;
  for (size_t groups = 0; groups < group_limit; ++groups) {
    const Segment* segment = SegmentAt(hash);
    const unsigned home = HomeOf(hash, segment->depth, segment->groups);
    visited += VisitHome(segment, home, hash, visit);
    // The smallest home bits that belong to a later group.
    const uint64_t bits =
        ((uint64_t{home + 1u} << kHomeBits) + segment->groups - 1) / segment->groups;
    if (bits >> kHomeBits != 0) {
      hash = NextPrefix(segment);
      if (hash == 0) return 0;
    } else {
      hash = segment->prefix | bits << (64 - kHomeBits - segment->depth);
    }
    if (visited >= count) break;
  }
  static_assert(kMaxDepth + kHomeBits <= kCursorBits, "a cursor can name every home group");
  return hash >> (64 - kCursorBits);
}

void Table::ForEach(FunctionRef<void(void*)> visit) const {
  uint64_t prefix = 0;
  do {
    Segment* segment = SegmentAt(prefix);
    PrefetchSegmentAhead(prefix);
    ForEachInSegment(segment, [&](Position position) { visit(ElementAt(*position.slot)); });
    prefix = NextPrefix(segment);
  } while (prefix != 0);
}

void Table::PrefetchSegmentAhead(uint64_t prefix) const {
  const size_t ahead = IndexOf(prefix) + 8;
  if (ahead < size_t{1} << depth_) Prefetch(SegmentOf(directory_[ahead]));
}

Table::Position Table::RandomPosition(Random& random) const {
  assert(size_ > 0);
  // A directory word and a slot number, drawn until they name an element: each element is named by
  // exactly one pair, because only the first word of a segment counts.
  for (;;) {
    const size_t index = random.Below(uint64_t{1} << depth_);
    const auto number = static_cast<unsigned>(random.Below(uint64_t{max_groups_} * kSlots));
    Segment* segment = SegmentOf(directory_[index]);
    const size_t copies = size_t{1} << (depth_ - segment->depth);
    if ((index & (copies - 1)) != 0 || number >= segment->groups * kSlots) continue;
    Group* group = segment->group(number / kSlots);
    if ((group->Occupied() >> number % kSlots & 1) == 0) continue;
    return {&group->slots[number % kSlots], segment};
  }
}

}  // namespace gotthard
