// BatchBuilder: turns the bytes of one connection into command batches.
//
// One builder per I/O thread, which also owns that thread's pools of batches and buffers; what
// belongs to a connection between two reads is a RequestInput. The parser is resp/parser.h; the
// builder adds the row's number and the keys' hashes, so that the execution thread neither compares
// names nor hashes.
//
// Limits: a batch is cut as CommandBatch says. A connection with `max_in_flight` commands not yet
// answered is not parsed any further: what it sent waits in its buffer, and so it stops being read.
// Unparsed bytes of one request past `query_buffer_limit` end the connection.
#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "pipe/command_batch.h"
#include "pipe/command_index.h"
#include "pipe/read_buffer.h"
#include "resp/parser.h"

namespace gotthard {

// The part of a connection that holds unparsed bytes.
struct RequestInput {
  RequestParser parser;
  ReadBufferRef buffer;  // holds [begin, end); empty when there are no unparsed bytes
  size_t begin = 0;
  size_t end = 0;

  size_t unparsed_bytes() const { return end - begin; }
};

class BatchBuilder {
 public:
  enum class Outcome {
    kDrained,  // all whole requests were taken
    kLimit,    // the budget of commands is used up; call again when some were answered
    kBarrier,  // the last command may change how the rest is to be parsed: wait for its reply
    kError,    // a protocol error went out with the last batch; parse no more
  };
  static constexpr size_t kMaxFreeBatches = 1024;

  BatchBuilder(const CommandIndex& index, const KeyHasher& hasher, uint16_t origin)
      : index_(index), hasher_(hasher), origin_(origin) {}
  ~BatchBuilder() { free_.clear(); }

  // Parses what `input` holds and hands each batch to `emit(std::unique_ptr<CommandBatch>)`, with
  // session, commands and buffer filled in. At most `budget` commands are taken.
  template <std::invocable<std::unique_ptr<CommandBatch>> Emit>
  Outcome Build(RequestInput& input, SessionId session, uint32_t budget, Emit&& emit);

  // Where to receive the next bytes of this connection to: behind what it has of an unfinished
  // request in a private buffer with room for the rest, else into the thread's shared buffer.
  struct Room {
    ReadBuffer* buffer;
    size_t offset;
    size_t size;
    size_t headroom = 0;  // bytes before the offset that nobody uses
  };
  Room RoomFor(RequestInput& input);
  // `size` bytes have arrived, in the room that RoomFor gave or in another one, of which the caller
  // holds a reference (`size` may be 0). What the input has of an unfinished request then goes in
  // front of them, or they behind it.
  void Received(RequestInput& input, const Room& room, size_t size);
  // Call once a connection's bytes were parsed as far as they go: an unfinished request moves to a
  // private buffer, so that a waiting connection holds no shared memory.
  void Settle(RequestInput& input);
  // The connection leaves this thread: its unparsed bytes move to a private buffer of their own.
  void Detach(RequestInput& input);

  std::unique_ptr<CommandBatch> NewBatch(SessionId session);
  // Takes back a batch that has done its round trip (or deletes one that belongs to no pool).
  // REQUIRES: batch->origin is this builder's, or kNoOrigin.
  void Recycle(std::unique_ptr<CommandBatch> batch);

  uint16_t origin() const { return origin_; }

 private:
  // The beginning of the last request, up to its name: "*2\r\n$3\r\nGET\r\n". A pipeline mostly
  // repeats it, and 16 bytes are compared faster than they are parsed and looked up.
  struct Repeat {
    static constexpr size_t kMinBytes = 8;
    static constexpr size_t kMaxBytes = 16;
    uint64_t head = 0;    // its first 8 bytes
    uint64_t tail = 0;    // its last 8 bytes
    uint32_t length = 0;  // 0: nothing to repeat
    uint32_t argc = 0;
    ArgRef name{};  // offset from the request's first byte
    uint16_t row = 0;
    bool has_key = false;  // argument 1 is the one key
  };
  // Joins what the input has with bytes that arrived elsewhere.
  void Join(RequestInput& input, const Room& room, size_t size);
  // Parses a request that begins as the last one did. False: it is for the parser.
  bool TakeRepeat(CommandBatch& batch, RequestInput& input);
  // Remembers the request at [begin, end) of the input's buffer, just finished at word `start`.
  void Remember(const CommandBatch& batch, size_t start, size_t begin,
                const IndexedCommand& command);
  // Adds the parsed command whose ArgRefs were written behind the header's word.
  void Finish(CommandBatch& batch, uint32_t argc, size_t begin, bool* changes_auth);
  // Adds the hashes of the keys at fixed positions of the command at word `start`; returns how
  // many.
  uint16_t AddHashes(CommandBatch& batch, size_t start, const IndexedCommand& command);

  const CommandIndex& index_;
  const KeyHasher& hasher_;
  const uint16_t origin_;
  Repeat repeat_;
  ReadBufferPool pool_;
  ReadBufferRef shared_;  // being filled
  size_t shared_used_ = 0;
  std::vector<std::unique_ptr<CommandBatch>> free_;
};

// Where the parser writes its ArgRefs: behind a word for the command's header.
struct WordSink {
  WordBuffer& words;
  ArgRef* Reserve(uint32_t argc) {
    return reinterpret_cast<ArgRef*>(words.Reserve(size_t{argc} + 1) + 1);
  }
};

inline bool BatchBuilder::TakeRepeat(CommandBatch& batch, RequestInput& input) {
  const char* base = batch.base;
  const char* p = base + input.begin;
  const char* limit = base + input.end;
  if (limit - p < static_cast<ptrdiff_t>(repeat_.length) || repeat_.length == 0) return false;
  uint64_t head = 0;
  uint64_t tail = 0;
  std::memcpy(&head, p, 8);
  std::memcpy(&tail, p + repeat_.length - 8, 8);
  if (head != repeat_.head || tail != repeat_.tail || !input.parser.at_start() ||
      !input.parser.limits().authenticated) {
    return false;
  }
  const uint32_t argc = repeat_.argc;
  uint64_t* words = batch.words.Reserve(2 + size_t{argc});
  auto* refs = reinterpret_cast<ArgRef*>(words + 1);
  refs[0] = {static_cast<uint32_t>(input.begin) + repeat_.name.offset, repeat_.name.length};
  p += repeat_.length;
  for (uint32_t i = 1; i < argc; ++i) {
    p = input.parser.ParseArgument(base, p, limit, refs + i);
    if (p == nullptr) return false;
  }
  const CommandHeader header{
      .row = repeat_.row, .hash_count = repeat_.has_key ? uint16_t{1} : uint16_t{0}, .argc = argc};
  words[0] = std::bit_cast<uint64_t>(header);
  if (repeat_.has_key) words[1 + argc] = hasher_({base + refs[1].offset, refs[1].length});
  batch.words.Advance(1 + size_t{argc} + header.hash_count);
  ++batch.command_count;
  input.begin = static_cast<size_t>(p - base);
  return true;
}

template <std::invocable<std::unique_ptr<CommandBatch>> Emit>
BatchBuilder::Outcome BatchBuilder::Build(RequestInput& input, SessionId session, uint32_t budget,
                                          Emit&& emit) {
  if (!input.buffer) return Outcome::kDrained;
  std::unique_ptr<CommandBatch> batch;
  Outcome outcome = Outcome::kDrained;
  size_t batch_begin = input.begin;
  char* base = input.buffer->data();
  while (input.begin != input.end) {
    if (budget == 0) {
      outcome = Outcome::kLimit;
      break;
    }
    if (batch == nullptr) {
      batch = NewBatch(session);
      batch->base = base;
      batch->buffer = input.buffer;
      batch_begin = input.begin;
    }
    if (TakeRepeat(*batch, input)) {
      --budget;
      if (batch->command_count >= CommandBatch::kMaxCommands ||
          input.begin - batch_begin >= CommandBatch::kMaxBytes) {
        emit(std::exchange(batch, nullptr));
      }
      continue;
    }
    WordSink sink{batch->words};
    const size_t request_begin = input.begin;
    RequestParser::Outcome parsed = input.parser.Parse(base, input.begin, input.end, sink);
    input.begin = input.parser.consumed_to();
    if (parsed == RequestParser::Outcome::kNeedMore) break;
    if (parsed == RequestParser::Outcome::kError) {
      batch->error = input.parser.error();
      batch->has_error = true;
      input.begin = input.end;
      outcome = Outcome::kError;
      break;
    }
    bool changes_auth = false;
    Finish(*batch, input.parser.argc(), request_begin, &changes_auth);
    --budget;
    if (changes_auth && !input.parser.limits().authenticated) {
      outcome = Outcome::kBarrier;
      break;
    }
    if (batch->command_count >= CommandBatch::kMaxCommands ||
        input.begin - batch_begin >= CommandBatch::kMaxBytes) {
      emit(std::exchange(batch, nullptr));
    }
  }
  if (batch != nullptr) {
    if (batch->command_count != 0 || batch->has_error) {
      emit(std::move(batch));
    } else {
      Recycle(std::move(batch));
    }
  }
  if (input.begin == input.end) {
    input.buffer.reset();
    input.begin = input.end = 0;
  }
  return outcome;
}

}  // namespace gotthard
