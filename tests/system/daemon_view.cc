#include "tests/system/daemon_view.h"

#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace gotthard::test {

std::string InfoText(Client& client, std::string_view field) {
  const std::string info = client.Command({"INFO", "everything"}).text;
  const std::string start = "\n" + std::string(field) + ":";
  const std::size_t at = info.find(start);
  if (at == std::string::npos) Fail("INFO has no field " + std::string(field) + ":\n" + info);
  const std::size_t begin = at + start.size();
  return info.substr(begin, info.find('\r', begin) - begin);
}

std::int64_t InfoNumber(Client& client, std::string_view field) {
  return std::stoll(InfoText(client, field));
}

std::int64_t InfoPart(Client& client, std::string_view field, std::string_view key) {
  const std::string text = "," + InfoText(client, field);
  const std::string start = "," + std::string(key) + "=";
  const std::size_t at = text.find(start);
  if (at == std::string::npos) Fail("no " + std::string(key) + " in " + text);
  return std::stoll(text.substr(at + start.size()));
}

std::size_t OpenFiles(pid_t pid) {
  const std::filesystem::directory_iterator files("/proc/" + std::to_string(pid) + "/fd");
  return static_cast<std::size_t>(std::distance(begin(files), end(files)));
}

std::size_t ResidentBytes(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/statm");
  std::size_t pages = 0;
  std::size_t resident = 0;
  if (!(file >> pages >> resident)) Fail("no /proc/PID/statm");
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

std::size_t ClientListLines(Client& client) {
  const std::string list = client.Command({"CLIENT", "LIST"}).text;
  return static_cast<std::size_t>(std::count(list.begin(), list.end(), '\n'));
}

std::size_t RaiseOpenFileLimit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

std::size_t SendWithoutWaiting(const Client& client, std::string_view bytes) {
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t now =
        send(client.fd(), bytes.data() + sent, bytes.size() - sent, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (now < 0 && errno == EINTR) continue;
    if (now < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
    if (now < 0) Fail(std::string("send: ") + std::strerror(errno));
    sent += static_cast<std::size_t>(now);
  }
  return sent;
}

std::string Repeated(const std::vector<std::string>& command, std::size_t count) {
  const std::string once = Client::Encode(command);
  std::string all;
  all.reserve(once.size() * count);
  for (std::size_t i = 0; i < count; ++i) all += once;
  return all;
}

}  // namespace gotthard::test
