// Large values over the wire: they are received straight into the memory that stores them. What a
// user may rely on: they come out as they went in, whatever follows them, and a client that only
// promises bytes does not get memory for it. Inline (1 thread that does I/O) and piped (2).
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "tests/system/daemon_view.h"
#include "tests/system/system_harness.h"

namespace gotthard::test {
namespace {

constexpr std::size_t kMb = 1024 * 1024;

std::string IoThreads() {
  return "io-threads " + std::string(GENERATE("1", "2")) + "\n";
}

std::string Pattern(std::size_t size, unsigned seed) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) {
    bytes[i] = static_cast<char>((i + seed) * 2654435761u >> 13);
  }
  return bytes;
}

TEST_CASE("large values come out as they went in, by every command that sets one") {
  Daemon daemon({}, IoThreads());
  Client client = daemon.Connect();
  for (const std::size_t size : {std::size_t{32 * 1024}, std::size_t{70'000}, kMb, 9 * kMb}) {
    CAPTURE(size);
    const std::string a = Pattern(size, 1);
    const std::string b = Pattern(size + 1, 2);
    REQUIRE(client.Command({"SET", "k", a}) == "OK");
    CHECK((client.Command({"GET", "k"}).text == a));
    REQUIRE(client.Command({"SET", "k", b, "EX", "1000"}) == "OK");
    CHECK((client.Command({"GETSET", "k", a}).text == b));
    CHECK((client.Command({"GET", "k"}).text == a));
    CHECK(client.Command({"SETNX", "k", b}) == "(integer) 0");
    CHECK((client.Command({"SET", "k", b, "GET"}).text == a));
    REQUIRE(client.Command({"SETEX", "k", "1000", a}) == "OK");
    CHECK((client.Command({"GET", "k"}).text == a));
    REQUIRE(client.Command({"PSETEX", "k", "1000000", b}) == "OK");
    CHECK((client.Command({"GET", "k"}).text == b));
    REQUIRE(client.Command({"DEL", "k"}) == "(integer) 1");
    CHECK(client.Command({"SETNX", "k", a}) == "(integer) 1");
    CHECK((client.Command({"GET", "k"}).text == a));
    REQUIRE(client.Command({"MSET", "one", b}) == "OK");
    REQUIRE(client.Command({"MSET", "one", a, "k", b}) == "OK");
    CHECK((client.Command({"GET", "one"}).text == a));
    CHECK((client.Command({"GET", "k"}).text == b));
    // Another type is in the way, so nothing is stored.
    REQUIRE(client.Command({"DEL", "list"}).Integer() >= 0);
    REQUIRE(client.Command({"RPUSH", "list", "x"}) == "(integer) 1");
    CHECK(client.Command({"GETSET", "list", a}).text.find("WRONGTYPE") != std::string::npos);
  }
}

TEST_CASE("a large value may be changed in the pipeline that set it, and afterwards") {
  Daemon daemon({}, IoThreads());
  Client client = daemon.Connect();
  const std::string value = Pattern(kMb, 3);
  std::string changed = value;
  changed.replace(10, 5, "12345");
  changed += "tail";
  for (int round = 0; round < 3; ++round) {
    client.Send(Client::Encode({"SET", "k", value}) +
                Client::Encode({"SETRANGE", "k", "10", "12345"}) +
                Client::Encode({"APPEND", "k", "tail"}) + Client::Encode({"GET", "k"}) +
                Client::Encode({"COPY", "k", "other", "REPLACE"}) +
                Client::Encode({"APPEND", "k", "more"}));
    CHECK(client.ReadReply() == "OK");
    CHECK(client.ReadReply().Integer() == static_cast<int>(kMb));
    CHECK(client.ReadReply().Integer() == static_cast<int>(kMb) + 4);
    CHECK((client.ReadReply().text == changed));
    CHECK(client.ReadReply() == "(integer) 1");
    CHECK(client.ReadReply().Integer() == static_cast<int>(kMb) + 8);
    CHECK((client.Command({"GET", "other"}).text == changed));
    CHECK((client.Command({"GET", "k"}).text == changed + "more"));
    CHECK(client.Command({"STRLEN", "k"}).Integer() == static_cast<int>(kMb) + 8);
  }
  client.Send(Client::Encode({"MULTI"}) + Client::Encode({"SET", "k", value}) +
              Client::Encode({"APPEND", "k", "tail"}) + Client::Encode({"EXEC"}));
  CHECK(client.ReadReply() == "OK");
  CHECK(client.ReadReply() == "QUEUED");
  CHECK(client.ReadReply() == "QUEUED");
  CHECK(client.ReadReply().elements.size() == 2);
  CHECK((client.Command({"GET", "k"}).text == value + "tail"));
}

TEST_CASE("a deep pipeline of large values is taken in order") {
  Daemon daemon({}, IoThreads());
  Client client = daemon.Connect();
  std::string pipeline;
  std::vector<std::string> values;
  for (unsigned i = 0; i < 40; ++i) {
    values.push_back(Pattern(100'000 + i * 7'001, i));
    pipeline += Client::Encode({"SET", "k" + std::to_string(i), values.back()});
    pipeline += Client::Encode({"STRLEN", "k" + std::to_string(i)});
  }
  client.Send(pipeline);
  for (unsigned i = 0; i < 40; ++i) {
    CHECK(client.ReadReply() == "OK");
    CHECK(client.ReadReply().Integer() == static_cast<int>(values[i].size()));
  }
  for (unsigned i = 0; i < 40; ++i) {
    CHECK((client.Command({"GET", "k" + std::to_string(i)}).text == values[i]));
  }
}

TEST_CASE("a promise of bytes buys no memory, and half a value goes with its client") {
  Daemon daemon({}, IoThreads());
  Client watcher = daemon.Connect();
  const auto used = [&] { return InfoNumber(watcher, "used_memory"); };
  const auto clients = [&] { return InfoNumber(watcher, "connected_clients"); };
  REQUIRE(watcher.Command({"SET", "warm", std::string(2 * kMb, 'w')}) == "OK");
  const auto before = used();
  {
    std::vector<Client> promising;
    for (int i = 0; i < 4; ++i) {
      promising.push_back(daemon.Connect());
      promising.back().Send("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$536870912\r\n");
    }
    WaitUntil("the promises to arrive", [&] {
      const std::string list = watcher.Command({"CLIENT", "LIST"}).text;
      std::size_t held = 0;
      for (std::size_t at = 0; (at = list.find(" qbuf-free=4", at)) != std::string::npos; ++at)
        ++held;
      return held == 4;
    });
    CHECK(used() < before + 32 * static_cast<std::int64_t>(kMb));
    CHECK(ResidentBytes(daemon.pid()) < 256 * kMb);
    for (Client& client : promising) client.Send(std::string(10 * kMb, 'x'));
    WaitUntil("what was sent to be held",
              [&] { return used() > before + 40 * static_cast<std::int64_t>(kMb); });
  }
  WaitUntil("the clients to be gone", [&] { return clients() == 1; });
  WaitUntil("their memory to be free",
            [&] { return used() < before + 2 * static_cast<std::int64_t>(kMb); });
  CHECK(watcher.Command({"EXISTS", "k"}) == "(integer) 0");
}

TEST_CASE("a value longer than proto-max-bulk-len is refused by its length alone") {
  Daemon daemon({}, IoThreads() + "proto-max-bulk-len 1mb\n");
  Client client = daemon.Connect();
  CHECK(client.Command({"SET", "k", std::string(kMb, 'x')}) == "OK");
  client.Send("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1048577\r\n");
  CHECK(client.ReadReply() == "(error) ERR Protocol error: invalid bulk length");
  CHECK(client.WaitForClose());
}

TEST_CASE("a large value whose command stores nothing is gone with the command") {
  Daemon daemon({}, IoThreads());
  Client client = daemon.Connect();
  const auto used = [&] { return InfoNumber(client, "used_memory"); };
  REQUIRE(client.Command({"SET", "taken", "x"}) == "OK");
  REQUIRE(client.Command({"RPUSH", "list", "x"}) == "(integer) 1");
  const std::string value = Pattern(kMb, 4);
  REQUIRE(client.Command({"ECHO", value}).text.size() == kMb);
  const auto before = used();
  const std::vector<std::vector<std::string>> vain = {
      {"SETEX", "k", value},          // too few arguments
      {"SETNX", "k", value, "more"},  // too many
      {"SET", "k", value, "EX", "never"},
      {"SET", "k", value, "KEEP"},
      {"PSETEX", "k", "0", value},
      {"MSET", "k", value, "odd"},
      {"MSETNX", "k", value, "taken", "y"},
      {"SETNX", "taken", value},
      {"SET", "taken", value, "NX"},
      {"SET", "k", value, "XX"},
      {"GETSET", "list", value},
      {"NOSUCH", "k", value},
      {"GET", value},
  };
  for (int round = 0; round < 4; ++round) {
    for (const std::vector<std::string>& command : vain) {
      CAPTURE(command[0]);
      CHECK(client.Command(command) != "OK");
    }
    REQUIRE(client.Command({"MULTI"}) == "OK");
    CHECK(client.Command({"SET", "k", value}) == "QUEUED");
    CHECK(client.Command({"DISCARD"}) == "OK");
    REQUIRE(client.Command({"CONFIG", "SET", "maxmemory", "1"}) == "OK");
    CHECK(client.Command({"SET", "k", value}).text.find("OOM") == 0);
    REQUIRE(client.Command({"CONFIG", "SET", "maxmemory", "0"}) == "OK");
  }
  // A value not freed would have left 1 MB in each round.
  WaitUntil("their memory to be free",
            [&] { return used() < before + 2 * static_cast<std::int64_t>(kMb); });
  CHECK(client.Command({"DBSIZE"}) == "(integer) 2");
  CHECK(client.Command({"GET", "taken"}) == "x");
}

TEST_CASE("those who look on see a large value that its key has taken over already") {
  Daemon daemon({}, IoThreads() + "slowlog-log-slower-than 0\n");
  Client monitor = daemon.Connect();
  Client client = daemon.Connect();
  REQUIRE(monitor.Command({"MONITOR"}) == "OK");
  const std::string value(kMb, 'v');
  client.Send(Client::Encode({"SET", "k", value}) + Client::Encode({"DEL", "k"}) +
              Client::Encode({"SETNX", "k", value}) + Client::Encode({"SLOWLOG", "GET", "1"}));
  CHECK(client.ReadReply() == "OK");
  CHECK(client.ReadReply() == "(integer) 1");
  CHECK(client.ReadReply() == "(integer) 1");
  const Reply entry = client.ReadReply().elements.at(0);
  CHECK(entry.elements.at(3).elements.at(0) == "SETNX");
  CHECK(entry.elements.at(3).elements.at(2) ==
        std::string(128, 'v') + "... (" + std::to_string(kMb - 128) + " more bytes)");
  for (const std::string name : {"SET", "DEL", "SETNX"}) {
    const std::string line = monitor.ReadReply().text;
    CHECK(line.find("\"" + name + "\" \"k\"") != std::string::npos);
    if (name != "DEL") CHECK((line.find(" \"" + value + "\"") != std::string::npos));
  }
}

TEST_CASE("a protocol error behind a large value stores what was whole, and nothing else") {
  Daemon daemon({}, IoThreads());
  Client watcher = daemon.Connect();
  const auto before = InfoNumber(watcher, "used_memory");
  const std::string value = Pattern(kMb, 5);
  const std::string half = "*5\r\n$3\r\nSET\r\n$1\r\nb\r\n$" + std::to_string(kMb) + "\r\n" + value;
  for (const std::string wrong : {"\r\n:2\r\nEX\r\n", "\r\n$-5\r\n"}) {
    for (const bool first : {true, false}) {
      Client client = daemon.Connect();
      client.Send((first ? Client::Encode({"SET", "a", value}) : "") + half + wrong);
      if (first) CHECK(client.ReadReply() == "OK");
      CHECK(client.ReadReply().text.find("ERR Protocol error: ") == 0);
      CHECK(client.WaitForClose());
    }
  }
  CHECK((watcher.Command({"GET", "a"}).text == value));
  CHECK(watcher.Command({"EXISTS", "b"}) == "(integer) 0");
  CHECK(watcher.Command({"DEL", "a"}) == "(integer) 1");
  WaitUntil("the memory to be free", [&] {
    return InfoNumber(watcher, "used_memory") < before + 2 * static_cast<std::int64_t>(kMb);
  });
}

TEST_CASE("a value that outgrows client-query-buffer-limit ends its client and is freed") {
  Daemon daemon({}, IoThreads() + "client-query-buffer-limit 2mb\n");
  Client watcher = daemon.Connect();
  const auto before = InfoNumber(watcher, "used_memory");
  Client client = daemon.Connect();
  REQUIRE(client.Command({"SET", "k", Pattern(kMb, 6)}) == "OK");
  REQUIRE(client.Command({"DEL", "k"}) == "(integer) 1");
  (void)client.TrySend("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$8388608\r\n");
  (void)client.TrySend(Pattern(4 * kMb, 7));
  CHECK(client.WaitForClose());
  WaitUntil("the memory to be free", [&] {
    return InfoNumber(watcher, "used_memory") < before + 2 * static_cast<std::int64_t>(kMb);
  });
  CHECK(InfoNumber(watcher, "client_query_buffer_limit_disconnections") == 1);
  CHECK(watcher.Command({"EXISTS", "k"}) == "(integer) 0");
}

TEST_CASE("nobody sends a large value before he has authenticated") {
  Daemon daemon({}, IoThreads() + "requirepass secret\n");
  Client client = daemon.Connect();
  client.Send("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$100000\r\n");
  CHECK(client.ReadReply() == "(error) ERR Protocol error: unauthenticated bulk length");
  CHECK(client.WaitForClose());
  Client user = daemon.Connect();
  const std::string value = Pattern(kMb, 8);
  user.Send(Client::Encode({"AUTH", "secret"}) + Client::Encode({"SET", "k", value}));
  CHECK(user.ReadReply() == "OK");
  CHECK(user.ReadReply() == "OK");
  CHECK((user.Command({"GET", "k"}).text == value));
}

}  // namespace
}  // namespace gotthard::test
