// CONFIG SET port and bind gave the start-up's messages, which tools do not know.
#include <catch2/catch.hpp>
#include <string>

#include "tests/system/system_harness.h"

namespace gotthard::test {
namespace {

TEST_CASE("CONFIG SET port and bind refuse in Redis's words, and the server stays where it is") {
  Daemon taken;
  Daemon daemon;
  Client client = daemon.Connect();
  CHECK(client.Command({"CONFIG", "SET", "port", std::to_string(taken.port())}) ==
        "(error) ERR CONFIG SET failed (possibly related to argument 'port') - Unable to listen on "
        "this port. Check server logs.");
  CHECK(client.Command({"CONFIG", "SET", "bind", "999.999.999.999"}) ==
        "(error) ERR CONFIG SET failed (possibly related to argument 'bind') - Failed to bind to "
        "specified addresses.");
  daemon.WaitForLog("Failed listening on port " + std::to_string(taken.port()));
  CHECK(daemon.Connect().Command({"PING"}) == "PONG");
}

}  // namespace
}  // namespace gotthard::test
