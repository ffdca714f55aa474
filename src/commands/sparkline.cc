#include "commands/sparkline.h"

#include <algorithm>

namespace gotthard {
namespace {

constexpr size_t kColumns = 80;
constexpr int kRows = 4;
// A row is cut into three steps; a column that goes on above is '|'.
constexpr char kSteps[] = {'_', 'o', '#'};
constexpr int kStepsPerRow = 3;

// `values` as heights from 0 to kRows * kStepsPerRow - 1.
std::string Block(std::span<const SparkSample> samples, double min, double range) {
  constexpr int kHeight = kRows * kStepsPerRow;
  std::string text;
  for (int row = kRows - 1; row >= 0; --row) {
    for (const SparkSample& sample : samples) {
      int height =
          std::clamp(static_cast<int>((sample.value - min) * kHeight / range), 0, kHeight - 1);
      int in_row = height - row * kStepsPerRow;
      if (in_row < 0) {
        text += ' ';
      } else {
        text += in_row < kStepsPerRow ? kSteps[in_row] : '|';
      }
    }
    text += '\n';
  }
  size_t longest = 0;
  for (const SparkSample& sample : samples) longest = std::max(longest, sample.label.size());
  if (longest != 0) text += std::string(samples.size(), ' ') + '\n';
  for (size_t i = 0; i < longest; ++i) {
    for (const SparkSample& sample : samples) {
      text += i < sample.label.size() ? sample.label[i] : ' ';
    }
    text += '\n';
  }
  return text;
}

}  // namespace

std::string Sparkline(std::span<const SparkSample> samples) {
  if (samples.empty()) return "";
  auto [min, max] = std::minmax_element(
      samples.begin(), samples.end(),
      [](const SparkSample& a, const SparkSample& b) { return a.value < b.value; });
  const double range = max->value > min->value ? max->value - min->value : 1;
  std::string text;
  for (size_t at = 0; at < samples.size(); at += kColumns) {
    if (at != 0) text += '\n';
    text += Block(samples.subspan(at, std::min(kColumns, samples.size() - at)), min->value, range);
  }
  return text;
}

}  // namespace gotthard
