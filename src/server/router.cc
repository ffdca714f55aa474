#include "server/router.h"

#include <algorithm>
#include <cassert>

#include "base/thread_cpu.h"
#include "observe/log.h"
#include "server/signals.h"

namespace gotthard {

Router::Router(ServerState& server, IoLimits& limits, std::unique_ptr<Reactor> reactor,
               IoBackendChoice backend)
    : server_(server),
      limits_(limits),
      backend_(std::move(backend)),
      inline_(std::move(reactor), server.commands.index(), server.hasher, 0, *this, limits,
              server.clock, counters_),
      inbox_(inline_.reactor()) {}

Router::~Router() {
  JoinThreads();
}

Status Router::StartThreads(int count) {
  const ScopedSignalBlock block;
  while (thread_count() < count) {
    Result<std::unique_ptr<Reactor>> reactor = MakeReactor(backend_);
    if (!reactor.ok()) return reactor.error();
    if (IsReplaced(backend_, **reactor) && server_.log != nullptr) server_.log->Warning(kNoRing);
    auto thread = std::make_unique<IoThread>(static_cast<uint16_t>(threads_.size() + 1),
                                             std::move(*reactor), server_.commands.index(),
                                             server_.hasher, limits_, server_.clock, inbox_);
    GOTTHARD_RETURN_IF_ERROR(thread->Start());
    producers_.push_back(std::make_unique<Mailbox::Producer>(thread->mailbox()));
    threads_.push_back(std::move(thread));
    homes_.push_back(0);
  }
  return Status::Ok();
}

// --- Places

uint16_t Router::ChoosePlace() const {
  if (spread_ == 0) return 0;
  const auto first = homes_.begin() + 1;
  return static_cast<uint16_t>(std::min_element(first, first + spread_) - homes_.begin());
}

void Router::Place(Session& session, std::unique_ptr<Connection> connection) {
  session.home = ChoosePlace();
  ++homes_[session.home];
  if (session.home == 0) {
    inline_.Adopt(std::move(connection));
    return;
  }
  auto adopt = std::make_unique<CommandBatch>();
  adopt->session = session.id;
  adopt->kind = BatchKind::kAdopt;
  adopt->traveller = std::move(connection);
  Send(session.home, std::move(adopt));
}

// How many connections a place may have before some of them go elsewhere. A little unevenness is
// not worth a move.
size_t Router::FairShare() const {
  if (spread_ == 0) return server_.sessions.size();
  const auto threads = static_cast<size_t>(spread_);
  const size_t share = (server_.sessions.size() + threads - 1) / threads;
  return share + share / 8;
}

bool Router::IsPlaced() const {
  const size_t share = FairShare();
  for (size_t place = 0; place < homes_.size(); ++place) {
    const bool serves = spread_ == 0 ? place == 0 : place != 0 && place <= size_t(spread_);
    if (homes_[place] > (serves ? share : 0)) return false;
  }
  return true;
}

bool Router::Rebalance(int max) {
  if (IsPlaced()) return true;
  const size_t share = FairShare();
  std::vector<uint32_t> staying = homes_;
  server_.sessions.ForEachFrom(next_to_move_, static_cast<size_t>(max), [&](Session& session) {
    if (session.moving) {
      --staying[session.home];
      return;
    }
    if (session.blocked() || !session.parked.empty()) return;
    if (session.has(Session::kCloseAsap) || session.has(Session::kCloseAfterReply)) return;
    // Gets more in one turn than may be held for it.
    if (session.has(Session::kMonitor)) return;
    if (session.output_pending_bytes() > kMaxPendingToMove) return;
    const bool serves =
        spread_ == 0 ? session.home == 0 : session.home != 0 && session.home <= spread_;
    if (serves && staying[session.home] <= share) return;
    --staying[session.home];
    session.moving = true;
    ++moving_;
    auto ask = std::make_unique<CommandBatch>();
    ask->session = session.id;
    ask->kind = BatchKind::kGiveBack;
    Send(session.home, std::move(ask));
  });
  return false;
}

void Router::Returned(std::unique_ptr<CommandBatch> returned) {
  std::unique_ptr<Connection> connection(static_cast<Connection*>(returned->traveller.release()));
  Session* session = server_.sessions.Find(returned->session);
  Deliver(std::move(returned));  // the batch goes back to its pool
  if (session == nullptr) return;
  session->moving = false;
  --moving_;
  --homes_[session->home];
  Place(*session, std::move(connection));
  SendHeld(*session);
}

// --- Batches in

void Router::Submit(std::unique_ptr<CommandBatch> batch) {
  pending_.push_back(std::move(batch));
}

bool Router::Work() {
  bool worked = false;
  CommandBatch* mail[kBatchesPerTurn];
  if (const size_t count = inbox_.Take(mail, kBatchesPerTurn)) {
    for (size_t i = 0; i < count; ++i) taken_.emplace_back(mail[i]);
    server_.stats.piped_batches += count;
    Process(taken_);
    worked = true;
  }
  if (!pending_.empty()) {
    taken_.swap(pending_);
    Process(taken_);
    worked = true;
  }
  inline_.EndTurn();
  return worked;
}

void Router::Process(std::vector<std::unique_ptr<CommandBatch>>& batches) {
  for (auto& batch : batches) {
    switch (batch->kind) {
      case BatchKind::kCommands:
      case BatchKind::kPush:
        collected_.push_back(std::move(batch));
        break;
      case BatchKind::kClosed:
        RunCollected();  // what the client had sent before comes first
        EndSession(std::move(batch));
        break;
      case BatchKind::kReturned:
        RunCollected();
        Returned(std::move(batch));
        break;
      default:
        assert(false && "a message for an I/O thread");
    }
  }
  RunCollected();
  batches.clear();
}

void Router::RunCollected() {
  if (collected_.empty()) return;
  executor_->Run(collected_);
  collected_.clear();
}

void Router::EndSession(std::unique_ptr<CommandBatch> closed) {
  if (Session* session = server_.sessions.Find(closed->session)) {
    --homes_[session->home];
    if (session->moving) --moving_;
    executor_->EndSession(*session);
  }
  Deliver(std::move(closed));
}

// --- Batches out

void Router::Send(uint16_t place, std::unique_ptr<CommandBatch> batch) {
  if (place == 0) {
    inline_.Deliver(std::move(batch));
  } else {
    producers_[place - 1]->Push(std::move(batch));
  }
}

void Router::Deliver(std::unique_ptr<CommandBatch> batch) {
  if (moving_ != 0 && batch->kind == BatchKind::kCommands) [[unlikely]] {
    Session* session = server_.sessions.Find(batch->session);
    if (session != nullptr && session->moving) SendHeld(*session);
  }
  const uint16_t origin = batch->origin;
  Send(origin, std::move(batch));
}

void Router::SendHeld(Session& session) {
  for (auto& held : session.held) Send(session.home, std::move(held));
  session.held.clear();
}

// Bytes for a connection that moves: as long as one of its batches is here it cannot leave, so they
// reach it where it is, ahead of that batch's replies. Otherwise nobody knows where it is.
void Router::Push(Session& session, ReplyBuffer&& bytes) {
  if (session.has(Session::kCloseAsap)) return;
  session.output_sent_bytes += bytes.size();
  auto push = std::make_unique<CommandBatch>();
  push->session = session.id;
  push->kind = BatchKind::kPush;
  push->reply = std::move(bytes);
  if (session.moving && session.parked.empty()) {
    if (session.held.size() >= kMaxHeld) return Close(session);
    session.held.push_back(std::move(push));
    return;
  }
  SendHeld(session);
  Send(session.home, std::move(push));
}

void Router::Close(Session& session) {
  if (session.has(Session::kCloseAsap)) return;
  session.set(Session::kCloseAsap);
  auto message = [&] {
    auto close = std::make_unique<CommandBatch>();
    close->session = session.id;
    close->kind = BatchKind::kClose;
    return close;
  };
  // One that moves is either still there, perhaps for good because it does not read what it was
  // sent, or on its way: it hears of it in both places, and at the one where it is not nothing
  // happens.
  if (session.moving) session.held.push_back(message());
  Send(session.home, message());
}

void Router::NotifyThreads() {
  for (auto& producer : producers_) producer->Notify();
}

// --- The end

void Router::BeginStop() {
  inline_.StopReceiving();
  for (int i = 1; i <= thread_count(); ++i) {
    auto stop = std::make_unique<CommandBatch>();
    stop->kind = BatchKind::kStop;
    Send(static_cast<uint16_t>(i), std::move(stop));
  }
  NotifyThreads();
}

bool Router::Stopped() const {
  if (!pending_.empty() || !inline_.all_sent()) return false;
  return std::all_of(threads_.begin(), threads_.end(),
                     [](const auto& thread) { return thread->finished(); });
}

void Router::JoinThreads() {
  for (auto& thread : threads_) thread->Abandon();
  for (auto& thread : threads_) thread->Join();
}

void Router::DropMail() {
  CommandBatch* mail[kBatchesPerTurn];
  auto drop_all = [&](Mailbox& mailbox) {
    while (const size_t count = mailbox.Take(mail, kBatchesPerTurn)) {
      for (size_t i = 0; i < count; ++i) delete mail[i];
    }
  };
  drop_all(inbox_);
  for (auto& thread : threads_) drop_all(thread->mailbox());
  pending_.clear();
  taken_.clear();
  collected_.clear();
}

// --- Figures

uint32_t Router::connections_at(int place) const {
  const IoCounters& counters =
      place == 0 ? counters_ : threads_[static_cast<size_t>(place) - 1]->counters();
  return counters.connections.load(std::memory_order_relaxed);
}

std::vector<ThreadReport> Router::Report() const {
  std::vector<ThreadReport> report;
  report.push_back({.number = 0, .connections = connections_at(0), .cpu_us = ThreadCpuNs() / 1000});
  for (const auto& thread : threads_) {
    report.push_back({.number = thread->number(),
                      .connections = connections_at(thread->number()),
                      .cpu_us = thread->CpuTimeUs()});
  }
  return report;
}

uint64_t Router::Sum(std::atomic<uint64_t> IoCounters::*counter) const {
  uint64_t sum = (counters_.*counter).load(std::memory_order_relaxed);
  for (const auto& thread : threads_) {
    sum += (thread->counters().*counter).load(std::memory_order_relaxed);
  }
  return sum;
}

}  // namespace gotthard
