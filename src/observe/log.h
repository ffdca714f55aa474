// Log: the server's log, in the line form that Redis's users and their tools know:
//
//   3141:M 21 Nov 2026 02:08:07.123 * Ready to accept connections tcp
//   pid :role  local time           level text
//
// with level one of '.' debug, '-' verbose, '*' notice, '#' warning. A line goes to a file opened
// in append mode (standard output when no file is named) in one write, and to syslog when asked
// for.
//
// Thread-safe: any thread may write; the lock is held while a line is written. Configure and Reopen
// may be called at any time. An object passed by reference; there is no global one.
//
// Limits: a text is cut at kMaxTextBytes. A line that cannot be written (full disk) is dropped: the
// server goes on without its log.
#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/status.h"

namespace gotthard {

// The numbers are those of Config::LogLevel.
enum class LogLevel : int { kDebug, kVerbose, kNotice, kWarning, kNothing };

class Log {
 public:
  static constexpr size_t kMaxTextBytes = 8192;

  struct Options {
    LogLevel level = LogLevel::kNotice;  // what is below is not written; kNothing writes nothing
    std::string file;                    // empty: standard output
    bool use_syslog = false;
    std::string syslog_ident = "gotthard";
    int syslog_facility = 0;  // as <syslog.h> has it (LOG_LOCAL0, ...)
  };

  // Writes notices and warnings to standard output until configured.
  explicit Log(const Clock& clock) : clock_(clock) {}
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  // Takes new options. When the file cannot be opened, says why and changes nothing.
  Status Configure(const Options& options);
  // Opens the file again by its name, for log rotation (SIGHUP). The old one stays in use when the
  // new one cannot be opened.
  Status Reopen();
  // 'M' primary, 'S' replica, 'C' child process.
  void SetRole(char role) { role_.store(role, std::memory_order_relaxed); }

  bool IsOn(LogLevel level) const {
    return static_cast<int>(level) >= level_.load(std::memory_order_relaxed);
  }
  void Write(LogLevel level, std::string_view text);
  void Debug(std::string_view text) { Write(LogLevel::kDebug, text); }
  void Verbose(std::string_view text) { Write(LogLevel::kVerbose, text); }
  void Notice(std::string_view text) { Write(LogLevel::kNotice, text); }
  void Warning(std::string_view text) { Write(LogLevel::kWarning, text); }
  // Formats as printf does, and only if the level is on.
  void Format(LogLevel level, const char* format, ...) __attribute__((format(printf, 3, 4)));
  // The bytes as they are, whatever the level: banners, the crash report.
  void WriteRaw(std::string_view bytes);
  // Where lines go at the moment, for the crash handler, which can take no lock.
  int fd() const { return fd_.load(std::memory_order_relaxed); }

 private:
  Status Open(const std::string& path, int* fd) const;
  void Adopt(int fd);

  const Clock& clock_;
  std::mutex mutex_;  // guards options_, syslog_open_ and the use of fd_
  Options options_;
  bool syslog_open_ = false;
  // Written under the lock. Read without it only for hints (IsOn, SetRole) and by the crash
  // handler: no data hangs on them, so relaxed order suffices.
  std::atomic<int> fd_{1};
  std::atomic<int> level_{static_cast<int>(LogLevel::kNotice)};
  std::atomic<char> role_{'M'};
};

}  // namespace gotthard
