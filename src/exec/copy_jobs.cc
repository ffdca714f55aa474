#include "exec/copy_jobs.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "store/lazy_free.h"

namespace gotthard {

bool CopyJobs::Copies(std::string_view source, uint64_t ticket) const {
  return std::any_of(jobs_.begin(), jobs_.end(),
                     [&](const Job& job) { return job.ticket < ticket && job.source == source; });
}

bool CopyJobs::AnyBefore(uint64_t ticket) const {
  return std::any_of(jobs_.begin(), jobs_.end(),
                     [&](const Job& job) { return job.ticket < ticket; });
}

bool CopyJobs::Advance(const Clock& clock, StepwiseCopy& copy, int64_t slice_us) {
  const uint64_t end_ns = clock.MonotonicNs() + static_cast<uint64_t>(slice_us) * 1000;
  do {
    if (copy.Step()) return true;
  } while (clock.MonotonicNs() < end_ns);
  return false;
}

bool CopyJobs::IsQuick(const Clock& clock, StepwiseCopy& copy) const {
  // Shorter than the others: where it is not enough, the turn's own slice comes behind it.
  return Advance(clock, copy, any() ? 0 : slice_us_ / 3);
}

void CopyJobs::Add(SessionId session, std::string_view source, const ObjectOps* ops,
                   std::unique_ptr<StepwiseCopy> copy) {
  jobs_.push_back({NewTicket(), session, std::string(source), ops, std::move(copy)});
}

void CopyJobs::Abandon(SessionId session, LazyFree& lazy_free) {
  const auto job = std::find_if(jobs_.begin(), jobs_.end(),
                                [&](const Job& each) { return each.session == session; });
  if (job == jobs_.end()) return;
  lazy_free.Free(DetachedValue(job->ops, job->copy->Release()));
  jobs_.erase(job);
  released_ = true;
}

bool CopyJobs::RunSlice(const Clock& clock) {
  assert(any());
  Job& job = jobs_.front();
  if (!Advance(clock, *job.copy, slice_us_)) return false;
  result_ = DetachedValue(job.ops, job.copy->Release());
  jobs_.pop_front();
  released_ = true;
  return true;
}

void CopyJobs::DropResult(LazyFree& lazy_free) {
  if (result_) lazy_free.Free(std::exchange(result_, {}));
}

}  // namespace gotthard
