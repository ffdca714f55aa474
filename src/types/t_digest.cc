#include "types/t_digest.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "types/sketch_bytes.h"

namespace gotthard {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kMaxWeight = 0x1p53;

// The mean of two that are joined, kept between them whatever the rounding does. In this form the
// largest doubles do not overflow.
double JoinedMean(double a, double a_weight, double b, double b_weight) {
  const double share = a_weight / (a_weight + b_weight);
  return std::clamp(a * share + b * (1 - share), a, b);
}

}  // namespace

TDigest::TDigest(int64_t compression)
    : compression_(compression), min_(kInfinity), max_(-kInfinity) {}

void TDigest::Reset() {
  *this = TDigest(compression_);
}

void TDigest::Add(double value, double weight) {
  if (nodes_.size() >= capacity()) Settle();
  nodes_.push_back({value, weight});
  waiting_weight_ += weight;
  min_ = std::min(min_, value);
  max_ = std::max(max_, value);
}

void TDigest::Merge(TDigest& other) {
  other.Settle();
  // A copy: `other` may be this one, and adding may merge.
  const std::vector<Centroid> nodes = other.nodes_;
  const double other_min = other.min_;
  const double other_max = other.max_;
  for (const Centroid& node : nodes) Add(node.mean, node.weight);
  // Means lie inside of what they were made of.
  min_ = std::min(min_, other_min);
  max_ = std::max(max_, other_max);
}

void TDigest::Settle() {
  if (merged_ == nodes_.size()) return;
  const auto by_mean = [](const Centroid& a, const Centroid& b) { return a.mean < b.mean; };
  const auto waiting = nodes_.begin() + static_cast<std::ptrdiff_t>(merged_);
  std::sort(waiting, nodes_.end(), by_mean);
  std::inplace_merge(nodes_.begin(), waiting, nodes_.end(), by_mean);
  const double total = observations();
  const double log_total = std::max(std::log(total), 1e-9);
  const double share = 2 * M_PI * log_total / static_cast<double>(compression_);
  const auto may_weigh = [&](double before, double weight) {
    const double from = before / total;
    const double to = std::min((before + weight) / total, 1.0);
    const double least = std::min(from * (1 - from), to * (1 - to));
    return weight <= total * share * least;
  };
  size_t last = 0;
  double before = 0;  // weight of all centroids before `last`
  for (size_t i = 1; i < nodes_.size(); ++i) {
    Centroid& current = nodes_[last];
    const Centroid& next = nodes_[i];
    const double weight = current.weight + next.weight;
    if (may_weigh(before, weight)) {
      current = {JoinedMean(current.mean, current.weight, next.mean, next.weight), weight};
    } else {
      before += current.weight;
      nodes_[++last] = next;
    }
  }
  nodes_.resize(last + 1);
  merged_ = nodes_.size();
  merged_weight_ = total;
  waiting_weight_ = 0;
  ++merges_;
  // A distribution of few, heavy numbers may leave nothing to merge: the buffer must have room.
  if (nodes_.size() < capacity()) return;
  for (size_t i = 0; i + 1 < nodes_.size(); i += 2) {
    const Centroid& a = nodes_[i];
    const Centroid& b = nodes_[i + 1];
    nodes_[i / 2] = {JoinedMean(a.mean, a.weight, b.mean, b.weight), a.weight + b.weight};
  }
  if (nodes_.size() % 2 == 1) nodes_[nodes_.size() / 2] = nodes_.back();
  nodes_.resize((nodes_.size() + 1) / 2);
  merged_ = nodes_.size();
}

double TDigest::min() const {
  return observations() > 0 ? min_ : kNan;
}

double TDigest::max() const {
  return observations() > 0 ? max_ : kNan;
}

double TDigest::Border(size_t i) const {
  if (i == 0) return min_;
  if (i == nodes_.size()) return max_;
  // A single number lies where it is; what is spread out reaches as far as to it.
  if (nodes_[i - 1].weight == 1 && nodes_[i].weight > 1) return nodes_[i - 1].mean;
  if (nodes_[i].weight == 1 && nodes_[i - 1].weight > 1) return nodes_[i].mean;
  return nodes_[i - 1].mean / 2 + nodes_[i].mean / 2;
}

double TDigest::Quantile(double quantile) {
  return AtRank(quantile * observations());
}

double TDigest::AtRank(double index) {
  if (observations() == 0) return kNan;
  Settle();
  if (index >= merged_weight_) return max_;
  if (index < 1) return min_;
  double before = 0;
  size_t i = 0;
  while (i + 1 < nodes_.size() && before + nodes_[i].weight <= index) before += nodes_[i++].weight;
  const Centroid& node = nodes_[i];
  if (node.weight == 1) return node.mean;
  const double half = node.weight / 2;
  const double into = index - before;
  const double low = Border(i);
  const double high = Border(i + 1);
  if (into < half) return low + (node.mean - low) * (into / half);
  return node.mean + (high - node.mean) * std::min((into - half) / half, 1.0);
}

double TDigest::Below(double value) {
  if (std::isnan(value) || observations() == 0) return kNan;
  Settle();
  if (value < min_) return 0;
  if (value > max_) return merged_weight_;
  double before = 0;
  for (size_t i = 0; i < nodes_.size(); ++i) {
    const Centroid& node = nodes_[i];
    if (node.mean == value) {
      // All that have exactly this mean.
      double equal = 0;
      for (; i < nodes_.size() && nodes_[i].mean == value; ++i) equal += nodes_[i].weight;
      return before + equal / 2;
    }
    if (node.weight > 1) {
      const double low = Border(i);
      const double high = Border(i + 1);
      if (value < node.mean) {
        const double part = node.mean > low ? (value - low) / (node.mean - low) : 0;
        return before + std::max(part, 0.0) * node.weight / 2;
      }
      if (value < high) {
        const double part = (value - node.mean) / (high - node.mean);
        return before + node.weight / 2 + part * node.weight / 2;
      }
    } else if (value < node.mean) {
      return before;
    }
    before += node.weight;
  }
  return merged_weight_;
}

double TDigest::Cdf(double value) {
  return Below(value) / observations();
}

double TDigest::TrimmedMean(double low, double high) {
  if (observations() == 0) return kNan;
  Settle();
  const double from = std::floor(merged_weight_ * low);
  const double to = std::ceil(merged_weight_ * high);
  double before = 0;
  double weight = 0;
  double sum = 0;
  for (const Centroid& node : nodes_) {
    const double part = std::min(before + node.weight, to) - std::max(before, from);
    if (part > 0) {
      weight += part;
      sum += part * node.mean;
    }
    before += node.weight;
  }
  return weight > 0 ? sum / weight : kNan;
}

std::string TDigest::Serialise() {
  Settle();
  std::string bytes;
  SketchWriter writer(bytes);
  writer.Number<double>(static_cast<double>(compression_));
  writer.Number<double>(min_);
  writer.Number<double>(max_);
  writer.Number<uint64_t>(merges_);
  writer.Number<uint32_t>(static_cast<uint32_t>(nodes_.size()));
  for (const Centroid& node : nodes_) {
    writer.Number<double>(node.mean);
    writer.Number<double>(node.weight);
  }
  return bytes;
}

std::unique_ptr<TDigest> TDigest::Parse(std::string_view bytes) {
  SketchReader reader(bytes);
  const auto compression = reader.Number<double>();
  if (!(compression >= 1 && compression <= kMaxCompression)) return nullptr;
  auto digest = std::make_unique<TDigest>(static_cast<int64_t>(compression));
  digest->min_ = reader.Number<double>();
  digest->max_ = reader.Number<double>();
  digest->merges_ = reader.Number<uint64_t>();
  const auto nodes = reader.Number<uint32_t>();
  if (!reader.ok() || nodes > digest->capacity() || reader.left() != nodes * 16ull) return nullptr;
  const bool empty_ok = digest->min_ == kInfinity && digest->max_ == -kInfinity;
  if (nodes == 0) return empty_ok ? std::move(digest) : nullptr;
  if (!std::isfinite(digest->min_) || !std::isfinite(digest->max_)) return nullptr;
  double mean_before = digest->min_;
  for (uint32_t i = 0; i < nodes; ++i) {
    const auto mean = reader.Number<double>();
    const auto weight = reader.Number<double>();
    if (!(mean >= mean_before && mean <= digest->max_) || !(weight >= 1 && weight <= kMaxWeight)) {
      return nullptr;
    }
    digest->nodes_.push_back({mean, weight});
    digest->merged_weight_ += weight;
    mean_before = mean;
  }
  digest->merged_ = digest->nodes_.size();
  return digest;
}

}  // namespace gotthard
