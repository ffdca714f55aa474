// Streams against a plain model: long random sequences of steps, the failing one shrunk to the
// steps that it takes.
#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/random.h"
#include "types/stream.h"

namespace gotthard {
namespace {

using Strings = std::vector<std::string>;

std::string TextOf(const StreamId& id) {
  char buffer[kStreamIdTextBytes];
  return std::string(id.Text(buffer));
}

enum class Action {
  kAppend,
  kErase,
  kTrimToLength,
  kTrimBefore,
  kSetLastId,
  kRange,
  kAddGroup,
  kRemoveGroup,
  kDeliver,
  kTransfer,
  kAcknowledge,
  kRemoveConsumer,
  kClone,
};
constexpr const char* kActionNames[] = {
    "append",      "erase",           "trim-to-length", "trim-before", "set-last-id",
    "range",       "add-group",       "remove-group",   "deliver",     "transfer",
    "acknowledge", "remove-consumer", "clone"};

// What its numbers mean depends on the state, so that steps make sense when others are left out.
struct Step {
  Action action;
  uint64_t a;
  uint64_t b;
  uint64_t c;
};

// What a stream promises. Nodes are part of it: trimming by whole nodes shows them.
class Model {
 public:
  explicit Model(uint64_t entries_per_node) : entries_per_node_(entries_per_node) {}

  struct Entry {
    StreamId id;
    Strings texts;
    bool deleted = false;
  };
  using Node = std::vector<Entry>;
  struct Nack {
    std::string consumer;
    int64_t time_ms;
    uint64_t count;
  };
  struct Group {
    std::map<StreamId, Nack> pending;
    std::set<std::string> consumers;
  };

  void Append(const StreamId& id, const Strings& texts) {
    if (nodes_.empty() || nodes_.back().size() >= entries_per_node_) nodes_.emplace_back();
    nodes_.back().push_back({id, texts});
    last_id = id;
    ++added;
  }
  bool Erase(const StreamId& id) {
    for (Node& node : nodes_) {
      for (Entry& entry : node) {
        if (entry.deleted || entry.id != id) continue;
        entry.deleted = true;
        max_deleted = std::max(max_deleted, id);
        DropDeadNodes();
        return true;
      }
    }
    return false;
  }
  static uint64_t Live(const Node& node) {
    return static_cast<uint64_t>(
        std::count_if(node.begin(), node.end(), [](const Entry& entry) { return !entry.deleted; }));
  }
  uint64_t Length() const {
    uint64_t length = 0;
    for (const Node& node : nodes_) length += Live(node);
    return length;
  }
  uint64_t TrimToLength(uint64_t max_length, const StreamTrim& trim) {
    uint64_t deleted = 0;
    const auto over = [&] { return Length() > max_length ? Length() - max_length : 0; };
    while (over() > 0 && (trim.limit == 0 || deleted + Live(nodes_[0]) <= trim.limit)) {
      if (trim.approximate && Live(nodes_[0]) > over()) break;
      deleted += DeleteFirst(std::min(over(), Live(nodes_[0])));
    }
    return deleted;
  }
  uint64_t TrimBefore(const StreamId& id, const StreamTrim& trim) {
    uint64_t deleted = 0;
    while (!nodes_.empty() && FirstId() < id) {
      const Node& node = nodes_[0];
      if (trim.limit != 0 && deleted + Live(node) > trim.limit) break;
      if (trim.approximate && node.back().id >= id) break;
      deleted += DeleteFirst(
          static_cast<uint64_t>(std::count_if(node.begin(), node.end(), [&](const Entry& entry) {
            return !entry.deleted && entry.id < id;
          })));
    }
    return deleted;
  }
  StreamId FirstId() const {
    for (const Node& node : nodes_) {
      for (const Entry& entry : node) {
        if (!entry.deleted) return entry.id;
      }
    }
    return {};
  }
  StreamId LastEntryId() const {
    StreamId last;
    for (const Node& node : nodes_) {
      for (const Entry& entry : node) {
        if (!entry.deleted) last = entry.id;
      }
    }
    return last;
  }
  Strings Read(const StreamId& start, const StreamId& end) const {
    Strings lines;
    for (const Node& node : nodes_) {
      for (const Entry& entry : node) {
        if (entry.deleted || entry.id < start || entry.id > end) continue;
        std::string line = TextOf(entry.id);
        for (const std::string& text : entry.texts) line += " " + text;
        lines.push_back(line);
      }
    }
    return lines;
  }
  size_t nodes() const { return nodes_.size(); }

  StreamId last_id;
  StreamId max_deleted;
  uint64_t added = 0;
  std::map<std::string, Group> groups;

 private:
  uint64_t DeleteFirst(uint64_t count) {
    uint64_t left = count;
    for (Entry& entry : nodes_[0]) {
      if (left == 0) break;
      if (entry.deleted) continue;
      entry.deleted = true;
      --left;
    }
    DropDeadNodes();
    return count;
  }
  void DropDeadNodes() {
    nodes_.erase(std::remove_if(nodes_.begin(), nodes_.end(),
                                [](const Node& node) { return Live(node) == 0; }),
                 nodes_.end());
  }

  uint64_t entries_per_node_;
  std::vector<Node> nodes_;
};

Strings Read(const Stream& stream, const StreamId& start, const StreamId& end, bool forward) {
  Strings lines;
  char buffer[24];
  const auto direction =
      forward ? StreamCursor::Direction::kForward : StreamCursor::Direction::kBackward;
  for (StreamCursor at(stream, start, end, direction); !at.done(); at.Next()) {
    std::string line = TextOf(at.id());
    at.ForEachField([&](const PackedItem& field, const PackedItem& value) {
      line += " " + std::string(field.Text(buffer));
      line += " " + std::string(value.Text(buffer));
    });
    lines.push_back(line);
  }
  if (!forward) std::reverse(lines.begin(), lines.end());
  return lines;
}

Strings RandomTexts(uint64_t seed) {
  Random random(seed);
  Strings texts;
  constexpr const char* kNames[] = {"temperature", "1", "", "-77"};
  const bool alike = random.Below(3) != 0;
  const size_t fields = alike ? 2 : 1 + random.Below(3);
  for (size_t i = 0; i < fields; ++i) {
    texts.emplace_back(kNames[alike ? i : random.Below(4)]);
    switch (random.Below(4)) {
      case 0:
        texts.push_back(std::to_string(random.Next() >> random.Below(64)));
        break;
      case 1:
        texts.emplace_back(random.Below(200), 'x');
        break;
      default:
        texts.push_back("value:" + std::to_string(random.Below(1'000)));
    }
  }
  return texts;
}

// The stream and its model, side by side.
class Pair {
 public:
  explicit Pair(uint64_t entries_per_node)
      : limits_{.max_bytes = 0, .max_entries = entries_per_node}, model_(entries_per_node) {}

  // Whether both did the same.
  bool Run(const Step& step) {
    switch (step.action) {
      case Action::kAppend:
        return Append(step);
      case Action::kErase: {
        const StreamId id = SomeId(step.a, step.b);
        return stream_->Erase(id) == model_.Erase(id);
      }
      case Action::kTrimToLength: {
        const uint64_t length = model_.Length() - std::min(model_.Length(), step.a % 40);
        return stream_->TrimToLength(length, TrimOf(step)) ==
               model_.TrimToLength(length, TrimOf(step));
      }
      case Action::kTrimBefore: {
        StreamId id = model_.FirstId();
        id.ms += step.a % 40;
        return stream_->TrimBefore(id, TrimOf(step)) == model_.TrimBefore(id, TrimOf(step));
      }
      case Action::kSetLastId:
        model_.last_id = model_.LastEntryId();
        if (step.a % 2 == 0) model_.last_id.ms += step.b % 100;
        stream_->set_last_id(model_.last_id);
        return true;
      case Action::kRange: {
        const StreamId start = SomeId(step.a, step.c % 3);
        const StreamId end = SomeId(step.b, step.c / 3 % 3);
        return Read(*stream_, start, end, step.c % 2 == 0) == model_.Read(start, end);
      }
      default:
        return RunOnGroup(step);
    }
  }

  bool IsAlike() const {
    if (!stream_->IsSound() || stream_->length() != model_.Length()) return false;
    if (stream_->nodes() != model_.nodes() || stream_->entries_added() != model_.added)
      return false;
    if (stream_->last_id() != model_.last_id || stream_->first_id() != model_.FirstId())
      return false;
    if (stream_->max_deleted_id() != model_.max_deleted) return false;
    if (stream_->LastEntryId() != model_.LastEntryId()) return false;
    for (const bool forward : {true, false}) {
      if (Read(*stream_, StreamId::Min(), StreamId::Max(), forward) !=
          model_.Read(StreamId::Min(), StreamId::Max())) {
        return false;
      }
    }
    return GroupsAreAlike();
  }

 private:
  static StreamTrim TrimOf(const Step& step) {
    return {.approximate = step.b % 2 == 0, .limit = step.b % 3 == 0 ? step.c % 30 : 0};
  }

  bool Append(const Step& step) {
    StreamId id = model_.last_id;
    if (!id.Increment()) return true;
    if (step.b % 50 == 0) {
      id.ms += step.b;
      id.seq = step.a;
    } else if (step.b % 3 != 0) {
      id.ms += 1 + step.b % 3;
      id.seq = step.a % 5 == 0 ? UINT64_MAX : 0;
    } else {
      id.seq += step.a % 1'000;
    }
    if (id <= model_.last_id) return true;
    const Strings texts = RandomTexts(step.c);
    const std::vector<std::string_view> views(texts.begin(), texts.end());
    model_.Append(id, texts);
    return stream_->Append(id, views, limits_);
  }

  // One that is there, or near one.
  StreamId SomeId(uint64_t which, uint64_t kind) const {
    StreamId id = model_.FirstId();
    size_t left = which % (model_.Length() + 1);
    for (StreamCursor at(*stream_, id, StreamId::Max()); !at.done() && left > 0;
         at.Next(), --left) {
      id = at.id();
    }
    if (kind % 4 == 1) id.Increment();
    if (kind % 4 == 2) id.Decrement();
    return id;
  }

  bool RunOnGroup(const Step& step) {
    const std::string name = "group:" + std::to_string(step.c % 2);
    StreamGroup* group = stream_->FindGroup(name);
    if ((group != nullptr) != (model_.groups.count(name) == 1)) return false;
    if (step.action == Action::kAddGroup) {
      const bool made = stream_->AddGroup(name, {}, 0) != nullptr;
      return model_.groups.emplace(name, Model::Group()).second == made;
    }
    if (step.action == Action::kClone) {
      if (step.a % 10 == 0) stream_ = stream_->Clone();
      return true;
    }
    if (group == nullptr) return true;
    Model::Group& plain = model_.groups[name];
    if (step.action == Action::kRemoveGroup) {
      if (step.a % 8 != 0) return true;
      model_.groups.erase(name);
      return stream_->RemoveGroup(name) != nullptr;
    }
    return RunOnPending(step, *group, plain);
  }

  static bool RunOnPending(const Step& step, StreamGroup& group, Model::Group& plain) {
    const std::string name = "consumer:" + std::to_string(step.c / 2 % 4);
    StreamConsumer* consumer = group.FindConsumer(name);
    if ((consumer != nullptr) != (plain.consumers.count(name) == 1)) return false;
    const StreamId id{step.a % 64, step.b % 3};
    StreamNack* nack = group.FindPending(id);
    if ((nack != nullptr) != (plain.pending.count(id) == 1)) return false;
    if (step.action == Action::kAcknowledge) {
      return group.Acknowledge(id) == (plain.pending.erase(id) == 1);
    }
    if (step.action == Action::kRemoveConsumer) {
      if (consumer == nullptr || step.b % 8 != 0) return true;
      size_t pending = 0;
      for (auto at = plain.pending.begin(); at != plain.pending.end();) {
        const bool its = at->second.consumer == name;
        pending += its ? 1 : 0;
        at = its ? plain.pending.erase(at) : std::next(at);
      }
      plain.consumers.erase(name);
      return group.RemoveConsumer(consumer) == pending;
    }
    if (consumer == nullptr) consumer = group.AddConsumer(name, 1);
    plain.consumers.insert(name);
    if (step.action == Action::kTransfer) {
      if (nack == nullptr) return true;
      group.Transfer(nack, consumer);
      plain.pending[id].consumer = name;
      return true;
    }
    const auto time_ms = static_cast<int64_t>(step.b % 1'000);
    plain.pending[id] = {name, time_ms, step.b % 7};
    return group.Deliver(id, consumer, time_ms, step.b % 7) != nullptr;
  }

  bool GroupsAreAlike() const {
    if (stream_->groups().size() != model_.groups.size()) return false;
    for (const auto& [name, plain] : model_.groups) {
      const StreamGroup* group = stream_->FindGroup(name);
      if (group == nullptr || group->pending().size() != plain.pending.size()) return false;
      if (group->consumers().size() != plain.consumers.size()) return false;
      auto at = group->pending().First();
      for (const auto& [id, nack] : plain.pending) {
        if (at->id != id || at->consumer->name() != nack.consumer) return false;
        if (at->delivery_time_ms != nack.time_ms || at->delivery_count != nack.count) return false;
        at.Next();
      }
      if (!at.done()) return false;
    }
    return true;
  }

  StreamNodeLimits limits_;
  Model model_;
  std::unique_ptr<Stream> stream_ = std::make_unique<Stream>();
};

using Steps = std::vector<Step>;

// The first step after which they differ, or steps.size().
size_t FirstWrong(uint64_t entries_per_node, const Steps& steps) {
  Pair pair(entries_per_node);
  for (size_t i = 0; i < steps.size(); ++i) {
    if (!pair.Run(steps[i]) || !pair.IsAlike()) return i;
  }
  return steps.size();
}

// The fewest of the steps, found by leaving out runs of them, that still go wrong.
Steps Shrink(uint64_t entries_per_node, Steps steps) {
  steps.resize(FirstWrong(entries_per_node, steps) + 1);
  for (size_t run = steps.size() / 2; run > 0; run /= 2) {
    for (size_t from = 0; from + run < steps.size();) {
      Steps fewer = steps;
      const auto begin = fewer.begin() + static_cast<std::ptrdiff_t>(from);
      fewer.erase(begin, begin + static_cast<std::ptrdiff_t>(run));
      if (FirstWrong(entries_per_node, fewer) < fewer.size()) {
        steps = std::move(fewer);
      } else {
        from += run;
      }
    }
  }
  return steps;
}

std::string TextOf(const Steps& steps) {
  std::string text;
  for (const Step& step : steps) {
    text += kActionNames[static_cast<size_t>(step.action)];
    for (const uint64_t number : {step.a, step.b, step.c}) text += " " + std::to_string(number);
    text += "\n";
  }
  return text;
}

Step RandomStep(Random& random) {
  const uint64_t kind = random.Below(25);
  const auto action = kind < 12 ? Action::kAppend : static_cast<Action>(kind - 12);
  return {action, random.Next() >> 20, random.Next() >> 20, random.Next() >> 20};
}

TEST_CASE("a stream does what a list of entries and maps of pending ones do") {
  for (const uint64_t entries_per_node : {1, 2, 7, 150}) {
    const uint64_t seed = 4'000 + entries_per_node;
    CAPTURE(entries_per_node, seed);
    Random random(seed);
    for (int round = 0; round < 4; ++round) {
      Steps steps(500);
      for (Step& step : steps) step = RandomStep(random);
      if (FirstWrong(entries_per_node, steps) == steps.size()) continue;
      FAIL("goes wrong at the last of:\n" << TextOf(Shrink(entries_per_node, steps)));
    }
  }
}

}  // namespace
}  // namespace gotthard
