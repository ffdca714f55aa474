#include "tests/commands/harness.h"

#include <optional>

#include "base/split_args.h"

namespace gotthard {

// --- TestClient

TestClient::TestClient(Harness& harness)
    : harness_(harness), state_(std::make_shared<EngineClient>()) {
  harness_.engine_->Connect(state_);
}

std::vector<ReplyValue> TestClient::Receive() {
  raw_ = std::move(state_->received);
  state_->received.clear();
  std::vector<ReplyValue> replies;
  REQUIRE(ParseReplies(raw_, &replies));
  return replies;
}

std::vector<ReplyValue> TestClient::Send(std::string_view bytes) {
  (void)Receive();
  harness_.engine_->Send(*state_, bytes);
  return Receive();
}

ReplyValue TestClient::Run(const std::vector<std::string>& words) {
  std::vector<ReplyValue> replies = Send(EncodeRequest(words));
  if (replies.empty()) return reply::Push({reply::Bulk("(no reply)")});
  return replies.back();
}

ReplyValue TestClient::Run(std::string_view command) {
  std::optional<std::vector<std::string>> words = SplitArgs(command);
  REQUIRE(words.has_value());
  return Run(*words);
}

bool TestClient::Waits(std::string_view command) {
  return Run(command) == reply::Push({reply::Bulk("(no reply)")});
}

bool TestClient::closed() const {
  return state_->closed;
}
void TestClient::Disconnect() {
  harness_.engine_->Disconnect(*state_);
}
SessionId TestClient::id() const {
  return state_->id;
}
Session& TestClient::session() {
  Session* session = harness_.server().sessions.Find(state_->id);
  REQUIRE(session != nullptr);
  return *session;
}

// --- Harness

Harness::Harness(std::string_view config)
    : delivery_(GENERATE(Delivery::kWhole, Delivery::kByteByByte, Delivery::kPiped)),
      engine_(std::make_unique<Engine>(delivery_, time_, config)) {
  NewClient();
}

Harness::~Harness() {
  for (auto& client : clients_) client->Disconnect();
}

TestClient& Harness::NewClient() {
  clients_.push_back(std::unique_ptr<TestClient>(new TestClient(*this)));
  return *clients_.back();
}

void Harness::AdvanceMs(int64_t ms) {
  time_.AdvanceMs(ms);
  engine_->OnExecution([this] { engine_->executor().Tick(); });
}

void Harness::SetTimeMs(int64_t wall_ms) {
  time_.SetWallMs(wall_ms);
  engine_->OnExecution([this] { engine_->executor().Tick(); });
}

ServerState& Harness::server() {
  return engine_->server();
}
bool Harness::shutdown_requested() const {
  return engine_->shutdown_requested();
}

}  // namespace gotthard
