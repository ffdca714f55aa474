// The reactor that a test runs on: epoll's, or io_uring's where the environment variable
// GOTTHARD_TEST_IO_BACKEND says "uring" (tests/run.py does so in a second run where the kernel has
// it).
#pragma once

#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "net/reactor.h"

namespace gotthard {

inline std::unique_ptr<Reactor> NewReactor(std::string_view backend) {
  Result<std::unique_ptr<Reactor>> made =
      backend == "uring" ? MakeUringReactor() : MakeEpollReactor();
  if (!made.ok()) throw std::runtime_error(std::string(made.error().text()));
  return std::move(*made);
}

inline std::unique_ptr<Reactor> ReactorUnderTest() {
  const char* named = std::getenv("GOTTHARD_TEST_IO_BACKEND");
  return NewReactor(named == nullptr ? "epoll" : named);
}

}  // namespace gotthard
