// LazyFree: where the execution thread leaves what is too big to free between two commands.
//
// Only whole, detached things are handed over, by value or unique_ptr: nothing in store/ is shared
// with the thread that frees. Implemented in server/ with a thread, in tests on the spot.
//
// Owning thread: the execution thread calls; destructors run on the implementation's thread.
#pragma once

#include <cstdint>
#include <memory>

#include "store/detached.h"

namespace gotthard {

class LazyFree {
 public:
  virtual ~LazyFree() = default;
  // Take over and free some time soon. The queue is bounded by what was stored; it never refuses.
  virtual void Free(std::unique_ptr<DetachedStorage> storage) = 0;
  virtual void Free(DetachedValue value) = 0;
  // Objects (values, and the keys of detached storages) taken over and not yet freed: INFO's
  // lazyfree_pending_objects.
  virtual uint64_t pending_objects() const = 0;
  // Objects freed since the last ResetFreed: INFO's lazyfreed_objects.
  virtual uint64_t freed_objects() const = 0;
  virtual void ResetFreed() = 0;
};

}  // namespace gotthard
