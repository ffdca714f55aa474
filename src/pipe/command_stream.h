// CommandStream: parsed requests as one run of 8-byte words, the form in which commands cross from
// the threads that parse to the thread that executes.
//
// One command:
//
//   word 0             row (16) | key hashes (16) | argc (32)
//   words 1..argc      ArgRef: offset (32) | length (32), relative to the stream's base pointer
//   then               one 64-bit hash per key, for the keys at the row's fixed positions
//
// The point of the form is the traffic between two cores' caches: a GET is 32 bytes here plus its
// bytes in the read buffer, both read front to back. It is also what a transaction queues (with the
// bytes copied), so that EXEC runs a stream like any other.
//
// Limits: argc < 2^31, at most 65,535 hashes per command (further keys are hashed where they are
// used), offsets below 4 GiB from the base.
#pragma once

#include <bit>
#include <cassert>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "resp/parser.h"

namespace gotthard {

struct CommandHeader {
  uint16_t row;         // index in the command table, or one of the pseudo rows (CommandIndex)
  uint16_t hash_count;  // hashes behind the arguments
  uint32_t argc;
};
static_assert(sizeof(CommandHeader) == 8 && sizeof(ArgRef) == 8,
              "a command's header and arguments are words of the stream");

// One command in a stream. A view: valid as long as the stream and its base bytes.
class CommandView {
 public:
  CommandView(const char* base, const uint64_t* words) : base_(base), words_(words) {}

  CommandHeader header() const { return std::bit_cast<CommandHeader>(words_[0]); }
  uint32_t argc() const { return header().argc; }
  std::string_view arg(uint32_t i) const {
    ArgRef ref = std::bit_cast<ArgRef>(words_[1 + i]);
    return {base_ + ref.offset, ref.length};
  }
  // REQUIRES: i < header().hash_count.
  uint64_t hash(uint32_t i) const { return words_[1 + header().argc + i]; }
  // How many words the command takes; the next one begins there.
  size_t word_count() const {
    CommandHeader h = header();
    return 1 + size_t{h.argc} + h.hash_count;
  }
  const uint64_t* words() const { return words_; }
  const char* base() const { return base_; }

 private:
  const char* base_;
  const uint64_t* words_;
};

}  // namespace gotthard
