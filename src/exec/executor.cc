// Long because the short path of a command, and all that it falls back to, are read and tuned as
// one.

#include "exec/executor.h"

#include <algorithm>
#include <cstring>

#include "base/prefetch.h"
#include "store/eviction_clock.h"

namespace gotthard {
namespace {

// The sessions' flags that need nothing but the fast path: a client that may run commands, outside
// of a transaction, with its replies on.
constexpr uint32_t kSpecialMask = Session::kMulti | Session::kMonitor | Session::kReplyOff |
                                  Session::kReplySkip | Session::kReplySkipNext |
                                  Session::kAuthenticated;

}  // namespace

Executor::Executor(ServerState& server, ReplySink& sink) : server_(server), sink_(sink) {
  for (const CommandRow& row : server.commands.rows()) {
    HotRow hot;
    if (row.spec != nullptr) {
      hot.run = row.spec->run;
      hot.flags = row.spec->flags;
      const int16_t arity = row.spec->arity;
      hot.min_argc = static_cast<uint32_t>(arity < 0 ? -arity : arity);
      hot.more_argc = arity < 0 ? UINT32_MAX - hot.min_argc : 0;
      hot.fast = (row.spec->flags & kFast) != 0;
      const KeySpec& keys = row.spec->keys[0];
      hot.first_key = static_cast<uint16_t>(std::max<int16_t>(keys.index, 0));
      hot.key_step = static_cast<uint16_t>(std::max<int16_t>(keys.step, 1));
    }
    rows_.push_back(hot);
  }
  server.stats.commands.resize(rows_.size());
  ReadConfig();
}

void Executor::ReadConfig() {
  const Config& config = server_.config.values();
  time_each_ = (config.slowlog_log_slower_than >= 0 &&
                config.slowlog_log_slower_than < kCoarseTimingUs && config.slowlog_max_len > 0) ||
               config.latency_monitor_threshold > 0;
  for (HotRow& row : rows_) {
    row.checks_memory = config.maxmemory > 0 && (row.flags & kDenyOom) != 0;
  }
}

// --- Batches

void Executor::Run(std::span<std::unique_ptr<CommandBatch>> batches) {
  TakeTime();
  SetAttention();
  batches_ = batches;
  ahead_ = {};
  groups_touched_ = entries_touched_ = executed_ = 0;
  look_ahead_ = batches.size() > 1 || batches[0]->command_count > 1;
  if (look_ahead_) RunAhead(0);
  running_ = true;
  for (std::unique_ptr<CommandBatch>& batch : batches) {
    batch_end_ = executed_ + batch->command_count;
    RunBatch(std::move(batch));
    if (!unblocked_.empty()) [[unlikely]]
      RunUnblocked();
  }
  running_ = false;
  CloseRun();
  batches_ = {};
  look_ahead_ = false;
  server_.stats.batches += batches.size();
}

void Executor::RunBatch(std::unique_ptr<CommandBatch> batch) {
  Session* session = server_.sessions.Find(batch->session);
  if (session == nullptr || session->has(Session::kCloseAsap) ||
      session->has(Session::kCloseAfterReply)) {
    batch->session_gone = true;
    PassBatch();
    sink_.Deliver(std::move(batch));
    return;
  }
  if (batch->query_buffer_bytes > session->query_buffer_bytes) {
    session->last_interaction_ms = server_.now_ms;  // a request is coming in
  }
  session->query_buffer_bytes = batch->query_buffer_bytes;
  session->query_buffer_free = batch->query_buffer_free;
  session->output_flushed_bytes =
      std::max(session->output_flushed_bytes, batch->output_flushed_bytes);
  if (batch->kind == BatchKind::kPush) {  // only a report on the connection's buffers
    sink_.Deliver(std::move(batch));
    return;
  }
  session->last_interaction_ms = server_.now_ms;
  if (session->blocked() || !session->parked.empty()) {
    // Bounded by what a connection may have in flight.
    PassBatch();
    session->parked.push_back(std::move(batch));
    return;
  }
  const uint64_t* at = batch->words.data();
  Resume(*session, std::move(batch), at);
}

void Executor::Resume(Session& session, std::unique_ptr<CommandBatch> batch, const uint64_t* at) {
  const uint64_t* end = batch->words.data() + batch->words.size();
  ReplyWriter reply(batch->reply, session.protocol);
  Context ctx(*this, server_, session, reply);
  const char* base = batch->base;
  while (at != end) {
    CommandView view(base, at);
    if (RunCommand(ctx, view) == Ran::kNotNow) {
      Park(session, std::move(batch), at);
      return;
    }
    at += view.word_count();
    ++executed_;
    if (session.blocked()) [[unlikely]] {
      Park(session, std::move(batch), at);
      return;
    }
    if ((session.flags & (Session::kCloseAfterReply | Session::kCloseAsap)) != 0) [[unlikely]]
      break;
    if (look_ahead_ && (executed_ & (kAheadStep - 1)) == 0) RunAhead(executed_);
  }
  // Behind QUIT nothing is answered, not even what could not be parsed.
  if (at == end && batch->has_error && !session.has(Session::kCloseAfterReply)) {
    CountError(batch->error);
    reply.Error(batch->error);
    session.set(Session::kCloseAfterReply);
  }
  FinishBatch(session, std::move(batch));
}

// A batch is about to leave, with commands of it perhaps not run: what looks ahead must be past it.
void Executor::PassBatch() {
  if (!look_ahead_ || executed_ >= batch_end_) return;
  executed_ = batch_end_;
  RunAhead(executed_);
}

void Executor::FinishBatch(Session& session, std::unique_ptr<CommandBatch> batch) {
  PassBatch();
  session.total_commands += batch->command_count;
  session.output_sent_bytes += batch->reply.size();
  batch->close_after_reply = (session.flags & Session::kCloseAfterReply) != 0;
  batch->authenticated = session.has(Session::kAuthenticated);
  sink_.Deliver(std::move(batch));
}

// --- Waiting

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

// One reading of the clock for all that is run in this turn.
void Executor::TakeTime() {
  server_.now_ms = server_.clock.NowMs();
  const int64_t second = server_.now_ms / 1000;
  const bool lfu = server_.config.values().UsesLfu();
  if (second == access_second_ && lfu == access_lfu_) return;
  access_second_ = second;
  access_lfu_ = lfu;
  const uint32_t lru_stamp = LruStamp(server_.now_ms);
  server_.access_stamp = lfu ? ServerState::kNoStamp : lru_stamp;
  server_.keyspace.SetNewEntryAccess(lfu ? LfuStamp(kLfuInitialCounter, server_.now_ms)
                                         : lru_stamp);
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

// --- Running ahead

// Goes on to the next batch that has commands. False when there is none.
bool Executor::NextBatchAhead() {
  while (ahead_.batch != batches_.size()) {
    const CommandBatch* batch = batches_[ahead_.batch++].get();
    if (batch == nullptr) continue;  // taken: it has been run
    if (ahead_.batch < batches_.size() && batches_[ahead_.batch] != nullptr) {
      const CommandBatch* next = batches_[ahead_.batch].get();
      Prefetch(next);
      Prefetch(&next->reply);
    }
    Session* session = server_.sessions.Find(batch->session);
    if (session == nullptr || batch->kind != BatchKind::kCommands) continue;
    ahead_.at = batch->words.data();
    ahead_.end = ahead_.at + batch->words.size();
    ahead_.db = &server_.keyspace.db(session->db);
    if (ahead_.at != ahead_.end) return true;
  }
  return false;
}

void Executor::RunAhead(size_t executed) {
  const size_t groups_until = executed + kGroupAhead;
  while (groups_touched_ < groups_until) {
    if (ahead_.at == ahead_.end && !NextBatchAhead()) break;
    const CommandHeader header = std::bit_cast<CommandHeader>(ahead_.at[0]);
    Touched& touched = ring_[groups_touched_++ % kRing];
    touched.db = nullptr;
    if (header.hash_count != 0) {
      touched.hash = ahead_.at[1 + header.argc];
      touched.db = ahead_.db;
      ahead_.db->PrefetchGroup(touched.hash);
    }
    ahead_.at += 1 + size_t{header.argc} + header.hash_count;
  }
  const size_t entries_until = std::min(executed + kEntryAhead, groups_touched_);
  while (entries_touched_ < entries_until) {
    const Touched& touched = ring_[entries_touched_++ % kRing];
    if (touched.db != nullptr) touched.db->PrefetchEntry(touched.hash);
  }
}

// --- One command

Executor::Ran Executor::RunCommand(Context& ctx, const CommandView& view) {
  Session& session = ctx.session();
  const CommandHeader header = view.header();
  const HotRow& row = rows_[header.row];
  if ((session.flags & kSpecialMask) != Session::kAuthenticated || !row.Fits(header.argc) ||
      (attention_ | row.checks_memory)) [[unlikely]] {
    return RunSpecial(ctx, view);
  }
  if (header.row != run_row_) OpenRun(header.row);
  Invoke(ctx, view, row);
  if (!row.fast || !redacted_.empty()) [[unlikely]]
    AfterRun(ctx, view);
  return Ran::kDone;
}

void Executor::Invoke(Context& ctx, const CommandView& view, const HotRow& row) {
  ++run_calls_;
  ctx.session().last_row = view.header().row;
  Args args(view, server_.hasher, row.first_key, row.key_step);
  current_ = &view;
  Status status = row.run(ctx, args);
  current_ = nullptr;
  if (!status.ok()) [[unlikely]] {
    ++server_.stats.commands[view.header().row].failed_calls;
    CountError(status.text());
    ctx.reply().Error(status);
  }
}

Executor::Ran Executor::RunSpecial(Context& ctx, const CommandView& view) {
  Session& session = ctx.session();
  if (session.has(Session::kReplySkipNext)) {  // this is the next one
    session.set(Session::kReplySkipNext, false);
    session.set(Session::kReplySkip);
  }
  const size_t replied = ctx.reply().buffer().size();
  const Ran ran = RunOrQueue(ctx, view);
  // By the state after the command: CLIENT REPLY ON is answered.
  if (session.muted()) ctx.reply().buffer().Truncate(replied);
  if (!session.blocked()) session.set(Session::kReplySkip, false);
  return ran;
}

Executor::Ran Executor::RunOrQueue(Context& ctx, const CommandView& view) {
  Session& session = ctx.session();
  const uint16_t number = view.header().row;
  const HotRow& row = rows_[number];
  if (Status wrong = CheckRequest(ctx, view, row); !wrong.ok()) {
    if (session.transaction != nullptr) session.transaction->failed = true;
    Reject(ctx, number, wrong);
    return Ran::kDone;
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
  if (MustWait(session, row)) {
    session.block = BlockState{.kind = BlockKind::kPause};
    return Ran::kNotNow;
  }
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
    return WrongArity(number);
  }
  if (!row.Fits(view.argc())) return WrongArity(number);
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
  return Status::Ok();
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
  if (server_.pause.until_ms == 0 || session.has(Session::kInExec)) return false;
  if (!server_.pause.writes_only) return true;
  if ((row.flags & (kWrite | kMayReplicate)) != 0) return true;
  return (row.flags & kRunsTransaction) != 0 && session.transaction != nullptr &&
         (session.transaction->flags & (kWrite | kMayReplicate)) != 0;
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

void Executor::RunQueued(Context& ctx, const CommandView& view) {
  OpenRun(view.header().row);
  Invoke(ctx, view, rows_[view.header().row]);
  AfterRun(ctx, view);
}

// --- Errors of requests

Status Executor::UnknownCommand(const CommandView& view) const {
  constexpr size_t kShown = 128;
  std::string_view name = view.arg(0);
  if (view.header().row == CommandIndex::kUnknownSubcommand) {
    std::string text = "ERR unknown subcommand '";
    text.append(view.arg(1).substr(0, kShown)).append("'. Try ");
    for (char c : name) text.push_back(c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c);
    return Status::Error(text.append(" HELP."));
  }
  std::string args;
  for (uint32_t i = 1; i < view.argc() && args.size() < kShown; ++i) {
    args.append("'").append(view.arg(i).substr(0, kShown - args.size())).append("' ");
  }
  std::string text = "ERR unknown command '";
  text.append(name.substr(0, kShown)).append("', with args beginning with: ").append(args);
  return Status::Error(std::move(text));
}

Status Executor::WrongArity(uint16_t row) const {
  return Status::Error("ERR wrong number of arguments for '" + server_.commands.row(row).full_name +
                       "' command");
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

// --- Counting and timing

void Executor::OpenRun(uint16_t row) {
  CloseRun();
  run_row_ = row;
  run_start_ns_ = server_.clock.MonotonicNs();
}

void Executor::CloseRun() {
  if (run_calls_ == 0) {
    run_row_ = UINT16_MAX;
    return;
  }
  const uint64_t elapsed_ns = server_.clock.MonotonicNs() - run_start_ns_;
  CommandStats& stats = server_.stats.commands[run_row_];
  stats.calls += run_calls_;
  stats.duration_ns += elapsed_ns;
  if (server_.config.values().latency_tracking) {
    if (stats.latency == nullptr) stats.latency = std::make_unique<LatencyHistogram>();
    stats.latency->Record(elapsed_ns / run_calls_, run_calls_);
  }
  server_.stats.total_commands_processed += run_calls_;
  run_calls_ = 0;
  run_row_ = UINT16_MAX;
}

// After a command that is counted on its own: times it, logs it, shows it to the monitors.
void Executor::AfterRun(Context& ctx, const CommandView& view) {
  const HotRow& row = rows_[view.header().row];
  if (run_calls_ == 1 && run_row_ == view.header().row) {
    const uint64_t elapsed_ns = server_.clock.MonotonicNs() - run_start_ns_;
    LogIfSlow(ctx.session(), view, static_cast<int64_t>(elapsed_ns / 1000));
  }
  CloseRun();
  if (server_.monitors != 0 && (row.flags & (kSkipMonitor | kAdmin)) == 0) {
    FeedMonitors(ctx.session(), view);
  }
  redacted_.clear();
  SetAttention();  // the command may have been the one that began or ended it
}

void Executor::SetAttention() {
  attention_ = server_.pause.until_ms != 0 || server_.monitors != 0 || time_each_;
}

void Executor::LogIfSlow(const Session& session, const CommandView& view, int64_t duration_us) {
  const Config& config = server_.config.values();
  const HotRow& row = rows_[view.header().row];
  const int64_t now_s = server_.now_ms / 1000;
  if (config.latency_monitor_threshold > 0 &&
      duration_us / 1000 >= config.latency_monitor_threshold) {
    server_.latency.Add(row.fast ? "fast-command" : "command",
                        static_cast<uint32_t>(duration_us / 1000), now_s);
  }
  if ((row.flags & kSkipSlowlog) != 0 || config.slowlog_log_slower_than < 0 ||
      config.slowlog_max_len == 0 || duration_us < config.slowlog_log_slower_than) {
    return;
  }
  std::vector<std::string_view> arguments;
  for (uint32_t i = 0; i < view.argc(); ++i) arguments.push_back(view.arg(i));
  for (size_t i : redacted_) {
    if (i < arguments.size()) arguments[i] = "(redacted)";
  }
  server_.slow_log.Add(arguments, now_s, duration_us, session.address, session.name,
                       static_cast<size_t>(config.slowlog_max_len));
}

namespace {

// One argument as MONITOR shows it: quoted, what is not printable escaped.
void AppendQuoted(std::string& line, std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  line.push_back('"');
  for (char c : text) {
    switch (c) {
      case '\\':
      case '"':
        line.push_back('\\');
        line.push_back(c);
        break;
      case '\n':
        line += "\\n";
        break;
      case '\r':
        line += "\\r";
        break;
      case '\t':
        line += "\\t";
        break;
      case '\a':
        line += "\\a";
        break;
      case '\b':
        line += "\\b";
        break;
      default:
        if (c >= ' ' && c <= '~') {
          line.push_back(c);
        } else {
          line += "\\x";
          line.push_back(kHex[static_cast<unsigned char>(c) >> 4]);
          line.push_back(kHex[static_cast<unsigned char>(c) & 15]);
        }
    }
  }
  line.push_back('"');
}

}  // namespace

void Executor::FeedMonitors(const Session& session, const CommandView& view) {
  const int64_t now_us = server_.clock.NowUs();
  char time[48];
  snprintf(time, sizeof(time), "+%lld.%06lld [%u ", static_cast<long long>(now_us / 1'000'000),
           static_cast<long long>(now_us % 1'000'000), session.db);
  std::string line = time;
  line += session.has(Session::kUnixSocket) ? "unix:" + session.address : session.address;
  line.push_back(']');
  for (uint32_t i = 0; i < view.argc(); ++i) {
    line.push_back(' ');
    const bool hidden = std::find(redacted_.begin(), redacted_.end(), i) != redacted_.end();
    AppendQuoted(line, hidden ? "(redacted)" : view.arg(i));
  }
  line += "\r\n";
  server_.sessions.ForEach([&](Session& monitor) {
    if (!monitor.has(Session::kMonitor) || monitor.has(Session::kCloseAsap)) return;
    ReplyBuffer bytes(line.size());
    bytes.Append(line);
    server_.host->Push(monitor, std::move(bytes));
  });
}

std::string_view Executor::current_command() const {
  return current_ == nullptr ? std::string_view() : current_->arg(0);
}

}  // namespace gotthard
