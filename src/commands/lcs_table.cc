#include "commands/lcs_table.h"

#include <algorithm>
#include <utility>

namespace gotthard {

LcsTable::LcsTable(std::string_view a, std::string_view b, bool keep_way_back) : a_(a), b_(b) {
  if (a.empty() || b.empty()) return;
  if (keep_way_back) up_.resize((a.size() * b.size() + 63) / 64);
  std::vector<uint32_t> above(b.size() + 1);
  std::vector<uint32_t> row(b.size() + 1);
  for (size_t i = 1; i <= a.size(); ++i) {
    for (size_t j = 1; j <= b.size(); ++j) {
      if (a[i - 1] == b[j - 1]) {
        row[j] = above[j - 1] + 1;
        continue;
      }
      row[j] = std::max(above[j], row[j - 1]);
      if (keep_way_back && above[j] > row[j - 1]) {
        size_t bit = (i - 1) * b.size() + (j - 1);
        up_[bit / 64] |= uint64_t{1} << (bit % 64);
      }
    }
    std::swap(above, row);
  }
  length_ = above[b.size()];
}

std::vector<LcsTable::Run> LcsTable::Runs() const {
  std::vector<Run> runs;
  size_t i = a_.size();
  size_t j = b_.size();
  bool open = false;  // the last run may go on
  while (i > 0 && j > 0) {
    if (a_[i - 1] != b_[j - 1]) {
      open = false;
      Up(i, j) ? --i : --j;
      continue;
    }
    --i;
    --j;
    if (open) {
      Run& run = runs.back();
      --run.a_start;
      --run.b_start;
      ++run.length;
    } else {
      runs.push_back({static_cast<uint32_t>(i), static_cast<uint32_t>(j), 1});
      open = true;
    }
  }
  return runs;
}

}  // namespace gotthard
