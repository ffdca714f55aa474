// Executor: clients that wait: parking their batches, ending waits, deadlines, the end of a
// session.

#include <algorithm>
#include <utility>

#include "exec/executor.h"

namespace gotthard {

// A batch that is through goes home, so that a client which waits for hours holds none of its
// connection's buffers; one that is not stays here with where to go on.
void Executor::Park(Session& session, std::unique_ptr<CommandBatch> batch, const uint64_t* at) {
  PassBatch();
  NoteWait(session);
  if (at == batch->words.data() + batch->words.size() && !batch->has_error) {
    FinishBatch(session, std::move(batch));
    return;
  }
  ReplyBuffer replies = std::move(batch->reply);
  session.parked.push_front(std::move(batch));
  session.parked_at = at;
  // Whatever was answered before the wait is not kept back.
  if (!replies.empty()) server_.host->Push(session, std::move(replies));
}

void Executor::NoteWait(Session& session) {
  ++blocked_clients_;
  if (session.block.deadline_ms != 0) {
    deadlines_[{session.block.deadline_ms, session.id.index}] = session.id;
  }
}

// The reply of a wait that ended: its batch may be home since long.
void Executor::SendLate(Session& session, ReplyBuffer&& bytes) {
  if (!session.muted() && !bytes.empty()) server_.host->Push(session, std::move(bytes));
  session.set(Session::kReplySkip, false);
}

void Executor::ForgetBlock(Session& session) {
  if (session.block.deadline_ms != 0) {
    deadlines_.erase({session.block.deadline_ms, session.id.index});
  }
  if (session.key_wait != nullptr) {
    server_.blocked_keys.Remove(session);
    session.key_wait.reset();
  }
  if (session.block.kind == BlockKind::kCopy) server_.copies.Abandon(session.id, server_.lazy_free);
  if (session.block.kind == BlockKind::kHeld) {
    server_.copies.ForgetHeld(session.copy_ticket);
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
  const uint64_t* at = std::exchange(session.parked_at, nullptr);
  std::unique_ptr<CommandBatch> batch = session.parked.pop_front();
  if (at == nullptr) at = batch->words.data();
  Resume(session, std::move(batch), at);
  while (server_.sessions.Find(id) == &session && !session.blocked() && !session.parked.empty()) {
    batch = session.parked.pop_front();
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
  CountLate(session);
  Unblock(session, [&](ReplyWriter& reply) { on_timeout(server_, session, reply); });
}

void Executor::UnblockWithError(Session& session, std::string_view text) {
  CountLate(session);
  ++server_.stats.commands[session.last_row].failed_calls;
  CountError(text);
  Unblock(session, [&](ReplyWriter& reply) { reply.Error(text); });
}

// A command that waits for keys is counted when it is through.
void Executor::CountLate(const Session& session) {
  if (session.key_wait == nullptr) return;
  ++server_.stats.commands[session.last_row].calls;
  ++server_.stats.total_commands_processed;
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
  // What expired in the background may be what somebody waits for.
  if (server_.blocked_keys.has_ready()) ServeReadyKeys();
  if (CopiesGoOn()) RunCopies();
  CloseRun();
}

int64_t Executor::NextDeadlineMs() const {
  if (server_.blocked_keys.has_ready() || CopiesGoOn()) return 0;
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
    std::unique_ptr<CommandBatch> batch = session.parked.pop_front();
    batch->session_gone = true;
    sink_.Deliver(std::move(batch));
  }
  server_.sessions.Remove(session.id);
}

}  // namespace gotthard
