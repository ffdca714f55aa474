#include "types/top_k.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "types/sketch_bytes.h"

namespace gotthard {
namespace {

constexpr uint32_t kDecayTable = 256;
constexpr uint32_t kMaxCount = UINT32_MAX;

uint64_t BucketBytes(const TopK::Options& options) {
  const uint64_t buckets = uint64_t{options.width} * options.depth;
  return buckets >> 44 != 0 ? 0 : buckets * 8;
}

uint32_t FingerprintOf(uint64_t hash) {
  return static_cast<uint32_t>(hash ^ hash >> 32);
}

uint32_t Sum(uint32_t a, uint32_t b) {
  return b > kMaxCount - a ? kMaxCount : a + b;
}

}  // namespace

TopK::TopK(const Options& options) : options_(options), decays_(kDecayTable) {
  for (uint32_t i = 0; i < kDecayTable; ++i) decays_[i] = std::pow(options.decay, i);
}

std::unique_ptr<TopK> TopK::Make(const Options& options) {
  const uint64_t bytes = BucketBytes(options);
  if (bytes == 0) return nullptr;
  std::unique_ptr<TopK> top(new TopK(options));
  top->buckets_ = ZeroedBytes(bytes);
  return top->buckets_ ? std::move(top) : nullptr;
}

// xorshift64*: good enough to decide about a decay, and one word to keep.
double TopK::NextUnit() {
  random_ ^= random_ >> 12;
  random_ ^= random_ << 25;
  random_ ^= random_ >> 27;
  return static_cast<double>(random_ * 0x2545f4914f6cdd1d >> 11) * 0x1.0p-53;
}

double TopK::DecayOf(uint32_t count) const {
  return count < kDecayTable ? decays_[count] : std::pow(options_.decay, count);
}

// What `increment` occurrences of another item do to a bucket. Occurrences without effect are
// leapt over (their number is geometrically distributed), so the cost is bounded by the count.
void TopK::Wear(Bucket& bucket, uint32_t fingerprint, uint32_t increment) {
  while (increment > 0) {
    const double chance = DecayOf(bucket.count);
    if (chance <= 0) return;
    if (chance < 1) {
      const double unit = 1 - NextUnit();  // above 0
      const double misses = std::floor(std::log(unit) / std::log1p(-chance));
      if (!(misses < increment)) return;
      increment -= static_cast<uint32_t>(misses);
    }
    if (--bucket.count == 0) {
      bucket = {fingerprint, increment};
      return;
    }
    --increment;
  }
}

uint32_t TopK::CountInRows(uint64_t hash, uint64_t step, uint32_t increment) {
  const uint32_t fingerprint = FingerprintOf(hash);
  uint32_t most = 0;
  uint64_t at = hash;
  for (uint32_t i = 0; i < options_.depth; ++i) {
    at += step | 1;
    Bucket& bucket = row(i)[ScaleHash(at, options_.width)];
    if (bucket.count == 0) {
      bucket = {fingerprint, increment};
    } else if (bucket.fingerprint == fingerprint) {
      bucket.count = Sum(bucket.count, increment);
    } else {
      Wear(bucket, fingerprint, increment);
    }
    if (bucket.fingerprint == fingerprint) most = std::max(most, bucket.count);
  }
  return most;
}

std::optional<std::string> TopK::Add(std::string_view item, uint32_t increment) {
  if (increment == 0) return std::nullopt;
  const SketchHash hash = HashForSketch(item);
  const uint32_t count = CountInRows(hash.first, hash.second, increment);
  if (const auto found = places_.find(hash.first); found != places_.end()) {
    const size_t at = found->second;
    // A collision may have lowered what the rows know; what was kept is no less than that.
    if (count > heap_[at].count) {
      heap_[at].count = count;
      SiftDown(at);
    }
    return std::nullopt;
  }
  if (heap_.size() < options_.k) {
    heap_.emplace_back();
    Place(heap_.size() - 1, {count, hash.first, std::string(item)});
    SiftUp(heap_.size() - 1);
    return std::nullopt;
  }
  if (count < heap_[0].count) return std::nullopt;
  std::string left = std::move(heap_[0].name);
  places_.erase(heap_[0].hash);
  Place(0, {count, hash.first, std::string(item)});
  SiftDown(0);
  return left;
}

void TopK::Place(size_t at, Item item) {
  places_[item.hash] = at;
  heap_[at] = std::move(item);
}

void TopK::SiftDown(size_t at) {
  Item item = std::move(heap_[at]);
  for (;;) {
    size_t child = 2 * at + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && heap_[child + 1].count < heap_[child].count) ++child;
    if (heap_[child].count >= item.count) break;
    Place(at, std::move(heap_[child]));
    at = child;
  }
  Place(at, std::move(item));
}

void TopK::SiftUp(size_t at) {
  Item item = std::move(heap_[at]);
  while (at > 0) {
    const size_t parent = (at - 1) / 2;
    if (heap_[parent].count <= item.count) break;
    Place(at, std::move(heap_[parent]));
    at = parent;
  }
  Place(at, std::move(item));
}

bool TopK::Contains(std::string_view item) const {
  return places_.contains(HashForSketch(item).first);
}

uint32_t TopK::Count(std::string_view item) const {
  const SketchHash hash = HashForSketch(item);
  const auto found = places_.find(hash.first);
  if (found != places_.end()) return heap_[found->second].count;
  uint32_t most = 0;
  uint64_t at = hash.first;
  for (uint32_t i = 0; i < options_.depth; ++i) {
    at += hash.second | 1;
    const Bucket& bucket = row(i)[ScaleHash(at, options_.width)];
    if (bucket.fingerprint == FingerprintOf(hash.first)) most = std::max(most, bucket.count);
  }
  return most;
}

std::vector<const TopK::Item*> TopK::List() const {
  std::vector<const Item*> list;
  list.reserve(heap_.size());
  for (const Item& item : heap_) list.push_back(&item);
  std::sort(list.begin(), list.end(), [](const Item* a, const Item* b) {
    return a->count != b->count ? a->count > b->count : a->name < b->name;
  });
  return list;
}

size_t TopK::memory_bytes() const {
  constexpr size_t kMapNode = 40;  // of the standard library's hash map, with its bucket
  size_t bytes = sizeof(*this) + buckets_.size() + decays_.size() * sizeof(double) +
                 heap_.capacity() * sizeof(Item) + places_.size() * kMapNode;
  for (const Item& item : heap_) bytes += item.name.capacity();
  return bytes;
}

std::unique_ptr<TopK> TopK::CopyLater(std::vector<ZeroedBytes::Rest>& rest) const {
  std::unique_ptr<TopK> copy(new TopK(options_));
  copy->random_ = random_;
  copy->buckets_ = buckets_.CopyLater(rest);
  if (!copy->buckets_) return nullptr;
  copy->heap_ = heap_;
  copy->places_ = places_;
  return copy;
}

std::string TopK::Serialise() const {
  std::string bytes;
  SketchWriter writer(bytes);
  writer.Number<uint32_t>(options_.k);
  writer.Number<uint32_t>(options_.width);
  writer.Number<uint32_t>(options_.depth);
  writer.Number<double>(options_.decay);
  writer.Number<uint64_t>(random_);
  writer.Bytes({buckets_.data(), buckets_.size()});
  writer.Number<uint32_t>(static_cast<uint32_t>(heap_.size()));
  for (const Item& item : heap_) {
    writer.Number<uint32_t>(item.count);
    writer.Number<uint32_t>(static_cast<uint32_t>(item.name.size()));
    writer.Bytes(item.name);
  }
  return bytes;
}

std::unique_ptr<TopK> TopK::Parse(std::string_view bytes) {
  SketchReader reader(bytes);
  Options options{};
  options.k = reader.Number<uint32_t>();
  options.width = reader.Number<uint32_t>();
  options.depth = reader.Number<uint32_t>();
  options.decay = reader.Number<double>();
  const auto random = reader.Number<uint64_t>();
  const uint64_t size = BucketBytes(options);
  if (!reader.ok() || options.k == 0 || size == 0 || size > reader.left() || random == 0 ||
      !(options.decay > 0 && options.decay <= 1)) {
    return nullptr;
  }
  std::unique_ptr<TopK> top = Make(options);
  if (top == nullptr) return nullptr;
  top->random_ = random;
  std::memcpy(top->buckets_.data(), reader.Bytes(size).data(), size);
  const auto items = reader.Number<uint32_t>();
  if (items > options.k) return nullptr;
  for (uint32_t i = 0; i < items && reader.ok(); ++i) {
    const auto count = reader.Number<uint32_t>();
    const std::string_view name = reader.Bytes(reader.Number<uint32_t>());
    const uint64_t hash = HashForSketch(name).first;
    if (top->places_.contains(hash)) return nullptr;
    top->heap_.emplace_back();
    top->Place(i, {count, hash, std::string(name)});
    top->SiftUp(i);
  }
  return reader.AtEnd() ? std::move(top) : nullptr;
}

}  // namespace gotthard
