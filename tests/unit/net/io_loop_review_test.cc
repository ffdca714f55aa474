// IoLoop between a socket and the execution thread, both played by the test: when it reads, and
// what it hears of a connection that is to move.
#include <catch2/catch.hpp>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "net/io_loop.h"

using namespace gotthard;

namespace {

class FakeReactor final : public Reactor {
 public:
  Status AddListener(int /*fd*/, Acceptor& /*acceptor*/) override { return Status::Ok(); }
  void RemoveListener(int /*fd*/) override {}
  Status Add(int /*fd*/, Endpoint& added) override {
    endpoint = &added;
    receiving = true;
    return Status::Ok();
  }
  Status Watch(int /*fd*/) override { return Status::Ok(); }
  void Remove(int /*fd*/, Endpoint& /*endpoint*/,
              std::shared_ptr<const void> /*pending_bytes*/) override {
    endpoint = nullptr;
    receiving = false;
  }
  bool Release(int fd, Endpoint& released) override {
    Remove(fd, released, nullptr);
    return true;
  }
  void PauseReceive(int /*fd*/, Endpoint& /*endpoint*/) override { receiving = false; }
  void ResumeReceive(int /*fd*/, Endpoint& /*endpoint*/) override { receiving = true; }
  std::optional<int64_t> Send(int /*fd*/, Endpoint& /*endpoint*/, const iovec* iov,
                              int count) override {
    if (full) return std::nullopt;
    int64_t bytes = 0;
    for (int i = 0; i < count; ++i) {
      sent.append(static_cast<const char*>(iov[i].iov_base), iov[i].iov_len);
      bytes += static_cast<int64_t>(iov[i].iov_len);
    }
    return bytes;
  }
  int RunOnce(int64_t /*timeout_us*/) override { return 0; }
  void Wake() override {}
  const char* name() const override { return "fake"; }

  Endpoint* endpoint = nullptr;
  bool receiving = false;
  bool full = false;  // the socket takes nothing
  std::string sent;
};

struct Fixture final : BatchSink {
  Fixture() {
    index.Add("ping", {.row = 2});
    auto made = std::make_unique<FakeReactor>();
    reactor = made.get();
    loop =
        std::make_unique<IoLoop>(std::move(made), index, hasher, 1, *this, limits, clock, counters);
    loop->Adopt(std::make_unique<Connection>(-1, id));
    loop->EndTurn();
  }
  void Submit(std::unique_ptr<CommandBatch> batch) override {
    submitted.push_back(std::move(batch));
  }
  void Arrive(std::string_view bytes) {
    REQUIRE(reactor->receiving);
    const BatchBuilder::Room room = reactor->endpoint->ReceiveRoom();
    REQUIRE(room.size >= bytes.size());
    std::memcpy(room.buffer->data() + room.offset, bytes.data(), bytes.size());
    reactor->endpoint->OnReceived(room, static_cast<int64_t>(bytes.size()));
  }
  // The oldest batch that was submitted.
  std::unique_ptr<CommandBatch> Take() {
    REQUIRE(!submitted.empty());
    std::unique_ptr<CommandBatch> batch = std::move(submitted.front());
    submitted.erase(submitted.begin());
    return batch;
  }
  void Answer(std::unique_ptr<CommandBatch> batch, std::string_view reply) {
    batch->reply.Append(reply);
    batch->authenticated = true;
    loop->Deliver(std::move(batch));
    loop->EndTurn();
  }
  void Tell(BatchKind kind, std::string_view bytes = "") {
    auto message = std::make_unique<CommandBatch>();
    message->session = id;
    message->kind = kind;
    message->reply.Append(bytes);
    loop->Deliver(std::move(message));
    loop->EndTurn();
  }

  const SessionId id{3, 7};
  CommandIndex index;
  KeyHasher hasher;
  IoLimits limits;
  Clock clock;
  IoCounters counters;
  FakeReactor* reactor = nullptr;
  std::vector<std::unique_ptr<CommandBatch>> submitted;
  std::unique_ptr<IoLoop> loop;
};

}  // namespace

TEST_CASE("After a protocol error nothing is read, whatever is answered before it") {
  Fixture f;
  std::string pipeline;
  for (uint32_t i = 0; i < CommandBatch::kMaxCommands; ++i) pipeline += "*1\r\n$4\r\nPING\r\n";
  f.Arrive(pipeline + "*x\r\n");
  REQUIRE(f.submitted.size() == 2);
  CHECK_FALSE(f.reactor->receiving);
  f.Answer(f.Take(), "+PONG\r\n");
  CHECK_FALSE(f.reactor->receiving);
  std::unique_ptr<CommandBatch> error = f.Take();
  CHECK(error->has_error);
  error->close_after_reply = true;
  f.Answer(std::move(error), "-ERR\r\n");
  CHECK(f.reactor->sent == "+PONG\r\n-ERR\r\n");
  CHECK(f.Take()->kind == BatchKind::kClosed);
}

TEST_CASE("A connection whose error is still to be answered does not move") {
  Fixture f;
  f.Arrive("*x\r\n");
  f.Tell(BatchKind::kGiveBack);
  REQUIRE(f.submitted.size() == 1);
  CHECK(f.Take()->has_error);
}

TEST_CASE("A client that waits while its connection is to move is heard when it hangs up") {
  Fixture f;
  f.Arrive("*1\r\n$4\r\nPING\r\n");
  f.Tell(BatchKind::kGiveBack);
  CHECK_FALSE(f.reactor->receiving);
  for (int i = 0; i < IoLoop::kLeavingTicks; ++i) f.loop->Tick();
  CHECK(f.reactor->receiving);
  std::unique_ptr<CommandBatch> waiting = f.Take();
  f.reactor->endpoint->OnReceived({nullptr, 0, 0}, 0);
  CHECK(f.Take()->kind == BatchKind::kClosed);
  f.Answer(std::move(waiting), "late");
}
