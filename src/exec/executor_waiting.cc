// Executor: clients that wait: parking their batches, ending waits, deadlines, the end of a
// session.

#include <algorithm>
#include <utility>

#include "exec/executor.h"

namespace gotthard {

void Executor::Park(Session& session, std::unique_ptr<CommandBatch> batch, const uint64_t* at) {
  PassBatch();
  ReplyBuffer replies = std::move(batch->reply);
  session.parked.push_front(std::move(batch));
  session.parked_at = at;
  // Whatever was answered before the wait is not kept back.
  if (!replies.empty()) server_.host->Push(session, std::move(replies));
  ++blocked_clients_;
  if (session.block.deadline_ms != 0) {
    deadlines_[{session.block.deadline_ms, session.id.index}] = session.id;
  }
}

void Executor::ForgetBlock(Session& session) {
  if (session.block.deadline_ms != 0) {
    deadlines_.erase({session.block.deadline_ms, session.id.index});
  }
  session.block = BlockState{};
  --blocked_clients_;
}

void Executor::EndBlock(Session& session) {
  ForgetBlock(session);
  unblocked_.push_back(session.id);
  if (!running_) RunUnblocked();
}

// In the order in which their waits ended. What they run may end the waits of others, which then
// come at the end.
void Executor::RunUnblocked() {
  const bool was_running = std::exchange(running_, true);
  for (size_t i = 0; i < unblocked_.size(); ++i) {
    Session* session = server_.sessions.Find(unblocked_[i]);
    if (session == nullptr || session->blocked() || session->parked.empty()) continue;
    if (session->has(Session::kCloseAsap)) continue;  // EndSession drops its work
    RunParked(*session);
  }
  unblocked_.clear();
  running_ = was_running;
  if (!running_) CloseRun();
}

void Executor::RunParked(Session& session) {
  const SessionId id = session.id;
  const uint64_t* at = session.parked_at;
  std::unique_ptr<CommandBatch> batch = std::move(session.parked.front());
  session.parked.pop_front();
  Resume(session, std::move(batch), at);
  while (server_.sessions.Find(id) == &session && !session.blocked() && !session.parked.empty()) {
    batch = std::move(session.parked.front());
    session.parked.pop_front();
    if ((session.flags & (Session::kCloseAfterReply | Session::kCloseAsap)) != 0) {
      batch->session_gone = true;
      sink_.Deliver(std::move(batch));
      continue;
    }
    at = batch->words.data();
    Resume(session, std::move(batch), at);
  }
}

void Executor::UnblockTimedOut(Session& session) {
  auto on_timeout = session.block.on_timeout;
  if (on_timeout == nullptr) return;
  Unblock(session, [&](ReplyWriter& reply) { on_timeout(server_, session, reply); });
}

void Executor::Tick() {
  TakeTime();
  while (!deadlines_.empty() && deadlines_.begin()->first.first <= server_.now_ms) {
    const SessionId id = deadlines_.begin()->second;
    deadlines_.erase(deadlines_.begin());
    if (Session* session = server_.sessions.Find(id)) UnblockTimedOut(*session);
  }
  if (server_.pause.until_ms != 0 && server_.pause.until_ms <= server_.now_ms) {
    server_.pause = PauseState{};
    ResumePaused();
  }
  CloseRun();
}

int64_t Executor::NextDeadlineMs() const {
  int64_t next = deadlines_.empty() ? INT64_MAX : deadlines_.begin()->first.first;
  if (server_.pause.until_ms != 0) next = std::min(next, server_.pause.until_ms);
  return next;
}

void Executor::ResumePaused() {
  std::vector<SessionId> paused;
  server_.sessions.ForEach([&](Session& session) {
    if (session.block.kind == BlockKind::kPause) paused.push_back(session.id);
  });
  for (SessionId id : paused) {
    Session* session = server_.sessions.Find(id);
    if (session == nullptr || session->block.kind != BlockKind::kPause) continue;
    EndBlock(*session);
  }
}

void Executor::EndSession(Session& session) {
  if (session.blocked()) ForgetBlock(session);
  if (session.has(Session::kMonitor)) --server_.monitors;
  server_.changes.UnwatchAll(session);
  while (!session.parked.empty()) {
    session.parked.front()->session_gone = true;
    sink_.Deliver(std::move(session.parked.front()));
    session.parked.pop_front();
  }
  server_.sessions.Remove(session.id);
}

}  // namespace gotthard
