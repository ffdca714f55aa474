// UringSocket: what the io_uring back end knows of one descriptor, and how it names it to the
// kernel.
//
// Owning thread: its reactor's. Plain data: what the states mean together is
// net/uring_reactor.cc's.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

#include "net/reactor.h"
#include "pipe/read_buffer.h"

namespace gotthard {

struct UringSocket {
  // What a request to the kernel is for; part of its tag.
  enum class Op : uint8_t {
    kIgnored,
    kReceive,
    kSend,
    kAccept,
    kListenPoll,
    kHangUp,
    kReadPoll,
    kWatch
  };

  enum State : uint16_t {
    kReceiving = 1 << 0,    // a receive is in the kernel
    kCancelling = 1 << 1,   // and is being cancelled
    kStarved = 1 << 2,      // it ended for want of buffers, and starts again next turn
    kSending = 1 << 3,      // a send is in the kernel, or about to be
    kSendWaits = 1 << 4,    // the pending or next send waits for room in the socket
    kPaused = 1 << 5,       // the endpoint wants no bytes
    kReady = 1 << 6,        // is among those to be told what was queued
    kEnded = 1 << 7,        // the peer's end was received, perhaps not told
    kReleasing = 1 << 8,    // the endpoint wants to leave
    kHangUpPoll = 1 << 9,   // a poll for the connection's death is in the kernel
    kListenPoll = 1 << 10,  // a listener waits for a connection, without accepting it
    kReadPoll = 1 << 11,    // a poll for bytes to read is in the kernel
    kAgain = 1 << 12,       // is among those to be read from without waiting
    kQuiet = 1 << 13,       // is among those that may need a poll for their death
  };

  // Bytes that arrived, and whose buffer they are in.
  struct Segment {
    ReadBufferRef buffer;
    size_t offset;
    size_t size;
    size_t headroom;
    BatchBuilder::Room room() const { return {buffer.get(), offset, size, headroom}; }
  };

  Endpoint* endpoint = nullptr;
  Acceptor* acceptor = nullptr;
  uint32_t generation = 0;
  uint16_t states = 0;
  uint8_t direct_left = 0;     // read by system calls; back to a receive after so many small reads
  uint64_t last_request = 0;   // the number of the last one that names the descriptor
  size_t send_bytes = 0;       // of the pending send
  std::vector<Segment> queue;  // arrived, not told; short
  size_t queued_bytes = 0;

  bool Has(unsigned any) const { return (states & any) != 0; }
  void Set(unsigned these) { states = static_cast<uint16_t>(states | these); }
  void Clear(unsigned these) { states = static_cast<uint16_t>(states & ~these); }

  // A request's tag: generation, operation, descriptor. A late completion of a descriptor's former
  // life is known by its generation.
  uint64_t Tag(Op op, int fd) const {
    return uint64_t{generation} << 32 | uint64_t{static_cast<uint8_t>(op)} << 24 |
           static_cast<uint32_t>(fd);
  }
  static Op OpOf(uint64_t tag) { return static_cast<Op>(tag >> 24 & 0xff); }
  static int FdOf(uint64_t tag) { return static_cast<int>(tag & 0xff'ffff); }
  static uint32_t GenerationOf(uint64_t tag) { return static_cast<uint32_t>(tag >> 32); }

  // Puts bytes behind those that wait. A few do not keep a whole provided buffer: they are copied.
  void Enqueue(Segment segment) {
    queued_bytes += segment.size;
    if (segment.size >= kWorthKeeping) {
      queue.push_back(std::move(segment));
      return;
    }
    const char* bytes = segment.buffer->data() + segment.offset;
    if (!queue.empty()) {
      Segment& last = queue.back();
      const size_t end = last.offset + last.size;
      if (last.buffer->is_private() && last.buffer->refs() == 1 &&
          last.buffer->capacity() - end >= segment.size) {
        std::memcpy(last.buffer->data() + end, bytes, segment.size);
        last.size += segment.size;
        return;
      }
    }
    ReadBufferRef copy =
        ReadBufferRef::Adopt(ReadBuffer::NewPrivate(std::max(segment.size, kMinCopy)));
    std::memcpy(copy->data(), bytes, segment.size);
    queue.push_back({std::move(copy), 0, segment.size, 0});
  }
  Segment Dequeue() {
    Segment front = std::move(queue.front());
    queue.erase(queue.begin());
    queued_bytes -= front.size;
    return front;
  }

 private:
  static constexpr size_t kWorthKeeping = 8 * 1024;
  static constexpr size_t kMinCopy = 4096;
};

}  // namespace gotthard
