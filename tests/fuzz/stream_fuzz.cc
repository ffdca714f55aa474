// Fuzzer: bytes that pass as a stream can be read and edited without harm, and are written back as
// they were read.
//
// The first byte says what the rest is: the listpack of a node; the elements of one; an RDB form;
// or steps that make a stream, whose RDB form is then damaged.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "commands/stream_rdb.h"
#include "persist/rdb_stream.h"
#include "types/listpack.h"
#include "types/stream.h"

namespace gotthard {
namespace {

void Check(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "stream_fuzz: %s\n", what);
  std::abort();
}

// The input, byte by byte; zeros behind its end.
class Input {
 public:
  Input(const uint8_t* data, size_t size) : data_(data), left_(size) {}
  bool AtEnd() const { return left_ == 0; }
  uint8_t Byte() {
    if (left_ == 0) return 0;
    --left_;
    return *data_++;
  }
  // A copy, so that reading behind its end is seen.
  std::vector<char> Rest() const { return {data_, data_ + left_}; }

 private:
  const uint8_t* data_;
  size_t left_;
};

std::string_view View(const std::vector<char>& bytes) {
  return {bytes.data(), bytes.size()};
}

// The entries in either direction, and the sum of all characters.
struct Content {
  std::vector<StreamId> ids;
  uint64_t characters = 0;
};

Content Read(const Stream& stream, bool forward) {
  Content content;
  char buffer[24];
  StreamCursor at(stream, StreamId::Min(), StreamId::Max(),
                  forward ? StreamCursor::Direction::kForward : StreamCursor::Direction::kBackward);
  for (; !at.done(); at.Next()) {
    content.ids.push_back(at.id());
    at.ForEachField([&](const PackedItem& field, const PackedItem& value) {
      for (const char c : field.Text(buffer)) content.characters += static_cast<uint8_t>(c);
      for (const char c : value.Text(buffer)) content.characters += static_cast<uint8_t>(c);
    });
  }
  if (!forward) std::reverse(content.ids.begin(), content.ids.end());
  return content;
}

std::string Written(const Stream& stream) {
  RdbWriter out(/*compress=*/false);
  WriteRdbStream(stream, out);
  return out.bytes();
}

void CheckRoundTrip(const Stream& stream) {
  const std::string written = Written(stream);
  RdbReader in(written);
  const auto read = ReadRdbStream(kRdbStream2, in);
  Check(read != nullptr && in.AtEnd(), "refuses its own form");
  Check(read->IsSound() && Written(*read) == written, "another stream came back");
  const auto copy = stream.Clone();
  Check(copy->IsSound() && Written(*copy) == written, "clone");
}

void UseGroups(Stream& stream) {
  for (const auto& [name, group] : stream.groups()) {
    stream.Lag(*group);
    StreamConsumer* consumer = group->AddConsumer("new", 1);
    if (consumer == nullptr) continue;
    std::vector<StreamId> pending;
    for (auto at = group->pending().First(); !at.done(); at.Next()) pending.push_back(at->id);
    for (size_t i = 0; i < pending.size(); ++i) {
      if (i % 2 == 0) group->Transfer(group->FindPending(pending[i]), consumer);
      if (i % 3 == 0) Check(group->Acknowledge(pending[i]), "acknowledge");
    }
    group->Deliver({7, 7}, consumer, 5);
    Check(group->IsSound(), "group");
    group->RemoveConsumer(group->consumers().begin()->second.get());
    Check(group->IsSound(), "group without a consumer");
  }
}

void Use(Stream& stream) {
  Check(stream.IsSound(), "not sound");
  const Content content = Read(stream, /*forward=*/true);
  const Content backward = Read(stream, /*forward=*/false);
  std::vector<StreamId> ids = content.ids;
  Check(ids == backward.ids && ids.size() == stream.length(), "the two directions");
  Check(content.characters == backward.characters, "the texts of the two directions");
  CheckRoundTrip(stream);
  UseGroups(stream);
  StreamId next = stream.last_id();
  const std::string_view texts[] = {"field", "value", "", "12"};
  for (size_t i = 0; i < 3 && next.Increment(); ++i) {
    Check(stream.Append(next, {texts, i == 0 ? 2u : 4u}, {4096, 100}), "append");
    ids.push_back(next);
  }
  Check(stream.IsSound(), "after appending");
  if (ids.empty()) return;
  for (size_t i = 0; i < ids.size(); i += 3) Check(stream.Erase(ids[i]), "erase");
  Check(stream.IsSound(), "after erasing");
  stream.TrimToLength(stream.length() * 3 / 4, {.approximate = true});
  stream.TrimToLength(stream.length() * 3 / 4, {});
  Check(stream.IsSound(), "after trimming by length");
  stream.TrimBefore(ids[ids.size() / 2], {});
  Check(stream.IsSound(), "after trimming by id");
  stream.TrimToLength(0, {});
  Check(stream.length() == 0, "after trimming all");
}

// The elements of a node: small numbers, and texts.
void LoadElements(Input in) {
  HeapPacked buffer;
  ListpackClear(buffer);
  while (!in.AtEnd()) {
    const uint8_t byte = in.Byte();
    if (byte < 192) {
      ListpackAppend(buffer, int64_t{byte} - 32);
    } else {
      ListpackAppend(buffer, std::string_view("abcdefgh").substr(byte % 8));
    }
  }
  Stream stream;
  if (stream.AppendNode({5, 5}, buffer.view())) Use(stream);
}

void Load(std::string_view form) {
  RdbReader in(form.substr(1));
  const uint8_t types[] = {kRdbStream, kRdbStream2, kRdbStream3};
  const auto stream = ReadRdbStream(types[static_cast<uint8_t>(form[0]) % 3], in);
  if (stream != nullptr && stream->length() + stream->nodes() < 10'000) {
    if (stream->length() == 0) stream->AddGroup("g", {}, 0);
    Use(*stream);
  }
}

void Step(Stream& stream, Input& in) {
  const uint8_t byte = in.Byte();
  StreamId id = stream.last_id();
  StreamGroup* group = stream.FindGroup("g");
  switch (byte % 8) {
    case 0:
      stream.Erase({byte / 8u, 0});
      break;
    case 1:
      if (group == nullptr) group = stream.AddGroup("g", {}, 0);
      group->AddConsumer(std::string(1, static_cast<char>('a' + byte / 64)), byte);
      break;
    case 2:
    case 3:
      if (group != nullptr) {
        group->Deliver({byte / 16u, 0}, group->consumers().begin()->second.get(), byte);
      }
      break;
    default: {
      id.ms += 1 + byte % 4;
      const std::string_view texts[] = {"f", "1", byte % 3 == 0 ? "g" : "h", "value"};
      stream.Append(id, {texts, byte % 2 == 0 ? 2u : 4u}, {200, 5});
    }
  }
}

void LoadDamaged(Input in) {
  Stream stream;
  for (int steps = in.Byte() % 32; steps > 0; --steps) Step(stream, in);
  CheckRoundTrip(stream);
  std::string form = '\x01' + Written(stream);
  for (int changes = in.Byte() % 4; changes > 0; --changes) {
    const size_t at = in.Byte() << 8 | in.Byte();
    form[at % form.size()] = static_cast<char>(in.Byte());
  }
  Load(form);
}

}  // namespace
}  // namespace gotthard

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace gotthard;  // NOLINT(google-build-using-namespace): one function, one file
  Input in(data, size);
  const uint8_t kind = in.Byte() % 4;
  if (kind == 0) {
    const std::vector<char> bytes = in.Rest();
    Stream stream;
    if (stream.AppendNode({5, 5}, View(bytes))) Use(stream);
  } else if (kind == 1) {
    LoadElements(in);
  } else if (kind == 2) {
    const std::vector<char> bytes = in.Rest();
    if (!bytes.empty()) Load(View(bytes));
  } else {
    LoadDamaged(in);
  }
  return 0;
}
