// AltStack: the calling thread's signal stack, for as long as the object lives.
//
// A stack that overflowed cannot run a signal handler, so every thread makes one of these first
// thing in its main function; then a crash report (server/crash_report.h) tells of it. 128 kB and a
// guard page, of which only what is used costs memory.
#pragma once

#include <cstddef>

namespace gotthard {

class AltStack {
 public:
  AltStack();
  ~AltStack();
  AltStack(const AltStack&) = delete;
  AltStack& operator=(const AltStack&) = delete;

 private:
  void* memory_ = nullptr;  // null: no memory, the thread goes without
  size_t size_ = 0;
};

}  // namespace gotthard
