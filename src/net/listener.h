// ListenerSet: the sockets that the server listens on, and what there is to know about an accepted
// one's two ends.
//
// `bind` takes IPv4 and IPv6 addresses, host names, "*" (all of IPv4) and "::*" (all of IPv6; IPv6
// sockets never take IPv4 connections, so both can be listed). "-" in front of an address means
// that it is no error if this machine does not have it. A protocol family that the kernel lacks is
// logged and left out.
//
// Every descriptor is non-blocking and close-on-exec. Errors are one line for a person; the set is
// then as it was before.
//
// Owning thread: main until the threads start, the execution thread after. Nothing blocks but the
// resolver, and only for host names.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/function_ref.h"
#include "base/status.h"
#include "config/config.h"
#include "observe/log.h"

namespace gotthard {

struct ListenOptions {
  std::vector<std::string> bind;  // empty: no TCP
  int port = 0;                   // 0: no TCP
  int backlog = 511;
  std::string unix_path;         // empty: none
  unsigned unix_permission = 0;  // 0: as the umask has it
  uint32_t socket_mark = 0;      // 0: none

  static ListenOptions From(const Config& config);
};

struct Listener {
  enum class Kind { kTcp, kUnix };
  int fd;
  Kind kind;
  std::string address;  // "127.0.0.1:6379", "[::1]:6379", or the Unix socket's path
};

class ListenerSet {
 public:
  using Watch = FunctionRef<Status(const Listener&)>;
  using Unwatch = FunctionRef<void(const Listener&)>;

  explicit ListenerSet(Log& log) : log_(log) {}
  ~ListenerSet() { Close(); }
  ListenerSet(const ListenerSet&) = delete;
  ListenerSet& operator=(const ListenerSet&) = delete;

  // Opens everything, or nothing. "Failed listening on port 6379 (tcp), aborting: 127.0.0.1:6379:
  // Address already in use". A file left over at the Unix socket's path is removed if it is a
  // socket on which nobody listens. Warns when the kernel cuts the backlog down.
  // REQUIRES: nothing is open.
  Status Open(const ListenOptions& options);

  // Changes the TCP sockets to those of `options`; the Unix socket stays as it is. Sockets whose
  // address stays are kept. `watch` is called for each new one, `unwatch` for each old one before
  // it is closed. On an error (one of `watch` included) the old ones listen on, and `unwatch` has
  // been called for the new ones that `watch` has seen.
  //
  // An old socket that stands in the way of a new one (127.0.0.1 and "*") has to stop listening for
  // a moment; connections that nobody has accepted yet are lost then.
  Status ChangeTcp(const ListenOptions& options, Watch watch, Unwatch unwatch);

  // Closes all sockets and removes the Unix socket's file if it is still ours. Idempotent.
  void Close();

  // Valid until the next call that is not const.
  const std::vector<Listener>& listeners() const { return listeners_; }

 private:
  struct Binding;

  Result<Binding> Resolve(const std::string& entry, int port) const;
  Status OpenTcp(const ListenOptions& options, const std::vector<Binding>& bindings,
                 std::vector<Listener>* result, int* error);
  Status OpenBinding(const ListenOptions& options, const Binding& binding, Listener* listener,
                     int* error);
  Status OpenUnix(const ListenOptions& options);
  void CloseNew(const std::vector<Listener>& opened) const;
  bool IsPresent(const Listener& listener) const;
  void WarnOfShortBacklog(int backlog);

  Log& log_;
  std::vector<Listener> listeners_;
  // The Unix socket's file: where it is whatever the working directory becomes, and which it is.
  std::string unix_file_;
  uint64_t unix_device_ = 0;
  uint64_t unix_inode_ = 0;
};

// Sets an accepted connection up: no delay of small segments and, unless `keepalive_seconds` is 0,
// a probe after so many seconds of silence, then three at a third of that distance before the peer
// counts as gone. Does nothing to a Unix socket.
void TuneClientSocket(int fd, int64_t keepalive_seconds);

// The far and the near end of a connected socket: "127.0.0.1:50412", "[::1]:50412"; both ends of a
// Unix socket are "path:0". "?:0" when the peer is gone.
std::string PeerAddress(int fd);
std::string LocalAddress(int fd);

// True when the peer is on this machine: a Unix socket, 127.0.0.0/8 or ::1.
bool IsLoopbackPeer(int fd);

}  // namespace gotthard
