#include "exec/key_extraction.h"

#include <algorithm>

#include "base/ascii.h"

namespace gotthard {

namespace key_extraction_internal {

bool ListHas(std::string_view words, std::string_view word) {
  while (!words.empty()) {
    size_t blank = std::min(words.find(' '), words.size());
    if (EqualNoCase(words.substr(0, blank), word)) return true;
    words.remove_prefix(std::min(blank + 1, words.size()));
  }
  return false;
}

size_t WidthOf(std::string_view widths, std::string_view word) {
  while (!widths.empty()) {
    const size_t blank = std::min(widths.find(' '), widths.size());
    const std::string_view option = widths.substr(0, blank - 2);  // all widths have one digit
    if (EqualNoCase(option, word)) return static_cast<size_t>(widths[blank - 1] - '0');
    widths.remove_prefix(std::min(blank + 1, widths.size()));
  }
  return 0;
}

}  // namespace key_extraction_internal

LegacyKeyRange LegacyKeys(const CommandSpec& spec) {
  LegacyKeyRange range;
  int count = 0;
  for (const KeySpec& keys : spec.keys) {
    if (keys.begin == KeySpec::Begin::kNone) continue;
    ++count;
    range.movable |= (keys.flags & kKeyIncomplete) != 0;
    if (keys.begin != KeySpec::Begin::kIndex || keys.find != KeySpec::Find::kRange) {
      range.movable = true;
      continue;
    }
    int last = keys.last >= 0 ? keys.index + keys.last : keys.last;
    if (range.first == 0) {
      range = {.first = keys.index, .last = last, .step = keys.step, .movable = range.movable};
    } else if (range.last == keys.index - 1 && range.step == 1 && keys.step == 1) {
      range.last = last;  // goes on where the one before ended
    } else {
      range.movable = true;
    }
  }
  // With several specifications only plain ranges count.
  if (count > 1 && range.step != 1) return {.movable = true};
  return range;
}

bool HasKeys(const CommandSpec& spec) {
  return std::any_of(spec.keys.begin(), spec.keys.end(), [](const KeySpec& keys) {
    return keys.begin != KeySpec::Begin::kNone && (keys.flags & kKeyNotKey) == 0;
  });
}

}  // namespace gotthard
