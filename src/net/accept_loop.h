// AcceptLoop: takes the connections that wait at a listening socket, one system call each.
//
// Also when the process is out of descriptors: a connection that stays in the queue would keep the
// listener readable, and the loop that watches it spinning. So it is taken with a descriptor that
// is kept for this, and closed.
//
// Owning thread: the reactor's. Limit: kMaxPerTurn connections in a turn, so that those who are
// connected already do not wait for a storm of new ones.
#pragma once

#include <concepts>
#include <type_traits>

#include "net/reactor.h"

namespace gotthard {

class AcceptLoop {
 public:
  static constexpr int kMaxPerTurn = 64;

  AcceptLoop();
  AcceptLoop(const AcceptLoop&) = delete;
  AcceptLoop& operator=(const AcceptLoop&) = delete;
  ~AcceptLoop();

  // One turn. `acceptor()` says who gets the next connection; it is asked before each of them,
  // because OnAccept may end the listening, and null ends the turn.
  template <typename Find>
  requires std::same_as<std::invoke_result_t<Find&>, Acceptor*> void Run(int listener,
                                                                         Find acceptor) {
    for (int i = 0; i < kMaxPerTurn; ++i) {
      Acceptor* const taker = acceptor();
      if (taker == nullptr) return;
      const int fd = Take(listener);
      if (fd == kNoMore) return;
      if (fd != kOneLess) taker->OnAccept(listener, fd);
    }
  }

 private:
  static constexpr int kOneLess = -1;  // a connection is gone, refused here or given up by its peer
  static constexpr int kNoMore = -2;

  // A connection's descriptor, non-blocking, or one of the two above.
  int Take(int listener);
  // Takes one connection and closes it. False if that could not be done.
  bool RefuseOne(int listener);

  int spare_fd_;
};

}  // namespace gotthard
