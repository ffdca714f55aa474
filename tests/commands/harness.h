// Harness: the execution side of a server in this process, without sockets, for command tests.
//
//   TEST_CASE("INCR counts") {
//     Harness h;
//     CHECK(h.Run("INCR n") == Int(1));
//   }
//
// Every Harness has a fresh store and a clock that only the test moves. A test case that makes one
// runs three times: the requests are parsed whole and executed in the calling thread; they arrive
// one byte at a time; they travel through the mailboxes to an execution thread of their own and
// back, as those of a piped connection do.
//
// Commands are written as in redis-cli: words with its quoting rules; Run({...}) takes words as
// they are. More clients than the first: h.NewClient().
#pragma once

#include <catch2/catch.hpp>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "exec/executor.h"
#include "exec/server_state.h"
#include "resp/reply_parser.h"
#include "tests/commands/engine.h"

namespace gotthard {

// The replies' names are short in tests.
using reply::Array;
using reply::Bulk;
using reply::Bulks;
using reply::Double;
using reply::Error;
using reply::Int;
using reply::Nil;
using reply::NilArray;
using reply::Ok;
using reply::Simple;

class Harness;

// One connection. Lives as long as its harness.
class TestClient {
 public:
  // Sends one command and waits for its reply. A client that waits (WAIT, a pause) gives a value of
  // kind kPush with the single element "(no reply)": see Waits().
  ReplyValue Run(std::string_view command);
  ReplyValue Run(const std::vector<std::string>& words);
  // Sends raw bytes; the replies that come at once.
  std::vector<ReplyValue> Send(std::string_view bytes);
  // Sends a command and says whether it is answered later.
  bool Waits(std::string_view command);
  // Replies and pushes that arrived since the last call of anything here.
  std::vector<ReplyValue> Receive();
  // All bytes of the last reply, as they came.
  const std::string& raw() const { return raw_; }
  // Whether the server has closed the connection.
  bool closed() const;
  // The client closes it.
  void Disconnect();
  SessionId id() const;
  // The server's view. REQUIRES: not closed.
  Session& session();

 private:
  friend class Harness;
  explicit TestClient(Harness& harness);

  Harness& harness_;
  std::shared_ptr<EngineClient> state_;
  std::string raw_;
};

class Harness {
 public:
  // `config` holds directives, as in a file.
  explicit Harness(std::string_view config = "");
  ~Harness();

  // The first client's.
  ReplyValue Run(std::string_view command) { return client().Run(command); }
  ReplyValue Run(const std::vector<std::string>& words) { return client().Run(words); }
  // So that Run({"GET", key}) means two words, and not a view from one pointer to another.
  ReplyValue Run(std::initializer_list<std::string_view> words) {
    return Run(std::vector<std::string>(words.begin(), words.end()));
  }
  // The type and text of a simple, error or bulk reply, to be compared with a string.
  std::string Text(std::string_view command) { return ToText(Run(command)); }

  TestClient& client() { return *clients_.front(); }
  // A further connection (with the address 127.0.0.1:<port> that CLIENT LIST shows).
  TestClient& NewClient();

  // Moves the clock, then does what the server's loop does when time has passed.
  void AdvanceMs(int64_t ms);
  void SetTimeMs(int64_t wall_ms);
  int64_t now_ms() const { return time_.wall_us() / 1000; }

  // The server's state. In piped delivery the execution thread is idle between two calls of Run, so
  // it may be looked at then.
  ServerState& server();
  Delivery delivery() const { return delivery_; }
  // What SHUTDOWN asked for, if it did.
  bool shutdown_requested() const;

 private:
  friend class TestClient;
  Delivery delivery_;
  FakeTime time_;
  std::unique_ptr<Engine> engine_;
  std::vector<std::unique_ptr<TestClient>> clients_;
};

}  // namespace gotthard
