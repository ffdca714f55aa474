// FullFence: a sequentially consistent fence, for store-then-load handshakes (Dekker).
//
// ThreadSanitizer does not model stand-alone fences; there a read-modify-write on a variable that
// all fences share gives the same order, in a form that it sees.
#pragma once

#include <atomic>

#if defined(__SANITIZE_THREAD__)
#define GOTTHARD_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define GOTTHARD_TSAN 1
#endif
#endif
#ifdef GOTTHARD_TSAN
#include <sanitizer/tsan_interface.h>
#endif

namespace gotthard {

// What is handed over through a structure whose fences ThreadSanitizer does not see (moodycamel's
// queue): the giver releases the object, the taker acquires it. Nothing in other builds.
inline void TsanRelease([[maybe_unused]] void* object) {
#ifdef GOTTHARD_TSAN
  __tsan_release(object);
#endif
}
inline void TsanAcquire([[maybe_unused]] void* object) {
#ifdef GOTTHARD_TSAN
  __tsan_acquire(object);
#endif
}

inline void FullFence() {
#ifdef GOTTHARD_TSAN
  static std::atomic<int> shared{0};
  shared.fetch_add(1, std::memory_order_seq_cst);
#else
  std::atomic_thread_fence(std::memory_order_seq_cst);
#endif
}

}  // namespace gotthard
