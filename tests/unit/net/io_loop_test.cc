// One thread's connections, over socket pairs, with an execution side that a test plays itself.
#include "net/io_loop.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "tests/unit/net/reactor_under_test.h"

namespace gotthard {
namespace {

constexpr uint16_t kPing = 5;

class Loop final : public BatchSink {
 public:
  Loop()
      : hasher_(1),
        clock_(&time_),
        loop_(ReactorUnderTest(), Index(index_), hasher_, 1, *this, limits, clock_, counters) {}

  // What was never answered keeps buffers of the loop alive.
  ~Loop() override { in.clear(); }

  void Submit(std::unique_ptr<CommandBatch> batch) override { in.push_back(std::move(batch)); }

  // A new connection in slot `index`; returns the client's end.
  int Connect(uint32_t index) {
    int ends[2];
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
    const int small = 4096;
    setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
    auto connection = std::make_unique<Connection>(ends[0], SessionId{index, 0});
    connection->parser().set_authenticated(true);
    loop_.Adopt(std::move(connection));
    return ends[1];
  }
  // Until there is nothing left to do.
  void Turn() {
    do {
      loop_.EndTurn();
    } while (loop_.reactor().RunOnce(0) != 0 || loop_.has_work());
    loop_.EndTurn();
  }
  // Answers everything that came in as the execution thread would.
  void Answer(std::string_view reply = "+PONG\r\n") {
    std::vector<std::unique_ptr<CommandBatch>> batches;
    batches.swap(in);
    for (auto& batch : batches) {
      batch->authenticated = true;
      for (uint32_t i = 0; i < batch->command_count; ++i) batch->reply.Append(reply);
      if (batch->has_error) {
        batch->reply.Append("-" + batch->error + "\r\n");
        batch->close_after_reply = true;
      }
      loop_.Deliver(std::move(batch));
    }
    Turn();
  }
  void Tell(uint32_t index, BatchKind kind, std::string_view bytes = "") {
    auto batch = std::make_unique<CommandBatch>();
    batch->session = {index, 0};
    batch->kind = kind;
    if (!bytes.empty()) batch->reply.Append(bytes);
    loop_.Deliver(std::move(batch));
    Turn();
  }
  size_t CommandsIn() const {
    size_t count = 0;
    for (const auto& batch : in) count += batch->command_count;
    return count;
  }
  void AdvanceMs(int64_t ms) { time_.AdvanceMs(ms); }
  IoLoop& operator*() { return loop_; }
  IoLoop* operator->() { return &loop_; }

  IoLimits limits;
  IoCounters counters;
  std::vector<std::unique_ptr<CommandBatch>> in;

 private:
  static const CommandIndex& Index(CommandIndex& index) {
    index.Add("ping", {.row = kPing});
    return index;
  }

  CommandIndex index_;
  KeyHasher hasher_;
  FakeTime time_;
  Clock clock_;
  IoLoop loop_;
};

void Write(int fd, std::string_view bytes) {
  REQUIRE(write(fd, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
}

// What there is to read at the moment; "(end)" behind it when the server has closed.
std::string Read(int fd) {
  std::string all;
  char bytes[65536];
  while (true) {
    const ssize_t got = read(fd, bytes, sizeof(bytes));
    if (got > 0) {
      all.append(bytes, static_cast<size_t>(got));
    } else {
      return got == 0 || errno == ECONNRESET ? all + "(end)" : all;
    }
  }
}

TEST_CASE("Commands go in as batches, replies come out in order") {
  Loop loop;
  const int client = loop.Connect(3);
  Write(client, "PING\r\nPING\r\n");
  loop.Turn();
  REQUIRE(loop.in.size() == 1);
  CHECK(loop.in[0]->session == SessionId{3, 0});
  CHECK(loop.CommandsIn() == 2);
  loop.Answer();
  CHECK(Read(client) == "+PONG\r\n+PONG\r\n");
  loop.Tell(3, BatchKind::kPush, ">1\r\n+news\r\n");
  CHECK(Read(client) == ">1\r\n+news\r\n");
  close(client);
}

TEST_CASE("A client's end travels to the execution thread behind its commands, and back") {
  Loop loop;
  const int client = loop.Connect(0);
  Write(client, "PING\r\n");
  shutdown(client, SHUT_WR);
  loop.Turn();
  REQUIRE(loop.in.size() == 2);
  CHECK(loop.in[0]->kind == BatchKind::kCommands);
  CHECK(loop.in[1]->kind == BatchKind::kClosed);
  CHECK(loop->connection_count() == 1);  // the slot is kept until the session has ended
  loop.Answer();                         // the half-closed client still gets its reply
  CHECK(Read(client) == "+PONG\r\n(end)");
  CHECK(loop->connection_count() == 0);
  close(client);
}

TEST_CASE("A client that vanishes between request and reply leaves nothing behind") {
  Loop loop;
  const int client = loop.Connect(0);
  Write(client, "PING\r\n");
  loop.Turn();
  close(client);
  loop.Turn();
  loop.Answer();
  CHECK(loop->connection_count() == 0);
  CHECK(loop->all_sent());
  loop.Tell(0, BatchKind::kPush, "for nobody");
}

TEST_CASE("A half-closed client may take a while to read its last replies, but not for ever") {
  Loop loop;
  const int slow = loop.Connect(0);
  const int gone = loop.Connect(1);
  Write(slow, "PING\r\n");
  Write(gone, "PING\r\n");
  shutdown(slow, SHUT_WR);
  shutdown(gone, SHUT_WR);
  loop.Turn();
  loop.Answer(std::string(300'000, 'x'));
  CHECK(loop->connection_count() == 0);  // their slots are free again
  CHECK_FALSE(loop->all_sent());         // and a graceful end waits for what is still to be sent
  size_t got = 0;
  std::string last;
  while ((last = Read(slow)).find("(end)") == std::string::npos && !last.empty()) {
    got += last.size();
    loop.Turn();
  }
  CHECK(got + last.size() == 300'000 + 5);
  loop.AdvanceMs(IoLoop::kLingerMs + 1);
  loop->Tick();
  CHECK(loop->all_sent());
  close(slow);
  close(gone);
}

TEST_CASE("A client that does not read its replies is not read from") {
  Loop loop;
  const int client = loop.Connect(0);
  Write(client, "PING\r\n");
  loop.Turn();
  loop.Answer(std::string(IoLoop::kOutputStopBytes + 500'000, 'x'));
  Write(client, "PING\r\n");
  loop.Turn();
  CHECK(loop.CommandsIn() == 0);
  size_t got = 0;
  while (loop.CommandsIn() == 0) {
    const size_t size = Read(client).size();
    REQUIRE(size != 0);
    got += size;
    loop.Turn();
  }
  CHECK(got > 400'000);
  CHECK(loop.CommandsIn() == 1);
  close(client);
}

TEST_CASE("A pipeline deeper than what may be under way waits, and goes on") {
  Loop loop;
  const int client = loop.Connect(0);
  std::string pipeline;
  for (uint32_t i = 0; i < IoLoop::kMaxInFlight + 10; ++i) pipeline += "PING\r\n";
  Write(client, pipeline);
  loop.Turn();
  CHECK(loop.CommandsIn() == IoLoop::kMaxInFlight);
  loop.Answer();
  CHECK(loop.CommandsIn() == 10);
  loop.Answer();
  std::string replies = Read(client);
  loop.Turn();  // there is room in the socket again
  replies += Read(client);
  CHECK(replies.size() == (IoLoop::kMaxInFlight + 10) * 7);
  close(client);
}

TEST_CASE("Requests of more bytes than may be under way wait, and go on") {
  Loop loop;
  const int client = loop.Connect(0);
  const std::string ping = "*2\r\n$4\r\nPING\r\n$200000\r\n" + std::string(200'000, 'v') + "\r\n";
  std::string unsent;
  for (int i = 0; i < 60; ++i) unsent += ping;
  const auto push = [&] {  // as much as the server takes
    while (!unsent.empty()) {
      const ssize_t written = write(client, unsent.data(), unsent.size());
      if (written > 0) unsent.erase(0, static_cast<size_t>(written));
      loop.Turn();
      if (written <= 0 && write(client, unsent.data(), 1) != 1) return;
      if (written <= 0) unsent.erase(0, 1);
    }
  };
  push();
  REQUIRE_FALSE(unsent.empty());
  uint64_t bytes = 0;
  for (const auto& batch : loop.in) bytes += batch->request_bytes;
  CHECK(bytes >= IoLoop::kMaxInFlightBytes);
  CHECK(bytes < IoLoop::kMaxInFlightBytes + 2 * ping.size());
  size_t answered = 0;
  for (int round = 0; round < 60 && answered < 60 * 7; ++round) {
    loop.Answer();
    push();
    answered += Read(client).size();
  }
  CHECK(answered == 60 * 7);
  CHECK(unsent.empty());
  close(client);
}

TEST_CASE("Output past the hard limit ends the connection and is counted") {
  Loop loop;
  loop.limits.output[0].hard_bytes = 100'000;
  const int client = loop.Connect(0);
  Write(client, "PING\r\n");
  loop.Turn();
  loop.Answer(std::string(500'000, 'x'));
  CHECK(loop.limits.output_buffer_disconnections == 1);
  REQUIRE(loop.in.size() == 1);
  CHECK(loop.in[0]->kind == BatchKind::kClosed);
  close(client);
}

TEST_CASE("Output past the soft limit ends the connection when it stays there") {
  Loop loop;
  loop.limits.output[0].soft_bytes = 100'000;
  loop.limits.output[0].soft_seconds = 2;
  const int client = loop.Connect(0);
  Write(client, "PING\r\n");
  loop.Turn();
  loop.Answer(std::string(900'000, 'x'));
  loop.AdvanceMs(1500);
  loop->Tick();
  CHECK(loop.limits.output_buffer_disconnections == 0);
  loop.AdvanceMs(1000);
  loop->Tick();
  CHECK(loop.limits.output_buffer_disconnections == 1);
  close(client);
}

TEST_CASE("An unfinished request past the limit ends the connection and is counted") {
  Loop loop;
  loop.limits.max_query_buffer_bytes = 10'000;
  const int client = loop.Connect(0);
  Write(client, "*2\r\n$4\r\nPING\r\n$100000\r\n" + std::string(20'000, 'x'));
  loop.Turn();
  CHECK(loop.limits.query_buffer_disconnections == 1);
  CHECK(loop.in.back()->kind == BatchKind::kClosed);
  close(client);
}

TEST_CASE("A protocol error is answered behind the replies before it, then the connection ends") {
  Loop loop;
  const int client = loop.Connect(0);
  Write(client, "PING\r\n*1\r\n!\r\nPING\r\n");
  loop.Turn();
  CHECK(loop.CommandsIn() == 1);
  loop.Answer();
  loop.Answer();
  const std::string got = Read(client);
  CHECK(got.starts_with("+PONG\r\n-"));
  CHECK(got.ends_with("Protocol error: expected '$', got '!'\r\n(end)"));
  close(client);
}

TEST_CASE("A connection that is asked back leaves when all is answered, with what is unparsed") {
  Loop here;
  Loop there;
  const int client = here.Connect(0);
  Write(client, "PING\r\n*1\r\n$4\r\nPI");
  here.Turn();
  REQUIRE(here.CommandsIn() == 1);
  here.Tell(0, BatchKind::kGiveBack);
  CHECK(here.in.size() == 1);  // a reply is outstanding
  here.Answer();
  REQUIRE(here.in.size() == 1);
  REQUIRE(here.in[0]->kind == BatchKind::kReturned);
  CHECK(here->connection_count() == 0);
  CHECK(Read(client) == "+PONG\r\n");
  there->Adopt(
      std::unique_ptr<Connection>(static_cast<Connection*>(here.in[0]->traveller.release())));
  Write(client, "NG\r\n");
  there.Turn();
  CHECK(there.CommandsIn() == 1);
  there.Answer();
  CHECK(Read(client) == "+PONG\r\n");
  close(client);
}

TEST_CASE("One that the server closes gets what can be sent at once") {
  Loop loop;
  const int client = loop.Connect(0);
  loop.Tell(0, BatchKind::kPush, "-bye\r\n");
  loop.Tell(0, BatchKind::kClose);
  REQUIRE(loop.in.size() == 1);
  CHECK(loop.in[0]->kind == BatchKind::kClosed);
  loop.Answer();
  CHECK(Read(client) == "-bye\r\n(end)");
  CHECK(loop->connection_count() == 0);
  close(client);
}

TEST_CASE("After StopReceiving nothing new is taken, and what was taken is answered") {
  Loop loop;
  const int client = loop.Connect(0);
  Write(client, "PING\r\n");
  loop.Turn();
  loop->StopReceiving();
  CHECK_FALSE(loop->all_sent());
  Write(client, "PING\r\n");
  loop.Turn();
  CHECK(loop.CommandsIn() == 1);
  loop.Answer();
  CHECK(Read(client) == "+PONG\r\n");
  CHECK(loop->all_sent());
  close(client);
}

}  // namespace
}  // namespace gotthard
