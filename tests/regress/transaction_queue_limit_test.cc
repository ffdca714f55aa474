// A transaction queued without any bound, past the 4 GiB that its offsets can say.
#include "tests/commands/harness.h"

using namespace gotthard;

TEST_CASE("A transaction that queues more than client-query-buffer-limit ends its client") {
  Harness h("client-query-buffer-limit 1mb");
  TestClient& heavy = h.NewClient();
  CHECK(heavy.Run("MULTI") == Ok());
  const std::string value(300'000, 'v');
  for (int i = 0; i < 3; ++i) {
    CHECK(heavy.Run(std::vector<std::string>{"SET", "k", value}) == Simple("QUEUED"));
  }
  (void)heavy.Run(std::vector<std::string>{"SET", "k", value});
  CHECK(heavy.closed());
  CHECK(h.server().stats.queue_limit_disconnections == 1);
  CHECK(h.Run("EXISTS k") == Int(0));
}
