// Executor: runs command batches, one after the other, on the execution thread.
//
// While it runs a command it already touches the memory of later ones: table groups up to
// kGroupAhead commands ahead, entries up to kEntryAhead, across all the batches it was given.
// Farther than that, lines would leave the first-level cache before they are used.
//
// What is counted per command is counted per run of equal commands: the clock is read when the
// command changes, so a pipeline of GETs costs two readings. Commands that may be slow (neither
// kFast nor kBrief, or with long arguments) are timed one by one, and so is everything when the
// slow log or the latency monitor asks for less than kCoarseTimingUs. With a memory limit, commands
// that need memory are checked one by one.
//
// executor.cc is the way of every command, read and tuned as one; executor_special.cc that of
// requests which need a closer look, executor_waiting.cc of clients that wait, executor_copying.cc
// of copies in slices; executor_observe.cc times, logs and shows what is looked at one by one.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "exec/command_table.h"
#include "exec/context.h"
#include "exec/element_ahead.h"
#include "exec/server_state.h"
#include "exec/session.h"
#include "pipe/command_batch.h"
#include "pipe/reply_sink.h"

namespace gotthard {

class Executor {
 public:
  static constexpr size_t kGroupAhead = 96;
  static constexpr size_t kEntryAhead = 48;
  // Commands between two looks ahead: few, so that the fetches overlap with execution instead of
  // queueing up behind the processor's line fill buffers.
  static constexpr size_t kAheadStep = 4;
  static constexpr int64_t kCoarseTimingUs = 1000;
  static constexpr int64_t kHttpLogMs = 60'000;

  Executor(ServerState& server, ReplySink& sink);

  // Runs the batches in order and delivers each; takes them out of the span. A batch of a client
  // that waits is parked in its session and delivered when it has run.
  void Run(std::span<std::unique_ptr<CommandBatch>> batches);

  // Ends waits that ran out of time, and a pause that is over; copies a slice of what is being
  // copied. Call at least at NextDeadlineMs().
  void Tick();
  // Wall clock time of the next thing for Tick to do; INT64_MAX when there is none.
  int64_t NextDeadlineMs() const;

  // Ends a client's wait: `reply` writes its reply; then the client's parked work goes on: at once,
  // or, when called by a command, after the batch that this command is in, so that no transaction
  // is interrupted and no chain of clients that unblock one another grows the stack.
  template <typename WriteReply>
  void Unblock(Session& session, WriteReply&& write) {
    ReplyBuffer bytes;
    ReplyWriter reply(bytes, session.protocol);
    write(reply);
    SendLate(session, std::move(bytes));
    EndBlock(session);
  }
  // Ends the wait as if its time had run out.
  void UnblockTimedOut(Session& session);
  // Ends the wait with an error, which is counted as the waiting command's.
  void UnblockWithError(Session& session, std::string_view text);
  // The pause is over or was changed: paused clients go on (and may pause again).
  void ResumePaused();
  // The connection is gone: frees the session and all it has under way.
  void EndSession(Session& session);

  // Begins EXEC's reply. It is muted in parts, as Redis does: CLIENT REPLY OFF among the commands
  // mutes the replies of those behind it, but not the array's header.
  void BeginQueued(Context& ctx, uint32_t count);
  // Runs one command of a transaction (or, later, of a script) and renders its error, if any.
  void RunQueued(Context& ctx, const CommandView& view);

  // Leaves argument `i` of the command being run out of MONITOR and the slow log.
  void Redact(size_t i) { redacted_.push_back(i); }
  // Call when a configuration changed that decides how commands are timed.
  void ReadConfig();
  // Adds the current run's figures to the stats, so that INFO counts what came before it.
  void FlushStats() { CloseRun(); }
  uint32_t blocked_clients() const { return blocked_clients_; }
  // What a crash report tells: the command being run, empty if none.
  std::string_view current_command() const;

 private:
  struct HotRow {
    Handler run = nullptr;
    uint64_t flags = 0;
    uint32_t min_argc = UINT32_MAX;  // a row without a handler fits no request
    uint32_t more_argc = 0;
    uint16_t first_key = 0;
    uint16_t key_step = 1;
    bool fast = false;
    bool brief = false;          // counted and timed together with its like
    bool checks_memory = false;  // there is a limit, and the command may add data
    uint8_t element = 0;         // as of CommandSpec
    bool Fits(uint32_t argc) const { return argc - min_argc <= more_argc; }
  };
  // Walks over the commands of all batches, ahead of the execution.
  struct Lookahead {
    size_t batch = 0;
    const char* base = nullptr;  // of that batch
    const uint64_t* at = nullptr;
    const uint64_t* end = nullptr;
    Database* db = nullptr;
    size_t entry_bytes = 0;  // expected of an entry of that database
  };
  enum class Ran { kDone, kNotNow };

  void TakeTime();
  void RunBatch(std::unique_ptr<CommandBatch> batch);
  void Resume(Session& session, std::unique_ptr<CommandBatch> batch, const uint64_t* at);
  void FinishBatch(Session& session, std::unique_ptr<CommandBatch> batch);
  void Park(Session& session, std::unique_ptr<CommandBatch> batch, const uint64_t* at);
  void RunParked(Session& session);
  void SendLate(Session& session, ReplyBuffer&& bytes);
  void EndBlock(Session& session);
  void ForgetBlock(Session& session);
  void RunUnblocked();
  void NoteWait(Session& session);
  void CountLate(const Session& session);
  void ServeReadyKeys();
  void ServeReadyKey(const BlockedKeys::Name& key);
  void Retry(Session& session);

  bool WritesCopied(const CommandView& view, uint64_t ticket = UINT64_MAX) const;
  bool MustWaitForCopy(const Session& session, const CommandView& view) const;
  bool CopiesGoOn() const;
  void RunCopies();
  void EndHolds();

  Ran RunCommand(Context& ctx, const CommandView& view);
  const uint64_t* RunAlike(Context& ctx, const CommandView& first, const uint64_t* end);
  Ran RunSpecial(Context& ctx, const CommandView& view);
  Ran RunOrQueue(Context& ctx, const CommandView& view);
  Status CheckRequest(Context& ctx, const CommandView& view, const HotRow& row);
  bool OutOfMemory(const Session& session, const HotRow& row) const;
  bool MustWait(const Session& session, const HotRow& row) const;
  static bool HasFlags(const Session& session, const HotRow& row, uint64_t flags);
  void CloseHttpClient(Session& session);
  bool FitsQueue(const Session& session, const CommandView& view) const;
  void Queue(Session& session, const CommandView& view);
  void Reject(Context& ctx, uint16_t row, const Status& error);
  void Invoke(Context& ctx, const CommandView& view, const HotRow& row);
  void Fail(Context& ctx, uint16_t row, const Status& error);
  void CountError(std::string_view text);

  void OpenRun(uint16_t row);
  void CloseRun();
  void CloseRunAt(uint64_t now_ns);
  void AfterRun(Context& ctx, const CommandView& view);
  void TimeRun(const Session& session, const CommandView& view);
  void LogIfSlow(const Session& session, const CommandView& view, int64_t duration_us);

  bool NextBatchAhead();
  void PassBatch();
  void SetAttention();
  void RunAhead(size_t executed);

  ServerState& server_;
  ReplySink& sink_;
  std::vector<HotRow> rows_;

  // The batches being run, and how far ahead of them memory was touched.
  std::span<std::unique_ptr<CommandBatch>> batches_;
  Lookahead ahead_;
  // The keys of the commands whose memory is being touched, by the command's number.
  static constexpr size_t kRing = ElementAhead::kRing;
  static_assert(kRing > kGroupAhead && (kRing & (kRing - 1)) == 0);
  std::array<Table::Ahead, kRing> ring_;
  ElementAhead elements_;
  size_t groups_touched_ = 0;
  size_t entries_touched_ = 0;
  size_t executed_ = 0;
  size_t batch_end_ = 0;  // what executed_ is once the present batch is done
  bool look_ahead_ = false;
  // Something is to be done around every command: monitors, a pause, copies, timing one by one.
  bool attention_ = false;
  // The command just run needed nothing but its handler: the next one like it does not, either.
  bool plain_ = false;

  // The run of equal commands being counted.
  uint16_t run_row_ = UINT16_MAX;
  uint64_t run_calls_ = 0;
  uint64_t run_start_ns_ = 0;
  bool time_each_ = false;

  bool queue_begun_ = false;      // BeginQueued was called by the present command
  int64_t next_http_log_ms_ = 0;  // an attack must not fill the log
  std::vector<size_t> redacted_;
  // Of the sessions that wait: when, and the session's slot. No entry outlives its wait.
  std::map<std::pair<int64_t, uint32_t>, SessionId> deadlines_;
  uint32_t blocked_clients_ = 0;
  std::vector<SessionId> unblocked_;  // whose parked work is still to be run
  bool running_ = false;              // within Run or RunUnblocked
  int64_t access_second_ = -1;        // for which the new entries' access bits were set
  bool access_lfu_ = false;
  const CommandView* current_ = nullptr;
};

}  // namespace gotthard
