// Connection: one client's socket, its unparsed bytes and its unsent replies. Belongs to one IoLoop
// at a time; moves between threads only when nothing of it is under way.
//
// Life: adopted by a loop; receives and submits batches; ends when the peer closes, an error occurs
// or the execution thread says so. Ending takes a round trip: a kClosed batch follows the client's
// last commands to the execution thread, which frees the session and sends it back; then what was
// still answered is flushed and the socket closed. So no reply to a half-closed client is lost, and
// the slot of a session is never reused while its connection lives.
//
// Limits: see IoLimits.
#pragma once

#include <cstdint>
#include <memory>

#include "net/reactor.h"
#include "pipe/batch_builder.h"
#include "pipe/batch_queue.h"

namespace gotthard {

class IoLoop;

class Connection final : public Endpoint, public Traveller {
 public:
  // From so many missing bytes on, a request is received into memory of its own.
  static constexpr uint64_t kOwnRoomBytes = 64 * 1024;

  Connection(int fd, SessionId id) : fd_(fd), id_(id) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() override;

  BatchBuilder::Room ReceiveRoom() override;
  bool WantsOwnRoom() const override;
  void OnReceived(const BatchBuilder::Room& room, int64_t result) override;
  void OnReleasable() override;
  void OnLeftover(const BatchBuilder::Room& room, size_t size) override;
  void OnSent(int64_t result) override;

  SessionId id() const { return id_; }
  RequestParser& parser() { return input_.parser; }

 private:
  friend class IoLoop;

  int fd_;
  SessionId id_;
  IoLoop* loop_ = nullptr;
  RequestInput input_;
  BatchQueue output_;           // replies not sent yet
  size_t sent_of_front_ = 0;    // bytes of output_.front() that have left
  size_t output_bytes_ = 0;     // all that is not sent yet
  uint64_t flushed_bytes_ = 0;  // all that was ever sent
  uint64_t reported_flushed_bytes_ = 0;
  uint32_t reported_query_bytes_ = 0;  // of the read buffer, as the last batch told
  uint32_t reported_query_free_ = 0;
  uint32_t in_flight_ = 0;        // commands submitted and not answered
  uint64_t in_flight_bytes_ = 0;  // of these commands
  int64_t over_soft_limit_since_ms_ = 0;
  int64_t linger_until_ms_ = 0;
  uint8_t output_class_ = 0;
  bool sending_ = false;          // a Send is pending
  bool dirty_ = false;            // in the loop's list of connections to flush
  bool stalled_ = false;          // parsing stopped: too much in flight, or waiting for AUTH
  bool resuming_ = false;         // in the loop's list of connections to parse on
  bool ticking_ = false;          // in the loop's list of connections that the next tick looks at
  bool barrier_ = false;          // the reply of the last command decides how to parse on
  bool failed_ = false;           // a protocol error is under way; what follows it is not parsed
  bool reading_ = true;           // the reactor may receive
  bool close_when_sent_ = false;  // nothing follows the replies that are queued
  bool ending_ = false;           // the kClosed batch is under way
  bool session_ended_ = false;    // the kClosed batch came back
  bool broken_ = false;        // the socket failed or is to be dropped: nothing more is sent, and
                               // the reactor does not know it any more
  bool leaving_ = false;       // goes to another thread once nothing is under way
  uint8_t leaving_ticks_ = 0;  // for so many ticks already, up to kLeavingTicks
};

}  // namespace gotthard
