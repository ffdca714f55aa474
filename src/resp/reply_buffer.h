// ReplyBuffer: the bytes of replies in order, ready for writev.
//
// A sequence of pieces: runs of bytes inside chunks that the buffer owns, and parts of counted
// blobs that it references. Writing goes to the open run, at the end of the latest chunk; appending
// a blob or changing the chunk closes the run.
//
//   chunk 0  [ run ........... | run ..... | free ]     chunk 1 [ run ....... | free ]
//   blobs            [ blob part ]     ^-- pieces: run, blob part, run, run (open)
//
// The first chunk has a fixed size, is allocated on first use and kept by Clear(), so that a
// pooled owner allocates nothing in the steady state. Further chunks double up to kMaxChunkBytes
// and are freed by Clear().
//
// Owning thread: one at a time: the execution thread fills it, the connection's reactor sends it;
// what hands it over (a mailbox) orders the two. A pointer from Reserve() is good until the next
// call of anything else. Moving leaves the source empty. Limit: none here. Whoever writes for a
// client compares size() with the client's output limit.
#pragma once

#include <sys/uio.h>

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/blob.h"

namespace gotthard {

class ReplyBuffer {
 public:
  static constexpr size_t kFirstChunkBytes = 16 * 1024;
  static constexpr size_t kMaxChunkBytes = 1024 * 1024;
  // The bytes that Gap() leaves for a header "*N\r\n".
  static constexpr size_t kGapBytes = 4;

  explicit ReplyBuffer(size_t first_chunk_bytes = kFirstChunkBytes)
      : first_chunk_bytes_(first_chunk_bytes) {}
  ReplyBuffer(ReplyBuffer&& other) noexcept;
  ReplyBuffer& operator=(ReplyBuffer&& other) noexcept;
  ReplyBuffer(const ReplyBuffer&) = delete;
  ReplyBuffer& operator=(const ReplyBuffer&) = delete;
  ~ReplyBuffer();

  // Room for `bytes` contiguous bytes. Nothing is part of the reply before Commit().
  char* Reserve(size_t bytes) {
    if (static_cast<size_t>(limit_ - cursor_) < bytes) [[unlikely]]
      Grow(bytes);
    return cursor_;
  }
  // What was written up to `end` becomes part of the reply. REQUIRES: `end` within the latest
  // Reserve().
  void Commit(char* end) {
    assert(end >= cursor_ && end <= limit_);
    cursor_ = end;
  }

  // Copies `bytes`.
  void Append(std::string_view bytes);
  // References `length` bytes of `blob` from `offset`, without copying: 40 bytes of bookkeeping and
  // two entries in writev, so worth it from some kilobytes on. REQUIRES: offset + length <=
  // blob->size().
  void AppendBlob(BlobRef blob, size_t offset, size_t length);

  size_t size() const { return closed_bytes_ + static_cast<size_t>(cursor_ - run_begin_); }
  bool empty() const { return size() == 0; }
  // Bytes of memory held in chunks (blobs not included).
  size_t allocated_bytes() const;

  // Leaves a gap for a header whose text is not known yet; FillGap puts the text there, of any
  // length. Gaps are filled innermost first (last opened, first filled), because filling moves what
  // follows. Cost of FillGap: nothing if the text has kGapBytes, else it moves the bytes since the
  // gap or adds pieces.
  size_t Gap();
  void FillGap(size_t gap, std::string_view text);

  // Drops everything behind the first `size` bytes, gaps included. REQUIRES: size <= size().
  void Truncate(size_t size);
  // Empties the buffer, drops the blobs, keeps the first chunk.
  void Clear();

  // Describes the bytes from `skip` on for writev, at most `max` entries. Returns how many were
  // filled. The entries are good until the next change of the buffer. Cost: linear in the pieces.
  size_t FillIov(iovec* out, size_t max, size_t skip = 0) const;
  // All bytes in one string, for tests and logs.
  std::string ToString() const;

 private:
  struct Piece {
    const char* data;
    size_t length;
    BlobRef blob;  // null for a run in a chunk
  };
  struct Chunk {
    char* memory;
    size_t bytes;
  };

  void Grow(size_t bytes);
  void CloseRun();
  void AddChunk(size_t bytes);
  void SplitAtGap(size_t gap, std::string_view text);
  void FreeChunks();
  void TakeFrom(ReplyBuffer& other);

  char* cursor_ = nullptr;     // the end of the open run
  char* limit_ = nullptr;      // the end of its chunk
  char* run_begin_ = nullptr;  // the beginning of the open run
  size_t closed_bytes_ = 0;    // in pieces_
  size_t first_chunk_bytes_;
  std::vector<Piece> pieces_;
  std::vector<Chunk> chunks_;
};

}  // namespace gotthard
