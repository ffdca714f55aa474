#include "exec/monitor.h"

#include <algorithm>
#include <cstdio>
#include <string>

#include "base/split_args.h"

namespace gotthard {

void FeedMonitors(Context& ctx, const CommandView& view, std::span<const size_t> redacted) {
  ServerState& server = ctx.server();
  const Session& session = ctx.session();
  const int64_t now_us = server.clock.NowUs();
  char time[48];
  snprintf(time, sizeof(time), "+%lld.%06lld [%u ", static_cast<long long>(now_us / 1'000'000),
           static_cast<long long>(now_us % 1'000'000), session.db);
  std::string line = time;
  line += session.has(Session::kUnixSocket) ? "unix:" + session.address : session.address;
  line.push_back(']');
  for (uint32_t i = 0; i < view.argc(); ++i) {
    line.push_back(' ');
    const bool hidden = std::find(redacted.begin(), redacted.end(), i) != redacted.end();
    line += QuoteArg(hidden ? "(redacted)" : view.arg(i));
  }
  line += "\r\n";
  server.sessions.ForEach([&](Session& monitor) {
    if (!monitor.has(Session::kMonitor) || monitor.has(Session::kCloseAsap)) return;
    if (monitor.has(Session::kReplyOff)) return;
    if (&monitor == &session) {  // a push would come before the command's own reply
      ctx.reply().buffer().Append(line);
      return;
    }
    ReplyBuffer bytes(line.size());
    bytes.Append(line);
    server.host->Push(monitor, std::move(bytes));
  });
}

}  // namespace gotthard
