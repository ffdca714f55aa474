// What a server without sockets is made of in tests: a Host without network counters, and a
// LazyFree that frees at once.
//
// Owning thread: the one that runs the executor.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "exec/server_state.h"
#include "store/lazy_free.h"

namespace gotthard {

class SocketlessHost : public Host {
 public:
  uint64_t NetworkBytesReceived() const override { return 0; }
  uint64_t NetworkBytesSent() const override { return 0; }
  uint64_t NetworkReads() const override { return 0; }
  uint64_t NetworkWrites() const override { return 0; }
  uint64_t QueryBufferDisconnections() const override { return 0; }
  uint64_t OutputBufferDisconnections() const override { return 0; }
  std::string_view IoBackend() const override { return "epoll"; }
  std::string_view IoBackendReason() const override { return "none is needed"; }
  void ResetNetworkCounters() override {}
};

// Counts what it has freed.
class ImmediateFree final : public LazyFree {
 public:
  void Free(std::unique_ptr<DetachedStorage> storage) override {
    storage.reset();
    ++freed_;
  }
  void Free(DetachedValue value) override {
    const DetachedValue dropped = std::move(value);
    ++freed_;
  }
  uint64_t pending_objects() const override { return 0; }
  uint64_t freed_objects() const override { return freed_; }
  void ResetFreed() override { freed_ = 0; }

 private:
  uint64_t freed_ = 0;
};

}  // namespace gotthard
