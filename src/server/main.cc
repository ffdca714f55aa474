// gotthard-server: the command line, then one Server.
#include <unistd.h>

#include <cstdio>
#include <span>
#include <string>

#include "base/alt_stack.h"
#include "base/version.h"
#include "commands/families.h"
#include "config/config_store.h"
#include "config/option_table.h"
#include "exec/command_names.h"
#include "observe/log.h"
#include "server/banner.h"
#include "server/crash_report.h"
#include "server/process.h"
#include "server/server.h"

namespace gotthard {
namespace {

// Redis's place with our name; where it cannot be written nobody asked for it.
constexpr const char* kDaemonPidFile = "/var/run/gotthard.pid";

int Fail(std::string_view text) {
  fprintf(stderr, "%.*s\n", static_cast<int>(text.size()), text.data());
  return 1;
}

Status ConfigureLog(Log& log, const Config& config) {
  return log.Configure({.level = static_cast<LogLevel>(config.loglevel),
                        .file = config.logfile,
                        .use_syslog = config.syslog_enabled,
                        .syslog_ident = config.syslog_ident,
                        .syslog_facility = config.syslog_facility});
}

void SayHello(Log& log, const Config& config, const ConfigStore& store) {
  if (WantsBanner(config)) log.WriteRaw(Banner(config));
  // Scripts wait for these two lines, in this order, and for "Ready to accept connections".
  log.WriteRaw(" PID: " + std::to_string(getpid()) + "\n");
  log.Format(LogLevel::kNotice, "Server initialized: Gotthard %s, protocol of Redis %s, pid %d",
             std::string(kGotthardVersion).c_str(), std::string(kRedisVersion).c_str(),
             static_cast<int>(getpid()));
  if (!store.given_without_effect().empty()) {
    std::string names;
    for (const std::string& name : store.given_without_effect()) names += " " + name;
    log.Notice("Known directives without effect in this version:" + names);
  }
  for (const std::string& warning : SystemWarnings()) log.Warning(warning);
  if (const std::string command = ConnectCommand(config); !command.empty()) {
    log.Notice("Connect with: " + command);
  }
}

void WritePidFile(PidFile& file, Log& log, const Config& config, bool in_background) {
  if (config.pidfile.empty() && !in_background) return;
  const std::string path = config.pidfile.empty() ? kDaemonPidFile : config.pidfile;
  Status written = file.Create(path);
  if (!written.ok() && !config.pidfile.empty()) log.Warning(written.text());
}

int Main(int argc, char** argv) {
  ConfigStore config;
  CommandNames names(AllFamilies());  // judges each line where it stands; the server applies them
  config.OnDirective("rename-command", [&](std::span<const std::string> words) {
    return names.Rename(words[0], words[1]);
  });
  Result<CommandLine> line = config.ApplyCommandLine(argc, argv);
  if (!line.ok()) return Fail(line.error_text());
  if (line->help) return puts(CommandLineHelp().c_str()) < 0;
  if (line->version) {
    printf("Gotthard server v=%s (protocol of Redis %s) bits=64\n",
           std::string(kGotthardVersion).c_str(), std::string(kRedisVersion).c_str());
    return 0;
  }
  if (line->print_config) return fputs(PrintSampleConfig().c_str(), stdout) < 0;
  if (line->check_config) return puts("The configuration is valid.") < 0;

  Clock clock;
  Log log(clock);
  if (Status opened = ConfigureLog(log, config.values()); !opened.ok()) {
    return Fail(opened.text());
  }
  ProcessTitle title(argc, argv);
  Supervisor supervisor(config.values().supervised, log);
  const bool in_background =
      config.values().daemonize && supervisor.kind() == Supervisor::Kind::kNone;
  if (in_background) {
    if (Status gone = Daemonize(); !gone.ok()) return Fail(gone.text());
  }
  PidFile pid_file;
  WritePidFile(pid_file, log, config.values(), in_background);
  SayHello(log, config.values(), config);
  AltStack alt_stack;
  Server server(config, log, clock);
  CrashReport crash_report(log, server.crash_source());
  crash_report.SetEnabled(config.values().crash_log_enabled);
  config.OnChange("crash-log-enabled", [&](const Config& values) {
    crash_report.SetEnabled(values.crash_log_enabled);
    return Status::Ok();
  });
  if (Status started = server.Start(title); !started.ok()) {
    log.Warning(started.text());
    // Said once to whoever started it, who sees the log if that is standard output.
    const bool seen = config.values().logfile.empty() && log.IsOn(LogLevel::kWarning);
    return seen ? 1 : Fail(started.text());
  }
  return server.Run(supervisor);
}

}  // namespace
}  // namespace gotthard

int main(int argc, char** argv) {
  return gotthard::Main(argc, argv);
}
