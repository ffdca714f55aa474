// A node of a quicklist (types/quicklist.h): a listpack, or one big item apart, in memory of its
// own that may be compressed.
//
//   memory   | front: spare | listpack or item: size | spare |      allocated bytes
//            | LZF of it                                     |      the same, if compressed
//
// The room in front makes a push or pop at the head of a listpack as cheap as at its tail: the
// bytes of the others stay where they are.
//
// Owning thread: whoever owns the list.
// Limits: a listpack's; a big item as long as memory.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "types/listpack.h"
#include "types/packed_buffer.h"

namespace gotthard {

struct QuicklistNode {
  QuicklistNode* previous = nullptr;
  QuicklistNode* next = nullptr;
  char* memory = nullptr;
  size_t allocated = 0;
  size_t size = 0;  // of the listpack or item when not compressed
  uint32_t front = 0;
  uint32_t count : 30 = 0;
  uint32_t plain : 1 = 0;  // one item apart, not a listpack
  uint32_t compressed : 1 = 0;

  // REQUIRES of all that follows but Bytes, Expand and the destructor: !compressed.
  QuicklistNode() = default;
  QuicklistNode(const QuicklistNode& other);  // its contents, without neighbours
  QuicklistNode& operator=(const QuicklistNode&) = delete;
  ~QuicklistNode();

  char* data() const { return memory + front; }
  // The listpack or item; decompressed into `scratch` if need be.
  std::string_view Bytes(std::string& scratch) const;
  std::string_view raw() const { return {data(), size}; }

  // Become ... whatever it was.
  void SetEmptyListpack();
  void SetListpack(std::string_view bytes, size_t elements);
  void SetPlain(std::string_view item);

  // `limit`: no room is made beyond this many bytes, as the node will not get larger.
  void Append(const ListpackElement& element, size_t limit);
  void Prepend(const ListpackElement& element, size_t limit);
  // Deletes `elements` from element `index` on. REQUIRES: they are there, and not all.
  void Erase(size_t index, size_t elements);

  // Compresses, if that saves anything worth it.
  void Compress();
  void Expand();
};
static_assert(sizeof(QuicklistNode) <= 48, "a size class of malloc; the next one is 64");
static_assert(kMaxListpackBytes / 2 < size_t{1} << 30,
              "elements of two bytes and more: count fits");

// A node's listpack for the editors of types/listpack.h. Call Done when the edit is over.
class NodeBuffer final : public PackedBuffer {
 public:
  explicit NodeBuffer(QuicklistNode& node) : PackedBuffer(node.data(), node.size), node_(node) {}
  void Resize(size_t size) override;
  // REQUIRES: elements <= kMaxListpackBytes / 2.
  void Done(size_t elements) {
    node_.count = static_cast<uint32_t>(elements) & ((uint32_t{1} << 30) - 1);
    assert(node_.count == elements);
  }

 private:
  QuicklistNode& node_;
};

}  // namespace gotthard
