// Whether a client sits on the same machine, which some commands ask before they do harm.
#pragma once

#include "exec/session.h"

namespace gotthard {

// A Unix socket, or an address of the loopback interface.
inline bool IsLocalClient(const Session& session) {
  std::string_view address = session.address;
  return session.has(Session::kUnixSocket) || address.rfind("127.", 0) == 0 ||
         address.rfind("[::1]", 0) == 0 || address.rfind("::1", 0) == 0 ||
         address.rfind("[::ffff:127.", 0) == 0;
}

}  // namespace gotthard
