// StreamGroup: a consumer group of a stream: how far it has read, its consumers, and the entries
// that were delivered to them and not acknowledged.
//
//   group:    pending  (by id)   ─► StreamNack { id, when, how often, consumer }  owned here
//   consumer: pending  (by id)   ─► the same objects
//
// The entries themselves are not looked at: one that was deleted from the stream stays pending.
//
// Costs: what takes an id or a name is O(log n).
//
// Owning thread: the execution thread, or the one that frees it. Groups, consumers and nacks stay
// where they are until they are removed; a PendingTree::Cursor ends with any change of its tree.
// Limits: memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "types/radix_tree.h"
#include "types/stream_id.h"

namespace gotthard {

class StreamConsumer;

// What a std::map's node takes beside what it holds.
inline constexpr size_t kMapLinkBytes = 32;
// The number of entries that a group has read, if it cannot be told.
inline constexpr int64_t kUnknownEntriesRead = -1;
// The active time of a consumer that never got an entry.
inline constexpr int64_t kNeverActive = -1;

// An entry that waits for its acknowledgement. Times are ms since 1970.
struct StreamNack {
  StreamId id;
  int64_t delivery_time_ms;
  uint64_t delivery_count;
  StreamConsumer* consumer;  // never null
};

using PendingTree = RadixTree<StreamNack>;

class StreamConsumer {
 public:
  StreamConsumer(std::string_view name, int64_t now_ms) : seen_time_ms(now_ms), name_(name) {}

  const std::string& name() const { return name_; }
  const PendingTree& pending() const { return pending_; }

  int64_t seen_time_ms;                   // when it last tried to do something
  int64_t active_time_ms = kNeverActive;  // when it last got an entry

 private:
  friend class StreamGroup;
  const std::string name_;
  PendingTree pending_;
};

class StreamGroup {
 public:
  // In the order of their names.
  using Consumers = std::map<std::string_view, std::unique_ptr<StreamConsumer>>;

  StreamGroup(std::string_view name, const StreamId& from, int64_t entries_before)
      : last_id(from), entries_read(entries_before), name_(name) {}
  StreamGroup(const StreamGroup&) = delete;
  StreamGroup& operator=(const StreamGroup&) = delete;
  ~StreamGroup();  // O(pending + consumers)

  const std::string& name() const { return name_; }

  StreamId last_id;      // of the last entry that was delivered
  int64_t entries_read;  // the logical number of that entry, or kUnknownEntriesRead

  // --- consumers
  const Consumers& consumers() const { return consumers_; }
  // Null if there is none.
  StreamConsumer* FindConsumer(std::string_view name) const;
  // Null if there is one of that name.
  StreamConsumer* AddConsumer(std::string_view name, int64_t now_ms);
  // Removes it with all that is pending for it, whose number it returns. O(that * log n).
  size_t RemoveConsumer(StreamConsumer* consumer);

  // --- pending entries
  const PendingTree& pending() const { return pending_; }
  // Null if it is not pending.
  StreamNack* FindPending(const StreamId& id) const { return pending_.Find(id); }
  // Makes the entry pending for the consumer, whoever it was pending for; sets time and count.
  StreamNack* Deliver(const StreamId& id, StreamConsumer* consumer, int64_t now_ms,
                      uint64_t delivery_count = 1);
  // Gives it to another consumer (or the same); time and count stay. REQUIRES: it is pending.
  void Transfer(StreamNack* nack, StreamConsumer* consumer);
  // False if it was not pending.
  bool Acknowledge(const StreamId& id);

  // A copy that is made in steps of so many pending entries: true when all are copied. REQUIRES:
  // the group does not change meanwhile.
  class Copy {
   public:
    explicit Copy(const StreamGroup& from);
    bool Step(size_t most);
    std::unique_ptr<StreamGroup> Take() { return std::move(copy_); }

   private:
    void BeginConsumer();

    const StreamGroup& from_;
    std::unique_ptr<StreamGroup> copy_;
    Consumers::const_iterator consumer_;
    StreamConsumer* consumer_copy_ = nullptr;
    PendingTree::Cursor pending_;
  };

  // All that it holds, itself included. O(consumers).
  size_t memory_bytes() const;
  // About how many calls of free dropping it means.
  size_t free_effort() const;
  // Whether all that is pending is owned by the consumer whose it is. O(n log n), for tests.
  bool IsSound() const;

 private:
  const std::string name_;
  Consumers consumers_;  // the names are views of the consumers' own
  PendingTree pending_;
};

}  // namespace gotthard
