#include "net/io_backend.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <utility>

#include "net/io_trial.h"

namespace gotthard {
namespace {

// Each back end is measured this often, in turns; the least counts, which other work on the machine
// disturbs least.
constexpr int kTrials = 4;
// Per cent that io_uring must gain, so that a tie does not fall differently at every start.
constexpr uint64_t kLeastGain = 3;

// A working io_uring reactor.
Result<std::unique_ptr<Reactor>> TryUring() {
  Result<std::unique_ptr<Reactor>> made = MakeUringReactor();
  if (!made.ok()) return made.error();
  Result<uint64_t> tried = MeasureRequestNs(**made, kShortTrialRounds);
  if (!tried.ok()) return tried.error();
  return made;
}

struct Measured {
  uint64_t uring_ns = UINT64_MAX;
  uint64_t epoll_ns = UINT64_MAX;
};

Result<Measured> MeasureBoth(Reactor& uring) {
  Result<std::unique_ptr<Reactor>> epoll = MakeEpollReactor();
  if (!epoll.ok()) return epoll.error();
  Measured measured;
  for (int i = 0; i < kTrials; ++i) {
    Result<uint64_t> uring_ns = MeasureRequestNs(uring);
    if (!uring_ns.ok()) return uring_ns.error();
    Result<uint64_t> epoll_ns = MeasureRequestNs(**epoll);
    if (!epoll_ns.ok()) return epoll_ns.error();
    measured.uring_ns = std::min(measured.uring_ns, *uring_ns);
    measured.epoll_ns = std::min(measured.epoll_ns, *epoll_ns);
  }
  return measured;
}

std::string Text(const Measured& measured) {
  char text[128];
  snprintf(
      text, sizeof(text), "a small request takes %.2f us of CPU with io_uring, %.2f us with epoll",
      static_cast<double>(measured.uring_ns) / 1000, static_cast<double>(measured.epoll_ns) / 1000);
  return text;
}

}  // namespace

IoBackendChoice ChooseIoBackend(Config::IoBackend wish) {
  if (wish == Config::kIoBackendEpoll) return {false, "epoll, as configured", false};
  const bool measures = wish == Config::kIoBackendAuto;
  Result<std::unique_ptr<Reactor>> uring = TryUring();
  if (!uring.ok()) {
    const std::string why(uring.error().text());
    if (measures) return {false, "epoll, because io_uring cannot be had: " + why, false};
    return {false, "io-backend uring cannot be had, using epoll instead: " + why, true};
  }
  if (!measures) return {true, "io_uring, as configured", false};
  Result<Measured> measured = MeasureBoth(**uring);
  if (!measured.ok()) {
    return {false, "epoll, because a trial failed: " + std::string(measured.error().text()), false};
  }
  const bool takes_uring = measured->uring_ns < measured->epoll_ns * (100 - kLeastGain) / 100;
  return {takes_uring, (takes_uring ? "io_uring: " : "epoll: ") + Text(*measured), false};
}

Result<std::unique_ptr<Reactor>> MakeReactor(const IoBackendChoice& choice) {
  if (choice.uring) {
    Result<std::unique_ptr<Reactor>> made = MakeUringReactor();
    if (made.ok()) return made;
  }
  return MakeEpollReactor();
}

}  // namespace gotthard
