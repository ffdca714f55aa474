#include "pipe/batch_queue.h"

#include <catch2/catch.hpp>
#include <deque>

#include "base/random.h"

namespace gotthard {
namespace {

std::unique_ptr<CommandBatch> Numbered(uint32_t number) {
  auto batch = std::make_unique<CommandBatch>();
  batch->command_count = number;
  return batch;
}

TEST_CASE("A queue of batches is in the order of a deque, from both ends") {
  constexpr uint64_t kSeed = 7;
  INFO("seed " << kSeed);
  Random random(kSeed);
  BatchQueue queue;
  std::deque<uint32_t> model;
  for (uint32_t i = 0; i < 20'000; ++i) {
    switch (random.Below(5)) {
      case 0:
        queue.push_front(Numbered(i));
        model.push_front(i);
        break;
      case 1:
      case 2:
        queue.push_back(Numbered(i));
        model.push_back(i);
        break;
      default:
        if (model.empty()) break;
        const std::unique_ptr<CommandBatch> batch = queue.pop_front();
        CHECK(batch->command_count == model.front());
        CHECK(batch->next == nullptr);
        model.pop_front();
    }
    REQUIRE(queue.empty() == model.empty());
    if (!model.empty()) REQUIRE(queue.front().command_count == model.front());
  }
  std::vector<uint32_t> walked;
  const CommandBatch* batch = queue.empty() ? nullptr : &queue.front();
  for (; batch != nullptr; batch = BatchQueue::Next(*batch)) walked.push_back(batch->command_count);
  CHECK(walked == std::vector<uint32_t>(model.begin(), model.end()));
}

TEST_CASE("A very long queue is destroyed without deep recursion") {
  BatchQueue queue;
  for (uint32_t i = 0; i < 200'000; ++i) queue.push_back(Numbered(i));
  queue.clear();
  CHECK(queue.empty());
}

}  // namespace
}  // namespace gotthard
