// CommandBatch: what crosses between an I/O thread and the execution thread, both ways.
//
// On the way in it carries the parsed commands of one connection (a CommandStream over a read
// buffer), on the way back their replies: the ReplyBatch of the design is the second half of the
// same object, so that one allocation, made once and pooled by the I/O thread, serves a whole round
// trip. It travels by unique_ptr: whoever holds it owns all of it. The few other messages between
// the two sides (a connection that moves, ends or is to be ended, bytes outside of a reply) take
// the same way, as batches of another kind, because their order among the commands matters.
//
// Limits: a batch is cut at kMaxCommands commands and at kMaxBytes of requests (one request may be
// larger), so that a deep pipeline shares the execution thread with other clients.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>

#include "base/blob.h"
#include "pipe/command_stream.h"
#include "pipe/read_buffer.h"
#include "pipe/session_id.h"
#include "resp/reply_buffer.h"

namespace gotthard {

// A growing array of words. Unlike std::vector it never writes what is about to be overwritten, and
// it keeps its memory when cleared.
class WordBuffer {
 public:
  WordBuffer() = default;
  WordBuffer(const WordBuffer&) = delete;
  WordBuffer& operator=(const WordBuffer&) = delete;

  const uint64_t* data() const { return words_.get(); }
  uint64_t* data() { return words_.get(); }
  size_t size() const { return size_; }
  size_t capacity() const { return capacity_; }
  // Room for `n` more words. The pointer is valid until the next call.
  uint64_t* Reserve(size_t n) {
    if (size_ + n > capacity_) [[unlikely]]
      Grow(n);
    return words_.get() + size_;
  }
  // REQUIRES: reserved.
  void Advance(size_t n) { size_ += n; }
  void Truncate(size_t size) { size_ = size; }
  // Empties it; memory past `keep_words` is given back.
  void Clear(size_t keep_words) {
    size_ = 0;
    if (capacity_ > keep_words) {
      words_.reset();
      capacity_ = 0;
    }
  }

 private:
  void Grow(size_t n);

  std::unique_ptr<uint64_t[]> words_;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

// Something of the I/O side that travels through the execution thread without being looked at: a
// connection on its way to another thread.
class Traveller {
 public:
  virtual ~Traveller() = default;
};

enum class BatchKind : uint8_t {
  kCommands,  // in: commands to run; back: their replies
  kPush,      // back: bytes for the client outside of a reply; in: reports on its buffers alone
  kAdopt,     // to an I/O thread: `traveller` is yours now
  kGiveBack,  // to an I/O thread: send this connection home
  kReturned,  // in: `traveller` comes home
  kClose,     // to an I/O thread: end this connection, its replies so far first
  kClosed,    // in: the connection is gone
  kStop,      // to an I/O thread: end
};

class alignas(64) CommandBatch {
 public:
  static constexpr uint32_t kMaxCommands = 64;
  static constexpr size_t kMaxBytes = 64 * 1024;
  static constexpr uint16_t kNoOrigin = UINT16_MAX;

  CommandBatch() = default;
  CommandBatch(const CommandBatch&) = delete;
  CommandBatch& operator=(const CommandBatch&) = delete;

  // --- What the execution thread reads; one cache line, then the words, in order.
  SessionId session;
  BatchKind kind = BatchKind::kCommands;
  bool has_error = false;       // `error` follows the commands
  uint16_t origin = kNoOrigin;  // the thread whose pool it belongs to; kNoOrigin: nobody's
  uint32_t command_count = 0;
  const char* base = nullptr;  // what the words' offsets are relative to
  WordBuffer words;
  uint32_t query_buffer_bytes = 0;  // of the connection, when the batch was made
  uint32_t query_buffer_free = 0;
  uint64_t output_flushed_bytes = 0;  // of the connection, so far
  // One of the arguments, a large one, is this blob's bytes: whoever stores it may take the blob.
  BlobRef value;

  // --- What the I/O thread reads when it comes back.
  ReplyBuffer reply;
  bool close_after_reply = false;
  bool session_gone = false;   // nobody to reply to
  bool authenticated = false;  // how the client stands after the batch
  uint8_t output_class = 0;    // 0 normal, 1 replica, 2 pubsub: which output limit holds

  // --- The I/O thread's own.
  ReadBufferRef buffer;  // keeps `base` alive; empty for batches without views
  std::string error;     // a protocol error, answered after the commands; ends the connection
  std::unique_ptr<Traveller> traveller;
  uint32_t request_bytes = 0;          // of the commands, as they arrived
  std::unique_ptr<CommandBatch> next;  // in a BatchQueue

  // Empties the batch for its next use; keeps moderate amounts of memory.
  void Reset();
};

}  // namespace gotthard
