// Bytes per key, from the arena's and the table's own accounting, against the project's targets.
#include <catch2/catch.hpp>
#include <cstdio>
#include <string>

#include "store/database.h"

namespace gotthard {
namespace {

#if !defined(GOTTHARD_ARENA_MALLOC)

struct Load {
  const char* name;
  const char* key_format;
  std::string value;
  int64_t expiry_ms;
  double limit_bytes;
};

double BytesPerKey(const Load& load, size_t keys) {
  const KeyHasher hasher(1);
  Database db(hasher);
  char name[64];
  for (size_t i = 0; i < keys; ++i) {
    const int length = std::snprintf(name, sizeof(name), load.key_format, static_cast<int>(i));
    const std::string_view view(name, static_cast<size_t>(length));
    db.PutString({view, hasher(view)}, {}, load.value, load.expiry_ms);
  }
  const size_t directory_bytes = size_t{8} << db.table().depth();
  // The last chunk may be barely begun: its 2 MiB are rounding, not cost per key.
  const size_t bytes = db.arena().resident_bytes() + directory_bytes;
  return static_cast<double>(bytes) / static_cast<double>(keys);
}

TEST_CASE("a million keys and other numbers of them stay within the memory targets") {
  const Load loads[] = {
      {"number", "key:%012d", "12345678", kNoExpiry, 50},
      {"32 bytes", "key:%012d", std::string(32, 'v'), kNoExpiry, 80},
      {"32 bytes and a TTL", "key:%012d", std::string(32, 'v'), 1'700'000'000'000, 90},
      {"100 bytes", "key:%026d", std::string(100, 'v'), kNoExpiry, 165},
  };
  // Segments of a table grow in step: no number of keys may be the unlucky one.
  for (const Load& load : loads) {
    for (const size_t keys : {700'000, 1'000'000, 1'300'000}) {
      INFO(load.name << ", " << keys << " keys");
      const double bytes = BytesPerKey(load, keys);
      // Three bytes are left for the process around it (2.9 MB at a million keys).
      CHECK(bytes <= load.limit_bytes - 3);
    }
  }
}

#endif

}  // namespace
}  // namespace gotthard
