// Which back end the reactors of this process have: chosen once, at the start.
//
// io_uring may be missing (built out of the kernel, older than 6.1), switched off
// (kernel.io_uring_disabled) or forbidden (seccomp, as in many containers); a ring that can be made
// may still be useless. So the choice tries one out, on socket pairs (net/io_trial.h). Where it
// fails, epoll serves, and no client sees a difference. `auto` measures both and takes the cheaper
// one, which costs about 20 ms at the start.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"
#include "config/config.h"
#include "net/reactor.h"

namespace gotthard {

struct IoBackendChoice {
  bool uring = false;
  // For the log and INFO: what was chosen, and why.
  std::string reason;
  // Not what the configuration asks for.
  bool denied = false;
};

IoBackendChoice ChooseIoBackend(Config::IoBackend wish);

// A reactor of that kind; when io_uring has no further ring to give, an epoll one.
Result<std::unique_ptr<Reactor>> MakeReactor(const IoBackendChoice& choice);
// Whether the latter has happened.
inline bool IsReplaced(const IoBackendChoice& choice, const Reactor& made) {
  return choice.uring && std::string_view(made.name()) != "uring";
}
inline constexpr std::string_view kNoRing =
    "io_uring has no further ring to give: a thread uses epoll instead.";

}  // namespace gotthard
