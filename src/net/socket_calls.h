// The system calls that a reactor makes on a non-blocking socket itself.
//
// Owning thread: the reactor's.
#pragma once

#include <sys/socket.h>
#include <sys/uio.h>

#include <cerrno>
#include <cstdint>

#include "pipe/batch_builder.h"

namespace gotthard {

// True of a negative result that means "not now".
inline bool WouldBlock(int64_t result) {
  return result == -EAGAIN || result == -EWOULDBLOCK;
}

// Returns how many bytes left, or -errno.
inline int64_t SendNow(int fd, const iovec* iov, int count) {
  ssize_t sent = 0;
  do {
    if (count == 1) {
      sent = send(fd, iov->iov_base, iov->iov_len, MSG_NOSIGNAL | MSG_DONTWAIT);
    } else {
      msghdr message{};
      message.msg_iov = const_cast<iovec*>(iov);
      message.msg_iovlen = static_cast<size_t>(count);
      sent = sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    }
  } while (sent < 0 && errno == EINTR);
  return sent < 0 ? -errno : sent;
}

// Returns how many bytes are in the room now, 0 at the peer's end, or -errno.
inline int64_t ReceiveNow(int fd, const BatchBuilder::Room& room) {
  ssize_t got = 0;
  do {
    got = recv(fd, room.buffer->data() + room.offset, room.size, MSG_DONTWAIT);
  } while (got < 0 && errno == EINTR);
  return got < 0 ? -errno : got;
}

}  // namespace gotthard
