// DEBUG about the process: crashes, switches, the allocator.
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>

#include "base/blob.h"
#include "base/memory.h"
#include "commands/debug_commands.h"
#include "exec/session_memory.h"
#include "observe/log.h"
#include "observe/memory.h"

namespace gotthard {
namespace {

// As atoi: what is no number is 0. The switches of DEBUG are that lenient in Redis.
bool IsOn(std::string_view text) {
  return std::atoi(std::string(text).c_str()) != 0;
}

void Warn(const ServerState& server, const std::string& text) {
  if (server.log != nullptr) server.log->Warning(text);
}

Status ReplyControlError(int error) {
  return Status::Error(std::string("ERR ") + std::strerror(error));
}

}  // namespace

Status DebugAssert(Context& ctx, const Args& /*args*/) {
  Warn(ctx.server(), "=== ASSERTION FAILED ===");
  Warn(ctx.server(), "==> DEBUG ASSERT: '1 == 2' is not true");
  std::abort();
}

Status DebugPanic(Context& ctx, const Args& /*args*/) {
  Warn(ctx.server(),
       "Guru Meditation: DEBUG PANIC called at Unix time " + std::to_string(ctx.now_ms() / 1000));
  if (ctx.config().use_exit_on_panic) std::exit(1);
  std::abort();
}

Status DebugSegfault(Context& /*ctx*/, const Args& /*args*/) {
  void* page = mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  *static_cast<volatile char*>(page) = 'x';
  return Status::Error("ERR The page could be written to");
}

Status DebugOom(Context& ctx, const Args& /*args*/) {
  std::free(MustMalloc(SIZE_MAX / 2));
  return ctx.reply().Ok();
}

Status DebugLeak(Context& ctx, const Args& args) {
  // A pointer that nobody keeps is the point; volatile, so that the compiler keeps the allocation.
  char* volatile lost = static_cast<char*>(MustMalloc(args[2].size() + 1));
  std::memcpy(lost, args[2].data(), args[2].size());
  return ctx.reply().Ok();
}

Status DebugLog(Context& ctx, const Args& args) {
  Warn(ctx.server(), "DEBUG LOG: " + std::string(args[2]));
  return ctx.reply().Ok();
}

Status DebugSleep(Context& ctx, const Args& args) {
  const double seconds = std::strtod(std::string(args[2]).c_str(), nullptr);
  // A day is longer than any test; NaN and negative times are none.
  if (!(seconds > 0) || seconds > 86400) return ctx.reply().Ok();
  const auto us = static_cast<int64_t>(seconds * 1e6);
  timespec rest{.tv_sec = us / 1'000'000, .tv_nsec = us % 1'000'000 * 1000};
  while (nanosleep(&rest, &rest) != 0 && errno == EINTR) {
  }
  return ctx.reply().Ok();
}

Status DebugSetActiveExpire(Context& ctx, const Args& args) {
  ctx.server().active_expire_enabled = IsOn(args[2]);
  return ctx.reply().Ok();
}

Status DebugPauseCron(Context& ctx, const Args& args) {
  ctx.server().cron_paused = IsOn(args[2]);
  return ctx.reply().Ok();
}

Status DebugSetDisableDenyScripts(Context& ctx, const Args& args) {
  ctx.server().debug.disable_deny_scripts = IsOn(args[2]);
  return ctx.reply().Ok();
}

Status DebugSetSkipChecksum(Context& ctx, const Args& args) {
  ctx.server().debug.skip_checksum_validation = IsOn(args[2]);
  return ctx.reply().Ok();
}

Status DebugQuicklistThreshold(Context& ctx, const Args& args) {
  auto bytes = ParseMemory(args[2]);
  if (!bytes || *bytes >= (uint64_t{1} << 32)) {
    return Status::Error("ERR argument must be a memory value bigger than 1 and smaller than 4gb");
  }
  ctx.server().debug.quicklist_packed_threshold =
      *bytes == 0 ? DebugSwitches().quicklist_packed_threshold : *bytes;
  return ctx.reply().Ok();
}

Status DebugReplyBuffer(Context& ctx, const Args& args) {
  DebugSwitches& debug = ctx.server().debug;
  if (IsOption(args[2], "resizing")) {
    debug.reply_buffer_resizing = IsOn(args[3]);
    return ctx.reply().Ok();
  }
  if (!IsOption(args[2], "peak-reset-time")) return DebugSyntaxError(args);
  if (IsOption(args[3], "never")) {
    debug.reply_buffer_peak_reset_ms = -1;
  } else if (IsOption(args[3], "reset")) {
    debug.reply_buffer_peak_reset_ms = DebugSwitches().reply_buffer_peak_reset_ms;
  } else {
    auto time_ms = ParseInt64(args[3]);
    if (!time_ms) return kErrNotInteger;
    debug.reply_buffer_peak_reset_ms = *time_ms;
  }
  return ctx.reply().Ok();
}

Status DebugConfigRewriteForceAll(Context& ctx, const Args& /*args*/) {
  Status status = ctx.server().config.Rewrite(/*force_all=*/true);
  if (!status.ok()) {
    return Status::Error("ERR CONFIG-REWRITE-FORCE-ALL failed: " +
                         std::string(status.text().substr(status.text().find(' ') + 1)));
  }
  return ctx.reply().Ok();
}

// Clients by the power of two that their memory falls under, from 32 KB to 8 GB.
Status DebugClientEviction(Context& ctx, const Args& /*args*/) {
  if (ctx.config().maxmemory_clients == 0) {
    return Status::Error("ERR maxmemory-clients is disabled.");
  }
  constexpr int kMinLog = 15;
  constexpr int kMaxLog = 33;
  constexpr int kBuckets = kMaxLog - kMinLog + 1;
  struct Bucket {
    size_t bytes = 0;
    size_t clients = 0;
  };
  std::array<Bucket, kBuckets> buckets;
  const int64_t now_ms = ctx.now_ms();
  ctx.server().sessions.ForEach([&buckets, now_ms](const Session& session) {
    const size_t bytes = SessionMemoryBytes(session, now_ms);
    int bucket =
        std::clamp<int>(static_cast<int>(std::bit_width(bytes)) - kMinLog, 0, kBuckets - 1);
    buckets[static_cast<size_t>(bucket)].bytes += bytes;
    ++buckets[static_cast<size_t>(bucket)].clients;
  });
  std::string text;
  for (int i = 0; i < kBuckets; ++i) {
    const size_t from = i == 0 ? 0 : size_t{1} << (i - 1 + kMinLog);
    char line[160];
    if (i == kBuckets - 1) {
      std::snprintf(line, sizeof(line), "bucket %10zu+            : ", from);
    } else {
      std::snprintf(line, sizeof(line), "bucket %10zu - %10zu: ", from,
                    (size_t{1} << (i + kMinLog)) - 1);
    }
    text += line;
    std::snprintf(line, sizeof(line), "tot-mem: %10zu, clients: %zu\n",
                  buckets[static_cast<size_t>(i)].bytes, buckets[static_cast<size_t>(i)].clients);
    text += line;
  }
  return ctx.reply().Verbatim("txt", text);
}

Status DebugStructSize(Context& ctx, const Args& /*args*/) {
  std::string text = "bits:" + std::to_string(8 * sizeof(void*));
  text += " entry:" + std::to_string(sizeof(Entry));
  text += " blob:" + std::to_string(sizeof(Blob));
  text += " session:" + std::to_string(sizeof(Session));
  text += " commandbatch:" + std::to_string(sizeof(CommandBatch));
  return ctx.reply().Bulk(text);
}

// Numbers of jemalloc have 8, 4 or 1 byte; the name does not tell which.
Status DebugMallctl(Context& ctx, const Args& args) {
  const std::string name(args[2]);
  int64_t value = 0;
  if (args.size() == 4) {
    auto wanted = ParseInt64(args[3]);
    if (!wanted) return kErrNotInteger;
    value = *wanted;
  }
  const bool sets = args.size() == 4;
  for (size_t size : {sizeof(int64_t), sizeof(int32_t), sizeof(bool)}) {
    int64_t old = 0;
    size_t old_size = size;
    int error =
        AllocatorControl(name.c_str(), &old, &old_size, sets ? &value : nullptr, sets ? size : 0);
    if (error == 0) return ctx.reply().Integer(old);
    if (error == EPERM && sets) {  // it can be written only
      error = AllocatorControl(name.c_str(), nullptr, nullptr, &value, size);
      if (error == 0) return ctx.reply().Ok();
    }
    if (error != EINVAL) return ReplyControlError(error);
  }
  return ReplyControlError(EINVAL);
}

Status DebugMallctlStr(Context& ctx, const Args& args) {
  const std::string name(args[2]);
  const char* old = nullptr;
  size_t old_size = sizeof(old);
  const int read_error = AllocatorControl(name.c_str(), &old, &old_size, nullptr, 0);
  const bool sets = args.size() == 4;
  if (read_error != 0 && !(read_error == EPERM && sets)) return ReplyControlError(read_error);
  if (sets) {
    const std::string text(args[3]);
    const char* value = text.c_str();
    const bool is_void = text == "VOID";
    int error = AllocatorControl(name.c_str(), nullptr, nullptr,
                                 is_void ? nullptr : static_cast<void*>(&value),
                                 is_void ? 0 : sizeof(value));
    if (error != 0) return ReplyControlError(error);
  }
  if (read_error != 0) return ctx.reply().Ok();
  return ctx.reply().Bulk(old == nullptr ? "" : old);
}

}  // namespace gotthard
