// The trial of a reactor: that it tells a working one from one that delivers nothing.
#include "net/io_trial.h"

#include <catch2/catch.hpp>
#include <optional>
#include <string>

#include "tests/unit/net/reactor_under_test.h"

namespace gotthard {
namespace {

// Takes everything and tells nothing, or nothing of what is sent.
class DeafReactor : public Reactor {
 public:
  Status AddListener(int /*fd*/, Acceptor& /*acceptor*/) override { return Status::Ok(); }
  void RemoveListener(int /*fd*/) override {}
  Status Watch(int /*fd*/) override { return Status::Ok(); }
  Status Add(int /*fd*/, Endpoint& /*endpoint*/) override {
    return refuses ? Status::Error("no room") : Status::Ok();
  }
  void Remove(int /*fd*/, Endpoint& /*endpoint*/,
              std::shared_ptr<const void> /*pending_bytes*/) override {
    ++removed;
  }
  bool Release(int /*fd*/, Endpoint& /*endpoint*/) override { return true; }
  void PauseReceive(int /*fd*/, Endpoint& /*endpoint*/) override {}
  void ResumeReceive(int /*fd*/, Endpoint& /*endpoint*/) override {}
  std::optional<int64_t> Send(int /*fd*/, Endpoint& /*endpoint*/, const iovec* /*iov*/,
                              int /*count*/) override {
    return std::nullopt;
  }
  int RunOnce(int64_t /*timeout_us*/) override { return 0; }
  void Wake() override {}
  const char* name() const override { return "deaf"; }

  bool refuses = false;
  int removed = 0;
};

TEST_CASE("A trial of a working reactor says what a request costs, any number of times") {
  const auto reactor = ReactorUnderTest();
  for (int rounds : {1, kShortTrialRounds, kTrialRounds}) {
    Result<uint64_t> measured = MeasureRequestNs(*reactor, rounds);
    REQUIRE(measured.ok());
    CHECK(*measured > 0);
  }
}

TEST_CASE("A trial of a reactor that delivers nothing, or takes no socket, fails") {
  DeafReactor deaf;
  Result<uint64_t> silent = MeasureRequestNs(deaf);
  REQUIRE(!silent.ok());
  CHECK(std::string(silent.error().text()) == "a reactor was made, but it delivers nothing");
  CHECK(deaf.removed == 16);
  deaf.refuses = true;
  Result<uint64_t> refused = MeasureRequestNs(deaf);
  REQUIRE(!refused.ok());
  CHECK(std::string(refused.error().text()) == "no room");
  CHECK(deaf.removed == 16);
}

}  // namespace
}  // namespace gotthard
