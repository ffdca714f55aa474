// Prints outcomes: text as redis-benchmark's, its CSV columns, or one JSON document.
//
// Owning thread: main. Everything goes to stdout but what is wrong, which goes to stderr.
#pragma once

#include "benchmark/load.h"
#include "benchmark/options.h"

namespace gotthard::bench {

class Reporter {
 public:
  explicit Reporter(const Options& options) : options_(options) {}

  void Begin();
  void Add(const Outcome& outcome);
  void End();

 private:
  void AddText(const Outcome& outcome) const;
  void AddJson(const Outcome& outcome);
  void AddTimeline(const Timeline& timeline) const;
  void AddErrors(const Outcome& outcome) const;

  const Options& options_;
  bool first_ = true;
};

}  // namespace gotthard::bench
