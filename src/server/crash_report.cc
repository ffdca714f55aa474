#include "server/crash_report.h"

#include <execinfo.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <cstring>

#include "base/version.h"

namespace gotthard {

namespace {

constexpr int kParts = 6;  // of WritePart

// A signal handler gets no argument, so this is how it finds its object. Set before the handlers
// are in place, cleared after they are gone.
std::atomic<CrashReport*> installed_report{nullptr};

// Lines made without allocation, locale or lock: a part of printf that a signal handler may use.
class Line {
 public:
  explicit Line(int fd) : fd_(fd) {}
  ~Line() {
    buffer_[size_++] = '\n';
    size_t written = 0;
    while (written < size_) {
      const ssize_t count = write(fd_, buffer_ + written, size_ - written);
      if (count <= 0) return;  // nobody to tell
      written += static_cast<size_t>(count);
    }
  }
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  Line& Text(std::string_view text) {
    const size_t room = sizeof(buffer_) - 1 - size_;
    text = text.substr(0, room);
    std::memcpy(buffer_ + size_, text.data(), text.size());
    size_ += text.size();
    return *this;
  }
  Line& Number(int64_t number) {
    if (number < 0) Text("-");
    return Digits(number < 0 ? 0 - static_cast<uint64_t>(number) : static_cast<uint64_t>(number),
                  10, 1);
  }
  Line& Hex(uint64_t number, int digits = 1) { return Digits(number, 16, digits); }

 private:
  Line& Digits(uint64_t number, unsigned base, int least) {
    char digits[24];
    int count = 0;
    for (; number != 0 || count < least; number /= base) {
      digits[sizeof(digits) - 1 - count++] = "0123456789abcdef"[number % base];
    }
    return Text({digits + sizeof(digits) - count, static_cast<size_t>(count)});
  }

  const int fd_;
  size_t size_ = 0;
  char buffer_[1024];
};

uint64_t ProgramCounter(const ucontext_t& context) {
#if defined(__x86_64__)
  return static_cast<uint64_t>(context.uc_mcontext.gregs[REG_RIP]);
#elif defined(__aarch64__)
  return context.uc_mcontext.pc;
#else
  return 0;
#endif
}

// Sets the registers to what they are after the return from a function only just entered.
void PretendReturn(ucontext_t* context) {
#if defined(__x86_64__)
  greg_t* registers = context->uc_mcontext.gregs;
  registers[REG_RIP] = *reinterpret_cast<const greg_t*>(registers[REG_RSP]);
  registers[REG_RSP] += static_cast<greg_t>(sizeof(greg_t));
#elif defined(__aarch64__)
  context->uc_mcontext.pc = context->uc_mcontext.regs[30];
#else
  (void)context;
#endif
}

void WriteRegisters(int fd, const ucontext_t& context) {
#if defined(__x86_64__)
  static constexpr struct {
    const char* name;
    int index;
  } kRegisters[] = {{"RAX", REG_RAX}, {"RBX", REG_RBX}, {"RCX", REG_RCX}, {"RDX", REG_RDX},
                    {"RDI", REG_RDI}, {"RSI", REG_RSI}, {"RBP", REG_RBP}, {"RSP", REG_RSP},
                    {"R8 ", REG_R8},  {"R9 ", REG_R9},  {"R10", REG_R10}, {"R11", REG_R11},
                    {"R12", REG_R12}, {"R13", REG_R13}, {"R14", REG_R14}, {"R15", REG_R15},
                    {"RIP", REG_RIP}, {"EFL", REG_EFL}, {"ERR", REG_ERR}, {"CR2", REG_CR2}};
  for (const auto& one : kRegisters) {
    Line(fd).Text(one.name).Text(":").Hex(
        static_cast<uint64_t>(context.uc_mcontext.gregs[one.index]), 16);
  }
#elif defined(__aarch64__)
  for (int i = 0; i < 31; ++i) {
    Line(fd).Text("X").Number(i).Text(":").Hex(context.uc_mcontext.regs[i], 16);
  }
  Line(fd).Text("SP:").Hex(context.uc_mcontext.sp, 16);
  Line(fd).Text("PC:").Hex(context.uc_mcontext.pc, 16);
  Line(fd).Text("PSTATE:").Hex(context.uc_mcontext.pstate, 16);
  Line(fd).Text("FAR:").Hex(context.uc_mcontext.fault_address, 16);
#else
  (void)context;
  Line(fd).Text("(not known for this processor)");
#endif
}

void WriteHead(int fd, int signal_number, const siginfo_t& info, const ucontext_t& context) {
  // Tools that read a Redis log look for "REDIS BUG REPORT START", "crashed by signal" and "STACK
  // TRACE".
  Line(fd).Text("\n=== GOTTHARD / REDIS BUG REPORT START: copy all lines from here to the END ===");
  Line(fd)
      .Text("Gotthard ")
      .Text(kGotthardVersion)
      .Text(" crashed by signal: ")
      .Number(signal_number)
      .Text(", si_code: ")
      .Number(info.si_code);
  if (signal_number == SIGSEGV || signal_number == SIGBUS) {
    Line(fd).Text("Accessing address: 0x").Hex(reinterpret_cast<uint64_t>(info.si_addr));
  }
  if (info.si_code == SI_USER) {
    Line(fd).Text("Sent by process ").Number(info.si_pid).Text(" of user ").Number(info.si_uid);
  }
  Line(fd).Text("At instruction: 0x").Hex(ProgramCounter(context));
  char name[17] = {};
  prctl(PR_GET_NAME, name);
  Line(fd)
      .Text("In thread: ")
      .Text(name)
      .Text(" (")
      .Number(syscall(SYS_gettid))
      .Text(") of process ")
      .Number(getpid());
}

// `context` is the one that the handler got, which is also what backtrace() goes by.
void WriteStack(int fd, const siginfo_t& info, ucontext_t* context) {
  Line(fd).Text("\n------ STACK TRACE ------");
  Line(fd).Text("(names: addr2line -Cfie PROGRAM +0xOFFSET ...)");
  uint64_t pc = ProgramCounter(*context);
  void* at_crash = reinterpret_cast<void*>(pc);
  if (pc != 0) backtrace_symbols_fd(&at_crash, 1, fd);
  // After a call through a wild pointer the unwinder would crash on the instruction that is not
  // there, so it is shown the caller instead.
  const mcontext_t before = context->uc_mcontext;
  const bool is_wild = (info.si_signo == SIGSEGV || info.si_signo == SIGBUS) &&
                       pc == reinterpret_cast<uint64_t>(info.si_addr);
  if (is_wild) {
    PretendReturn(context);
    pc = ProgramCounter(*context);
    at_crash = reinterpret_cast<void*>(pc);
    backtrace_symbols_fd(&at_crash, 1, fd);
  }
  void* frames[CrashReport::kMaxFrames];
  const int count = backtrace(frames, CrashReport::kMaxFrames);
  int own = 0;  // the handler's own frames are left out if their end can be told
  while (own < count && frames[own] != at_crash) ++own;
  const int first = own < count ? own + 1 : 0;
  backtrace_symbols_fd(frames + first, count - first, fd);
  context->uc_mcontext = before;
}

void WriteAll(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = write(fd, text.data(), text.size());
    if (count <= 0) return;
    text.remove_prefix(static_cast<size_t>(count));
  }
}

void DieOf(int signal_number) {
  struct sigaction action = {};
  action.sa_handler = SIG_DFL;
  sigaction(signal_number, &action, nullptr);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, signal_number);
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
  kill(getpid(), signal_number);
}

}  // namespace

CrashReport::CrashReport(const Log& log, Source source) : log_(log), source_(source) {
  // The first call loads libgcc, which allocates and locks.
  void* frame = nullptr;
  backtrace(&frame, 1);
  // Release and the handler's acquire: the handler sees a whole object.
  installed_report.store(this, std::memory_order_release);
  struct sigaction action = {};
  action.sa_sigaction = Handle;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  for (size_t i = 0; i < kSignalCount; ++i) sigaction(kSignals[i], &action, &before_[i]);
}

CrashReport::~CrashReport() {
  for (size_t i = 0; i < kSignalCount; ++i) sigaction(kSignals[i], &before_[i], nullptr);
  installed_report.store(nullptr, std::memory_order_release);
}

void CrashReport::Handle(int signal_number, siginfo_t* info, void* context) {
  CrashReport* report = installed_report.load(std::memory_order_acquire);
  if (report != nullptr && report->enabled_.load(std::memory_order_relaxed)) {
    const int self = static_cast<int>(syscall(SYS_gettid));
    int reporting = 0;
    if (report->reporting_thread_.compare_exchange_strong(reporting, self,
                                                          std::memory_order_relaxed)) {
      report->Report(signal_number, *info, context);
    } else if (reporting == self) {
      siglongjmp(report->next_part_, 1);
    } else {
      while (true) pause();  // the other thread ends the process
    }
  }
  DieOf(signal_number);
  // A signal to the process may be taken a moment later, and to go on is not possible.
  while (true) pause();
}

void CrashReport::OnAlarm(int) {
  const CrashReport* report = installed_report.load(std::memory_order_acquire);
  if (report == nullptr) return;
  Line(report->log_.fd()).Text("(no end of this part in sight: the report stops here)");
  DieOf(report->signal_);
}

void CrashReport::Report(int signal_number, const siginfo_t& info, void* context) {
  signal_ = signal_number;
  struct sigaction action = {};
  action.sa_handler = OnAlarm;
  sigaction(SIGALRM, &action, nullptr);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGALRM);
  // A crash inside the report comes back to the handler instead of ending all.
  for (const int number : kSignals) sigaddset(&set, number);
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
  alarm(kPatienceSeconds);
  // A crash in one part jumps back here and over whatever that part had on the stack: nothing of
  // it matters any more, and the process is about to end.
  if (sigsetjmp(next_part_, 1) != 0) {
    Line(log_.fd()).Text("(this part of the report crashed)");
    part_ = part_ + 1;
  }
  while (part_ < kParts) {
    WritePart(signal_number, info, context);
    part_ = part_ + 1;
  }
}

void CrashReport::WritePart(int signal_number, const siginfo_t& info, void* context) {
  const int fd = log_.fd();
  auto& machine = *static_cast<ucontext_t*>(context);
  switch (part_) {
    case 0:
      return WriteHead(fd, signal_number, info, machine);
    case 1:
      return WriteStack(fd, info, &machine);
    case 2:
      Line(fd).Text("\n------ REGISTERS ------");
      return WriteRegisters(fd, machine);
    case 3: {
      if (source_.current_command == nullptr) return;
      Line(fd).Text("\n------ CURRENT COMMAND ------");
      const std::string_view command = source_.current_command(source_.argument);
      Line(fd).Text(command.empty() ? std::string_view("(none)") : command);
      return;
    }
    case 4: {
      if (source_.info == nullptr) return;
      Line(fd).Text("\n------ INFO OUTPUT ------");
      WriteAll(fd, source_.info(source_.argument));
      return;
    }
    default:
      Line(fd).Text("\n=== GOTTHARD / REDIS BUG REPORT END ===");
  }
}

}  // namespace gotthard
