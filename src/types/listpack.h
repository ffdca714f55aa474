// Listpack: a sequence of strings and integers in one piece of memory, readable in both directions.
//
//   u32 total bytes | u16 elements, 65535 = count them | element ... | 0xff
//
//   element: head and payload                         then its own length backwards (1..5 bytes,
//     0xxxxxxx                      0..127            7 bits each, the last byte holds the lowest
//     10llllll text                 up to 63 bytes    7; bit 7 says that one more byte is to its
//     110xxxxx xxxxxxxx             13 bits, signed   left)
//     1110llll llllllll text        up to 4095
//     0xf0 u32 text                 longer
//     0xf1 i16  0xf2 i24  0xf3 i32  0xf4 i64          all little endian
//
// The format is the one of RDB files and DUMP
// (https://github.com/antirez/listpack/blob/master/listpack.md). Text that is an integer as
// FormatInt64 writes it is stored as one.
//
// Reading trusts the bytes: those that came from outside pass ValidateListpack first, which looks
// at every one of them.
//
// Owning thread: the execution thread. Positions are offsets and survive a move of the bytes, but
// not an edit before them. Texts handed to an editor must not lie in the buffer it edits.
// Limits: kMaxListpackBytes; whoever adds to a listpack keeps it small, as edits move the rest.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "base/numbers.h"
#include "types/packed_buffer.h"

namespace gotthard {

// An element: a text or a number.
struct PackedItem {
  std::string_view text;  // into the listpack; empty data pointer for a number
  int64_t integer = 0;
  bool is_integer = false;

  // The text, numbers written into `buffer`.
  std::string_view Text(char (&buffer)[24]) const {
    if (is_integer) return {buffer, FormatInt64(buffer, integer)};
    return text;
  }
  bool Equals(std::string_view other) const {
    if (!is_integer) return text == other;
    char buffer[24];
    return Text(buffer) == other;
  }
};

// What FindIn looks for, with the work that is done once: whether it is a number.
struct PackedNeedle {
  explicit PackedNeedle(std::string_view needle);
  bool Is(const PackedItem& item) const {
    return item.is_integer ? is_integer && item.integer == integer : item.text == text;
  }
  std::string_view text;
  int64_t integer = 0;
  bool is_integer = false;
};

inline constexpr size_t kListpackHeaderBytes = 6;
inline constexpr size_t kEmptyListpackBytes = kListpackHeaderBytes + 1;
inline constexpr char kListpackTerminator = '\xff';
// Offsets within are 32 bits; Redis refuses more than this, too.
inline constexpr size_t kMaxListpackBytes = size_t{1} << 30;

// A read-only view of a listpack. REQUIRES: valid bytes.
class Listpack {
 public:
  // The offset of an element, or kNone.
  using Position = size_t;
  static constexpr Position kNone = 0;

  explicit Listpack(std::string_view bytes) : data_(bytes.data()), size_(bytes.size()) {}

  std::string_view bytes() const { return {data_, size_}; }
  // The elements as they are stored, to be spliced into another listpack.
  std::string_view elements() const {
    return bytes().substr(kListpackHeaderBytes, size_ - kEmptyListpackBytes);
  }
  // O(1) up to 65,534 elements, then O(n).
  size_t Count() const;
  bool empty() const { return size_ == kEmptyListpackBytes; }

  Position First() const { return empty() ? kNone : kListpackHeaderBytes; }
  Position Last() const { return Previous(size_ - 1); }
  // The neighbours, kNone past the ends. Previous(End()) is the last.
  Position Next(Position at) const {
    at += EntryBytes(at);
    return at == size_ - 1 ? kNone : at;
  }
  Position Previous(Position at) const;
  // The offset behind the last element: where an editor appends.
  Position End() const { return size_ - 1; }
  // Element `index`, negative ones from the end (-1 is the last); kNone if there is none. O(n),
  // from the nearer end.
  Position Seek(int64_t index) const;

  PackedItem Get(Position at) const;
  // The first element from `from` on that is the needle, looking at every (skip + 1)-th: with
  // skip = 1 from the first one, at the fields of field-value pairs. kNone if there is none, and
  // when `from` is kNone.
  Position Find(Position from, const PackedNeedle& needle, size_t skip = 0) const;
  Position Find(Position from, std::string_view needle, size_t skip = 0) const {
    return Find(from, PackedNeedle(needle), skip);
  }
  // The bytes of an element as they are stored, to be spliced into another listpack.
  size_t EntryBytes(Position at) const;

 private:
  const char* data_;
  size_t size_;
};

// An element to be written: a text (that may be an integer's) or an integer. For whoever lays out a
// listpack's memory on its own; the editors below do it for a PackedBuffer.
class ListpackElement {
 public:
  // `text` must live until Write.
  explicit ListpackElement(std::string_view text);
  explicit ListpackElement(int64_t integer) { SetInteger(integer); }

  // How many bytes Write writes.
  size_t bytes() const { return bytes_; }
  // Returns the end of what it wrote.
  char* Write(char* out) const;

 private:
  void SetInteger(int64_t value);

  const char* text_ = nullptr;  // null for an integer
  size_t body_bytes_ = 0;       // without the backward length
  size_t bytes_ = 0;
  char head_[9];  // what comes before a text, or all of an integer
  uint8_t head_bytes_ = 0;
};

// Bytes that `text` takes as an element.
inline size_t ListpackElementBytes(std::string_view text) {
  return ListpackElement(text).bytes();
}
// Writes an integer below kListpackSmallIntegers as an element; returns the end.
inline constexpr unsigned kListpackSmallIntegers = 128;
inline char* ListpackWriteSmall(char* out, uint8_t integer) {
  out[0] = static_cast<char>(integer);
  out[1] = 1;
  return out + 2;
}
// Writes the header of a listpack of `bytes` bytes in all.
void ListpackWriteHeader(char* listpack, size_t bytes, size_t count);
// Whether `more` further bytes of elements fit into a listpack of `size` bytes.
inline bool ListpackHasRoom(size_t size, size_t more) {
  return more <= kMaxListpackBytes && size + more <= kMaxListpackBytes;
}

// --- editing; each edit is O(bytes behind it). REQUIRES: the buffer holds a valid listpack, and
// the result is not longer than kMaxListpackBytes.

// Makes the buffer an empty listpack, whatever it was.
void ListpackClear(PackedBuffer& buffer);
// Inserts before the element at `at`, or at the end for End(); `at` is then the new element's.
void ListpackInsert(PackedBuffer& buffer, Listpack::Position at, std::string_view text);
void ListpackInsert(PackedBuffer& buffer, Listpack::Position at, int64_t integer);
void ListpackInsert(PackedBuffer& buffer, Listpack::Position at, const ListpackElement& element);
void ListpackAppend(PackedBuffer& buffer, std::string_view text);
void ListpackAppend(PackedBuffer& buffer, int64_t integer);
void ListpackPrepend(PackedBuffer& buffer, std::string_view text);
// All of them with one resize, in their order, at the end.
void ListpackAppend(PackedBuffer& buffer, std::span<const std::string_view> texts);
// Copies elements, given as the bytes between two positions of another listpack, before `at`.
void ListpackInsertRaw(PackedBuffer& buffer, Listpack::Position at, std::string_view elements,
                       size_t count);
void ListpackReplace(PackedBuffer& buffer, Listpack::Position at, std::string_view text);
void ListpackReplace(PackedBuffer& buffer, Listpack::Position at, int64_t integer);
void ListpackReplace(PackedBuffer& buffer, Listpack::Position at, const ListpackElement& element);
// Deletes up to `count` elements from `at` on and returns how many. `at` is then the position of
// the element that came after them, or End().
size_t ListpackDelete(PackedBuffer& buffer, Listpack::Position at, size_t count = 1);

// Deletes the elements at these positions, in ascending order, in one pass.
void ListpackDeleteEach(PackedBuffer& buffer, std::span<const Listpack::Position> positions);

// Whether these bytes are a listpack, every one of them: header, element heads, lengths, backward
// lengths, number of elements, terminator. An empty one is valid. O(n).
bool ValidateListpack(std::string_view bytes);

}  // namespace gotthard
