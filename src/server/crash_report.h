// CrashReport: what is written to the log when the process is about to die of SIGSEGV, SIGBUS,
// SIGFPE, SIGILL or SIGABRT: version, signal, thread, stack, registers, the command being run, and
// INFO.
//
// The handler takes no lock of ours, allocates nothing itself and writes straight to the log's
// descriptor. The parts come in the order of how likely they are to work; the callbacks, which may
// do what a handler must not, come last. Should one crash, the report goes on after it; should it
// hang, an alarm ends the process after kPatienceSeconds. In the end the signal is raised again
// with its default action, so exit status and core dump are those of the crash.
//
// A stack that overflowed cannot run a handler: each thread holds an AltStack (base/alt_stack.h).
//
// Owning thread: main installs and removes; the handler runs on the thread that crashed.
#pragma once

#include <atomic>
#include <csetjmp>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "observe/log.h"

namespace gotthard {

class CrashReport {
 public:
  static constexpr unsigned kPatienceSeconds = 5;
  static constexpr int kMaxFrames = 64;

  // What the report asks the server for. Called on the crashed thread, inside the signal handler.
  struct Source {
    void* argument = nullptr;
    // The command being run, as text (cut at 1 kB); empty if none. May be null.
    std::string_view (*current_command)(void* argument) = nullptr;
    // INFO's text. May be null, may allocate.
    std::string (*info)(void* argument) = nullptr;
  };

  // Installs the handlers, and loads what backtrace() needs, which would not be safe in one.
  // `log` must outlive the object. REQUIRES: there is no other CrashReport in the process.
  CrashReport(const Log& log, Source source);
  // Puts the handlers back that were there.
  ~CrashReport();
  CrashReport(const CrashReport&) = delete;
  CrashReport& operator=(const CrashReport&) = delete;

  // crash-log-enabled: without it a crash is only a crash. May be called at any time.
  void SetEnabled(bool enabled) { enabled_.store(enabled, std::memory_order_relaxed); }

 private:
  static constexpr int kSignals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
  static constexpr size_t kSignalCount = sizeof(kSignals) / sizeof(kSignals[0]);

  static void Handle(int signal_number, siginfo_t* info, void* context);
  static void OnAlarm(int signal_number);
  void Report(int signal_number, const siginfo_t& info, void* context);
  void WritePart(int signal_number, const siginfo_t& info, void* context);

  const Log& log_;
  const Source source_;
  struct sigaction before_[kSignalCount] = {};
  // Written by SetEnabled, read by the handler; nothing hangs on it, hence relaxed.
  std::atomic<bool> enabled_{true};
  // The thread that reports (0: none): the first one that crashes takes it, and whoever crashes
  // meanwhile waits for the end. Partner: itself, in Handle on another thread; nothing else is
  // handed over, hence relaxed.
  std::atomic<int> reporting_thread_{0};

  // Of the reporting thread alone.
  volatile int signal_ = 0;  // what it crashed of; OnAlarm dies of the same
  volatile int part_ = 0;
  sigjmp_buf next_part_;  // where a crash inside the report goes on
};

}  // namespace gotthard
