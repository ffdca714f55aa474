#include "tests/system/system_harness.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <utility>

extern char** environ;

namespace gotthard::test {
namespace {

int DecodeStatus(int wait_status) {
  return WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
}

// Starts a program with these three files; returns its process id or throws.
pid_t Spawn(const std::vector<std::string>& args, int in, int out) {
  std::vector<char*> argv;
  for (const std::string& arg : args) argv.push_back(const_cast<char*>(arg.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out, STDERR_FILENO);
  pid_t pid = -1;
  const int error = posix_spawnp(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) Fail("cannot start " + args[0] + ": " + std::strerror(error));
  return pid;
}

// Collects a child within `limit`; -1 if it still runs then.
int Collect(pid_t pid, std::chrono::seconds limit) {
  for (Deadline deadline(limit);; ShortPause()) {
    int wait_status = 0;
    const pid_t got = waitpid(pid, &wait_status, WNOHANG);
    if (got == pid) return DecodeStatus(wait_status);
    if (got < 0 && errno != EINTR) Fail(std::string("waitpid: ") + std::strerror(errno));
    if (deadline.passed()) return -1;
  }
}

void KillAndReap(pid_t pid) {
  kill(pid, SIGKILL);
  while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

std::string ReadWholeFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

sockaddr_in Loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

std::int64_t ParseInteger(std::string_view text, std::string_view what) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    Fail(std::string(what) + ": not an integer: " + std::string(text));
  }
  return value;
}

}  // namespace

void Fail(const std::string& what) {
  throw std::runtime_error(what);
}

void ShortPause() {
  std::this_thread::sleep_for(std::chrono::milliseconds(2));
}

int Deadline::LeftMs() const {
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(end_ - std::chrono::steady_clock::now());
  return static_cast<int>(std::max<std::int64_t>(0, left.count()));
}

CommandResult RunCommand(const std::vector<std::string>& args, std::string_view input,
                         std::chrono::seconds limit) {
  // Files instead of pipes: neither side can block on the other, and the order of stdout and
  // stderr is kept.
  TempDir dir;
  std::ofstream(dir.File("in"), std::ios::binary) << input;
  const int in = open(dir.File("in").c_str(), O_RDONLY | O_CLOEXEC);
  const int out = open(dir.File("out").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (in < 0 || out < 0) Fail("cannot open files in " + dir.path());
  const pid_t pid = Spawn(args, in, out);
  close(in);
  close(out);
  const int status = Collect(pid, limit);
  if (status < 0) {
    KillAndReap(pid);
    Fail(args[0] + " did not end in time; it printed:\n" + ReadWholeFile(dir.File("out")));
  }
  return {status, ReadWholeFile(dir.File("out"))};
}

std::int64_t Reply::Integer() const {
  if (type != ':') Fail("not an integer reply: " + Render());
  return ParseInteger(text, "integer reply");
}

std::string Reply::Render() const {
  switch (type) {
    case '_':
      return "(nil)";
    case '-':
      return "(error) " + text;
    case ':':
      return "(integer) " + text;
    case '*':
    case '~':
    case '>':
    case '%': {
      std::string out = "[";
      for (const Reply& element : elements) {
        if (out.size() > 1) out += ", ";
        out += element.Render();
      }
      return out + "]";
    }
    default:
      return text;
  }
}

Client::Client(int port) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const sockaddr_in address = Loopback(port);
  if (connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    const int error = errno;
    Close();
    Fail("connect to port " + std::to_string(port) + ": " + std::strerror(error));
  }
  const int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

Client::Client(const std::string& unix_path) : fd_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (unix_path.size() >= sizeof address.sun_path) Fail("too long for a socket: " + unix_path);
  std::memcpy(address.sun_path, unix_path.data(), unix_path.size());
  if (connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    const int error = errno;
    Close();
    Fail("connect to " + unix_path + ": " + std::strerror(error));
  }
}

Client::Client(Client&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      buffer_(std::move(other.buffer_)),
      consumed_(std::exchange(other.consumed_, 0)) {}

Client& Client::operator=(Client&& other) noexcept {
  if (this != &other) {
    Close();
    fd_ = std::exchange(other.fd_, -1);
    buffer_ = std::move(other.buffer_);
    consumed_ = std::exchange(other.consumed_, 0);
  }
  return *this;
}

Client::~Client() {
  Close();
}

void Client::Close() {
  if (fd_ >= 0) close(std::exchange(fd_, -1));
}

void Client::ShutdownWrite() {
  shutdown(fd_, SHUT_WR);
}

bool Client::TrySend(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void Client::Send(std::string_view bytes) {
  if (!TrySend(bytes)) Fail(std::string("send: ") + std::strerror(errno));
}

bool Client::Fill() {
  if (consumed_ > 0) {
    buffer_.erase(0, consumed_);
    consumed_ = 0;
  }
  const Deadline deadline(kPatience);
  for (;;) {
    pollfd waiting{fd_, POLLIN, 0};
    const int ready = poll(&waiting, 1, deadline.LeftMs());
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) Fail("no reply in time; so far: " + buffer_);
    char chunk[65536];
    const ssize_t got = recv(fd_, chunk, sizeof chunk, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    buffer_.append(chunk, static_cast<std::size_t>(got));
    return true;
  }
}

std::string Client::Line() {
  for (;;) {
    const std::size_t end = buffer_.find("\r\n", consumed_);
    if (end != std::string::npos) {
      std::string line = buffer_.substr(consumed_, end - consumed_);
      consumed_ = end + 2;
      return line;
    }
    if (!Fill()) Fail("the server closed the connection; so far: " + buffer_);
  }
}

std::string Client::Bytes(std::size_t count) {
  while (buffer_.size() - consumed_ < count + 2) {
    if (!Fill()) Fail("the server closed the connection inside a string");
  }
  std::string bytes = buffer_.substr(consumed_, count);
  if (buffer_.compare(consumed_ + count, 2, "\r\n") != 0) Fail("a string without its CRLF");
  consumed_ += count + 2;
  return bytes;
}

std::vector<Reply> Client::Elements(std::size_t count) {
  std::vector<Reply> elements;
  while (elements.size() < count) elements.push_back(ReadReply());
  return elements;
}

Reply Client::ReadReply() {
  const std::string line = Line();
  if (line.empty()) Fail("an empty line where a reply begins");
  Reply reply;
  reply.type = line[0];
  reply.text = line.substr(1);
  switch (reply.type) {
    case '+':
    case '-':
    case ':':
    case ',':
    case '#':
    case '(':
    case '_':
      return reply;
    case '$':
    case '=':
    case '!':
    case '*':
    case '%':
    case '~':
    case '>':
    case '|':
      break;
    default:
      Fail("no RESP: " + line);
  }
  const std::int64_t count = ParseInteger(reply.text, "length");
  reply.text.clear();
  if (count < 0) {
    reply.type = '_';
    return reply;
  }
  const auto size = static_cast<std::size_t>(count);
  if (reply.type == '$' || reply.type == '=' || reply.type == '!') {
    reply.text = Bytes(size);
    if (reply.type == '!') reply.type = '-';
    return reply;
  }
  const bool pairs = reply.type == '%' || reply.type == '|';
  reply.elements = Elements(pairs ? 2 * size : size);
  // Attributes describe the reply that follows them; no test asks for them.
  return reply.type == '|' ? ReadReply() : reply;
}

Reply Client::Command(const std::vector<std::string>& args) {
  Send(Encode(args));
  return ReadReply();
}

bool Client::WaitForClose() {
  while (Fill()) consumed_ = buffer_.size();
  return true;
}

std::string Client::Encode(const std::vector<std::string>& args) {
  std::string bytes = "*" + std::to_string(args.size()) + "\r\n";
  for (const std::string& arg : args) {
    bytes += "$" + std::to_string(arg.size()) + "\r\n" + arg + "\r\n";
  }
  return bytes;
}

TempDir::TempDir() {
  const char* parent = std::getenv("TMPDIR");
  path_ = std::string(parent != nullptr ? parent : "/tmp") + "/gotthard-test-XXXXXX";
  if (mkdtemp(path_.data()) == nullptr) Fail("cannot make " + path_);
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

Daemon::Daemon(std::vector<std::string> options, std::string_view config_text) {
  std::string config_path;
  if (!config_text.empty()) {
    config_path = dir_.File("test.conf");
    std::ofstream(config_path, std::ios::binary) << config_text;
  }
  // Between our look at a port and the daemon's, somebody else may have taken it.
  for (int attempt = 0; attempt < 5; ++attempt) {
    if (Start(options, config_path) == StartResult::kRunning) return;
  }
  Fail("no free port in five attempts; the last log:\n" + Log());
}

Daemon::~Daemon() {
  if (pid_ >= 0) KillAndReap(pid_);
}

Daemon::StartResult Daemon::Start(const std::vector<std::string>& options,
                                  const std::string& config_path) {
  port_ = FreePort();
  std::vector<std::string> args{Program()};
  if (!config_path.empty()) args.push_back(config_path);
  for (const std::string& arg :
       {std::string("--port"), std::to_string(port_), std::string("--bind"),
        std::string("127.0.0.1"), std::string("--dir"), dir_.path()}) {
    args.push_back(arg);
  }
  // What a test says of I/O threads is about these, not about when they are used.
  args.insert(args.end(), {"--io-threads-always-active", "yes"});
  if (const char* backend = std::getenv("GOTTHARD_TEST_IO_BACKEND")) {
    args.emplace_back("--io-backend");
    args.emplace_back(backend);
  }
  args.insert(args.end(), options.begin(), options.end());

  const int in = open("/dev/null", O_RDONLY | O_CLOEXEC);
  const int out = open(dir_.File("daemon.log").c_str(),
                       O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
  if (in < 0 || out < 0) Fail("cannot open the log in " + dir());
  pid_ = Spawn(args, in, out);
  close(in);
  close(out);

  for (Deadline deadline(kPatience);; ShortPause()) {
    int wait_status = 0;
    if (waitpid(pid_, &wait_status, WNOHANG) == pid_) {
      pid_ = -1;
      if (Log().find("ddress already in use") != std::string::npos) return StartResult::kPortTaken;
      Fail("the daemon ended at start with status " + std::to_string(DecodeStatus(wait_status)) +
           "; its log:\n" + Log());
    }
    try {
      (void)Connect().Command({"PING"});
      return StartResult::kRunning;
    } catch (const std::runtime_error&) {
      // Not listening yet.
    }
    if (deadline.passed()) {
      const std::string log = Log();
      Kill();
      Fail("the daemon does not answer PING; its log:\n" + log);
    }
  }
}

std::string Daemon::Log() const {
  return ReadWholeFile(dir_.File("daemon.log"));
}

void Daemon::WaitForLog(std::string_view text) const {
  WaitUntil("'" + std::string(text) + "' in the log",
            [&] { return Log().find(text) != std::string::npos; });
}

CommandResult Daemon::Cli(const std::vector<std::string>& args, std::string_view input) const {
  std::vector<std::string> command{"redis-cli", "-h", "127.0.0.1", "-p", std::to_string(port_)};
  command.insert(command.end(), args.begin(), args.end());
  return RunCommand(command, input);
}

void Daemon::Signal(int signal_number) const {
  if (pid_ < 0) Fail("a signal to a daemon that has ended");
  kill(pid_, signal_number);
}

int Daemon::Stop() {
  Signal(SIGTERM);
  return WaitForExit();
}

int Daemon::WaitForExit() {
  if (pid_ < 0) Fail("waiting for a daemon that has ended");
  const int status = Collect(pid_, kPatience);
  if (status < 0) {
    const std::string log = Log();
    Kill();
    Fail("the daemon did not end in time; its log:\n" + log);
  }
  pid_ = -1;
  return status;
}

void Daemon::Kill() {
  if (pid_ >= 0) KillAndReap(std::exchange(pid_, -1));
}

std::string Daemon::Program() {
  const char* named = std::getenv("GOTTHARD_SERVER");
  return named != nullptr ? named : "build/debug/gotthard-server";
}

int Daemon::FreePort() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof address;
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    Fail(std::string("no free port: ") + std::strerror(errno));
  }
  close(fd);
  return ntohs(address.sin_port);
}

}  // namespace gotthard::test
