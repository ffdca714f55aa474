// ShrinkSteps: the fewest steps of a failing sequence that still fail, for tests of structures
// against models: what is printed can then be read.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace gotthard {

// `first_wrong(steps)` runs a sequence from an empty structure and gives the place of the first
// step that goes wrong, or steps.size(). Leaves out ever shorter runs of steps as long as what is
// left goes wrong somewhere. REQUIRES: `steps` go wrong. Cost: about n * log(n) steps for each that
// is kept.
template <typename Step, typename FirstWrong>
std::vector<Step> ShrinkSteps(std::vector<Step> steps, const FirstWrong& first_wrong) {
  steps.resize(first_wrong(steps) + 1);
  for (size_t run = steps.size() / 2; run > 0; run /= 2) {
    for (size_t from = 0; from + run <= steps.size();) {
      std::vector<Step> fewer = steps;
      const auto begin = fewer.begin() + static_cast<std::ptrdiff_t>(from);
      fewer.erase(begin, begin + static_cast<std::ptrdiff_t>(run));
      const size_t wrong = first_wrong(fewer);
      if (wrong < fewer.size()) {
        fewer.resize(wrong + 1);
        steps = std::move(fewer);
      } else {
        from += run;
      }
    }
  }
  return steps;
}

}  // namespace gotthard
