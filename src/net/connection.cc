#include "net/connection.h"

#include <unistd.h>

#include "net/io_loop.h"

namespace gotthard {

Connection::~Connection() {
  if (fd_ >= 0) close(fd_);
}

BatchBuilder::Room Connection::ReceiveRoom() {
  return loop_->builder_.RoomFor(input_);
}

bool Connection::WantsOwnRoom() const {
  return input_.buffer && input_.parser.need_hint() >= kOwnRoomBytes;
}

void Connection::OnReceived(const BatchBuilder::Room& room, int64_t result) {
  if (result <= 0) {
    loop_->BeginEnd(*this, /*broken=*/result < 0);
    return;
  }
  IoCounters::Add(loop_->counters_.bytes_received, static_cast<uint64_t>(result));
  IoCounters::Add(loop_->counters_.reads, 1);
  loop_->builder_.Received(input_, room, static_cast<size_t>(result));
  loop_->ParseAndSubmit(*this);
}

void Connection::OnReleasable() {
  loop_->MarkDirty(*this);
}

void Connection::OnLeftover(const BatchBuilder::Room& room, size_t size) {
  IoCounters::Add(loop_->counters_.bytes_received, size);
  loop_->builder_.Received(input_, room, size);
}

void Connection::OnSent(int64_t result) {
  sending_ = false;
  if (result < 0) {
    loop_->BeginEnd(*this, /*broken=*/true);
    return;
  }
  if (result > 0) {
    IoCounters::Add(loop_->counters_.writes, 1);
    loop_->Sent(*this, static_cast<size_t>(result));
  }
  loop_->Flush(*this);
}

}  // namespace gotthard
