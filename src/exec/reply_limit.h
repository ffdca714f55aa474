// ReplyOverLimit: for handlers whose reply may be far larger than their data, or than anybody
// reads.
//
// Owning thread: the execution thread. Cost: a few additions.
#pragma once

#include "config/config.h"
#include "exec/context.h"

namespace gotthard {

// Whether the replies of the client's requests in this turn are beyond its hard output limit
// (option client-output-buffer-limit), so that its connection will be ended without them. A handler
// then stops, whatever it has written: the session is closed behind it in any case.
inline bool ReplyOverLimit(Context& ctx) {
  const Config& config = ctx.server().config.values();
  const auto& limit = config.client_output_buffer_limit[Config::kClientNormal];
  if (limit.hard_bytes == 0) [[likely]]
    return false;
  // As in server/: the first chunk does not count.
  const uint64_t most = static_cast<uint64_t>(limit.hard_bytes) + ReplyBuffer::kFirstChunkBytes;
  if (ctx.reply().buffer().size() < most) return false;
  ctx.session().set(Session::kCloseAfterReply);
  return true;
}

}  // namespace gotthard
