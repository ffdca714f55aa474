// Thread roles: which thread may touch what, checked by the compiler.
//
// A role is a capability of clang's thread-safety analysis (`make lint`). Data that belongs to the
// execution thread says GOTTHARD_GUARDED_BY(kExecutionThread), a function that may run only there
// says GOTTHARD_REQUIRES(kExecutionThread), and the analysis refuses a call from anywhere else. A
// thread takes its role once, in its main function, with a ScopedRole. Where the analysis cannot
// see across a callback, Assert() states the role and debug builds check it.
//
// The execution thread also does I/O for the connections homed there, so it holds both roles.
// Several servers in one process (tests) share the roles: a role is a kind of thread, not one
// thread.
//
// Under gcc the annotations are nothing. In release builds all of this is nothing.
#pragma once

#include <cassert>
#include <cstdint>

#if defined(__clang__)
#define GOTTHARD_THREAD_ATTRIBUTE(x) __attribute__((x))
#else
#define GOTTHARD_THREAD_ATTRIBUTE(x)
#endif

#define GOTTHARD_CAPABILITY(name) GOTTHARD_THREAD_ATTRIBUTE(capability(name))
#define GOTTHARD_SCOPED_CAPABILITY GOTTHARD_THREAD_ATTRIBUTE(scoped_lockable)
// On data: only a thread with this role may touch it.
#define GOTTHARD_GUARDED_BY(role) GOTTHARD_THREAD_ATTRIBUTE(guarded_by(role))
#define GOTTHARD_PT_GUARDED_BY(role) GOTTHARD_THREAD_ATTRIBUTE(pt_guarded_by(role))
// On functions: the caller must have these roles; takes, gives up, or states a role.
#define GOTTHARD_REQUIRES(...) GOTTHARD_THREAD_ATTRIBUTE(requires_capability(__VA_ARGS__))
#define GOTTHARD_ACQUIRE(...) GOTTHARD_THREAD_ATTRIBUTE(acquire_capability(__VA_ARGS__))
#define GOTTHARD_RELEASE(...) GOTTHARD_THREAD_ATTRIBUTE(release_capability(__VA_ARGS__))
#define GOTTHARD_ASSERT_CAPABILITY(x) GOTTHARD_THREAD_ATTRIBUTE(assert_capability(x))
// On functions that the analysis cannot follow; say why beside each use.
#define GOTTHARD_NO_THREAD_ANALYSIS GOTTHARD_THREAD_ATTRIBUTE(no_thread_safety_analysis)

namespace gotthard {

class GOTTHARD_CAPABILITY("thread role") ThreadRole {
 public:
  constexpr explicit ThreadRole(uint32_t bit) : bit_(bit) {}

  // The calling thread has this role from now on. Nesting is not counted; ScopedRole restores.
  void Bind() const GOTTHARD_ACQUIRE() { Held() |= bit_; }
  void Unbind() const GOTTHARD_RELEASE() { Held() &= ~bit_; }
  // States (and in debug builds checks) that the calling thread has this role.
  void Assert() const GOTTHARD_ASSERT_CAPABILITY(this) { assert(IsHeld() && "wrong thread"); }
  bool IsHeld() const { return (Held() & bit_) != 0; }

 private:
  friend class ScopedRole;
  // The calling thread's roles: per thread, so neither shared nor a global in the rule's sense.
  static uint32_t& Held() {
    thread_local uint32_t held = 0;
    return held;
  }

  uint32_t bit_;
};

inline constexpr ThreadRole kExecutionThread{1};  // owns everything a command reads or changes
inline constexpr ThreadRole kIoThread{2};         // owns a reactor and its connections

// The calling thread has the role until the end of the scope.
class GOTTHARD_SCOPED_CAPABILITY ScopedRole {
 public:
  explicit ScopedRole(const ThreadRole& role) GOTTHARD_ACQUIRE(role)
      : role_(role), held_before_(ThreadRole::Held()) {
    ThreadRole::Held() |= role_.bit_;
  }
  ~ScopedRole() GOTTHARD_RELEASE() {
    ThreadRole::Held() = (ThreadRole::Held() & ~role_.bit_) | (held_before_ & role_.bit_);
  }
  ScopedRole(const ScopedRole&) = delete;
  ScopedRole& operator=(const ScopedRole&) = delete;

 private:
  const ThreadRole& role_;
  const uint32_t held_before_;
};

}  // namespace gotthard
