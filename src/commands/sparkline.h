// A small picture of numbers over time, in characters: what LATENCY GRAPH shows.
#pragma once

#include <span>
#include <string>

namespace gotthard {

struct SparkSample {
  double value;
  std::string label;  // written downwards below the sample
};

// One column per sample, four rows high, filled below the line, labels below; blocks of 80 columns.
// Every line ends with a newline.
std::string Sparkline(std::span<const SparkSample> samples);

}  // namespace gotthard
