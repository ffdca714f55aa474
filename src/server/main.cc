// gotthard-server: the command line, then one Server.
#include <unistd.h>

#include <cstdio>
#include <string>

#include "base/version.h"
#include "config/config_store.h"
#include "config/option_table.h"
#include "observe/log.h"
#include "server/crash_report.h"
#include "server/process.h"
#include "server/server.h"

namespace gotthard {
namespace {

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
  // The first three lines are what scripts wait for.
  log.WriteRaw(" PID: " + std::to_string(getpid()) + "\n");
  log.Format(LogLevel::kNotice, "Server initialized: Gotthard %s, protocol of Redis %s, pid %d",
             std::string(kGotthardVersion).c_str(), std::string(kRedisVersion).c_str(),
             static_cast<int>(getpid()));
  if (!store.given_without_effect().empty()) {
    std::string names;
    for (const std::string& name : store.given_without_effect()) names += " " + name;
    log.Notice("Known directives without effect in this version:" + names);
  }
  if (config.port != 0) {
    log.Format(LogLevel::kNotice, "Connect with: redis-cli -p %lld",
               static_cast<long long>(config.port));
  }
}

int Main(int argc, char** argv) {
  ConfigStore config;
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
  if (config.values().daemonize && supervisor.kind() == Supervisor::Kind::kNone) {
    if (Status gone = Daemonize(); !gone.ok()) return Fail(gone.text());
  }
  PidFile pid_file;
  if (config.values().daemonize || !config.values().pidfile.empty()) {
    if (Status written = pid_file.Create(config.values().pidfile); !written.ok()) {
      log.Warning(written.text());
    }
  }
  SayHello(log, config.values(), config);
  AltStack alt_stack;
  Server server(config, log, clock);
  CrashReport crash_report(log, server.crash_source());
  crash_report.SetEnabled(config.values().crash_log_enabled);
  config.OnChange("crash-log-enabled", [&](const Config& values) {
    crash_report.SetEnabled(values.crash_log_enabled);
    return Status::Ok();
  });
  if (Status started = server.Start(&title); !started.ok()) {
    log.Warning(started.text());
    return 1;
  }
  return server.Run(supervisor);
}

}  // namespace
}  // namespace gotthard

int main(int argc, char** argv) {
  return gotthard::Main(argc, argv);
}
