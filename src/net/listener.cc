#include "net/listener.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace gotthard {

namespace {

struct Address {
  sockaddr_storage storage = {};
  socklen_t size = 0;

  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

std::string WithPort(std::string_view host, int port) {
  std::string text;
  const bool is_v6 = host.find(':') != std::string_view::npos;
  if (is_v6) text += '[';
  text += host;
  if (is_v6) text += ']';
  return text + ":" + std::to_string(port);
}

std::string TextOf(const Address& address) {
  if (address.storage.ss_family == AF_UNIX) {
    const auto& unix_address = reinterpret_cast<const sockaddr_un&>(address.storage);
    const size_t path_bytes =
        address.size <= offsetof(sockaddr_un, sun_path)
            ? 0
            : strnlen(unix_address.sun_path, address.size - offsetof(sockaddr_un, sun_path));
    return std::string(unix_address.sun_path, path_bytes) + ":0";
  }
  char host[NI_MAXHOST];
  char port[NI_MAXSERV];
  if (getnameinfo(address.get(), address.size, host, sizeof(host), port, sizeof(port),
                  NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return "?:0";
  }
  return WithPort(host, std::atoi(port));
}

// Opens a listening socket; returns it or -errno.
int ListenOn(const Address& address, const ListenOptions& options) {
  const int family = address.storage.ss_family;
  const int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  const int on = 1;
  const bool done =
      (family != AF_INET6 || setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) == 0) &&
      setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
      (options.socket_mark == 0 || setsockopt(fd, SOL_SOCKET, SO_MARK, &options.socket_mark,
                                              sizeof(options.socket_mark)) == 0) &&
      bind(fd, address.get(), address.size) == 0 && listen(fd, options.backlog) == 0;
  if (done) return fd;
  const int error = errno;
  close(fd);
  return -error;
}

bool IsFamilyMissing(int error) {
  return error == EAFNOSUPPORT || error == EPFNOSUPPORT || error == EPROTONOSUPPORT ||
         error == ESOCKTNOSUPPORT || error == ENOPROTOOPT;
}

Status TcpError(int port, const std::string& what) {
  return Status::Error("Failed listening on port " + std::to_string(port) +
                       " (tcp), aborting: " + what);
}

// 0 when nothing is at the path, or what was there is out of the way; else an errno value.
int RemoveStaleSocket(const sockaddr_un& address, socklen_t size) {
  struct stat found = {};
  if (lstat(address.sun_path, &found) != 0) return errno == ENOENT ? 0 : errno;
  if (!S_ISSOCK(found.st_mode)) return EEXIST;
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  const int result = connect(fd, reinterpret_cast<const sockaddr*>(&address), size);
  const int error = result == 0 ? 0 : errno;
  close(fd);
  // EAGAIN: somebody listens there, with a full backlog.
  if (error == 0 || error == EAGAIN) return EADDRINUSE;
  if (error != ECONNREFUSED) return error;
  return unlink(address.sun_path) == 0 || errno == ENOENT ? 0 : errno;
}

std::string AbsolutePath(const std::string& path) {
  if (!path.empty() && path[0] == '/') return path;
  char directory[4096];
  if (getcwd(directory, sizeof(directory)) == nullptr) return path;
  return std::string(directory) + "/" + path;
}

Address PeerOf(int fd) {
  Address address;
  address.size = sizeof(address.storage);
  if (getpeername(fd, address.get(), &address.size) != 0) address.size = 0;
  return address;
}

Address LocalOf(int fd) {
  Address address;
  address.size = sizeof(address.storage);
  if (getsockname(fd, address.get(), &address.size) != 0) address.size = 0;
  return address;
}

}  // namespace

// One entry of `bind`, resolved.
struct ListenerSet::Binding {
  std::string name;  // for messages
  bool is_optional = false;
  std::vector<Address> candidates;  // the first that works is taken; empty: does not exist
};

ListenOptions ListenOptions::From(const Config& config) {
  ListenOptions options;
  options.bind = config.bind;
  options.port = static_cast<int>(config.port);
  options.backlog = static_cast<int>(config.tcp_backlog);
  options.unix_path = config.unixsocket;
  options.unix_permission = static_cast<unsigned>(config.unixsocketperm);
  options.socket_mark = static_cast<uint32_t>(config.socket_mark_id);
  return options;
}

Status ListenerSet::Open(const ListenOptions& options) {
  if ((options.port == 0 || options.bind.empty()) && options.unix_path.empty()) {
    return Status::Error("Configured to not listen anywhere, exiting.");
  }
  WarnOfShortBacklog(options.backlog);
  GOTTHARD_RETURN_IF_ERROR(ChangeTcp(
      options, [](const Listener&) { return Status::Ok(); }, [](const Listener&) {}));
  if (Status status = OpenUnix(options); !status.ok()) {
    Close();
    return status;
  }
  return Status::Ok();
}

Result<ListenerSet::Binding> ListenerSet::Resolve(const std::string& entry, int port) const {
  Binding binding;
  std::string host = entry;
  if (!host.empty() && host[0] == '-') {
    binding.is_optional = true;
    host.erase(0, 1);
  }
  binding.name = WithPort(host, port);
  const char* name = host.c_str();
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  hints.ai_family = host.find(':') == std::string::npos ? AF_INET : AF_INET6;
  if (host == "*" || host == "::*") name = nullptr;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(name, std::to_string(port).c_str(), &hints, &found);
  if (error == EAI_NONAME && binding.is_optional) return binding;
  if (error != 0) {
    return TcpError(port, binding.name + ": " +
                              (error == EAI_SYSTEM ? std::strerror(errno) : gai_strerror(error)));
  }
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    Address address;
    address.size = one->ai_addrlen;
    std::memcpy(&address.storage, one->ai_addr, one->ai_addrlen);
    binding.candidates.push_back(address);
  }
  freeaddrinfo(found);
  return binding;
}

// Sets listener->fd to -1 when the entry may be left out.
Status ListenerSet::OpenBinding(const ListenOptions& options, const Binding& binding,
                                Listener* listener, int* error) {
  *listener = {-1, Listener::Kind::kTcp, {}};
  *error = EADDRNOTAVAIL;
  for (const Address& candidate : binding.candidates) {
    listener->address = TextOf(candidate);
    for (const Listener& present : listeners_) {
      if (present.kind != Listener::Kind::kTcp || present.address != listener->address) continue;
      *listener = present;
      return Status::Ok();
    }
    listener->fd = ListenOn(candidate, options);
    if (listener->fd >= 0) return Status::Ok();
    *error = -listener->fd;
    listener->fd = -1;
  }
  const std::string what = binding.name + ": " + std::strerror(*error);
  if (binding.is_optional && (*error == EADDRNOTAVAIL || IsFamilyMissing(*error))) {
    log_.Verbose("Not listening on " + what);
    return Status::Ok();
  }
  if (IsFamilyMissing(*error)) {
    log_.Warning("Not listening on " + what);
    return Status::Ok();
  }
  return TcpError(options.port, what);
}

// Sets *result to the TCP sockets in the order of `bind`, old ones where they fit. On an error the
// new ones are closed again.
Status ListenerSet::OpenTcp(const ListenOptions& options, const std::vector<Binding>& bindings,
                            std::vector<Listener>* result, int* error) {
  result->clear();
  for (const Binding& binding : bindings) {
    Listener listener;
    Status status = OpenBinding(options, binding, &listener, error);
    const bool twice = status.ok() && listener.fd >= 0 &&
                       std::any_of(result->begin(), result->end(),
                                   [&](const Listener& other) { return other.fd == listener.fd; });
    if (!status.ok()) {
      CloseNew(*result);
      return status;
    }
    if (listener.fd >= 0 && !twice) result->push_back(std::move(listener));
  }
  return Status::Ok();
}

Status ListenerSet::ChangeTcp(const ListenOptions& options, Watch watch, Unwatch unwatch) {
  std::vector<Binding> bindings;
  for (const std::string& entry : options.bind) {
    if (options.port == 0 || entry.empty()) continue;
    Result<Binding> binding = Resolve(entry, options.port);
    if (!binding) return binding.error();
    bindings.push_back(std::move(*binding));
  }

  std::vector<Listener> leaving;
  std::vector<Listener> staying;  // Unix sockets
  for (const Listener& listener : listeners_) {
    const auto is_wanted = [&](const Binding& binding) {
      return std::any_of(
          binding.candidates.begin(), binding.candidates.end(),
          [&](const Address& candidate) { return TextOf(candidate) == listener.address; });
    };
    if (listener.kind == Listener::Kind::kUnix) {
      staying.push_back(listener);
    } else if (std::none_of(bindings.begin(), bindings.end(), is_wanted)) {
      leaving.push_back(listener);
    }
  }

  std::vector<Listener> wanted;
  int error = 0;
  Status status = OpenTcp(options, bindings, &wanted, &error);
  bool silenced = false;
  if (!status.ok() && error == EADDRINUSE && !leaving.empty()) {
    // One of ours may be in the way. After shutdown() a socket does not listen but keeps its
    // address, so it can listen again without asking anybody.
    silenced = true;
    for (const Listener& old : leaving) shutdown(old.fd, SHUT_RDWR);
    status = OpenTcp(options, bindings, &wanted, &error);
  }
  if (status.ok()) {
    for (size_t i = 0; i < wanted.size() && status.ok(); ++i) {
      if (IsPresent(wanted[i])) continue;
      status = watch(wanted[i]);
      if (status.ok()) continue;
      for (size_t j = 0; j < i; ++j) {
        if (!IsPresent(wanted[j])) unwatch(wanted[j]);
      }
      CloseNew(wanted);
    }
  }
  if (!status.ok()) {
    for (const Listener& old : leaving) {
      if (silenced && listen(old.fd, options.backlog) != 0) {
        log_.Warning("No longer listening on " + old.address + ": " + std::strerror(errno));
      }
    }
    return status;
  }
  for (const Listener& old : leaving) {
    unwatch(old);
    close(old.fd);
  }
  listeners_ = std::move(wanted);
  listeners_.insert(listeners_.end(), staying.begin(), staying.end());
  return Status::Ok();
}

Status ListenerSet::OpenUnix(const ListenOptions& options) {
  const std::string& path = options.unix_path;
  if (path.empty()) return Status::Ok();
  const auto failed = [&](const char* reason) {
    return Status::Error("Failed listening on the Unix socket " + path + ", aborting: " + reason);
  };
  Address address;
  auto& unix_address = reinterpret_cast<sockaddr_un&>(address.storage);
  if (path.size() >= sizeof(unix_address.sun_path)) return failed(std::strerror(ENAMETOOLONG));
  unix_address.sun_family = AF_UNIX;
  std::memcpy(unix_address.sun_path, path.c_str(), path.size() + 1);
  address.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);

  int error = RemoveStaleSocket(unix_address, address.size);
  if (error != 0) return failed(std::strerror(error));
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return failed(std::strerror(errno));
  if (bind(fd, address.get(), address.size) != 0) {
    error = errno;
    close(fd);
    return failed(std::strerror(error));
  }
  // The permissions come before listen: nobody connects under those of the umask.
  struct stat made = {};
  if ((options.unix_permission != 0 && chmod(path.c_str(), options.unix_permission) != 0) ||
      listen(fd, options.backlog) != 0 || lstat(path.c_str(), &made) != 0) {
    error = errno;
    close(fd);
    unlink(path.c_str());
    return failed(std::strerror(error));
  }
  unix_file_ = AbsolutePath(path);
  unix_device_ = made.st_dev;
  unix_inode_ = made.st_ino;
  listeners_.push_back({fd, Listener::Kind::kUnix, path});
  return Status::Ok();
}

void ListenerSet::Close() {
  for (const Listener& listener : listeners_) close(listener.fd);
  listeners_.clear();
  if (unix_file_.empty()) return;
  // Another server may have put its own there.
  struct stat found = {};
  if (lstat(unix_file_.c_str(), &found) == 0 && found.st_dev == unix_device_ &&
      found.st_ino == unix_inode_) {
    unlink(unix_file_.c_str());
  }
  unix_file_.clear();
}

void ListenerSet::CloseNew(const std::vector<Listener>& opened) const {
  for (const Listener& listener : opened) {
    if (!IsPresent(listener)) close(listener.fd);
  }
}

bool ListenerSet::IsPresent(const Listener& listener) const {
  return std::any_of(listeners_.begin(), listeners_.end(),
                     [&](const Listener& other) { return other.fd == listener.fd; });
}

void ListenerSet::WarnOfShortBacklog(int backlog) {
  FILE* file = std::fopen("/proc/sys/net/core/somaxconn", "re");
  if (file == nullptr) return;
  char line[32] = {};
  const bool has_line = std::fgets(line, sizeof(line), file) != nullptr;
  std::fclose(file);
  const int most = std::atoi(line);
  if (!has_line || most <= 0 || most >= backlog) return;
  log_.Format(LogLevel::kWarning,
              "tcp-backlog is %d, but the kernel cuts it down to %d: "
              "/proc/sys/net/core/somaxconn is lower.",
              backlog, most);
}

void TuneClientSocket(int fd, int64_t keepalive_seconds) {
  // What fails here (on a Unix socket, or when the peer has already gone) changes nothing for us.
  const auto set = [fd](int level, int option, int value) {
    return setsockopt(fd, level, option, &value, sizeof(value)) == 0;
  };
  if (!set(IPPROTO_TCP, TCP_NODELAY, 1) || keepalive_seconds <= 0) return;
  // The kernel takes no more than 32767.
  const int idle = static_cast<int>(std::min<int64_t>(keepalive_seconds, 32767));
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, idle);
  set(IPPROTO_TCP, TCP_KEEPINTVL, std::max(idle / 3, 1));
  set(IPPROTO_TCP, TCP_KEEPCNT, 3);
}

std::string PeerAddress(int fd) {
  const Address address = PeerOf(fd);
  // A client's end of a Unix socket has no name: both ends bear the server's.
  if (address.size > 0 && address.storage.ss_family == AF_UNIX) return LocalAddress(fd);
  return TextOf(address);
}

std::string LocalAddress(int fd) {
  return TextOf(LocalOf(fd));
}

bool IsLoopbackPeer(int fd) {
  const Address address = PeerOf(fd);
  if (address.size == 0) return false;
  switch (address.storage.ss_family) {
    case AF_UNIX:
      return true;
    case AF_INET: {
      const auto& v4 = reinterpret_cast<const sockaddr_in&>(address.storage);
      return (ntohl(v4.sin_addr.s_addr) >> 24) == 127;
    }
    case AF_INET6: {
      const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address.storage);
      return IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr) ||
             (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr) && v6.sin6_addr.s6_addr[12] == 127);
    }
    default:
      return false;
  }
}

}  // namespace gotthard
