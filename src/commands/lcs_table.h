// LcsTable: the longest common subsequence of two strings, by the textbook's dynamic programme.
//
// Only two rows of lengths are alive at a time. Where the way back is wanted, each cell keeps one
// bit, which is all that it takes: a cell whose bytes are equal leads diagonally, any other one
// leads up or left, and the bit says which. So the table takes 1/32 of the memory that a table of
// lengths would.
//
// Owning thread: the execution thread. The strings must outlive the table.
// Limits: the caller's; the cost is a.size() * b.size() steps, and as many bits when the way back
// is kept.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace gotthard {

class LcsTable {
 public:
  // REQUIRES: both strings shorter than 2^32 - 1.
  LcsTable(std::string_view a, std::string_view b, bool keep_way_back);

  uint32_t length() const { return length_; }

  // A run of bytes that both strings share: a[a_start, a_start + length) and the same in b.
  struct Run {
    uint32_t a_start;
    uint32_t b_start;
    uint32_t length;
  };
  // The runs that make up the subsequence, from the end of the strings to their beginning, as LCS
  // IDX lists them. REQUIRES: keep_way_back.
  std::vector<Run> Runs() const;

 private:
  bool Up(size_t i, size_t j) const {
    size_t bit = (i - 1) * b_.size() + (j - 1);
    return (up_[bit / 64] >> (bit % 64) & 1) != 0;
  }

  std::string_view a_;
  std::string_view b_;
  uint32_t length_ = 0;
  std::vector<uint64_t> up_;  // bit per cell: without a match, shorten `a` rather than `b`
};

}  // namespace gotthard
