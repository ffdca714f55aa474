#include "resp/reply_buffer.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "base/memory.h"

namespace gotthard {
namespace {

// Up to this many bytes behind a gap are moved to make room for a longer header; beyond it the
// header becomes a piece of its own, which costs the kernel two more entries but no copy.
constexpr size_t kMaxShiftBytes = 16 * 1024;

}  // namespace

ReplyBuffer::ReplyBuffer(ReplyBuffer&& other) noexcept {
  TakeFrom(other);
}

ReplyBuffer& ReplyBuffer::operator=(ReplyBuffer&& other) noexcept {
  if (this != &other) {
    FreeChunks();
    TakeFrom(other);
  }
  return *this;
}

ReplyBuffer::~ReplyBuffer() {
  FreeChunks();
}

void ReplyBuffer::TakeFrom(ReplyBuffer& other) {
  cursor_ = std::exchange(other.cursor_, nullptr);
  limit_ = std::exchange(other.limit_, nullptr);
  run_begin_ = std::exchange(other.run_begin_, nullptr);
  closed_bytes_ = std::exchange(other.closed_bytes_, 0);
  first_chunk_bytes_ = other.first_chunk_bytes_;
  pieces_ = std::exchange(other.pieces_, {});
  chunks_ = std::exchange(other.chunks_, {});
}

void ReplyBuffer::FreeChunks() {
  for (const Chunk& chunk : chunks_) std::free(chunk.memory);
  chunks_.clear();
}

void ReplyBuffer::AddChunk(size_t bytes) {
  char* memory = static_cast<char*>(MustMalloc(bytes));
  chunks_.push_back({memory, bytes});
  cursor_ = run_begin_ = memory;
  limit_ = memory + bytes;
}

void ReplyBuffer::CloseRun() {
  const auto length = static_cast<size_t>(cursor_ - run_begin_);
  if (length == 0) return;
  pieces_.push_back({run_begin_, length, {}});
  closed_bytes_ += length;
  run_begin_ = cursor_;
}

void ReplyBuffer::Grow(size_t bytes) {
  CloseRun();
  const size_t usual =
      chunks_.empty()
          ? first_chunk_bytes_
          : std::min(std::max(chunks_.back().bytes, kFirstChunkBytes / 2) * 2, kMaxChunkBytes);
  // A first chunk that is kept must have its usual size, whatever the first reply needs.
  if (chunks_.empty() && bytes > usual) AddChunk(usual);
  AddChunk(std::max(usual, bytes));
}

void ReplyBuffer::Append(std::string_view bytes) {
  const size_t fits = std::min(static_cast<size_t>(limit_ - cursor_), bytes.size());
  if (fits > 0) {
    std::memcpy(cursor_, bytes.data(), fits);
    cursor_ += fits;
    bytes.remove_prefix(fits);
  }
  if (bytes.empty()) return;
  char* p = Reserve(bytes.size());
  std::memcpy(p, bytes.data(), bytes.size());
  Commit(p + bytes.size());
}

void ReplyBuffer::AppendBlob(BlobRef blob, size_t offset, size_t length) {
  assert(offset <= blob->size() && length <= blob->size() - offset);
  if (length == 0) return;
  CloseRun();
  const char* data = blob->data() + offset;
  pieces_.push_back({data, length, std::move(blob)});
  closed_bytes_ += length;
}

size_t ReplyBuffer::allocated_bytes() const {
  size_t bytes = 0;
  for (const Chunk& chunk : chunks_) bytes += chunk.bytes;
  return bytes;
}

size_t ReplyBuffer::Gap() {
  char* p = Reserve(kGapBytes);
  const size_t gap = size();
  Commit(p + kGapBytes);
  return gap;
}

void ReplyBuffer::FillGap(size_t gap, std::string_view text) {
  if (gap < closed_bytes_) return SplitAtGap(gap, text);
  char* at = run_begin_ + (gap - closed_bytes_);
  if (text.size() != kGapBytes) {
    const auto behind = static_cast<size_t>(cursor_ - at) - kGapBytes;
    const size_t wanted = text.size() + behind;
    if (behind > kMaxShiftBytes || static_cast<size_t>(limit_ - at) < wanted) {
      CloseRun();
      return SplitAtGap(gap, text);
    }
    std::memmove(at + text.size(), at + kGapBytes, behind);
    cursor_ = at + wanted;
  }
  std::memcpy(at, text.data(), text.size());
}

// The gap lies in a closed piece: that piece becomes what precedes the gap, the text, and what
// follows.
void ReplyBuffer::SplitAtGap(size_t gap, std::string_view text) {
  // The text's bytes live at the end of the latest chunk, outside of any run.
  CloseRun();
  char* copy = Reserve(text.size());
  std::memcpy(copy, text.data(), text.size());
  cursor_ = run_begin_ = copy + text.size();

  size_t index = 0;
  size_t begin = 0;
  while (begin + pieces_[index].length <= gap) begin += pieces_[index++].length;
  const Piece& piece = pieces_[index];
  assert(!piece.blob && gap + kGapBytes <= begin + piece.length);
  const size_t before = gap - begin;
  Piece parts[3] = {
      {piece.data, before, {}},
      {copy, text.size(), {}},
      {piece.data + before + kGapBytes, piece.length - before - kGapBytes, {}},
  };
  pieces_.erase(pieces_.begin() + static_cast<ptrdiff_t>(index));
  for (Piece& part : parts) {
    if (part.length == 0) continue;
    pieces_.insert(pieces_.begin() + static_cast<ptrdiff_t>(index), std::move(part));
    ++index;
  }
  closed_bytes_ += text.size() - kGapBytes;
}

void ReplyBuffer::Truncate(size_t size) {
  assert(size <= this->size());
  if (size >= closed_bytes_) {
    cursor_ = run_begin_ + (size - closed_bytes_);
    return;
  }
  if (size == 0) return Clear();
  cursor_ = run_begin_;
  while (closed_bytes_ > size) {
    Piece& last = pieces_.back();
    const size_t drop = std::min(last.length, closed_bytes_ - size);
    last.length -= drop;
    closed_bytes_ -= drop;
    if (last.length == 0) pieces_.pop_back();
  }
}

void ReplyBuffer::Clear() {
  if (!pieces_.empty()) pieces_.clear();
  closed_bytes_ = 0;
  if (chunks_.empty()) return;
  while (chunks_.size() > 1) {
    std::free(chunks_.back().memory);
    chunks_.pop_back();
  }
  cursor_ = run_begin_ = chunks_[0].memory;
  limit_ = cursor_ + chunks_[0].bytes;
}

size_t ReplyBuffer::FillIov(iovec* out, size_t max, size_t skip) const {
  size_t filled = 0;
  const auto add = [&](const char* data, size_t length) {
    if (skip >= length) {
      skip -= length;
      return;
    }
    // writev takes pointers to mutable bytes and does not write to them.
    out[filled++] = {const_cast<char*>(data) + skip, length - skip};
    skip = 0;
  };
  for (const Piece& piece : pieces_) {
    if (filled == max) return filled;
    add(piece.data, piece.length);
  }
  if (filled < max) add(run_begin_, static_cast<size_t>(cursor_ - run_begin_));
  return filled;
}

std::string ReplyBuffer::ToString() const {
  std::string bytes;
  bytes.reserve(size());
  for (const Piece& piece : pieces_) bytes.append(piece.data, piece.length);
  bytes.append(run_begin_, static_cast<size_t>(cursor_ - run_begin_));
  return bytes;
}

}  // namespace gotthard
