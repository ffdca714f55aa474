// The server as a process of its system: background, pid file, limits, title, and the talk with
// systemd or upstart.
//
// The umask is the administrator's (a unit's UMask=) and is left alone.
//
// `disable-thp` has no effect on purpose: Redis opts out of huge pages because a fork makes copying
// them expensive. Gotthard never forks to save, and its arenas ask for huge pages with madvise
// because they make lookups cheaper; prctl(PR_SET_THP_DISABLE) would overrule that.
//
// Owning thread: main, before other threads start; Supervisor and ProcessTitle after that the
// execution thread.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "config/config.h"
#include "observe/log.h"

namespace gotthard {

// Goes to the background: the calling process ends with status 0, its child goes on in a session of
// its own with /dev/null as standard input, output and error. Descriptors stay open, threads do
// not survive. REQUIRES: this is the only thread.
Status Daemonize();

// A file with the number of this process in it, removed by the destructor if it still has it.
class PidFile {
 public:
  PidFile() = default;
  ~PidFile() { Remove(); }
  PidFile(const PidFile&) = delete;
  PidFile& operator=(const PidFile&) = delete;

  // Writes the file, over what may be there. "Failed to write PID file PATH: Permission denied";
  // Redis goes on after that, with a warning. Call after Daemonize.
  Status Create(const std::string& path);
  void Remove();

 private:
  std::string path_;  // absolute; empty: none
};

// Tells the process that started this one how things are. Every call does nothing when nobody
// asked for it. systemd's protocol is that of sd_notify(3): datagrams of VARIABLE=value lines to
// the Unix socket that NOTIFY_SOCKET names ('@' first: an abstract name).
class Supervisor {
 public:
  enum class Kind { kNone, kUpstart, kSystemd };

  // `mode` is one of Config::Supervised. Auto means upstart if there is UPSTART_JOB in the
  // environment, else systemd if there is NOTIFY_SOCKET; what was asked for and is not there is
  // logged. Redis does not go to the background when supervised: see kind().
  Supervisor(int mode, Log& log);
  ~Supervisor();
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  Kind kind() const { return kind_; }
  // Clients are served. Under upstart the process stops itself, which is the signal that upstart
  // waits for, and goes on when upstart says so.
  void Ready();
  // A line for `systemctl status`.
  void SetStatus(std::string_view text);
  void Stopping();
  // Between Reloading and Ready systemd knows that a reload is under way.
  void Reloading();

 private:
  void Send(std::string_view message);

  Log& log_;
  Kind kind_ = Kind::kNone;
  int fd_ = -1;
  std::string address_;  // as NOTIFY_SOCKET has it
};

// Descriptors that are kept for files, listeners, event polls and the like beside the clients'.
inline constexpr int64_t kReservedFiles = 32;

// How many descriptors this process may have after asking for maxclients + kReservedFiles + extra.
struct FileLimit {
  int64_t before;      // the limit found
  int64_t wanted;      // what was needed
  int64_t now;         // the limit as it is; at least `before`
  int64_t maxclients;  // what fits: the number asked for, or fewer; below 1: not even one
  int error;           // errno of the attempt that failed; 0 when `now` suffices
};
// Raises the limit of open files as far as needed and allowed; never lowers it. For CONFIG SET
// maxclients, which refuses what does not fit. `extra_files`: those of I/O threads.
FileLimit RaiseFileLimit(int64_t maxclients, int64_t extra_files);
// The same at the start: returns the maxclients to use and logs what was done. An error when not
// even one client fits.
Result<int64_t> FitMaxClients(int64_t maxclients, int64_t extra_files, Log& log);

// What the list of processes shows. The kernel reads a title from where the arguments lay when the
// process started, so Set overwrites the arguments and the environment behind them, which the
// constructor first copies elsewhere. Longer titles are cut at that size.
class ProcessTitle {
 public:
  // REQUIRES: argc and argv are main's own, there is one object per process, and nobody keeps
  // pointers into argv or the environment (getenv's results) past the first Set.
  ProcessTitle(int argc, char** argv);
  ProcessTitle(const ProcessTitle&) = delete;
  ProcessTitle& operator=(const ProcessTitle&) = delete;

  void Set(std::string_view title);
  // The program as it was started: {title}.
  const std::string& program() const { return program_; }

 private:
  std::string program_;
  char* area_;
  size_t area_size_;  // with the zero at the end
};

// Fills proc-title-template in: {title}, {listen-addr}, {server-mode}, {port}, {tls-port},
// {unixsocket}, {config-file}; spaces at the end go. Unknown names stay (the option table refuses
// them).
std::string ExpandTitle(const Config& config, std::string_view program,
                        std::string_view config_file);

// What the machine has set up in a way that costs speed, a line for the log each. Redis's warnings
// about overcommit_memory and about transparent huge pages being on are about fork and do not
// apply. `sys` is "/sys", but for tests.
std::vector<std::string> SystemWarnings(const std::string& sys = "/sys");

}  // namespace gotthard
