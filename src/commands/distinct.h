// Whether names that were read from outside name different things.
//
// Any thread; a pure function.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace gotthard {

// Of every `stride`-th text (the fields of field-value pairs: 2). O(n log n).
inline bool AreDistinct(const std::vector<std::string>& texts, size_t stride) {
  std::vector<std::string_view> names;
  names.reserve(texts.size() / stride);
  for (size_t i = 0; i < texts.size(); i += stride) names.emplace_back(texts[i]);
  std::sort(names.begin(), names.end());
  return std::adjacent_find(names.begin(), names.end()) == names.end();
}

}  // namespace gotthard
