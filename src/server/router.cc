#include "server/router.h"

#include <algorithm>
#include <ctime>

#include "server/signals.h"

namespace gotthard {

Router::Router(ServerState& server, IoLimits& limits, Log& log, std::unique_ptr<Reactor> reactor)
    : server_(server),
      limits_(limits),
      log_(log),
      inline_(std::move(reactor), server.commands.index(), server.hasher, 0, *this, limits,
              server.clock, counters_),
      inbox_(inline_.reactor()) {}

Router::~Router() {
  JoinThreads();
}

Status Router::StartThreads(int count) {
  ScopedSignalBlock block;
  while (thread_count() < count) {
    Result<std::unique_ptr<Reactor>> reactor = MakeEpollReactor();
    if (!reactor.ok()) return reactor.error();
    auto thread = std::make_unique<IoThread>(static_cast<uint16_t>(threads_.size() + 1),
                                             std::move(*reactor), server_.commands.index(),
                                             server_.hasher, limits_, server_.clock, inbox_);
    producers_.push_back(std::make_unique<Mailbox::Producer>(thread->mailbox()));
    thread->Start();
    threads_.push_back(std::move(thread));
  }
  return Status::Ok();
}

// --- Places

uint16_t Router::ChoosePlace() {
  if (spread_ == 0) return 0;
  int best = 1;
  for (int i = 2; i <= spread_; ++i) {
    if (connections_at(i) < connections_at(best)) best = i;
  }
  return static_cast<uint16_t>(best);
}

void Router::Place(Session& session, std::unique_ptr<Connection> connection) {
  session.home = ChoosePlace();
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

int Router::Rebalance(int max) {
  int asked = 0;
  int misplaced = 0;
  server_.sessions.ForEach([&](Session& session) {
    const bool fits =
        spread_ == 0 ? session.home == 0 : session.home != 0 && session.home <= spread_;
    if (fits) return;
    ++misplaced;
    if (asked >= max || session.moving || session.blocked() || !session.parked.empty()) return;
    if (session.has(Session::kCloseAsap) || session.has(Session::kCloseAfterReply)) return;
    session.moving = true;
    auto ask = std::make_unique<CommandBatch>();
    ask->session = session.id;
    ask->kind = BatchKind::kGiveBack;
    Send(session.home, std::move(ask));
    ++asked;
  });
  return misplaced;
}

void Router::Returned(std::unique_ptr<CommandBatch> returned) {
  std::unique_ptr<Connection> connection(static_cast<Connection*>(returned->traveller.release()));
  Session* session = server_.sessions.Find(returned->session);
  Deliver(std::move(returned));  // the batch goes back to its pool
  if (session == nullptr) return;
  session->moving = false;
  Place(*session, std::move(connection));
  for (auto& held : session->held) Send(session->home, std::move(held));
  session->held.clear();
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
  // A connection that a limit ended was counted before this batch was sent.
  server_.stats.client_query_buffer_limit_disconnections +=
      limits_.query_buffer_disconnections.exchange(0, std::memory_order_relaxed);
  server_.stats.client_output_buffer_limit_disconnections +=
      limits_.output_buffer_disconnections.exchange(0, std::memory_order_relaxed);
  if (Session* session = server_.sessions.Find(closed->session)) executor_->EndSession(*session);
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
  const uint16_t origin = batch->origin;
  Send(origin, std::move(batch));
}

void Router::Push(Session& session, ReplyBuffer&& bytes) {
  if (session.has(Session::kCloseAsap)) return;
  session.output_sent_bytes += bytes.size();
  auto push = std::make_unique<CommandBatch>();
  push->session = session.id;
  push->kind = BatchKind::kPush;
  push->reply = std::move(bytes);
  if (session.moving) {
    session.held.push_back(std::move(push));
  } else {
    Send(session.home, std::move(push));
  }
}

void Router::Close(Session& session) {
  if (session.has(Session::kCloseAsap)) return;
  session.set(Session::kCloseAsap);
  auto close = std::make_unique<CommandBatch>();
  close->session = session.id;
  close->kind = BatchKind::kClose;
  if (session.moving) {
    session.held.push_back(std::move(close));
  } else {
    Send(session.home, std::move(close));
  }
}

void Router::NotifyThreads() {
  for (auto& producer : producers_) producer->Notify();
}

// --- The end

void Router::BeginStop() {
  inline_.StopReceiving();
  for (uint16_t i = 1; i <= threads_.size(); ++i) {
    auto stop = std::make_unique<CommandBatch>();
    stop->kind = BatchKind::kStop;
    Send(i, std::move(stop));
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

// --- Figures

uint32_t Router::connections_at(int place) const {
  const IoCounters& counters =
      place == 0 ? counters_ : threads_[static_cast<size_t>(place) - 1]->counters();
  return counters.connections.load(std::memory_order_relaxed);
}

std::vector<ThreadReport> Router::Report() const {
  std::vector<ThreadReport> report;
  timespec own{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &own);
  report.push_back({.number = 0,
                    .connections = connections_at(0),
                    .cpu_us = static_cast<uint64_t>(own.tv_sec) * 1'000'000 +
                              static_cast<uint64_t>(own.tv_nsec) / 1000});
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
