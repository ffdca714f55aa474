// What a system test needs: the real daemon, the real tools, and a client that sends exact bytes.
//
//   Daemon daemon({"--io-threads", "2"});
//   Client client = daemon.Connect();
//   CHECK(client.Command({"SET", "k", "v"}) == "OK");
//   CHECK(daemon.Cli({"GET", "k"}).output == "v\n");
//   CHECK(daemon.Stop() == 0);
//
// The daemon is the program that the environment variable GOTTHARD_SERVER names, or else
// build/debug/gotthard-server; tools are looked up on PATH. GOTTHARD_TEST_IO_BACKEND, if set, is
// its option io-backend; tests/run.py sets it to epoll, and to uring in a second run.
//
// Nothing here waits without a bound, and a bound is generous (sanitizers on a busy machine): it
// ends a test that hangs, and never decides one that works. What cannot happen in a working system
// throws std::runtime_error, with the daemon's log, and so fails the test case.
//
// Owning thread: the one that made the object. A Client that is moved to another thread is fine; a
// Daemon must outlive its clients only if they are still used.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gotthard::test {

inline constexpr std::chrono::seconds kPatience{60};

struct CommandResult {
  int exit_status = -1;  // 128 + N when signal N ended it
  std::string output;    // stdout and stderr, in the order written
};
// Runs a program, found on PATH, with `input` as its stdin. One that runs longer than `limit` is
// killed, and that throws.
CommandResult RunCommand(const std::vector<std::string>& args, std::string_view input = {},
                         std::chrono::seconds limit = kPatience);

// Throws, naming `what`, unless `condition()` becomes true within kPatience.
template <typename Condition>
void WaitUntil(std::string_view what, Condition condition);

// A reply as it came: what kind (the RESP type byte), and what is in it.
struct Reply {
  char type = '_';              // + - : $ * % ~ > , # ( = |   and _ for every kind of null
  std::string text;             // of everything that is not an aggregate; integers as digits
  std::vector<Reply> elements;  // of * ~ > and, keys and values in turn, of %

  bool IsNull() const { return type == '_'; }
  bool IsError() const { return type == '-'; }
  // The number in a ':' reply; throws if it is none.
  std::int64_t Integer() const;
  // One line: strings as they are, errors after "(error) ", nulls "(nil)", integers "(integer) N",
  // aggregates "[a, b]".
  std::string Render() const;
  bool operator==(std::string_view rendered) const { return Render() == rendered; }
};

// One blocking connection. Speaks RESP2 and RESP3 (whatever the server sends).
class Client {
 public:
  // Connects to a TCP port of the loopback, or throws.
  explicit Client(int port);
  // Connects to a Unix socket, or throws.
  explicit Client(const std::string& unix_path);
  Client(Client&& other) noexcept;
  Client& operator=(Client&& other) noexcept;
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client();

  // Writes the bytes as they are; throws if the peer is gone.
  void Send(std::string_view bytes);
  // As Send, but false if the peer is gone, for tests that expect it.
  bool TrySend(std::string_view bytes);
  // Reads one reply; throws on kPatience without a byte, on end of stream and on bytes that are
  // no RESP.
  Reply ReadReply();
  // Sends one command in RESP and reads its reply.
  Reply Command(const std::vector<std::string>& args);
  // True if the peer has closed (orderly or not) once all it sent is read and thrown away; throws
  // if it stays open for kPatience.
  bool WaitForClose();
  // Ends our half; replies can still be read.
  void ShutdownWrite();
  void Close();
  int fd() const { return fd_; }

  // The RESP form of a command.
  static std::string Encode(const std::vector<std::string>& args);

 private:
  bool Fill();  // reads more; false at end of stream
  std::string Line();
  std::string Bytes(std::size_t count);
  std::vector<Reply> Elements(std::size_t count);

  int fd_ = -1;
  std::string buffer_;  // received, from consumed_ on not yet looked at
  std::size_t consumed_ = 0;
};

// A directory of its own under $TMPDIR or /tmp, removed with all that is in it.
class TempDir {
 public:
  TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  ~TempDir();
  const std::string& path() const { return path_; }
  std::string File(std::string_view name) const { return path_ + "/" + std::string(name); }

 private:
  std::string path_;
};

// A running daemon, on a loopback port that the kernel gave. It is stopped at the latest by the
// destructor.
class Daemon {
 public:
  // Options as on the command line ("--io-threads", "2"). A config text, if there is one, is
  // written to a file that becomes the first argument; options overrule it. Returns once PING is
  // answered (PONG, or an error: with requirepass that is an answer too). io-threads-always-active
  // is yes if the options do not say otherwise.
  explicit Daemon(std::vector<std::string> options = {}, std::string_view config_text = {});
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;
  ~Daemon();

  int port() const { return port_; }
  pid_t pid() const { return pid_; }
  const std::string& dir() const { return dir_.path(); }
  // All that the daemon has printed so far.
  std::string Log() const;
  // Waits, within kPatience, for the text to be printed.
  void WaitForLog(std::string_view text) const;

  Client Connect() const { return Client(port_); }
  // The real redis-cli, connected to this daemon; not a terminal, so replies come raw.
  CommandResult Cli(const std::vector<std::string>& args, std::string_view input = {}) const;

  void Signal(int signal_number) const;
  // Sends SIGTERM and waits; the exit status (128 + N when signal N ended it). One that does not
  // end within kPatience is killed, and that throws.
  int Stop();
  // Waits for an end that something else causes (SHUTDOWN, a second signal).
  int WaitForExit();
  // Ends it at once, as a crash would.
  void Kill();

  // The program that is tested.
  static std::string Program();
  // A port of the loopback that was free a moment ago.
  static int FreePort();

 private:
  enum class StartResult { kRunning, kPortTaken };
  StartResult Start(const std::vector<std::string>& options, const std::string& config_path);

  TempDir dir_;
  int port_ = 0;
  pid_t pid_ = -1;  // -1 once its end has been collected
};

// Implementation of the template above.
class Deadline {
 public:
  explicit Deadline(std::chrono::seconds limit) : end_(std::chrono::steady_clock::now() + limit) {}
  bool passed() const { return std::chrono::steady_clock::now() >= end_; }
  // For poll(): never negative.
  int LeftMs() const;

 private:
  std::chrono::steady_clock::time_point end_;
};
void ShortPause();  // a few milliseconds, between two looks at a condition
[[noreturn]] void Fail(const std::string& what);

template <typename Condition>
void WaitUntil(std::string_view what, Condition condition) {
  for (Deadline deadline(kPatience); !condition(); ShortPause()) {
    if (deadline.passed()) Fail("waited in vain for " + std::string(what));
  }
}

}  // namespace gotthard::test
