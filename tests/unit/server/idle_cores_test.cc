// Idle processors, from a file as the kernel writes it.
#include "server/idle_cores.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "tests/unit/server/temp_dir.h"

namespace gotthard {
namespace {

constexpr uint64_t kSecond = 1'000'000'000;

class Stat {
 public:
  // The idle time of processors 0, 1 and 2 in hundredths of what one processor does in a second.
  // Processor 1 has somebody waiting for I/O all the time.
  void Write(int idle0, int idle1, int idle2) {
    const auto ticks = [](int hundredths) {
      return std::to_string(1000 + hundredths * sysconf(_SC_CLK_TCK) / 100);
    };
    std::ofstream file(path);
    file << "cpu  1 2 3 " << ticks(idle0 + idle1 + idle2) << " 5 6 7 8 9 10\n"
         << "cpu0 1 2 3 " << ticks(idle0) << " 5 6 7 8 9 10\n"
         << "cpu1 1 2 3 4 " << ticks(idle1) << " 6 7 8 9 10\n"
         << "cpu2 1 2 3 " << ticks(idle2) << " 5 6 7 8 9 10\n"
         << "intr 123 4 5\nctxt 99\n";
  }
  test::TempDir dir;
  const std::string path = dir.path() + "/stat";
};

TEST_CASE("Only processors that the process may use count") {
  Stat stat;
  IdleCores some({0, 2}, stat.path);
  IdleCores all({0, 1, 2}, stat.path);
  stat.Write(0, 0, 0);
  CHECK(some.Sample(10 * kSecond) == 0);  // nothing to compare with yet
  CHECK(all.Sample(10 * kSecond) == 0);
  stat.Write(10, 5, 0);  // a tenth of a second later
  CHECK(some.Sample(10 * kSecond + kSecond / 10) == Approx(1.0).margin(0.11));
  CHECK(all.Sample(10 * kSecond + kSecond / 10) == Approx(1.5).margin(0.11));
}

TEST_CASE("A reading of long ago is no base") {
  Stat stat;
  IdleCores cores({0, 1}, stat.path);
  stat.Write(0, 0, 0);
  CHECK(cores.Sample(kSecond) == 0);
  stat.Write(1000, 1000, 0);
  CHECK(cores.Sample(11 * kSecond) == 0);
  stat.Write(1010, 1000, 0);
  CHECK(cores.Sample(11 * kSecond + kSecond / 10) == Approx(1.0).margin(0.11));
}

TEST_CASE("There are never more idle processors than there are") {
  Stat stat;
  IdleCores cores({0}, stat.path);
  stat.Write(0, 0, 0);
  CHECK(cores.Sample(kSecond) == 0);
  stat.Write(300, 0, 0);
  CHECK(cores.Sample(kSecond + kSecond / 10) == Approx(1.0));
}

TEST_CASE("Without the file nothing is idle") {
  Stat stat;
  IdleCores cores({0}, stat.dir.path() + "/none");
  CHECK(cores.Sample(kSecond) == 0);
  CHECK(cores.Sample(kSecond + 1) == 0);
}

TEST_CASE("This process may run somewhere") {
  CHECK_FALSE(IdleCores::Usable().empty());
}

}  // namespace
}  // namespace gotthard
