#include "server/crash_report.h"

#include <sys/resource.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <thread>

#include "base/alt_stack.h"
#include "base/clock.h"
#include "base/version.h"
#include "tests/unit/server/child.h"
#include "tests/unit/server/temp_dir.h"

namespace gotthard {
namespace {

using test::ChildEnd;
using test::ReadFile;
using test::RunInChild;
using test::TempDir;

bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != text.npos;
}

struct Crash {
  ChildEnd end;
  std::string log;
};

// Runs `crash` in a child with a report installed.
template <typename Function>
Crash CrashInChild(CrashReport::Source source, Function crash) {
  TempDir dir;
  Clock clock;
  Log log(clock);
  Log::Options options;
  options.file = dir.File("log");
  REQUIRE(log.Configure(options).ok());
  Crash result;
  result.end = RunInChild([&] {
    const rlimit no_core = {0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    close(STDERR_FILENO);  // what sanitizers have to say
    CrashReport report(log, source);
    const AltStack stack;
    crash(report);
  });
  result.log = ReadFile(options.file);
  return result;
}

// Out of the optimizer's and the sanitizers' sight.
__attribute__((noinline)) void WriteTo(uintptr_t address) {
  asm volatile("" : "+r"(address));
#if defined(__x86_64__)
  asm volatile("movb $0, (%0)" : : "r"(address) : "memory");
#else
  *reinterpret_cast<volatile char*>(address) = 0;
#endif
}

__attribute__((noinline)) int Overflow(int depth) {
  volatile char frame[512];
  frame[0] = static_cast<char>(depth);
  // The end is never reached: there is not that much stack.
  return depth == INT32_MAX ? 0 : Overflow(depth + 1) + frame[0];
}

CrashReport::Source FullSource() {
  CrashReport::Source source;
  source.current_command = [](void*) { return std::string_view("SET key value"); };
  source.info = [](void*) { return std::string("# Server\r\nserver_name:gotthard\r\n"); };
  return source;
}

TEST_CASE("a crash leaves a report in the log and dies of its signal") {
  const Crash crash = CrashInChild(FullSource(), [](CrashReport&) { WriteTo(0x10); });
  INFO(crash.log);
  CHECK(crash.end.signal == SIGSEGV);
  CHECK(Contains(crash.log, "REDIS BUG REPORT START"));
  CHECK(Contains(crash.log, "Gotthard " + std::string(kGotthardVersion) +
                                " crashed by signal: 11, si_code: 1\n"));
  CHECK(Contains(crash.log, "Accessing address: 0x10\n"));
  CHECK(Contains(crash.log, "In thread: "));
  CHECK(Contains(crash.log, "STACK TRACE"));
  CHECK(Contains(crash.log, "unit_server(+0x"));
  CHECK(Contains(crash.log, "REGISTERS"));
#if defined(__x86_64__)
  CHECK(Contains(crash.log, "CR2:0000000000000010\n"));
#endif
  CHECK(Contains(crash.log, "SET key value\n"));
  CHECK(Contains(crash.log, "server_name:gotthard\r\n"));
  CHECK(Contains(crash.log, "BUG REPORT END"));
}

TEST_CASE("each signal of a crash is reported") {
  for (const int number : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) {
    const Crash crash = CrashInChild({}, [&](CrashReport&) {
      kill(getpid(), number);
      while (true) pause();
    });
    CHECK(crash.end.signal == number);
    CHECK(Contains(crash.log, "crashed by signal: " + std::to_string(number)));
    CHECK(Contains(crash.log, "Sent by process "));
    CHECK(Contains(crash.log, "BUG REPORT END"));
  }
}

TEST_CASE("abort is reported and ends as an abort") {
  const Crash crash = CrashInChild({}, [](CrashReport&) { abort(); });
  CHECK(crash.end.signal == SIGABRT);
  CHECK(Contains(crash.log, "BUG REPORT END"));
}

TEST_CASE("a stack that overflows is reported from the stack beside it") {
  const Crash crash = CrashInChild({}, [](CrashReport&) {
    std::thread([] {
      const AltStack stack;
      Overflow(0);
    }).join();
  });
  CHECK(crash.end.signal == SIGSEGV);
  CHECK(Contains(crash.log, "STACK TRACE"));
  CHECK(Contains(crash.log, "BUG REPORT END"));
}

TEST_CASE("a call through a wild pointer names the caller") {
  const Crash crash = CrashInChild({}, [](CrashReport&) {
    uintptr_t address = 0x20;
    asm volatile("" : "+r"(address));
    reinterpret_cast<void (*)()>(address)();
  });
  INFO(crash.log);
  CHECK(crash.end.signal == SIGSEGV);
  CHECK(Contains(crash.log, "At instruction: 0x20\n"));
  CHECK(Contains(crash.log, "unit_server(+0x"));
  CHECK(Contains(crash.log, "BUG REPORT END"));
}

TEST_CASE("a report goes on after a part of it has crashed") {
  CrashReport::Source source;
  source.current_command = [](void*) {
    WriteTo(0x30);
    return std::string_view();
  };
  source.info = [](void*) { return std::string("server_name:gotthard\n"); };
  const Crash crash = CrashInChild(source, [](CrashReport&) { WriteTo(0x10); });
  CHECK(crash.end.signal == SIGSEGV);
  CHECK(Contains(crash.log, "(this part of the report crashed)"));
  CHECK(Contains(crash.log, "server_name:gotthard\n"));
  CHECK(Contains(crash.log, "BUG REPORT END"));
}

TEST_CASE("a report that hangs ends by itself") {
  CrashReport::Source source;
  source.info = [](void*) -> std::string {
    // As if CrashReport::kPatienceSeconds had passed.
    kill(getpid(), SIGALRM);
    while (true) pause();
  };
  const Crash crash = CrashInChild(source, [](CrashReport&) { WriteTo(0x10); });
  CHECK(crash.end.signal == SIGSEGV);
  CHECK(Contains(crash.log, "REGISTERS"));
  CHECK(Contains(crash.log, "the report stops here"));
  CHECK_FALSE(Contains(crash.log, "BUG REPORT END"));
}

TEST_CASE("without crash-log-enabled a crash is only a crash") {
  const Crash crash = CrashInChild(FullSource(), [](CrashReport& report) {
    report.SetEnabled(false);
    WriteTo(0x10);
  });
  CHECK(crash.end.signal == SIGSEGV);
  CHECK(crash.log.empty());
}

TEST_CASE("the crash handlers that were there come back") {
  struct sigaction before = {};
  struct sigaction after = {};
  sigaction(SIGSEGV, nullptr, &before);
  {
    Clock clock;
    Log log(clock);
    const CrashReport report(log, {});
  }
  sigaction(SIGSEGV, nullptr, &after);
  CHECK(after.sa_sigaction == before.sa_sigaction);
}

}  // namespace
}  // namespace gotthard
