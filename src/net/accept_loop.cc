#include "net/accept_loop.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace gotthard {
namespace {

int OpenSpare() {
  return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

}  // namespace

AcceptLoop::AcceptLoop() : spare_fd_(OpenSpare()) {}

AcceptLoop::~AcceptLoop() {
  if (spare_fd_ >= 0) close(spare_fd_);
}

int AcceptLoop::Take(int listener) {
  const int fd = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd >= 0) return fd;
  switch (errno) {
    case EMFILE:
    case ENFILE:
      return RefuseOne(listener) ? kOneLess : kNoMore;
    case EINTR:
    case ECONNABORTED:
      return kOneLess;
    default:
      return kNoMore;
  }
}

bool AcceptLoop::RefuseOne(int listener) {
  if (spare_fd_ < 0) return false;
  close(spare_fd_);
  const int fd = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
  if (fd >= 0) close(fd);
  spare_fd_ = OpenSpare();
  return fd >= 0;
}

}  // namespace gotthard
