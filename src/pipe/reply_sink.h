// ReplySink: where batches go when the execution thread is done with them, and BatchSink: where
// they go when they have been parsed. Both are implemented in server/: a batch of an inline
// connection is handed over by a call, one of a piped connection through a mailbox.
#pragma once

#include <memory>

#include "pipe/command_batch.h"

namespace gotthard {

class BatchSink {
 public:
  virtual ~BatchSink() = default;
  // Takes a batch on its way to the execution thread. Called by the I/O thread that made it.
  virtual void Submit(std::unique_ptr<CommandBatch> batch) = 0;
};

class ReplySink {
 public:
  virtual ~ReplySink() = default;
  // Takes a batch with replies to its origin. Called by the execution thread.
  virtual void Deliver(std::unique_ptr<CommandBatch> batch) = 0;
};

}  // namespace gotthard
