// The read buffer of a request that is not complete yet was not counted, as only batches of whole
// commands told of it; and a client in the middle of a long request looked idle.
#include <catch2/catch.hpp>
#include <string>

#include "tests/system/system_harness.h"

namespace gotthard::test {
namespace {

// A number of the line of the client with this name; 0 if there is none.
size_t Number(const std::string& list, const std::string& client, const std::string& field) {
  const size_t line = list.find("name=" + client + " ");
  if (line == std::string::npos) return 0;
  const size_t at = list.find(" " + field + "=", line);
  if (at == std::string::npos) return 0;
  return std::stoull(list.substr(at + field.size() + 2));
}

TEST_CASE("CLIENT LIST counts the buffer of a request that is still coming in") {
  for (const char* io_threads : {"1", "2"}) {
    Daemon daemon({"--io-threads", io_threads, "--hz", "100"});
    Client watcher = daemon.Connect();
    Client client = daemon.Connect();
    CHECK(client.Command({"CLIENT", "SETNAME", "slow"}) == "OK");
    client.Send("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1000000\r\n");
    auto counted = [&] {
      const std::string list = watcher.Command({"CLIENT", "LIST"}).text;
      return Number(list, "slow", "qbuf") + Number(list, "slow", "qbuf-free");
    };
    WaitUntil("the request's buffer to be counted", [&] { return counted() >= 1'000'000; });
    client.Send(std::string(500'000, 'x'));
    WaitUntil("half of the request to be counted", [&] {
      const std::string list = watcher.Command({"CLIENT", "LIST"}).text;
      return Number(list, "slow", "qbuf") >= 400'000;
    });
    client.Send(std::string(500'000, 'x') + "\r\n");
    CHECK(client.ReadReply() == "OK");
  }
}

TEST_CASE("a client is still charged with its read buffer when its reply has been sent") {
  Daemon daemon({"--io-threads", "1", "--hz", "100"});
  Client watcher = daemon.Connect();
  Client client = daemon.Connect();
  CHECK(client.Command({"CLIENT", "SETNAME", "large"}) == "OK");
  // What is left to send becomes 0 with the report that once took the charge away, too. After two
  // silent seconds it is gone, so there is a fresh request now and then.
  int looks = 0;
  WaitUntil("a sent reply and a charged buffer at once", [&] {
    if (looks++ % 32 == 0) {
      CHECK(client.Command({"SET", "k", std::string(400'000, 'x')}) == "OK");
    }
    const std::string list = watcher.Command({"CLIENT", "LIST"}).text;
    const size_t charged = Number(list, "large", "qbuf") + Number(list, "large", "qbuf-free");
    const bool sent = list.find(" obl=0 ", list.find("name=large ")) != std::string::npos;
    return sent && charged >= 400'000;
  });
}

}  // namespace
}  // namespace gotthard::test
