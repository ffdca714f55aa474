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
//
// Large values: once the header of an argument of kValueBytes or more has been seen, its request is
// received into a blob made for it (ReadBuffer::NewForValue), and the batch offers the value to
// the command that stores it (CommandBatch::value). Of several large ones in a request none is
// offered: a blob is handed over only if the value is most of it. What the length of an argument
// makes us allocate is bounded by what has arrived, see kTrustedBytes.
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
  bool sends_values = false;  // the last request that was taken brought a large one

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
  static constexpr size_t kMinFreeBatches = 64;
  static constexpr size_t kMaxTrimmed = 128;  // at once
  // From this length on a value is worth a buffer of its own. Below it, one more system call and
  // allocation cost what copying does.
  static constexpr uint64_t kValueBytes = 32 * 1024;

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
  // Gives back some of the free batches that were not needed since the last call, down to
  // kMinFreeBatches; to be called once a second.
  void Trim();
  size_t free_batches() const { return free_.size(); }

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
    uint64_t header = 0;   // a CommandHeader
    uint64_t name = 0;     // an ArgRef, its offset from the request's first byte
    bool has_key = false;  // argument 1 is the one key
  };
  // The same including the length of the key: "*2\r\n$3\r\nGET\r\n$16\r\n". Keys of one length are
  // common, and then nothing of a GET has to be parsed at all.
  struct KeyedRepeat {
    static constexpr size_t kMinBytes = 16;
    static constexpr size_t kMaxBytes = 24;
    static constexpr size_t kNone = SIZE_MAX;
    uint64_t head = 0;        // its first 8 bytes
    uint64_t middle = 0;      // the next 8
    uint64_t tail = 0;        // its last 8 bytes
    size_t length = 0;        // up to the key
    size_t with_key = kNone;  // with the key and its line end; kNone: nothing to repeat
    uint32_t key_length = 0;
  };

  // Joins what the input has with bytes that arrived elsewhere.
  void Join(RequestInput& input, const Room& room, size_t size);
  // Takes a request that begins as the last one did. False: it is for the parser.
  bool TakeRepeat(CommandBatch& batch, RequestInput& input);
  bool TakeKeyedRepeat(CommandBatch& batch, RequestInput& input);
  // The request that was just taken through `repeat_` has this key.
  void RememberKey(const char* request, const char* base, ArgRef key);
  // May requests be taken by what they have in common with the last one?
  static bool MayRepeat(const RequestParser& parser) {
    return parser.at_start() && parser.limits().authenticated &&
           parser.limits().max_bulk_len >= RequestParser::kMaxFastBulk;
  }
  // Remembers the request at [begin, end) of the input's buffer, just finished at word `start`.
  void Remember(const CommandBatch& batch, size_t start, size_t begin,
                const IndexedCommand& command);
  // A private buffer with room for what the input's unfinished request lacks.
  void MakePrivate(RequestInput& input, size_t missing);
  // Offers the value that the request just parsed, the first of its buffer, consists of.
  static void OfferValue(CommandBatch& batch, RequestInput& input, uint32_t argc);
  // Adds the parsed command whose ArgRefs were written behind the header's word.
  void Finish(CommandBatch& batch, uint32_t argc, size_t begin, bool* changes_auth);
  // Adds the hashes of the keys at fixed positions of the command at word `start`; returns how
  // many.
  uint16_t AddHashes(CommandBatch& batch, size_t start, const IndexedCommand& command);

  const CommandIndex& index_;
  const KeyHasher& hasher_;
  const uint16_t origin_;
  Repeat repeat_;
  KeyedRepeat keyed_;
  ReadBufferPool pool_;
  ReadBufferRef shared_;  // being filled
  size_t shared_used_ = 0;
  std::vector<std::unique_ptr<CommandBatch>> free_;
  size_t least_free_ = 0;  // since the last Trim
};

// Where the parser writes its ArgRefs: behind a word for the command's header.
struct WordSink {
  WordBuffer& words;
  ArgRef* Reserve(uint32_t argc) {
    return reinterpret_cast<ArgRef*>(words.Reserve(size_t{argc} + 1) + 1);
  }
};

inline uint64_t LoadWord(const char* p) {
  uint64_t word = 0;
  std::memcpy(&word, p, sizeof(word));
  return word;
}
static_assert(std::bit_cast<uint64_t>(ArgRef{.offset = 1, .length = 0}) == 1,
              "adding to an ArgRef's word moves its offset");

inline bool BatchBuilder::TakeRepeat(CommandBatch& batch, RequestInput& input) {
  const char* base = batch.base;
  const char* p = base + input.begin;
  const char* limit = base + input.end;
  if (limit - p < static_cast<ptrdiff_t>(repeat_.length) || repeat_.length == 0) return false;
  if (LoadWord(p) != repeat_.head || LoadWord(p + repeat_.length - 8) != repeat_.tail) return false;
  const uint32_t argc = repeat_.argc;
  uint64_t* words = batch.words.Reserve(2 + size_t{argc});
  auto* refs = reinterpret_cast<ArgRef*>(words + 1);
  words[0] = repeat_.header;
  words[1] = repeat_.name + input.begin;
  const char* const request = p;
  p += repeat_.length;
  for (uint32_t i = 1; i < argc; ++i) {
    p = input.parser.ParseArgument(base, p, limit, refs + i);
    if (p == nullptr) return false;
  }
  if (repeat_.has_key) {
    words[1 + argc] = hasher_({base + refs[1].offset, refs[1].length});
    RememberKey(request, base, refs[1]);
  }
  batch.words.Advance(1 + size_t{argc} + (repeat_.has_key ? 1 : 0));
  ++batch.command_count;
  input.begin = static_cast<size_t>(p - base);
  return true;
}

inline bool BatchBuilder::TakeKeyedRepeat(CommandBatch& batch, RequestInput& input) {
  const char* base = batch.base;
  const char* p = base + input.begin;
  if (input.end - input.begin < keyed_.with_key) return false;
  if (((LoadWord(p) ^ keyed_.head) | (LoadWord(p + 8) ^ keyed_.middle) |
       (LoadWord(p + keyed_.length - 8) ^ keyed_.tail)) != 0) {
    return false;
  }
  const uint32_t argc = repeat_.argc;
  uint64_t* words = batch.words.Reserve(2 + size_t{argc});
  const char* const key = p + keyed_.length;
  words[0] = repeat_.header;
  words[1] = repeat_.name + input.begin;  // the offset is the lower half
  words[2] = std::bit_cast<uint64_t>(ArgRef{static_cast<uint32_t>(key - base), keyed_.key_length});
  p += keyed_.with_key;
  for (uint32_t i = 2; i < argc; ++i) {
    p = input.parser.ParseArgument(base, p, base + input.end,
                                   reinterpret_cast<ArgRef*>(words + 1 + i));
    if (p == nullptr) return false;
  }
  words[1 + argc] = hasher_({key, keyed_.key_length});
  batch.words.Advance(2 + size_t{argc});
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
  bool may_repeat = MayRepeat(input.parser);
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
    if (may_repeat && (TakeKeyedRepeat(*batch, input) || TakeRepeat(*batch, input))) {
      --budget;
      input.sends_values = false;
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
    may_repeat = MayRepeat(input.parser);
    input.sends_values = input.buffer->for_value();
    if (input.sends_values && request_begin == 0) {
      OfferValue(*batch, input, input.parser.argc());
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
