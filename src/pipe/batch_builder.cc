#include "pipe/batch_builder.h"

#include <algorithm>
#include <cstring>

namespace gotthard {
namespace {

// A shared buffer with less room than this left is not offered to a socket any more.
constexpr size_t kMinRoom = 16 * 1024;
// A private buffer is never made larger than this at once on the word of a length that the client
// sent; past it, it doubles as bytes really come.
constexpr size_t kTrustedBytes = 4 * 1024 * 1024;
// A pipeline is cut in the middle of a request at nearly every read; with less room than this
// behind the cut, every other read is a small one.
constexpr size_t kMinPrivate = 16 * 1024;
// Behind a header there may be anything: not worth a read below this.
constexpr size_t kMinRead = 1024;
// Room behind a large value: for the arguments that follow it, and the next request's header, so
// that of a pipeline of large values each comes into its own buffer from the start.
constexpr size_t kTail = 512;
constexpr size_t kMinTail = 64;
// What is read of a client's next request whose last one brought a large value: the header is seen
// after that, and the rest need not be copied.
constexpr size_t kFirstRead = 2048;
// A value that is offered makes up this many eighths of its buffer.
constexpr size_t kOfferEighths = 7;

// How large a private buffer has to be for what is there of a request and what it lacks, where
// `value` says that a large value is what lacks.
size_t PrivateCapacity(size_t unparsed, size_t missing, bool value) {
  const size_t wanted = unparsed + missing + (value ? kTail : 0);
  // Trusted are a few megabytes, and then as much again as has arrived; or a little more or less,
  // so that no last step is a small one.
  const bool trusted = wanted <= std::max(kTrustedBytes, unparsed * 5 / 2);
  size_t capacity = trusted ? wanted : std::min(std::max(kTrustedBytes, unparsed * 2), wanted / 2);
  // Half as much again at least, unless this is a fair step already: a request of many arguments
  // never says how much is still to come, and would otherwise be copied once for every few of them.
  if (!value || missing < unparsed / 4) {
    capacity = std::max(capacity, unparsed + std::max(unparsed / 2, kMinPrivate));
  }
  return std::min<size_t>(capacity, UINT32_MAX);  // so that every offset fits 32 bits
}

}  // namespace

std::unique_ptr<CommandBatch> BatchBuilder::NewBatch(SessionId session) {
  std::unique_ptr<CommandBatch> batch;
  if (free_.empty()) {
    batch = std::make_unique<CommandBatch>();
    batch->origin = origin_;
  } else {
    batch = std::move(free_.back());
    free_.pop_back();
  }
  least_free_ = std::min(least_free_, free_.size());
  batch->session = session;
  return batch;
}

void BatchBuilder::Recycle(std::unique_ptr<CommandBatch> batch) {
  if (batch->origin != origin_ || free_.size() >= kMaxFreeBatches) return;
  batch->Reset();
  free_.push_back(std::move(batch));
}

void BatchBuilder::Trim() {
  if (least_free_ > kMinFreeBatches) {
    const size_t spare = std::min(least_free_ - kMinFreeBatches, kMaxTrimmed);
    // Those at the front were not touched for the longest time.
    free_.erase(free_.begin(), free_.begin() + static_cast<ptrdiff_t>(spare));
  }
  least_free_ = free_.size();
}

BatchBuilder::Room BatchBuilder::RoomFor(RequestInput& input) {
  if (input.buffer) {
    ReadBuffer* have = input.buffer.get();
    const size_t missing = std::max<size_t>(input.parser.need_hint(), 1);
    const size_t enough = missing == 1 ? kMinRead : std::min(missing, kMinPrivate);
    const size_t rest = have->capacity() - input.end;
    // A value's buffer serves one request: the next one would keep it, or be kept by the value.
    const bool stays =
        have->is_private() && have->exclusive() && !(have->for_value() && input.begin != 0);
    if (stays && (rest >= enough || (have->for_value() && rest >= std::max(missing, kMinTail)))) {
      return {have, input.end, rest};
    }
    MakePrivate(input, missing);
    return {input.buffer.get(), input.end, input.buffer->capacity() - input.end};
  }
  if (!shared_ || ReadBufferPool::kBufferBytes - shared_used_ < kMinRoom) {
    shared_ = pool_.Get();
    shared_used_ = 0;
  } else if (shared_->refs() == 1) {
    shared_used_ = 0;  // nobody looks at what it holds: start over, where the cache is warm
  }
  const size_t room = ReadBufferPool::kBufferBytes - shared_used_;
  return {shared_.get(), shared_used_, input.sends_values ? std::min(room, kFirstRead) : room};
}

void BatchBuilder::MakePrivate(RequestInput& input, size_t missing) {
  ReadBuffer* have = input.buffer.get();
  const size_t unparsed = input.unparsed_bytes();
  const bool value = input.parser.argument_bytes() >= kValueBytes;
  const size_t capacity = PrivateCapacity(unparsed, missing, value);
  if (have->for_value() && have->exclusive() && input.begin == 0) {
    have->Enlarge(capacity);
    return;
  }
  ReadBufferRef larger = ReadBufferRef::Adopt(value ? ReadBuffer::NewForValue(capacity)
                                                    : ReadBuffer::NewPrivate(capacity));
  std::memcpy(larger->data(), have->data() + input.begin, unparsed);
  input.buffer = std::move(larger);
  input.begin = 0;
  input.end = unparsed;
}

void BatchBuilder::OfferValue(CommandBatch& batch, RequestInput& input, uint32_t argc) {
  // The sink's place: behind the word for the header of the command that Finish adds.
  const CommandView view(batch.base, batch.words.data() + batch.words.size());
  ArgRef longest{};
  for (uint32_t i = 1; i < argc; ++i) {
    const auto arg = std::bit_cast<ArgRef>(view.words()[1 + i]);
    if (arg.length > longest.length) longest = arg;
  }
  const size_t least = input.buffer->capacity() / 8 * kOfferEighths;
  if (longest.length < kValueBytes || longest.length < least) return;
  BlobRef& value = input.buffer->value();
  value.Narrow(longest.offset, longest.length);
  batch.value = value;
}

void BatchBuilder::Received(RequestInput& input, const Room& room, size_t size) {
  if (size == 0) return;
  if (input.buffer) {
    if (room.buffer == input.buffer.get() && room.offset == input.end) {
      input.end += size;
    } else {
      Join(input, room, size);
    }
    return;
  }
  room.buffer->Ref();
  input.buffer = ReadBufferRef::Adopt(room.buffer);
  input.begin = room.offset;
  input.end = room.offset + size;
  if (room.buffer == shared_.get()) shared_used_ = input.end;
}

void BatchBuilder::Join(RequestInput& input, const Room& room, size_t size) {
  const size_t unparsed = input.unparsed_bytes();
  const char* arrived = room.buffer->data() + room.offset;
  // A blob that was made for the value is not given up for the few bytes in front of it.
  if (unparsed <= room.headroom && !input.buffer->for_value()) {
    const size_t begin = room.offset - unparsed;
    std::memcpy(room.buffer->data() + begin, input.buffer->data() + input.begin, unparsed);
    room.buffer->Ref();
    input.buffer = ReadBufferRef::Adopt(room.buffer);
    input.begin = begin;
    input.end = room.offset + size;
    return;
  }
  while (size != 0) {
    const Room own = RoomFor(input);
    const size_t part = std::min(size, own.size);
    std::memcpy(own.buffer->data() + own.offset, arrived, part);
    input.end += part;
    arrived += part;
    size -= part;
  }
}

void BatchBuilder::Settle(RequestInput& input) {
  if (!input.buffer) return;
  if (input.buffer->is_private() && !(input.buffer->for_value() && input.begin != 0)) return;
  (void)RoomFor(input);
}

void BatchBuilder::Detach(RequestInput& input) {
  if (!input.buffer || (input.buffer->is_private() && input.buffer->exclusive())) return;
  (void)RoomFor(input);
}

void BatchBuilder::Finish(CommandBatch& batch, uint32_t argc, size_t begin, bool* changes_auth) {
  const size_t start = batch.words.size();
  batch.words.Advance(1 + size_t{argc});  // the sink reserved and wrote them
  CommandView view(batch.base, batch.words.data() + start);
  CommandHeader header{.row = CommandIndex::kUnknownCommand, .hash_count = 0, .argc = argc};
  batch.words.data()[start] = std::bit_cast<uint64_t>(header);
  const std::string_view name = view.arg(0);
  const IndexedCommand* command = index_.Find(name);
  if (command != nullptr && command->container && argc >= 2) {
    command = index_.FindSubcommand(name, view.arg(1));
    header.row = CommandIndex::kUnknownSubcommand;
  }
  if (command != nullptr) {
    header.row = command->row;
    *changes_auth = command->changes_auth;
    if (command->first_key > 0) header.hash_count = AddHashes(batch, start, *command);
  }
  batch.words.data()[start] = std::bit_cast<uint64_t>(header);
  ++batch.command_count;
  repeat_.length = 0;
  keyed_.with_key = KeyedRepeat::kNone;
  if (command != nullptr) Remember(batch, start, begin, *command);
}

void BatchBuilder::Remember(const CommandBatch& batch, size_t start, size_t begin,
                            const IndexedCommand& command) {
  const CommandView view(batch.base, batch.words.data() + start);
  const ArgRef name = std::bit_cast<ArgRef>(batch.words.data()[start + 1]);
  const size_t length = size_t{name.offset} + name.length + 2 - begin;
  const bool one_key = command.first_key == 1 && command.last_key == 1;
  if (command.container || command.changes_auth || command.subcommand ||
      (command.first_key != 0 && !one_key) || (one_key && view.argc() < 2) ||
      length < Repeat::kMinBytes || length > Repeat::kMaxBytes || batch.base[begin] != '*') {
    return;
  }
  repeat_.head = LoadWord(batch.base + begin);
  repeat_.tail = LoadWord(batch.base + begin + length - 8);
  repeat_.length = static_cast<uint32_t>(length);
  repeat_.argc = view.argc();
  repeat_.header = *view.words();
  repeat_.name =
      std::bit_cast<uint64_t>(ArgRef{name.offset - static_cast<uint32_t>(begin), name.length});
  repeat_.has_key = one_key;
  if (one_key) {
    RememberKey(batch.base + begin, batch.base,
                std::bit_cast<ArgRef>(batch.words.data()[start + 2]));
  }
}

void BatchBuilder::RememberKey(const char* request, const char* base, ArgRef key) {
  const auto length = static_cast<size_t>(base + key.offset - request);
  if (length < KeyedRepeat::kMinBytes || length > KeyedRepeat::kMaxBytes ||
      key.length > RequestParser::kMaxFastBulk) {
    keyed_.with_key = KeyedRepeat::kNone;
    return;
  }
  keyed_.head = LoadWord(request);
  keyed_.middle = LoadWord(request + 8);
  keyed_.tail = LoadWord(request + length - 8);
  keyed_.length = length;
  keyed_.with_key = length + key.length + 2;
  keyed_.key_length = key.length;
}

uint16_t BatchBuilder::AddHashes(CommandBatch& batch, size_t start, const IndexedCommand& command) {
  const uint32_t argc = CommandView(batch.base, batch.words.data() + start).argc();
  if (command.first_key == command.last_key) [[likely]] {  // and no division
    if (static_cast<uint32_t>(command.first_key) >= argc) return 0;
    uint64_t* hash = batch.words.Reserve(1);
    CommandView view(batch.base, batch.words.data() + start);
    *hash = hasher_(view.arg(static_cast<uint32_t>(command.first_key)));
    batch.words.Advance(1);
    return 1;
  }
  int64_t last = command.last_key >= 0 ? command.last_key : int64_t{argc} + command.last_key;
  last = std::min(last, int64_t{argc} - 1);
  if (last < command.first_key) return 0;
  const auto count = static_cast<uint16_t>(
      std::min<int64_t>((last - command.first_key) / command.key_step + 1, UINT16_MAX));
  uint64_t* hashes = batch.words.Reserve(count);
  CommandView view(batch.base, batch.words.data() + start);
  for (uint32_t i = 0; i < count; ++i) {
    hashes[i] = hasher_(view.arg(static_cast<uint32_t>(command.first_key) + i * command.key_step));
  }
  batch.words.Advance(count);
  return count;
}

}  // namespace gotthard
