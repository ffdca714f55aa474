// CLIENT and its subcommands.
#include "tests/commands/harness.h"

namespace gotthard {

namespace {

ReplyValue NoReply() {
  return reply::Push({Bulk("(no reply)")});
}

// The value of a field in a client's line.
std::string Field(std::string_view line, const std::string& name) {
  const std::string padded = " " + std::string(line);
  const size_t at = padded.find(" " + name + "=");
  if (at == std::string::npos) return "(no field " + name + ")";
  const size_t value = at + name.size() + 2;
  return padded.substr(value, padded.find_first_of(" \n", value) - value);
}

std::string Line(TestClient& client) {
  return client.Run("CLIENT INFO").text;
}

}  // namespace

TEST_CASE("CLIENT ID is never used twice") {
  Harness h;
  CHECK(h.Run("CLIENT ID") == Int(1));
  h.NewClient().Disconnect();
  CHECK(h.NewClient().Run("CLIENT ID") == Int(3));
}

TEST_CASE("CLIENT SETNAME and GETNAME") {
  Harness h;
  CHECK(h.Run("CLIENT GETNAME") == Nil());
  CHECK(h.Run("CLIENT SETNAME worker:1") == Ok());
  CHECK(h.Run("CLIENT GETNAME") == Bulk("worker:1"));
  for (const char* bad : {"a b", "a\nb", "\x7f", "\xc3\xa4"}) {
    CHECK(h.Run({"CLIENT", "SETNAME", bad}) ==
          Error("ERR Client names cannot contain spaces, newlines or special characters."));
  }
  CHECK(h.Run("CLIENT GETNAME") == Bulk("worker:1"));
  CHECK(h.Run("CLIENT SETNAME ''") == Ok());
  CHECK(h.Run("CLIENT GETNAME") == Nil());
}

TEST_CASE("CLIENT SETINFO names the library") {
  Harness h;
  CHECK(h.Run("CLIENT SETINFO lib-name redis-py") == Ok());
  CHECK(h.Run("CLIENT SETINFO LIB-VER 5.0.1") == Ok());
  CHECK(Field(Line(h.client()), "lib-name") == "redis-py");
  CHECK(Field(Line(h.client()), "lib-ver") == "5.0.1");
  CHECK(h.Run("CLIENT SETINFO lib-name 'a b'") ==
        Error("ERR lib-name cannot contain spaces, newlines or special characters."));
  CHECK(h.Run("CLIENT SETINFO color red") == Error("ERR Unrecognized option 'color'"));
  CHECK(h.Run("CLIENT SETINFO LIB-NAME ''") == Ok());
  CHECK(Field(Line(h.client()), "lib-name").empty());
  CHECK(Field(Line(h.client()), "lib-ver") == "5.0.1");
}

TEST_CASE("CLIENT INFO has the fields of Redis 7.2, in order") {
  Harness h;
  const std::string line = Line(h.client());
  std::string names;
  for (size_t at = 0; at < line.size();) {
    const size_t equals = line.find('=', at);
    names += line.substr(at, equals - at) + " ";
    at = line.find_first_of(" \n", equals) + 1;
  }
  CHECK(names ==
        "id addr laddr fd name age idle flags db sub psub ssub multi qbuf qbuf-free argv-mem "
        "multi-mem rbs rbp obl oll omem tot-mem events cmd user redir resp lib-name lib-ver ");
  CHECK(line.back() == '\n');
}

TEST_CASE("CLIENT INFO tells the truth") {
  Harness h;
  TestClient& c = h.client();
  h.AdvanceMs(5000);
  CHECK(c.Run("CLIENT SETNAME me") == Ok());
  CHECK(c.Run("SELECT 2") == Ok());
  h.AdvanceMs(3000);
  const std::string line = Line(c);
  CHECK(Field(line, "id") == "1");
  CHECK(Field(line, "addr") == "127.0.0.1:50001");
  CHECK(Field(line, "laddr") == "127.0.0.1:6379");
  CHECK(Field(line, "fd") == "11");
  CHECK(Field(line, "name") == "me");
  CHECK(Field(line, "age") == "8");
  CHECK(Field(line, "idle") == "0");
  CHECK(Field(line, "flags") == "N");
  CHECK(Field(line, "db") == "2");
  CHECK(Field(line, "multi") == "-1");
  CHECK(Field(line, "qbuf") == "26");  // this very request
  CHECK(Field(line, "argv-mem") == "10");
  CHECK(Field(line, "cmd") == "client|info");
  CHECK(Field(line, "user") == "default");
  CHECK(Field(line, "redir") == "-1");
  CHECK(Field(line, "resp") == "2");
  CHECK(std::stoul(Field(line, "tot-mem")) > sizeof(Session));
  TestClient& other = h.NewClient();
  h.AdvanceMs(4000);
  const std::string seen = other.Run("CLIENT LIST ID 1").text;
  CHECK(Field(seen, "idle") == "4");
  CHECK(Field(seen, "qbuf") == "0");
  CHECK(Field(seen, "argv-mem") == "0");
  CHECK(Field(seen, "cmd") == "client|info");
}

TEST_CASE("CLIENT LIST shows a client's state by letters") {
  Harness h;
  TestClient& c = h.NewClient();
  auto flags = [&] { return Field(h.Run("CLIENT LIST ID 2").text, "flags"); };
  CHECK(Field(h.Run("CLIENT LIST ID 2").text, "cmd") == "NULL");
  CHECK(flags() == "N");
  CHECK(c.Run("CLIENT NO-EVICT ON") == Ok());
  CHECK(c.Run("CLIENT NO-TOUCH ON") == Ok());
  CHECK(flags() == "eT");
  CHECK(c.Run("CLIENT NO-EVICT OFF") == Ok());
  CHECK(c.Run("CLIENT NO-TOUCH OFF") == Ok());
  CHECK(c.Run("CLIENT NO-TOUCH perhaps") == Error("ERR syntax error"));
  CHECK(c.Run("CLIENT NO-EVICT perhaps") == Error("ERR syntax error"));
  CHECK(c.Run("MULTI") == Ok());
  CHECK(c.Run("ECHO 12345") == Simple("QUEUED"));
  CHECK(flags() == "x");
  CHECK(Field(h.Run("CLIENT LIST ID 2").text, "multi") == "1");
  CHECK(Field(h.Run("CLIENT LIST ID 2").text, "multi-mem") == "9");
  CHECK(c.Run("DISCARD") == Ok());
  CHECK(c.Waits("WAIT 1 0"));
  CHECK(flags() == "b");
  TestClient& unix_client = h.NewClient();
  unix_client.session().set(Session::kUnixSocket);
  unix_client.session().address = unix_client.session().local_address = "/run/gotthard.sock";
  const std::string line = Line(unix_client);
  CHECK(Field(line, "flags") == "U");
  CHECK(Field(line, "addr") == "/run/gotthard.sock:0");
}

TEST_CASE("CLIENT LIST chooses by type and by id") {
  Harness h;
  h.NewClient().Disconnect();
  TestClient& third = h.NewClient();  // in the second one's place, but younger
  CHECK(third.Run("CLIENT ID") == Int(3));
  auto ids = [&](std::string_view command) {
    const std::string text = h.Run(command).text;
    std::string found;
    for (size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
      found += Field(std::string_view(text).substr(at), "id") + " ";
    }
    return found;
  };
  CHECK(ids("CLIENT LIST") == "1 3 ");
  CHECK(ids("CLIENT LIST TYPE normal") == "1 3 ");
  CHECK(ids("CLIENT LIST TYPE pubsub").empty());
  CHECK(ids("CLIENT LIST TYPE replica").empty());
  CHECK(ids("CLIENT LIST TYPE slave").empty());
  CHECK(ids("CLIENT LIST TYPE master").empty());
  CHECK(ids("CLIENT LIST ID 3 1 2 99 -5") == "3 1 ");
  CHECK(h.Run("CLIENT LIST TYPE robot") == Error("ERR Unknown client type 'robot'"));
  CHECK(h.Run("CLIENT LIST ID x") == Error("ERR Invalid client ID"));
  CHECK(h.Run("CLIENT LIST ID") == Error("ERR syntax error"));
  CHECK(h.Run("CLIENT LIST foo") == Error("ERR syntax error"));
  CHECK(h.Run("HELLO 3").kind == ReplyValue::Kind::kMap);
  CHECK(h.Run("CLIENT LIST").kind == ReplyValue::Kind::kVerbatim);
}

TEST_CASE("CLIENT KILL by address ends that connection, even one's own") {
  Harness h;
  TestClient& other = h.NewClient();
  CHECK(h.Run("CLIENT KILL 1.2.3.4:5") == Error("ERR No such client"));
  CHECK(h.Run("CLIENT KILL 127.0.0.1:50002") == Ok());
  CHECK(other.closed());
  CHECK(h.Run("CLIENT KILL 127.0.0.1:50001") == Ok());
  CHECK(h.client().closed());
}

TEST_CASE("CLIENT KILL ends all clients that fit every filter") {
  Harness h;
  TestClient& second = h.NewClient();
  TestClient& third = h.NewClient();
  CHECK(h.Run("CLIENT KILL ID 2 ADDR 127.0.0.1:50003") == Int(0));
  CHECK(h.Run("CLIENT KILL ID 99") == Int(0));
  CHECK(h.Run("CLIENT KILL ID 1") == Int(0));  // itself is skipped
  CHECK(h.Run("CLIENT KILL TYPE pubsub") == Int(0));
  CHECK(h.Run("CLIENT KILL LADDR 127.0.0.1:1") == Int(0));
  CHECK(h.Run("CLIENT KILL ID 2 ADDR 127.0.0.1:50002 USER default") == Int(1));
  CHECK(second.closed());
  CHECK_FALSE(third.closed());
  CHECK(h.Run("CLIENT KILL LADDR 127.0.0.1:6379 TYPE normal SKIPME yes") == Int(1));
  CHECK(third.closed());
  h.NewClient();
  CHECK(h.Run("CLIENT KILL SKIPME no") == Int(2));
  CHECK(h.client().closed());
}

TEST_CASE("CLIENT KILL refuses what it does not understand and kills nobody") {
  Harness h;
  TestClient& other = h.NewClient();
  CHECK(h.Run("CLIENT KILL") == Error("ERR wrong number of arguments for 'client|kill' command"));
  CHECK(h.Run("CLIENT KILL ID 2 wrong") == Error("ERR syntax error"));
  CHECK(h.Run("CLIENT KILL color red") == Error("ERR syntax error"));
  CHECK(h.Run("CLIENT KILL ID 2 SKIPME maybe") == Error("ERR syntax error"));
  CHECK(h.Run("CLIENT KILL ID 2 TYPE robot") == Error("ERR Unknown client type 'robot'"));
  CHECK(h.Run("CLIENT KILL ID 2 USER nobody") == Error("ERR No such user 'nobody'"));
  for (const char* id : {"x", "0", "-1"}) {
    CHECK(h.Run({"CLIENT", "KILL", "ID", id}) == Error("ERR client-id should be greater than 0"));
  }
  CHECK_FALSE(other.closed());
}

TEST_CASE("a killed client runs nothing any more") {
  Harness h;
  TestClient& other = h.NewClient();
  CHECK(other.Waits("WAIT 1 0"));
  CHECK(other.Send(EncodeRequest({"CLIENT", "KILL", "SKIPME", "NO"})).empty());
  CHECK(h.Run("CLIENT KILL ID 2") == Int(1));
  CHECK(other.closed());
  CHECK(h.Run("CLIENT UNBLOCK 2") == Int(0));
  CHECK(h.Run("CLIENT LIST ID 2") == Bulk(""));
  CHECK_FALSE(h.client().closed());
}

TEST_CASE("CLIENT REPLY OFF silences all, ON answers again") {
  Harness h;
  CHECK(h.Run("CLIENT REPLY OFF") == NoReply());
  CHECK(h.Run("PING") == NoReply());
  CHECK(h.Run("nosuchcommand") == NoReply());
  CHECK(h.Run("MULTI") == NoReply());
  CHECK(h.Run("PING") == NoReply());
  CHECK(h.Run("EXEC") == NoReply());
  CHECK(h.Run("CLIENT REPLY SKIP") == NoReply());
  CHECK(h.Run("CLIENT REPLY ON") == Ok());
  CHECK(h.Run("PING") == Simple("PONG"));
  CHECK(h.Run("CLIENT REPLY perhaps") == Error("ERR syntax error"));
}

TEST_CASE("CLIENT REPLY SKIP silences exactly the next command") {
  Harness h;
  CHECK(h.Run("CLIENT REPLY SKIP") == NoReply());
  CHECK(h.Run("ECHO 1") == NoReply());
  CHECK(h.Run("ECHO 2") == Bulk("2"));
  CHECK(h.Run("CLIENT REPLY SKIP") == NoReply());
  CHECK(h.Run("CLIENT REPLY SKIP") == NoReply());
  CHECK(h.Run("ECHO 3") == NoReply());
  CHECK(h.Run("ECHO 4") == Bulk("4"));
  CHECK(h.Run("CLIENT REPLY SKIP") == NoReply());
  CHECK(h.Run("nosuchcommand") == NoReply());
  CHECK(h.Run("ECHO 5") == Bulk("5"));
  CHECK(h.Run("CLIENT REPLY SKIP") == NoReply());
  CHECK(h.Run("CLIENT REPLY ON") == Ok());
  CHECK(h.Run("ECHO 6") == Bulk("6"));
}

TEST_CASE("CLIENT REPLY among queued commands mutes those behind it, not the array's header") {
  Harness h;
  TestClient& c = h.client();
  // An array whose last two elements are the replies of later commands, as Redis leaves it.
  c.Send(
      "MULTI\r\nPING\r\nCLIENT REPLY OFF\r\nECHO 1\r\nEXEC\r\n"
      "ECHO 2\r\nCLIENT REPLY ON\r\nPING\r\n");
  CHECK(c.raw() == "+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n*3\r\n+PONG\r\n+OK\r\n+PONG\r\n");

  CHECK(h.Run("CLIENT REPLY OFF") == NoReply());
  c.Send("MULTI\r\nPING\r\nCLIENT REPLY ON\r\nPING\r\n");
  c.Send("EXEC\r\nPING\r\n");
  CHECK(c.raw() == "+OK\r\n+PONG\r\n+PONG\r\n");
}

TEST_CASE("A protocol error ends a client whose replies are off without a word") {
  Harness h;
  for (const char* mute : {"CLIENT REPLY OFF\r\n", "CLIENT REPLY SKIP\r\n"}) {
    TestClient& c = h.NewClient();
    CHECK(c.Send(std::string(mute) + "*1\r\n+PING\r\n").empty());
    CHECK(c.closed());
  }
}

TEST_CASE("CLIENT REPLY SKIP holds for a command that waits") {
  Harness h;
  CHECK(h.Run("CLIENT REPLY SKIP") == NoReply());
  CHECK(h.Run("WAIT 1 10") == NoReply());
  h.AdvanceMs(10);
  CHECK(h.client().Receive().empty());
  CHECK(h.Run("PING") == Simple("PONG"));
}

TEST_CASE("CLIENT PAUSE holds all clients back until its time is over") {
  Harness h;
  TestClient& other = h.NewClient();
  CHECK(h.Run("CLIENT PAUSE 100") == Ok());
  CHECK(other.Send(EncodeRequest({"ECHO", "1"}) + EncodeRequest({"ECHO", "2"})).empty());
  CHECK(h.client().Waits("PING"));
  h.AdvanceMs(99);
  CHECK(other.Receive().empty());
  h.AdvanceMs(1);
  CHECK(other.Receive() == std::vector<ReplyValue>{Bulk("1"), Bulk("2")});
  CHECK(h.client().Receive() == std::vector<ReplyValue>{Simple("PONG")});
}

TEST_CASE("CLIENT PAUSE WRITE holds writers back and lets readers through, UNPAUSE ends it") {
  Harness h;
  TestClient& writer = h.NewClient();
  TestClient& transaction = h.NewClient();
  CHECK(transaction.Run("MULTI") == Ok());
  CHECK(transaction.Run("INCR n") == Simple("QUEUED"));
  CHECK(h.Run("CLIENT PAUSE 100000 WRITE") == Ok());
  CHECK(writer.Waits("INCR n"));
  CHECK(transaction.Waits("EXEC"));
  CHECK(h.Run("GET n") == Nil());
  CHECK(h.Run("CLIENT UNBLOCK 2") == Int(0));  // a pause is not to be ended for one
  CHECK(h.server().executor->blocked_clients() == 2);
  CHECK(h.Run("CLIENT UNPAUSE") == Ok());
  CHECK(writer.Receive() == std::vector<ReplyValue>{Int(1)});
  CHECK(transaction.Receive() == std::vector<ReplyValue>{Array({Int(2)})});
  CHECK(h.server().executor->blocked_clients() == 0);
  CHECK(h.Run("CLIENT UNPAUSE") == Ok());
}

TEST_CASE("CLIENT PAUSE WRITE holds writers back that would only be queued") {
  Harness h;
  TestClient& other = h.NewClient();
  CHECK(h.Run("CLIENT PAUSE 100000 WRITE") == Ok());
  CHECK(other.Run("MULTI") == Ok());
  CHECK(other.Run("GET k") == Simple("QUEUED"));
  CHECK(other.Waits("SET k 1"));
  CHECK(h.Run("CLIENT UNPAUSE") == Ok());
  CHECK(other.Receive() == std::vector<ReplyValue>{Simple("QUEUED")});
  CHECK(other.Run("EXEC") == Array({Nil(), Ok()}));
}

TEST_CASE("CLIENT UNPAUSE inside a transaction lets the others go on after it") {
  Harness h;
  TestClient& writer = h.NewClient();
  CHECK(h.Run("CLIENT PAUSE 100000 WRITE") == Ok());
  CHECK(writer.Waits("INCR n"));
  CHECK(h.Run("MULTI") == Ok());
  CHECK(h.Run("CLIENT UNPAUSE") == Simple("QUEUED"));
  CHECK(h.Run("GET n") == Simple("QUEUED"));
  CHECK(h.Run("EXEC") == Array({Ok(), Nil()}));
  CHECK(writer.Receive() == std::vector<ReplyValue>{Int(1)});
}

TEST_CASE("a client killed during a pause does not run what it had sent") {
  Harness h;
  TestClient& writer = h.NewClient();
  CHECK(h.Run("CLIENT PAUSE 100000 WRITE") == Ok());
  CHECK(writer.Waits("INCR n"));
  CHECK(h.Run("CLIENT KILL ID 2") == Int(1));
  CHECK(h.Run("CLIENT UNPAUSE") == Ok());
  CHECK(h.Run("GET n") == Nil());
}

TEST_CASE("a pause within a pause makes it longer or stricter, never less") {
  Harness h;
  const int64_t start_ms = h.now_ms();
  CHECK(h.Run("CLIENT PAUSE 1000 WRITE") == Ok());
  CHECK(h.Run("CLIENT PAUSE 10 WRITE") == Ok());
  CHECK(h.server().pause.until_ms == start_ms + 1000);
  CHECK(h.Run("CLIENT PAUSE 5000 WRITE") == Ok());
  CHECK(h.server().pause.until_ms == start_ms + 5000);
  CHECK(h.server().pause.writes_only);
  CHECK(h.Run("CLIENT PAUSE 1 ALL") == Ok());
  CHECK_FALSE(h.server().pause.writes_only);
  CHECK(h.server().pause.until_ms == start_ms + 5000);
  CHECK(h.client().Waits("CLIENT PAUSE 1 WRITE"));
  h.AdvanceMs(5000);
  CHECK(h.client().Receive() == std::vector<ReplyValue>{Ok()});
  CHECK(h.server().pause.writes_only);
}

TEST_CASE("CLIENT PAUSE refuses what is no pause") {
  Harness h;
  CHECK(h.Run("CLIENT PAUSE 0") == Ok());
  CHECK(h.server().pause.until_ms == 0);
  CHECK(h.Run("CLIENT PAUSE x") == Error("ERR timeout is not an integer or out of range"));
  CHECK(h.Run("CLIENT PAUSE -1") == Error("ERR timeout is negative"));
  CHECK(h.Run("CLIENT PAUSE 10 SOME") == Error("ERR CLIENT PAUSE mode must be WRITE or ALL"));
  CHECK(h.Run("CLIENT PAUSE 10 ALL x") ==
        Error("ERR unknown subcommand or wrong number of arguments for 'PAUSE'. Try CLIENT HELP."));
}

TEST_CASE("CLIENT UNBLOCK ends another client's wait") {
  Harness h;
  TestClient& other = h.NewClient();
  CHECK(h.Run("CLIENT UNBLOCK 2") == Int(0));  // does not wait
  CHECK(h.Run("CLIENT UNBLOCK 99") == Int(0));
  CHECK(other.Waits("WAIT 1 0"));
  CHECK(h.Run("CLIENT UNBLOCK 2") == Int(1));
  CHECK(other.Receive() == std::vector<ReplyValue>{Int(0)});
  CHECK(other.Waits("WAIT 1 0"));
  CHECK(h.Run("CLIENT UNBLOCK 2 TIMEOUT") == Int(1));
  CHECK(other.Receive() == std::vector<ReplyValue>{Int(0)});
  CHECK(other.Waits("WAITAOF 0 1 0"));
  CHECK(h.Run("CLIENT UNBLOCK 2 ERROR") == Int(1));
  CHECK(other.Receive() ==
        std::vector<ReplyValue>{Error("UNBLOCKED client unblocked via CLIENT UNBLOCK")});
  CHECK(h.server().executor->blocked_clients() == 0);
  CHECK(h.Run("CLIENT UNBLOCK 2 NOW") ==
        Error("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR"));
  CHECK(h.Run("CLIENT UNBLOCK x") == Error("ERR value is not an integer or out of range"));
}

TEST_CASE("who is unblocked inside a transaction goes on after it") {
  Harness h;
  TestClient& other = h.NewClient();
  CHECK(
      other
          .Send(EncodeRequest({"WAIT", "1", "0"}) + EncodeRequest({"CLIENT", "SETNAME", "gone-on"}))
          .empty());
  CHECK(h.Run("MULTI") == Ok());
  CHECK(h.Run("CLIENT UNBLOCK 2") == Simple("QUEUED"));
  CHECK(h.Run("CLIENT LIST ID 2") == Simple("QUEUED"));
  ReplyValue replies = h.Run("EXEC");
  REQUIRE(replies.elements.size() == 2);
  CHECK(replies.elements[0] == Int(1));
  CHECK(Field(replies.elements[1].text, "name").empty());
  CHECK(Field(replies.elements[1].text, "flags") == "N");
  CHECK(Field(h.Run("CLIENT LIST ID 2").text, "name") == "gone-on");
}

TEST_CASE("a chain of clients that unblock one another") {
  Harness h;
  constexpr int kClients = 300;
  std::vector<TestClient*> chain;
  for (int i = 0; i < kClients; ++i) {
    chain.push_back(&h.NewClient());
    const std::string next = std::to_string(h.server().sessions.size() + 1);
    CHECK(chain.back()
              ->Send(EncodeRequest({"WAIT", "1", "0"}) + EncodeRequest({"CLIENT", "UNBLOCK", next}))
              .empty());
  }
  CHECK(h.Run("CLIENT UNBLOCK 2") == Int(1));
  for (int i = 0; i < kClients; ++i) {
    CHECK(chain[i]->Receive() == std::vector<ReplyValue>{Int(0), Int(i + 1 < kClients ? 1 : 0)});
  }
}

TEST_CASE("keys are not tracked for clients") {
  Harness h;
  CHECK(h.Run("CLIENT GETREDIR") == Int(-1));
  CHECK(h.Run("CLIENT TRACKINGINFO") ==
        Array({Bulk("flags"), Array({Bulk("off")}), Bulk("redirect"), Int(-1), Bulk("prefixes"),
               Array({})}));
  CHECK(h.Run("HELLO 3").kind == ReplyValue::Kind::kMap);
  CHECK(h.Run("CLIENT TRACKINGINFO") ==
        reply::Map({Bulk("flags"), reply::Set({Bulk("off")}), Bulk("redirect"), Int(-1),
                    Bulk("prefixes"), Array({})}));
}

TEST_CASE("CLIENT HELP names every subcommand") {
  Harness h;
  std::string text;
  for (const ReplyValue& line : h.Run("CLIENT HELP").elements) text += line.text + "\n";
  for (const CommandRow& row : h.server().commands.rows()) {
    if (row.spec == nullptr || row.spec->parent != "client") continue;
    std::string name(row.spec->name);
    for (char& c : name) c = static_cast<char>(std::toupper(c));
    CHECK(text.find("\n" + name) != std::string::npos);
  }
  CHECK(h.Run("CLIENT nosuch") == Error("ERR unknown subcommand 'nosuch'. Try CLIENT HELP."));
  CHECK(h.Run("CLIENT") == Error("ERR wrong number of arguments for 'client' command"));
}

}  // namespace gotthard
