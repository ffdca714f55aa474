#include "benchmark/load.h"

#include <netdb.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <memory>
#include <mutex>
#include <thread>

namespace gotthard::bench {
namespace {

// What a new connection says first.
void AppendSetup(const std::vector<std::string>& words, LoadShared& shared) {
  shared.setup += '*' + std::to_string(words.size()) + "\r\n";
  for (const std::string& word : words) {
    shared.setup += '$' + std::to_string(word.size()) + "\r\n" + word + "\r\n";
  }
  ++shared.setup_replies;
}

void MakeSetup(const Options& options, LoadShared& shared) {
  if (!options.password.empty()) {
    std::vector<std::string> auth{"AUTH", options.password};
    if (!options.user.empty()) auth.insert(auth.begin() + 1, options.user);
    AppendSetup(auth, shared);
  }
  if (options.resp3) AppendSetup({"HELLO", "3"}, shared);
  if (options.tracking) AppendSetup({"CLIENT", "TRACKING", "on"}, shared);
  if (options.database > 0) AppendSetup({"SELECT", std::to_string(options.database)}, shared);
}

bool Accepts(const addrinfo& address) {
  const int fd = socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  const bool accepted = connect(fd, address.ai_addr, address.ai_addrlen) == 0;
  close(fd);
  return accepted;
}

// The part of `whole` that falls to `index` of `parts`; the parts add up to the whole.
uint64_t PartOf(uint64_t whole, uint64_t index, uint64_t parts) {
  return whole * (index + 1) / parts - whole * index / parts;
}

sigset_t Interrupts() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}
bool TakeInterrupt() {
  const sigset_t set = Interrupts();
  const timespec now{};
  return sigtimedwait(&set, nullptr, &now) > 0;
}

class Crew {
 public:
  Crew(LoadShared& shared, bool once) : shared_(shared) {
    const Options& options = shared.options;
    const uint64_t requests = once ? shared.ring.count() : options.requests;
    const auto threads = static_cast<double>(options.threads);
    for (uint64_t i = 0; i < options.threads; ++i) {
      const size_t first = shared.ring.count() * i / options.threads;
      const size_t end = shared.ring.count() * (i + 1) / options.threads;
      const uint64_t part = once ? end - first : PartOf(requests, i, options.threads);
      if (requests > 0 && part == 0) continue;  // fewer requests than threads
      threads_.push_back(std::make_unique<LoadThread>(
          shared, LoadThread::Share{PartOf(options.connections, i, options.threads), part, first,
                                    once ? end : shared.ring.count(), options.rate / threads,
                                    options.ramp / threads}));
    }
  }

  void Run(const std::string& title) {
    std::vector<std::thread> running;
    for (auto& thread : threads_) {
      running.emplace_back([this, &thread] {
        thread->Run();
        const std::lock_guard lock(mutex_);
        ++finished_;
        changed_.notify_one();
      });
    }
    Watch(title);
    for (std::thread& thread : running) thread.join();
  }

  Result<Outcome> Collect(const std::string& title) const {
    Outcome outcome;
    outcome.title = title;
    outcome.interrupted = interrupted_;
    uint64_t first_ns = UINT64_MAX;
    uint64_t last_ns = 0;
    for (const auto& thread : threads_) {
      if (!thread->failure.empty()) return Status::Error(thread->failure);
      outcome.requests += thread->answered.load(std::memory_order_relaxed);
      outcome.latency_ns.Merge(thread->latency_ns);
      outcome.timeline.Merge(thread->timeline);
      outcome.tally.Merge(thread->tally);
      outcome.sent_bytes += thread->sent_bytes;
      outcome.received_bytes += thread->received_bytes;
      outcome.lost += thread->lost;
      outcome.cpu_seconds += static_cast<double>(thread->cpu_ns) / 1e9;
      if (thread->first_ns != 0) first_ns = std::min(first_ns, thread->first_ns);
      last_ns = std::max(last_ns, thread->last_ns);
    }
    if (last_ns > first_ns) outcome.seconds = static_cast<double>(last_ns - first_ns) / 1e9;
    return outcome;
  }

 private:
  // Waits for the threads; on a terminal, with a line that tells how far they are.
  void Watch(const std::string& title) {
    const Options& options = shared_.options;
    const bool show = isatty(STDERR_FILENO) != 0 && !options.csv && !options.json;
    const auto started = std::chrono::steady_clock::now();
    auto previous = started;
    uint64_t previous_answered = 0;
    std::unique_lock lock(mutex_);
    const auto all_done = [this] { return finished_ == threads_.size(); };
    while (!changed_.wait_for(lock, std::chrono::milliseconds(250), all_done)) {
      if (TakeInterrupt()) {
        interrupted_ = true;
        shared_.stop.store(true, std::memory_order_relaxed);
      }
      if (!show) continue;
      uint64_t answered = 0;
      uint64_t open = 0;
      for (const auto& thread : threads_) {
        answered += thread->answered.load(std::memory_order_relaxed);
        open += thread->open.load(std::memory_order_relaxed);
      }
      const auto now = std::chrono::steady_clock::now();
      const std::chrono::duration<double> step = now - previous;
      const std::chrono::duration<double> whole = now - started;
      std::fprintf(stderr, "\r%.40s: %.0f/s now, %.0f/s overall, %llu connections, %.0f s \x1b[K",
                   title.c_str(), static_cast<double>(answered - previous_answered) / step.count(),
                   static_cast<double>(answered) / whole.count(),
                   static_cast<unsigned long long>(open), whole.count());
      previous = now;
      previous_answered = answered;
    }
    if (show) std::fputs("\r\x1b[K", stderr);
  }

  LoadShared& shared_;
  std::vector<std::unique_ptr<LoadThread>> threads_;
  std::mutex mutex_;
  std::condition_variable changed_;
  size_t finished_ = 0;       // guarded by mutex_
  bool interrupted_ = false;  // of the watching thread
};

}  // namespace

Result<Address> Resolve(const Options& options) {
  Address address;
  if (!options.socket.empty()) {
    sockaddr_un local{};
    local.sun_family = AF_UNIX;
    if (options.socket.size() >= sizeof local.sun_path) {
      return Status::Error("-s: the path is too long");
    }
    std::memcpy(local.sun_path, options.socket.data(), options.socket.size());
    std::memcpy(&address.storage, &local, sizeof local);
    address.size = sizeof local;
    return address;
  }
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const std::string port = std::to_string(options.port);
  const int error = getaddrinfo(options.host.c_str(), port.c_str(), &hints, &found);
  if (error != 0) return Status::Error(options.host + ": " + gai_strerror(error));
  // "localhost" may name an IPv6 address that the server does not listen at: the first that accepts
  // is taken, or the first of all, so that its error is the one shown.
  const addrinfo* chosen = found;
  for (const addrinfo* each = found; each != nullptr && found->ai_next != nullptr;
       each = each->ai_next) {
    if (Accepts(*each)) {
      chosen = each;
      break;
    }
  }
  std::memcpy(&address.storage, chosen->ai_addr, chosen->ai_addrlen);
  address.size = chosen->ai_addrlen;
  freeaddrinfo(found);
  return address;
}

void HoldInterrupts() {
  const sigset_t set = Interrupts();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

Result<Outcome> RunLoad(const Options& options, const Address& address, const std::string& title,
                        const RequestRing& ring, bool once) {
  LoadShared shared{options, ring, address, {}, 0, {}};
  MakeSetup(options, shared);
  Crew crew(shared, once);
  crew.Run(title);
  return crew.Collect(title);
}

}  // namespace gotthard::bench
