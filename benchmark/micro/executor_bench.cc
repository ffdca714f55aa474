// The executor alone: nanoseconds per command when batches that are already parsed are run, at 10^6
// and 10^7 keys. No socket, no mailbox, no parsing inside the clock.
//
// Each round parses 32 batches of 64 random commands (what the execution thread takes at most in
// one turn), then runs them with this thread's CPU clock around. The batches were just written by
// this core, so what it costs to fetch them from another core's cache is not in these figures; the
// thread's own clock in `make bench` (the execution rows) has it.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdio>
#include <cstring>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "benchmark/micro/measure.h"
#include "exec/executor.h"
#include "pipe/batch_builder.h"
#include "tests/commands/engine.h"

namespace gotthard {
namespace {

using micro::ThreadNs;

constexpr size_t kBatches = 32;
constexpr size_t kRoundCommands = kBatches * CommandBatch::kMaxCommands;
constexpr size_t kRounds = 400;

std::string Encode(std::initializer_list<std::string_view> words) {
  std::string bytes = "*" + std::to_string(words.size()) + "\r\n";
  for (const std::string_view word : words) {
    bytes += "$" + std::to_string(word.size()) + "\r\n";
    bytes += word;
    bytes += "\r\n";
  }
  return bytes;
}

std::string KeyName(uint64_t number) {
  char text[32];
  std::snprintf(text, sizeof text, "key:%012llu", static_cast<unsigned long long>(number));
  return text;
}

// Takes the batches that come back, and gives them to the builder again.
class Collector final : public ReplySink {
 public:
  void Deliver(std::unique_ptr<CommandBatch> batch) override { home.push_back(std::move(batch)); }
  std::vector<std::unique_ptr<CommandBatch>> home;
};

class Rig {
 public:
  Rig()
      : engine_(Delivery::kWhole, time_, ""),
        executor_(engine_.server(), collector_),
        builder_(engine_.server().commands.index(), engine_.server().hasher, 2),
        client_(std::make_shared<EngineClient>()) {
    engine_.Connect(client_);
    engine_.server().executor = &executor_;
  }
  ~Rig() { engine_.server().executor = &engine_.executor(); }

  // Runs what `bytes` holds; returns nanoseconds of this thread.
  double Execute(std::string_view bytes) {
    std::vector<std::unique_ptr<CommandBatch>> batches;
    while (!bytes.empty()) {
      const BatchBuilder::Room room = builder_.RoomFor(input_);
      const size_t size = std::min(bytes.size(), room.size);
      std::memcpy(room.buffer->data() + room.offset, bytes.data(), size);
      builder_.Received(input_, room, size);
      bytes.remove_prefix(size);
      builder_.Build(input_, client_->id, UINT32_MAX, [&](std::unique_ptr<CommandBatch> batch) {
        batches.push_back(std::move(batch));
      });
      builder_.Settle(input_);
    }
    const double start = ThreadNs();
    executor_.Run(batches);
    const double spent = ThreadNs() - start;
    for (auto& batch : collector_.home) builder_.Recycle(std::move(batch));
    collector_.home.clear();
    return spent;
  }

  using Request = std::function<std::string(uint64_t number)>;
  void Fill(size_t keys, const Request& request) {
    std::string bytes;
    for (size_t i = 0; i < keys; ++i) {
      bytes += request(i);
      if (i % kRoundCommands == kRoundCommands - 1 || i + 1 == keys) {
        Execute(bytes);
        bytes.clear();
      }
    }
    REQUIRE(engine_.server().keyspace.db(0).size() == keys);
  }

  // The median round's nanoseconds per command, numbers drawn from `keys`. What `undo` sends after
  // each round, for the same numbers, is not measured.
  double Measure(size_t keys, const Request& request, const Request& undo = {}) {
    std::vector<double> rounds;
    Random random(3);
    for (size_t round = 0; round < kRounds; ++round) {
      std::string bytes;
      std::string undo_bytes;
      for (size_t i = 0; i < kRoundCommands; ++i) {
        const uint64_t number = random.Below(keys);
        bytes += request(number);
        if (undo) undo_bytes += undo(number);
      }
      rounds.push_back(Execute(bytes) / kRoundCommands);
      if (undo) Execute(undo_bytes);
    }
    return micro::Median(rounds);
  }

 private:
  FakeTime time_;
  Engine engine_;
  Collector collector_;
  Executor executor_;
  BatchBuilder builder_;
  RequestInput input_;
  std::shared_ptr<EngineClient> client_;
};

void Run(size_t keys) {
  const std::string value(32, 'v');
  const Rig::Request set = [&](uint64_t n) { return Encode({"SET", KeyName(n), value}); };
  Rig rig;
  rig.Fill(keys, set);
  const double get = rig.Measure(keys, [](uint64_t n) { return Encode({"GET", KeyName(n)}); });
  const double overwrite = rig.Measure(keys, set);
  const double expire = rig.Measure(keys, [](uint64_t n) {
    return Encode({"EXPIRE", KeyName(n), "100000"});
  });
  const double del = rig.Measure(
      keys,
      [](uint64_t n) {
        return Encode({"DEL", KeyName(n)});
      },
      set);
  Rig numbers;
  numbers.Fill(keys, [](uint64_t n) { return Encode({"SET", KeyName(n), "10000000"}); });
  const double incr = numbers.Measure(keys, [](uint64_t n) {
    return Encode({"INCR", KeyName(n)});
  });
  std::printf("%10zu %8.1f %8.1f %8.1f %8.1f %8.1f\n", keys, get, overwrite, incr, del, expire);
}

void PrintHead() {
  std::printf("%10s %8s %8s %8s %8s %8s   ns per command, executor alone\n", "keys", "GET", "SET",
              "INCR", "DEL", "EXPIRE");
}

TEST_CASE("executor: nanoseconds per command", "[executor]") {
  PrintHead();
  Run(1'000'000);
}

TEST_CASE("executor: nanoseconds per command at ten million keys", "[executor][large]") {
  PrintHead();
  Run(10'000'000);
}

TEST_CASE("executor: as Catch2 measures it, parsing included", "[executor]") {
  Rig rig;
  const std::string value(32, 'v');
  rig.Fill(kRoundCommands, [&](uint64_t n) { return Encode({"SET", KeyName(n), value}); });
  std::string gets;
  for (size_t i = 0; i < kRoundCommands; ++i) gets += Encode({"GET", KeyName(i)});
  BENCHMARK("parse and run 2,048 GETs of a small key space") {
    return rig.Execute(gets);
  };
}

}  // namespace
}  // namespace gotthard
