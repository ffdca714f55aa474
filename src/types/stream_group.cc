#include "types/stream_group.h"

#include <cassert>

#include "base/memory.h"

namespace gotthard {
namespace {

size_t NameBytes(const std::string& name) {
  return name.capacity() < sizeof(std::string) / 2 ? 0 : AllocationClass(name.capacity() + 1);
}

}  // namespace

StreamGroup::~StreamGroup() {
  for (auto at = pending_.First(); !at.done();) {
    const StreamNack* nack = at.get();
    at.Next();
    delete nack;
  }
}

StreamConsumer* StreamGroup::FindConsumer(std::string_view name) const {
  const auto found = consumers_.find(name);
  return found == consumers_.end() ? nullptr : found->second.get();
}

StreamConsumer* StreamGroup::AddConsumer(std::string_view name, int64_t now_ms) {
  if (FindConsumer(name) != nullptr) return nullptr;
  auto consumer = std::make_unique<StreamConsumer>(name, now_ms);
  const std::string_view own_name = consumer->name();
  return consumers_.emplace(own_name, std::move(consumer)).first->second.get();
}

size_t StreamGroup::RemoveConsumer(StreamConsumer* consumer) {
  const size_t pending = consumer->pending_.size();
  for (auto at = consumer->pending_.First(); !at.done();) {
    const StreamNack* nack = at.get();
    at.Next();
    pending_.Erase(nack->id);
    delete nack;
  }
  consumers_.erase(consumers_.find(consumer->name()));
  return pending;
}

StreamNack* StreamGroup::Deliver(const StreamId& id, StreamConsumer* consumer, int64_t now_ms,
                                 uint64_t delivery_count) {
  auto nack = std::make_unique<StreamNack>(StreamNack{id, now_ms, delivery_count, consumer});
  // Nearly always it is not pending yet.
  if (pending_.Insert(nack.get())) {
    consumer->pending_.Insert(nack.get());
    return nack.release();
  }
  StreamNack* present = pending_.Find(id);
  Transfer(present, consumer);
  present->delivery_time_ms = now_ms;
  present->delivery_count = delivery_count;
  return present;
}

void StreamGroup::Transfer(StreamNack* nack, StreamConsumer* consumer) {
  if (nack->consumer == consumer) return;
  nack->consumer->pending_.Erase(nack->id);
  nack->consumer = consumer;
  consumer->pending_.Insert(nack);
}

bool StreamGroup::Acknowledge(const StreamId& id) {
  const std::unique_ptr<StreamNack> nack(pending_.Erase(id));
  if (nack == nullptr) return false;
  nack->consumer->pending_.Erase(id);
  return true;
}

StreamGroup::Copy::Copy(const StreamGroup& from)
    : from_(from),
      copy_(std::make_unique<StreamGroup>(from.name_, from.last_id, from.entries_read)),
      consumer_(from.consumers_.begin()) {
  BeginConsumer();
}

void StreamGroup::Copy::BeginConsumer() {
  if (consumer_ == from_.consumers_.end()) return;
  const StreamConsumer& consumer = *consumer_->second;
  consumer_copy_ = copy_->AddConsumer(consumer.name(), consumer.seen_time_ms);
  consumer_copy_->active_time_ms = consumer.active_time_ms;
  pending_ = consumer.pending_.First();
}

bool StreamGroup::Copy::Step(size_t most) {
  for (size_t copied = 0; consumer_ != from_.consumers_.end() && copied < most; ++copied) {
    if (pending_.done()) {
      ++consumer_;
      BeginConsumer();
    } else {
      copy_->Deliver(pending_->id, consumer_copy_, pending_->delivery_time_ms,
                     pending_->delivery_count);
      pending_.Next();
    }
  }
  return consumer_ == from_.consumers_.end();
}

size_t StreamGroup::memory_bytes() const {
  size_t bytes = AllocationClass(sizeof(*this)) + NameBytes(name_) + pending_.memory_bytes() +
                 pending_.size() * AllocationClass(sizeof(StreamNack));
  for (const auto& [name, consumer] : consumers_) {
    bytes += AllocationClass(sizeof(Consumers::value_type) + kMapLinkBytes) +
             AllocationClass(sizeof(StreamConsumer)) + NameBytes(consumer->name()) +
             consumer->pending_.memory_bytes();
  }
  return bytes;
}

size_t StreamGroup::free_effort() const {
  // The consumers' trees have about as many inner nodes as the group's.
  return 1 + pending_.size() + 2 * pending_.inner_nodes() + 2 * consumers_.size();
}

bool StreamGroup::IsSound() const {
  if (!pending_.IsSound()) return false;
  size_t pending = 0;
  for (const auto& [name, consumer] : consumers_) {
    if (name != consumer->name() || !consumer->pending_.IsSound()) return false;
    for (auto at = consumer->pending_.First(); !at.done(); at.Next()) {
      if (at->consumer != consumer.get() || pending_.Find(at->id) != at.get()) return false;
    }
    pending += consumer->pending_.size();
  }
  return pending == pending_.size();
}

}  // namespace gotthard
