// CheckAgainstModel: commands on a server beside a plain model of what they promise; a sequence on
// which the two differ is shrunk to the commands that it takes.
//
// A step is the words of a command, or {"ADVANCE", milliseconds} for the clock. A model is a class
// with
//
//   static std::vector<std::string> RandomStep(Random& random);
//   bool Accepts(const std::vector<std::string>& words, const ReplyValue& reply, int64_t now_ms);
//
// where Accepts does the command, too. A reply that chance decides about is taken from the server.
#pragma once

#include <catch2/catch.hpp>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "tests/commands/harness.h"
#include "tests/shrink.h"

namespace gotthard {

using ModelStep = std::vector<std::string>;

// The first step whose reply the model does not accept, or steps.size().
template <typename Model>
size_t FirstWrong(Harness& h, const std::vector<ModelStep>& steps) {
  h.Run("FLUSHALL");
  Model model;
  for (size_t i = 0; i < steps.size(); ++i) {
    if (steps[i][0] == "ADVANCE") {
      h.AdvanceMs(std::atoll(steps[i][1].c_str()));
    } else if (!model.Accepts(steps[i], h.Run(steps[i]), h.now_ms())) {
      return i;
    }
  }
  return steps.size();
}

// Some rounds of `count` random steps each under the configuration `config`.
template <typename Model>
void CheckAgainstModel(std::string_view config, uint64_t seed, size_t count) {
  constexpr int kRounds = 4;
  Harness h(config);
  Random random(seed);
  for (int round = 0; round < kRounds; ++round) {
    std::vector<ModelStep> steps(count);
    for (ModelStep& step : steps) step = Model::RandomStep(random);
    const auto first_wrong = [&](const std::vector<ModelStep>& some) {
      return FirstWrong<Model>(h, some);
    };
    if (first_wrong(steps) == steps.size()) continue;
    steps = ShrinkSteps(std::move(steps), first_wrong);
    std::string text;
    for (const ModelStep& step : steps) {
      for (const std::string& word : step) text += word + " ";
      text += "\n";
    }
    first_wrong({steps.begin(), steps.end() - 1});
    FAIL("seed " << seed << ", " << config << ": goes wrong at the last of\n"
                 << text << "with " << ToText(h.Run(steps.back())));
  }
}

}  // namespace gotthard
