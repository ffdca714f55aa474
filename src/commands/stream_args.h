// What the stream commands take as arguments: ids, intervals of ids, and how to trim.
//
// Owning thread: the execution thread. Pure functions of their arguments and the configuration.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/status.h"
#include "exec/args.h"
#include "exec/context.h"
#include "types/stream.h"

namespace gotthard {

inline constexpr ErrorText kErrStreamId{
    "ERR Invalid stream ID specified as stream command argument"};

// `<ms>-<seq>`, or `<ms>` with `missing_seq`. Takes the spellings that Redis takes (strtoull's:
// leading zeros and blanks, a sign). False if it is none.
bool ParseStreamId(std::string_view text, uint64_t missing_seq, StreamId* id);
// The same as a Status.
inline Status TakeStreamId(std::string_view text, StreamId* id) {
  if (!ParseStreamId(text, 0, id)) return kErrStreamId;
  return Status::Ok();
}

// The ids from `first` to `last`; none if first > last.
struct StreamInterval {
  StreamId first;
  StreamId last;
};
// Ends as XRANGE takes them: an id, `-`, `+`, or `(` and an id for what comes right after (before)
// it.
Status ParseIntervalStart(std::string_view text, StreamId* first);
Status ParseIntervalEnd(std::string_view text, StreamId* last);

// The arguments of XADD and XTRIM behind the key.
struct StreamEdit {
  enum class Strategy : uint8_t { kNone, kMaxLength, kMinId };
  enum class Id : uint8_t { kAuto, kAutoSequence, kGiven };

  Strategy strategy = Strategy::kNone;
  StreamTrim trim;
  uint64_t max_length = 0;  // kMaxLength
  StreamId min_id;          // kMinId

  // XADD's alone.
  bool no_mkstream = false;
  Id id_kind = Id::kAuto;
  StreamId id;       // kGiven; its time: kAutoSequence
  size_t id_at = 0;  // where the id is; the fields follow
};
Status ParseStreamAdd(const Context& ctx, const Args& args, StreamEdit& edit);
Status ParseStreamTrim(const Context& ctx, const Args& args, StreamEdit& edit);

}  // namespace gotthard
