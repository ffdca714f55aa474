#include "types/quicklist_node.h"

#include <liblzf/lzf.h>

#include <algorithm>
#include <cassert>
#include <cstdlib>
#include <cstring>

#include "base/memory.h"

namespace gotthard {
namespace {

// Below this LZF gains nothing, and less than this is not worth a decompression; Redis's numbers.
constexpr size_t kMinCompressBytes = 48;
constexpr size_t kMinCompressGain = 8;

// How much to allocate for a node that grows to `size` bytes: half as much again, but nothing that
// is never used.
size_t GrownSize(size_t size, size_t limit) {
  return AllocationClass(std::max(size, std::min(size + size / 2, limit)));
}

// Moves the contents to new memory, or within the old one.
void Place(QuicklistNode& node, size_t allocated, size_t front) {
  assert(front + node.size <= allocated);
  if (allocated == node.allocated) {
    std::memmove(node.memory + front, node.data(), node.size);
  } else {
    char* memory = static_cast<char*>(MustMalloc(allocated));
    if (node.size != 0) std::memcpy(memory + front, node.data(), node.size);
    std::free(node.memory);
    node.memory = memory;
    node.allocated = allocated;
  }
  node.front = static_cast<uint32_t>(front);
}

// Makes room for `more` bytes in front or behind.
void MakeRoom(QuicklistNode& node, size_t more, size_t limit, bool in_front) {
  const size_t spare = node.allocated - node.size;
  if (spare >= more * 2 && spare >= node.size / 8) {
    // Both ends get half, so that pushes to both do not move everything each time.
    return Place(node, node.allocated, in_front ? spare - spare / 2 : spare / 2);
  }
  const size_t allocated = GrownSize(node.size + more, limit);
  Place(node, allocated, in_front ? allocated - node.size : 0);
}

void ShrinkIfSparse(QuicklistNode& node) {
  if (node.allocated > 128 && node.size < node.allocated / 2 - node.allocated / 8) {
    Place(node, AllocationClass(node.size + node.size / 8), 0);
  }
}

}  // namespace

QuicklistNode::QuicklistNode(const QuicklistNode& other)
    : size(other.size), count(other.count), plain(other.plain), compressed(other.compressed) {
  const size_t bytes = compressed ? other.allocated : size;
  allocated = compressed ? other.allocated : AllocationClass(size);
  memory = static_cast<char*>(MustMalloc(allocated));
  if (bytes != 0) std::memcpy(memory, other.data(), bytes);
}

QuicklistNode::~QuicklistNode() {
  std::free(memory);
}

std::string_view QuicklistNode::Bytes(std::string& scratch) const {
  if (!compressed) return raw();
  scratch.resize(size);
  [[maybe_unused]] const unsigned expanded = lzf_decompress(
      memory, static_cast<unsigned>(allocated), scratch.data(), static_cast<unsigned>(size));
  assert(expanded == size);
  return scratch;
}

void QuicklistNode::SetEmptyListpack() {
  NodeBuffer buffer(*this);
  ListpackClear(buffer);
  buffer.Done(0);
  plain = false;
}

void QuicklistNode::SetListpack(std::string_view bytes, size_t elements) {
  NodeBuffer buffer(*this);
  buffer.Resize(bytes.size());
  std::memcpy(buffer.data(), bytes.data(), bytes.size());
  buffer.Done(elements);
  plain = false;
}

void QuicklistNode::SetPlain(std::string_view item) {
  char* copy = static_cast<char*>(MustMalloc(std::max<size_t>(item.size(), 1)));
  if (!item.empty()) std::memcpy(copy, item.data(), item.size());
  std::free(memory);
  memory = copy;
  allocated = std::max<size_t>(item.size(), 1);
  size = item.size();
  front = 0;
  count = 1;
  plain = true;
}

void QuicklistNode::Append(const ListpackElement& element, size_t limit) {
  const size_t more = element.bytes();
  if (front + size + more > allocated) MakeRoom(*this, more, limit, false);
  char* end = element.Write(data() + size - 1);
  *end = '\xff';
  size += more;
  ListpackWriteHeader(data(), size, ++count);
}

void QuicklistNode::Prepend(const ListpackElement& element, size_t limit) {
  const size_t more = element.bytes();
  if (front < more) MakeRoom(*this, more, limit, true);
  front -= static_cast<uint32_t>(more);
  size += more;
  element.Write(data() + kListpackHeaderBytes);
  ListpackWriteHeader(data(), size, ++count);
}

void QuicklistNode::Erase(size_t index, size_t elements) {
  const Listpack list(raw());
  if (index == 0) {
    size_t at = kListpackHeaderBytes;
    for (size_t i = 0; i < elements; ++i) at += list.EntryBytes(at);
    const size_t bytes = at - kListpackHeaderBytes;
    front += static_cast<uint32_t>(bytes);
    size -= bytes;
    count -= static_cast<uint32_t>(elements);
    ListpackWriteHeader(data(), size, count);
  } else {
    const size_t left = count - elements;
    const auto at = list.Seek(static_cast<int64_t>(index));
    NodeBuffer buffer(*this);
    ListpackDelete(buffer, at, elements);
    buffer.Done(left);
  }
  ShrinkIfSparse(*this);
}

void QuicklistNode::Compress() {
  if (compressed || size < kMinCompressBytes || size > kMaxListpackBytes) return;
  const size_t room = size - kMinCompressGain;
  char* out = static_cast<char*>(MustMalloc(room));
  const unsigned bytes =
      lzf_compress(data(), static_cast<unsigned>(size), out, static_cast<unsigned>(room));
  if (bytes == 0) {
    std::free(out);
    return;
  }
  std::free(memory);
  memory = static_cast<char*>(MustMalloc(bytes));
  std::memcpy(memory, out, bytes);
  std::free(out);
  allocated = bytes;
  compressed = true;
  front = 0;
}

void QuicklistNode::Expand() {
  if (!compressed) return;
  const size_t wanted = AllocationClass(size);
  char* out = static_cast<char*>(MustMalloc(wanted));
  [[maybe_unused]] const unsigned bytes =
      lzf_decompress(memory, static_cast<unsigned>(allocated), out, static_cast<unsigned>(size));
  assert(bytes == size);
  std::free(memory);
  memory = out;
  allocated = wanted;
  compressed = false;
  front = 0;
}

void NodeBuffer::Resize(size_t size) {
  if (node_.front + size > node_.allocated) {
    if (size <= node_.allocated) {
      Place(node_, node_.allocated, 0);
    } else {
      Place(node_, AllocationClass(size), 0);
    }
  }
  node_.size = size;
  ShrinkIfSparse(node_);
  data_ = node_.data();
  size_ = size;
}

}  // namespace gotthard
