#include "observe/log.h"

#include <fcntl.h>
#include <syslog.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <ctime>

namespace gotthard {
namespace {

constexpr char kLevelSigns[] = {'.', '-', '*', '#'};
constexpr int kSyslogLevels[] = {LOG_DEBUG, LOG_INFO, LOG_NOTICE, LOG_WARNING};

// Gives up on the first error but an interruption: there is nobody to tell.
void WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
}

}  // namespace

Log::~Log() {
  Adopt(STDOUT_FILENO);
  if (syslog_open_) closelog();
}

Status Log::Open(const std::string& path, int* fd) const {
  if (path.empty()) {
    *fd = STDOUT_FILENO;
    return Status::Ok();
  }
  *fd = open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
  if (*fd >= 0) return Status::Ok();
  return Status::Error("Can't open the log file " + path + ": " + std::strerror(errno));
}

void Log::Adopt(int fd) {
  int old = fd_.exchange(fd, std::memory_order_relaxed);
  if (old != fd && old != STDOUT_FILENO) close(old);
}

Status Log::Configure(const Options& options) {
  std::lock_guard lock(mutex_);
  if (options.file != options_.file) {
    int fd = -1;
    GOTTHARD_RETURN_IF_ERROR(Open(options.file, &fd));
    Adopt(fd);
  }
  if (syslog_open_) closelog();
  options_ = options;
  syslog_open_ = options_.use_syslog;
  // openlog keeps the pointer: options_ lives as long as the log.
  if (syslog_open_) {
    openlog(options_.syslog_ident.c_str(), LOG_PID | LOG_NDELAY | LOG_NOWAIT,
            options_.syslog_facility);
  }
  level_.store(static_cast<int>(options_.level), std::memory_order_relaxed);
  return Status::Ok();
}

Status Log::Reopen() {
  std::lock_guard lock(mutex_);
  int fd = -1;
  GOTTHARD_RETURN_IF_ERROR(Open(options_.file, &fd));
  Adopt(fd);
  return Status::Ok();
}

void Log::Write(LogLevel level, std::string_view text) {
  if (level >= LogLevel::kNothing || !IsOn(level)) return;
  text = text.substr(0, kMaxTextBytes);
  int64_t now_us = clock_.NowUs();
  time_t seconds = now_us / 1'000'000;
  tm local{};
  localtime_r(&seconds, &local);
  char date[40];
  strftime(date, sizeof(date), "%d %b %Y %H:%M:%S", &local);
  char head[96];
  int head_size =
      std::snprintf(head, sizeof(head), "%d:%c %s.%03d %c ", static_cast<int>(getpid()),
                    role_.load(std::memory_order_relaxed), date,
                    static_cast<int>(now_us / 1000 % 1000), kLevelSigns[static_cast<int>(level)]);
  std::string line;
  line.reserve(static_cast<size_t>(head_size) + text.size() + 1);
  line.append(head, static_cast<size_t>(head_size)).append(text).push_back('\n');
  std::lock_guard lock(mutex_);
  WriteAll(fd_.load(std::memory_order_relaxed), line);
  if (syslog_open_) {
    syslog(kSyslogLevels[static_cast<int>(level)], "%.*s", static_cast<int>(text.size()),
           text.data());
  }
}

void Log::Format(LogLevel level, const char* format, ...) {
  if (!IsOn(level)) return;
  char text[kMaxTextBytes];
  va_list arguments;
  va_start(arguments, format);
  int size = std::vsnprintf(text, sizeof(text), format, arguments);
  va_end(arguments);
  if (size < 0) return;
  Write(level, {text, std::min(static_cast<size_t>(size), sizeof(text) - 1)});
}

void Log::WriteRaw(std::string_view bytes) {
  std::lock_guard lock(mutex_);
  WriteAll(fd_.load(std::memory_order_relaxed), bytes);
}

}  // namespace gotthard
