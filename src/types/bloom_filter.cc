#include "types/bloom_filter.h"

#include <algorithm>
#include <cmath>

#include "types/sketch_bytes.h"

namespace gotthard {
namespace {

constexpr double kTightening = 0.5;
constexpr size_t kHeaderBytes = 28;
constexpr size_t kLayerHeaderBytes = 36;
constexpr uint32_t kMaxProbes = 2000;  // 2^-2000 is below any error rate that a double holds
constexpr double kMaxLayerBits = 0x1p50;

// The probes of one item. An arithmetic progression modulo 2^64, scaled to the number of bits.
class Probes {
 public:
  explicit Probes(const SketchHash& hash) : at_(hash.first), step_(hash.second | 1) {}
  uint64_t Next(uint64_t bits) {
    const uint64_t bit = ScaleHash(at_, bits);
    at_ += step_;
    return bit;
  }

 private:
  uint64_t at_;
  uint64_t step_;
};

bool ContainsIn(const char* data, uint64_t bits, uint32_t count, const SketchHash& hash) {
  Probes probes(hash);
  // Four at a time, so that their cache misses overlap; most absent items end here.
  for (uint32_t i = 0; i < count; i += 4) {
    bool all = true;
    for (uint32_t j = 0; j < std::min<uint32_t>(4, count - i); ++j) {
      const uint64_t bit = probes.Next(bits);
      all &= (static_cast<uint8_t>(data[bit / 8]) >> (bit % 8) & 1) != 0;
    }
    if (!all) return false;
  }
  return true;
}

void SetIn(char* data, uint64_t bits, uint32_t count, const SketchHash& hash) {
  Probes probes(hash);
  for (uint32_t i = 0; i < count; ++i) {
    const uint64_t bit = probes.Next(bits);
    data[bit / 8] = static_cast<char>(static_cast<uint8_t>(data[bit / 8]) | 1u << (bit % 8));
  }
}

bool IsRate(double rate) {
  return rate > 0 && rate < 1;
}

}  // namespace

bool BloomFilter::MakeLayer(uint64_t capacity, double error_rate, Layer* layer) {
  const double bits_per_item = -std::log(error_rate) / (M_LN2 * M_LN2);
  const double bits = std::ceil(static_cast<double>(capacity) * bits_per_item);
  if (!(bits < kMaxLayerBits)) return false;
  layer->capacity = capacity;
  layer->items = 0;
  layer->error_rate = error_rate;
  layer->probes = static_cast<uint32_t>(std::ceil(M_LN2 * bits_per_item));
  layer->bits = (std::max<uint64_t>(static_cast<uint64_t>(bits), 1) + 63) / 64 * 64;
  layer->data = ZeroedBytes(layer->bits / 8);
  return static_cast<bool>(layer->data);
}

std::unique_ptr<BloomFilter> BloomFilter::Make(const Options& options) {
  std::unique_ptr<BloomFilter> filter(new BloomFilter());
  filter->expansion_ = options.scaling ? options.expansion : 0;
  filter->scaling_ = options.scaling;
  filter->error_rate_ = options.error_rate * (options.scaling ? kTightening : 1);
  Layer layer;
  if (!MakeLayer(options.capacity, filter->error_rate_, &layer)) return nullptr;
  filter->layers_.push_back(std::move(layer));
  filter->error_rate_ *= kTightening;
  return filter;
}

bool BloomFilter::Grow() {
  uint64_t capacity = 0;
  if (__builtin_mul_overflow(layers_.back().capacity, uint64_t{expansion_}, &capacity))
    return false;
  Layer layer;
  if (!IsRate(error_rate_) || !MakeLayer(capacity, error_rate_, &layer)) return false;
  layers_.push_back(std::move(layer));
  error_rate_ *= kTightening;
  return true;
}

BloomFilter::Added BloomFilter::Add(std::string_view item) {
  const SketchHash hash = HashForSketch(item);
  for (size_t i = layers_.size(); i-- > 0;) {
    const Layer& layer = layers_[i];
    if (ContainsIn(layer.data.data(), layer.bits, layer.probes, hash)) return Added::kPresent;
  }
  if (layers_.back().items >= layers_.back().capacity) {
    if (!scaling_) return Added::kFull;
    if (!Grow()) return Added::kNoMemory;
  }
  Layer& newest = layers_.back();
  SetIn(newest.data.data(), newest.bits, newest.probes, hash);
  ++newest.items;
  ++items_;
  return Added::kNew;
}

bool BloomFilter::Contains(std::string_view item) const {
  const SketchHash hash = HashForSketch(item);
  // The newest holds the most.
  return std::any_of(layers_.rbegin(), layers_.rend(), [&](const Layer& layer) {
    return ContainsIn(layer.data.data(), layer.bits, layer.probes, hash);
  });
}

uint64_t BloomFilter::capacity() const {
  uint64_t sum = 0;
  for (const Layer& layer : layers_) sum += layer.capacity;
  return sum;
}

size_t BloomFilter::memory_bytes() const {
  size_t bytes = sizeof(*this) + layers_.capacity() * sizeof(Layer);
  for (const Layer& layer : layers_) bytes += layer.data.size();
  return bytes;
}

std::unique_ptr<BloomFilter> BloomFilter::CopyLater(std::vector<ZeroedBytes::Rest>& rest) const {
  std::unique_ptr<BloomFilter> copy(new BloomFilter());
  copy->items_ = items_;
  copy->error_rate_ = error_rate_;
  copy->expansion_ = expansion_;
  copy->scaling_ = scaling_;
  for (const Layer& layer : layers_) {
    copy->layers_.push_back({layer.capacity, layer.items, layer.bits, layer.error_rate,
                             layer.probes, layer.data.CopyLater(rest)});
    if (!copy->layers_.back().data) return nullptr;
  }
  return copy;
}

std::string BloomFilter::Header() const {
  std::string header;
  SketchWriter writer(header);
  writer.Number<uint64_t>(items_);
  writer.Number<double>(error_rate_);
  writer.Number<uint32_t>(expansion_);
  writer.Number<uint32_t>(scaling_ ? 1 : 0);
  writer.Number<uint32_t>(static_cast<uint32_t>(layers_.size()));
  for (const Layer& layer : layers_) {
    writer.Number<uint64_t>(layer.capacity);
    writer.Number<uint64_t>(layer.items);
    writer.Number<uint64_t>(layer.bits);
    writer.Number<double>(layer.error_rate);
    writer.Number<uint32_t>(layer.probes);
  }
  return header;
}

std::unique_ptr<BloomFilter> BloomFilter::FromHeader(std::string_view header) {
  SketchReader reader(header);
  std::unique_ptr<BloomFilter> filter(new BloomFilter());
  filter->items_ = reader.Number<uint64_t>();
  filter->error_rate_ = reader.Number<double>();
  filter->expansion_ = reader.Number<uint32_t>();
  const auto scaling = reader.Number<uint32_t>();
  const auto layers = reader.Number<uint32_t>();
  filter->scaling_ = scaling == 1;
  // A rate that has become too small to halve is zero, and the filter grows no more.
  const bool rate_ok = filter->error_rate_ >= 0 && filter->error_rate_ < 1;
  if (!reader.ok() || scaling > 1 || layers == 0 || !rate_ok ||
      (filter->scaling_ && filter->expansion_ == 0) ||
      reader.left() != layers * kLayerHeaderBytes) {
    return nullptr;
  }
  for (uint32_t i = 0; i < layers; ++i) {
    Layer layer;
    layer.capacity = reader.Number<uint64_t>();
    layer.items = reader.Number<uint64_t>();
    layer.bits = reader.Number<uint64_t>();
    layer.error_rate = reader.Number<double>();
    layer.probes = reader.Number<uint32_t>();
    if (layer.capacity == 0 || layer.items > layer.capacity || layer.bits == 0 ||
        layer.bits % 64 != 0 || static_cast<double>(layer.bits) > kMaxLayerBits ||
        layer.probes == 0 || layer.probes > kMaxProbes || !IsRate(layer.error_rate)) {
      return nullptr;
    }
    layer.data = ZeroedBytes(layer.bits / 8);
    if (!layer.data) return nullptr;
    filter->layers_.push_back(std::move(layer));
  }
  return filter;
}

std::string BloomFilter::Serialise() const {
  std::string bytes = Header();
  for (const Layer& layer : layers_) bytes.append(layer.data.data(), layer.data.size());
  return bytes;
}

std::unique_ptr<BloomFilter> BloomFilter::Parse(std::string_view bytes) {
  SketchReader reader(bytes);
  reader.Bytes(kHeaderBytes - sizeof(uint32_t));
  const uint64_t header_bytes =
      kHeaderBytes + uint64_t{reader.Number<uint32_t>()} * kLayerHeaderBytes;
  if (!reader.ok() || header_bytes > bytes.size()) return nullptr;
  // The bits must be there before memory is asked for them.
  const std::string_view data = bytes.substr(header_bytes);
  uint64_t wanted = 0;
  for (uint64_t at = kHeaderBytes; at < header_bytes; at += kLayerHeaderBytes) {
    SketchReader layer(bytes.substr(at, kLayerHeaderBytes));
    layer.Bytes(16);
    const uint64_t layer_bytes = layer.Number<uint64_t>() / 8;
    if (layer_bytes > data.size() - wanted) return nullptr;
    wanted += layer_bytes;
  }
  if (wanted != data.size()) return nullptr;
  std::unique_ptr<BloomFilter> filter = FromHeader(bytes.substr(0, header_bytes));
  if (filter == nullptr) return nullptr;
  uint64_t offset = 0;
  for (const Layer& layer : filter->layers_) {
    filter->SetData(offset, data.substr(offset, layer.data.size()));
    offset += layer.data.size();
  }
  return filter;
}

std::string_view BloomFilter::DataAt(uint64_t offset, size_t most) const {
  for (const Layer& layer : layers_) {
    const size_t size = layer.data.size();
    if (offset < size) {
      return {layer.data.data() + offset, std::min<size_t>(most, size - offset)};
    }
    offset -= size;
  }
  return {};
}

bool BloomFilter::SetData(uint64_t offset, std::string_view data) {
  for (Layer& layer : layers_) {
    const size_t size = layer.data.size();
    if (offset < size) {
      if (data.size() > size - offset) return false;
      if (!data.empty()) std::memcpy(layer.data.data() + offset, data.data(), data.size());
      return true;
    }
    offset -= size;
  }
  return false;
}

}  // namespace gotthard
