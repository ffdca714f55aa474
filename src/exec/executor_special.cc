// Executor: the long way of a command, which checks everything: transactions being queued, pauses,
// muted replies, the memory limit, requests that do not fit a row.

#include "exec/executor.h"
#include "exec/request_errors.h"
#include "observe/log.h"

namespace gotthard {

Executor::Ran Executor::RunSpecial(Context& ctx, const CommandView& view) {
  Session& session = ctx.session();
  if (session.has(Session::kReplySkipNext)) {  // this is the next one
    session.set(Session::kReplySkipNext, false);
    session.set(Session::kReplySkip);
  }
  const size_t replied = ctx.reply().buffer().size();
  queue_begun_ = false;
  const Ran ran = RunOrQueue(ctx, view);
  // By the state after the command: CLIENT REPLY ON is answered. EXEC's array was muted in parts.
  if (session.muted() && !queue_begun_) ctx.reply().buffer().Truncate(replied);
  if (!session.blocked()) session.set(Session::kReplySkip, false);
  return ran;
}

Executor::Ran Executor::RunOrQueue(Context& ctx, const CommandView& view) {
  Session& session = ctx.session();
  const uint16_t number = view.header().row;
  const HotRow& row = rows_[number];
  if (number == CommandIndex::kUnknownCommand && IsHttpRequest(view)) {
    CloseHttpClient(session);
    return Ran::kDone;
  }
  if (Status wrong = CheckRequest(ctx, view, row); !wrong.ok()) {
    if (session.transaction != nullptr) session.transaction->failed = true;
    Reject(ctx, number, wrong);
    return Ran::kDone;
  }
  if (MustWait(session, row)) {  // even if it would only be queued
    session.block = BlockState{.kind = BlockKind::kPause};
    return Ran::kNotNow;
  }
  if (session.has(Session::kMulti) && (row.flags & kInTransaction) == 0) {
    if (!FitsQueue(session, view)) {
      ++server_.stats.queue_limit_disconnections;
      server_.host->CloseConnection(session);
      return Ran::kDone;
    }
    Queue(session, view);
    ctx.reply().Queued();
    return Ran::kDone;
  }
  if (server_.copies.any() && MustWaitForCopy(session, view)) {
    if (session.copy_ticket == 0) session.copy_ticket = server_.copies.NewTicket();
    server_.copies.Hold(session.id, session.copy_ticket);
    session.block = BlockState{.kind = BlockKind::kHeld};
    return Ran::kNotNow;
  }
  session.copy_ticket = 0;
  OpenRun(number);
  Invoke(ctx, view, row);
  AfterRun(ctx, view);
  return Ran::kDone;
}

// Everything that is checked before a request may run or be queued, in Redis's order.
Status Executor::CheckRequest(Context& ctx, const CommandView& view, const HotRow& row) {
  const uint16_t number = view.header().row;
  if (row.run == nullptr) {
    if (number < CommandIndex::kFirstRow) return UnknownCommand(view);
    return WrongArity(server_.commands, number);
  }
  if (!row.Fits(view.argc())) return WrongArity(server_.commands, number);
  const Session& session = ctx.session();
  if (!session.has(Session::kAuthenticated) && (row.flags & kNoAuth) == 0) return kErrNoAuth;
  if (session.has(Session::kMulti) && (row.flags & kNoMulti) != 0) {
    static constexpr ErrorText kNotInside{"ERR Command not allowed inside a transaction"};
    return kNotInside;
  }
  if (server_.config.values().maxmemory > 0 && OutOfMemory(session, row)) {
    static constexpr ErrorText kOutOfMemory{
        "OOM command not allowed when used memory > 'maxmemory'."};
    return kOutOfMemory;
  }
  if (session.has(Session::kMonitor) &&
      HasFlags(session, row, kWrite | kReadonly | kMayReplicate)) {
    // MONITOR made a sort of replica of it, with which no pause can be got round.
    static constexpr ErrorText kIsReplica{"ERR Replica can't interact with the keyspace"};
    return kIsReplica;
  }
  return Status::Ok();
}

// Whether the command, or an EXEC's queue, has one of the flags.
bool Executor::HasFlags(const Session& session, const HotRow& row, uint64_t flags) {
  if ((row.flags & flags) != 0) return true;
  return (row.flags & kRunsTransaction) != 0 && session.transaction != nullptr &&
         (session.transaction->flags & flags) != 0;
}

// Whether the memory limit forbids the command: one that may add data, EXEC of such a one, and
// whatever would be queued, as a queue takes memory, too.
bool Executor::OutOfMemory(const Session& session, const HotRow& row) const {
  bool needs_memory = (row.flags & kDenyOom) != 0;
  if (session.has(Session::kMulti)) {
    needs_memory |= (row.flags & kInTransaction) == 0;
    needs_memory |= (row.flags & kRunsTransaction) != 0 && session.transaction != nullptr &&
                    (session.transaction->flags & kDenyOom) != 0;
  }
  return needs_memory &&
         server_.UsedMemoryNow() > static_cast<uint64_t>(server_.config.values().maxmemory);
}

bool Executor::MustWait(const Session& session, const HotRow& row) const {
  if (server_.pause.until_ms == 0 || session.has(Session::kMonitor)) return false;
  return !server_.pause.writes_only || HasFlags(session, row, kWrite | kMayReplicate);
}

// What a transaction queues counts as query buffer, and its offsets have 32 bits.
bool Executor::FitsQueue(const Session& session, const CommandView& view) const {
  const Transaction& transaction = *session.transaction;
  size_t bytes = transaction.bytes.size();
  for (uint32_t i = 0; i < view.argc(); ++i) bytes += view.arg(i).size();
  const size_t words = transaction.words.size() + view.word_count();
  const auto limit = static_cast<uint64_t>(server_.config.values().client_query_buffer_limit);
  return bytes <= UINT32_MAX && bytes + words * sizeof(uint64_t) <= limit;
}

void Executor::Queue(Session& session, const CommandView& view) {
  Transaction& transaction = *session.transaction;
  const uint32_t argc = view.argc();
  const size_t start = transaction.words.size();
  transaction.words.insert(transaction.words.end(), view.words(), view.words() + view.word_count());
  for (uint32_t i = 0; i < argc; ++i) {
    std::string_view arg = view.arg(i);
    ArgRef ref{static_cast<uint32_t>(transaction.bytes.size()), static_cast<uint32_t>(arg.size())};
    transaction.bytes.append(arg);
    transaction.words[start + 1 + i] = std::bit_cast<uint64_t>(ref);
  }
  transaction.flags |= rows_[view.header().row].flags;
  ++transaction.count;
}

void Executor::BeginQueued(Context& ctx, uint32_t count) {
  queue_begun_ = true;
  const size_t replied = ctx.reply().buffer().size();
  ctx.reply().ArrayHeader(count);
  if (ctx.session().muted()) ctx.reply().buffer().Truncate(replied);
}

void Executor::RunQueued(Context& ctx, const CommandView& view) {
  const size_t replied = ctx.reply().buffer().size();
  OpenRun(view.header().row);
  Invoke(ctx, view, rows_[view.header().row]);
  AfterRun(ctx, view);
  if (ctx.session().muted()) ctx.reply().buffer().Truncate(replied);
}

void Executor::CloseHttpClient(Session& session) {
  if (server_.log != nullptr && server_.now_ms >= next_http_log_ms_) {
    next_http_log_ms_ = server_.now_ms + kHttpLogMs;
    server_.log->Warning(
        "Possible SECURITY ATTACK detected: a client sent POST or Host: as a command, as if a web "
        "browser had been tricked into talking to this server. Connection from " +
        session.address + " aborted.");
  }
  server_.host->CloseConnection(session);
}

void Executor::Reject(Context& ctx, uint16_t row, const Status& error) {
  if (row >= CommandIndex::kFirstRow) ++server_.stats.commands[row].rejected_calls;
  if ((rows_[row].flags & kRunsTransaction) != 0) {  // an EXEC ends its transaction in any case
    ctx.session().EndTransaction();
    server_.changes.UnwatchAll(ctx.session());
    std::string_view why = error.text();
    if (why.starts_with("ERR ")) why.remove_prefix(4);
    const std::string text = "EXECABORT Transaction discarded because of: " + std::string(why);
    CountError(text);
    ctx.reply().Error(text);
    return;
  }
  CountError(error.text());
  ctx.reply().Error(error);
}

void Executor::CountError(std::string_view text) {
  ++server_.stats.total_error_replies;
  std::string_view kind = text.substr(0, text.find(' '));
  auto& errors = server_.stats.errors;
  auto found = errors.find(kind);
  if (found != errors.end()) {
    ++found->second;
  } else if (errors.size() < Stats::kMaxErrorKinds) {
    errors.emplace(kind, 1);
  }
}

}  // namespace gotthard
