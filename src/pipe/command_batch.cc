#include "pipe/command_batch.h"

#include <algorithm>

namespace gotthard {
namespace {

// What an emptied batch keeps: 64 commands of a dozen arguments.
constexpr size_t kKeepWords = 1024;
constexpr size_t kFirstWords = 512;

}  // namespace

void WordBuffer::Grow(size_t n) {
  size_t capacity = std::max({kFirstWords, capacity_ * 2, size_ + n});
  auto words = std::make_unique_for_overwrite<uint64_t[]>(capacity);
  if (size_ != 0) std::memcpy(words.get(), words_.get(), size_ * sizeof(uint64_t));
  words_ = std::move(words);
  capacity_ = capacity;
}

void CommandBatch::Reset() {
  session = SessionId{};
  kind = BatchKind::kCommands;
  has_error = false;
  command_count = 0;
  base = nullptr;
  words.Clear(kKeepWords);
  output_flushed_bytes = 0;
  query_buffer_bytes = query_buffer_free = 0;
  reply.Clear();
  close_after_reply = session_gone = authenticated = false;
  output_class = 0;
  buffer.reset();
  value.Reset();
  error.clear();
  traveller.reset();
  request_bytes = 0;
}

}  // namespace gotthard
