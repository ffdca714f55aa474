#include "server/process.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/clock.h"
#include "tests/unit/server/child.h"
#include "tests/unit/server/temp_dir.h"

namespace gotthard {
namespace {

using test::ChildEnd;
using test::ReadFile;
using test::RunInChild;
using test::Spawn;
using test::TempDir;
using test::WaitFor;

bool Contains(std::string_view text, std::string_view part) {
  return text.find(part) != text.npos;
}

// Sets a variable of the environment, or removes it, and puts it back.
class ScopedVariable {
 public:
  ScopedVariable(const char* name, const char* value) : name_(name) {
    if (const char* before = std::getenv(name)) {
      before_ = before;
      had_ = true;
    }
    if (value != nullptr) {
      setenv(name, value, 1);
    } else {
      unsetenv(name);
    }
  }
  ~ScopedVariable() {
    if (had_) {
      setenv(name_, before_.c_str(), 1);
    } else {
      unsetenv(name_);
    }
  }

 private:
  const char* name_;
  std::string before_;
  bool had_ = false;
};

struct Fixture {
  Fixture() {
    Log::Options options;
    options.file = dir.File("log");
    options.level = LogLevel::kDebug;
    REQUIRE(log.Configure(options).ok());
  }
  std::string LogText() const { return ReadFile(dir.File("log")); }

  TempDir dir;
  Clock clock;
  Log log{clock};
};

// What systemd listens on.
class NotifySocket {
 public:
  explicit NotifySocket(const std::string& name) {
    fd_ = socket(AF_UNIX, SOCK_DGRAM, 0);
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    name.copy(address.sun_path, sizeof(address.sun_path) - 1);
    if (name[0] == '@') address.sun_path[0] = '\0';
    REQUIRE(bind(fd_, reinterpret_cast<sockaddr*>(&address),
                 static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size())) == 0);
  }
  ~NotifySocket() { close(fd_); }

  // The next datagram; empty if there is none.
  std::string Next() {
    char buffer[4096];
    const ssize_t size = recv(fd_, buffer, sizeof(buffer), MSG_DONTWAIT);
    return size < 0 ? "" : std::string(buffer, static_cast<size_t>(size));
  }

 private:
  int fd_;
};

void CheckConversation(const std::string& name, int mode) {
  Fixture f;
  NotifySocket systemd(name);
  ScopedVariable upstart("UPSTART_JOB", nullptr);
  ScopedVariable variable("NOTIFY_SOCKET", name.c_str());
  Supervisor supervisor(mode, f.log);
  CHECK(supervisor.kind() == Supervisor::Kind::kSystemd);
  supervisor.SetStatus("Loading\n7 keys");
  CHECK(systemd.Next() == "STATUS=Loading 7 keys\n");
  supervisor.Ready();
  CHECK(Contains(systemd.Next(), "READY=1\n"));
  supervisor.Reloading();
  const std::string reloading = systemd.Next();
  CHECK(Contains(reloading, "RELOADING=1\n"));
  CHECK(Contains(reloading, "MONOTONIC_USEC="));
  supervisor.Stopping();
  CHECK(Contains(systemd.Next(), "STOPPING=1\n"));
  CHECK(systemd.Next().empty());
}

TEST_CASE("systemd is told of start, reload and end over a socket in the file system") {
  TempDir dir;
  CheckConversation(dir.File("notify"), Config::kSupervisedSystemd);
}

TEST_CASE("systemd is told over an abstract socket, found by itself") {
  CheckConversation("@gotthard-notify-test-" + std::to_string(getpid()), Config::kSupervisedAuto);
}

TEST_CASE("nobody is told anything unless asked for") {
  Fixture f;
  const std::string name = f.dir.File("notify");
  NotifySocket systemd(name);
  ScopedVariable variable("NOTIFY_SOCKET", name.c_str());
  Supervisor supervisor(Config::kSupervisedNo, f.log);
  CHECK(supervisor.kind() == Supervisor::Kind::kNone);
  supervisor.Ready();
  CHECK(systemd.Next().empty());
  CHECK(f.LogText().empty());
}

TEST_CASE("supervision that was asked for and is not there is logged") {
  Fixture f;
  ScopedVariable socket_name("NOTIFY_SOCKET", nullptr);
  ScopedVariable job("UPSTART_JOB", nullptr);
  Supervisor systemd(Config::kSupervisedSystemd, f.log);
  CHECK(systemd.kind() == Supervisor::Kind::kNone);
  CHECK(Contains(f.LogText(), "NOTIFY_SOCKET"));
  Supervisor upstart(Config::kSupervisedUpstart, f.log);
  CHECK(upstart.kind() == Supervisor::Kind::kNone);
  CHECK(Contains(f.LogText(), "UPSTART_JOB"));
  const std::string before = f.LogText();
  Supervisor none(Config::kSupervisedAuto, f.log);
  CHECK(none.kind() == Supervisor::Kind::kNone);
  CHECK(f.LogText() == before);
}

TEST_CASE("a systemd that has gone is logged and does no harm") {
  Fixture f;
  ScopedVariable job("UPSTART_JOB", nullptr);
  ScopedVariable variable("NOTIFY_SOCKET", f.dir.File("nobody").c_str());
  Supervisor supervisor(Config::kSupervisedSystemd, f.log);
  supervisor.Ready();
  CHECK(Contains(f.LogText(), "can't reach"));
}

TEST_CASE("under upstart readiness is a stop") {
  Fixture f;
  const pid_t child = Spawn([&] {
    setenv("UPSTART_JOB", "gotthard", 1);
    Supervisor supervisor(Config::kSupervisedAuto, f.log);
    if (supervisor.kind() != Supervisor::Kind::kUpstart) _exit(2);
    supervisor.Ready();
    _exit(std::getenv("UPSTART_JOB") == nullptr ? 7 : 3);
  });
  int status = 0;
  REQUIRE(waitpid(child, &status, WUNTRACED) == child);
  CHECK(WIFSTOPPED(status));
  kill(child, SIGCONT);
  CHECK(WaitFor(child).exit_status == 7);
}

TEST_CASE("in the background the server has a session of its own and no terminal") {
  TempDir dir;
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const pid_t child = Spawn([&] {
    close(ends[0]);
    if (!Daemonize().ok()) _exit(1);
    // This is the grandchild.
    struct stat null_stat = {};
    struct stat out_stat = {};
    stat("/dev/null", &null_stat);
    fstat(STDOUT_FILENO, &out_stat);
    const bool good = getsid(0) == getpid() && out_stat.st_rdev == null_stat.st_rdev;
    [[maybe_unused]] const ssize_t ignored = write(ends[1], good ? "y" : "n", 1);
  });
  close(ends[1]);
  CHECK(WaitFor(child).exit_status == 0);
  char answer = 0;
  CHECK(read(ends[0], &answer, 1) == 1);
  CHECK(answer == 'y');
  close(ends[0]);
}

TEST_CASE("a PID file has the number of the process and goes at the end") {
  TempDir dir;
  const std::string path = dir.File("pid");
  {
    PidFile file;
    REQUIRE(file.Create(path).ok());
    CHECK(ReadFile(path) == std::to_string(getpid()) + "\n");
  }
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("a PID file that another process has taken over stays") {
  TempDir dir;
  const std::string path = dir.File("pid");
  {
    PidFile file;
    REQUIRE(file.Create(path).ok());
    std::ofstream(path) << "1\n";
  }
  CHECK(ReadFile(path) == "1\n");
}

TEST_CASE("a PID file that can't be written is an error with path and reason") {
  PidFile file;
  CHECK(file.Create("/no/such/dir/pid").text() ==
        "Failed to write PID file /no/such/dir/pid: No such file or directory");
}

struct FileLimitRun {
  int exit_status;  // 0: what `check` says holds
  std::string log;
};

// The calls change the process, so they run in a child, which `check` judges.
FileLimitRun WithFileLimit(rlim_t soft, rlim_t hard, bool (*check)(Log& log, rlim_t (*now)())) {
  Fixture f;
  const ChildEnd end = RunInChild([&] {
    const rlimit limit = {soft, hard};
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) _exit(9);
    // Only those without the right to raise the hard limit run into it.
    if (geteuid() == 0 && setresuid(65534, 65534, 65534) != 0) _exit(9);
    const auto now = [] {
      rlimit found = {};
      getrlimit(RLIMIT_NOFILE, &found);
      return found.rlim_cur;
    };
    _exit(check(f.log, now) ? 0 : 1);
  });
  return {end.exit_status, f.LogText()};
}

TEST_CASE("the limit of open files is raised as far as maxclients needs") {
  const FileLimitRun run = WithFileLimit(64, 2048, [](Log& log, rlim_t (*now)()) {
    const Result<int64_t> fits = FitMaxClients(1000, 10, log);
    return fits.ok() && *fits == 1000 && now() == 1042;
  });
  CHECK(run.exit_status == 0);
  CHECK(Contains(run.log,
                 "Increased maximum number of open files to 1042 (it was originally set to 64)"));
}

TEST_CASE("a limit that is high enough stays as it is") {
  const FileLimitRun run = WithFileLimit(1500, 2048, [](Log& log, rlim_t (*now)()) {
    const Result<int64_t> fits = FitMaxClients(1000, 10, log);
    return fits.ok() && *fits == 1000 && now() == 1500;
  });
  CHECK(run.exit_status == 0);
  CHECK(run.log.empty());
}

TEST_CASE("maxclients is lowered to what the limit of open files allows") {
  const FileLimitRun run = WithFileLimit(64, 200, [](Log& log, rlim_t (*now)()) {
    const Result<int64_t> fits = FitMaxClients(1000, 8, log);
    return fits.ok() && *fits == 200 - 32 - 8 && now() == 200;
  });
  CHECK(run.exit_status == 0);
  CHECK(Contains(run.log, "Operation not permitted"));
  CHECK(Contains(run.log, "maxclients has been reduced to 160"));
}

TEST_CASE("a limit of open files without room for one client ends the start") {
  const FileLimitRun run = WithFileLimit(32, 32, [](Log& log, rlim_t (*)()) {
    const Result<int64_t> fits = FitMaxClients(1000, 0, log);
    return !fits.ok() && Contains(fits.error_text(), "ulimit -n");
  });
  CHECK(run.exit_status == 0);
}

TEST_CASE("the process title takes the place of arguments and environment, which stay readable") {
  // As the kernel lays them out: one after the other.
  char area[] = "./gotthard\0--port\0007000\0GREETING=hello";
  char* arguments[] = {area, area + 11, area + 18, nullptr};
  char* variables[] = {area + 23, nullptr};
  char** real = environ;
  environ = variables;
  ProcessTitle title(3, arguments);
  CHECK(title.program() == "./gotthard");

  title.Set("gotthard *:7000");
  CHECK(std::string(area) == "gotthard *:7000");
  CHECK(std::string(arguments[2]) == "7000");
  const char* greeting = std::getenv("GREETING");
  CHECK(greeting != nullptr);
  CHECK(std::string(greeting == nullptr ? "" : greeting) == "hello");

  const std::string longest(sizeof(area) - 1, 't');
  title.Set(longest + "and more");
  CHECK(area == longest);
  title.Set("x");
  CHECK(std::string(area, sizeof(area)) == "x" + std::string(sizeof(area) - 1, '\0'));
  environ = real;
  for (int i = 0; i < 3; ++i) free(arguments[i]);
  free(variables[0]);
}

TEST_CASE("a title's template is filled in as Redis does") {
  Config config;
  config.bind = {"127.0.0.1", "-::1"};
  config.port = 7000;
  config.unixsocket = "/run/x.sock";
  CHECK(ExpandTitle(config, "./gotthard-server", "") == "./gotthard-server 127.0.0.1:7000");
  config.proc_title_template =
      "TEST {title} {listen-addr} {port} {tls-port} {unixsocket} {config-file}";
  CHECK(ExpandTitle(config, "g", "/etc/g.conf") ==
        "TEST g 127.0.0.1:7000 7000 0 /run/x.sock /etc/g.conf");
  config.proc_title_template = "{listen-addr}{server-mode} {config-file}";
  config.port = 0;
  config.cluster_enabled = true;
  CHECK(ExpandTitle(config, "g", "") == "unixsocket:/run/x.sock[cluster] -");
}

TEST_CASE("a slow clock and missing huge pages are warned of") {
  TempDir sys;
  const std::string clock_dir = sys.File("devices/system/clocksource/clocksource0");
  const std::string pages_dir = sys.File("kernel/mm/transparent_hugepage");
  CHECK(SystemWarnings(sys.path()).empty());
  std::filesystem::create_directories(clock_dir);
  std::filesystem::create_directories(pages_dir);
  std::ofstream(clock_dir + "/current_clocksource") << "tsc\n";
  std::ofstream(pages_dir + "/enabled") << "always [madvise] never\n";
  CHECK(SystemWarnings(sys.path()).empty());
  std::ofstream(clock_dir + "/current_clocksource") << "xen\n";
  std::ofstream(pages_dir + "/enabled") << "always madvise [never]\n";
  const std::vector<std::string> warnings = SystemWarnings(sys.path());
  REQUIRE(warnings.size() == 2);
  CHECK(Contains(warnings[0], "xen"));
  CHECK(Contains(warnings[1], "huge pages"));
}

}  // namespace
}  // namespace gotthard
