// CopyJobs: the copies of big values that are under way, made a slice per turn of the execution
// thread (COPY).
//
// A COPY that 0.1 ms is enough for (some hundred elements, 256 KB) is over at once. Any other
// becomes a job; its client waits for the source key as those of the blocking commands do
// (Context::BlockForKeys), and its request is run again when the copy is whole. Only that run
// stores it: nobody sees a part of it, and whatever happened to the destination meanwhile is as if
// it had happened before the COPY. When the source has changed after all, expired or gone, the part
// is dropped and the request run again from the start.
//
// So that this is rare, whoever would write to the source waits until the copy is there: commands
// that name it as a key they write to, transactions with one, commands that may write to any key
// (FLUSHALL), clients that are served with a key they waited for, the expiry of a hash's fields.
// Names are compared, in whichever database. Readers do not wait, and nobody for the destination. A
// client that leaves, or is killed, takes its copy with it. While clients are paused no copy goes
// on. Who waits does so for the copies that had begun before: later ones of the same value begin
// anew when it has written, so every writer's turn comes.
//
// Owning thread: the execution thread.
// Limits: a job per client; those who wait for one, too, are clients. The first job gets all
// slices. What the slow log and commandstats say of a COPY is its last run, without the slices.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "exec/blocked_keys.h"
#include "pipe/session_id.h"
#include "store/detached.h"
#include "types/stepwise_copy.h"

namespace gotthard {

class LazyFree;

class CopyJobs {
 public:
  // A third of the millisecond that a turn may take; the last step comes on top (0.1 ms).
  static constexpr int64_t kSliceUs = 300;
  // For tests: 0 is one step per turn.
  void set_slice_us(int64_t slice_us) { slice_us_ = slice_us; }

  bool any() const { return !jobs_.empty(); }
  // Whether a job that began before `ticket` copies a value of that name.
  bool Copies(std::string_view source, uint64_t ticket = UINT64_MAX) const;
  // Whether any job began before `ticket`.
  bool AnyBefore(uint64_t ticket) const;

  // --- COPY's own
  // A short first slice of a copy (one step while there are jobs); true when it was enough.
  bool IsQuick(const Clock& clock, StepwiseCopy& copy) const;
  // Makes it a job. REQUIRES: the session waits for the source from now on, and has no job.
  void Add(SessionId session, std::string_view source, const ObjectOps* ops,
           std::unique_ptr<StepwiseCopy> copy);
  // The whole copy, for the request that is run again because of it; null if there is none.
  void* TakeResult() { return result_.ReleaseObject(); }

  // --- the executor's
  // Drops the session's job, if it has one.
  void Abandon(SessionId session, LazyFree& lazy_free);
  // Whose job is the first. REQUIRES: any().
  SessionId first() const { return jobs_.front().session; }
  // A slice for the first job; true when the copy is whole: the job is over then, and the session's
  // request to be run again at once. REQUIRES: any().
  bool RunSlice(const Clock& clock);
  // What that run has not taken goes.
  void DropResult(LazyFree& lazy_free);

  // Those who wait for a job to end: clients with a request, by ticket in the order in which they
  // came, and keys (database and name) with clients to be served.
  struct Held {
    std::map<uint64_t, SessionId> sessions;
    std::set<std::pair<uint32_t, std::string>> ready_keys;
  };
  uint64_t NewTicket() { return ++last_ticket_; }
  // The ticket is the client's until its request has run; it gives its place back (ForgetHeld) when
  // it waits no more.
  void Hold(SessionId session, uint64_t ticket) { held_.sessions.emplace(ticket, session); }
  void Hold(const BlockedKeys::Name& ready_key) {
    held_.ready_keys.emplace(ready_key.db, ready_key.key);
  }
  void ForgetHeld(uint64_t ticket) { held_.sessions.erase(ticket); }
  size_t held_sessions() const { return held_.sessions.size(); }
  // A job has ended since the last TakeHeld: they may try again.
  bool released() const { return released_; }
  Held TakeHeld() {
    released_ = false;
    return std::exchange(held_, {});
  }

 private:
  struct Job {
    uint64_t ticket;
    SessionId session;
    std::string source;
    const ObjectOps* ops;
    std::unique_ptr<StepwiseCopy> copy;
  };

  static bool Advance(const Clock& clock, StepwiseCopy& copy, int64_t slice_us);

  std::deque<Job> jobs_;
  DetachedValue result_;
  Held held_;
  uint64_t last_ticket_ = 0;
  bool released_ = false;
  int64_t slice_us_ = kSliceUs;
};

}  // namespace gotthard
