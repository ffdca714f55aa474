// AUTH, HELLO, PING, ECHO, SELECT, QUIT, EXIT, RESET; WAIT and WAITAOF.
#include "tests/commands/harness.h"

namespace gotthard {

namespace {

ReplyValue NoAuth() {
  return Error("NOAUTH Authentication required.");
}
ReplyValue WrongPass() {
  return Error("WRONGPASS invalid username-password pair or user is disabled.");
}
ReplyValue NoReply() {
  return reply::Push({Bulk("(no reply)")});
}

}  // namespace

TEST_CASE("PING answers PONG or what it was given") {
  Harness h;
  CHECK(h.Run("PING") == Simple("PONG"));
  CHECK(h.Run("PING hello") == Bulk("hello"));
  CHECK(h.Run("PING a b") == Error("ERR wrong number of arguments for 'ping' command"));
  CHECK(h.Run({"PING", std::string("\0\r\n", 3)}) == Bulk(std::string_view("\0\r\n", 3)));
}

TEST_CASE("ECHO answers what it was given") {
  Harness h;
  CHECK(h.Run("ECHO hello") == Bulk("hello"));
  CHECK(h.Run("ECHO ''") == Bulk(""));
  CHECK(h.Run("ECHO") == Error("ERR wrong number of arguments for 'echo' command"));
}

TEST_CASE("SELECT chooses among the configured databases") {
  Harness h("databases 4");
  CHECK(h.Run("SELECT 3") == Ok());
  CHECK(h.client().session().db == 3);
  CHECK(h.Run("SELECT 4") == Error("ERR DB index is out of range"));
  CHECK(h.Run("SELECT -1") == Error("ERR DB index is out of range"));
  CHECK(h.Run("SELECT one") == Error("ERR value is not an integer or out of range"));
  CHECK(h.Run("SELECT 99999999999") ==
        Error("ERR value is out of range, value must between -2147483648 and 2147483647"));
  CHECK(h.client().session().db == 3);
}

TEST_CASE("QUIT and EXIT answer OK and end the connection") {
  Harness h;
  CHECK(h.Run("QUIT") == Ok());
  CHECK(h.client().closed());
  TestClient& second = h.NewClient();
  CHECK(second.Run("EXIT now") == Ok());
  CHECK(second.closed());
}

TEST_CASE("nothing behind QUIT is answered, not even what is no request") {
  Harness h;
  CHECK(h.client().Send("*1\r\n$4\r\nQUIT\r\n*1\r\n!\r\n") == std::vector<ReplyValue>{Ok()});
  CHECK(h.client().closed());
}

TEST_CASE("QUIT leaves a transaction unrun, and what is behind it in the pipeline too") {
  Harness h;
  TestClient& other = h.NewClient();
  CHECK(h.Run("MULTI") == Ok());
  CHECK(h.Run("CLIENT SETNAME queued") == Simple("QUEUED"));
  std::vector<ReplyValue> replies =
      h.client().Send("*1\r\n$4\r\nQUIT\r\n*2\r\n$4\r\nECHO\r\n$1\r\nx\r\n");
  CHECK(replies == std::vector<ReplyValue>{Ok()});
  CHECK(h.client().closed());
  CHECK(other.Run("PING") == Simple("PONG"));
}

TEST_CASE("a server with a password asks for it before anything else") {
  Harness h("requirepass secret");
  CHECK(h.Run("PING") == NoAuth());
  CHECK(h.Run("CLIENT ID") == NoAuth());
  CHECK(h.Run("AUTH wrong") == WrongPass());
  CHECK(h.Run("AUTH secretx") == WrongPass());
  CHECK(h.Run("AUTH somebody secret") == WrongPass());
  CHECK(h.Run("AUTH default wrong") == WrongPass());
  CHECK(h.Run("PING") == NoAuth());
  CHECK(h.server().stats.acl_access_denied_auth == 4);
  CHECK(h.Run("AUTH secret") == Ok());
  CHECK(h.Run("PING") == Simple("PONG"));
  TestClient& named = h.NewClient();
  CHECK(named.Run("AUTH default secret") == Ok());
  CHECK(named.Run("PING") == Simple("PONG"));
}

TEST_CASE("a failed AUTH does not log a client out") {
  Harness h("requirepass secret");
  CHECK(h.Run("AUTH secret") == Ok());
  CHECK(h.Run("AUTH wrong") == WrongPass());
  CHECK(h.Run("PING") == Simple("PONG"));
}

TEST_CASE("AUTH without a password to check") {
  Harness h;
  CHECK(h.Run("AUTH x") ==
        Error("ERR AUTH <password> called without any password configured for the default user. "
              "Are you sure your configuration is correct?"));
  CHECK(h.Run("AUTH default anything") == Ok());
  CHECK(h.Run("AUTH somebody anything") == WrongPass());
  CHECK(h.Run("AUTH a b c") == Error("ERR syntax error"));
  CHECK(h.Run("AUTH") == Error("ERR wrong number of arguments for 'auth' command"));
}

TEST_CASE("passwords stay out of the slow log") {
  Harness h("slowlog-log-slower-than 0");
  CHECK(h.Run("AUTH default secret1") == Ok());
  CHECK(h.Run("HELLO 2 AUTH default secret2 SETNAME me").kind == ReplyValue::Kind::kArray);
  CHECK(h.Run("AUTH secret3").is_error());
  REQUIRE(h.server().slow_log.entries().size() >= 3);
  for (const auto& entry : h.server().slow_log.entries()) {
    for (const std::string& argument : entry.arguments) {
      CHECK(argument.find("secret") == std::string::npos);
    }
  }
}

TEST_CASE("HELLO tells who is there") {
  Harness h;
  h.NewClient();
  std::vector<ReplyValue> fields = {
      Bulk("server"), Bulk("redis"),  Bulk("version"), Bulk("7.2.6"), Bulk("proto"),
      Int(2),         Bulk("id"),     Int(1),          Bulk("mode"),  Bulk("standalone"),
      Bulk("role"),   Bulk("master"), Bulk("modules"), Array({})};
  CHECK(h.Run("HELLO") == Array(fields));
  CHECK(h.Run("HELLO 2") == Array(fields));
  fields[5] = Int(3);
  CHECK(h.Run("HELLO 3") == reply::Map(fields));
  CHECK(h.Run("HELLO") == reply::Map(fields));
  CHECK(h.Run("CLIENT GETNAME") == Nil());
  CHECK(h.client().raw() == "_\r\n");
  fields[5] = Int(2);
  CHECK(h.Run("HELLO 2") == Array(fields));
}

TEST_CASE("HELLO switches the protocol in the middle of a pipeline") {
  Harness h;
  h.client().Send(EncodeRequest({"CLIENT", "GETNAME"}) + EncodeRequest({"HELLO", "3"}) +
                  EncodeRequest({"CLIENT", "GETNAME"}));
  const std::string& raw = h.client().raw();
  CHECK(raw.substr(0, 7) == "$-1\r\n%7");
  CHECK(raw.substr(raw.size() - 3) == "_\r\n");
}

TEST_CASE("HELLO refuses what it does not understand and then changes nothing") {
  Harness h;
  CHECK(h.Run("HELLO x") == Error("ERR Protocol version is not an integer or out of range"));
  CHECK(h.Run("HELLO 1") == Error("NOPROTO unsupported protocol version"));
  CHECK(h.Run("HELLO 4") == Error("NOPROTO unsupported protocol version"));
  CHECK(h.Run("HELLO 3 foo") == Error("ERR Syntax error in HELLO option 'foo'"));
  CHECK(h.Run("HELLO 3 AUTH default") == Error("ERR Syntax error in HELLO option 'AUTH'"));
  CHECK(h.Run("HELLO 3 SETNAME") == Error("ERR Syntax error in HELLO option 'SETNAME'"));
  CHECK(h.Run("HELLO 3 SETNAME 'a b'") ==
        Error("ERR Client names cannot contain spaces, newlines or special characters."));
  CHECK(h.Run("HELLO 3 SETNAME me AUTH nobody pw") == WrongPass());
  CHECK(h.client().session().protocol == Protocol::kResp2);
  CHECK(h.Run("CLIENT GETNAME") == Nil());
}

TEST_CASE("HELLO authenticates and names the connection") {
  Harness h("requirepass secret");
  CHECK(h.Text("HELLO 3").find("NOAUTH HELLO must be called") != std::string::npos);
  CHECK(h.Run("HELLO 3 AUTH default wrong SETNAME me") == WrongPass());
  CHECK(h.Run("HELLO 3 AUTH default secret SETNAME me").kind == ReplyValue::Kind::kMap);
  CHECK(h.Run("CLIENT GETNAME") == Bulk("me"));
}

TEST_CASE("RESET puts a connection back to its start") {
  Harness h("requirepass secret");
  TestClient& c = h.client();
  CHECK(c.Run("HELLO 3 AUTH default secret SETNAME me").kind == ReplyValue::Kind::kMap);
  CHECK(c.Run("SELECT 5") == Ok());
  CHECK(c.Run("CLIENT SETINFO LIB-NAME lib") == Ok());
  CHECK(c.Run("CLIENT NO-TOUCH ON") == Ok());
  CHECK(c.Run("CLIENT NO-EVICT ON") == Ok());
  CHECK(c.Run("WATCH k") == Ok());
  CHECK(c.Run("MULTI") == Ok());
  CHECK(c.Run("PING") == Simple("QUEUED"));
  CHECK(c.Run("RESET") == Simple("RESET"));
  CHECK(c.Run("PING") == NoAuth());
  CHECK_FALSE(h.server().changes.has_watchers());
  CHECK(c.Run("AUTH secret") == Ok());
  CHECK(c.Run("EXEC") == Error("ERR EXEC without MULTI"));
  CHECK(c.Run("CLIENT GETNAME") == Nil());
  CHECK(c.raw() == "$-1\r\n");
  CHECK(c.session().db == 0);
  CHECK_FALSE(c.session().has(Session::kNoTouch));
  CHECK_FALSE(c.session().has(Session::kNoEvict));
  CHECK(c.session().lib_name == "lib");  // the library is still the same
}

TEST_CASE("RESET turns replies on again and ends MONITOR") {
  Harness h;
  TestClient& c = h.client();
  CHECK(c.Run("CLIENT REPLY OFF") == NoReply());
  CHECK(c.Run("PING") == NoReply());
  CHECK(c.Run("RESET") == Simple("RESET"));
  CHECK(c.Run("PING") == Simple("PONG"));
  c.session().set(Session::kMonitor);
  h.server().monitors = 1;
  CHECK(c.Run("RESET") == Simple("RESET"));
  CHECK(h.server().monitors == 0);
}

TEST_CASE("WAIT without replicas") {
  Harness h;
  CHECK(h.Run("WAIT 0 0") == Int(0));
  CHECK(h.Run("WAIT -1 1000") == Int(0));
  CHECK(h.Run("WAIT x 0") == Error("ERR value is not an integer or out of range"));
  CHECK(h.Run("WAIT 1 x") == Error("ERR timeout is not an integer or out of range"));
  CHECK(h.Run("WAIT 1 -1") == Error("ERR timeout is negative"));
  CHECK(h.Run("WAIT 1 9223372036854775807") == Error("ERR timeout is out of range"));
}

TEST_CASE("WAIT for a replica answers 0 when its time is over, then the pipeline goes on") {
  Harness h;
  TestClient& c = h.client();
  CHECK(c.Send(EncodeRequest({"ECHO", "before"}) + EncodeRequest({"WAIT", "1", "100"}) +
               EncodeRequest({"ECHO", "after"})) == std::vector<ReplyValue>{Bulk("before")});
  h.AdvanceMs(99);
  CHECK(c.Receive().empty());
  h.AdvanceMs(1);
  CHECK(c.Receive() == std::vector<ReplyValue>{Int(0), Bulk("after")});
  CHECK(c.Run("PING") == Simple("PONG"));
}

TEST_CASE("WAIT does not wait inside a transaction") {
  Harness h;
  CHECK(h.Run("MULTI") == Ok());
  CHECK(h.Run("WAIT 3 0") == Simple("QUEUED"));
  CHECK(h.Run("WAITAOF 0 3 0") == Simple("QUEUED"));
  CHECK(h.Run("EXEC") == Array({Int(0), Array({Int(0), Int(0)})}));
}

TEST_CASE("a waiting client may go away") {
  Harness h;
  TestClient& c = h.NewClient();
  CHECK(c.Waits("WAIT 1 100"));
  c.Disconnect();
  h.AdvanceMs(1000);
  CHECK(h.Run("PING") == Simple("PONG"));
  CHECK(h.server().executor->blocked_clients() == 0);
}

TEST_CASE("WAITAOF without a log and without replicas") {
  Harness h;
  CHECK(h.Run("WAITAOF 0 0 0") == Array({Int(0), Int(0)}));
  CHECK(h.Run("WAITAOF 1 0 0") ==
        Error("ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled."));
  CHECK(h.Run("WAITAOF 2 0 0") == Error("ERR value is out of range, value must between 0 and 1"));
  CHECK(h.Run("WAITAOF 0 -1 0") == Error("ERR value is out of range, must be positive"));
  CHECK(h.Run("WAITAOF 0 0 -1") == Error("ERR timeout is negative"));
  CHECK(h.client().Waits("WAITAOF 0 1 50"));
  h.AdvanceMs(50);
  CHECK(h.client().Receive() == std::vector<ReplyValue>{Array({Int(0), Int(0)})});
}

}  // namespace gotthard
