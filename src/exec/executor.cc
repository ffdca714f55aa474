#include "exec/executor.h"

#include <algorithm>
#include <bit>

#include "base/prefetch.h"
#include "store/eviction_clock.h"

namespace gotthard {
namespace {

// The sessions' flags that need nothing but the fast path: a client that may run commands, outside
// of a transaction, with its replies on.
constexpr uint32_t kSpecialMask = Session::kMulti | Session::kMonitor | Session::kReplyOff |
                                  Session::kReplySkip | Session::kReplySkipNext |
                                  Session::kAuthenticated;

// Whether a command has no long argument: the last one is the only one that is long in practice.
// Copying this much takes some microseconds, far below what the slow log is interested in.
constexpr uint32_t kShortBytes = 64 * 1024;
bool IsShort(const uint64_t* words, uint32_t argc) {
  return std::bit_cast<ArgRef>(words[argc]).length <= kShortBytes;
}

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
      // One that may wait is timed on its own, whatever it is called.
      hot.fast = (row.spec->flags & (kFast | kBlocking)) == kFast;
      hot.brief = hot.fast || (row.spec->flags & kBrief) != 0;
      const KeySpec& keys = row.spec->keys[0];
      hot.first_key = static_cast<uint16_t>(std::max<int16_t>(keys.index, 0));
      hot.key_step = static_cast<uint16_t>(std::max<int16_t>(keys.step, 1));
      hot.element = row.spec->element;
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
  elements_.Begin();
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
  ctx.set_value(&batch->value);
  const char* base = batch->base;
  while (at != end) {
    CommandView view(base, at);
    ctx.set_ahead(&ring_[executed_ % kRing]);
    if (RunCommand(ctx, view) == Ran::kNotNow) {
      Park(session, std::move(batch), at);
      return;
    }
    at += view.word_count();
    ++executed_;
    if (plain_ && at != end && *at == *view.words()) at = RunAlike(ctx, view, end);
    if (session.blocked()) [[unlikely]] {
      Park(session, std::move(batch), at);
      if (server_.blocked_keys.has_ready()) ServeReadyKeys();
      return;
    }
    if (server_.blocked_keys.has_ready()) [[unlikely]]
      ServeReadyKeys();
    if ((session.flags & (Session::kCloseAfterReply | Session::kCloseAsap)) != 0) [[unlikely]]
      break;
    if (look_ahead_ && (executed_ & (kAheadStep - 1)) == 0) RunAhead(executed_);
  }
  // Behind QUIT nothing is answered, not even what could not be parsed.
  if (at == end && batch->has_error && !session.has(Session::kCloseAfterReply)) {
    CountError(batch->error);
    if (!session.muted() && !session.has(Session::kReplySkipNext)) reply.Error(batch->error);
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
    ahead_.base = batch->base;
    ahead_.at = batch->words.data();
    ahead_.end = ahead_.at + batch->words.size();
    ahead_.db = &server_.keyspace.db(session->db);
    ahead_.entry_bytes = ahead_.db->ExpectedEntryBytes();
    if (ahead_.at != ahead_.end) return true;
  }
  return false;
}

void Executor::RunAhead(size_t executed) {
  // Passing a batch touches its groups in one go, and must not overwrite keys whose entries are
  // still to be touched.
  static_assert(kRing >= kGroupAhead - kEntryAhead + kAheadStep + CommandBatch::kMaxCommands);
  // Locals, because the compiler has to fear that what is stored below changes the members.
  const size_t groups_until = executed + kGroupAhead;
  size_t touched = groups_touched_;
  const uint64_t* at = ahead_.at;
  const uint64_t* end = ahead_.end;
  while (touched < groups_until) {
    if (at == end) {
      if (!NextBatchAhead()) break;
      at = ahead_.at;
      end = ahead_.end;
    }
    const CommandHeader header = std::bit_cast<CommandHeader>(at[0]);
    if (const size_t element = rows_[header.row].element; element != 0 && element < header.argc) {
      elements_.Note(touched, CommandView(ahead_.base, at).arg(element));
    }
    Table::Ahead& key = ring_[touched++ % kRing];
    at += 1 + size_t{header.argc};
    if (header.hash_count != 0) {
      ahead_.db->PrefetchGroup(*at, &key);
    } else {
      key.table = nullptr;
    }
    at += header.hash_count;
  }
  // At the end of the last batch there is nothing left, which at == end says from now on.
  ahead_.at = at;
  ahead_.end = end;
  groups_touched_ = touched;
  const size_t entries_until = std::min(executed + kEntryAhead, touched);
  const size_t span = ahead_.entry_bytes;
  size_t entry = entries_touched_;
  for (; entry < entries_until; ++entry) {
    Table::Ahead& key = ring_[entry % kRing];
    if (key.table != nullptr) Database::PrefetchEntry(&key, span);
  }
  entries_touched_ = entry;
  if (elements_.waits_for(executed)) {
    elements_.Touch(executed, entries_touched_, ring_, server_.keyspace.object_types(),
                    server_.hasher);
  }
}

// --- One command

Executor::Ran Executor::RunCommand(Context& ctx, const CommandView& view) {
  Session& session = ctx.session();
  const CommandHeader header = view.header();
  const HotRow& row = rows_[header.row];
  plain_ = false;
  if ((session.flags & kSpecialMask) != Session::kAuthenticated || !row.Fits(header.argc) ||
      (attention_ | row.checks_memory)) [[unlikely]] {
    return RunSpecial(ctx, view);
  }
  const bool brief = row.brief && IsShort(view.words(), header.argc);
  if (header.row != run_row_ || !brief) OpenRun(header.row);
  Invoke(ctx, view, row);
  if (!brief || !redacted_.empty()) [[unlikely]] {
    AfterRun(ctx, view);
  } else {
    plain_ = true;
  }
  return Ran::kDone;
}

// Runs on behind `first`, a plain command just run, as long as its like follow and nothing comes
// up. Returns where it stopped. What could make the next one special was looked at for the first:
// a handler of a plain command that changes it changes the session's flags, too.
const uint64_t* Executor::RunAlike(Context& ctx, const CommandView& first, const uint64_t* end) {
  Session& session = ctx.session();
  const uint32_t flags = session.flags;
  const uint64_t* at = first.words() + first.word_count();
  const auto comes_up = [&] {
    return session.flags != flags || session.blocked() || server_.blocked_keys.has_ready();
  };
  if ((flags & kSpecialMask) != Session::kAuthenticated || comes_up()) [[unlikely]]
    return at;
  const uint64_t alike = *first.words();
  const CommandHeader header = first.header();
  const size_t words = first.word_count();
  const HotRow& row = rows_[header.row];
  const Handler run = row.run;
  Args args(first, server_.hasher, row.first_key, row.key_step);
  current_ = &args.view();
  while (at != end && *at == alike && IsShort(at, header.argc)) {
    if (look_ahead_ && (executed_ & (kAheadStep - 1)) == 0) RunAhead(executed_);
    args.MoveTo(at);
    ctx.set_ahead(&ring_[executed_ % kRing]);
    ++run_calls_;
    const Status status = run(ctx, args);
    at += words;
    ++executed_;
    if (!status.ok()) [[unlikely]]
      Fail(ctx, header.row, status);
    if (!redacted_.empty()) [[unlikely]] {
      AfterRun(ctx, args.view());
      break;
    }
    if (comes_up()) [[unlikely]]
      break;
  }
  current_ = nullptr;
  return at;
}

void Executor::Invoke(Context& ctx, const CommandView& view, const HotRow& row) {
  ++run_calls_;
  ctx.session().last_row = view.header().row;
  Args args(view, server_.hasher, row.first_key, row.key_step);
  current_ = &view;
  Status status = row.run(ctx, args);
  current_ = nullptr;
  if (!status.ok()) [[unlikely]]
    Fail(ctx, view.header().row, status);
}

void Executor::Fail(Context& ctx, uint16_t row, const Status& error) {
  ++server_.stats.commands[row].failed_calls;
  CountError(error.text());
  ctx.reply().Error(error);
}

// --- Counting and timing

void Executor::OpenRun(uint16_t row) {
  const uint64_t now_ns = server_.clock.MonotonicNs();
  if (run_calls_ != 0) CloseRunAt(now_ns);
  run_row_ = row;
  run_start_ns_ = now_ns;
}

void Executor::CloseRun() {
  if (run_calls_ != 0) CloseRunAt(server_.clock.MonotonicNs());
  run_row_ = UINT16_MAX;
}

void Executor::CloseRunAt(uint64_t now_ns) {
  const uint64_t elapsed_ns = now_ns - run_start_ns_;
  CommandStats& stats = server_.stats.commands[run_row_];
  stats.calls += run_calls_;
  stats.duration_ns += elapsed_ns;
  if (server_.config.values().latency_tracking) {
    if (stats.latency == nullptr) stats.latency = std::make_unique<LatencyHistogram>();
    stats.latency->Record(elapsed_ns / run_calls_, run_calls_);
  }
  server_.stats.total_commands_processed += run_calls_;
  run_calls_ = 0;
}

std::string_view Executor::current_command() const {
  return current_ == nullptr ? std::string_view() : current_->arg(0);
}

}  // namespace gotthard
