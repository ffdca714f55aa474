#include "server/banner.h"

#include <unistd.h>

#include "base/version.h"

namespace gotthard {
namespace {

constexpr int64_t kDefaultPort = 6379;  // where redis-cli connects without being told

bool IsReachedByLoopback(const std::string& address) {
  const std::string bare = address.starts_with('-') ? address.substr(1) : address;
  return bare == "*" || bare == "0.0.0.0" || bare == "localhost" || bare.starts_with("127.");
}

}  // namespace

std::string ConnectCommand(const Config& config) {
  if (config.port == 0 || config.bind.empty()) {
    return config.unixsocket.empty() ? "" : "redis-cli -s " + config.unixsocket;
  }
  std::string command = "redis-cli";
  bool loopback = false;
  for (const std::string& address : config.bind) loopback |= IsReachedByLoopback(address);
  if (!loopback) {
    const std::string& first = config.bind.front();
    command += " -h " + (first.starts_with('-') ? first.substr(1) : first);
  }
  if (config.port != kDefaultPort) command += " -p " + std::to_string(config.port);
  return command;
}

std::string Banner(const Config& config) {
  std::string command = ConnectCommand(config);
  if (!command.empty()) command = "Connect with:  " + command;
  const std::string version = "Gotthard " + std::string(kGotthardVersion);
  const std::string protocol = "speaks the protocol of Redis " + std::string(kRedisVersion);
  std::string text = "\n";
  text += "            /\\\n";
  text += "     /\\    /  \\  /\\        " + version + "\n";
  text += "    /  \\  /    \\/  \\       " + protocol + "\n";
  text += "   /    \\/  __      \\\n";
  text += "  /        /  \\      \\     " + command + "\n";
  text += " /_________|  |_______\\\n\n";
  return text;
}

bool WantsBanner(const Config& config) {
  if (config.always_show_logo) return true;
  return config.logfile.empty() && !config.syslog_enabled && isatty(STDOUT_FILENO) == 1;
}

}  // namespace gotthard
