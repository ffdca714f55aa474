// The floor that large values are measured against: a server that takes every request, looks
// nothing up and answers at once.
//
//   gotthard-responder [VALUE_BYTES [BUFFERS [PORT]]]   prints its port, serves until it is killed
//
// GET is answered with VALUE_BYTES bytes (1 MB), PING with "+PONG", everything else with "+OK". One
// thread, epoll. What it spends per byte is the kernel's work, and what a server spends beyond it
// is the server's. How much the kernel's work costs depends on whether the memory that it copies to
// and from is in a cache:
//
// BUFFERS 0: always the same, 64 KB to read into and one reply. It stays in the cache.
// BUFFERS n: a large argument is received into, and GET answered from, one of n buffers, which the
//            number in the key chooses: memory as of a server that stores n values.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr size_t kReadBytes = 64 * 1024;
// A request's beginning is read so much at a time, and a value from this size on into its buffer.
constexpr size_t kHeadBytes = 2048;
constexpr size_t kLargeBytes = 64 * 1024;
constexpr int kMaxEvents = 64;
constexpr size_t kMaxIov = 64;

// The replies to GET: "$<length>\r\n<value>\r\n".
struct Replies {
  std::vector<std::string> buffers;
  size_t value_bytes;
  bool receive;  // values into them
};

// One client: how far its request was skipped through, and the replies it is owed.
class Client {
 public:
  Client(int fd, Replies& replies) : fd_(fd), replies_(replies) {}
  ~Client() { close(fd_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // False: the connection is over.
  bool Read(char* buffer) {
    size_t room = kReadBytes;
    if (replies_.receive && is_large_ && skip_ != 0) {
      // The value's end is the buffer's.
      std::string& value = Chosen();
      buffer = value.data() + value.size() - skip_;
      room = skip_;
    } else if (replies_.receive && !gets_) {
      room = kHeadBytes;
    }
    const ssize_t got = recv(fd_, buffer, room, MSG_DONTWAIT);
    if (got < 0) return errno == EAGAIN || errno == EINTR;
    if (got == 0) return false;
    Skip({buffer, static_cast<size_t>(got)});
    return true;
  }
  bool Write() {
    while (!owed_.empty()) {
      iovec iov[kMaxIov];
      size_t count = 0;
      size_t skip = sent_of_first_;
      for (size_t i = 0; i < owed_.size() && count < kMaxIov; ++i) {
        const std::string_view reply = owed_[i].substr(skip);
        iov[count++] = {const_cast<char*>(reply.data()), reply.size()};
        skip = 0;
      }
      msghdr message{};
      message.msg_iov = iov;
      message.msg_iovlen = count;
      const ssize_t sent = sendmsg(fd_, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
      if (sent < 0) return errno == EAGAIN || errno == EINTR;
      Sent(static_cast<size_t>(sent));
    }
    return true;
  }
  bool wants_to_write() const { return !owed_.empty(); }
  int fd() const { return fd_; }

 private:
  void Skip(std::string_view bytes) {
    while (!bytes.empty()) {
      if (skip_ != 0) {
        const size_t part = std::min(skip_, bytes.size());
        if (argument_ < 2) line_.append(bytes.substr(0, part));
        bytes.remove_prefix(part);
        skip_ -= part;
        if (skip_ == 0) ArgumentEnds();
        continue;
      }
      const size_t end = bytes.find('\n');
      line_.append(bytes.substr(0, end));
      if (end == std::string_view::npos) return;
      bytes.remove_prefix(end + 1);
      Header();
    }
  }
  // A whole line "*<count>" or "$<length>".
  void Header() {
    const size_t number = line_.size() < 2 ? 0 : std::strtoull(line_.c_str() + 1, nullptr, 10);
    if (!line_.empty() && line_[0] == '*') {
      arguments_left_ = number;
      argument_ = 0;
    } else {
      skip_ = number + 2;
      is_large_ = number >= kLargeBytes && number <= replies_.value_bytes;
    }
    line_.clear();
  }
  void ArgumentEnds() {
    if (argument_ == 0) {
      // As much as it takes to tell "get" and "ping" from what else a benchmark sends.
      gets_ = line_.size() == 5 && (line_[0] | 0x20) == 'g';
      pings_ = line_.size() == 6 && (line_[0] | 0x20) == 'p';
    } else if (argument_ == 1) {
      number_ = 0;
      for (const char c : line_) {
        if (c >= '0' && c <= '9') number_ = number_ * 10 + static_cast<size_t>(c - '0');
      }
    }
    ++argument_;
    line_.clear();
    if (--arguments_left_ != 0) return;
    owed_.push_back(gets_ ? std::string_view(Chosen()) : pings_ ? "+PONG\r\n" : "+OK\r\n");
  }
  std::string& Chosen() { return replies_.buffers[number_ % replies_.buffers.size()]; }
  void Sent(size_t bytes) {
    bytes += sent_of_first_;
    size_t done = 0;
    while (done < owed_.size() && bytes >= owed_[done].size()) bytes -= owed_[done++].size();
    owed_.erase(owed_.begin(), owed_.begin() + static_cast<ptrdiff_t>(done));
    sent_of_first_ = bytes;
  }

  const int fd_;
  Replies& replies_;
  std::string line_;  // the header, the command's name or the key, as far as it has come
  size_t skip_ = 0;   // bytes of the argument still to come, with its line end
  bool is_large_ = false;
  size_t arguments_left_ = 0;
  int argument_ = 0;   // which one comes
  size_t number_ = 0;  // in the key
  bool gets_ = false;
  bool pings_ = false;
  std::vector<std::string_view> owed_;
  size_t sent_of_first_ = 0;
};

int Listen(uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  socklen_t size = sizeof(address);
  if (fd < 0 || bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      listen(fd, SOMAXCONN) != 0 ||
      getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    return -1;
  }
  std::printf("%d\n", ntohs(address.sin_port));
  std::fflush(stdout);
  return fd;
}

void Watch(int epoll_fd, int operation, int fd, Client* client, bool writing) {
  epoll_event event{};
  event.events = EPOLLIN;
  if (writing) event.events |= EPOLLOUT;
  event.data.ptr = client;
  epoll_ctl(epoll_fd, operation, fd, &event);
}

void Accept(int epoll_fd, int listener, Replies& replies) {
  const int fd = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) return;
  const int one = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
  auto client = std::make_unique<Client>(fd, replies);
  Watch(epoll_fd, EPOLL_CTL_ADD, fd, client.get(), false);
  (void)client.release();  // until the connection is over
}

void Serve(Client* client, int epoll_fd, char* buffer) {
  const bool waited = client->wants_to_write();
  if (!client->Read(buffer) || !client->Write()) {
    delete client;
    return;
  }
  if (client->wants_to_write() != waited) {
    Watch(epoll_fd, EPOLL_CTL_MOD, client->fd(), client, !waited);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const auto number = [&](int index, size_t fallback) {
    return argc > index ? std::strtoull(argv[index], nullptr, 10) : fallback;
  };
  const size_t value_bytes = number(1, 1'000'000);
  const size_t buffers = number(2, 0);
  const std::string value_reply =
      "$" + std::to_string(value_bytes) + "\r\n" + std::string(value_bytes, 'x') + "\r\n";
  Replies replies{.buffers = std::vector<std::string>(std::max<size_t>(buffers, 1), value_reply),
                  .value_bytes = value_bytes,
                  .receive = buffers != 0};
  const int listener = Listen(static_cast<uint16_t>(number(3, 0)));
  const int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  if (listener < 0 || epoll_fd < 0) {
    std::perror("gotthard-responder");
    return 1;
  }
  Watch(epoll_fd, EPOLL_CTL_ADD, listener, nullptr, false);
  std::vector<char> buffer(kReadBytes);
  epoll_event events[kMaxEvents];
  while (true) {
    const int count = epoll_wait(epoll_fd, events, kMaxEvents, -1);
    for (int i = 0; i < count; ++i) {
      if (events[i].data.ptr == nullptr) {
        Accept(epoll_fd, listener, replies);
      } else {
        Serve(static_cast<Client*>(events[i].data.ptr), epoll_fd, buffer.data());
      }
    }
  }
}
