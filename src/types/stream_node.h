// The listpack of a stream's node: what it says, and whether it may be trusted. Its form is drawn
// in types/stream.h.
//
// Any thread; pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "types/listpack.h"
#include "types/stream_id.h"

namespace gotthard {

enum StreamEntryFlags : uint8_t { kStreamEntryDeleted = 1, kStreamEntrySameFields = 2 };

// The master entry.
struct StreamMaster {
  // REQUIRES: the listpack of a node.
  explicit StreamMaster(const Listpack& listpack);

  uint64_t live = 0;     // entries
  uint64_t deleted = 0;  // entries that are marked as deleted
  uint64_t fields = 0;
  Listpack::Position deleted_at = Listpack::kNone;
  Listpack::Position fields_at = Listpack::kNone;
};

// An integer of the listpack. REQUIRES: it is one.
inline int64_t StreamInteger(const Listpack& listpack, Listpack::Position at) {
  return listpack.Get(at).integer;
}

// The id that an entry has whose differences to the master id are these.
inline StreamId StreamIdBehind(const StreamId& master_id, int64_t ms, int64_t seq) {
  return {master_id.ms + static_cast<uint64_t>(ms), master_id.seq + static_cast<uint64_t>(seq)};
}

// Of the node's last entry, be it deleted; the master id if it has none.
StreamId LastIdInNode(const StreamId& master_id, const Listpack& listpack);

// What a node was found to hold.
struct StreamNodeSummary {
  uint64_t live = 0;
  StreamId last_live;  // zero if there is none
};
// Whether bytes from outside are a node: a valid listpack, a master entry whose counts are right,
// whole entries, the ids of those that are not deleted ascending from the master id on. nullopt
// if not. (Those deleted may have had any id: XSETID can go back behind them.) O(n).
std::optional<StreamNodeSummary> ValidateStreamNode(const StreamId& master_id,
                                                    std::string_view bytes);

}  // namespace gotthard
