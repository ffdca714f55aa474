#include "tests/commands/harness.h"

namespace gotthard {

TEST_CASE("EXEC outside of MULTI is an error, and MULTI does not nest") {
  Harness h;
  CHECK(h.Run("EXEC") == Error("ERR EXEC without MULTI"));
  CHECK(h.Run("DISCARD") == Error("ERR DISCARD without MULTI"));
  CHECK(h.Run("MULTI") == Ok());
  CHECK(h.Run("MULTI") == Error("ERR MULTI calls can not be nested"));
  CHECK(h.Run("WATCH k") == Error("ERR WATCH inside MULTI is not allowed"));
  CHECK(h.Run("EXEC") == Array({}));
}

TEST_CASE("an error while queueing makes EXEC abort") {
  Harness h;
  CHECK(h.Run("MULTI") == Ok());
  CHECK(h.Run("nosuchcommand").is_error());
  CHECK(h.Run("UNWATCH") == Simple("QUEUED"));
  CHECK(h.Run("EXEC") == Error("EXECABORT Transaction discarded because of previous errors."));
  CHECK(h.Run("EXEC") == Error("ERR EXEC without MULTI"));
}

TEST_CASE("DISCARD ends a transaction without running it") {
  Harness h;
  CHECK(h.Run("MULTI") == Ok());
  CHECK(h.Run("UNWATCH") == Simple("QUEUED"));
  CHECK(h.Run("DISCARD") == Ok());
  CHECK(h.Run("UNWATCH") == Ok());
}

}  // namespace gotthard
