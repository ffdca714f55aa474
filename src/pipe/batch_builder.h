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
  };
  Room RoomFor(RequestInput& input);
  // `size` bytes have arrived in the room that RoomFor gave (`size` may be 0).
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
  // Adds the parsed command whose ArgRefs were written behind the header's word.
  void Finish(CommandBatch& batch, uint32_t argc, bool* changes_auth);
  // Adds the hashes of the keys at fixed positions of the command at word `start`; returns how
  // many.
  uint16_t AddHashes(CommandBatch& batch, size_t start, const IndexedCommand& command);

  const CommandIndex& index_;
  const KeyHasher& hasher_;
  const uint16_t origin_;
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
    WordSink sink{batch->words};
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
    Finish(*batch, input.parser.argc(), &changes_auth);
    --budget;
    if (changes_auth && !input.parser.limits().authenticated) {
      outcome = Outcome::kBarrier;
      break;
    }
    if (batch->command_count >= CommandBatch::kMaxCommands ||
        input.begin - batch_begin >= CommandBatch::kMaxBytes) {
      emit(std::move(batch));
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
