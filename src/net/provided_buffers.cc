#include "net/provided_buffers.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cstring>
#include <string>
#include <utility>

namespace gotthard {
namespace {

constexpr size_t kRingBytes = ProvidedBuffers::kSlots * sizeof(io_uring_buf);

// Gives back the pages that lie whole in what the kernel receives into.
void DropPages(ReadBuffer& buffer) {
  static const auto kPage = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  const auto begin = reinterpret_cast<uintptr_t>(buffer.data() + ProvidedBuffers::kHeadroom);
  const auto end = reinterpret_cast<uintptr_t>(buffer.data() + buffer.capacity());
  const uintptr_t first = (begin + kPage - 1) & ~(kPage - 1);
  const uintptr_t last = end & ~(kPage - 1);
  // NOLINTNEXTLINE(performance-no-int-to-ptr): rounded to whole pages.
  if (first < last) (void)madvise(reinterpret_cast<void*>(first), last - first, MADV_DONTNEED);
}

}  // namespace

ProvidedBuffers::~ProvidedBuffers() {
  if (entries_ != nullptr) munmap(entries_, kRingBytes);
}

Status ProvidedBuffers::Register(io_uring* ring) {
  void* memory =
      mmap(nullptr, kRingBytes, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
  if (memory == MAP_FAILED) return Status::Error(std::string("mmap: ") + strerror(errno));
  entries_ = static_cast<io_uring_buf_ring*>(memory);
  io_uring_buf_ring_init(entries_);
  io_uring_buf_reg registration{};
  registration.ring_addr = reinterpret_cast<uintptr_t>(memory);
  registration.ring_entries = kSlots;
  registration.bgid = kGroup;
  const int failed = io_uring_register_buf_ring(ring, &registration, 0);
  if (failed != 0) return Status::Error(std::string("io_uring_register: ") + strerror(-failed));
  buffers_.resize(kSlots);
  free_slots_.reserve(kSlots);
  for (uint32_t i = kSlots; i-- > 0;) free_slots_.push_back(static_cast<uint16_t>(i));
  return Status::Ok();
}

void ProvidedBuffers::Fill() {
  int added = 0;
  while (provided_ < wanted_) {
    const uint16_t slot = free_slots_.back();
    free_slots_.pop_back();
    ReadBufferRef buffer = pool_.Get();
    io_uring_buf_ring_add(entries_, buffer->data() + kHeadroom,
                          static_cast<unsigned>(buffer->capacity() - kHeadroom), slot,
                          io_uring_buf_ring_mask(kSlots), added++);
    buffers_[slot] = std::move(buffer);
    ++provided_;
  }
  if (added != 0) io_uring_buf_ring_advance(entries_, added);
}

ReadBufferRef ProvidedBuffers::Take(uint16_t slot) {
  assert(buffers_[slot]);
  free_slots_.push_back(slot);
  --provided_;
  return std::exchange(buffers_[slot], ReadBufferRef());
}

void ProvidedBuffers::Starved(size_t connections) {
  rests_ = 0;
  next_slot_ = kSlots;
  if (connections >= wanted_ / 2) wanted_ = std::min(wanted_ * 2, kSlots);
}

void ProvidedBuffers::Rest() {
  if (wanted_ > kFirst && ++rests_ == kRests) {
    rests_ = 0;
    wanted_ /= 2;
    next_slot_ = 0;
  }
  if (next_slot_ == kSlots) return;
  if (provided_ <= wanted_) {
    next_slot_ = kSlots;
    return;
  }
  const uint32_t end = std::min(next_slot_ + kSlotsPerRest, kSlots);
  for (; next_slot_ < end; ++next_slot_) {
    if (buffers_[next_slot_]) DropPages(*buffers_[next_slot_].get());
  }
}

}  // namespace gotthard
