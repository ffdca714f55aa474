#include "server/process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>

namespace gotthard {

namespace {

std::string AbsolutePath(const std::string& path) {
  if (!path.empty() && path[0] == '/') return path;
  char directory[4096];
  if (getcwd(directory, sizeof(directory)) == nullptr) return path;
  return std::string(directory) + "/" + path;
}

// The first line of a file, or nothing.
std::string FirstLine(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

}  // namespace

Status Daemonize() {
  const int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null_fd < 0)
    return Status::Error(std::string("Can't open /dev/null: ") + std::strerror(errno));
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child < 0) {
    const int error = errno;
    close(null_fd);
    return Status::Error(std::string("Can't go to the background: ") + std::strerror(error));
  }
  // _exit: what exit() would tidy up belongs to the child.
  if (child > 0) _exit(0);
  setsid();
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) dup2(null_fd, fd);
  // Unless it has taken the place of a closed one of the three.
  if (null_fd > STDERR_FILENO) close(null_fd);
  return Status::Ok();
}

Status PidFile::Create(const std::string& path) {
  Remove();
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  const std::string text = std::to_string(getpid()) + "\n";
  const bool written =
      fd >= 0 && write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const int error = errno;
  if (fd >= 0) close(fd);
  if (!written)
    return Status::Error("Failed to write PID file " + path + ": " + std::strerror(error));
  path_ = AbsolutePath(path);
  return Status::Ok();
}

void PidFile::Remove() {
  if (path_.empty()) return;
  // A server started later, or the child of a fork, may have made it its own.
  if (FirstLine(path_) == std::to_string(getpid())) unlink(path_.c_str());
  path_.clear();
}

Supervisor::Supervisor(int mode, Log& log) : log_(log) {
  const bool is_auto = mode == Config::kSupervisedAuto;
  const char* job = std::getenv("UPSTART_JOB");
  const char* socket_name = std::getenv("NOTIFY_SOCKET");
  if (mode == Config::kSupervisedUpstart && job == nullptr) {
    log_.Warning("upstart supervision requested, but UPSTART_JOB is not in the environment");
  } else if (job != nullptr && (is_auto || mode == Config::kSupervisedUpstart)) {
    kind_ = Kind::kUpstart;
    log_.Notice("supervised by upstart, will stop to signal readiness");
    return;
  }
  if (mode == Config::kSupervisedSystemd && socket_name == nullptr) {
    log_.Warning("systemd supervision requested, but NOTIFY_SOCKET is not in the environment");
  } else if (socket_name != nullptr && (is_auto || mode == Config::kSupervisedSystemd)) {
    address_ = socket_name;
    const bool is_name = address_.size() >= 2 && (address_[0] == '/' || address_[0] == '@');
    if (!is_name || address_.size() >= sizeof(sockaddr_un::sun_path)) {
      log_.Warning("systemd supervision: NOTIFY_SOCKET names no socket: " + address_);
      return;
    }
    fd_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd_ < 0) {
      log_.Warning(std::string("systemd supervision: no socket: ") + std::strerror(errno));
      return;
    }
    kind_ = Kind::kSystemd;
    log_.Notice(
        "supervised by systemd; give the unit TimeoutStartSec and TimeoutStopSec that "
        "leave time to load and to save");
  }
}

Supervisor::~Supervisor() {
  if (fd_ >= 0) close(fd_);
}

void Supervisor::Ready() {
  if (kind_ == Kind::kUpstart) {
    unsetenv("UPSTART_JOB");
    kind_ = Kind::kNone;  // upstart wants to hear nothing more
    std::raise(SIGSTOP);
  } else {
    Send("STATUS=Ready to accept connections\nREADY=1\n");
  }
}

void Supervisor::SetStatus(std::string_view text) {
  std::string line = "STATUS=" + std::string(text);
  std::replace(line.begin(), line.end(), '\n', ' ');
  Send(line + "\n");
}

void Supervisor::Stopping() {
  Send("STATUS=Shutting down\nSTOPPING=1\n");
}

void Supervisor::Reloading() {
  timespec now = {};
  clock_gettime(CLOCK_MONOTONIC, &now);
  const int64_t now_us = int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000;
  // systemd wants the time to tell which reload this answers.
  Send("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(now_us) + "\n");
}

void Supervisor::Send(std::string_view message) {
  if (kind_ != Kind::kSystemd) return;
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, address_.data(), address_.size());
  if (address_[0] == '@') address.sun_path[0] = '\0';  // an abstract name has no zero at its end
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
  ssize_t sent = 0;
  do {
    // Not waiting: a supervisor that does not read must not stop the server.
    sent = sendto(fd_, message.data(), message.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                  reinterpret_cast<const sockaddr*>(&address), size);
  } while (sent < 0 && errno == EINTR);
  if (sent < 0) {
    log_.Format(LogLevel::kWarning, "systemd supervision: can't reach %s: %s", address_.c_str(),
                std::strerror(errno));
  }
}

FileLimit RaiseFileLimit(int64_t maxclients, int64_t extra_files) {
  const int64_t around = kReservedFiles + extra_files;
  rlimit limit = {};
  FileLimit result = {};
  result.wanted = maxclients + around;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
    // What every system grants.
    result.error = errno;
    result.before = result.now = 1024;
  } else {
    const auto as_count = [](rlim_t files) {
      return files > static_cast<rlim_t>(INT64_MAX) ? INT64_MAX : static_cast<int64_t>(files);
    };
    result.before = result.now = as_count(limit.rlim_cur);
    const rlim_t hard = limit.rlim_max;
    if (result.now < result.wanted) {
      // With the right to do so the hard limit goes up as well; without, up to it is all there is.
      limit.rlim_cur = static_cast<rlim_t>(result.wanted);
      limit.rlim_max = std::max(hard, limit.rlim_cur);
      if (setrlimit(RLIMIT_NOFILE, &limit) == 0) {
        result.now = result.wanted;
      } else {
        result.error = errno;
        limit.rlim_cur = limit.rlim_max = hard;
        if (setrlimit(RLIMIT_NOFILE, &limit) == 0) result.now = as_count(hard);
      }
    }
  }
  result.maxclients = std::min(maxclients, result.now - around);
  return result;
}

Result<int64_t> FitMaxClients(int64_t maxclients, int64_t extra_files, Log& log) {
  const FileLimit limit = RaiseFileLimit(maxclients, extra_files);
  const auto count = [](int64_t number) { return static_cast<long long>(number); };
  if (limit.maxclients < 1) {
    return Status::Error("The limit of open files ('ulimit -n', " + std::to_string(limit.now) +
                         ") is too low to serve even one client; maxclients " +
                         std::to_string(maxclients) + " needs " + std::to_string(limit.wanted) +
                         ". Exiting.");
  }
  if (limit.maxclients < maxclients) {
    log.Format(LogLevel::kWarning,
               "maxclients %lld needs %lld open files, but the limit can't be raised that far: %s.",
               count(maxclients), count(limit.wanted), std::strerror(limit.error));
    log.Format(LogLevel::kWarning,
               "maxclients has been reduced to %lld, which fits the limit of %lld open files. For "
               "more, raise 'ulimit -n' (LimitNOFILE= in a unit).",
               count(limit.maxclients), count(limit.now));
  } else if (limit.now > limit.before) {
    log.Format(LogLevel::kNotice,
               "Increased maximum number of open files to %lld (it was originally set to %lld).",
               count(limit.now), count(limit.before));
  }
  return limit.maxclients;
}

ProcessTitle::ProcessTitle(int argc, char** argv)
    : program_(argc > 0 ? argv[0] : "gotthard-server"), area_(nullptr), area_size_(0) {
  if (argc < 1) return;
  // The kernel lays arguments and environment out one after the other; stop at the first gap.
  char* end = argv[0];
  const auto extend = [&end](char** strings, int count) {
    int i = 0;
    for (; i < count && strings[i] != nullptr && strings[i] == end; ++i) {
      end += std::strlen(strings[i]) + 1;
    }
    return i == count;
  };
  int variables = 0;
  while (environ != nullptr && environ[variables] != nullptr) ++variables;
  const bool reached_environment = extend(argv, argc);
  if (reached_environment) extend(environ, variables);
  area_ = argv[0];
  area_size_ = static_cast<size_t>(end - area_);

  // Copies take the place of what is about to be overwritten. They are never freed: libraries hold
  // on to pointers into them until the process ends.
  if (reached_environment) {
    for (int i = 0; i < variables; ++i) {
      if (environ[i] >= area_ && environ[i] < end) environ[i] = strdup(environ[i]);
    }
  }
  // What error(3) and syslog(3) call the program points at argv[0].
  program_invocation_name = strdup(program_invocation_name);
  program_invocation_short_name = strdup(program_invocation_short_name);
  for (int i = 0; i < argc; ++i) argv[i] = strdup(argv[i]);
}

void ProcessTitle::Set(std::string_view title) {
  if (area_size_ == 0) return;
  title = title.substr(0, area_size_ - 1);
  std::memcpy(area_, title.data(), title.size());
  std::memset(area_ + title.size(), 0, area_size_ - title.size());
}

std::string ExpandTitle(const Config& config, std::string_view program,
                        std::string_view config_file) {
  const auto value_of = [&](std::string_view name) -> std::string {
    const int64_t port = config.port != 0 ? config.port : config.tls_port;
    if (name == "title") return std::string(program);
    if (name == "listen-addr") {
      if (port == 0) return "unixsocket:" + config.unixsocket;
      return (config.bind.empty() ? "*" : config.bind[0]) + ":" + std::to_string(port);
    }
    if (name == "server-mode") return config.cluster_enabled ? "[cluster]" : "";
    if (name == "port") return std::to_string(config.port);
    if (name == "tls-port") return std::to_string(config.tls_port);
    if (name == "unixsocket") return config.unixsocket;
    if (name == "config-file") return config_file.empty() ? "-" : std::string(config_file);
    return "{" + std::string(name) + "}";
  };
  std::string title;
  std::string_view rest = config.proc_title_template;
  while (!rest.empty()) {
    const size_t open_at = rest.find('{');
    const size_t close_at = open_at == rest.npos ? rest.npos : rest.find('}', open_at);
    if (close_at == rest.npos) break;
    title += rest.substr(0, open_at);
    title += value_of(rest.substr(open_at + 1, close_at - open_at - 1));
    rest.remove_prefix(close_at + 1);
  }
  title += rest;
  title.erase(title.find_last_not_of(' ') + 1);
  return title;
}

std::vector<std::string> SystemWarnings(const std::string& sys) {
  std::vector<std::string> warnings;
  const std::string clock =
      FirstLine(sys + "/devices/system/clocksource/clocksource0/current_clocksource");
  // These are read by a system call where tsc and its like are read without one.
  if (clock == "hpet" || clock == "acpi_pm" || clock == "xen" || clock == "jiffies") {
    warnings.push_back("The system's clock source is " + clock +
                       ", which makes reading the time slow, and it is read for every batch of "
                       "commands. If the machine has a reliable tsc, choose that: echo tsc > "
                       "/sys/devices/system/clocksource/clocksource0/current_clocksource");
  }
  const std::string huge_pages = FirstLine(sys + "/kernel/mm/transparent_hugepage/enabled");
  if (huge_pages.find("[never]") != std::string::npos) {
    warnings.emplace_back(
        "Transparent huge pages are off. Lookups among many keys are faster with them, and saving "
        "does not suffer: echo madvise > /sys/kernel/mm/transparent_hugepage/enabled");
  }
  return warnings;
}

}  // namespace gotthard
