// BatchQueue: batches that wait, in order, linked through the batches themselves: an empty queue
// costs two words, where a std::deque keeps 576 bytes, twice per connection. Owning thread: that of
// whoever has it.
#pragma once

#include <cassert>
#include <memory>
#include <utility>

#include "pipe/command_batch.h"

namespace gotthard {

class BatchQueue {
 public:
  BatchQueue() = default;
  BatchQueue(const BatchQueue&) = delete;
  BatchQueue& operator=(const BatchQueue&) = delete;
  ~BatchQueue() { clear(); }

  bool empty() const { return first_ == nullptr; }
  // REQUIRES: not empty.
  CommandBatch& front() const { return *first_; }
  // The one behind `batch`, null behind the last.
  static CommandBatch* Next(const CommandBatch& batch) { return batch.next.get(); }

  void push_back(std::unique_ptr<CommandBatch> batch) {
    assert(batch->next == nullptr);
    CommandBatch* last = batch.get();
    (first_ == nullptr ? first_ : last_->next) = std::move(batch);
    last_ = last;
  }
  void push_front(std::unique_ptr<CommandBatch> batch) {
    assert(batch->next == nullptr);
    if (first_ == nullptr) last_ = batch.get();
    batch->next = std::move(first_);
    first_ = std::move(batch);
  }
  // REQUIRES: not empty.
  std::unique_ptr<CommandBatch> pop_front() {
    std::unique_ptr<CommandBatch> batch = std::move(first_);
    first_ = std::move(batch->next);
    return batch;
  }
  // One by one: destroying a chain at once would recurse as deep as it is long.
  void clear() {
    while (!empty()) pop_front();
  }

 private:
  std::unique_ptr<CommandBatch> first_;
  CommandBatch* last_ = nullptr;  // of a queue that is not empty
};

}  // namespace gotthard
