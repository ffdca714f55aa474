// IoTrial: whether a reactor works here, and what a small request costs in it: sixteen socket
// pairs, each of which is asked and answers in turn.
//
// Owning thread: the caller's, which is also the one that asks; used once, at the start.
//
// Limits: a trial of the default length takes about 2 ms of CPU. It sees the system calls of both
// back ends, not the network: what TCP costs is the same in both.
#pragma once

#include <cstdint>

#include "base/status.h"
#include "net/reactor.h"

namespace gotthard {

// A short trial that only finds out whether it works.
inline constexpr int kShortTrialRounds = 2;
inline constexpr int kTrialRounds = 32;

// Nanoseconds of this thread's CPU per request: to be told of it, to receive it and to send the
// reply. Fails when the reactor does not deliver, or no sockets are to be had.
Result<uint64_t> MeasureRequestNs(Reactor& reactor, int rounds = kTrialRounds);

}  // namespace gotthard
