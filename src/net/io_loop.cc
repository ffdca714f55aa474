#include "net/io_loop.h"

#include <algorithm>
#include <cassert>

namespace gotthard {
namespace {

// Unsent output has to change by this much before it is worth a report of its own.
constexpr uint64_t kReportBytes = 64 * 1024;
// What a client is charged with that reads through its thread's shared buffer: as much as it holds
// in servers where each client has a buffer of its own, so that limits mean the same.
constexpr size_t kSharedCharge = 16 * 1024;

uint32_t FreeBytes(const RequestInput& input, uint32_t unparsed) {
  if (!input.buffer) return 0;
  const size_t charge = input.buffer->is_private() ? input.buffer->capacity() : kSharedCharge;
  return static_cast<uint32_t>(
      std::min<size_t>(charge - std::min<size_t>(charge, unparsed), UINT32_MAX));
}

}  // namespace

IoLoop::IoLoop(std::unique_ptr<Reactor> reactor, const CommandIndex& index, const KeyHasher& hasher,
               uint16_t number, BatchSink& sink, IoLimits& limits, const Clock& clock,
               IoCounters& counters)
    : reactor_(std::move(reactor)),
      builder_(index, hasher, number),
      number_(number),
      sink_(sink),
      limits_(limits),
      clock_(clock),
      counters_(counters) {}

IoLoop::~IoLoop() {
  for (auto& connection : lingering_) reactor_->Remove(connection->fd_, *connection, nullptr);
  for (auto& connection : connections_) {
    if (connection != nullptr && !connection->broken_) {
      reactor_->Remove(connection->fd_, *connection, nullptr);
    }
  }
}

void IoLoop::Adopt(std::unique_ptr<Connection> adopted) {
  Connection& connection = *adopted;
  connection.loop_ = this;
  connection.leaving_ = false;
  const size_t index = connection.id_.index;
  if (connections_.size() <= index) connections_.resize(index + 64);
  assert(connections_[index] == nullptr);
  connections_[index] = std::move(adopted);
  ++count_;
  counters_.connections.store(static_cast<uint32_t>(count_), std::memory_order_relaxed);
  ParserLimits limits = connection.parser().limits();
  limits.max_bulk_len = limits_.max_bulk_bytes.load(std::memory_order_relaxed);
  connection.parser().set_limits(limits);
  if (Status added = reactor_->Add(connection.fd_, connection); !added.ok()) {
    BeginEnd(connection, /*broken=*/true);
    return;
  }
  connection.reading_ = true;
  if (stopped_) UpdateReading(connection);
  MarkDirty(connection);
  MarkTicking(connection);
  if (connection.input_.unparsed_bytes() != 0) MarkResuming(connection);
}

Connection* IoLoop::Find(SessionId id) {
  if (id.index >= connections_.size()) return nullptr;
  Connection* connection = connections_[id.index].get();
  return connection != nullptr && connection->id_ == id ? connection : nullptr;
}

// --- In

void IoLoop::ParseAndSubmit(Connection& connection) {
  if (connection.ending_ || connection.close_when_sent_ || connection.failed_) {
    connection.input_.buffer.reset();
    connection.input_.begin = connection.input_.end = 0;
    return;
  }
  const uint64_t max_bulk = limits_.max_bulk_bytes.load(std::memory_order_relaxed);
  if (connection.parser().limits().max_bulk_len != max_bulk) {
    ParserLimits limits = connection.parser().limits();
    limits.max_bulk_len = max_bulk;
    connection.parser().set_limits(limits);
  }
  const bool full =
      connection.in_flight_ >= kMaxInFlight || connection.in_flight_bytes_ >= kMaxInFlightBytes;
  const uint32_t budget = full ? 0 : kMaxInFlight - connection.in_flight_;
  size_t batch_begin = connection.input_.begin;
  BatchBuilder::Outcome outcome = builder_.Build(
      connection.input_, connection.id_, budget, [&](std::unique_ptr<CommandBatch> batch) {
        const size_t batch_end = connection.input_.begin;
        batch->request_bytes = static_cast<uint32_t>(batch_end - batch_begin);
        batch_begin = batch_end;
        Submit(connection, std::move(batch));
      });
  switch (outcome) {
    case BatchBuilder::Outcome::kDrained:
      break;
    case BatchBuilder::Outcome::kLimit:
      Stall(connection);
      return;
    case BatchBuilder::Outcome::kBarrier:
      connection.barrier_ = true;
      Stall(connection);
      return;
    case BatchBuilder::Outcome::kError:
      // The reply to the error ends the connection; nothing more is read.
      connection.failed_ = true;
      UpdateReading(connection);
      return;
  }
  const uint64_t most = limits_.max_query_buffer_bytes.load(std::memory_order_relaxed);
  if (connection.input_.unparsed_bytes() > std::min(most, RequestParser::kMaxRequestBytes)) {
    limits_.query_buffer_disconnections.fetch_add(1, std::memory_order_relaxed);
    BeginEnd(connection, /*broken=*/true);
    return;
  }
  builder_.Settle(connection.input_);
  // A large request has begun: its buffer counts from now on.
  if (connection.input_.buffer &&
      connection.input_.buffer->capacity() >=
          connection.reported_query_bytes_ + connection.reported_query_free_ + kReportBytes) {
    Report(connection);
  }
  if (connection.input_.unparsed_bytes() >= kReportBytes) MarkTicking(connection);
}

void IoLoop::Submit(Connection& connection, std::unique_ptr<CommandBatch> batch) {
  connection.in_flight_ += batch->command_count;
  connection.in_flight_bytes_ += batch->request_bytes;
  batch->query_buffer_bytes = static_cast<uint32_t>(
      std::min<size_t>(connection.input_.end - connection.input_.begin, UINT32_MAX));
  // A report between two requests leaves the charge for the buffer of the last one as it is.
  batch->query_buffer_free = batch->kind == BatchKind::kPush && !connection.input_.buffer
                                 ? connection.reported_query_free_
                                 : FreeBytes(connection.input_, batch->query_buffer_bytes);
  connection.reported_query_bytes_ = batch->query_buffer_bytes;
  connection.reported_query_free_ = batch->query_buffer_free;
  batch->output_flushed_bytes = connection.flushed_bytes_;
  connection.reported_flushed_bytes_ = connection.flushed_bytes_;
  IoCounters::Add(counters_.batches, 1);
  submitted_ = true;
  sink_.Submit(std::move(batch));
}

// Tells the execution thread how full the connection's buffers are.
void IoLoop::Report(Connection& connection) {
  std::unique_ptr<CommandBatch> report = builder_.NewBatch(connection.id_);
  report->kind = BatchKind::kPush;
  Submit(connection, std::move(report));
}

void IoLoop::Stall(Connection& connection) {
  connection.stalled_ = true;
  UpdateReading(connection);
}

// Receives only for connections that may be parsed and that read their replies.
void IoLoop::UpdateReading(Connection& connection) {
  const bool leaves = connection.leaving_ && connection.leaving_ticks_ < kLeavingTicks;
  const bool want = !stopped_ && !connection.stalled_ && !connection.failed_ &&
                    !connection.ending_ && !connection.close_when_sent_ && !leaves &&
                    connection.output_bytes_ < kOutputStopBytes;
  if (want == connection.reading_ || connection.broken_) return;
  connection.reading_ = want;
  if (want) {
    reactor_->ResumeReceive(connection.fd_, connection);
  } else {
    reactor_->PauseReceive(connection.fd_, connection);
  }
}

void IoLoop::MarkResuming(Connection& connection) {
  if (connection.resuming_) return;
  connection.resuming_ = true;
  resuming_.push_back(connection.id_);
}

// --- Out

void IoLoop::Deliver(std::unique_ptr<CommandBatch> batch) {
  if (batch->kind == BatchKind::kAdopt) {
    auto* connection = static_cast<Connection*>(batch->traveller.release());
    Adopt(std::unique_ptr<Connection>(connection));
    return;
  }
  Connection* connection = Find(batch->session);
  if (connection == nullptr) {
    builder_.Recycle(std::move(batch));
    return;
  }
  switch (batch->kind) {
    case BatchKind::kCommands:
    case BatchKind::kPush:
      TakeReply(*connection, std::move(batch));
      break;
    case BatchKind::kGiveBack:
      connection->leaving_ = true;
      connection->leaving_ticks_ = 0;
      MarkTicking(*connection);
      UpdateReading(*connection);
      LeaveIfIdle(*connection);
      break;
    case BatchKind::kClose:
      // Ended by the server: what can be sent at once is sent, then it is over.
      Flush(*connection);
      if (Find(batch->session) == connection) BeginEnd(*connection, /*broken=*/true);
      builder_.Recycle(std::move(batch));
      break;
    case BatchKind::kClosed:
      // Everything that was under way has been answered before this came back.
      connection->session_ended_ = true;
      Flush(*connection);
      if (Find(batch->session) == connection) Linger(*connection);
      builder_.Recycle(std::move(batch));
      break;
    default:
      assert(false && "a message for the execution thread");
  }
}

void IoLoop::TakeReply(Connection& connection, std::unique_ptr<CommandBatch> batch) {
  connection.in_flight_ -= std::min(connection.in_flight_, batch->command_count);
  connection.in_flight_bytes_ -=
      std::min<uint64_t>(connection.in_flight_bytes_, batch->request_bytes);
  if (batch->kind == BatchKind::kCommands && !batch->session_gone) {
    connection.output_class_ = batch->output_class;
    if (batch->authenticated != connection.parser().limits().authenticated) {
      connection.parser().set_authenticated(batch->authenticated);
    }
    if (batch->close_after_reply) {
      connection.close_when_sent_ = true;
      UpdateReading(connection);
    }
    if (connection.stalled_ && !connection.close_when_sent_ &&
        (connection.barrier_ ? connection.in_flight_ == 0
                             : connection.in_flight_ <= kMaxInFlight / 2 &&
                                   connection.in_flight_bytes_ <= kMaxInFlightBytes / 2)) {
      MarkResuming(connection);
    }
  }
  if (connection.broken_ || batch->reply.empty()) {
    builder_.Recycle(std::move(batch));
  } else {
    // The views into the read buffer are over; do not keep it for a client that reads slowly.
    batch->buffer.reset();
    batch->value.Reset();
    connection.output_bytes_ += batch->reply.size();
    connection.output_.push_back(std::move(batch));
    CheckOutputLimit(connection);
  }
  MarkDirty(connection);
}

void IoLoop::MarkTicking(Connection& connection) {
  if (connection.ticking_) return;
  connection.ticking_ = true;
  ticking_.push_back(connection.id_);
}

void IoLoop::MarkDirty(Connection& connection) {
  if (connection.dirty_) return;
  connection.dirty_ = true;
  dirty_.push_back(connection.id_);
}

bool IoLoop::EndTurn() {
  scratch_.swap(dirty_);
  for (SessionId id : scratch_) {
    Connection* connection = Find(id);
    if (connection == nullptr) continue;
    connection->dirty_ = false;
    Flush(*connection);
  }
  scratch_.clear();
  scratch_.swap(resuming_);
  for (SessionId id : scratch_) {
    Connection* connection = Find(id);
    if (connection == nullptr) continue;
    connection->resuming_ = connection->stalled_ = connection->barrier_ = false;
    ParseAndSubmit(*connection);
    if (Find(id) == connection) UpdateReading(*connection);
  }
  scratch_.clear();
  return std::exchange(submitted_, false);
}

void IoLoop::Flush(Connection& connection) {
  while (!connection.sending_ && !connection.broken_ && connection.output_bytes_ != 0) {
    iovec iov[kMaxIov];
    size_t count = 0;
    size_t skip = connection.sent_of_front_;
    const CommandBatch* batch = &connection.output_.front();
    for (; batch != nullptr && count < kMaxIov; batch = BatchQueue::Next(*batch)) {
      const size_t filled = batch->reply.FillIov(iov + count, kMaxIov - count, skip);
      count += filled;
      skip = 0;
    }
    std::optional<int64_t> sent =
        reactor_->Send(connection.fd_, connection, iov, static_cast<int>(count));
    if (!sent.has_value()) {
      connection.sending_ = true;
      break;
    }
    if (*sent < 0) {
      BeginEnd(connection, /*broken=*/true);
      return;
    }
    IoCounters::Add(counters_.writes, 1);
    Sent(connection, static_cast<size_t>(*sent));
  }
  if (connection.output_bytes_ == 0 && connection.session_ended_) {
    Destroy(connection);
    return;
  }
  UpdateReading(connection);
  if (connection.output_bytes_ != 0) return;
  if (connection.close_when_sent_) {
    BeginEnd(connection, /*broken=*/false);
  } else {
    LeaveIfIdle(connection);
  }
}

void IoLoop::Sent(Connection& connection, size_t bytes) {
  IoCounters::Add(counters_.bytes_sent, bytes);
  connection.flushed_bytes_ += bytes;
  MarkTicking(connection);
  connection.output_bytes_ -= bytes;
  bytes += connection.sent_of_front_;
  while (!connection.output_.empty() && bytes >= connection.output_.front().reply.size()) {
    bytes -= connection.output_.front().reply.size();
    builder_.Recycle(connection.output_.pop_front());
  }
  connection.sent_of_front_ = bytes;
}

void IoLoop::CheckOutputLimit(Connection& connection) {
  const IoLimits::Output& limit = limits_.output[connection.output_class_];
  const uint64_t hard = limit.hard_bytes.load(std::memory_order_relaxed);
  const uint64_t soft = limit.soft_bytes.load(std::memory_order_relaxed);
  bool over = hard != 0 && connection.output_bytes_ >= hard;
  if (soft != 0 && connection.output_bytes_ >= soft) {
    const int64_t now_ms = static_cast<int64_t>(clock_.MonotonicNs() / 1'000'000);
    if (connection.over_soft_limit_since_ms_ == 0) {
      connection.over_soft_limit_since_ms_ = now_ms;
      MarkTicking(connection);
    } else if (now_ms - connection.over_soft_limit_since_ms_ >
               limit.soft_seconds.load(std::memory_order_relaxed) * 1000) {
      over = true;
    }
  } else {
    connection.over_soft_limit_since_ms_ = 0;
  }
  if (!over || connection.ending_) return;
  limits_.output_buffer_disconnections.fetch_add(1, std::memory_order_relaxed);
  BeginEnd(connection, /*broken=*/true);
}

// --- Ends and moves

void IoLoop::BeginEnd(Connection& connection, bool broken) {
  if (broken && !connection.broken_) {
    connection.broken_ = true;
    std::shared_ptr<BatchQueue> pending_bytes;
    if (std::exchange(connection.sending_, false)) {
      pending_bytes = std::make_shared<BatchQueue>();
      while (!connection.output_.empty()) pending_bytes->push_back(connection.output_.pop_front());
    }
    while (!connection.output_.empty()) builder_.Recycle(connection.output_.pop_front());
    connection.output_bytes_ = connection.sent_of_front_ = 0;
    reactor_->Remove(connection.fd_, connection, std::move(pending_bytes));
    if (connection.session_ended_) {
      Destroy(connection);
      return;
    }
  }
  if (connection.ending_) return;
  connection.ending_ = true;
  UpdateReading(connection);
  std::unique_ptr<CommandBatch> closed = builder_.NewBatch(connection.id_);
  closed->kind = BatchKind::kClosed;
  submitted_ = true;
  sink_.Submit(std::move(closed));
}

// The connection is gone after this.
void IoLoop::Destroy(Connection& connection) {
  if (!connection.broken_) reactor_->Remove(connection.fd_, connection, nullptr);
  if (Find(connection.id_) == &connection) {
    connections_[connection.id_.index].reset();
    --count_;
    counters_.connections.store(static_cast<uint32_t>(count_), std::memory_order_relaxed);
  } else {
    std::erase_if(lingering_, [&](const auto& held) { return held.get() == &connection; });
  }
}

// A client that shut its sending side down is still reading its last replies. Its session's slot is
// free already, so the connection makes room for the slot's next one.
void IoLoop::Linger(Connection& connection) {
  connection.linger_until_ms_ = static_cast<int64_t>(clock_.MonotonicNs() / 1'000'000) + kLingerMs;
  lingering_.push_back(std::move(connections_[connection.id_.index]));
  --count_;
  counters_.connections.store(static_cast<uint32_t>(count_), std::memory_order_relaxed);
}

void IoLoop::LeaveIfIdle(Connection& connection) {
  if (!connection.leaving_ || connection.ending_ || connection.failed_ ||
      connection.in_flight_ != 0 || connection.output_bytes_ != 0 || connection.sending_) {
    return;
  }
  if (!reactor_->Release(connection.fd_, connection)) return;
  // A shared buffer belongs to this thread; what is unparsed moves along in a private one.
  builder_.Detach(connection.input_);
  std::unique_ptr<CommandBatch> home = builder_.NewBatch(connection.id_);
  home->kind = BatchKind::kReturned;
  home->traveller = std::move(connections_[connection.id_.index]);
  --count_;
  counters_.connections.store(static_cast<uint32_t>(count_), std::memory_order_relaxed);
  connection.loop_ = nullptr;
  connection.dirty_ = connection.resuming_ = connection.stalled_ = connection.barrier_ = false;
  connection.ticking_ = false;
  submitted_ = true;
  sink_.Submit(std::move(home));
}

void IoLoop::Tick() {
  const int64_t now_ms = static_cast<int64_t>(clock_.MonotonicNs() / 1'000'000);
  for (size_t i = lingering_.size(); i-- > 0;) {
    if (lingering_[i]->linger_until_ms_ <= now_ms) BeginEnd(*lingering_[i], /*broken=*/true);
  }
  if (now_ms >= next_trim_ms_) {
    next_trim_ms_ = now_ms + kTrimMs;
    builder_.Trim();
  }
  // Those that ask for another tick are not looked at in this one.
  scratch_.swap(ticking_);
  for (const SessionId id : scratch_) {
    Connection* connection = Find(id);
    if (connection == nullptr) continue;
    connection->ticking_ = false;
    if (!connection->ending_) TickOne(*connection);
  }
  scratch_.clear();
}

void IoLoop::TickOne(Connection& connection) {
  if (connection.over_soft_limit_since_ms_ != 0) CheckOutputLimit(connection);
  if (connection.ending_) return;
  if (connection.leaving_ && connection.leaving_ticks_ < kLeavingTicks) {
    ++connection.leaving_ticks_;
    UpdateReading(connection);
  }
  if (connection.flushed_bytes_ - connection.reported_flushed_bytes_ >= kReportBytes ||
      (connection.output_bytes_ == 0 &&
       connection.flushed_bytes_ != connection.reported_flushed_bytes_)) {
    Report(connection);
  } else if (connection.input_.unparsed_bytes() > connection.reported_query_bytes_ + kReportBytes) {
    Report(connection);  // a large request makes headway: the client is not idle
  }
  if (connection.over_soft_limit_since_ms_ != 0 || connection.leaving_ ||
      connection.flushed_bytes_ != connection.reported_flushed_bytes_ ||
      connection.input_.unparsed_bytes() >= kReportBytes) {
    MarkTicking(connection);
  }
}

void IoLoop::StopReceiving() {
  stopped_ = true;
  for (auto& connection : connections_) {
    if (connection != nullptr && !connection->ending_) UpdateReading(*connection);
  }
}

bool IoLoop::all_sent() const {
  for (const auto& connection : lingering_) {
    if (!connection->broken_ && connection->output_bytes_ != 0) return false;
  }
  for (const auto& connection : connections_) {
    if (connection == nullptr || connection->broken_) continue;
    if (connection->output_bytes_ != 0 || connection->in_flight_ != 0) return false;
  }
  return true;
}

}  // namespace gotthard
